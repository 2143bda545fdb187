#!/usr/bin/env python3
"""The resident of a container with isolation `namespace`: the runner of many jobs, each of which has namespaces of its own.

    resident.py            the container's main process
    resident.py front      bridges its stdin and stdout to the resident (exit code 3: there is none)

For each job it starts job-init (job-init.c), which makes fresh user, mount, pid, network, IPC, UTS and cgroup namespaces, covers the
container's only writable places with file systems of the job's own, and gives up what it needed for that: capabilities, and the system calls
that the container's seccomp profile allows beyond a sandbox's. That is process 1 of its job. The runner stays outside, where a script reaches
nothing of it but its helper socket.

A front's stream carries those of many runners. Each frame is `kind u8 | channel u32 | length u32` (big endian) and a payload; the client
chooses a channel's number.

client -> resident
    1 open     JSON {id, diskMb, pids}: a new runner, and a stream to it
    2 attach   JSON {id}: another stream to a runner
both ways
    3 data     the runner's stream
    4 close    the stream is over; from the resident with what there is to say of it, as text
"""

import collections
import errno
import json
import os
import resource
import selectors
import signal
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import namespaces  # noqa: E402 (found only then)
from counters import host_room  # noqa: E402
from diagnostics import log, log_exception  # noqa: E402
from job_runner import Runner  # noqa: E402
from meeting import bridge, runners_folder  # noqa: E402
from processes import conceal  # noqa: E402
from stream import FrameReader, connection_of  # noqa: E402

HEAD = struct.Struct('>BII')
OPEN, ATTACH, DATA, CLOSE = 1, 2, 3, 4
# With more than this unsent, nothing more is taken from runners: they wait for their acknowledgements anyway.
PENDING_BYTES = 1024 * 1024
MOST_FILES = 64 * 1024
# How long a front waits for the resident of its container, which may have been started a moment ago.
RESIDENT_SECONDS = 15
# Namespaces that have not been made by then never will be.
INIT_SECONDS = 15
# A cgroup that cannot be removed yet is tried again as often.
CGROUP_SECONDS = 0.1
# The machine is looked at for all runners together.
ROOM_SECONDS = 1


class Job:
    """A runner, from the making of its namespaces until nothing of them is left."""

    def __init__(self, resident, name, room):
        self.resident = resident
        self.name = name
        self.workspace = namespaces.JobWorkspace()
        cgroup = namespaces.JobCgroup(os.urandom(6).hex()) if resident.has_cgroups else None
        try:
            self.init = namespaces.JobInit(room, self.workspace, cgroup)
        except OSError:
            resident.drop(cgroup)
            raise
        self.runner = self.connection = None
        self.is_closed = False
        self.give_up_at = time.monotonic() + INIT_SECONDS
        resident.selector.register(self.init.control, selectors.EVENT_READ, (self, self.on_init))

    # A runner's selector: what happens to it is its job's to settle.

    def register(self, fd, events, handler):
        self.resident.selector.register(fd, events, (self, handler))

    def unregister(self, fd):
        self.resident.selector.unregister(fd)

    def on_init(self):
        became_ready = self.init.hear()
        if became_ready and self.is_closed:
            self.init.close()
        elif became_ready:
            self.workspace.tmp = self.init.tmp
            self.workspace.furnish()
            self.init.begin()
            containment = namespaces.NamespacedSandbox(self.workspace, self.init, self.resident.host_room)
            self.runner = Runner(self.workspace, containment, self.init, self)
            self.runner.can_be_met_again = True
            if self.connection:
                self.runner.use(self.connection)
        if self.init.is_lost:
            self.unregister(self.init.control)
            if not self.runner:
                self.close(self.init.error or 'its first process has gone')

    def meet(self, connection):
        self.connection = connection
        if self.runner:
            self.runner.use(connection)

    def settle(self):
        """When it is to be called again at the latest; None when there is nothing to wait for."""
        if self.is_closed:
            return self.end_if_gone()
        if not self.runner:
            if time.monotonic() > self.give_up_at:
                self.close('its namespaces were not made in %d s' % INIT_SECONDS)
            return self.give_up_at
        due = self.runner.settle()
        if self.runner.finished:
            self.close('')
        return due

    def close(self, error):
        if self.is_closed:
            return
        self.is_closed = True
        self.init.error = error
        if self.runner:
            self.runner.dispose()
        self.init.close()
        self.end_if_gone()

    def end_if_gone(self):
        """Who waits for the stream's end then finds nothing of the job any more."""
        if not self.init.is_lost or self.resident.has_child(self.init.first_pid):
            return
        self.init.leave()
        self.resident.forget(self)
        if self.connection:
            self.connection.end(self.init.error)


