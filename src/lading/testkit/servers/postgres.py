"""
PostgreSQL, as Debian ships it, for one test process: in memory where that is possible, and careless of power cuts.

It listens on a socket file in its own home and on no port.  As root it runs as
`postgres`, or as `nobody` where there is no such user, since it refuses root.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from .local import LocalServer, ServerFailed, ServerMissing, find_program

DEBIAN = Path("/usr/lib/postgresql")
MEMORY = Path("/dev/shm")
USER = "lading"
PORT = 5432  # part of the name of the socket file, nothing else
RUNS_AS = ("postgres", "nobody")
# What makes tests fast and a power cut deadly.  What it answered outlives its own SIGKILL all the same.
CARELESS = {
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "listen_addresses": "",
    # In files below its own folder, which go with it when it is killed.
    "dynamic_shared_memory_type": "mmap",
}


class PostgresServer(LocalServer):
    """A cluster of its own; `database` gives the URL of a database in it, `admin` the one to make others from."""

    name = "postgres"
    admin = "postgres"

    def __init__(self) -> None:
        places = _places()
        advice = "Debian's package is postgresql"
        self._program = find_program(["postgres"], places, advice)
        self._initdb = find_program(["initdb"], places, advice)
        self._as = _other_user()
        super().__init__()
        self.place = Path(
            tempfile.mkdtemp(prefix="lading-postgres-", dir=MEMORY if MEMORY.is_dir() else None)
        )
        self._data = self.place / "data"
        if self._as:
            user = pwd.getpwnam(self._as)
            os.chown(self.place, user.pw_uid, user.pw_gid)
            # The parent of its working folder must let it through.
            self.home.chmod(0o711)

    def database(self, name: str) -> str:
        """The URL of the database *name*, which may not be there yet."""
        return f"postgresql://{USER}@/{name}?host={quote(str(self.place))}"

    def start(self) -> None:
        """Make the cluster and start it."""
        how = ["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        made = subprocess.run(
            [*self._lowered(), self._initdb, *how, f"--username={USER}", f"--pgdata={self._data}"],
            cwd=self.place,
            env=dict(self.environment()),
            capture_output=True,
            text=True,
        )
        if made.returncode:
            raise ServerFailed(f"initdb failed:\n{made.stdout[-1000:]}{made.stderr[-1000:]}")
        self.restart()

    def close(self) -> None:
        """Kill the server and remove all it wrote."""
        super().close()
        shutil.rmtree(self.place, ignore_errors=True)

    def command(self) -> Sequence[str]:
        options = [word for name, value in CARELESS.items() for word in ("-c", f"{name}={value}")]
        where = ["-D", str(self._data), "-k", str(self.place), "-p", str(PORT)]
        return [*self._lowered(), self._program, *where, *options]

    def _lowered(self) -> list[str]:
        if not self._as:
            return []
        user = pwd.getpwnam(self._as)
        program = find_program(["setpriv"], (), "Debian's package is util-linux")
        return [program, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]

    def _answers(self) -> bool:
        # The socket file is there before the server takes anybody in; the end of this line is the sign.
        status = self._data / "postmaster.pid"
        if not status.is_file() or "ready" not in status.read_text(errors="replace").splitlines()[-1:][0]:
            return False
        with socket.socket(socket.AF_UNIX) as plug:
            return plug.connect_ex(str(self.place / f".s.PGSQL.{PORT}")) == 0


def _places() -> list[Path]:
    """Where Debian keeps the programs of each version, the newest first."""
    found = DEBIAN.glob("*/bin") if DEBIAN.is_dir() else ()
    return sorted(found, key=lambda place: float(place.parent.name), reverse=True)


def _other_user() -> str:
    if os.geteuid() != 0:
        return ""
    for name in RUNS_AS:
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise ServerMissing(f"PostgreSQL refuses to run as root, and there is none of the users {RUNS_AS}")
