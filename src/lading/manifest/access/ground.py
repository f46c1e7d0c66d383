"""
Entries as the resolver needs them: few nodes, and counts of all others.

A node is an entry with a grant, a link or a question about it, or one above such an entry.  Every other
entry has the rights of the nearest node above it, so of these only the number is needed: how many are on which side.
What works on all entries is SQL and spills to the disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from lading.manifest.access.tables import KEY, Tables, check_words, relation
from lading.manifest.engine import duckdb

_BATCH = 2_000

Moved = Sequence[tuple[str, str]]
"""Old and new path, encoded, of entries whose path the transfer changed, with all below them."""


class Row(NamedTuple):
    """A grant as the table tells it; *number* is its own within its side."""

    number: int
    path: str
    effect: str
    kind: str
    principal: str
    key: str
    role: int
    rank: int
    reach: str
    expires: int | None
    source: str


class Rest(NamedTuple):
    """*entries* that are as the nearest node above; *there* has a bit for each side that has them."""

    there: int
    entries: int
    example: str


class Node(NamedTuple):
    """An entry of interest: *there* has a bit for each side that has it, *grants* are those of each side."""

    path: str
    there: int
    grants: tuple[tuple[Row, ...], ...]
    rest: tuple[Rest, ...]


_SETUP = """
create or replace macro above(path) as
    left(path, greatest(0, length(path) - length(split_part(path, '/', -1)) - 1));
create or replace macro ways(path) as
    list_transform(range(1, len(string_split(path, '/')) + 1), lambda n: array_to_string(string_split(path, '/')[1:n], '/'));
create or replace table moved (old varchar, new varchar);
create or replace table asked (path varchar);
create or replace table granted (
    side utinyint, number bigint, path varchar, effect varchar, kind varchar, principal varchar, key varchar,
    role tinyint, rank tinyint, reach varchar, expires bigint, source varchar
);
create or replace table kept (path varchar, there utinyint);
"""
_MAPPED = """
create or replace table {name} as
select path, arg_max(m.new || substr(path, length(m.old) + 1), length(m.old)) as target
from (select path, unnest(ways(path)) as way from (select distinct path from {source})) p join moved m on p.way = m.old
group by path
"""
_GRANTED = """
insert into granted
select {side}, row_number() over (), coalesce(m.target, g.path), effect, principal_kind, principal, {key},
    role, rank, reach, expires, source
