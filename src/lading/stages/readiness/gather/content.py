"""
Count in a manifest what bears on an upgrade, in DuckDB: a million entries never stand in memory.

Nothing of a name below a hidden path leaves this module: it is counted, and that is all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lading.connectors.profile import Profile
from lading.manifest.engine import duckdb, engine
from lading.manifest.mapping import map_names
from lading.manifest.read import Manifest
from lading.manifest.tables import Feature
from lading.model.paths import decode, shown
from lading.model.progress import Progress, Publish, nobody_listens
from lading.stages.readiness.facts.content import ContentFacts, Tally
from lading.stages.readiness.gather.reach import NOBODY_KNOWN, Reach

EXAMPLES = 5
WIDE = 10_000
"""Entries directly in a folder beyond which it is a finding."""
LONG = 230
"""Characters of a path that leave too little of Windows' 260 for a drive letter and the folders above."""
HUGE = 10 << 30
"""Bytes from which a file is huge."""
MEMORY = "500MB"
_DAY = 86_400 * 10**9
_FIRST_OF_1980 = 315_532_800 * 10**9
_NAME = "lower(parse_filename(path))"
_DOCUMENT = r"\.(docx?|docm|xlsx?|xlsm|pptx?|pdf|zip|rar|7z|jpe?g|png|tiff?|dwg|vsdx?|wps|et|dps|ofd)$"
PATTERNS: Mapping[str, str] = {
    "unfinished": r"^(~\$|\.~lock\.)|\.(tmp|temp|crdownload|partial|part|download|opdownload|td)$|^(thumbs\.db|desktop\.ini|\.ds_store)$",
    "file_database": r"\.(mdb|accdb|laccdb|ldb|qbw|dbf|fdb|sqlite3?)$",
    "keys": r"\.(pem|pfx|p12|ppk|jks|keystore|kdbx?|wallet)$|^id_(rsa|dsa|ecdsa|ed25519)$",
    "passwords": r"(^|[^a-z])(passwords?[ _-]?(list|file|table|book)|passwords|passwd|credentials)([^a-z][^/]*)?\.(txt|csv|xlsx?|docx?|md|one)$"
    r"|(密码|口令)(表|本|清单|汇总|大全|记录)|(账号|帐号|账户|帐户)(和|与|及)?密码",
    "identity_papers": r"(身份证|护照|户口本|驾驶证|驾照|港澳通行证|(^|[^a-z])(passport|id[ _-]?card|identity[ _-]?card)([^a-z]|$)).*\.(jpe?g|png|pdf|tiff?|heic|bmp|zip|rar|docx?)$",
    "mail_archives": r"\.(pst|ost|mbox|nsf|olm)$",
}
"""What the name of a file says, in lower case (RE2)."""
_LOSING = ("no_place", "too_large", "unreadable")
_CHANGING = ("name", "clash", "locked", "changing", "empty", "twins_by_form")


@dataclass(frozen=True, slots=True)
class Looking:
    """
    How to look: *now* in nanoseconds since 1970 UTC, after how many *stale_years* a file is stale.

    *waves* gives the wave of a space (encoded); *hidden* are encoded paths below which no name is told; *critical* are
    patterns (`*`, `?`) of encoded paths, *labels* labels that make a file critical.  *reach* knows whom a space is for.
    """

    now: int
    stale_years: float = 5.0
    waves: Mapping[str, str] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    critical: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    reach: Reach = NOBODY_KNOWN


def content_facts(
    old: Manifest,
    new: Profile | None,
    looking: Looking,
    *,
    earlier: Manifest | None = None,
    publish: Publish = nobody_listens,
    directory: str | None = None,
) -> ContentFacts:
    """
    What is in *old* that bears on a move to *new*; with an *earlier* manifest of it also what changed in between.

    DuckDB spills below *directory*.

    Raises:
        NoSpace: the disk is full.
    """
    with engine(directory, memory_limit=MEMORY) as db:
        old.relation(db).create_view("o")
        db.execute("create temp table l (old_path varchar, new_path varchar)")
        unknown = dict(_prepare(db, old, new, looking, earlier))
        wheres = {what: where for what, where in _wheres(new, looking).items() if what not in unknown}
        found = {}
        for done, (what, where) in enumerate(wheres.items()):
            publish(Progress("assess", done, 0, len(wheres)))
            found[what] = _tallies(db, looking.reach, *where)
        found |= _critical(db, {what: where[0] for what, where in wheres.items()}, old, looking)
        if "equal" not in unknown:
            found["equal"] = _equal(db, looking.reach)
        found["wide"] = _wide(db, looking.reach)
    counts = old.counts
    return ContentFacts(
        place=str(old.address["place"]),
        files=counts.get("file", {}).get("objects", 0),
        folders=counts.get("folder", {}).get("objects", 0),
        bytes=old.bytes,
        found={what: tally for what, tally in found.items() if tally},
        unknown=unknown,
    )


