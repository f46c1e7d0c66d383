"""A drive's database: how large it is, which version, how many connections."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from urllib.parse import quote

from lading.connectors.address import secret
from lading.manifest.files import local_errors
from lading.model.errors import NotProbed
from lading.model.text import Text
from lading.stages.readiness.facts.servers import Database


def database_at(reference: str) -> Database:
    """
    The database that *reference* leads to: a file of SQLite, or `env:NAME`, `file:PATH` of a PostgreSQL address.

    Raises:
        NotProbed: it cannot be asked; no part of a secret is told.
        DriveError: the file cannot be read.
    """
    if reference.startswith(("env:", "file:", "keyring:")):
        return _postgresql(reference)
    with local_errors(reference):
        size = os.stat(reference).st_size
    try:
        place = f"file:{quote(os.path.abspath(reference))}?mode=ro"
        with closing(sqlite3.connect(place, uri=True, timeout=5)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as problem:
        raise NotProbed(reference, str(problem)) from None
    return Database("sqlite", reference, sqlite3.sqlite_version, size)


def _postgresql(reference: str) -> Database:
    try:
        import psycopg  # noqa: PLC0415 - optional
    except ImportError:
        raise NotProbed(
            reference, Text("the extra 'postgresql' is not installed", "未安装可选组件 postgresql")
        ) from None
    query = (
        "SELECT current_setting('server_version'), pg_database_size(current_database()),"
        " (SELECT count(*) FROM pg_stat_activity), current_setting('max_connections')::int"
    )
    try:
        with psycopg.connect(secret(reference), connect_timeout=10) as connection:
            row = connection.execute(query).fetchone()
    except psycopg.Error as problem:
        # Its words may repeat the address with the password in it.
        raise NotProbed(reference, type(problem).__name__) from None
    assert row is not None
    version, size, connections, most = row
    return Database("postgresql", reference, str(version).split(" ")[0], size, connections, most)
