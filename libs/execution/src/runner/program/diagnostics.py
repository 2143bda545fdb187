"""What the runner says of itself: for the client's operator, never a script's output."""

import os


def log(message):
    try:
        os.write(2, ('cronium-runner: ' + message + '\n').encode('utf-8', 'replace'))
    except OSError:
        pass  # nobody listens to diagnostics


def log_exception():
    import traceback

    log(traceback.format_exc())
