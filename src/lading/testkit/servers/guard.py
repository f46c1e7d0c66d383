"""
Run one server and take it down when nobody holds the other end any more.

Usage: ``python guard.py COMMAND...`` with a pipe as standard input.  A line
``stop`` ends the server politely; the end of the pipe kills it.  The pipe
ends when its holder dies, however it dies, so a killed test run leaves no
server behind.  The guard imports nothing of the product: it has to start
fast and work from a bare interpreter.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading

PATIENCE = 10.0  # seconds between the polite request and the kill


def main(command: list[str]) -> int:
    """Run *command* in a session of its own until it ends or the pipe says so; return its exit status."""
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=_follow_orders, args=(server,), daemon=True).start()
    status = server.wait()
    _signal_group(server.pid, signal.SIGKILL)  # workers that outlived their parent
    return status if status >= 0 else 128 - status


def _follow_orders(server: subprocess.Popen[bytes]) -> None:
    if sys.stdin.buffer.readline().strip() == b"stop":
        _signal_group(server.pid, signal.SIGTERM)
        try:
            server.wait(PATIENCE)
            return
        except subprocess.TimeoutExpired:
            pass
    _signal_group(server.pid, signal.SIGKILL)


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))  # the other thread may still wait for orders