class ChannelConnection:
    """A runner's connection (stream.Connection) over a channel of a front."""

    def __init__(self, client, number):
        self.client = client
        self.number = number
        self.job = None
        self.reader = FrameReader()
        self.pending = collections.deque()
        self.receives = True
        self.received = bytearray()
        self.has_left = False
        self.on_readable = None

    # -- the runner's side --------------------------------------------------------------------------------------------

    def open(self, _selector, on_readable, _on_writable):
        self.on_readable = on_readable
        if self.received or self.has_left:
            on_readable()

    def receive(self):
        if self.received:
            data, self.received = bytes(self.received), bytearray()
            return data
        return b'' if self.has_left else None

    def send(self, *buffers):
        self.pending.extend(buffers)

    def flush(self):
        if self.has_left:
            raise OSError(errno.EPIPE, os.strerror(errno.EPIPE))
        if self.pending and not self.client.is_full:
            self.client.send(DATA, self.number, *self.pending)
            self.pending.clear()
        return not self.pending

    def restart(self):
        self.pending.clear()

    def close(self):
        """The runner goes on with another, or has ended and is still to be cleared away, which ends it."""
        self.on_readable = None
        if self.job.connection is not self:
            self.end('')

    # -- the front's side ---------------------------------------------------------------------------------------------

    def deliver(self, data):
        self.received += data
        if self.on_readable:
            self.on_readable()

    def leave(self):
        """The front's end is closed."""
        self.has_left = True
        if self.job.connection is self:
            self.job.connection = None
        if self.on_readable:
            self.on_readable()

    def end(self, text):
        if self.has_left:
            return
        self.has_left = True
        if self.pending:
            self.client.send(DATA, self.number, *self.pending)
            self.pending.clear()
        self.client.channels.pop(self.number, None)
        self.client.send(CLOSE, self.number, text.encode('utf-8', 'replace'))


class Client:
    """A front, and the streams that it carries."""

    def __init__(self, resident, client):
        self.resident = resident
        self.connection = connection_of(client)
        # A bytearray, since what is taken from its front costs nothing: a job may be megabytes.
        self.unread = bytearray()
        self.channels = {}
        self.is_full = False
        self.connection.open(self, self.on_data, self.flush)

    # The connection's selector.

    def register(self, fd, events, handler):
        self.resident.selector.register(fd, events, (None, handler))

    def unregister(self, fd):
        self.resident.selector.unregister(fd)

    def on_data(self):
        data = self.connection.receive()
        if data is None:
            return
        if not data:
            self.close()
            return
        self.unread += data
        while len(self.unread) >= HEAD.size:
            kind, number, length = HEAD.unpack_from(self.unread)
            end = HEAD.size + length
            if len(self.unread) < end:
                return
            payload = bytes(self.unread[HEAD.size:end])
            del self.unread[:end]
            self.on_frame(kind, number, payload)

    def on_frame(self, kind, number, payload):
        if kind in (OPEN, ATTACH):
            self.open_channel(kind, number, payload)
        elif number in self.channels:
            channel = self.channels[number]
            if kind == DATA:
                self.resident.act(channel.job, lambda: channel.deliver(payload))
            else:
                del self.channels[number]
                self.resident.act(channel.job, channel.leave)

    def open_channel(self, kind, number, payload):
        channel = ChannelConnection(self, number)
        try:
            options = json.loads(payload.decode())
            channel.job = self.resident.start(options) if kind == OPEN else self.resident.jobs[options['id']]
        except KeyError:
            self.send(CLOSE, number, b'no such runner')
            return
        except (OSError, ValueError) as error:
            self.send(CLOSE, number, str(error).encode('utf-8', 'replace'))
            return
        self.channels[number] = channel
        self.resident.act(channel.job, lambda: channel.job.meet(channel))

    def send(self, kind, number, *payload):
        self.connection.send(HEAD.pack(kind, number, sum(len(part) for part in payload)), *payload)
        self.resident.unflushed.add(self)

    def flush(self):
        if not self.connection:
            return
        try:
            done = self.connection.flush()
        except OSError:
            self.close()
            return
        was_full = self.is_full
        self.is_full = not done and sum(len(view) for view in self.connection.pending) > PENDING_BYTES
        if was_full and not self.is_full:
            self.resident.touched.update(channel.job for channel in self.channels.values())

    def close(self):
        """Runners go on: another front may come for them."""
        self.connection.close()
        self.connection = None
        channels, self.channels = self.channels, {}
        for channel in channels.values():
            self.resident.act(channel.job, channel.leave)


