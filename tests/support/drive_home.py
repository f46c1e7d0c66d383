"""
A drive of our own for one test, with a database and a store nobody else uses.

The tables are made once per process and copied for each test, so commits are real
and other threads and processes can take part.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

_FIRST = Path(tempfile.mkdtemp(prefix="lading-drive-first-"))
atexit.register(shutil.rmtree, _FIRST, ignore_errors=True)
os.environ["DJANGO_SETTINGS_MODULE"] = "lading.site.settings"
os.environ["LADING_DRIVE_HOME"] = str(_FIRST)

import django  # noqa: E402 (the settings must be named first)

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402


@cache
def template() -> Path:
    """A database whose tables are made and empty."""
    _use_sqlite(_FIRST)
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return _FIRST / "drive.sqlite"


@contextmanager
def sqlite_home(home: Path) -> Iterator[Path]:
    """Make *home* the drive this process works on, with SQLite."""
    home.mkdir(parents=True, exist_ok=True)
    shutil.copy(template(), home / "drive.sqlite")
    _use_sqlite(home)
    try:
        yield home
    finally:
        connection.close()


def _use_sqlite(home: Path) -> None:
    connection.close()
    connection.settings_dict["NAME"] = str(home / "drive.sqlite")
    settings.LADING_DRIVE = {**settings.LADING_DRIVE, "home": str(home)}
