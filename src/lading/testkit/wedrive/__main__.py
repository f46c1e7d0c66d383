"""`python -m lading.testkit.wedrive FOLDER`: serve the emulator from FOLDER until it is stopped."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from pathlib import Path
from types import FrameType

from .company import CORP_FILE, founded, settle
from .store import Store
from .web import Server


def main(words: list[str]) -> int:
    """Serve; return after SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m lading.testkit.wedrive", description=__doc__)
    parser.add_argument("folder", type=Path, help="state and contents; made if missing")
    parser.add_argument("--port", type=int, default=8640)
    parser.add_argument("--host", default="127.0.0.1")
    told = parser.parse_args(words)
    told.folder.mkdir(parents=True, exist_ok=True)
    corp, store = founded(told.folder), Store(told.folder)
    settle(store, corp)
    server = Server((told.host, told.port), store, corp["control"])
    print(f"http://{told.host}:{server.server_port}/ with the secrets in {CORP_FILE}", flush=True)
    signal.signal(signal.SIGTERM, _stopped)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever(poll_interval=0.05)
    return 0


def _stopped(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
