#!/usr/bin/env python3
"""The resident of a container with isolation `namespace`: starts a runner in namespaces of its own for each job.

    resident.py            the container's main process
    resident.py front      bridges its stdin and stdout to the resident (exit code 3: there is none)

A runner is forked, not started: it has its interpreter and its modules already. It gets fresh user, mount, pid, network, IPC, UTS and cgroup
namespaces, over the container's only writable places file systems of its own, and gives up what it needed for that: capabilities, and the
system calls that the container's seccomp profile allows beyond a sandbox's. Then it is process 1 of its job, as in a sandbox.

A front's stream carries those of many runners. Each frame is `kind u8 | channel u32 | length u32` (big endian) and a payload; the client
chooses a channel's number.

client -> resident
    1 open     JSON {id, diskMb, pids}: a new runner, and a stream to it
    2 attach   JSON {id}: another stream to a runner
both ways
    3 data     the runner's stream
    4 close    the stream is over; from the resident with what there is to say of it, as text
"""

import ctypes
import errno
import fcntl
import json
import os
import platform
import resource
import selectors
import signal
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import runner  # noqa: E402 (found only then)

HEAD = struct.Struct('>BII')
OPEN, ATTACH, DATA, CLOSE = 1, 2, 3, 4
# With more than this unsent, nothing more is read from runners: they wait for their acknowledgements anyway.
PENDING_BYTES = 1024 * 1024
SHM_MB = 16
# How long a front waits for the resident of its container, which may have been started a moment ago.
RESIDENT_SECONDS = 15
INODES_PER_MB, LEAST_INODES = 128, 4096

NAMESPACES = 0x10000000 | 0x00020000 | 0x20000000 | 0x40000000 | 0x08000000 | 0x04000000 | 0x02000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 0x4000, 0x40000
PR_SET_SECCOMP, PR_CAPBSET_DROP, SECCOMP_MODE_FILTER = 22, 24, 2
LAST_CAPABILITY = 63
CAPABILITY_VERSION = 0x20080522
SIOCSIFFLAGS, IFF_UP_RUNNING = 0x8914, 0x41
# What a container of this isolation may do beyond a sandbox (container-spec.ts), by architecture: mount, unshare, sethostname.
WIDENED = {'x86_64': (0xC000003E, (165, 272, 170)), 'aarch64': (0xC00000B7, (40, 97, 161))}

libc = ctypes.CDLL(None, use_errno=True)


def check(result, doing):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, '%s: %s' % (doing, os.strerror(number)))


def mount(kind, target, flags, options=''):
    check(libc.mount(kind.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()), 'mounting ' + target)


def write(path, text):
    with open(path, 'w') as file:
        file.write(text)


def enter_namespaces():
    """The next child is process 1 of new ones; this process itself gets all of them but that of processes."""
    uid, gid = os.getuid(), os.getgid()
    # What it may not be read of, it may not write of itself either.
    libc.prctl(runner.PR_SET_DUMPABLE, 1, 0, 0, 0)
    check(libc.unshare(NAMESPACES), 'making namespaces')
    write('/proc/self/setgroups', 'deny')
    write('/proc/self/uid_map', '%d %d 1' % (uid, uid))
    write('/proc/self/gid_map', '%d %d 1' % (gid, gid))


def furnish(disk_mb):
    """Covers what jobs would share. The root is read-only, and nothing of it is uncovered again: see `confine`."""
    check(libc.mount(None, b'/', None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None), 'taking the mounts over')
    mount('proc', '/proc', MS_NOSUID | MS_NODEV | MS_NOEXEC)
    mount('sysfs', '/sys', MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)
    mount('devpts', '/dev/pts', MS_NOSUID | MS_NOEXEC, 'newinstance,ptmxmode=0666,mode=620')
    mount('mqueue', '/dev/mqueue', MS_NOSUID | MS_NODEV | MS_NOEXEC)
    mount('tmpfs', '/dev/shm', MS_NOSUID | MS_NODEV | MS_NOEXEC, 'size=%dm,mode=1777' % SHM_MB)
    mount('tmpfs', '/tmp', MS_NOSUID | MS_NODEV, 'size=%dm,nr_inodes=%d,mode=1777' % (
        disk_mb, max(LEAST_INODES, INODES_PER_MB * disk_mb)))
    check(libc.sethostname(b'sandbox', 7), 'naming the host')
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack('16sH14x', b'lo', IFF_UP_RUNNING))


