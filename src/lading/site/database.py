"""Where the tables of a drive are: SQLite in its home, or PostgreSQL."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from lading.connectors.address import secret
from lading.model.errors import BadRequest
from lading.model.text import Text
from lading.site.config import DriveConfig

# WAL lets readers and one writer work side by side.  No mmap: SQLite maps the file anew whenever another
# connection has written, and each thread has its own.
_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous={sync}; PRAGMA cache_size=-32768;"


def database(config: DriveConfig) -> dict[str, Any]:
    """
    The entry of Django's DATABASES for *config*.

    What follows `?` in the address are options of libpq, e.g. `sslmode=verify-full` or `host=/run/postgresql`.

    Raises:
        BadRequest: the address of the database is of another kind, or holds a password.
    """
    if not config.database:
        return _sqlite(config)
    parts = urlsplit(config.database)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise BadRequest(
            "database", Text("expected postgresql://USER@HOST/NAME", "应为 postgresql://用户@主机/库名")
        )
    if parts.password is not None:
        raise BadRequest(
            "database",
            Text(
                "it holds a password; give it as database_password, by reference",
                "其中含有密码；请以引用方式写入 database_password",
            ),
        )
    options = dict(parse_qsl(parts.query))
    # A folder of sockets does not fit where a host stands.
    host = options.pop("host", "") or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "HOST": host,
        "PORT": _port(parts),
        "PASSWORD": secret(config.database_password) if config.database_password else "",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False,
        "OPTIONS": options,
    }


def _port(parts: SplitResult) -> str:
    try:
        return str(parts.port or "")
    except ValueError as problem:
        raise BadRequest("database", str(problem)) from None


def _sqlite(config: DriveConfig) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.path.join(config.home, "drive.sqlite"),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 60,
            "init_command": _PRAGMAS.format(sync="FULL" if config.sync else "NORMAL"),
        },
    }
