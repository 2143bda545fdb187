"""A job's script in namespaces of its own, as its runner outside of them has it: the workspace, the limits, and process 1 (job-init.c)."""

import errno
import os
import signal
import socket
import struct
import sys

from containment import WatchedSandbox
from counters import TICK_MS, CgroupCounters, ProcessCounters, read_file
from diagnostics import log
from processes import ShellOrders, exit_status, marshalled, quoted
from stream import STDERR, STDOUT
from workspace import DEFAULT_PATH, Workspace, find_program

SHM_MB = 16
INODES_PER_MB, LEAST_INODES = 128, 4096

CGROUPS = '/sys/fs/cgroup'
# For what the kernel itself keeps of a job.
CGROUP_OVERHEAD_MB = 16
CPU_PERIOD = 100000  # microseconds, the kernel's usual

FOLDER = os.path.dirname(os.path.abspath(__file__))
JOB_INIT = os.path.join(FOLDER, 'job-init')
PYTHON = (sys.executable, '-I', '-S', os.path.join(FOLDER, 'runner.pyc'))
# As job-init has its descriptors; none of the resident's own is among them.
CONTROL_FD, ORDERS_FD = 3, ShellOrders.FD
MESSAGE_BYTES = 512
NUMBER, SPENT = struct.Struct('=i'), struct.Struct('=QQQ')
CREDENTIALS, FOLDERS = struct.Struct('=iII'), struct.Struct('=ii')
RIGHTS_BYTES = socket.CMSG_SPACE(CREDENTIALS.size) + socket.CMSG_SPACE(FOLDERS.size)
# What a pipe holds at once (pipe(7)): a shell that is slow to read keeps nobody waiting.
ORDERS_BYTES = 32 * 1024
# The kernel's (execve(2)): MAX_ARG_STRLEN, and a quarter of the stack's usual 8 MiB.
STRING_BYTES, STRINGS_BYTES = 128 * 1024, 2 * 1024 * 1024


class JobWorkspace(Workspace):
    """In the job's own /tmp, which the resident reaches by a descriptor of it."""

    def __init__(self):
        super().__init__('/tmp/cronium-' + os.urandom(6).hex())
        self.tmp = None

    def reach(self, path):
        return '/proc/self/fd/%d/%s' % (self.tmp, path[len('/tmp/'):])

    def furnish(self):
        os.mkdir(self.reach(self.path), 0o700)
        super().furnish()


class JobCgroup(CgroupCounters):
    """A cgroup for one job, below the container's."""

    def __init__(self, name):
        self.path = '%s/job-%s' % (CGROUPS, name)
        os.mkdir(self.path)
        super().__init__(self.path)

    def hold(self, job):
        # What is in the job's /tmp and /dev/shm is its memory too.
        memory = job.memory_bytes + job.disk_bytes + (SHM_MB + CGROUP_OVERHEAD_MB) * 1024 * 1024
        for file, value in (('memory.max', memory), ('memory.swap.max', 0), ('pids.max', job.pids + 1),
                            ('cpu.max', '%d %d' % (job.cpu * CPU_PERIOD, CPU_PERIOD))):
            write('%s/%s' % (self.path, file), value)

    # job-init is in it, which takes as good as nothing; the resident is not.

    def own_cpu_ms(self):
        return 0

    def own_memory(self):
        return 0

    def remove(self):
        """False while the kernel still counts a process in it, which may be so for a moment after all are reaped."""
        try:
            os.rmdir(self.path)
        except OSError as error:
            if error.errno == errno.EBUSY:
                return False
            log('cannot remove the cgroup of a job: %s' % error)
        return True


def take_cgroups():
    """Whether jobs can have cgroups of their own: with cgroup v2, where the engine has given the container's to its user."""
    wanted = ('cpu', 'memory', 'pids')
    if not set(wanted) <= set(read_file(CGROUPS + '/cgroup.controllers').decode().split()):
        return False
    try:
        # One with others below it holds no processes itself.
        os.makedirs(CGROUPS + '/resident', exist_ok=True)
        write(CGROUPS + '/resident/cgroup.procs', 0)
        write(CGROUPS + '/cgroup.subtree_control', ' '.join('+' + one for one in wanted))
    except OSError:
        return False  # it is mounted for reading, or belongs to another
    return True


def write(path, value):
    with open(path, 'w') as file:
        file.write(str(value))


class JobProcesses(ProcessCounters):
    """Those that the job's own /proc shows."""

    def __init__(self, proc):
        super().__init__('/proc/self/fd/%d' % proc, first=1)

    def cpu_of_ended(self):
        """What process 1 has waited for: in the end all that ran in the job."""
        return sum(int(field) for field in self.stat(self.first)[13:15]) * TICK_MS


class NamespacedSandbox(WatchedSandbox):
    """Containment of a job by its namespaces, seen from outside of them."""

    def __init__(self, workspace, init, host_room):
        super().__init__(workspace.reach(workspace.path), init.cgroup or JobProcesses(init.proc))
        self.signal_all = init.signal_all
        self.host_room = host_room
        if init.cgroup:
            self.hold = init.cgroup.hold


