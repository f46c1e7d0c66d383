"""
Hold two manifests against each other, out of core.

Entries are matched by their exact path.  Matched ones are held against each
other by kind, size and, where both sides know a digest of the content, by
digest; times are not compared.  What stays unmatched on both sides and
differs only in the form of its name (case, composition, trailing dots) is
told as such.  An entry that could not be listed or read is never called equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from lading.manifest.engine import MEMORY, THREADS, Telling, duckdb, engine, enough_for, insist
from lading.manifest.read import Manifest


class What(StrEnum):
    """In what way an entry differs."""

    MISSING = "missing"
    """It is in the first manifest only."""
    EXTRA = "extra"
    """It is in the second manifest only."""
    KIND = "kind"
    SIZE = "size"
    CONTENT = "content"
    NAME_FORM = "name_form"
    """The same but for the form of its name."""
    UNKNOWN = "unknown"
    """One side could not list or read it."""


class Count(NamedTuple):
    """How many objects, and their bytes (as the first manifest has them; extras as the second has)."""

    objects: int = 0
    size: int = 0


class Side(NamedTuple):
    """One side of a difference; *path* is encoded."""

    path: str
    kind: str
    size: int
    sha256: bytes | None
    problem: str | None


class Difference(NamedTuple):
    """An entry that is not the same in both; a side that has none is None."""

    what: What
    a: Side | None
    b: Side | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison found: each entry of either side counts once."""

    same: Count
    differences: Mapping[What, Count]
    by_size: int
    """Files among the same of which no digest is known on both sides: their content was not compared."""
    by_fingerprint: bool
    """Equal fingerprints made it needless to look at single entries."""

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not any(count.objects for count in self.differences.values())

    @property
    def changed(self) -> Count:
        """Entries on both sides that are of another kind, size or content."""
        counts = [self.differences[what] for what in (What.KIND, What.SIZE, What.CONTENT)]
        return Count(sum(count.objects for count in counts), sum(count.size for count in counts))


Take = Callable[[Difference], None]


def nobody_takes(difference: Difference) -> None:
    """Take no notice of *difference*."""


def compare(
    a: Manifest,
    b: Manifest,
    *,
    take: Take = nobody_takes,
    directory: str | None = None,
    memory_limit: str = MEMORY,
    threads: int = THREADS,
) -> Comparison:
    """
    Compare *a* with *b*, handing each difference to *take* in the byte order of paths.

    What does not fit into *memory_limit* is written to *directory* (default: the system's place for temporary files).
    """
    if _surely_equal(a, b):
        return Comparison(Count(a.objects, a.bytes), _none(), _files(a) - a.facts["digested"], True)
    limits = enough_for(a.objects + b.objects), memory_limit
    with engine(directory, threads=threads) as connection:
        a.relation(connection).create_view("a_entries")
        b.relation(connection).create_view("b_entries")
        insist(connection, lambda: _find(connection, a, b), *limits)
        counts = insist(connection, lambda: _counts(connection), *limits)
        by_size = insist(connection, lambda: _by_size(connection, a, b), *limits)
        if take is not nobody_takes:
            insist(connection, _telling(connection, take), *limits)
    known = [count for what, count in counts.items() if what is not What.EXTRA]
    same = Count(
        a.objects - sum(count.objects for count in known), a.bytes - sum(count.size for count in known)
    )
    return Comparison(same, counts, by_size, False)


def _surely_equal(a: Manifest, b: Manifest) -> bool:
    """
    Whether the fingerprints alone prove equality.

    They do not tell problems, nor digests that the servers computed.
    """
    if a.fingerprint != b.fingerprint or a.problems or b.problems:
        return False
    return a.covers_content or not (a.facts["served"] and b.facts["served"])


_JOINED = """
from (select path, normal, kind, size, sha256, problem, {digests} from a_entries) a
full join (select path, normal, kind, size, sha256, problem, {digests} from b_entries) b
on a.path = b.path
"""

_WHAT = """
case
    when b.path is null then 'missing'
    when a.path is null then 'extra'
    when a.kind <> b.kind then 'kind'
    when a.size <> b.size then 'size'
    when {differ} then 'content'
    when a.problem is not null or b.problem is not null then 'unknown'
    else 'same'
end
"""

_COLUMNS = ("path", "normal", "kind", "size", "sha256", "problem", "digests")

# Twins in one group (`A` and `a` against `a.` and `A.`) are paired in the order of their paths.  A file of unknown content
# fits several others: it gets one that fits it best, so that no object is counted twice.
_PAIRS = """
create or replace table pairs as
with numbered as (
    select *, row_number() over (
        partition by what, coalesce(a_normal, b_normal), coalesce(a_kind, b_kind), coalesce(a_size, b_size), {known}
        order by coalesce(a_path, b_path)
    ) as n
    from unequal where what in ('missing', 'extra')
)
select {columns}
from (select * from numbered where what = 'missing') a
join (select * from numbered where what = 'extra') b
on a.a_normal = b.b_normal and a.a_kind = b.b_kind and a.a_size = b.b_size and a.n = b.n
and ({same_content})
qualify row_number() over (partition by a.a_path order by a.a_sha256 is not distinct from b.b_sha256 desc, b.b_path) = 1
and row_number() over (partition by b.b_path order by a.a_sha256 is not distinct from b.b_sha256 desc, a.a_path) = 1
"""


