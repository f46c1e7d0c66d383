"""
A catalog of any number of entries, with their versions, in a file.

The file is written once.  Who gets it again, also in a process that was forked meanwhile, opens it for itself:
a connection to it does not survive a fork.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import pyarrow.parquet as pq

from lading.manifest.read import Manifest
from lading.manifest.rows import VALUES
from lading.model.access import Version
from lading.model.errors import BadManifest, NoSpace
from lading.model.loading import on_use
from lading.model.paths import Path, decode, encode
from lading.vault.catalog import FACTS, TWICE, Held, held, split
from lading.vault.part import Part
from lading.vault.words import HISTORY

if TYPE_CHECKING:
    import sqlite3
else:
    # Most snapshots have few entries.
    sqlite3 = on_use("sqlite3")

_TABLES = """
pragma journal_mode = off;
pragma synchronous = off;
create table entry (
    parent text, name text, kind text, size int, modified int, id text, etag text, digests text, problem text, sha256 blob,
    primary key (parent, name)
) without rowid;
create table version (path text, ordinal int, id text, facts text, sha256 blob, primary key (path, ordinal)) without rowid;
create table history (path text, id text, sha256 blob, primary key (path, id)) without rowid;
"""
_ENTRY = "insert into entry values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_CHILDREN = "select * from entry where parent = ? and name > ? order by name limit ?"
# The current content is that of the entry; of an earlier one the history says more than the drive did.
_VERSIONS = """
select v.path, v.facts, coalesce(h.sha256, v.sha256) from version v left join history h using (path, id)
{where} order by v.path, v.ordinal
"""


class EntriesInFile:
    """The entries of *manifest* (only those of *part*), indexed in a file in *folder*."""

    def __init__(self, manifest: Manifest, folder: str, part: Part | None = None) -> None:
        """
        Raises:
            BadManifest: an entry stands in it twice.
            NoSpace: the file cannot be written.
        """
        self._part = part
        self._place = os.path.join(folder, f"catalog-{uuid4().hex}.sqlite")
        with _written(self._place, manifest.directory):
            self._file = sqlite3.connect(self._place, check_same_thread=False)
            self._make(manifest)

    def _make(self, manifest: Manifest) -> None:
        part = self._part
        self._file.executescript(_TABLES)
        for batch in manifest.batches(FACTS):
            rows = zip(*(batch.column(name).to_pylist() for name in FACTS), strict=True)
            # The path comes first.
            here = rows if part is None else (row for row in rows if part.holds(row[0]))
            self._file.executemany(_ENTRY, map(_entry_row, here))
        if manifest.has("versions"):
            self._fill("version", manifest.table("versions") or "", _version_row)
            history = os.path.join(manifest.directory, HISTORY)
            if os.path.exists(history):
                self._fill("history", history, lambda row: (row["path"], row["id"], row["sha256"]))
        self._file.commit()

    def again(self) -> EntriesInFile:
        """The same file, opened to be read."""
        other = copy(self)
        # Nobody writes to it any more, so nobody need look for a writer.
        place = f"file:{quote(self._place)}?mode=ro&immutable=1"
        other._file = sqlite3.connect(place, uri=True, check_same_thread=False)
        return other

    def children(self, folder: Path, after: str, limit: int) -> list[Held]:
        """At most *limit* entries of *folder*, in the order of their encoded names, those after *after*."""
        rows = self._file.execute(_CHILDREN, (encode(folder), after, limit)).fetchall()
        return [_held(row) for row in rows]

    def find(self, path: Path) -> Held | None:
        """The entry at *path*; None if there is none."""
        row = self._file.execute(
            "select * from entry where parent = ? and name = ?", split(encode(path))
        ).fetchone()
        return None if row is None else _held(row)

    def content(self, path: Path) -> tuple[str, int, bytes | None] | None:
        """Kind and size of the entry at *path*, and the SHA-256 of its content; None if there is none."""
        found: tuple[str, int, bytes | None] | None = self._file.execute(
            "select kind, size, sha256 from entry where parent = ? and name = ?", split(encode(path))
        ).fetchone()
        return found

    def versions(self, path: Path) -> list[tuple[Version, bytes | None]]:
        """The versions of the file at *path*, oldest first, and the SHA-256 of each."""
        rows = self._file.execute(_VERSIONS.format(where="where v.path = ?"), (encode(path),)).fetchall()
        return [_version(facts, digest) for _, facts, digest in rows]

    def all_versions(self) -> Iterator[tuple[Path, tuple[Version, ...]]]:
        """Every file that has versions, with all of them."""
        rows = self._file.execute(_VERSIONS.format(where=""))
        for path, some in groupby(rows, key=lambda row: row[0]):
            yield decode(path), tuple(_version(facts, digest)[0] for _, facts, digest in some)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _fill(self, table: str, file: str, row: Any) -> None:
        for batch in pq.ParquetFile(file).iter_batches():
            found = [row(it) for it in self._chosen(batch.to_pylist())]
            if found:
                places = ", ".join("?" * len(found[0]))
                self._file.executemany(f"insert or replace into {table} values ({places})", found)

    def _chosen(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        part = self._part
        return rows if part is None else [row for row in rows if part.holds(row["path"])]


@contextmanager
def _written(place: str, manifest: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError:
        raise BadManifest(manifest, TWICE) from None
    except sqlite3.OperationalError as problem:
        # Of a file that is ours alone only the disk can refuse anything.
        raise NoSpace(place, str(problem)) from problem


def _entry_row(row: tuple[Any, ...]) -> tuple[Any, ...]:
    path, kind, size, modified, identity, etag, digests, problem, digest = row
    told = json.dumps(digests) if digests else None
    return (*split(path), kind, size, modified, identity, etag, told, problem, digest)


def _version_row(row: dict[str, Any]) -> tuple[str, int, str, str, bytes | None]:
    digest = row.pop("sha256")
    return row["path"], row["ordinal"], row["id"], json.dumps(row), digest


def _held(row: tuple[Any, ...]) -> Held:
    parent, name, kind, size, modified, identity, etag, told, problem, digest = row
    path = f"{parent}/{name}" if parent else name
    return held(
        (path, kind, size, modified, identity, etag, json.loads(told) if told else [], problem, digest)
    )


def _version(facts: str, digest: bytes | None) -> tuple[Version, bytes | None]:
    _, version = VALUES["versions"]({**json.loads(facts), "sha256": digest})
    return version, digest
