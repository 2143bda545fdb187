"""What an ssh host is told first, on stdin, before there is a runner: finds the runner's verified copy or asks for one, then becomes it.

The client puts these assignments before it:

    FIRST, SECOND   halves of a word; the answers begin after the whole word, so that what a login prints is told apart
    VERSION         name of the copy's folder: a checksum of all its files
    FILES           [(path, bytes, SHA-256 in hex)]
    MODE, RUNNER    launch | attach | check | sweep, and the runner's id

Answers, one line of JSON each: {"status": "need"} (the client sends the files, one after the other),
{"status": "ready", "python", "replaced"} (the runner's stream follows, or the end after `check`),
{"status": "swept", "workspaces", "bytes"},
{"status": "gone"}, {"status": "unsupported", "message"}, {"status": "failed", "code", "message"}.

It must also be read by a Python that is too old for the runner. Nothing here is trusted that another user could have written: the
folder and its files belong to this user, are no links, are closed to others' writing, and have the checksums that the client named.
"""
import os
import stat
import sys


class Refused(Exception):
    """The copy, or a place for it, is not to be trusted or not to be had."""


def say(line):
    import json
    data = (json.dumps(line) + '\n').encode('ascii')
    while data:
        data = data[os.write(1, data):]


def receive(size):
    pieces = []
    while size > 0:
        piece = os.read(0, min(size, 65536))
        if not piece:
            raise SystemExit(1)
        pieces.append(piece)
        size -= len(piece)
    return b''.join(pieces)


def sha256(data):
    try:
        from _sha2 import sha256 as algorithm
    except ImportError:
        try:
            from _sha256 import sha256 as algorithm
        except ImportError:
            # Loads OpenSSL, which takes longer than all the rest.
            from hashlib import sha256 as algorithm
    return algorithm(data).hexdigest()


def require_own(path, found, is_kind, kind):
    if not is_kind(found.st_mode):
        raise Refused('%s is not a %s' % (path, kind))
    if found.st_uid != os.getuid():
        raise Refused('%s belongs to another user (uid %d)' % (path, found.st_uid))
    if found.st_mode & 0o022:
        raise Refused('%s may be written by others' % path)


def cache_folder():
    """The folder of all copies; made when it is missing."""
    base = os.environ.get('XDG_CACHE_HOME', '')
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser('~'), '.cache')
    folder = os.path.join(base, 'cronium')
    if not os.path.isdir(folder):
        os.makedirs(base, 0o700, exist_ok=True)
        try:
            os.mkdir(folder, 0o700)
        except FileExistsError:
            pass  # made by another job just now; or a link, which is refused below
    above = os.stat(base)
    # Whoever may write above could put another folder in this one's place.
    if above.st_uid not in (0, os.getuid()) or above.st_mode & 0o002 and not above.st_mode & stat.S_ISVTX:
        raise Refused('%s belongs to another user, or may be written by everybody' % base)
    require_own(folder, os.lstat(folder), stat.S_ISDIR, 'folder')
    return folder


def verify(copy):
    require_own(copy, os.lstat(copy), stat.S_ISDIR, 'folder')
    cached = os.path.join(copy, '__pycache__')
    folders = {os.path.dirname(path) for path, _, _ in FILES}
    for folder in sorted(folders - {''}):
        while folder:
            path = os.path.join(copy, folder)
            require_own(path, os.lstat(path), stat.S_ISDIR, 'folder')
            folder = os.path.dirname(folder)
    if os.path.lexists(cached):
        require_own(cached, os.lstat(cached), stat.S_ISDIR, 'folder')
        for name in os.listdir(cached):
            path = os.path.join(cached, name)
            try:
                require_own(path, os.lstat(path), stat.S_ISREG, 'file')
            except FileNotFoundError:
                pass  # being renamed by another job that compiles it
    for name, _, checksum in FILES:
        path = os.path.join(copy, name)
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(fd, 'rb') as file:
            require_own(path, os.fstat(file.fileno()), stat.S_ISREG, 'file')
            if sha256(file.read()) != checksum:
                raise Refused('%s has been changed' % path)


def set_aside(path, folder):
    import shutil
    import tempfile
    grave = tempfile.mkdtemp(prefix='.old-', dir=folder)
    try:
        os.rename(path, os.path.join(grave, 'copy'))
    except FileNotFoundError:
        pass  # another job did it
    shutil.rmtree(grave, ignore_errors=True)


