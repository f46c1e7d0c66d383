"""
What is otherwise in NEW than it was when it was last written down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as LocalPath
from typing import Any, NamedTuple

from lading.manifest.engine import duckdb, engine
from lading.manifest.read import Manifest, literal
from lading.model.paths import Path, decode, encode
from lading.stages.cutover.state import Facts


class Sighting(NamedTuple):
    """What NEW says of a path now, and what it said before; None: nothing is there."""

    path: Path
    now: Facts | None
    was: Facts | None


class Seen:
    """What NEW said of each path: the table of the switch in *base*, and the *lines* of the journal over it."""

    def __init__(self, base: LocalPath, lines: Iterable[Mapping[str, Any]]) -> None:
        self.base = base
        self.over: dict[str, Facts | None] = {}
        for line in lines:
            self.over[line["path"]] = Facts(*line["now"]) if "now" in line else None

    def at(self, path: Path) -> Facts | None:
        """What was at *path*."""
        text = encode(path)
        if text in self.over:
            return self.over[text]
        return next(iter(self._rows("new_path = ?", text)), (None, None))[1]

    def below(self, folder: Path) -> Iterator[Path]:
        """Every path below *folder*."""
        start = encode(folder) + "/"
        for text, _ in self._rows("starts_with(new_path, ?)", start):
            if text not in self.over:
                yield decode(text)
        for text, facts in self.over.items():
            if facts is not None and text.startswith(start):
                yield decode(text)

    def _rows(self, where: str, value: str) -> list[tuple[str, Facts]]:
        query = f"SELECT new_path, kind, new_size, new_modified, new_etag, new_id FROM b WHERE {where}"
        with duckdb.connect(":memory:") as db:
            db.read_parquet(literal(str(self.base))).create_view("b")
            return [(row[0], Facts(*row[1:])) for row in db.execute(query, [value]).fetchall()]


# Folders differ only by being there or not.
_DIFFERENT = """
    SELECT coalesce(n.path, s.path), n.kind, n.size, n.modified, n.etag, n.id, s.kind, s.size, s.modified, s.etag, s.id
    FROM n FULL JOIN s ON s.path = n.path
    WHERE n.path IS NULL OR s.path IS NULL OR n.kind <> s.kind OR (n.kind = 'file' AND (
        n.size <> s.size OR CASE WHEN n.etag IS NULL OR s.etag IS NULL
            THEN n.modified IS DISTINCT FROM s.modified ELSE n.etag <> s.etag END))
"""


def differences(seen: Seen, now: Manifest) -> list[Sighting]:
    """Every path at which the manifest *now* of NEW says something else than *seen*."""
    with engine() as db:
        db.execute(
            "CREATE TEMP TABLE over (path VARCHAR, kind VARCHAR, size BIGINT, modified BIGINT, etag VARCHAR, id VARCHAR)"
        )
        rows = [(path, *(facts or (None,) * 5)) for path, facts in seen.over.items()]
        for start in range(0, len(rows), 5_000):
            db.executemany("INSERT INTO over VALUES (?, ?, ?, ?, ?, ?)", rows[start : start + 5_000])
        db.read_parquet(literal(str(seen.base))).create_view("b")
        db.execute("""
            CREATE TEMP VIEW s AS
            SELECT new_path AS path, kind, new_size AS size, new_modified AS modified, new_etag AS etag, new_id AS id
            FROM b ANTI JOIN over ON over.path = b.new_path
            UNION ALL SELECT * FROM over WHERE kind IS NOT NULL
        """)
        now.relation(db).create_view("every")
        db.execute(
            "CREATE TEMP VIEW n AS SELECT * FROM every WHERE kind IN ('file', 'folder') AND problem IS NULL"
        )
        # What cannot be listed now is not gone.
        hidden = [row[0] for row in db.execute("SELECT path FROM every WHERE problem IS NOT NULL").fetchall()]
        return [
            it
            for row in db.execute(_DIFFERENT).fetchall()
            if (it := _sighting(row)) and not _hidden(it, hidden)
        ]


def _sighting(row: tuple[Any, ...]) -> Sighting:
    return Sighting(
        decode(row[0]),
        Facts(*row[1:6]) if row[1] is not None else None,
        Facts(*row[6:11]) if row[6] is not None else None,
    )


def _hidden(it: Sighting, hidden: list[str]) -> bool:
    path = encode(it.path)
    return it.now is None and any(path == folder or path.startswith(folder + "/") for folder in hidden)
