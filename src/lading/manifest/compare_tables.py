"""
Hold the tables of two manifests against each other, out of core.

Rows are compared, nothing is concluded from them: who can do what in effect is
told elsewhere.  What names a principal of the first drive can be translated to
the second by a mapping; who is not in it has no counterpart there, and of the
principals themselves only those in it are compared.  Ids of
links, versions and comments and the drives' own words for rights differ
between any two drives and are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import pyarrow as pa

from lading.manifest.engine import MEMORY, THREADS, Telling, duckdb, engine, enough_for, insist
from lading.manifest.read import Manifest
from lading.manifest.row_rules import RULES, Who, ids_of, translations, words
from lading.manifest.tables import PROBLEMS, TABLES, TABLES_OF, quoted, stated


class RowWhat(StrEnum):
    """In what way a row differs."""

    MISSING = "missing"
    """It is in the first manifest only."""
    EXTRA = "extra"
    """It is in the second manifest only."""
    CHANGED = "changed"
    """It has a counterpart that says something else."""
    UNKNOWN = "unknown"
    """The entry could not be asked on one side: counted by entries, not by rows."""


class RowDifference(NamedTuple):
    """A row of *table* that is not the same in both; *fields* are what differs where it is changed."""

    table: str
    what: RowWhat
    fields: tuple[str, ...]
    a: Mapping[str, Any] | None
    b: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class TableComparison:
    """What the comparison of one table found, in rows; *fields* counts what differs in changed ones."""

    same: int
    differences: Mapping[RowWhat, int]
    fields: Mapping[str, int] = field(default_factory=dict)
    by_size: int = 0
    """Versions of the first manifest that were compared by size, for no digest is known on both sides."""

    @property
    def equal(self) -> bool:
        """Whether nothing differs, and nothing is unknown."""
        return not any(self.differences.values())


TakeRow = Callable[[RowDifference], None]


def nobody_takes(difference: RowDifference) -> None:
    """Take no notice of *difference*."""


def compare_tables(
    a: Manifest,
    b: Manifest,
    *,
    who: Who | None = None,
    take: TakeRow = nobody_takes,
    directory: str | None = None,
    memory_limit: str = MEMORY,
) -> dict[str, TableComparison]:
    """
    Compare each table that both manifests have, handing differences to *take* table by table, in the order of paths.

    Without *who* ids mean the same on both sides.  Times count as equal if they are so on the
    coarser of the two clocks.  What does not fit into *memory_limit* is written to *directory*.
    """
    return {
        name: _compared(_Sides(a, b, name, who), take, directory, memory_limit)
        for name in RULES
        if a.has(name) and b.has(name)
    }


class _Sides(NamedTuple):
    """The two tables called *name*."""

    a: Manifest
    b: Manifest
    name: str
    who: Who | None

    @property
    def rows(self) -> int:
        return sum(int(side.tables[self.name]["rows"]) for side in (self.a, self.b))

    @property
    def surely_equal(self) -> bool:
        """Whether the fingerprints alone prove it."""
        one, other = (side.tables[self.name]["fingerprint"] for side in (self.a, self.b))
        asked = all(not side.tables[PROBLEMS]["rows"] for side in (self.a, self.b) if side.has(PROBLEMS))
        return self.who is None and one == other and asked

    @property
    def grain(self) -> int:
        """Nanoseconds in the smallest step of the coarser clock."""
        return max(int(side.facts.get("profile", {}).get("clock_grain", 1)) for side in (self.a, self.b))


def _compared(sides: _Sides, take: TakeRow, directory: str | None, memory_limit: str) -> TableComparison:
    if sides.surely_equal:
        return TableComparison(sides.rows // 2, dict.fromkeys(RowWhat, 0))
    limits = enough_for(sides.rows), memory_limit
    with engine(directory, threads=THREADS) as connection:
        _prepare(connection, sides)
        insist(connection, lambda: _gather(connection, sides), *limits)
        insist(connection, lambda: _match(connection, sides.name), *limits)
        if take is not nobody_takes:
            insist(connection, _telling(connection, sides.name, take), *limits)
        return insist(connection, lambda: _counts(connection), *limits)


def _prepare(connection: duckdb.DuckDBPyConnection, sides: _Sides) -> None:
    """The views `a_raw` and `b_raw`, the paths that are `unknown`, and who is who."""
    features = [feature.value for feature, tables in TABLES_OF.items() if sides.name in tables]
    for side, manifest in (("a", sides.a), ("b", sides.b)):
        manifest.rows(connection, sides.name, numbered=True).create_view(f"{side}_raw")
        if manifest.has(PROBLEMS):
            manifest.rows(connection, PROBLEMS).create_view(f"{side}_problems")
        else:
            connection.execute(f"create view {side}_problems as select '' as path, '' as feature where false")
    told = " union ".join(
        f"select path from {side}_problems where feature = '{features[0]}'" for side in "ab"
    )
    connection.execute(f"create table unknown as {told}")
    for name, pairs in translations(sides.who or {}).items():
        columns = [pa.array(list(values), pa.string()) for values in zip(*pairs.items(), strict=True)] or [
            pa.array([], pa.string())
        ] * 2
        connection.register(f"{name}_arrow", pa.table(columns, names=["id", "becomes"]))
        connection.execute(f"create table {ids_of(name)} as select * from {name}_arrow")


# On which side of a path only one has versions, the current content is the business of the entries.
_VERSIONS = """
select raw.*, case when by_size.path is null then hex(sha256) else size::varchar end as content
from {side}_raw as raw left join by_size on raw.path = by_size.path
where not raw.current or exists (select 1 from {other}_raw as other where other.path = raw.path)
"""

# Whom the mapping gives nobody, and whom it does not name, people have decided about.
_MAPPED = """
select raw.* from {side}_raw as raw where kind || ':' || id in (select {column} from {ids})
"""

_BY_SIZE = """
create or replace table by_size as
select path from (select path, sha256 from a_raw union all select path, sha256 from b_raw)
group by path having count(*) > count(sha256)
"""


def _gather(connection: duckdb.DuckDBPyConnection, sides: _Sides) -> None:
    """The tables `a_rows` and `b_rows`: where each row stands, what it is matched by and what it says."""
    rule, columns = RULES[sides.name], TABLES[sides.name].names
    placed = "path" in columns
    connection.execute(
        _BY_SIZE
        if sides.name == "versions"
        else "create or replace table by_size as select '' as path where false"
    )
    for side, other in ("ab", "ba"):
        places = words(translate=side == "a" and sides.who is not None, grain=sides.grain)
        key = " || ".join(stated(part.format_map(places)) for part in rule.key)
        says = [part.format_map(places) for part in rule.says.values()]
        source = _source(sides, side, other)
        known = "where not exists (select 1 from unknown where unknown.path = source.path)" if placed else ""
        connection.execute(
            f"create or replace table {side}_rows as select file_row_number as at, {quoted(columns[0])} as subject, "
            f"{key} as key, [{', '.join(says)}]::varchar[] as says, {rule.ordered or 0} as seq from {source} as source {known}"
        )


def _source(sides: _Sides, side: str, other: str) -> str:
    """The rows of *side* that are compared, as SQL."""
    if sides.name == "versions":
        return f"({_VERSIONS.format(side=side, other=other)})"
    if sides.name == "principals" and sides.who is not None:
        column = "id" if side == "a" else "becomes"
        return f"({_MAPPED.format(side=side, column=column, ids=ids_of('principal'))})"
    return f"{side}_raw"


_SAME = """
create or replace table same as
select one.at as a_at, other.at as b_at
from (select *, row_number() over (partition by key, says order by seq) as n from a_rows) as one
join (select *, row_number() over (partition by key, says order by seq) as n from b_rows) as other
on one.key = other.key and one.says is not distinct from other.says and one.n = other.n
"""

_REST = """
create or replace table rest as
select one.at as a_at, other.at as b_at, coalesce(one.subject, other.subject) as subject, {fields} as fields
from (select *, row_number() over (partition by key order by says, seq) as n from a_rows
      where not exists (select 1 from same where same.a_at = a_rows.at)) as one
