"""The script's processes: how its interpreter begins ahead of it, becomes it, and is waited for; and what it writes."""

import ctypes
import marshal
import os
import re
import resource
import selectors
import signal

from diagnostics import log
from stream import READ_BYTES, STDERR, STDOUT

# A script that writes line by line would cost a frame a line; a stream that was read just now is read again this much later.
COALESCE_SECONDS = 0.004
PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36


def conceal():
    """Closes /proc/<pid>/{mem,environ,fd} of this process to scripts, which have the same user."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def adopt_orphans():
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        log('cannot become a subreaper')


def incomplete_tail(data):
    """How many bytes at the end may be the beginning of a UTF-8 character that is not complete yet (0..3)."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte < 0x80:
            return 0
        if byte >= 0xC0:
            length = 2 if 0xC2 <= byte < 0xE0 else 3 if 0xE0 <= byte < 0xF0 else 4 if 0xF0 <= byte < 0xF5 else 1
            return back if length > back else 0
    return 0


class OutputPipe:
    """stdout or stderr of the script."""

    def __init__(self, kind, fd):
        self.kind = kind
        self.fd = fd
        self.tail = b''
        self.ended = False
        self.watched = False
        self.next_read = 0.0
        self.last_read = 0.0
        os.set_blocking(fd, False)

    def read(self, now):
        """Bytes to send (maybe none), or None when there is nothing to read now."""
        try:
            data = os.read(self.fd, READ_BYTES - len(self.tail))
        except BlockingIOError:
            return None
        if len(data) < READ_BYTES // 4 and now - self.last_read < COALESCE_SECONDS * 2:
            self.next_read = now + COALESCE_SECONDS
        self.last_read = now
        if not data:
            self.ended = True
            data, self.tail = self.tail, b''
            return data
        if self.tail:
            data = self.tail + data
        cut = incomplete_tail(data) if data[-1] >= 0x80 else 0
        if cut:
            self.tail, data = data[-cut:], data[:-cut]
        else:
            self.tail = b''
        return data


def become_session(folder, stdout, stderr):
    """What a child does before it is the script's."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    for ours, theirs in ((null, 0), (stdout, 1), (stderr, 2)):
        os.dup2(ours, theirs)
    # What Python ignores would stay ignored; what it handles is reset by exec.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.chdir(folder)


def marshalled(command, environment):
    return marshal.dumps(([os.fsencode(part) for part in command],
                          {os.fsencode(key): os.fsencode(value) for key, value in environment.items()}))


class Starter:
    """
    A child that was forked ahead of its job and becomes the script's interpreter: forking takes longer than all else that comes between
    a job and its script. Until then it only waits; it goes when the runner does.
    """

    def __init__(self, folder, stdout, stderr):
        order, self.order = os.pipe()
        self.failure, failure = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                # Else it would wait for itself, and outlive the runner.
                os.close(self.order)
                self.wait_and_become(order, failure, folder, stdout, stderr)
            finally:
                os._exit(127)
        os.close(order)
        os.close(failure)

    def suits(self, _environment):
        return True

    @staticmethod
    def wait_and_become(order, failure, folder, stdout, stderr):
        become_session(folder, stdout, stderr)
        with os.fdopen(order, 'rb') as orders:
            text = orders.read()
        if not text:
            return
        command, environment = marshal.loads(text)
        try:
            # Nothing else of ours is inherited: Python opens everything close-on-exec.
            os.execve(command[0], command, environment)
        except OSError as error:
            os.write(failure, b'%d' % error.errno)

    def has_gone(self):
        return os.waitpid(self.pid, os.WNOHANG)[0] != 0

    def dismiss(self):
        os.close(self.order)
        os.waitpid(self.pid, 0)

    def become(self, command, environment):
        """Runs a command; the process's id. OSError: it could not be started, and nothing is left of it."""
        text = marshalled(command, environment)
        with os.fdopen(self.order, 'wb') as orders:
            orders.write(text)
        with os.fdopen(self.failure, 'rb') as end:
            number = end.read()  # nothing, once exec has closed the other end
        if number:
            os.waitpid(self.pid, 0)
            raise OSError(int(number), os.strerror(int(number)), command[0])
        return self.pid


class ShellOrders:
    """
    What tells a bash that waits in what it reads first (BASH_ENV) what to become: it goes on to a bash script by itself, and makes way for
    another interpreter.
    """

    FD = 9
    # What bash gives a meaning when it starts, or cannot be given later, and what the loader reads: those need a shell of their own.
    # No pattern, which would take a millisecond of each sandbox's start to compile.
    SPECIAL_BEGINNINGS = ('BASH', 'LD_', 'GLIBC_', 'MALLOC_', 'GCONV_', 'LOCPATH', 'COMP_', 'EPOCH', 'HIST', 'OPT', 'SHELL', 'READLINE', 'PROMPT_')
    SPECIAL = frozenset((
        'IFS ENV POSIXLY_CORRECT UID EUID PPID GROUPS FUNCNAME DIRSTACK PIPESTATUS LINENO SECONDS RANDOM SRANDOM PWD OLDPWD SHLVL _ TMOUT '
        'IGNOREEOF GLOBIGNORE EXECIGNORE CDPATH HOSTNAME HOSTTYPE MACHTYPE OSTYPE REPLY COPROC MAPFILE '
        'PS0 PS1 PS2 PS3 PS4 PS5 PS6 PS7 PS8 PS9').split())
    NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_]*\Z')
    CONTROL = re.compile('[\0-\10\13-\37\177\ud800-\udfff]')

    def __init__(self, shell, environment):
        self.shell = shell
        self.environment = environment

    @property
    def first_environment(self):
        """What the shell is started with."""
        return dict(self.environment, BASH_ENV='/dev/fd/%d' % self.FD)

    def suit(self, environment):
        """Whether the environment can be given to a shell that has begun."""
        return self.environment.keys() <= environment.keys() and not any(
            key in self.SPECIAL or key.startswith(self.SPECIAL_BEGINNINGS) or not self.NAME.match(key) or self.CONTROL.search(value)
            for key, value in self.missing(environment))

    def missing(self, environment):
        return [(key, value) for key, value in environment.items()
                if key != 'BASH_ENV' and self.environment.get(key) != value]

    def text(self, command, environment):
        lines = ['exec %d<&-' % self.FD, 'export BASH_ENV=' + quoted(self.environment['BASH_ENV'])]
        lines += ['export %s=%s' % (key, quoted(value)) for key, value in self.missing(environment)]
        if command[0] == self.shell:
            lines += ['SECONDS=0', '. "$BASH_ENV"']
        else:
            lines += ['exec ' + ' '.join(quoted(part) for part in command)]
        return os.fsencode('\n'.join(lines) + '\n')


