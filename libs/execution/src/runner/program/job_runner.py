"""One job, from the wait for it to the acknowledgement of its end."""

import errno
import os
import selectors
import signal
import struct
import sys
import time

from containment import QUIET_CPU_MS, containment_here
from diagnostics import log
from helper_server import HelperServer
from processes import ChildScript, OutputPipe, incomplete_tail
from stream import (
    ACK, ANSWER, BYE, CANCEL, END, HELLO, HOST, JOB, KEEPALIVE, PROTOCOL_VERSION, RESUME, STARTED, USAGE, Spool, connection_of, dumps, frame_header)
from workspace import JobError, Workspace

RUNNER_VERSION = '1'
STAMP = struct.Struct('>Q')
# Output of children that outlive the script (`> >(tee log)`) is waited for this long.
LINGER_SECONDS = 0.25
# A runner that nobody sent a job or a keepalive ends itself: warm sandboxes of a dead process go away alone.
LEASE_SECONDS = 120
# What the script uses is looked at as often, and told when it has changed; what has not is told as seldom as QUIET_SECONDS.
USAGE_SECONDS = 1
QUIET_SECONDS = 5
# Less memory is none: the kernel counts it late.
QUIET_BYTES = 256 * 1024
HOST_SECONDS = 10
# An end that nobody collects is kept this long.
KEEP_END_SECONDS = 24 * 3600
# Ends that the job as a whole comes to, also when only children of the script are left.
LIMITS = ('out_of_memory', 'process_limit', 'disk_full', 'output_limit')


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
