"""The socket at which a script's helpers call (docker/executor/runtime-helpers)."""

import json
import os
import selectors
import socket

from stream import READ_BYTES, REQUEST, dumps

MAX_HELPER_HEAD = 16 * 1024
MAX_HELPER_BODY = 1024 * 1024
MAX_HELPER_CALLS = 16


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