class ReadyShell:
    """As a Starter, and further ahead: bash, which has begun already. Only as a sandbox's own: it ends with the runner, and the sandbox's
    bash is known."""

    def __init__(self, shell, script, environment, folder, stdout, stderr):
        self.orders = ShellOrders(shell, environment)
        self.suits = self.orders.suit
        order, self.order = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                become_session(folder, stdout, stderr)
                os.dup2(order, ShellOrders.FD)
                os.set_inheritable(ShellOrders.FD, True)  # which dup2 leaves undone where both are one
                os.execve(shell, [shell, script], self.orders.first_environment)
            finally:
                os._exit(127)
        os.close(order)

    def has_gone(self):
        return os.waitpid(self.pid, os.WNOHANG)[0] != 0

    def dismiss(self):
        # First: at the end of its orders it would go on.
        os.kill(self.pid, signal.SIGKILL)
        os.close(self.order)
        os.waitpid(self.pid, 0)

    def become(self, command, environment):
        """As a Starter's."""
        with os.fdopen(self.order, 'wb') as orders:
            orders.write(self.orders.text(command, environment))
        return self.pid


def quoted(text):
    """For a shell."""
    return "'" + text.replace("'", "'\\''") + "'"


class ChildScript:
    """
    The script as a child of this process, which all its processes belong to sooner or later. The other way to have one: resident.py.
    """

    def __init__(self, workspace, shell):
        """@param shell: the bash that may begin ahead of the script; None where it may not"""
        self.workspace = workspace
        self.pid = None
        self.starter = None
        # Why it could not be executed, when that is known only after its start.
        self.failure = None
        self.oom_score = os.open('/proc/self/oom_score_adj', os.O_RDWR)
        conceal()
        adopt_orphans()
        # Inherited handlers reset at exec, inherited "ignore" does not: so handlers, and scripts start with the defaults.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2,
                       signal.SIGALRM, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        self.stand_by(shell)
        self.own_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def open(self, selector):
        wake, wake_write = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write)
        selector.register(wake, selectors.EVENT_READ, lambda: os.read(wake, 4096))

    def stand_by(self, shell):
        """@param shell: where the child is to be bash at once; None for a child that can become anything"""
        stdout, stdout_write = os.pipe()
        stderr, stderr_write = os.pipe()
        own_score = os.pread(self.oom_score, 16, 0)
        # The script inherits a score that makes the kernel choose it before the runner. Going back is allowed to
        # where we came from.
        self.write_oom_score(b'900')
        try:
            where = (self.workspace.work, stdout_write, stderr_write)
            self.starter = (ReadyShell(shell, self.workspace.bash_script, self.workspace.environment({}), *where)
                            if shell else Starter(*where))
        finally:
            self.write_oom_score(own_score)
            os.close(stdout_write)
            os.close(stderr_write)
        self.streams = ((STDOUT, stdout), (STDERR, stderr))

    def write_oom_score(self, score):
        try:
            os.pwrite(self.oom_score, score, 0)
        except OSError as error:
            log('cannot set oom_score_adj: %s' % error)

    def prepare(self, environment):
        """Before the start: `streams` are the script's from here on."""
        if not self.starter.suits(environment):
            self.starter.dismiss()
            for _, fd in self.streams:
                os.close(fd)
            self.stand_by(None)
        self.own_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def start(self, command, environment):
        """OSError: it could not be started, and nothing is left of it."""
        starter, self.starter = self.starter, None
        starter.become(command, environment)
        self.pid = starter.pid

    def has_gone(self):
        """Before the start: whether what was to become the script has ended."""
        return self.starter.has_gone()

    def reap(self):
        """(the script's status if it has ended since the last call, or None; whether no process is left)"""
        script_status = None
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return script_status, True
            if pid == 0:
                return script_status, False
            if pid == self.pid:
                self.pid = None
                script_status = exit_status(status)

    def used(self, peak_is_known):
        """Of all its processes that have ended: milliseconds in user and in system mode; bytes of the largest, or 0."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        # A child's ru_maxrss starts at what the runner had when it forked; below that it says nothing.
        largest = used.ru_maxrss if used.ru_maxrss > self.own_peak or not peak_is_known else 0
        return used.ru_utime * 1000, used.ru_stime * 1000, largest * 1024

    def close(self):
        if self.starter:
            self.starter.dismiss()
            self.starter = None


def exit_status(status):
    """As subprocess has it: the exit code, or less than 0 for a signal."""
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