def absent(manifest: Manifest, tops: Sequence[str]) -> tuple[str, ...]:
    """Those of the encoded paths *tops* at and below which *manifest* has nothing."""
    if not tops:
        return ()
    with engine() as db:
        manifest.relation(db).create_view("o")
        db.execute("create temp table tops as select unnest(?) as top", [list(tops)])
        rows = db.execute(
            "select top from tops where not exists (select 1 from o where path = top or starts_with(path, top || '/'))"
        ).fetchall()
    return tuple(top for (top,) in rows if top)


def _prepare(
    db: duckdb.DuckDBPyConnection,
    old: Manifest,
    new: Profile | None,
    looking: Looking,
    earlier: Manifest | None,
) -> Iterator[tuple[str, str]]:
    """Make the tables that are asked below; what cannot be looked for, and why."""
    db.execute("create temp table waves (space varchar, wave varchar)")
    if looking.waves:
        db.executemany("insert into waves values (?, ?)", [list(pair) for pair in looking.waves.items()])
    db.execute("create temp table hidden (top varchar)")
    if looking.hidden:
        db.executemany("insert into hidden values (?)", [[top] for top in looking.hidden])
    db.execute(
        "create temp table twins as select normal, count(distinct nfc_normalize(path)) < count(*) as form "
        "from o group by normal having count(*) > 1"
    )
    if new is None:
        yield from ((what, "no_new") for what in ("no_place", "name", "clash", "too_large"))
    else:
        map_names(db, new.names)
    if old.has("locks"):
        old.rows(db, "locks").create_view("locks")
    else:
        yield "locked", "not_told" if Feature.LOCKS in old.features else "not_scanned"
    told = "bool_or(sha256 is not null or len(digests) > 0)"
    # Where there is no content at all there is nothing to be told.
    if db.execute(f"select coalesce({told}, true) from o where kind = 'file' and size > 0").fetchall() == [
        (False,)
    ]:
        yield "equal", "no_digest"
    _changed(db, old, earlier)


def _changed(db: duckdb.DuckDBPyConnection, old: Manifest, earlier: Manifest | None) -> None:
    began = int(float(old.facts.get("started", old.facts["finished"])) * 10**9)
    ended = int(float(old.facts["finished"]) * 10**9)
    db.execute("create temp table changed (path varchar)")
    db.execute(
        f"insert into changed select path from o where kind = 'file' and modified between {began} and {ended}"
    )
    if earlier is not None:
        earlier.relation(db).create_view("before")
        db.execute(
            "insert into changed select o.path from o join before as b using (path) where o.kind = 'file' and b.kind = 'file' "
            "and (o.size <> b.size or o.modified <> b.modified) and o.path not in (select path from changed)"
        )


def _wheres(new: Profile | None, looking: Looking) -> dict[str, tuple[str, str]]:
    """What is looked for: a condition over `o`, and what ranks the worst first."""
    named = {
        what: (f"kind = 'file' and regexp_matches({_NAME}, '{pattern}')", "size")
        for what, pattern in PATTERNS.items()
    }
    stale = int(looking.now - looking.stale_years * 365.25 * _DAY)
    limit = new.size_limit if new is not None and new.size_limit is not None else (1 << 63) - 1
    neighbour = "why = 'the drive cannot tell it from its neighbour'"
    return {
        "no_place": ("path in (select path from refused)", "size"),
        "name": (f"path in (select path from m where why <> '' and not {neighbour})", "0"),
        "clash": (f"path in (select path from m where {neighbour})", "size"),
        "twins_by_case": ("normal in (select normal from twins where not form)", "0"),
        "twins_by_form": ("normal in (select normal from twins where form)", "0"),
        "too_large": (f"kind = 'file' and size > {limit}", "size"),
        "long_path": (f"length(path) >= {LONG}", "length(path)"),
        "no_file": ("kind in ('symlink', 'special')", "0"),
        "unreadable": ("problem is not null", "size"),
        "locked": ("path in (select path from locks)", "size"),
        "changing": ("path in (select path from changed)", "size"),
        "empty": (f"kind = 'file' and size = 0 and problem is null and regexp_matches({_NAME}, '{_DOCUMENT}')", "0"),
        "time": (f"kind = 'file' and (modified > {looking.now + _DAY} or modified < {_FIRST_OF_1980})", "0"),
        "stale": (f"kind = 'file' and modified >= {_FIRST_OF_1980} and modified < {stale}", "size"),
        "huge": (f"kind = 'file' and size >= {HUGE}", "size"),
        **named,
    }  # fmt: skip


