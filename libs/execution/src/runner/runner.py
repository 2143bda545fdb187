#!/usr/bin/env python3
"""The Cronium runner: runs one script, speaks for it over a byte stream, and leaves nothing of it behind.

    runner.py sandbox          its own stdin and stdout are the stream; meant to be a container's main process
    runner.py launch <id>      starts a runner that outlives this process, and bridges stdin and stdout to it
    runner.py attach <id>      bridges stdin and stdout to a runner that `launch` started (exit code 3: there is none)
    runner.py become <file>    executes the command in a file of a resident's (resident.py), which it removes
    runner.py sweep            removes what runners of `launch` left that were killed; prints JSON {workspaces, bytes}

One file, no dependency, Python >= 3.6. One thread and one selector; no fork after the script has started (nor for
it: a child waits to become it), so that a fork bomb cannot keep the runner from ending it.

The stream. Every frame is a 12-byte header and a payload:

    magic "Cr" | version u8 | type u8 | sequence u32 | payload length u32      (big endian)

runner -> client
    1 hello    JSON {protocol, runner, state: waiting|running|ended, jobId, python,
                     timeoutSeconds, killGraceSeconds, host}; sequence 0; jobId and the seconds are null while it waits;
                     host: as in frame 8
    2 started  JSON {at, pid}                  at: Unix time in milliseconds
    3 stdout   u64 Unix time in microseconds, then 1..65536 bytes as the script wrote them
    4 stderr   the same
    5 request  JSON {id, method, params}       a helper call, to be answered; comes again after a resume until it is
    6 end      JSON {end: {kind, ...} | error: {code, message}, usage, startedAt, endedAt}
    7 usage    JSON {at, cpuMs, memoryBytes, diskBytes, outputBytes, processes}   sequence 0, each second while the
               script runs and they change, and every QUIET_SECONDS while they do not: figures for who looks on, neither
               kept nor repeated, and left out when the stream is behind; cpuMs from the start on
    8 host     JSON {at, memoryAvailableBytes, memoryTotalBytes, diskFreeBytes, diskTotalBytes, busyTicks, allTicks, load,
               uptimeSeconds}   sequence 0, the machine: to each keepalive of a waiting runner, and every HOST_SECONDS while
               a script runs; ticks since it was started, of all its processors; load: [1, 5, 15 minutes]
client -> runner, sequence 0
    16 job        JSON, see Job
    17 ack        JSON {seq}: every frame up to seq is durable with the client
    18 answer     JSON {id, result} or {id, error}
    19 cancel     JSON {graceSeconds?}: default: the job's; 0 kills at once
    20 resume     JSON {after, nonce}: 32 hex digits
    21 bye        JSON {}: the client wants no more; a script that still runs is killed, and nothing is kept
    22 keepalive  JSON {}: a waiting runner is still wanted

Frames 2..6 are numbered from 1 and kept until they are acknowledged. When more than SPOOL_BYTES wait, the runner
stops reading the script's output: the script blocks, memory does not grow.

A stream may break in the middle of a frame. So 16 bytes of 0xFF from the client (which no JSON and no header can hold)
mean "forget the unfinished frame", and a resume is answered with the client's nonce, a hello, and every frame after
`after`: the client skips all bytes before its nonce. A client sends the 0xFF bytes first of all.
"""

import collections
import ctypes
import errno
import fcntl
import json
import marshal
import os
import re
import resource
import selectors
import signal
import socket
import stat
import struct
import sys
import time

# shutil, subprocess and traceback are imported where they are needed: a sandbox needs none of them, and each delays its start.

RUNNER_VERSION = '1'
PROTOCOL_VERSION = 1
HEADER = struct.Struct('>2sBBII')
STAMP = struct.Struct('>Q')
MAGIC = b'Cr'
RESET = b'\xff' * 16

HELLO, STARTED, STDOUT, STDERR, REQUEST, END, USAGE, HOST = 1, 2, 3, 4, 5, 6, 7, 8
JOB, ACK, ANSWER, CANCEL, RESUME, BYE, KEEPALIVE = 16, 17, 18, 19, 20, 21, 22

READ_BYTES = 64 * 1024
SPOOL_BYTES = 4 * 1024 * 1024
MAX_CLIENT_FRAME = 48 * 1024 * 1024
MAX_HELPER_HEAD = 16 * 1024
MAX_HELPER_BODY = 1024 * 1024
MAX_HELPER_CALLS = 16

# A script that writes line by line would cost a frame a line; a stream that was read just now is read again this much later.
COALESCE_SECONDS = 0.004
# Output of children that outlive the script (`> >(tee log)`) is waited for this long.
LINGER_SECONDS = 0.25
# A runner that nobody sent a job or a keepalive ends itself: warm sandboxes of a dead process go away alone.
LEASE_SECONDS = 120
# What the script uses is looked at as often, and told when it has changed; what has not is told as seldom as QUIET_SECONDS.
USAGE_SECONDS = 1
QUIET_SECONDS = 5
# Less is none: of CPU what looking itself may be mistaken for, of memory what the kernel counts late.
QUIET_CPU_MS = 1
QUIET_BYTES = 256 * 1024
# A script that takes no time on a processor passes no limit: whether it does is looked at ever less often, and all else as seldom.
MOST_SECONDS_OF_QUIET = 0.4
LOOK_SECONDS = 1
HOST_SECONDS = 10
# A folder without a runner is left over, when it is older than this: before, its runner may be about to begin.
LEFTOVER_SECONDS = 600
# Who waits for a sweep does not wait for ever: what is left is for the next.
SWEEP_SECONDS = 10
# An end that nobody collects is kept this long.
KEEP_END_SECONDS = 24 * 3600

# Ends that the job as a whole comes to, also when only children of the script are left.
LIMITS = ('out_of_memory', 'process_limit', 'disk_full', 'output_limit')

DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
# What a script takes over from where the runner was started: on an ssh host (bootstrap.py) the account's own.
INHERITED = ()


def log(message):
    """Diagnostics for the client's operator; never a script's output."""
    try:
        os.write(2, ('cronium-runner: ' + message + '\n').encode('utf-8', 'replace'))
    except OSError:
        pass  # nobody listens to diagnostics


def log_exception():
    import traceback

    log(traceback.format_exc())


def remove_folder(path):
    import shutil

    shutil.rmtree(path, ignore_errors=True)


def dumps(value):
    return json.dumps(value, separators=(',', ':')).encode('ascii')


def frame_header(kind, seq, length):
    return HEADER.pack(MAGIC, PROTOCOL_VERSION, kind, seq, length)


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


