"""
A drive of our own for one test, with a database and a store nobody else uses.

The tables are made once per process and copied for each test, so commits are real
and other threads and processes can take part.  `LADING_TEST_DATABASES` names the
databases to test on (default: `sqlite,postgresql`).
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from itertools import count
from pathlib import Path

_FIRST = Path(tempfile.mkdtemp(prefix="lading-drive-first-"))
atexit.register(shutil.rmtree, _FIRST, ignore_errors=True)
os.environ["DJANGO_SETTINGS_MODULE"] = "lading.site.settings"
os.environ["LADING_DRIVE_HOME"] = str(_FIRST)

import django  # noqa: E402 (the settings must be named first)

django.setup()

import psycopg  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402

from lading.connectors.address import secret  # noqa: E402
from lading.site.config import DriveConfig  # noqa: E402
from lading.site.database import database  # noqa: E402
from lading.site.secret_key import make_secret_key  # noqa: E402
from lading.testkit.servers import PostgresServer, require_server  # noqa: E402

DATABASES = os.environ.get("LADING_TEST_DATABASES", "sqlite,postgresql").split(",")
_TEMPLATE = "first"
_numbers = count(1)


@contextmanager
def drive_home(home: Path, kind: str) -> Iterator[Path]:
    """Make *home* the drive that this process works on, with a database of *kind*."""
    with sqlite_home(home) if kind == "sqlite" else postgres_home(home) as made:
        yield made


@cache
def template() -> Path:
    """A SQLite database whose tables are made and empty."""
    _use(_FIRST)
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connections.close_all()
    return _FIRST / "drive.sqlite"


@contextmanager
def sqlite_home(home: Path) -> Iterator[Path]:
    """Make *home* the drive this process works on, with SQLite."""
    home.mkdir(parents=True, exist_ok=True)
    make_secret_key(str(home))
    shutil.copy(template(), home / "drive.sqlite")
    _use(home)
    try:
        yield home
    finally:
        connections.close_all()


@contextmanager
def postgres_home(home: Path) -> Iterator[Path]:
    """Make *home* the drive this process works on, with a database of its own in PostgreSQL."""
    server = _postgres()
    home.mkdir(parents=True, exist_ok=True)
    make_secret_key(str(home))
    name = f"drive{next(_numbers)}"
    _admin(server, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    url = server.database(name)
    # Commands in processes of their own find the database here.
    (home / "drive.toml").write_text(f'database = "{url}"\n', encoding="utf-8")
    _use(home, url)
    try:
        yield home
    finally:
        connections.close_all()
        # Threads of the test may have left connections behind.
        _admin(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def own_postgres_home(home: Path, server: PostgresServer) -> Iterator[Path]:
    """As `postgres_home`, in a *server* of the test's own, which keeps what it has committed when it is stopped."""
    home.mkdir(parents=True, exist_ok=True)
    make_secret_key(str(home))
    url = server.database(server.admin)
    (home / "drive.toml").write_text(f'database = "{url}"\n', encoding="utf-8")
    _use(home, url)
    call_command("migrate", verbosity=0)
    try:
        yield home
    finally:
        connections.close_all()


@cache
def _postgres() -> PostgresServer:
    """The one server of this process, with a template database whose tables are made."""
    server = require_server(PostgresServer)
    atexit.register(server.close)
    server.start()
    _admin(server, f"CREATE DATABASE {_TEMPLATE}")
    _use(_FIRST, server.database(_TEMPLATE))
    call_command("migrate", verbosity=0)
    connections.close_all()
    return server


def _admin(server: PostgresServer, statement: str) -> None:
    with psycopg.connect(server.database(server.admin), autocommit=True) as admin:
        admin.execute(statement)


def _use(home: Path, url: str = "") -> None:
    """Point Django, and whoever reads the drive's settings, at *home*."""
    connections.close_all()
    config = DriveConfig(home=str(home), database=url)
    chosen = database(config)
    connections.settings.update(connections.configure_settings({"default": chosen}))
    if hasattr(connections._connections, "default"):
        # The connection of this thread was made for another kind of database.
        del connections["default"]
    # All of it: what a test before said of its store must not be ours.
    settings.LADING_DRIVE = {**asdict(config), "secret": secret}