def _find(connection: duckdb.DuckDBPyConnection, a: Manifest, b: Manifest) -> None:
    """Fill the tables `unequal` (what matching by path left over) and `pairs` (name forms among it)."""
    served = _served(a, b)
    digests = "digests" if served else "[]::varchar[] as digests"
    both = ", ".join(f"{side}.{name} as {side}_{name}" for side in "ab" for name in _COLUMNS)
    what = _WHAT.format(differ=_differ("a.{}", "b.{}", served))
    joined = _JOINED.format(digests=digests)
    connection.execute(
        f"create or replace table unequal as select * from (select {what} as what, {both} {joined}) where what <> 'same'"
    )
    digested = a.facts["digested"] and b.facts["digested"]
    pairs = _PAIRS.format(
        known="coalesce(a_sha256, b_sha256)" if digested else "null",
        columns=", ".join(f"{side}.{side}_{name}" for side in "ab" for name in _COLUMNS),
        same_content=f"not {_differ('a.a_{}', 'b.b_{}', served)}",
    )
    connection.execute(pairs)


def _differ(one: str, other: str, served: bool) -> str:
    """SQL: whether digests known on both sides differ; false where there are none in common."""
    own = f"coalesce({one.format('sha256')} <> {other.format('sha256')}, false)"
    if not served:
        return own
    left, right = _marks(one), _marks(other)
    return f"(len(list_intersect({_names(left)}, {_names(right)})) > len(list_intersect({left}, {right})))"


def _marks(side: str) -> str:
    """SQL: all digests of one side as `algorithm:hex`, our own among them."""
    digests, sha256 = side.format("digests"), side.format("sha256")
    own = f"case when {sha256} is null then []::varchar[] else ['sha256:' || lower(hex({sha256}))] end"
    return f"list_distinct(list_concat({digests}, {own}))"


def _names(marks: str) -> str:
    return f"list_transform({marks}, lambda mark: split_part(mark, ':', 1))"


def _served(a: Manifest, b: Manifest) -> bool:
    """Whether digests of the servers have to be looked at."""
    return bool((a.facts["served"] or b.facts["served"]) and not (a.covers_content and b.covers_content))


_DIFFERENCES = """
select what, {columns} from unequal
where not exists (select 1 from pairs where pairs.a_path = unequal.a_path)
and not exists (select 1 from pairs where pairs.b_path = unequal.b_path and unequal.what = 'extra')
union all
select 'name_form', {columns} from pairs
"""


def _differences(columns: str) -> str:
    return _DIFFERENCES.format(columns=columns)


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[What, Count]:
    counts = _none()
    rows = connection.execute(
        "select what, count(*), sum(coalesce(a_size, b_size))::bigint from "
        f"({_differences('a_size, b_size')}) group by what"
    ).fetchall()
    return counts | {What(what): Count(objects, size) for what, objects, size in rows}


def _telling(connection: duckdb.DuckDBPyConnection, take: Take) -> Telling:
    """The differences, handed out in order."""
    width = len(Side._fields)
    columns = ", ".join(f"{side}_{name}" for side in "ab" for name in Side._fields)

    def hand(row: tuple[Any, ...]) -> None:
        what, *values = row
        take(Difference(What(what), _side(values[:width]), _side(values[width:])))

    # The pairs of a name form stand where the first manifest has them.
    return Telling(connection, f"{_differences(columns)} order by coalesce(a_path, b_path), b_path", hand)


def _side(values: list[Any]) -> Side | None:
    return None if values[0] is None else Side(*values)


def _by_size(connection: duckdb.DuckDBPyConnection, a: Manifest, b: Manifest) -> int:
    """Files called the same of which no digest is known on both sides."""
    if a.covers_content and b.covers_content:
        return 0
    served = _served(a, b)
    digests = "digests" if served else "[]::varchar[] as digests"
    common = "a.sha256 is not null and b.sha256 is not null"
    if served:
        left, right = _names(_marks("a.{}")), _names(_marks("b.{}"))
        common = f"len(list_intersect({left}, {right})) > 0"
    what = _WHAT.format(differ=_differ("a.{}", "b.{}", served))
    joined = _JOINED.format(digests=digests)
    rows = connection.execute(
        f"select count(*) {joined} where a.kind = 'file' and not ({common}) and {what} = 'same'"
    ).fetchall()
    return int(rows[0][0])


def _none() -> dict[What, Count]:
    return {what: Count() for what in What}


def _files(manifest: Manifest) -> int:
    return manifest.counts["file"]["objects"]