class FrameReader:
    """Cuts what the client sends into frames."""

    def __init__(self):
        self.buffer = bytearray()

    def feed(self, data):
        self.buffer += data
        frames = []
        while True:
            # Only what has just arrived, and the 15 bytes before it, can complete a reset.
            reset = self.buffer.rfind(RESET, max(0, len(self.buffer) - len(data) - len(RESET) + 1))
            if reset >= 0:
                del self.buffer[:reset + len(RESET)]
            data = b''
            if len(self.buffer) < HEADER.size:
                return frames
            magic, version, kind, _, length = HEADER.unpack_from(self.buffer)
            if magic != MAGIC or version != PROTOCOL_VERSION or length > MAX_CLIENT_FRAME:
                # Not ours (Docker's attach may pass rubbish ahead of the client): wait for a reset.
                del self.buffer[:-(len(RESET) - 1)]
                return frames
            if len(self.buffer) < HEADER.size + length:
                return frames
            payload = bytes(self.buffer[HEADER.size:HEADER.size + length])
            del self.buffer[:HEADER.size + length]
            frames.append((kind, json.loads(payload.decode('utf-8')) if length else {}))


class Connection:
    """The client's end of the stream: two descriptors that never block, and what is still to be written."""

    def __init__(self, read_fd, write_fd):
        self.read_fd = read_fd
        self.write_fd = write_fd
        self.reader = FrameReader()
        self.pending = collections.deque()
        # A client that has taken over gets frames only after it has said where to go on.
        self.receives = True
        self.selector = None
        self.writes_watched = False
        os.set_blocking(read_fd, False)
        os.set_blocking(write_fd, False)

    def open(self, selector, on_readable, on_writable):
        self.selector = selector
        self.on_writable = on_writable
        selector.register(self.read_fd, selectors.EVENT_READ, on_readable)

    def receive(self):
        """What has come, b'' at the end, None when there is nothing."""
        try:
            return os.read(self.read_fd, READ_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return b''

    def send(self, *buffers):
        self.pending.extend(memoryview(buffer) for buffer in buffers)

    def flush(self):
        """True when everything is written, False when the pipe is full and watched. OSError: the client is gone."""
        done = self.write()
        if done == self.writes_watched:
            self.writes_watched = not done
            if done:
                self.selector.unregister(self.write_fd)
            else:
                self.selector.register(self.write_fd, selectors.EVENT_WRITE, self.on_writable)
        return done

    def write(self):
        pending = self.pending
        while pending:
            batch = [pending[index] for index in range(min(len(pending), 64))]
            try:
                written = os.writev(self.write_fd, batch)
            except BlockingIOError:
                return False
            for view in batch:
                if written < len(view):
                    pending[0] = view[written:]
                    break
                written -= len(view)
                pending.popleft()
        return True

    def restart(self):
        """Forgets what is queued; the client resynchronises by its nonce."""
        self.pending.clear()

    def close(self):
        if self.selector:
            self.selector.unregister(self.read_fd)
            if self.writes_watched:
                self.selector.unregister(self.write_fd)
        for fd in {self.read_fd, self.write_fd}:
            os.close(fd)


class Spool:
    """Frames that are not acknowledged yet."""

    def __init__(self):
        self.frames = collections.deque()
        self.size = 0
        self.last_seq = 0

    def add(self, kind, *parts):
        self.last_seq += 1
        length = sum(len(part) for part in parts)
        buffers = (frame_header(kind, self.last_seq, length),) + parts
        self.frames.append((self.last_seq, length, buffers))
        self.size += length
        return buffers

    def acknowledge(self, seq):
        while self.frames and self.frames[0][0] <= seq:
            self.size -= self.frames.popleft()[1]

    @property
    def full(self):
        return self.size >= SPOOL_BYTES


class JobError(Exception):
    """The platform, not the script, failed."""

    def __init__(self, code, message):
        Exception.__init__(self, message)
        self.code = code


class Job:
    """What the client asked for."""

    def __init__(self, frame):
        limits = frame['limits']
        self.id = frame['jobId']
        self.language = frame['language']
        self.script = frame['script']
        self.environment = frame.get('environment') or {}
        self.input = dumps(frame.get('input'))
        self.event = dumps(frame.get('event') or {})
        self.memory_bytes = limits['memoryMb'] * 1024 * 1024
        self.pids = limits['pids']
        self.cpu = limits['cpu']
        self.disk_bytes = limits['diskMb'] * 1024 * 1024
        # As a sandbox's tmpfs is made (container-spec.ts): an empty file has no bytes and costs the server all the same.
        self.disk_files = max(4096, limits['diskMb'] * 128)
        self.output_bytes = limits['outputMb'] * 1024 * 1024
        self.timeout_seconds = frame['timeoutSeconds']
        self.grace_seconds = frame['killGraceSeconds']


def find_program(name, path):
    """Its absolute path, or None."""
    for folder in path.split(':'):
        program = os.path.join(folder, name)
        if os.path.isabs(folder) and os.path.isfile(program) and os.access(program, os.X_OK):
            return program
    return None


class Workspace:
    """The job's private folder: the script, its working directory, its temporary files, and the helper socket."""

    PROGRAMS = {'bash': ('bash', 'script.sh'), 'python': ('python3', 'script.py'), 'nodejs': ('node', 'script.js')}

    def __init__(self, path):
        """@param path: of an empty folder, as the script finds it"""
        self.path = path
        self.socket = os.path.join(path, 'helper.sock')
        self.script = os.path.join(path, 'script')
        self.bash_script = os.path.join(self.script, self.PROGRAMS['bash'][1])
        self.work = os.path.join(path, 'work')
        self.temporary = os.path.join(path, 'tmp')
        self.helpers = os.environ.get('CRONIUM_RUNTIME_HELPERS') or os.path.join(
            os.path.dirname(os.path.abspath(__file__)), 'runtime-helpers')

    def reach(self, path):
        """How the runner comes to a path that a script finds."""
        return path

    def furnish(self):
        for folder in (self.script, self.work, self.temporary):
            os.mkdir(self.reach(folder), 0o700)
        # An ES module finds packages only beside itself or above; NODE_PATH is for require().
        packages = os.path.join(self.script, 'node_modules')
        os.mkdir(self.reach(packages))
        os.symlink(os.path.join(self.helpers, 'nodejs', 'cronium'), self.reach(os.path.join(packages, 'cronium')))

    def command(self, job, environment):
        """Writes the script; the command that runs it."""
        if job.language not in self.PROGRAMS:
            raise JobError('protocol_error', 'The runner knows no language "%s".' % job.language)
        interpreter, file_name = self.PROGRAMS[job.language]
        program = find_program(interpreter, environment['PATH']) or find_program(interpreter, DEFAULT_PATH)
        if program is None:
            raise JobError('interpreter_missing', '%s is not installed where the script should run.' % interpreter)
        script = os.path.join(self.script, file_name)
        fd = os.open(self.reach(script), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, 'wb') as file:
            file.write(job.script.encode('utf-8', 'surrogatepass'))
        return [program, script]

    def environment(self, given):
        """What a script finds, with what its job gives it."""
        environment = {
            'PATH': DEFAULT_PATH,
            'HOME': self.work,
            'LANG': 'C.UTF-8',
            'TMPDIR': self.temporary,
            'PYTHONUNBUFFERED': '1',
            'BASH_ENV': os.path.join(self.helpers, 'cronium.sh'),
        }
        environment.update((key, os.environ[key]) for key in INHERITED if os.environ.get(key))
        environment.update(given)
        environment['CRONIUM_SOCKET'] = self.socket
        environment['CRONIUM_HELPERS'] = self.helpers
        for key, folder in (('PYTHONPATH', 'python'), ('NODE_PATH', 'nodejs')):
            mine = os.path.join(self.helpers, folder)
            environment[key] = environment[key] + ':' + mine if environment.get(key) else mine
        return environment

    def wipe(self):
        """Removes everything."""
        wipe_folder(self.reach(self.path))


def wipe_folder(path):
    """Removes everything. Starts processes when it must: only when none of the script's is left."""
    import shutil
    import subprocess

    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        pass  # the script did it
    except (OSError, RecursionError):
        # Folders that the script closed to itself, or nested deeper than Python can follow.
        for command in (['chmod', '-R', 'u+rwx', path], ['rm', '-rf', path]):
            subprocess.call(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if os.path.lexists(path):
            log('cannot remove %s' % path)


def read_file(path):
    try:
        with open(path, 'rb') as file:
            return file.read()
    except OSError:
        return b''


def host_room(folder):
    """What the machine has left: of memory, and of the disk that a folder is on (a container's own is the engine's); and how busy it is.
    None where it does not tell, which is so without Linux' /proc."""
    memory = dict(line.split(b':', 1) for line in read_file('/proc/meminfo').splitlines() if b':' in line)
    try:
        total, available = (int(memory[key].split()[0]) * 1024 for key in (b'MemTotal', b'MemAvailable'))
        disk = os.statvfs(folder)
        # cpu user nice system idle iowait irq softirq steal, and guest times, which user holds already.
        ticks = [int(field) for field in read_file('/proc/stat').split(b'\n', 1)[0].split()[1:9]]
        load = os.getloadavg()
    except (OSError, KeyError):
        return None
    # As df counts it: what is kept for root is neither used nor free.
    usable = disk.f_blocks - disk.f_bfree + disk.f_bavail
    return {'at': round(time.time() * 1000), 'memoryAvailableBytes': available, 'memoryTotalBytes': total,
            'diskFreeBytes': disk.f_bavail * disk.f_frsize, 'diskTotalBytes': usable * disk.f_frsize,
            'busyTicks': sum(ticks) - sum(ticks[3:5]), 'allTicks': sum(ticks), 'load': [round(one, 2) for one in load],
            'uptimeSeconds': int(time.monotonic())}


def read_counter(text, key):
    """The figure after `key` in a cgroup file of `key value` lines, or 0."""
    start = text.find(b'\n' + key + b' ') + 1
    if start == 0 and not text.startswith(key + b' '):
        return 0
    return int(text[start + len(key) + 1:].split(b'\n', 1)[0])


PAGE = resource.getpagesize()
TICK_MS = 1000 / os.sysconf('SC_CLK_TCK')


def anonymous_memory(process):
    """Bytes a process holds that no file backs; 0 when it is gone. @param process: its folder in /proc"""
    fields = read_file(process + '/statm').split()
    return (int(fields[1]) - int(fields[2])) * PAGE if len(fields) > 2 else 0


class CgroupCounters:
    """What the kernel counts for the container that the runner lives in, cgroup v1 or v2. `others`: without this process."""

    def __init__(self, root='/sys/fs/cgroup'):
        memory, pids = root + '/memory', root + '/pids'
        self.cpu_nanoseconds = root + '/cpuacct/cpuacct.usage'
        self.cpu_stat = None
        if os.path.exists(root + '/cgroup.controllers'):
            memory = pids = root
            self.cpu_stat = root + '/cpu.stat'
            self.anonymous_key, oom = b'anon', '/memory.events'
        else:
            self.anonymous_key, oom = b'total_rss', '/memory.oom_control'
        self.memory_stat = memory + '/memory.stat'
        self.oom_events = memory + oom
        self.pids_events = pids + '/pids.events'
        self.pids_current = pids + '/pids.current'
        self.oom_before = self.oom_kills()
        self.refused_before = self.refused_forks()

    def are_kept(self):
        """Whether the kernel counts what a sandbox is judged by: gVisor's does not, nor is anything here where no cgroups are mounted."""
        return os.path.exists(self.memory_stat) and os.path.exists(self.pids_events)

    def cpu_of_others(self):
        """Milliseconds, of everything that ever ran in the container."""
        if self.cpu_stat:
            all_ms = read_counter(read_file(self.cpu_stat), b'usage_usec') / 1000
        else:
            all_ms = int(read_file(self.cpu_nanoseconds) or 0) / 1e6
        return all_ms - self.own_cpu_ms()

    def own_cpu_ms(self):
        return time.process_time() * 1000

    def own_memory(self):
        return anonymous_memory('/proc/self')

    def oom_kills(self):
        return read_counter(read_file(self.oom_events), b'oom_kill')

    def refused_forks(self):
        return read_counter(read_file(self.pids_events), b'max')

    def processes_of_others(self):
        return max(0, int(read_file(self.pids_current) or 0) - 1)

    def was_out_of_memory(self):
        return self.oom_kills() > self.oom_before

    def was_out_of_processes(self):
        return self.refused_forks() > self.refused_before

    def memory_of_others(self):
        """Bytes that no file backs."""
        return max(0, read_counter(read_file(self.memory_stat), self.anonymous_key) - self.own_memory())


class Sandbox:
    """Containment when the runner is a container's first process: everything else in it is the script's."""

    # The workspace is on the container's only writable place, which goes with the container.
    wipes = False

    def __init__(self, workspace, counters=None):
        self.workspace = workspace
        self.shell = find_program('bash', DEFAULT_PATH)
        self.counters = counters or CgroupCounters()
        self.peak = 0
        self.cpu_before = self.cpu_looked = self.counters.cpu_of_others()
        self.looked = 0.0
        # Seconds to the next look while it is busy, and while it is quiet.
        self.pause = self.glance = 0.05

    def host_room(self):
        # The disk of the engine, where containers and images are; the workspace is in memory.
        return host_room('/')

    def hold(self, job):
        """Has the kernel hold the job to its limits, where it is not told already."""

    def usage(self):
        """Milliseconds of CPU so far; bytes of memory, bytes of disk and processes now."""
        cpu = max(0, self.counters.cpu_of_others() - self.cpu_before)
        return cpu, self.counters.memory_of_others(), self.disk_used(), self.counters.processes_of_others()

    def signal_all(self, number):
        try:
            os.kill(-1, number)
        except ProcessLookupError:
            pass  # nothing else lives

    def exceeded(self, job):
        """The limit that the job has passed, or None."""
        self.cpu_looked, self.looked = self.counters.cpu_of_others(), time.monotonic()
        memory = self.counters.memory_of_others()
        self.peak = max(self.peak, memory)
        self.pause = 0.02 if memory > job.memory_bytes / 2 else 0.05
        if memory > job.memory_bytes or self.counters.was_out_of_memory():
            return 'out_of_memory'
        if self.counters.was_out_of_processes():
            return 'process_limit'
        return 'disk_full' if self.disk_is_full(job) else None

    def look(self, job):
        """As `exceeded`, while the script runs; and after how many seconds to look again."""
        quiet = abs(self.counters.cpu_of_others() - self.cpu_looked) < QUIET_CPU_MS
        self.glance = min(MOST_SECONDS_OF_QUIET, 2 * self.glance) if quiet else 0.05
        if quiet and time.monotonic() - self.looked < LOOK_SECONDS:
            return None, self.glance
        verdict = self.exceeded(job)
        return verdict, self.glance if quiet else self.pause

    def disk_is_full(self, job):
        disk = os.statvfs(self.workspace)
        # gVisor's tmpfs counts no files at all.
        full = disk.f_bfree == 0 or (disk.f_files > 0 and disk.f_ffree == 0)
        return full or self.disk_used() >= job.disk_bytes

    def disk_used(self):
        disk = os.statvfs(self.workspace)
        return (disk.f_blocks - disk.f_bfree) * disk.f_frsize

    def exceeded_at_exit(self, job, status):
        if self.counters.was_out_of_memory():
            return 'out_of_memory'
        if self.counters.was_out_of_processes():
            return 'process_limit'
        return 'disk_full' if status != 0 and self.disk_is_full(job) else None


class ProcessCounters:
    """What `CgroupCounters` tells of a container, of the processes that a /proc shows: a job's, and their first, which is not counted."""

    def __init__(self, proc='/proc', first=None):
        self.proc = proc
        self.first = str(first or os.getpid())

    def stat(self, name):
        """Its fields from the state on (proc(5)); empty when it has gone."""
        # pid (name, which may hold blanks and brackets) state ...
        fields = read_file('%s/%s/stat' % (self.proc, name)).rpartition(b')')[2].split()
        return fields if len(fields) > 17 else []

    def others(self):
        for name in os.listdir(self.proc):
            if name.isdigit() and name != self.first:
                fields = self.stat(name)
                if fields and fields[0] != b'Z':
                    yield name, fields

    def cpu_of_ended(self):
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (used.ru_utime + used.ru_stime) * 1000

    def cpu_of_others(self):
        ticks = sum(sum(int(field) for field in fields[11:15]) for _, fields in self.others())
        return self.cpu_of_ended() + ticks * TICK_MS

    def memory_of_others(self):
        return sum(anonymous_memory('%s/%s' % (self.proc, name)) for name, _ in self.others())

    def processes_of_others(self):
        return sum(int(fields[17]) for _, fields in self.others())

    def was_out_of_memory(self):
        return False

    def was_out_of_processes(self):
        return False


class WatchedSandbox(Sandbox):
    """
    Containment of a job that has its processes for itself, of which no kernel counts what they use together: that of a container with
    isolation `namespace` counts the whole container, gVisor's too little.
    """

    def __init__(self, workspace, counters=None):
        super().__init__(workspace, counters or ProcessCounters())

    def exceeded(self, job):
        verdict = super().exceeded(job)
        if verdict is None and self.counters.processes_of_others() > job.pids:
            return 'process_limit'
        return verdict


def containment_here():
    """Which one suits where this runner is."""
    if os.getpid() != 1:
        return ProcessTree
    return Sandbox if CgroupCounters().are_kept() else WatchedSandbox


class ProcessTree:
    """Containment when others live beside the script: its processes are the runner's descendants (it is their subreaper)."""

    wipes = True
    # What stays behind when the runner is killed must not go on by itself; nor is a host's bash known.
    shell = None

    def __init__(self, workspace):
        self.workspace = workspace
        self.room_folder = '/' if os.path.exists('/.dockerenv') else workspace
        self.counters = CgroupCounters()
        self.peak = 0
        self.disk_walk = None
        self.disk_sum = self.disk_used = (0, 0)
        self.last_tree = None
        self.pause = 0

    def host_room(self):
        return host_room(self.room_folder)

    def hold(self, job):
        """As a sandbox's."""

    def descendants(self):
        children = {}
        for name in os.listdir('/proc'):
            if name.isdigit():
                # pid (name, which may hold blanks and brackets) state parent ...
                fields = read_file('/proc/%s/stat' % name).rpartition(b')')[2].split()
                if len(fields) > 17 and fields[0] != b'Z':
                    # Its own time, and that of its children that have ended.
                    ticks = sum(int(field) for field in fields[11:15])
                    children.setdefault(int(fields[1]), []).append((int(name), int(fields[17]), ticks))
        found, ahead = [], [os.getpid()]
        while ahead:
            below = children.get(ahead.pop(), [])
            found.extend(below)
            ahead.extend(pid for pid, _, _ in below)
        return found

    def usage(self):
        """As a sandbox's."""
        tree, ended = self.descendants(), resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = sum(ticks for _, _, ticks in tree) * TICK_MS + (ended.ru_utime + ended.ru_stime) * 1000
        return cpu, sum(anonymous_memory('/proc/%d' % pid) for pid, _, _ in tree), self.disk_used[0], len(tree)

    def signal_all(self, number):
        stopped = set()
        # Stopped processes cannot fork, so that a fork bomb runs out of places before it runs away.
        while number == signal.SIGKILL:
            fresh = [pid for pid, _, _ in self.descendants() if pid not in stopped]
            if not fresh or len(stopped) > 100000:
                break
            self.signal_each(fresh, signal.SIGSTOP)
            stopped.update(fresh)
        self.signal_each([pid for pid, _, _ in self.descendants()], number)

    @staticmethod
    def signal_each(pids, number):
        for pid in pids:
            try:
                os.kill(pid, number)
            except (ProcessLookupError, PermissionError):
                pass  # it ended meanwhile, or it became another user's (sudo) and is not ours to signal

    def exceeded(self, job):
        """As a sandbox's."""
        began = time.monotonic()
        tree = self.descendants()
        memory = sum(anonymous_memory('/proc/%d' % pid) for pid, _, _ in tree)
        self.peak = max(self.peak, memory)
        if memory > job.memory_bytes:
            return 'out_of_memory'
        if sum(threads for _, threads, _ in tree) > job.pids:
            return 'process_limit'
        if self.disk_is_full(job):
            return 'disk_full'
        # Nothing is known without looking: who was quiet, and whose folder is not being walked, is looked at ever less often.
        quiet = (tree, memory) == self.last_tree and self.disk_walk is None
        self.last_tree = tree, memory
        self.pause = min(MOST_SECONDS_OF_QUIET, 2 * self.pause) if quiet else 0
        # The look itself costs time on a host with many processes: at most one part in twenty.
        self.pause = max(self.pause, 0.1, 20 * (time.monotonic() - began))
        return None

    def look(self, job):
        """As a sandbox's."""
        return self.exceeded(job), self.pause

    def disk_is_full(self, job, steps=200):
        """Walks a few folders a call, so that a job with a million files does not slow itself down."""
        if self.disk_walk is None:
            self.disk_walk, self.disk_sum = os.walk(self.workspace), (0, 0)
        for _ in range(steps):
            try:
                folder, folders, files = next(self.disk_walk)
            except StopIteration:
                self.disk_used, self.disk_walk = self.disk_sum, None
                break
            used, count = self.disk_sum
            for name in files:
                try:
                    used += os.lstat(os.path.join(folder, name)).st_blocks * 512
                except OSError:
                    pass  # removed while we looked
            self.disk_sum = used, count + len(files) + len(folders)
        return any(used > job.disk_bytes or count > job.disk_files for used, count in (self.disk_used, self.disk_sum))

    def exceeded_at_exit(self, job, status):
        # The kernel's counter is the whole container's; it speaks of this job only if this job was killed.
        if status == -signal.SIGKILL and self.counters.was_out_of_memory():
            return 'out_of_memory'
        if status == 0:
            return None
        disk = os.statvfs(self.workspace)
        # Some file systems count no files at all.
        full = not disk.f_bavail or (disk.f_files and not disk.f_favail)
        return 'disk_full' if full or self.disk_is_full(job) else None


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


class HelperCall:
    """One HTTP/1.1 request on the helper socket, answered once."""

    def __init__(self, connection):
        self.connection = connection
        self.received = bytearray()
        self.plain = False
        # The whole request is here.
        self.complete = False
        # As it was passed on to the client.
        self.message = b''
        self.outgoing = memoryview(b'')
        connection.setblocking(False)

    def request(self):
        """(method, path, body) when it is complete, else None. ValueError: cannot be served, with the status."""
        end = self.received.find(b'\r\n\r\n')
        if end < 0:
            if len(self.received) > MAX_HELPER_HEAD:
                raise ValueError(431, 'The head of the helper call is too long.')
            return None
        lines = bytes(self.received[:end]).decode('latin-1').split('\r\n')
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(':')
            headers[name.strip().lower()] = value.strip()
        words = lines[0].split(' ')
        if len(words) != 3:
            raise ValueError(400, 'Not an HTTP request.')
        self.plain = headers.get('accept', '') == 'text/plain'
        if 'transfer-encoding' in headers or not headers.get('content-length', '0').isdigit():
            raise ValueError(411, 'Send the length of the body.')
        length = int(headers.get('content-length', '0'))
        if length > MAX_HELPER_BODY:
            raise ValueError(413, 'The value is %d bytes; a helper takes at most %d.' % (length, MAX_HELPER_BODY))
        if len(self.received) - end - 4 < length:
            if headers.get('expect', '').lower() == '100-continue':
                self.connection.send(b'HTTP/1.1 100 Continue\r\n\r\n')
            return None
        body = bytes(self.received[end + 4:end + 4 + length])
        return words[0], words[1], self.value(body, headers.get('content-type', ''))

    @staticmethod
    def value(body, content_type):
        def refuse(name):
            raise ValueError('%s is not JSON' % name)

        try:
            text = body.decode('utf-8')
        except UnicodeDecodeError:
            raise ValueError(400, 'The value is not valid UTF-8.')
        try:
            return json.loads(text, parse_constant=refuse) if text else None
        except (ValueError, RecursionError) as error:
            # bash hands over what it has: text that is not JSON is a JSON string.
            if content_type == 'text/plain' and not isinstance(error, RecursionError):
                return text
            raise ValueError(400, 'The value is not valid JSON: %s' % error)

    def response(self, status, body):
        kind = b'application/json'
        if status != 200:
            body, kind = (body.encode('utf-8'), b'text/plain') if self.plain else (dumps({'error': body}), kind)
        head = b'HTTP/1.1 %d Cronium\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n' % (
            status, kind, len(body))
        return head + body


class HelperServer:
    """The helper socket. `input` and `event` are answered here; `output` is the client's to answer."""

    FORWARDED = {'output'}

    def __init__(self, runner, path):
        self.runner = runner
        self.calls = set()
        self.waiting = {}
        self.last_id = 0
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(path)
        os.chmod(path, 0o600)
        # More calls than are served at one time wait here.
        self.listener.listen(1024)
        self.listener.setblocking(False)
        self.listening = False
        self.listen_if_free()

    def listen_if_free(self):
        wanted = len(self.calls) < MAX_HELPER_CALLS
        if wanted != self.listening:
            self.listening = wanted
            if wanted:
                self.runner.selector.register(self.listener, selectors.EVENT_READ, self.accept)
            else:
                self.runner.selector.unregister(self.listener)

    def accept(self):
        try:
            connection, _ = self.listener.accept()
        except OSError:
            return  # it has gone again
        call = HelperCall(connection)
        self.calls.add(call)
        self.watch(call, selectors.EVENT_READ, self.read)
        self.listen_if_free()

    def watch(self, call, events, handler):
        self.runner.selector.register(call.connection, events, lambda: handler(call))

    def unwatch(self, call):
        self.runner.selector.unregister(call.connection)

    def hang_up(self, call):
        """For a call that is not watched."""
        self.calls.discard(call)
        call.connection.close()
        self.listen_if_free()

    @staticmethod
    def receive(call):
        """What has come, b'' at the end, None when there is nothing."""
        try:
            return call.connection.recv(READ_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return b''

    def read(self, call):
        data = self.receive(call)
        if data is None:
            return
        if not data:
            self.unwatch(call)
            self.hang_up(call)
            return
        call.received += data
        try:
            request = call.request()
        except ValueError as error:
            self.unwatch(call)
            self.respond(call, *(error.args if len(error.args) == 2 else (400, str(error))))
            return
        if request:
            call.complete = True
            self.unwatch(call)
            self.serve(call, *request)

    def serve(self, call, method, path, value):
        job = self.runner.job
        name = path[len('/v1/'):] if path.startswith('/v1/') else ''
        if method == 'GET' and name == 'input':
            self.respond(call, 200, job.input)
        elif method == 'GET' and name == 'event':
            self.respond(call, 200, job.event)
        elif method == 'POST' and name in self.FORWARDED:
            self.last_id += 1
            self.waiting[self.last_id] = call
            call.message = dumps({'id': self.last_id, 'method': name, 'params': {'value': value}})
            self.runner.emit(REQUEST, call.message)
        else:
            self.respond(call, 404, 'There is no helper "%s".' % path)

    def repeat(self):
        """For a new client: the answers to what was acknowledged may have been lost with the one before it."""
        kept = {parts[1] for _, _, parts in self.runner.spool.frames}
        for call in list(self.waiting.values()):
            if call.message not in kept:
                self.runner.emit(REQUEST, call.message)

    def answer(self, frame):
        call = self.waiting.pop(frame['id'], None)
        if call is None:
            return  # answered before, by a client that is gone
        if 'error' in frame:
            self.respond(call, 422, str(frame['error']))
        else:
            self.respond(call, 200, dumps(frame.get('result')))

    def respond(self, call, status, body):
        """For a call that is not watched."""
        call.outgoing = memoryview(call.response(status, body))
        self.watch(call, selectors.EVENT_WRITE, self.write)
        self.write(call)

    def write(self, call):
        try:
            while call.outgoing:
                call.outgoing = call.outgoing[call.connection.send(call.outgoing):]
            call.connection.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            return
        except OSError:
            call.complete = True  # the caller has gone
        self.unwatch(call)
        if call.complete:
            self.hang_up(call)
        else:
            # It still sends what was refused, and many a client looks for the answer only then.
            self.watch(call, selectors.EVENT_READ, self.drain)

    def drain(self, call):
        if self.receive(call) == b'':
            self.unwatch(call)
            self.hang_up(call)

    def close(self):
        if self.listening:
            self.runner.selector.unregister(self.listener)
            self.listening = False
        self.listener.close()
        waiting = set(self.waiting.values())
        for call in self.calls:
            if call not in waiting:
                self.unwatch(call)
            call.connection.close()
        self.calls.clear()
        self.waiting.clear()


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
    SPECIAL = re.compile(
        r'BASH|LD_|GLIBC_|MALLOC_|GCONV_|LOCPATH|COMP_|EPOCH|HIST|OPT|SHELL|'
        r'(?:IFS|ENV|POSIXLY_CORRECT|UID|EUID|PPID|GROUPS|FUNCNAME|DIRSTACK|PIPESTATUS|LINENO|SECONDS|RANDOM|SRANDOM|PWD|OLDPWD|SHLVL|_|'
        r'TMOUT|IGNOREEOF|GLOBIGNORE|EXECIGNORE|CDPATH|HOSTNAME|HOSTTYPE|MACHTYPE|OSTYPE|READLINE\w*|REPLY|COPROC|MAPFILE|PROMPT_\w*|PS\d)$')
    NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_]*$')
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
            self.SPECIAL.match(key) or not self.NAME.match(key) or self.CONTROL.search(value)
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


class Runner:
    """One script, from waiting for it to its acknowledged end."""

    # Whether a client that has gone may come back in a stream of its own.
    can_be_met_again = False

    def __init__(self, workspace, containment, script, selector):
        """@param script: a ChildScript, or what does the same; @param selector: of who runs it"""
        self.selector = selector
        self.spool = Spool()
        self.job = None
        self.state = 'waiting'
        self.workspace = workspace
        self.containment = containment
        self.helpers = HelperServer(self, workspace.reach(workspace.socket))
        self.pipes = []
        self.script = script
        self.status = None
        self.verdict = None
        self.output_bytes = 0
        # What the script used when it was told last, and looked at since without anything new.
        self.told = self.untold = None
        self.deadlines = {'lease': time.monotonic() + LEASE_SECONDS}
        self.connection = None
        self.finished = False
        self.abandoned = False
        script.open(selector)

    # -- the client ---------------------------------------------------------------------------------------------------

    def listen(self, listener):
        """Where clients come."""
        self.can_be_met_again = True

        def on_client():
            client, _ = listener.accept()
            self.use(connection_of(client))

        self.selector.register(listener, selectors.EVENT_READ, on_client)

    def use(self, connection):
        """A new client takes over; the one before it is presumed dead."""
        self.drop_connection()
        self.connection = connection
        connection.receives = self.state == 'waiting'
        connection.open(self.selector, self.on_client_data, lambda: None)
        self.say_hello()

    def say_hello(self):
        hello = dumps({
            'protocol': PROTOCOL_VERSION,
            'runner': RUNNER_VERSION,
            'state': self.state,
            'jobId': self.job.id if self.job else None,
            'python': '%d.%d.%d' % sys.version_info[:3],
            'timeoutSeconds': self.job.timeout_seconds if self.job else None,
            'killGraceSeconds': self.job.grace_seconds if self.job else None,
            'host': self.containment.host_room(),
        })
        self.connection.send(frame_header(HELLO, 0, len(hello)), hello)

    def drop_connection(self):
        if not self.connection:
            return
        self.connection.close()
        self.connection = None
        if not self.can_be_met_again and self.state != 'running':
            self.finished = True

    def on_client_data(self):
        data = self.connection.receive()
        if data is None:
            return
        if not data:
            self.drop_connection()
            return
        for kind, frame in self.connection.reader.feed(data):
            self.on_frame(kind, frame)

    def on_frame(self, kind, frame):
        if kind == ACK:
            self.spool.acknowledge(frame['seq'])
            if self.state == 'ended' and not self.spool.frames:
                self.finished = True
        elif kind == ANSWER:
            self.helpers.answer(frame)
        elif kind == CANCEL:
            self.stop('cancelled', frame.get('graceSeconds', self.job.grace_seconds if self.job else 0))
        elif kind == RESUME:
            self.spool.acknowledge(frame['after'])
            self.connection.restart()
            self.connection.send(bytes.fromhex(frame['nonce']))
            self.say_hello()
            for _, _, buffers in self.spool.frames:
                self.connection.send(*buffers)
            self.connection.receives = True
            self.told = self.untold = None
            self.helpers.repeat()
        elif kind == KEEPALIVE:
            if 'lease' in self.deadlines:
                self.deadlines['lease'] = time.monotonic() + LEASE_SECONDS
                self.tell_host()
        elif kind == JOB and self.state == 'waiting':
            self.start(frame)
        elif kind == BYE:
            self.abandoned = True
            self.spool.acknowledge(self.spool.last_seq)
            if self.state == 'running':
                self.stop('cancelled', 0)
            else:
                self.finished = True
        else:
            log('frame of type %d is not for me in state %s' % (kind, self.state))

    def emit(self, kind, *parts):
        if self.abandoned:
            return
        buffers = self.spool.add(kind, *parts)
        if self.connection and self.connection.receives:
            self.connection.send(*buffers)

    def flush(self):
        if not self.connection:
            return
        try:
            self.connection.flush()
        except OSError:
            self.drop_connection()

    # -- the script ---------------------------------------------------------------------------------------------------

    def start(self, frame):
        self.state = 'running'
        self.deadlines.clear()
        self.started_at, self.started = time.time(), time.monotonic()
        self.ended_at, self.wall_seconds = None, 0
        try:
            self.job = Job(frame)
            environment = self.workspace.environment(self.job.environment)
            command = self.workspace.command(self.job, environment)
            self.containment.hold(self.job)
            self.script.prepare(environment)
            self.pipes = [OutputPipe(kind, fd) for kind, fd in self.script.streams]
            self.started_at, self.started = time.time(), time.monotonic()
            self.script.start(command, environment)
        except JobError as error:
            self.finish({'error': {'code': error.code, 'message': str(error)}})
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            # A full tmpfs is the sandbox's own limit; a full disk of a host that others use too is the host's trouble.
            full = getattr(error, 'errno', None) in (errno.ENOSPC, errno.EDQUOT) and self.containment.wipes
            code = 'server_disk_full' if full else 'sandbox_failed'
            self.finish({'error': {'code': code, 'message': 'The script could not be started: %r' % error}})
            return
        self.deadlines['timeout'] = self.started + self.job.timeout_seconds
        self.deadlines['look'] = self.started + 0.02
        self.deadlines['usage'] = self.started + USAGE_SECONDS
        self.deadlines['host'] = self.started + HOST_SECONDS
        self.emit(STARTED, dumps({'at': round(self.started_at * 1000), 'pid': self.script.pid}))

    def read_pipe(self, pipe):
        """Sends what one read gives; False when there was nothing to read."""
        data = pipe.read(time.monotonic())
        if data:
            room = self.job.output_bytes - self.output_bytes
            if len(data) > room:
                data = data[:room]
                data = data[:len(data) - incomplete_tail(data)]
                pipe.ended = True
                self.stop('output_limit', 0)
            self.output_bytes += len(data)
        if data:
            self.emit(pipe.kind, STAMP.pack(int(time.time() * 1000000)), data)
        if pipe.ended:
            self.close_pipe(pipe)
        return data is not None

    def close_pipe(self, pipe):
        self.pipes.remove(pipe)
        if pipe.watched:
            self.selector.unregister(pipe.fd)
        os.close(pipe.fd)

    def watch_pipes(self, now):
        """Reads from the script only while there is room to keep what it says, and not more often than useful."""
        for pipe in self.pipes:
            wanted = not self.spool.full and now >= pipe.next_read
            if wanted and not pipe.watched:
                self.selector.register(pipe.fd, selectors.EVENT_READ, lambda pipe=pipe: self.read_pipe(pipe))
            elif pipe.watched and not wanted:
                self.selector.unregister(pipe.fd)
            pipe.watched = wanted

    def reap(self):
        """Looks which processes have ended; True when none is left."""
        status, childless = self.script.reap()
        if status is not None:
            # What it leaves running counts: a fork bomb may well outlive who threw it.
            self.look()
            self.status = status
            self.deadlines['linger'] = time.monotonic() + LINGER_SECONDS
        return childless

    def stop(self, verdict, grace):
        """Ends the script for a reason, which stands even if it then exits well. `grace` 0 kills at once."""
        if self.state != 'running':
            return
        if self.verdict is None and (self.status is None or verdict in LIMITS):
            self.verdict = verdict
            self.deadlines.pop('timeout', None)
        elif grace > 0:
            return  # it is being ended already, or has ended by itself
        if grace > 0:
            self.containment.signal_all(signal.SIGTERM)
            self.deadlines['kill'] = time.monotonic() + grace
        else:
            self.kill()

    def kill(self):
        self.containment.signal_all(signal.SIGKILL)
        self.deadlines['kill'] = time.monotonic() + 0.01

    def look(self):
        verdict, again = self.containment.look(self.job)
        if verdict:
            self.stop(verdict, 0)
        else:
            self.deadlines['look'] = time.monotonic() + again

    def tell_usage(self):
        self.deadlines['usage'] = time.monotonic() + USAGE_SECONDS
        if not self.is_heard():
            return
        cpu, memory, disk, processes = self.containment.usage()
        usage = {'at': round(time.time() * 1000), 'cpuMs': round(cpu, 3), 'memoryBytes': memory, 'diskBytes': disk,
                 'outputBytes': self.output_bytes, 'processes': processes}
        if self.told and self.is_quiet(usage):
            self.untold = usage
            if usage['at'] - self.told['at'] < 1000 * QUIET_SECONDS - 100:
                return
        elif self.untold:
            # Up to here it was quiet: what is new is of the last second, and not of the time since it was told.
            self.tell(USAGE, self.untold)
        self.tell(USAGE, usage)
        self.told, self.untold = usage, None

    def is_quiet(self, usage):
        return (usage['cpuMs'] - (self.untold or self.told)['cpuMs'] < QUIET_CPU_MS
                and abs(usage['memoryBytes'] - self.told['memoryBytes']) < QUIET_BYTES
                and all(usage[key] == self.told[key] for key in ('diskBytes', 'outputBytes', 'processes')))

    def tell_host(self):
        room = self.containment.host_room()
        if room and self.is_heard():
            self.tell(HOST, room)

    def is_heard(self):
        """Whether the stream has room for what is only worth something now."""
        return not self.abandoned and self.connection and self.connection.receives and not self.connection.pending

    def tell(self, kind, message):
        payload = dumps(message)
        self.connection.send(frame_header(kind, 0, len(payload)), payload)

    def tick(self):
        now = time.monotonic()
        for name in [name for name, at in self.deadlines.items() if at <= now]:
            self.deadlines.pop(name, None)
            if name == 'timeout':
                self.stop('timeout', self.job.grace_seconds)
            elif name == 'kill':
                self.kill()
            elif name == 'look':
                self.look()
            elif name == 'usage':
                self.tell_usage()
            elif name == 'host':
                self.deadlines['host'] = now + HOST_SECONDS
                self.tell_host()
            elif name in ('lease', 'keep'):
                log('nobody wants me any more')
                self.finished = True
        if self.state == 'waiting' and self.script.has_gone():
            log('what was to become the script has gone')
            self.finished = True
        elif self.state == 'running':
            childless = self.reap()
            if self.status is not None:
                self.wind_up(now, childless)

    def wind_up(self, now, childless):
        """After the script itself has ended: its children, what is left in the pipes, the report."""
        if not childless:
            lingering = self.pipes and 'linger' in self.deadlines and self.verdict is None
            if not lingering and 'kill' not in self.deadlines:
                # What the script leaves behind may have passed a limit since the last look.
                if self.verdict is None:
                    self.verdict = self.containment.exceeded(self.job)
                self.kill()
            return
        if self.ended_at is None:
            self.ended_at, self.wall_seconds = time.time(), now - self.started
            self.deadlines.clear()
            if self.verdict is None:
                self.verdict = self.containment.exceeded_at_exit(self.job, self.status)
        # All writers are dead: what can still be read is in the pipes already, and a full spool is waited for.
        for pipe in list(self.pipes):
            while pipe in self.pipes and not self.spool.full:
                if not self.read_pipe(pipe):
                    # Somebody who is not ours to end holds it open; nothing of the script's can come any more.
                    self.close_pipe(pipe)
        if not self.pipes:
            self.finish(failed_start(self.script.failure) if self.script.failure else {'end': self.end()})

    def end(self):
        if self.verdict:
            return {'kind': self.verdict}
        if self.status >= 0:
            return {'kind': 'exit', 'code': self.status}
        try:
            return {'kind': 'signal', 'signal': signal.Signals(-self.status).name}
        except ValueError:
            return {'kind': 'signal', 'signal': 'SIG%d' % -self.status}

    def finish(self, report):
        self.helpers.close()
        self.script.close()
        user_ms, system_ms, largest = self.script.used(self.containment.peak > 0)
        if self.containment.wipes:
            self.workspace.wipe()
        report.update({
            'usage': {
                'wallMs': round(self.wall_seconds * 1000, 3),
                'cpuUserMs': round(user_ms, 3),
                'cpuSystemMs': round(system_ms, 3),
                'peakMemoryBytes': max(self.containment.peak, largest),
                'outputBytes': self.output_bytes,
            },
            'startedAt': round(self.started_at * 1000),
            'endedAt': round((self.ended_at or time.time()) * 1000),
        })
        self.state = 'ended'
        self.deadlines = {'keep': time.monotonic() + KEEP_END_SECONDS}
        self.emit(END, dumps(report))
        if self.abandoned or not (self.connection or self.can_be_met_again):
            self.finished = True

    # -- the loop -----------------------------------------------------------------------------------------------------

    def settle(self):
        """After something has happened, or is due: does what follows from it. When it is to be called again at the latest (monotonic), or
        None."""
        self.tick()
        self.flush()
        now = time.monotonic()
        self.watch_pipes(now)
        soonest = list(self.deadlines.values())
        if not self.spool.full:
            soonest += [pipe.next_read for pipe in self.pipes if not pipe.watched]
        return min(soonest) if soonest else None

    def dispose(self):
        """Lets go of everything, whatever its state: for who runs others too."""
        self.helpers.close()
        for pipe in list(self.pipes):
            self.close_pipe(pipe)
        self.drop_connection()

    def run(self):
        try:
            while True:
                due = self.settle()
                if self.finished:
                    break
                timeout = None if due is None else max(0, due - time.monotonic())
                for key, _ in self.selector.select(timeout):
                    # A handler before this one may have closed it.
                    if self.selector.get_map().get(key.fd) is key:
                        key.data()
        finally:
            if self.state == 'running':
                self.containment.signal_all(signal.SIGKILL)
            if self.state != 'ended' and self.containment.wipes:
                self.workspace.wipe()


def failed_start(error):
    return {'error': {'code': 'sandbox_failed', 'message': 'The script could not be started: %r' % error}}


def lone_runner(workspace_path):
    """The runner of this process."""
    workspace = Workspace(workspace_path)
    workspace.furnish()
    containment = containment_here()(workspace_path)
    return Runner(workspace, containment, ChildScript(workspace, containment.shell), selectors.DefaultSelector())


PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36


def conceal():
    """Closes /proc/<pid>/{mem,environ,fd} of this process to scripts, which have the same user."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def adopt_orphans():
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        log('cannot become a subreaper')


def connection_of(client):
    fd = client.detach()
    # Two descriptors, since epoll takes each only once and reading and writing are watched apart.
    return Connection(fd, fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 0))


def temporary_folder():
    """Short, since a socket's path holds 107 bytes."""
    folder = os.environ.get('TMPDIR') or '/tmp'
    return folder if len(folder) < 40 and os.path.isdir(folder) else '/tmp'


def new_workspace():
    path = os.path.join(temporary_folder(), 'cronium-' + os.urandom(6).hex())
    os.mkdir(path, 0o700)
    return path


def sandbox():
    runner = lone_runner(new_workspace())
    runner.use(Connection(0, 1))
    runner.run()
    # All is said, and the container goes: taking the interpreter down in order would only take time.
    os._exit(0)


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


def become(path):
    with open(path, 'rb') as file:
        command, environment = marshal.load(file)
    os.unlink(path)
    os.execve(command[0], command, environment)


def main(arguments):
    if arguments == ['sandbox']:
        sandbox()
    elif len(arguments) == 2 and arguments[0] == 'launch':
        bridge(launch(arguments[1]))
    elif len(arguments) == 2 and arguments[0] == 'attach':
        bridge(meet(arguments[1]))
    elif len(arguments) == 2 and arguments[0] == 'become':
        become(arguments[1])
    elif arguments == ['sweep']:
        count, total = sweep()
        print(json.dumps({'workspaces': count, 'bytes': total}))
    else:
        raise SystemExit('usage: runner.py sandbox | launch <id> | attach <id> | sweep | become <file>')


if __name__ == '__main__':
    try:
        main(sys.argv[1:])
    except (BrokenPipeError, ConnectionResetError):
        pass  # the other end has gone; a front process has nothing more to do
    except Exception:
        log_exception()
        sys.exit(70)