def _tallies(
    db: duckdb.DuckDBPyConnection, reach: Reach, where: str, rank: str = "size", of: str = "o"
) -> dict[str, Tally]:
    """The entries *where*, by wave; the examples are those of the highest *rank*."""
    most = "max(length(path))" if rank == "length(path)" else "0"
    rows = db.execute(f"""
        with hit as (select space, path, size, {rank} as rank from {of} where {where}),
        seen as (select coalesce(wave, '') as wave, space, path, size, rank,
            exists (select 1 from hidden where path = top or starts_with(path, top || '/')) as veiled
            from hit left join waves using (space))
        select wave, count(*), sum(size), arg_min(path, (-rank, path), {EXAMPLES}) filter (not veiled), {most},
            count(*) filter (veiled), list(distinct space) filter (not veiled)
        from seen group by wave
    """).fetchall()
    return {wave: _tally(reach, *row) for wave, *row in rows}


def _tally(
    reach: Reach,
    count: int,
    size: Any,
    paths: list[str] | None,
    most: Any,
    hidden: int,
    spaces: list[str] | None,
) -> Tally:
    examples = tuple(shown(decode(path)) for path in paths or ())
    return Tally(count, int(size or 0), examples, int(most or 0), hidden, reach.of_spaces(spaces or ()))


def _critical(
    db: duckdb.DuckDBPyConnection, wheres: Mapping[str, str], old: Manifest, looking: Looking
) -> dict[str, dict[str, Tally]]:
    """Critical files among what is lost, and among what changes on the way."""
    named = " or ".join(["path glob ?"] * len(looking.critical)) or "false"
    labelled, values = "false", list(looking.critical)
    if looking.labels and old.has("labels"):
        old.rows(db, "labels").create_view("labels")
        labelled = "path in (select path from labels where list_contains(?, label))"
        values.append(list(looking.labels))  # type: ignore[arg-type]
    db.execute(
        f"create temp table crit as select * from o where kind = 'file' and ({named} or {labelled})", values
    )
    lost = " or ".join(f"({wheres[what]})" for what in _LOSING if what in wheres)
    hit = " or ".join(f"({wheres[what]})" for what in _CHANGING if what in wheres)
    return {
        "critical_lost": _tallies(db, looking.reach, lost, of="crit"),
        "critical_hit": _tallies(db, looking.reach, f"({hit}) and not ({lost})", of="crit"),
    }


def _equal(db: duckdb.DuckDBPyConnection, reach: Reach) -> dict[str, Tally]:
    """All but the first of files with one content, by the wave of each."""
    db.execute("""
        create temp table surplus as select path, space, size, kind from (
            select path, space, size, kind, row_number() over (partition by size, digest order by path) as place
            from (select path, space, size, kind, coalesce(hex(sha256), digests[1]) as digest from o where kind = 'file' and size > 0)
            where digest is not null
        ) where place > 1
    """)
    return _tallies(db, reach, "true", of="surplus")


def _wide(db: duckdb.DuckDBPyConnection, reach: Reach) -> dict[str, Tally]:
    db.execute(f"""
        create temp table broad as select path, split_part(path, '/', 1) as space, n as size from (
            select left(path, greatest(length(path) - strpos(reverse(path), '/'), 0)) as path, count(*) as n
            from o where contains(path, '/') group by 1 having count(*) > {WIDE})
    """)
    widest = _tallies(db, reach, "true", of="broad")
    rows = dict(
        db.execute(
            "select coalesce(wave, ''), max(size) from broad left join waves using (space) group by 1"
        ).fetchall()
    )
    return {wave: replace(it, bytes=0, most=rows[wave]) for wave, it in widest.items()}
