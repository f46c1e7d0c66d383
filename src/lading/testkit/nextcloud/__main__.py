"""
Serve one cloud on loopback: ``python -m lading.testkit.nextcloud CONFIG.json``.

The file holds ``home``, ``host``, ``port``, ``secret`` (of the seeding door),
``options`` (fields of `Options`) and ``seed`` (as the seeding door takes it),
which is planted when the home is new.
"""

import json
import signal
import sys
from pathlib import Path
from types import FrameType

from cheroot.wsgi import Server

from .app import Application
from .cloud import Options
from .seeding import seed

THREADS = 12


def main(configuration: str) -> None:
    """Serve until SIGTERM."""
    told = json.loads(Path(configuration).read_text(encoding="utf-8"))
    home = Path(told["home"])
    home.mkdir(parents=True, exist_ok=True)
    application = Application(home, told["secret"], Options(**told.get("options", {})))
    cloud = application.cloud
    if cloud.store.value("SELECT value FROM meta WHERE key='seeded'") is None:
        with cloud.store.change():
            seed(cloud, told.get("seed", {}))
            cloud.store.run("INSERT INTO meta VALUES('seeded', 'yes')")
    server = Server((told["host"], told["port"]), application, numthreads=THREADS, request_queue_size=64)
    server.timeout = 60

    def end(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    try:
        server.start()
    except KeyboardInterrupt:
        server.stop()


if __name__ == "__main__":
    main(sys.argv[1])
