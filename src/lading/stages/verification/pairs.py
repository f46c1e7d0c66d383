"""
Match the objects of OLD with those of NEW, and tell what the listings alone prove.

Everything stays in DuckDB, which keeps within a memory limit and spills beyond
it.  An object of OLD is looked for under its own path, or where a list of
mapped names says; what is left over on both sides and differs only in the form
of its name is paired last.  Files that stand on both sides with the same size
are handed on to be read: listings prove differences, never equality.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from lading.manifest.engine import duckdb
from lading.manifest.read import Manifest
from lading.stages.verification.lists import load_excluded, load_landed, load_mapped
from lading.stages.verification.order import Extent
from lading.stages.verification.reading import File, Outcome
from lading.stages.verification.state import Job

_BATCH = 5_000
LARGE = 32 << 20
"""Files from this size on are read first, so that the last worker does not sit over one alone."""

FOUND = pa.schema(
    [
        ("what", pa.string()),
        ("path", pa.string()),
        ("new_path", pa.string()),
        ("kind", pa.string()),
        ("new_kind", pa.string()),
        ("size", pa.int64()),
        ("new_size", pa.int64()),
        ("modified", pa.int64()),
        ("new_modified", pa.int64()),
        ("side", pa.string()),
        ("code", pa.string()),
        ("first", pa.int64()),
        ("sha256", pa.string()),
        ("recorded", pa.string()),
        ("reason", pa.string()),
    ]
)
"""What was found: a row for each difference and each exclusion; a side that has nothing is null."""

_FOLDER_TIME = "folder_time"
_MOVABLE = "('file', 'folder')"

# What the two listings say about a pair, the gravest first; null if they agree.
_WHAT = f"""
CASE
    WHEN n.path IS NULL THEN 'missing'
    WHEN t.path IS NULL THEN 'extra'
    WHEN t.kind <> n.kind THEN 'kind'
    WHEN t.problem IS NOT NULL OR n.problem IS NOT NULL THEN 'unreadable'
    WHEN t.size <> n.size THEN 'size'
    WHEN t.kind NOT IN {_MOVABLE} THEN 'excluded'
    WHEN {{late}} THEN CASE t.kind WHEN 'file' THEN 'modified' WHEN 'folder' THEN {{folder}} END
END
"""

_ROW = """
    t.path, n.path AS new_path, t.kind, n.kind AS new_kind, t.size, n.size AS new_size,
    t.modified, n.modified AS new_modified,
    CASE WHEN t.problem IS NOT NULL THEN 'old' WHEN n.problem IS NOT NULL THEN 'new' END AS side,
    coalesce(t.problem, n.problem) AS code
"""

_FORMS = """
    CREATE TABLE forms AS
    WITH left_over AS (
        SELECT what, coalesce(t.normal, n.normal) AS normal, coalesce(odd.kind, new_kind) AS kind,
               coalesce(odd.path, new_path) AS path,
               row_number() OVER (PARTITION BY what, coalesce(t.normal, n.normal), coalesce(odd.kind, new_kind)
                                  ORDER BY coalesce(odd.size, new_size), coalesce(odd.path, new_path)) AS number
        FROM odd LEFT JOIN t ON odd.path = t.path AND t.target = t.path LEFT JOIN n ON odd.new_path = n.path
        WHERE what IN ('missing', 'extra') AND coalesce(t.normal, n.normal) IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM excluded WHERE excluded.path = odd.path)
    )
    SELECT a.path, b.path AS new_path FROM left_over AS a
    JOIN left_over AS b USING (normal, kind, number)
    WHERE a.what = 'missing' AND b.what = 'extra'