class Resident:
    def __init__(self):
        namespaces.reserve_descriptors()
        raise_limit_of_files()
        conceal()
        self.has_cgroups = namespaces.take_cgroups()
        self.selector = selectors.DefaultSelector()
        self.jobs = {}
        # Jobs to which something has happened, when others are to be looked at again at the latest, and who has something to be sent.
        self.touched, self.dues, self.unflushed = set(), {}, set()
        # Of jobs that are gone, still to be removed.
        self.cgroups = []
        self.room, self.room_until = None, 0
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(resident_socket())
        self.listener.listen(16)
        self.listener.setblocking(False)
        self.selector.register(self.listener, selectors.EVENT_READ, (None, self.on_front))
        wake, wake_write = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
        self.selector.register(wake, selectors.EVENT_READ, (None, lambda: self.reap(wake)))

    def on_front(self):
        client, _ = self.listener.accept()
        Client(self, client)

    def start(self, options):
        if options['id'] in self.jobs:
            raise ValueError('runner %s is here already' % options['id'])
        job = Job(self, options['id'], options)
        self.jobs[job.name] = job
        return job

    def forget(self, job):
        if self.jobs.get(job.name) is job:
            del self.jobs[job.name]
        self.dues.pop(job, None)
        self.drop(job.init.cgroup)

    def drop(self, cgroup):
        if cgroup:
            self.cgroups.append(cgroup)

    def remove_cgroups(self):
        self.cgroups = [cgroup for cgroup in self.cgroups if not cgroup.remove()]

    def host_room(self):
        now = time.monotonic()
        if now >= self.room_until:
            self.room, self.room_until = host_room('/'), now + ROOM_SECONDS
        return self.room

    def reap(self, wake):
        os.read(wake, 4096)
        try:
            while os.waitpid(-1, os.WNOHANG)[0] != 0:
                pass
        except ChildProcessError:
            pass  # none is left
        self.touched.update(job for job in self.jobs.values() if job.is_closed)

    @staticmethod
    def has_child(pid):
        """Whether it has not been waited for yet."""
        if pid is None:
            return False
        try:
            return os.waitpid(pid, os.WNOHANG)[0] == 0
        except ChildProcessError:
            return False

    def act(self, job, action):
        """Does something of a job, which concerns no other also when it fails."""
        try:
            action()
        except Exception as error:
            if job is None:
                raise
            log_exception()
            job.close('the runner has failed: %r' % error)
        if job:
            self.touched.add(job)

    def settle(self):
        while self.touched:
            job = self.touched.pop()
            self.dues.pop(job, None)
            if self.jobs.get(job.name) is not job:
                continue
            try:
                due = job.settle()
            except Exception as error:
                log_exception()
                job.close('the runner has failed: %r' % error)
                due = None
            if due is not None and self.jobs.get(job.name) is job:
                self.dues[job] = due
        while self.unflushed:
            self.unflushed.pop().flush()

    def run(self):
        while True:
            self.remove_cgroups()
            soonest = [due - time.monotonic() for due in self.dues.values()] + [CGROUP_SECONDS] * bool(self.cgroups)
            for key, _ in self.selector.select(max(0, min(soonest)) if soonest else None):
                # A handler before this one may have closed it.
                if self.selector.get_map().get(key.fd) is key:
                    self.act(*key.data)
            now = time.monotonic()
            self.touched.update(job for job, due in self.dues.items() if due <= now)
            while self.touched or self.unflushed:
                self.settle()


def raise_limit_of_files():
    """Of each job it holds seven, and one for each helper call."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < MOST_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(MOST_FILES, hard), hard))


def resident_socket():
    return os.path.join(runners_folder(), 'resident')


def front():
    bridge(resident())


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
            log('this container has no resident: it was not made for isolation `namespace`')
            raise SystemExit(3)
        time.sleep(0.02)


if __name__ == '__main__':
    try:
        front() if sys.argv[1:] == ['front'] else Resident().run()
    except (BrokenPipeError, ConnectionResetError):
        pass  # the other end has gone