from grants_{side} g {join}
where {where}
"""
_KEPT = """
insert into kept
select path, bit_or(side)::utinyint from ({sides}) where {inside} group by path
"""
_NODES = """
create or replace table nodes as
select path from (
    select distinct unnest(list_prepend('', ways(path))) as path
    from (select distinct path from granted union select path from asked)
)
"""
_REST = """
create or replace table rest as
with alone as (
    select above(path) as parent, there, count(*) as n, min(path) as example
    from kept anti join nodes using (path) group by all
), nearest as (
    select parent, arg_max(nodes.path, length(nodes.path)) as node
    from (select parent, unnest(list_prepend('', ways(parent))) as way from (select distinct parent from alone)) p
    join nodes on p.way = nodes.path group by parent
)
select node, list({'there': there, 'entries': n, 'example': example} order by there) as rest
from (select node, there, sum(n)::bigint as n, min(example) as example from alone join nearest using (parent) group by all)
group by node
"""
# Principals may have other ids on the other side, so they are counted and not compared.
_ENDINGS = """
select expires, bool_or(old <> new) from (
    select expires, count(*) filter (side = 0) as old, count(*) filter (side = 1) as new
    from granted where expires > ? group by path, effect, role, rank, reach, expires
)
group by expires order by expires
"""
_NOTED = """
create or replace table noted as
select path, coalesce(there, 0)::utinyint as there, rest
from nodes left join (select kept.path, there from kept semi join nodes using (path)) using (path)
left join rest on rest.node = path;
drop table kept;
"""
_READ = """
select n.path, n.there, n.rest, g.grants
from noted n
left join (
    select path, list([number::varchar, effect, kind, principal, key, role::varchar, rank::varchar, reach,
        expires::varchar, source, side::varchar] order by side, number) as grants
    from granted group by path
) g using (path)
order by replace(n.path, '/', chr(0))
"""


class Ground:
    """The nodes of one drive, or of two of which the first may have other names."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        sides: Sequence[Tables],
        *,
        moved: Moved = (),
        asked: Iterable[str] = (),
        at: Sequence[str] | None = None,
    ) -> None:
        """
        Prepare *connection*.

        Each path of *asked* (as the last side has it) becomes a node.  With *at* only these entries are
        looked at, with what lies below and above them, and grants for what will be made later are told too.

        Raises:
            BadManifest: a grant uses an unknown word.
        """
        self._connection = connection
        self._sides = len(sides)
        connection.execute(_SETUP)
        _fill(connection, "moved", list(moved), 2)
        _fill(connection, "asked", [(path,) for path in (*asked, *(at or ()))], 1)
        for number, side in enumerate(sides):
            check_words(connection, side)
            relation(connection, side.grants).create_view(f"grants_{number}", replace=True)
            relation(connection, side.entries).create_view(f"entries_{number}", replace=True)
        self._place(at, bool(moved))

    def nodes(self) -> Iterator[Node]:
        """All nodes, each after those above it and before its neighbours."""
        cursor = self._connection.cursor()
        cursor.execute(_READ)
        while found := cursor.fetchmany(_BATCH):
            for path, there, rest, grants in found:
                yield Node(path, there, self._grants(path, grants), tuple(Rest(**one) for one in rest or ()))

    def endings(self, now: int) -> dict[int, bool]:
        """When grants that count at *now* end, in order, and whether they do so on one side only."""
        found = self._connection.execute(_ENDINGS, [now]).fetchall()
        return dict(found)

    def mapped(self, paths: Sequence[str]) -> list[str]:
        """Each of *paths*, which are those of the first side, as the last side has it."""
        self._connection.register("told_paths", pa.table({"path": pa.array(paths, pa.string())}))
        self._connection.execute(_MAPPED.format(name="mapped", source="told_paths"))
        found = dict(self._connection.execute("select path, target from mapped").fetchall())
        return [found.get(path, path) for path in paths]

    def _place(self, at: Sequence[str] | None, moved: bool) -> None:
        run = self._connection.execute
        for side in range(self._sides):
            join, where = self._join(f"grants_{side}", side, moved), "reach <> 'later'"
            if at is not None:
                where = _inside("coalesce(m.target, g.path)", above=True)
            key = KEY.format(kind="principal_kind", id="principal")
            run(_GRANTED.format(side=side, key=key, join=join, where=where))
        sides = " union all ".join(
            f"select coalesce(m.target, g.path) as path, {1 << side} as side from entries_{side} g "
            + self._join(f"entries_{side}", side, moved)
            for side in range(self._sides)
        )
        run(_KEPT.format(sides=sides, inside="true" if at is None else _inside("path")))
        run(_NODES)
        run(_REST)
        run(_NOTED)

    def _join(self, source: str, side: int, moved: bool) -> str:
        """SQL: the join that gives rows `g` of *source* on *side* their path on the other one, as `m.target`."""
        if not moved or side:
            return "left join (select null::varchar as path, null::varchar as target where false) m on false"
        self._connection.execute(_MAPPED.format(name=f"mapped_{source}", source=source))
        return f"left join mapped_{source} m on m.path = g.path"

    def _grants(self, path: str, told: Any) -> tuple[tuple[Row, ...], ...]:
        found: tuple[list[Row], ...] = tuple([] for _ in range(self._sides))
        for number, effect, kind, principal, key, role, rank, reach, expires, source, side in told or ():
            end = None if expires is None else int(expires)
            row = Row(
                int(number), path, effect, kind, principal, key, int(role), int(rank), reach, end, source
            )
            found[int(side)].append(row)
        return tuple(map(tuple, found))


def _inside(path: str, *, above: bool = False) -> str:
    """SQL: whether *path* is one of `asked` or lies below one, or, if wanted, *above* one."""
    ways = "exists (select 1 from asked a where {path} = a.path or a.path = '' or starts_with({path}, a.path || '/')"
    if above:
        ways += " or {path} = '' or starts_with(a.path, {path} || '/')"
    return ways.format(path=path) + ")"


def _fill(connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[str, ...]], width: int) -> None:
    columns = [[row[at] for row in rows] for at in range(width)]
    arrow = pa.table({f"c{at}": pa.array(column, pa.string()) for at, column in enumerate(columns)})
    connection.register("filling", arrow)
    connection.execute(f"insert into {table} select * from filling")
    connection.unregister("filling")
