"""
The folders that an inventory is, in a database on disk: made once for all processes, gone with the folder for temporary files.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from typing import NamedTuple

from lading.connectors.s3.facts import Listed
from lading.connectors.s3.inventory import Inventory, objects_in
from lading.connectors.s3.keys import PARTS
from lading.model.paths import name_bytes, name_from

_TOGETHER = 10_000
_TABLES = """
CREATE TABLE files (parent BLOB, name BLOB, size INTEGER, etag TEXT, modified INTEGER, storage TEXT);
CREATE TABLE folders (parent BLOB, name BLOB, PRIMARY KEY (parent, name)) WITHOUT ROWID;
"""


class Row(NamedTuple):
    """An object in its folder; *beside* a folder of its name."""

    segment: str
    told: Listed
    beside: bool


class Index:
    """The objects of *inventory* below *prefix*, by folder."""

    def __init__(self, inventory: Inventory, prefix: str, address: str) -> None:
        self._prefix = prefix
        named = hashlib.sha256(f"{inventory.digest}\n{prefix}".encode("utf-8", "surrogateescape")).hexdigest()
        self._file = os.path.join(
            tempfile.gettempdir(), f"lading-inventory-{os.getuid()}-{named[:32]}.sqlite"
        )
        self._local = threading.local()
        with open(self._file + ".lock", "w") as lock:
            # Workers that open the same inventory at once make it once.
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.exists(self._file):
                self._make(inventory, address)

    def folders(self, parent: str, after: str, most: int) -> list[str]:
        """Names of folders in *parent* (a key with its slash, below the prefix), in order, *after* one of them."""
        query = "SELECT name FROM folders WHERE parent = ? AND name > ? ORDER BY name LIMIT ?"
        found = self._base.execute(query, (name_bytes(parent), _after(after), most))
        return [name_from(name) for (name,) in found]

    def files(self, parent: str, after: str, most: int) -> list[Row]:
        """Objects in *parent*, in order, *after* one of them."""
        query = """
            SELECT f.name, f.size, f.etag, f.modified, f.storage, d.name IS NOT NULL FROM files f
            LEFT JOIN folders d ON d.parent = f.parent AND d.name = f.name
            WHERE f.parent = ? AND f.name > ? ORDER BY f.name LIMIT ?
        """
        found = self._base.execute(query, (name_bytes(parent), _after(after), most))
        return [_row(self._prefix + parent, *facts) for facts in found]

    def file(self, parent: str, segment: str) -> Row | None:
        """One object."""
        query = """
            SELECT f.name, f.size, f.etag, f.modified, f.storage, d.name IS NOT NULL FROM files f
            LEFT JOIN folders d ON d.parent = f.parent AND d.name = f.name WHERE f.parent = ? AND f.name = ?
        """
        facts = self._base.execute(query, (name_bytes(parent), name_bytes(segment))).fetchone()
        return None if facts is None else _row(self._prefix + parent, *facts)

    def has_folder(self, parent: str, name: str) -> bool:
        """Whether there is such a folder."""
        query = "SELECT 1 FROM folders WHERE parent = ? AND name = ?"
        return self._base.execute(query, (name_bytes(parent), name_bytes(name))).fetchone() is not None

    @property
    def _base(self) -> sqlite3.Connection:
        if getattr(self._local, "process", None) != os.getpid():
            self._local.base = sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)
            self._local.process = os.getpid()
        base: sqlite3.Connection = self._local.base
        return base

    def _make(self, inventory: Inventory, address: str) -> None:
        unfinished = f"{self._file}.{os.getpid()}"
        if os.path.exists(unfinished):
            os.unlink(unfinished)
        base = sqlite3.connect(unfinished, isolation_level=None)
        try:
            base.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
            base.execute("BEGIN")
            self._fill(base, objects_in(inventory, address))
            base.execute("CREATE INDEX by_folder ON files (parent, name)")
            base.execute("COMMIT")
        except BaseException:
            base.close()
            os.unlink(unfinished)
            raise
        base.close()
        os.rename(unfinished, self._file)

    def _fill(self, base: sqlite3.Connection, objects: Iterator[Listed]) -> None:
        rows: list[tuple[object, ...]] = []
        last = ""
        for it in objects:
            if not it.key.startswith(self._prefix) or it.key.startswith(f"{self._prefix}{PARTS}/"):
                continue
            parent, slash, name = it.key[len(self._prefix) :].rpartition("/")
            folder = parent + slash
            if folder != last:
                last = folder
                base.executemany("INSERT OR IGNORE INTO folders VALUES (?, ?)", _above(folder))
            if name or it.size:
                rows.append((name_bytes(folder), name_bytes(name), it.size, it.etag, it.modified, it.storage))
            if len(rows) >= _TOGETHER:
                base.executemany("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?)", rows)
                rows.clear()
        base.executemany("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?)", rows)


def _above(folder: str) -> Iterator[tuple[bytes, bytes]]:
    """The folder, and those that it lies in."""
    parent = ""
    for name in folder.split("/")[:-1]:
        yield name_bytes(parent), name_bytes(name)
        parent += name + "/"


def _after(name: str) -> bytes:
    # Nothing is less than an empty name but the text that sorts before every BLOB.
    return name_bytes(name[1:]) if name else ""  # type: ignore[return-value]


def _row(
    parent: str, name: bytes, size: int, etag: str, modified: int | None, storage: str, beside: int
) -> Row:
    segment = name_from(name)
    return Row(segment, Listed(parent + segment, size, etag, modified, storage), bool(beside))