def confine(pids):
    """Gives up what only furnishing needs, for good."""
    # Counted in its user namespace alone. The runner ends a job that passes its limit; this keeps one from getting far past it.
    resource.setrlimit(resource.RLIMIT_NPROC, (2 * pids, 2 * pids))
    for capability in range(LAST_CAPABILITY + 1):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = struct.pack('=Ii', CAPABILITY_VERSION, 0)
    check(libc.capset(header, bytes(24)), 'giving up capabilities')
    program = narrowing()
    code = ctypes.create_string_buffer(program, len(program))
    filter_ = struct.pack('@HP', len(program) // 8, ctypes.addressof(code))
    check(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter_, 0, 0), 'narrowing the system calls')


def narrowing():
    """A seccomp filter that refuses (EPERM) what the container's own allows beyond a sandbox's. The rest that one decides."""
    arch, numbers = WIDENED[platform.machine()]
    load, jump_if_equal, answer = 0x20, 0x15, 0x06
    allow, refuse = 0x7FFF0000, 0x00050000 | errno.EPERM
    lines = [(load, 0, 0, 4), (jump_if_equal, 0, len(numbers) + 1, arch), (load, 0, 0, 0)]
    lines += [(jump_if_equal, len(numbers) - index, 0, number) for index, number in enumerate(numbers)]
    lines += [(answer, 0, 0, allow), (answer, 0, 0, refuse)]
    return b''.join(struct.pack('=HBBI', *line) for line in lines)


def run_job(listener, disk_mb, pids):
    """Process 1 of the job."""
    furnish(disk_mb)
    confine(pids)
    os.chdir('/tmp')
    runner.Runner(runner.new_workspace(), listener=listener, containment=runner.WatchedSandbox).run()


class Job:
    """A runner, as the resident knows it."""

    def __init__(self, name, options):
        self.name = name
        self.folder = runner.runner_folder(name)
        os.mkdir(self.folder, 0o700)
        self.socket = os.path.join(self.folder, 'r')
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(self.socket)
        listener.listen(4)
        self.error = b''
        self.report, report = os.pipe()
        os.set_blocking(self.report, False)
        try:
            self.pid = os.fork()
        except OSError:
            # The container has as many processes as it may.
            listener.close()
            os.close(report)
            self.forget()
            raise
        if self.pid == 0:
            self.become(listener, report, options)
        listener.close()
        os.close(report)

    @staticmethod
    def become(listener, report, options):
        try:
            close_all_but(listener.fileno(), report)
            signal.set_wakeup_fd(-1)
            os.setsid()
            enter_namespaces()
            child = os.fork()
            if child != 0:
                # The resident's child from now on, whose number it needs.
                os.write(report, b'%d\n' % child)
                os._exit(0)
            listener.setblocking(False)
            run_job(listener, options['diskMb'], options['pids'])
        except BaseException as error:
            os.write(report, str(error).encode('utf-8', 'replace')[:1000])
        finally:
            os._exit(0)

    def hear(self):
        """Learns its process's number, once it is known, and what went wrong, if something did."""
        try:
            text = os.read(self.report, 2000) if self.report is not None else b''
        except BlockingIOError:
            return
        number, _, error = text.rpartition(b'\n')
        if number.isdigit():
            self.pid = int(number)
        self.error += error

    def forget(self):
        os.close(self.report)
        self.report = None
        runner.remove_folder(self.folder)


def close_all_but(*kept):
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    for name in os.listdir('/proc/self/fd'):
        if int(name) > 2 and int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                pass  # the listing's own