def place(copy, folder, contents):
    """Atomically: whoever looks sees no copy or a whole one."""
    import shutil
    import tempfile
    fresh = tempfile.mkdtemp(prefix='.new-', dir=folder)
    try:
        for (name, _, _), content in zip(FILES, contents):
            path = os.path.join(fresh, name)
            os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), 'wb') as file:
                file.write(content)
        for tries_left in (2, 1, 0):
            try:
                os.rename(fresh, copy)
                break
            except OSError:
                if not os.path.lexists(copy) or not tries_left:
                    raise
            # Another job was faster, or what is there is not what it should be.
            try:
                verify(copy)
                break
            except (OSError, Refused):
                set_aside(copy, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def remove_unused(folder, copy):
    """Copies of versions that nobody used for a month."""
    import shutil
    import time
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        try:
            if path != copy and os.lstat(path).st_mtime < time.time() - 30 * 24 * 3600:
                shutil.rmtree(path, ignore_errors=True)
        except OSError:
            pass  # another job removed it


def mark_used(copy):
    import time
    if os.stat(copy).st_mtime < time.time() - 24 * 3600:
        try:
            os.utime(copy)
        except OSError:
            pass  # a home that can be read only; then nothing removes it either


def find_copy():
    """(folder of the verified copy, why the one before was replaced or None)"""
    folder = cache_folder()
    copy = os.path.join(folder, VERSION)
    reason = None
    try:
        verify(copy)
        mark_used(copy)
        return copy, None
    except FileNotFoundError:
        pass
    except (OSError, Refused) as error:
        reason = str(error)
    say({'status': 'need'})
    contents = [receive(size) for _, size, _ in FILES]
    place(copy, folder, contents)
    verify(copy)
    remove_unused(folder, copy)
    return copy, reason


def load(copy):
    sys.path.insert(0, copy)
    import meeting
    import workspace
    del sys.path[0]
    workspace.INHERITED = ('HOME', 'PATH', 'USER', 'LOGNAME', 'SHELL')
    return meeting


def failure(error):
    import errno
    if isinstance(error, OSError):
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return 'server_disk_full', 'No space is left where %s would be written.' % (error.filename or 'the runner')
        reason = '%s: %s' % (error.filename, error.strerror) if error.filename else str(error)
        return 'runner_unavailable', 'The runner cannot be placed on the host: %s.' % reason
    return 'runner_unavailable', 'The runner cannot be placed on the host: %s.' % error


def begin():
    """The client's socket of a runner, or None when there is nothing more to do; and the module that meets runners."""
    os.write(1, (FIRST + SECOND + '\n').encode('ascii'))
    python = '%d.%d.%d' % sys.version_info[:3]
    if sys.version_info < (3, 6) or not sys.platform.startswith('linux'):
        say({'status': 'unsupported', 'message': 'The runner needs Linux and Python 3.6; this is Python %s on %s.' % (
            python, sys.platform)})
        return None, None
    umask = os.umask(0o077)
    try:
        copy, replaced = find_copy()
        meeting = load(copy)
        os.umask(umask)
        if MODE == 'sweep':
            workspaces, size = meeting.sweep()
            say({'status': 'swept', 'workspaces': workspaces, 'bytes': size})
            return None, None
        ready = {'status': 'ready', 'python': python, 'replaced': replaced}
        client = None if MODE == 'check' else meeting.launch(RUNNER) if MODE == 'launch' else meeting.meet(RUNNER)
        say(ready)
        return client, meeting
    except ImportError as error:
        say({'status': 'unsupported', 'message': 'Its python3 is not complete: %s.' % error})
    except (OSError, Refused) as error:
        code, message = failure(error)
        say({'status': 'failed', 'code': code, 'message': message})
    except SystemExit as error:
        if error.code == 3:
            say({'status': 'gone'})
        else:
            say({'status': 'failed', 'code': 'runner_unavailable', 'message': 'The runner cannot be started: %s.' % error})
    return None, None


# Not `main`: this is executed inside the program that read it.
CLIENT, MEETING = begin()
if CLIENT:
    try:
        MEETING.bridge(CLIENT)
    except (BrokenPipeError, ConnectionResetError):
        pass  # the other end has gone; a front process has nothing more to do
