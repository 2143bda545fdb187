#!/usr/bin/env python3
"""The Cronium runner: runs one script, speaks for it over a byte stream, and leaves nothing of it behind.

    runner.py sandbox          its own stdin and stdout are the stream; meant to be a container's main process
    runner.py launch <id>      starts a runner that outlives this process, and bridges stdin and stdout to it
    runner.py attach <id>      bridges stdin and stdout to a runner that `launch` started (exit code 3: there is none)
    runner.py become <file>    executes the command in a file of a resident's (resident.py), which it removes
    runner.py sweep            removes what runners of `launch` left that were killed; prints JSON {workspaces, bytes}

No dependency but its own modules beside it, Python >= 3.6. One thread and one selector; no fork after the script has started (nor for
it: a child waits to become it), so that a fork bomb cannot keep the runner from ending it.

shutil, subprocess and traceback are imported where they are needed: a sandbox needs none of them, and each delays its start.
"""

import json
import marshal
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from diagnostics import log_exception  # noqa: E402 (found only then)
from job_runner import lone_runner  # noqa: E402
from meeting import bridge, launch, meet, new_workspace, sweep  # noqa: E402
from stream import Connection  # noqa: E402


def sandbox():
    runner = lone_runner(new_workspace())
    runner.use(Connection(0, 1))
    runner.run()
    # All is said, and the container goes: taking the interpreter down in order would only take time.
    os._exit(0)


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
