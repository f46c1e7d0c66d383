"""
A drive of our own for one test, with a database and a store nobody else uses.

The tables are made once per process and copied for each test, so commits are real
and other threads and processes can take part.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lading.site.settings")

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection


@cache
def template() -> Path:
    """A home whose tables are made and empty."""
    home = Path(tempfile.mkdtemp(prefix="lading-drive-template-"))
    os.environ["LADING_DRIVE_HOME"] = str(home)
    django.setup()
    _use_sqlite(home)
    call_command("migrate", verbosity=0)
    connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return home


@contextmanager
def sqlite_home(home: Path) -> Iterator[Path]:
    """Make *home* the drive this process works on, with SQLite."""
    first = template()
    home.mkdir(parents=True, exist_ok=True)
    shutil.copy(first / "drive.sqlite", home / "drive.sqlite")
    _use_sqlite(home)
    try:
        yield home
    finally:
        connection.close()


def _use_sqlite(home: Path) -> None:
    connection.close()
    connection.settings_dict["NAME"] = str(home / "drive.sqlite")
    settings.LADING_DRIVE = {**settings.LADING_DRIVE, "home": str(home)}
