"""
Open a manifest, and be sure that it is whole.

A manifest is whole when `manifest.json` says that it is finished and every
file it lists is there with the stated digest.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from lading.manifest.engine import duckdb
from lading.manifest.files import sha256_of
from lading.manifest.fingerprint import SpacePrint
from lading.manifest.parts import FOLDER, Part, batches_of
from lading.manifest.rows import VALUES
from lading.manifest.schema import FORMAT, ROW_GROUP
from lading.manifest.tables import FOLDER as TABLES_FOLDER
from lading.manifest.tables import TABLES, Feature, features_of
from lading.model.entry import Entry, Kind
from lading.model.errors import BadManifest
from lading.model.paths import decode
from lading.model.text import Text

HEADER = "manifest.json"
SPACES_FILE = "spaces.parquet"

Digest = bytes
"""A SHA-256."""


@dataclass(frozen=True)
class Manifest:
    """A whole manifest in *directory*; *facts* is what its `manifest.json` says."""

    directory: str
    facts: Mapping[str, Any]

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The part files that hold the entries; other files in the folder mean nothing."""
        return tuple(Part(**part) for part in self.facts["parts"])

    @property
    def files(self) -> list[str]:
        """Local paths of the part files."""
        return [os.path.join(self.directory, FOLDER, part.name) for part in self.parts]

    @property
    def address(self) -> Mapping[str, Any]:
        """`kind`, `place` and `options` of the drive, without secrets."""
        address: Mapping[str, Any] = self.facts["drive"]
        return address

    @property
    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """`objects` and `bytes` by kind of entry."""
        counts: Mapping[str, Mapping[str, int]] = self.facts["counts"]
        return counts

    @property
    def objects(self) -> int:
        """All entries."""
        return sum(count["objects"] for count in self.counts.values())

    @property
    def bytes(self) -> int:
        """All content."""
        return sum(count["bytes"] for count in self.counts.values())

    @property
    def problems(self) -> int:
        """Entries that could not be listed or read."""
        return int(self.facts["problems"])

    @property
    def fingerprint(self) -> str:
        """The fingerprint over all spaces, in hex."""
        return str(self.facts["fingerprint"]["all"])

    @property
    def covers_content(self) -> bool:
        """Whether the fingerprint covers the content of every file, or names and sizes only."""
        return bool(self.facts["fingerprint"]["content"])

    def spaces(self) -> Iterator[SpacePrint]:
        """The spaces in the byte order of their names, with their fingerprints."""
        for batch in batches_of(os.path.join(self.directory, SPACES_FILE)):
            for row in batch.to_pylist():
                yield SpacePrint(**row)

    @property
    def features(self) -> tuple[Feature, ...]:
        """What the drive was asked for beside its entries."""
        return features_of(self.facts.get("features", ()))

    @property
    def tables(self) -> Mapping[str, Mapping[str, Any]]:
        """What `manifest.json` says about each table that is there, by its name."""
        return self.facts.get("tables") or {}

    def has(self, table: str) -> bool:
        """Whether *table* was scanned; one that is there may be empty."""
        return table in self.tables

    def table(self, table: str) -> str | None:
        """The local path of *table*; None if it was not scanned."""
        return os.path.join(self.directory, TABLES_FOLDER, f"{table}.parquet") if self.has(table) else None

    def rows(
        self, connection: duckdb.DuckDBPyConnection, table: str, *, numbered: bool = False
    ) -> duckdb.DuckDBPyRelation:
        """
        All rows of *table* as a relation of DuckDB, in no order; *numbered* adds `file_row_number`.

        Raises:
            BadManifest: it was not scanned.
        """
        return connection.read_parquet(literal(self._scanned(table)), file_row_number=numbered)

    def values(self, table: str) -> Iterator[Any]:
        """
        What *table* tells, as values of the model; of `versions` each path with one version, of `problems` plain rows.

        Raises:
            BadManifest: it was not scanned.
        """
        make = VALUES.get(table, dict)
        for batch in batches_of(self._scanned(table)):
            yield from map(make, batch.to_pylist())

    def _scanned(self, table: str) -> str:
        file = self.table(table)
        if file is None:
            raise BadManifest(
                self.directory, Text(f"{table}: not scanned (--with)", f"{table}：未扫描（--with）")
            )
        return file

    def relation(self, connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
        """All entries as a relation of DuckDB, in no order."""
        return entries_of(connection, self.files)

    def batches(self, columns: list[str] | None = None, *, rows: int = ROW_GROUP) -> Iterator[pa.RecordBatch]:
        """All entries in Arrow batches of *rows* at most, in no order."""
        for path in self.files:
            yield from batches_of(path, columns, rows=rows)

    def entries(self) -> Iterator[tuple[Entry, Digest | None]]:
        """All entries with the SHA-256 of their content where it was read, in no order."""
        for batch in self.batches():
            for row in batch.to_pylist():
                yield entry_of(row), row["sha256"]


def open_manifest(directory: str | os.PathLike[str], *, check: bool = True) -> Manifest:
    """
    The manifest in *directory*; with *check* every file is held against its digest.

    Raises:
        BadManifest: it is missing, unfinished, damaged or of another format version.
    """
    directory = os.fspath(directory)
    facts = header_of(directory)
    if facts is None:
        raise BadManifest(directory, f"there is no {HEADER}")
    if "finished" not in facts:
        raise BadManifest(directory, "the scan was not finished")
    manifest = Manifest(directory, facts)
    if check:
        for path, sha256 in _stated(manifest):
            _check(directory, path, sha256)
    return manifest


def header_of(directory: str) -> dict[str, Any] | None:
    """
    What `manifest.json` in *directory* says; None if there is none.

    Raises:
        BadManifest: it cannot be understood or is of another format version.
    """
    try:
        with open(os.path.join(directory, HEADER), encoding="utf-8") as stream:
            facts = json.load(stream)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as problem:
        raise BadManifest(directory, f"{HEADER} cannot be read: {type(problem).__name__}") from None
    if not isinstance(facts, dict) or not isinstance(facts.get("format"), int):
        raise BadManifest(directory, f"{HEADER} is not that of a manifest")
    if facts["format"] != FORMAT:
        raise BadManifest(directory, _other_format(facts["format"]))
    return facts


def entries_of(connection: duckdb.DuckDBPyConnection, files: list[str]) -> duckdb.DuckDBPyRelation:
    """The rows of part *files* as a relation; with none of them, no rows."""
    # Names of folders may contain what DuckDB takes for a pattern.
    return connection.read_parquet([literal(path) for path in files])


def entry_of(row: Mapping[str, Any]) -> Entry:
    """The entry that a row describes."""
    return Entry(
        decode(row["path"]),
        Kind(row["kind"]),
        row["size"],
        row["modified"],
        row["id"],
        row["etag"],
        digests_of(row["digests"]),
        row["problem"],
    )


def digests_of(told: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The digests of an entry, as name and value, out of the words of its row."""
    return tuple((name, value) for name, _, value in (text.partition(":") for text in told))


def _stated(manifest: Manifest) -> Iterator[tuple[str, str]]:
    try:
        for part in manifest.parts:
            if os.path.basename(part.name) != part.name:
                raise ValueError(part.name)
            yield os.path.join(FOLDER, part.name), part.sha256
        yield SPACES_FILE, manifest.facts["spaces"]["sha256"]
        for name, facts in manifest.tables.items():
            if name not in TABLES:
                raise ValueError(name)
            yield os.path.join(TABLES_FOLDER, f"{name}.parquet"), facts["sha256"]
        # What the properties promise must be there.
        _ = (
            manifest.features,
            manifest.objects,
            manifest.bytes,
            manifest.problems,
            manifest.fingerprint,
            manifest.covers_content,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadManifest(manifest.directory, f"{HEADER} is incomplete") from None


def _other_format(found: int) -> Text:
    if found < FORMAT:
        return Text(
            f"an earlier Lading wrote it: format {found}; this one reads format {FORMAT} and needs a new scan",
            f"由较早版本的 Lading 写出：格式 {found}；本版本读取格式 {FORMAT}，需重新扫描",
        )
    return Text(
        f"format {found}; this Lading reads format {FORMAT}",
        f"格式 {found}；本版本的 Lading 读取格式 {FORMAT}",
    )


def _check(directory: str, path: str, sha256: str) -> None:
    try:
        found = sha256_of(os.path.join(directory, path))
    except OSError as problem:
        raise BadManifest(directory, f"{path}: {problem.strerror}") from None
    if found != sha256:
        raise BadManifest(directory, f"{path} is damaged")


def literal(path: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in path)
