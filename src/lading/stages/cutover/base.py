"""
Which object of NEW is which of OLD, and what both drives said of it when they last agreed.

At the switch that is what the last pass noted as it landed.  What has been carried into OLD since is laid over it, so
a run that was cut off, and a second run, find only what is still to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path as LocalPath
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from lading.manifest.engine import duckdb, engine
from lading.manifest.read import Manifest, literal
from lading.model.errors import BadRollback
from lading.model.paths import Path, decode, encode, within
from lading.model.text import Text
from lading.stages.cutover.state import Facts

SIDE = ("kind", "size", "modified", "etag", "id")
BASE = pa.schema(
    [
        ("new_path", pa.string()),
        ("kind", pa.string()),
        *((f"new_{name}", pa.string() if name in ("etag", "id") else pa.int64()) for name in SIDE[1:]),
        ("old_path", pa.string()),
        *((f"old_{name}", pa.string() if name in ("etag", "id") else pa.int64()) for name in SIDE[1:]),
        ("sha256", pa.string()),
    ]
)


class Row(NamedTuple):
    """One object of both drives; *old_path* is None for what NEW had of its own before the switch."""

    new_path: Path
    new: Facts
    old_path: Path | None
    old: Facts | None
    sha256: str | None
    upto: int = 0
    """The number of the journal entry up to which it has been carried."""

    def to_json(self) -> dict[str, Any]:
        """The row as a line holds it."""
        return {
            "new_path": encode(self.new_path),
            "new": list(self.new),
            "old_path": None if self.old_path is None else encode(self.old_path),
            "old": None if self.old is None else list(self.old),
            "sha256": self.sha256,
            "upto": self.upto,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Row:
        """The row that `to_json` wrote."""
        return cls(
            decode(row["new_path"]),
            Facts(*row["new"]),
            None if row["old_path"] is None else decode(row["old_path"]),
            None if row["old"] is None else Facts(*row["old"]),
            row["sha256"],
            row["upto"],
        )


_WRITE = """
    COPY (
        SELECT n.path AS new_path, n.kind AS kind, coalesce(l.new_size, n.size) AS new_size,
               CASE WHEN l.new_path IS NULL OR n.kind = 'folder' THEN n.modified ELSE l.new_modified END AS new_modified,
               CASE WHEN l.new_path IS NULL THEN n.etag ELSE l.new_etag END AS new_etag, n.id AS new_id,
               l.old_path, l.old_size, l.old_modified, l.old_etag, l.old_id, lower(l.sha256) AS sha256
        FROM n LEFT JOIN l ON l.new_path = n.path AND l.kind = n.kind
        WHERE n.kind IN ('file', 'folder')
    ) TO '{target}' (FORMAT parquet, COMPRESSION zstd)