class JobInit:
    """
    Process 1 of a job, and through it the job's script: does for its runner what a ChildScript does. The script's shell begins ahead of
    the script, as a ReadyShell.
    """

    def __init__(self, room, workspace, cgroup):
        """@param cgroup: the job's own, or None. OSError: the container has as many processes as it may."""
        self.workspace = workspace
        self.cgroup = cgroup
        shell = find_program('bash', DEFAULT_PATH)
        self.orders = ShellOrders(shell, workspace.environment({}))
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.setblocking(False)
        # Tells the number of process 1, as it is here.
        self.control.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        order, self.order = os.pipe()
        stdout, stdout_write = os.pipe()
        stderr, stderr_write = os.pipe()
        self.streams = ((STDOUT, stdout), (STDERR, stderr))
        self.first_pid = self.proc = self.tmp = None
        self.error = ''
        # What a ChildScript has too; the script's number is known within its namespaces only.
        self.pid = self.failure = None
        self.is_ordered = self.has_ended = self.is_alone = self.is_lost = False
        self.news = None
        self.spent = (0, 0, 0)
        files = max(LEAST_INODES, INODES_PER_MB * room['diskMb'])
        # The limit holds its number of processes in check between two looks of the runner, which ends a job that passes it.
        procs = cgroup.path + '/cgroup.procs' if cgroup else ''
        words = (room['diskMb'], files, SHM_MB, 2 * room['pids'], procs, workspace.work, shell, workspace.bash_script)
        given = ((stdout_write, 1), (stderr_write, 2), (theirs.fileno(), CONTROL_FD), (order, ORDERS_FD))
        try:
            os.posix_spawn(JOB_INIT, ['job-init'] + [str(word) for word in words], self.orders.first_environment,
                           file_actions=[(os.POSIX_SPAWN_DUP2, ours, wanted) for ours, wanted in given])
        except OSError:
            self.close()
            self.leave()
            raise
        finally:
            theirs.close()
            for fd in (order, stdout_write, stderr_write):
                os.close(fd)

    def hear(self):
        """Takes in what process 1 says. True when it has become ready."""
        became_ready = False
        while True:
            try:
                message, parts, _, _ = self.control.recvmsg(MESSAGE_BYTES, RIGHTS_BYTES, socket.MSG_CMSG_CLOEXEC)
            except BlockingIOError:
                return became_ready
            except OSError:
                message, parts = b'', ()
            kind, text = message[:1], message[1:]
            if kind == b'R':
                self.take(parts)
                became_ready = True
            elif kind == b'F':
                self.error = text.decode('utf-8', 'replace')
            elif kind == b'X':
                number, = NUMBER.unpack(text)
                self.failure = OSError(number, os.strerror(number))
            elif kind == b'E':
                self.has_ended, self.news = True, exit_status(NUMBER.unpack(text)[0])
            elif kind == b'N':
                self.is_alone, self.spent = True, SPENT.unpack(text)
            elif not kind:
                self.lose()
                return became_ready

    def take(self, parts):
        for _, kind, data in parts:
            if kind == socket.SCM_CREDENTIALS:
                self.first_pid, _, _ = CREDENTIALS.unpack(data)
            elif kind == socket.SCM_RIGHTS:
                self.proc, self.tmp = FOLDERS.unpack(data)

    def lose(self):
        """With process 1 the kernel ends all others."""
        if not self.has_ended:
            self.has_ended, self.news = True, -signal.SIGKILL
        self.is_lost = self.is_alone = True

    def begin(self):
        self.say(b'B')

    def signal_all(self, number):
        self.say(bytes((ord('S'), number)))

    def say(self, message):
        try:
            self.control.send(message)
        except OSError:
            pass  # it has gone, which is read

    def gives_way(self):
        """Lets its namespaces go, with all that lives in them."""
        try:
            self.control.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has gone

    def leave(self):
        """Forgets it."""
        self.control.close()

    # -- as a ChildScript ---------------------------------------------------------------------------------------------

    def open(self, _selector):
        pass  # its socket is the resident's to watch

    def prepare(self, _environment):
        pass

    def start(self, command, environment):
        self.is_ordered = True
        text = self.orders.text(command, environment) if self.orders.suit(environment) else None
        if text is None or len(text) > ORDERS_BYTES:
            text = self.by_file(command, environment)
        with os.fdopen(self.order, 'wb') as orders:
            self.order = None
            orders.write(text)

    def by_file(self, command, environment):
        """Orders for what cannot be said to a shell, or takes long to be read."""
        strings = [len(os.fsencode(part)) for part in command]
        strings += [len(os.fsencode(key)) + len(os.fsencode(value)) + 1 for key, value in environment.items()]
        if max(strings) >= STRING_BYTES or sum(strings) >= STRINGS_BYTES:
            raise OSError(errno.E2BIG, os.strerror(errno.E2BIG))
        path = os.path.join(self.workspace.script, 'start')
        with open(self.workspace.reach(path), 'wb') as file:
            file.write(marshalled(command, environment))
        words = PYTHON + ('become', path)
        return os.fsencode('exec %d<&-\nexec %s\n' % (ORDERS_FD, ' '.join(quoted(word) for word in words)))

    def has_gone(self):
        return self.has_ended or self.failure is not None

    def reap(self):
        news, self.news = self.news, None
        return news, self.is_alone

    def used(self, _peak_is_known):
        user, system, kilobytes = self.spent
        return user / 1000, system / 1000, kilobytes * 1024

    def close(self):
        self.gives_way()
        if self.order is not None:
            os.close(self.order)
            self.order = None
        if not self.is_ordered:
            for _, fd in self.streams:
                os.close(fd)
            self.is_ordered = True
        for fd in (self.proc, self.tmp):
            if fd is not None:
                os.close(fd)
        self.proc = self.tmp = None


def reserve_descriptors():
    """Keeps the numbers that job-init has for its own from being those of something else."""
    fd = os.open(os.devnull, os.O_RDONLY)
    while fd <= ORDERS_FD:
        fd = os.dup(fd)
    os.close(fd)