class Client:
    """A front, and the streams that it carries."""

    def __init__(self, resident, client):
        self.resident = resident
        self.connection = runner.connection_of(client)
        # A bytearray, since what is taken from its front costs nothing: a job may be megabytes.
        self.unread = bytearray()
        self.channels = {}
        self.is_full = False
        self.writes_watched = False
        resident.selector.register(self.connection.read_fd, selectors.EVENT_READ, self.on_data)

    def on_data(self):
        try:
            data = os.read(self.connection.read_fd, runner.READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b''
        if not data:
            self.close()
            return
        self.unread += data
        while len(self.unread) >= HEAD.size:
            kind, channel, length = HEAD.unpack_from(self.unread)
            end = HEAD.size + length
            if len(self.unread) < end:
                return
            payload = bytes(self.unread[HEAD.size:end])
            del self.unread[:end]
            self.on_frame(kind, channel, payload)

    def on_frame(self, kind, number, payload):
        if kind in (OPEN, ATTACH):
            try:
                options = json.loads(payload.decode())
                job = self.resident.start(options) if kind == OPEN else self.resident.jobs[options['id']]
                self.channels[number] = Channel(self, number, job)
            except KeyError:
                self.send(CLOSE, number, b'no such runner')
            except (OSError, ValueError, SystemExit) as error:
                self.send(CLOSE, number, str(error).encode('utf-8', 'replace'))
        elif number in self.channels:
            if kind == DATA:
                self.channels[number].write(payload)
            else:
                self.channels.pop(number).close()

    def end_channel(self, channel):
        if self.channels.pop(channel.number, None):
            channel.close()
            channel.job.hear()
            self.send(CLOSE, channel.number, channel.job.error)

    def send(self, kind, channel, payload):
        self.connection.send(HEAD.pack(kind, channel, len(payload)), payload)
        self.flush()

    def flush(self):
        try:
            done = self.connection.flush()
        except OSError:
            self.resident.doomed.append(self)
            return
        if done == self.writes_watched:
            self.writes_watched = not done
            (self.resident.selector.unregister if done else self.watch)(self.connection.write_fd)
        self.is_full = not done and sum(len(view) for view in self.connection.pending) > PENDING_BYTES
        for channel in self.channels.values():
            channel.watch()

    def watch(self, fd):
        self.resident.selector.register(fd, selectors.EVENT_WRITE, self.flush)

    def close(self):
        """Runners go on: another front may come for them."""
        if self.connection is None:
            return
        self.resident.selector.unregister(self.connection.read_fd)
        if self.writes_watched:
            self.resident.selector.unregister(self.connection.write_fd)
        for channel in self.channels.values():
            channel.close()
        self.channels = {}
        self.connection.close()
        self.connection = None


class Channel:
    """One stream to a runner."""

    def __init__(self, client, number, job):
        self.client = client
        self.number = number
        self.job = job
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(job.socket)
        self.socket.setblocking(False)
        self.pending = bytearray()
        self.events = 0
        self.watch()

    def watch(self):
        events = (0 if self.client.is_full else selectors.EVENT_READ) | (selectors.EVENT_WRITE if self.pending else 0)
        if events == self.events:
            return
        selector = self.client.resident.selector
        if not events:
            selector.unregister(self.socket)
        elif not self.events:
            selector.register(self.socket, events, self.on_event)
        else:
            selector.modify(self.socket, events, self.on_event)
        self.events = events

    def on_event(self):
        if self.pending:
            self.write(b'')
        if self.client.is_full or self.events == 0:
            return
        try:
            data = self.socket.recv(runner.READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b''
        if data:
            self.client.send(DATA, self.number, data)
        else:
            self.client.end_channel(self)

    def write(self, data):
        self.pending += data
        try:
            del self.pending[:self.socket.send(self.pending[:runner.READ_BYTES])]
        except BlockingIOError:
            pass
        except OSError:
            self.pending.clear()  # its end is read
        self.watch()

    def close(self):
        if self.events:
            self.client.resident.selector.unregister(self.socket)
            self.events = 0
        self.socket.close()


class Resident:
    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.jobs = {}
        self.doomed = []
        runner.conceal()
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(resident_socket())
        self.listener.listen(16)
        self.listener.setblocking(False)
        self.selector.register(self.listener, selectors.EVENT_READ, self.on_front)
        wake, wake_write = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        self.selector.register(wake, selectors.EVENT_READ, lambda: self.reap(wake))

    def on_front(self):
        client, _ = self.listener.accept()
        Client(self, client)

    def start(self, options):
        job = Job(options['id'], options)
        self.jobs[job.name] = job
        return job

    def reap(self, wake):
        os.read(wake, 4096)
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for job in list(self.jobs.values()):
                job.hear()
                if job.pid == pid:
                    del self.jobs[job.name]
                    job.forget()

    def run(self):
        while True:
            for key, _ in self.selector.select():
                # A handler before this one may have closed it.
                if self.selector.get_map().get(key.fd) is key:
                    key.data()
            while self.doomed:
                self.doomed.pop().close()


def resident_socket():
    return os.path.join(runner.runners_folder(), 'resident')


def front():
    runner.bridge(resident())


def resident():
    """A connection to the resident. One that has just been started, on a busy machine, listens a moment later."""
    give_up_at = time.monotonic() + RESIDENT_SECONDS
    while True:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            client.connect(resident_socket())
            return client
        except (FileNotFoundError, ConnectionRefusedError):
            client.close()
        if time.monotonic() > give_up_at:
            runner.log('this container has no resident: it was not made for isolation `namespace`')
            raise SystemExit(3)
        time.sleep(0.02)


if __name__ == '__main__':
    try:
        front() if sys.argv[1:] == ['front'] else Resident().run()
    except (BrokenPipeError, ConnectionResetError):
        pass  # the other end has gone