"""


class Pairs:
    """The objects of both sides, matched; *db* spills into its own folder."""

    def __init__(self, db: duckdb.DuckDBPyConnection, old: Manifest, new: Manifest) -> None:
        self._db = db
        self._new = new
        old.relation(db).create_view("o")
        new.relation(db).create_view("n")
        self.recorded = False
        """Whether there are digests of an earlier pass to hold contents against."""
        self.chosen = 0, 0
        """Number and bytes of the files that `choose` decided to read."""

    def match(self, job: Job, mapped: str | None) -> None:
        """
        Match everything and note in `found` what the listings prove.

        Raises:
            BadRequest: a list beside the drives cannot be understood.
        """
        db = self._db
        if load_mapped(db, mapped or job.mapped()):
            db.execute(
                "CREATE VIEW t AS SELECT o.*, coalesce(renamed.target, o.path) AS target"
                " FROM o LEFT JOIN renamed USING (path)"
            )
        else:
            db.execute("CREATE VIEW t AS SELECT *, path AS target FROM o")
        self.recorded = load_landed(db, job.landed())
        profile = self._new.facts["profile"]
        folder = f"'{_FOLDER_TIME}'" if profile["keeps_folder_times"] else "NULL"
        what = _WHAT.format(late=_late(profile), folder=folder)
        db.execute(
            f"CREATE TABLE odd AS SELECT * FROM (SELECT {what} AS what, {_ROW}"
            " FROM t FULL JOIN n ON n.path = t.target) WHERE what IS NOT NULL"
        )
        db.execute("CREATE VIEW missing AS SELECT path FROM odd WHERE what = 'missing'")
        load_excluded(db, job.excluded())
        db.execute(_FORMS)
        self._note_found()

    def choose(self, extent: Extent) -> tuple[int, int]:
        """
        Decide which files are read; return how many there are, and how many of them are drawn at random.

        Drawn are those that come first by a digest of the seed and their path; chosen besides are
        the largest (a tenth as many as are drawn) and the first of each space that has none yet.
        """
        db = self._db
        db.execute(f"CREATE VIEW candidates AS {_candidates(self.recorded)}")
        files, size = _sums(db, "candidates")
        if extent.whole or not files:
            db.execute("CREATE VIEW chosen AS SELECT *, true AS drawn FROM candidates")
            self.chosen = files, size
            return files, 0
        drawn = extent.of(files)
        db.execute(
            "CREATE TABLE dice AS SELECT path, space, size, sha256(? || chr(0) || path) AS dice FROM candidates",
            [extent.seed],
        )
        db.execute(f"""
            CREATE TABLE picked AS
            WITH drawn AS (SELECT path FROM dice ORDER BY dice LIMIT {drawn}),
                 large AS (SELECT path, space FROM dice ORDER BY size DESC, path LIMIT {-(-drawn // 10)}),
                 spaces AS (SELECT arg_min(path, dice) AS path FROM dice GROUP BY space)
            SELECT path, true AS drawn FROM drawn
            UNION ALL
            SELECT path, false FROM (SELECT path FROM large UNION SELECT path FROM spaces) ANTI JOIN drawn USING (path)
        """)
        db.execute(
            "CREATE VIEW chosen AS SELECT candidates.*, drawn FROM candidates JOIN picked USING (path)"
        )
        self.chosen = _sums(db, "chosen")
        return files, drawn

    def files(self) -> Iterator[File]:
        """The files to read, large ones first."""
        columns = "path, new_path, size, drawn, recorded"
        for where in (f"size >= {LARGE} ORDER BY size DESC", f"size < {LARGE}"):
            # A cursor of its own: results are noted while this one is still being read.
            with self._db.cursor() as cursor:
                reader = cursor.sql(f"SELECT {columns} FROM chosen WHERE {where}").to_arrow_reader(_BATCH)
                for batch in reader:
                    yield from map(File._make, zip(*(it.to_pylist() for it in batch.columns), strict=True))

    def note(self, bad: list[tuple[File, Outcome]]) -> None:
        """Note files whose contents are not as they should be."""
        if not bad:
            return
        rows = [_row(file, outcome) for file, outcome in bad]
        with self._db.cursor() as cursor:
            cursor.register("fresh", pa.Table.from_pylist(rows, schema=FOUND))
            cursor.execute("INSERT INTO found SELECT * FROM fresh")
            cursor.unregister("fresh")

    def found(self) -> Iterator[dict[str, Any]]:
        """All that was noted, in the byte order of paths."""
        query = "SELECT * FROM found ORDER BY coalesce(path, new_path), new_path, what"
        for batch in self._db.sql(query).to_arrow_reader(_BATCH):
            yield from batch.to_pylist()

    def counts(self) -> dict[str, int]:
        """How many rows of each kind were noted."""
        return dict(
            self._db.execute("SELECT what, count(*) FROM found GROUP BY what ORDER BY what").fetchall()
        )

    def differing(self) -> int:
        """Objects of OLD with at least one difference."""
        query = "SELECT count(DISTINCT path) FROM found WHERE path IS NOT NULL AND what <> 'excluded'"
        return _number(self._db, query)

    def folder_times(self) -> int:
        """Folders that have another time in NEW, where NEW keeps such times."""
        return _number(self._db, f"SELECT count(*) FROM odd WHERE what = '{_FOLDER_TIME}'")

    def _note_found(self) -> None:
        """Make the table `found` of what the listings prove."""
        kinds = {pa.string(): "VARCHAR", pa.int64(): "BIGINT"}
        self._db.execute(f"CREATE TABLE found ({', '.join(f'{it.name} {kinds[it.type]}' for it in FOUND)})")
        self._db.execute(f"""
            INSERT INTO found BY NAME
            SELECT CASE WHEN excluded.path IS NOT NULL OR (what = 'missing' AND odd.kind NOT IN {_MOVABLE})
                        THEN 'excluded' ELSE what END AS what, odd.* EXCLUDE (what), reason
            FROM odd LEFT JOIN excluded ON excluded.path = odd.path
            WHERE what <> '{_FOLDER_TIME}' AND NOT (what = 'missing' AND odd.path IN (SELECT path FROM forms))
              AND NOT (what = 'extra' AND odd.new_path IN (SELECT new_path FROM forms))
        """)
        self._db.execute(f"""
            INSERT INTO found BY NAME
            SELECT 'name' AS what, {_ROW} FROM forms JOIN t ON t.path = forms.path JOIN n ON n.path = forms.new_path
            UNION ALL
            SELECT 'size', {_ROW} FROM forms JOIN t ON t.path = forms.path JOIN n ON n.path = forms.new_path
            WHERE t.size <> n.size
        """)


def _number(db: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(db.execute(query).fetchall()[0][0])


def _sums(db: duckdb.DuckDBPyConnection, table: str) -> tuple[int, int]:
    files, size = db.execute(f"SELECT count(*), coalesce(sum(size), 0)::BIGINT FROM {table}").fetchall()[0]
    return files, size


def _candidates(recorded: bool) -> str:
    """SQL: files on both sides that can be read and have the same size."""
    readable = (
        "t.kind = 'file' AND n.kind = 'file' AND t.size = n.size AND t.problem IS NULL AND n.problem IS NULL"
    )
    both = f"""
        SELECT t.path, n.path AS new_path, t.size, t.space FROM t JOIN n ON n.path = t.target WHERE {readable}
        UNION ALL
        SELECT t.path, n.path, t.size, t.space
        FROM forms JOIN t ON t.path = forms.path JOIN n ON n.path = forms.new_path WHERE {readable}
    """
    if not recorded:
        return f"SELECT *, NULL::VARCHAR AS recorded FROM ({both})"
    return f"""
        SELECT it.*, landed.sha256 AS recorded FROM ({both}) AS it
        LEFT JOIN landed ON landed.old_path = it.path AND landed.new_path = it.new_path
    """


def _late(profile: dict[str, Any]) -> str:
    """SQL: whether NEW tells another time than the one it was to keep."""
    if not profile["keeps_modified"]:
        return "false"
    kept = "t.modified"
    if profile["modified_range"] is not None:
        earliest, latest = map(int, profile["modified_range"])
        kept = f"least(greatest(t.modified, {earliest}), {latest})"
    grain = max(1, int(profile["clock_grain"]))
    # HUGEINT: the distance of two times may be larger than either.
    distance = f"abs(n.modified::HUGEINT - {kept}::HUGEINT) >= {grain}"
    return f"(t.modified IS NOT NULL AND coalesce({distance}, true))"


def _row(file: File, outcome: Outcome) -> dict[str, Any]:
    equal = "record" if outcome.at is None else "content"
    return {
        "what": equal if outcome.code is None else "unreadable",
        "path": file.path,
        "new_path": file.new_path,
        "kind": "file",
        "new_kind": "file",
        "size": file.size,
        "new_size": file.size,
        "side": outcome.side,
        "code": outcome.code,
        "first": outcome.at,
        "sha256": outcome.sha256.hex() if outcome.sha256 else None,
        "recorded": file.recorded,
    }
