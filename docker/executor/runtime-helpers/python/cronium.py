"""Cronium's helpers for Python scripts.

    import cronium
    cronium.input()         the input of this run, any JSON value
    cronium.event()         facts about the event and the execution
    cronium.output(value)   hands over the result, any JSON value
"""

import http.client as _http
import json as _json
import os as _os
import socket as _socket

__all__ = ['CroniumError', 'event', 'input', 'output']


class CroniumError(Exception):
    """A helper call was refused; the message says why."""


class _Connection(_http.HTTPConnection):
    def connect(self):
        path = _os.environ.get('CRONIUM_SOCKET')
        if not path:
            raise CroniumError('helpers work only in a script that Cronium runs')
        self.sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        self.sock.connect(path)


def _exchange(method, name, body=None, content_type='application/json'):
    connection = _Connection('cronium')
    try:
        connection.request(method, '/v1/' + name, body=body, headers={'Content-Type': content_type})
        response = connection.getresponse()
        data = response.read()
    except OSError as error:
        raise CroniumError('the runner does not answer: %s' % error)
    finally:
        connection.close()
    if response.status != 200:
        raise CroniumError(_json.loads(data.decode('utf-8'))['error'])
    return data


def input():
    """The input of this run; None when its trigger gave none."""
    return _json.loads(_exchange('GET', 'input').decode('utf-8'))


def event():
    """Facts about the event and the execution."""
    return _json.loads(_exchange('GET', 'event').decode('utf-8'))


def output(value):
    """Hands over the result: anything that json.dumps takes, except NaN and infinities. A later call replaces it."""
    _exchange('POST', 'output', _json.dumps(value, allow_nan=False).encode('utf-8'))


def _call_from_shell(method, name):
    """For cronium.sh on a host without curl."""
    import sys

    try:
        body = sys.stdin.buffer.read() if method == 'POST' else None
        data = _exchange(method, name, body, 'text/plain')
    except CroniumError as error:
        sys.exit('cronium: %s' % error)
    sys.stdout.buffer.write(data + b'\n')


if __name__ == '__main__':
    import sys as _sys

    _call_from_shell(*_sys.argv[1:3])