full join (select *, row_number() over (partition by key order by says, seq) as n from b_rows
           where not exists (select 1 from same where same.b_at = b_rows.at)) as other
on one.key = other.key and one.n = other.n
"""

_SWAPPED = """
create or replace table swapped as
select a_at, b_at, subject from (
    select a_at, b_at, one.subject,
        row_number() over (partition by one.subject order by one.seq) as before,
        row_number() over (partition by one.subject order by other.seq) as after
    from (select a_at, b_at from same union all
          select a_at, b_at from rest where a_at is not null and b_at is not null) as pairs
    join a_rows as one on one.at = a_at
    join b_rows as other on other.at = b_at
) where before <> after
"""

_FOUND = """
create or replace table found as
select *, case when b_at is null then 'missing' when a_at is null then 'extra' else 'changed' end as what from (
    select coalesce(rest.a_at, swapped.a_at) as a_at, coalesce(rest.b_at, swapped.b_at) as b_at,
        coalesce(rest.subject, swapped.subject) as subject,
        list_concat(rest.fields, case when swapped.a_at is null then [] else ['order'] end) as fields
    from rest full join swapped on rest.a_at = swapped.a_at and rest.b_at = swapped.b_at
) where a_at is null or b_at is null or len(fields) > 0
"""


def _match(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """The table `found` of all differences."""
    rule = RULES[name]
    connection.execute(_SAME)
    differing = [
        f"case when one.says[{at}] is not null and one.says[{at}] is distinct from other.says[{at}] then '{word}' end"
        for at, word in enumerate(rule.says, 1)
    ]
    fields = f"list_filter([{', '.join(differing)}]::varchar[], lambda word: word is not null)"
    connection.execute(_REST.format(fields=fields))
    nothing = "create or replace table swapped as select a_at, b_at, subject from rest where false"
    connection.execute(_SWAPPED if rule.ordered else nothing)
    connection.execute(_FOUND)


def _counts(connection: duckdb.DuckDBPyConnection) -> TableComparison:
    def one(query: str) -> int:
        return int(connection.execute(query).fetchall()[0][0])

    differences = dict.fromkeys(RowWhat, 0)
    rows = connection.execute("select what, count(*) from found group by what").fetchall()
    differences |= {RowWhat(what): count for what, count in rows}
    differences[RowWhat.UNKNOWN] = one("select count(*) from unknown")
    fields = connection.execute(
        "select word, count(*) from (select unnest(fields) as word from found where what = 'changed') group by word order by word"
    ).fetchall()
    same = one("select count(*) from a_rows") - one("select count(*) from found where a_at is not null")
    by_size = one("select count(*) from a_rows where subject in (select path from by_size)")
    return TableComparison(same, differences, dict(fields), by_size)


def _telling(connection: duckdb.DuckDBPyConnection, name: str, take: TakeRow) -> Telling:
    """The differences in the order of paths."""
    columns = TABLES[name].names

    def hand(row: tuple[Any, ...]) -> None:
        what, fields, a_at, b_at, *values = row
        fields = tuple(fields) if what == RowWhat.CHANGED else ()
        a, b = (
            dict(zip(columns, side, strict=True)) for side in (values[: len(columns)], values[len(columns) :])
        )
        take(
            RowDifference(
                name, RowWhat(what), fields, a if a_at is not None else None, b if b_at is not None else None
            )
        )

    sides = ", ".join(f"{side}_raw.{quoted(column)}" for side in "ab" for column in columns)
    query = (
        f"select what, fields, a_at, b_at, {sides} from found "
        "left join a_raw on a_raw.file_row_number = a_at left join b_raw on b_raw.file_row_number = b_at "
        "order by subject, what, coalesce(a_at, b_at), b_at"
    )
    return Telling(connection, query, hand)
