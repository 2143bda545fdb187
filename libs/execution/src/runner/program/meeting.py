"""Where runners that outlive who started them are met, and what is left of those that were killed."""

import fcntl
import os
import selectors
import socket
import stat
import time

from counters import read_file
from diagnostics import log, log_exception
from job_runner import lone_runner
from processes import conceal
from stream import READ_BYTES
from workspace import wipe_folder

# A folder without a runner is left over, when it is older than this: before, its runner may be about to begin.
LEFTOVER_SECONDS = 600
# Who waits for a sweep does not wait for ever: what is left is for the next.
SWEEP_SECONDS = 10


def remove_folder(path):
    import shutil

    shutil.rmtree(path, ignore_errors=True)


def temporary_folder():
    """Short, since a socket's path holds 107 bytes."""
    folder = os.environ.get('TMPDIR') or '/tmp'
    return folder if len(folder) < 40 and os.path.isdir(folder) else '/tmp'


def new_workspace():
    path = os.path.join(temporary_folder(), 'cronium-' + os.urandom(6).hex())
    os.mkdir(path, 0o700)
    return path


def runners_folder():
    """Where runners are met. Only this user may enter, and nobody may have prepared it for us."""
    parent = os.path.join(temporary_folder(), 'cronium-%d' % os.getuid())
    try:
        os.mkdir(parent, 0o700)
    except FileExistsError:
        found = os.lstat(parent)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise SystemExit('cronium-runner: %s is not this user\'s private folder' % parent)
    return parent


def runner_folder(runner_id):
    """Where one runner is met."""
    parent = runners_folder()
    if not runner_id or not all(letter.isalnum() or letter in '-_' for letter in runner_id) or len(runner_id) > 40:
        raise SystemExit('cronium-runner: not a runner\'s id')
    return os.path.join(parent, runner_id)


def launch(runner_id):
    """Starts a runner in a process of its own, and meets it."""
    folder = runner_folder(runner_id)
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        raise SystemExit('cronium-runner: runner %s is here already' % runner_id)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(os.path.join(folder, 'r'))
    except OSError:
        remove_folder(folder)
        raise
    listener.listen(4)
    client = meet(runner_id)
    if os.fork() == 0:
        # The runner proper: its own session, nothing of the exec's or the SSH channel's left.
        try:
            client.close()
            os.setsid()
            os.chdir('/')
            null = os.open(os.devnull, os.O_RDWR)
            for fd in (0, 1):
                os.dup2(null, fd)
            # Held as long as this process lives, and no longer.
            lock_folder(folder)
            workspace = os.path.join(folder, 'w')
            os.mkdir(workspace, 0o700)
            listener.setblocking(False)
            runner = lone_runner(workspace)
            runner.listen(listener)
            # Up to here the client hears what went wrong.
            os.dup2(null, 2)
            runner.run()
        except OSError:
            log_exception()
        finally:
            remove_folder(folder)
            os._exit(0)
    listener.close()
    return client


def lock_folder(folder):
    """The descriptor that holds the lock; None while a runner lives there, or where nobody can know."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return fd
    except OSError:
        os.close(fd)
        return None


def has_processes(folder):
    """Whether a process works in it that has lost its runner."""
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                where = os.readlink('/proc/%s/cwd' % name)
            except OSError:
                continue  # it has ended, or is another user's
            if (where + '/').startswith(folder + '/'):
                return True
    return False


def bytes_in(folder):
    total = 0
    for path, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(path, name)).st_blocks * 512
            except OSError:
                pass  # removed while we looked
    return total


def sweep():
    """
    Removes the folders of runners that were killed, or went with the machine's power; (how many, bytes on disk). What lives is left: a runner
    holds a lock, one of an earlier version is known by its socket, and a script that has lost its runner by where it works.
    """
    parent, sockets = runners_folder(), None
    count = total = 0
    end = time.monotonic() + SWEEP_SECONDS
    for name in os.listdir(parent):
        if time.monotonic() > end:
            break
        folder = os.path.join(parent, name)
        try:
            found = os.lstat(folder)
            if not stat.S_ISDIR(found.st_mode) or time.time() - found.st_mtime < LEFTOVER_SECONDS:
                continue
            lock = lock_folder(folder)
        except OSError:
            continue  # removed meanwhile
        if lock is None:
            continue
        sockets = sockets or read_file('/proc/net/unix')
        if sockets and os.path.join(folder, 'r').encode() + b'\n' not in sockets and not has_processes(folder):
            size = bytes_in(folder)
            wipe_folder(folder)
            if not os.path.lexists(folder):
                count, total = count + 1, total + size
        os.close(lock)
    return count, total


def meet(runner_id):
    """A connection to a runner."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        client.connect(os.path.join(runner_folder(runner_id), 'r'))
    except (FileNotFoundError, ConnectionRefusedError):
        log('no such runner')
        raise SystemExit(3)
    return client


def bridge(client):
    """stdin and stdout of this process, to and from the runner's socket, until either ends."""
    conceal()
    selector = selectors.DefaultSelector()
    routes = {0: client.fileno(), client.fileno(): 1}
    for fd in routes:
        selector.register(fd, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            data = os.read(key.fd, READ_BYTES)
            if not data:
                return
            view = memoryview(data)
            while view:
                view = view[os.write(routes[key.fd], view):]
