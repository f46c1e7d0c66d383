"""
The emulator's state on disk: one SQLite file, the contents of files beside it.

A killed process loses nothing that it has answered; a power cut may, which no test of ours makes.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import switches
from .clock import Clock
from .switches import Switches

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS apps (secret TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL UNIQUE,
    allowed INTEGER NOT NULL, visible TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, secret TEXT NOT NULL, expires REAL NOT NULL);
CREATE TABLE IF NOT EXISTS calls (month TEXT, endpoint TEXT, code INTEGER, count INTEGER NOT NULL,
    PRIMARY KEY (month, endpoint, code)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS quota (month TEXT PRIMARY KEY, used INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS cards (id INTEGER PRIMARY KEY, at INTEGER, endpoint TEXT, spaceid TEXT, fileid TEXT,
    file_name TEXT, people TEXT);
CREATE TABLE IF NOT EXISTS persons (userid TEXT PRIMARY KEY, shown TEXT NOT NULL, name TEXT NOT NULL,
    departments TEXT NOT NULL, vip INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS departments (id INTEGER PRIMARY KEY, parentid INTEGER NOT NULL, name TEXT NOT NULL,
    name_en TEXT NOT NULL, rank INTEGER NOT NULL, leaders TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS spaces (spaceid TEXT PRIMARY KEY, name TEXT NOT NULL, creator TEXT NOT NULL,
    root INTEGER NOT NULL, dismissed INTEGER NOT NULL DEFAULT 0, settings TEXT NOT NULL, quit TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS members (holder TEXT, kind INTEGER, member TEXT, auth INTEGER NOT NULL,
    PRIMARY KEY (holder, kind, member)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (id INTEGER PRIMARY KEY, fileid TEXT NOT NULL UNIQUE, spaceid TEXT NOT NULL,
    father INTEGER, name TEXT NOT NULL, fold TEXT NOT NULL, kind INTEGER NOT NULL, size INTEGER NOT NULL,
    sha TEXT NOT NULL, md5 TEXT NOT NULL, ctime REAL NOT NULL, mtime REAL NOT NULL, status INTEGER NOT NULL,
    creator TEXT NOT NULL, url TEXT NOT NULL, settings TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS files_by_name ON files (father, status, fold);
CREATE INDEX IF NOT EXISTS files_by_plain_name ON files (father, name);
CREATE TABLE IF NOT EXISTS used (holder TEXT PRIMARY KEY, bytes INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS contents (sha TEXT, size INTEGER, md5 TEXT, PRIMARY KEY (sha, size)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (key TEXT PRIMARY KEY, owner TEXT NOT NULL, father INTEGER NOT NULL,
    name TEXT NOT NULL, size INTEGER NOT NULL, digests TEXT NOT NULL, block INTEGER NOT NULL, born REAL NOT NULL,
    mute INTEGER NOT NULL, creator TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS parts (key TEXT, number INTEGER, PRIMARY KEY (key, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tickets (ticket TEXT PRIMARY KEY, file INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS links (token TEXT PRIMARY KEY, file INTEGER NOT NULL, cookie TEXT NOT NULL,
    expires REAL NOT NULL);
CREATE TABLE IF NOT EXISTS callbacks (app TEXT PRIMARY KEY, url TEXT NOT NULL, token TEXT NOT NULL,
    aes_key TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, at INTEGER, app TEXT, event TEXT, change TEXT,
    tries INTEGER NOT NULL, delivered INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS forced (id INTEGER PRIMARY KEY, endpoint TEXT NOT NULL, skip INTEGER NOT NULL,
    left INTEGER NOT NULL, fault TEXT NOT NULL);
"""
_DEAD_AFTER = 5.0  # seconds that SQLite waits for a lock; there is one process only

Row = sqlite3.Row


class Store:
    """State below *root*; any number of threads, one transaction at a time."""

    def __init__(self, root: Path) -> None:
        self.contents, self.uploads = root / "contents", root / "uploads"
        for folder in (self.contents, self.uploads):
            folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._open = 0
        self._db = sqlite3.connect(
            root / "state.sqlite", timeout=_DEAD_AFTER, isolation_level=None, check_same_thread=False
        )
        self._db.row_factory = sqlite3.Row
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;" + _SCHEMA)
        self._clock = Clock(**json.loads(self.meta("clock", "{}")))
        self._switches = switches.load(self.meta("switches", "{}"))

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; an inner one is part of the outer one."""
        with self._lock:
            if self._open:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            self._open = 1
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            finally:
                self._open = 0

    def run(self, statement: str, *values: object) -> int:
        """Carry out *statement*; the number of the row that it inserted."""
        with self._lock:
            return self._db.execute(statement, values).lastrowid or 0

    def changes(self, statement: str, *values: object) -> int:
        """Carry out *statement*; how many rows it changed."""
        with self._lock:
            return self._db.execute(statement, values).rowcount

    def one(self, statement: str, *values: object) -> Row | None:
        with self._lock:
            found: Row | None = self._db.execute(statement, values).fetchone()
            return found

    def all(self, statement: str, *values: object) -> list[Row]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    def count(self, statement: str, *values: object) -> int:
        """The first number of the first row, 0 without one."""
        found = self.one(statement, *values)
        return int(found[0] or 0) if found is not None else 0

    def meta(self, key: str, default: str = "") -> str:
        found = self.one("SELECT value FROM meta WHERE key = ?", key)
        return str(found["value"]) if found is not None else default

    def set_meta(self, key: str, value: str) -> None:
        self.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, value)

    @property
    def clock(self) -> Clock:
        return self._clock

    @clock.setter
    def clock(self, clock: Clock) -> None:
        self._clock = clock
        self.set_meta("clock", json.dumps(asdict(clock)))

    @property
    def switches(self) -> Switches:
        return self._switches

    @switches.setter
    def switches(self, new: Switches) -> None:
        self._switches = new
        self.set_meta("switches", new.dump())

    def content(self, sha: str, size: int) -> Path:
        """Where the content of that SHA-1 and size lies, if it is known."""
        return self.contents / sha[:2] / f"{sha}-{size}"

    def upload(self, key: str) -> Path:
        """Where the blocks of a block upload are put together."""
        return self.uploads / key

    def keep(self, new: Path, sha: str, size: int, md5: str) -> None:
        """Make the file *new* the content of *sha* and *size*; one that is known already stays."""
        place = self.content(sha, size)
        place.parent.mkdir(exist_ok=True)
        os.replace(new, place)
        self.run("INSERT OR REPLACE INTO contents VALUES (?, ?, ?)", sha, size, md5)


def new_id(corpid: str) -> str:
    """Shaped as the spaceids seen in public: `s.`, the corpid, nine digits and three characters."""
    return f"s.{corpid}.{secrets.randbelow(10**9):09d}{secrets.token_hex(2)[:3]}"


def new_fileid(spaceid: str) -> str:
    return f"{spaceid}_f.{secrets.randbelow(10**9):09d}{secrets.token_hex(2)}"


def settings_of(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row["settings"])
    return found
