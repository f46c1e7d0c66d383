"""`python -m lading`, and the command `lading`."""

import signal

_before = signal.getsignal(signal.SIGINT)
if _before is signal.default_int_handler:
    # Until the command is loaded nothing has begun, and nobody could tell of an interruption but with a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from lading.cli.main import run  # noqa: E402


def start() -> None:
    """The command, from where on an interruption is told as one."""
    signal.signal(signal.SIGINT, _before)
    run()


if __name__ == "__main__":
    start()