"""


def write_base(new: Manifest, landed: LocalPath, target: LocalPath) -> None:
    """Write at *target* which object of *new* is which of OLD, as the table of what *landed* says."""
    with engine(str(target.parent)) as db:
        new.relation(db).create_view("n")
        db.read_parquet(literal(str(landed))).create_view("l")
        db.execute(_WRITE.format(target=str(target).replace("'", "''")))


class Base:
    """The table in *file* with the lines *carried* laid over it."""

    def __init__(self, file: LocalPath, carried: Iterable[Mapping[str, Any]] = ()) -> None:
        self._file = file
        self._over: dict[Path, Row | None] = {}
        self._moves: list[tuple[Path, Path, int]] = []
        self._put: list[tuple[Path, str, bool]] = []
        self.settled: set[tuple[Path, int]] = set()
        """Objects that were gone from NEW and whose contents were carried: path, last entry that told of them."""
        for number, line in enumerate(carried, 1):
            try:
                self._lay(line)
            except (KeyError, TypeError, ValueError, StopIteration) as problem:
                place = file.parent.parent / "carried.jsonl"
                raise BadRollback(
                    str(place), Text(f"line {number}: {problem!r}", f"第 {number} 行：{problem!r}")
                ) from None

    def _lay(self, line: Mapping[str, Any]) -> None:
        if moved := line.get("moved"):
            source, target = decode(moved[0]), decode(moved[1])
            self._moves.append((source, target, len(self._moves)))
            for path, row in list(self._over.items()):
                if row is not None:
                    self._over[path] = follow(row, source, target)
            self._put = [(followed(path, source, target), sha256, new) for path, sha256, new in self._put]
        for text, upto in line.get("drop", ()):
            # Another object may have come to the place and been carried first: that one stays.
            path = decode(text)
            if (known := self._over.get(path)) is None or known.upto <= upto:
                self._over[path] = None
        if line.get("settled"):
            text, upto = line["settled"]
            self.settled.add((decode(text), upto))
        if line.get("putting"):
            text, sha256 = line["putting"]
            self._put.append((decode(text), sha256, bool(line.get("new"))))
        if line.get("left"):
            text, sha256 = line["left"]
            self._put.remove(next(it for it in self._put if it[:2] == (decode(text), sha256)))
        if line.get("row"):
            row = Row.from_json(line["row"])
            self._over[row.new_path] = row

    def put_upon(self) -> dict[Path, set[str]]:
        """Digests of what was put upon files of OLD, or was about to be, by where the file is now."""
        found: dict[Path, set[str]] = {}
        for path, sha256, _ in self._put:
            found.setdefault(path, set()).add(sha256)
        return found

    def touched(self) -> set[Path]:
        """Files of OLD that stood there when the first content was put upon them; others were made by us, where nothing was."""
        first: dict[Path, bool] = {}
        for path, _, new in self._put:
            first.setdefault(path, new)
        return {path for path, new in first.items() if not new}

    def rows(self, paths: Iterable[Path]) -> dict[Path, Row]:
        """The rows of *paths* of NEW; those that it does not know are missing."""
        asked = set(paths)
        found = {path: row for path in asked if (row := self._over.get(path)) is not None}
        rest = sorted(encode(path) for path in asked if path not in self._over)
        with duckdb.connect(":memory:") as db:
            db.execute("CREATE TEMP TABLE asked (path VARCHAR)")
            for start in range(0, len(rest), 5_000):
                db.executemany("INSERT INTO asked VALUES (?)", [(it,) for it in rest[start : start + 5_000]])
            db.read_parquet(literal(str(self._file))).create_view("b")
            query = "SELECT b.* FROM b JOIN asked ON asked.path = b.new_path"
            for values in db.execute(query).fetchall() if rest else ():
                row = self._moved(_row(dict(zip(BASE.names, values, strict=True))))
                found[row.new_path] = row
        return found

    def all(self) -> Iterable[Row]:
        """Every row, in no order."""
        for batch in pq.ParquetFile(self._file).iter_batches(20_000):
            for values in batch.to_pylist():
                row = _row(values)
                if row.new_path not in self._over:
                    yield self._moved(row)
        yield from (row for row in self._over.values() if row is not None)

    def _moved(self, row: Row) -> Row:
        for source, target, _ in self._moves:
            row = follow(row, source, target)
        return row


def follow(row: Row, source: Path, target: Path) -> Row:
    """*row* after *source* was renamed to *target* in OLD."""
    return row if row.old_path is None else row._replace(old_path=followed(row.old_path, source, target))


def followed(path: Path, source: Path, target: Path) -> Path:
    """Where *path* of OLD is after *source* was renamed to *target*."""
    return target + path[len(source) :] if within(path, source) else path


def _row(values: Mapping[str, Any]) -> Row:
    def side(name: str) -> Facts:
        facts = [values[f"{name}_{it}"] for it in SIDE[1:]]
        return Facts(values["kind"], facts[0] or 0, *facts[1:])

    there = values["old_path"] is not None
    return Row(
        decode(values["new_path"]),
        side("new"),
        decode(values["old_path"]) if there else None,
        side("old") if there else None,
        values["sha256"],
    )
