"""
The runner's end of the stream to its client (runner/protocol.ts): frames, the connection that carries them, and those that are kept.

Every frame is a 12-byte header and a payload:

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
import fcntl
import json
import os
import selectors
import struct

PROTOCOL_VERSION = 1
HEADER = struct.Struct('>2sBBII')
MAGIC = b'Cr'
RESET = b'\xff' * 16

HELLO, STARTED, STDOUT, STDERR, REQUEST, END, USAGE, HOST = 1, 2, 3, 4, 5, 6, 7, 8
JOB, ACK, ANSWER, CANCEL, RESUME, BYE, KEEPALIVE = 16, 17, 18, 19, 20, 21, 22

READ_BYTES = 64 * 1024
SPOOL_BYTES = 4 * 1024 * 1024
MAX_CLIENT_FRAME = 48 * 1024 * 1024


def dumps(value):
    return json.dumps(value, separators=(',', ':')).encode('ascii')


def frame_header(kind, seq, length):
    return HEADER.pack(MAGIC, PROTOCOL_VERSION, kind, seq, length)


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


def connection_of(client):
    fd = client.detach()
    # Two descriptors, since epoll takes each only once and reading and writing are watched apart.
    return Connection(fd, fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 0))
