"""
All grants of a manifest, translated; out of core.

Entries with the same list are translated once.  Then what only the whole tree tells is left out: allowances that
a denial, a break or a folder without passage limits, where NEW cannot hold that limit.  In doubt more is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from lading.manifest.circles import People
from lading.manifest.engine import duckdb
from lading.manifest.translate.grants import translate
from lading.manifest.translate.passage import Gate, Passes, everyone
from lading.manifest.translate.target import Target
from lading.model.access import Effect, Grant, Principal, PrincipalKind, Reach, Role
from lading.model.identity import Key
from lading.model.paths import ROOT

_BATCH = 10_000
"""Lists that are translated at once."""

_Row = tuple[object, ...]

_DECIDED = pa.schema(
    [
        ("shape", pa.string()),
        ("folder", pa.bool_()),
        ("n", pa.int32()),
        ("effect", pa.string()),
        ("kind", pa.string()),
        ("id", pa.string()),
        ("role", pa.int8()),
        ("reach", pa.string()),
        ("expires", pa.int64()),
        ("new_effect", pa.string()),
        ("new_kind", pa.string()),
        ("new_id", pa.string()),
        ("new_role", pa.int8()),
        ("new_reach", pa.string()),
        ("new_expires", pa.int64()),
        ("losses", pa.list_(pa.string())),
        ("holds", pa.bool_()),
    ]
)

_MEETING = pa.schema([(name, pa.string()) for name in ("kind", "id", "other_kind", "other_id")])
_WHO_PASSES = pa.schema([(name, pa.string()) for name in ("shape", "kind", "id", "passes")])

_LISTS = """
create or replace temp table g_lists as
select *, sha256(to_json(acl)::varchar) as shape from (
    select
        path,
        coalesce(any_value(entry.kind) = 'folder', path = '') as folder,
        list(
            struct_pack(effect, principal_kind, principal, role, rank, reach, rights, expires)
            order by effect, principal_kind, principal, role, rank, reach, rights, expires
        ) as acl
    from old_grants left join old_entries as entry using (path) group by path
)
"""

# Each list once for folders and once for files.
_SHAPES = """
create or replace temp table g_shapes as
select *, row_number() over (order by shape, folder) as number
from (select shape, folder, any_value(acl) as acl from g_lists group by shape, folder)
"""

_UP = "list_transform(range(len(string_split({path}, '/'))), lambda i: array_to_string(string_split({path}, '/')[1:i], '/'))"
_TRANSLATED = """
create or replace temp table translated as
    select g_lists.path, g_decided.* exclude (folder) from g_lists join g_decided using (shape, folder)
    where g_lists.path not in (select path from gone)
"""
_TABLES = f"""
create or replace temp macro above(path) as case when path = '' then []::varchar[] else {_UP.format(path="path")} end;
create or replace temp macro parent(path) as
    if(contains(path, '/'), regexp_replace(path, '/[^/]*$', ''), '');
create or replace temp table left_out (path varchar, n integer, code varchar);
create or replace temp view allowed as select * from translated where effect = 'allow' and new_role is not null;
create or replace temp view unheld as
    select * from translated where effect <> 'allow' and not holds and effect is not null;
"""

# An allowance overlaps a denial where one lies above the other and reaches it.
_DENIED = """
create or replace temp table denials as
    select path, kind, id, role, reach from unheld where effect = 'deny';
insert into left_out
select distinct one.path, one.n, 'grant.denial_lost'
from (select *, unnest(list_append(above(path), path)) as place from denials) as denial
join allowed as one on one.path = denial.place and (one.path = denial.path or one.reach <> 'here')
join meeting on meeting.kind = one.kind and meeting.id = one.id
    and meeting.other_kind = denial.kind and meeting.other_id = denial.id
where one.new_role >= denial.role
union
select distinct one.path, one.n, 'grant.denial_lost'
from (select *, unnest(above(path)) as place from allowed) as one
join denials as denial on denial.path = one.place and denial.reach <> 'here'
join meeting on meeting.kind = one.kind and meeting.id = one.id
    and meeting.other_kind = denial.kind and meeting.other_id = denial.id
where one.new_role >= denial.role
"""

# Who is given as much again at the break loses nothing by it, so the break takes nothing from that allowance.
_BROKEN = """
insert into left_out
select distinct one.path, one.n, 'grant.break_lost'
from (select path as place, unnest(above(path)) as up from unheld where effect in ('break', 'reset')) as broken
join allowed as one on one.path = broken.up and one.reach <> 'here'
where not exists (
    select 1 from translated as again
    where again.path = broken.place and again.effect = 'allow' and again.reach = 'all'
    and again.kind = one.kind and again.id = one.id and again.role >= one.new_role
    and (again.expires is null or (one.new_expires is not null and again.expires >= one.new_expires))
    and not list_contains(again.losses, 'grant.first_rule')
)
"""

# What one principal has in one folder is looked at once, whatever it holds.
_BELOW = """
create or replace temp table g_below as
select parent, kind, id, unnest(list_append(above(parent), parent)) as up
from (select distinct parent(path) as parent, kind, id from allowed where path <> '');
create or replace temp table g_asked as
select shape, any_value(acl) as acl, list(distinct struct_pack(kind, id)) as whom,
    row_number() over (order by shape) as number
from g_below join g_lists on g_lists.path = g_below.up group by shape
"""

_SHUT = """
insert into left_out
select path, n, code from allowed join (
    select parent, kind, id, if(bool_or(passes = 'none'), 'grant.out_of_reach', 'grant.passage') as code
    from g_below join g_lists on g_lists.path = g_below.up join shut using (shape, kind, id)
    group by parent, kind, id
) as barred on barred.parent = parent(allowed.path) and barred.kind = allowed.kind and barred.id = allowed.id
where path <> ''
"""

# Where nothing is denied above, a break does all that the reset did.
_CARRIED = """
create or replace temp table g_denied_above as
select distinct path from (
    select path, unnest(above(path)) as up from translated where list_contains(losses, 'break.denials')
) where up in (select path from translated where new_effect = 'deny' and new_reach <> 'here');
create or replace temp view carried as
select
    translated.* exclude (losses, new_role, new_effect),
    case when code is null then new_role end as new_role,
    case when code is null then new_effect end as new_effect,
    case when code is not null then [code]
        when path in (select path from g_denied_above) then losses
        else list_filter(losses, lambda loss: loss <> 'break.denials') end as losses
from translated left join (select path, n, min(code) as code from left_out group by path, n) using (path, n)
"""


def carry_grants(db: duckdb.DuckDBPyConnection, to: Target) -> None:
    """
    Make the view `carried`: a row for each grant of OLD on an entry that arrives, with what is to be set in NEW.

    Asks for `old_grants`, `old_entries` (`path`, `kind`) and `gone` (`path`).  Columns: `path`; `effect`, `kind`, `id`,
    `role`, `reach`, `expires` of OLD (null for a denial beside); the same with `new_` in front (`new_effect` null:
    nothing is set); `losses`, a list of codes.
    """
    db.execute(_LISTS)
    _fill(db, "g_decided", _DECIDED, _decided(db, to))
    db.execute(_TRANSLATED)
    _leave_limited(db, to)
    if to.old.passage and not to.new.passage:
        db.execute(_BELOW)
        _fill(db, "shut", _WHO_PASSES, _shut(db, to))
        db.execute(_SHUT)
    db.execute(_CARRIED)


def leave_unguarded(db: duckdb.DuckDBPyConnection, to: Target) -> None:
    """
    Make `left_out` (`path`, `n`, `code`) of the allowances that are not to be given, because a restriction is not there.

    Asks for `translated` as `carry_grants` leaves it, and for `open` (`path`, `effect`): entries of OLD whose restrictions
    of that effect could not be set in NEW; null: OLD could not tell what stands there.
    """
    db.execute(_OPEN)
    _leave_limited(db, to)
    db.execute(_OPEN_BESIDE)


# Whatever stands on an entry that could not be asked: it may end all that comes from above.
_OPEN = """
update translated set holds = false
    where effect in ('deny', 'break', 'reset') and (path, replace(effect, 'reset', 'break')) in
        (select path, replace(effect, 'reset', 'break') from open where effect is not null);
insert into translated by name
    select path, -1 as n, 'reset' as effect, [] as losses, false as holds from open where effect is null
"""
_OPEN_BESIDE = """
insert into left_out select distinct one.path, one.n, 'grant.denial_lost' from allowed as one
where one.path in (select path from translated where effect is null and path in (select path from open where effect = 'deny'))
"""


def _leave_limited(db: duckdb.DuckDBPyConnection, to: Target) -> None:
    """Leave out what denials and breaks that NEW does not hold had limited."""
    db.execute(_TABLES)
    principals = [
        Key(PrincipalKind(kind), id_)
        for kind, id_ in db.sql("select distinct kind, id from allowed").fetchall()
    ]
    _leave_denied(db, to, principals)
    db.execute(_BROKEN)


def _leave_denied(db: duckdb.DuckDBPyConnection, to: Target, principals: list[Key]) -> None:
    denied = db.sql("select distinct kind, id from unheld where effect = 'deny'").fetchall()
    pairs: list[_Row] = [
        (*one, *other)
        for one in principals
        for other in (Key(PrincipalKind(kind), id_) for kind, id_ in denied)
        if to.circles.overlap(one, other)
    ]
    _fill(db, "meeting", _MEETING, [pairs])
    db.execute(_DENIED)


def _shut(db: duckdb.DuckDBPyConnection, to: Target) -> Iterator[list[_Row]]:
    """For each list of a folder, those with something below it of whom not all get through."""
    everybody = everyone(to.circles, guests=to.old.everybody_guests)
    for batch in _batches(db, "shape, acl, whom", "g_asked"):
        yield [
            (shape, *key, passes)
            for shape, acl, whom in batch
            for gate in (_gate(acl, to, everybody),)
            for key in (Key(PrincipalKind(one["kind"]), one["id"]) for one in whom)
            if (passes := gate.passes(key)) is not Passes.ALL
        ]


def _gate(acl: list[dict[str, Any]], to: Target, everybody: People) -> Gate:
    return Gate([it for it in map(_grant, acl) if not to.ended(it.expires)], to.circles, everybody)


def _decided(db: duckdb.DuckDBPyConnection, to: Target) -> Iterator[list[_Row]]:
    db.execute(_SHAPES)
    for batch in _batches(db, "shape, folder, acl", "g_shapes"):
        yield [
            (shape, folder, number, *_columns(it.old), *_columns(it.new), list(it.losses), it.holds)
            for shape, folder, acl in batch
            for number, it in enumerate(translate(list(map(_grant, acl)), to, folder=folder))
        ]


def _batches(db: duckdb.DuckDBPyConnection, columns: str, table: str) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a *table* with the column `number`, counted from 1, in batches between which others may be asked."""
    start, query = 0, f"select {columns} from {table} where number > ? and number <= ?"
    while rows := db.execute(query, [start, start + _BATCH]).fetchall():
        yield rows
        start += _BATCH


def _grant(told: Mapping[str, Any]) -> Grant:
    return Grant(
        ROOT,
        Principal(PrincipalKind(told["principal_kind"]), told["principal"]),
        frozenset(told["rights"]),
        Effect(told["effect"]),
        Reach(told["reach"]),
        role=Role(told["role"]),
        rank=told["rank"],
        expires=told["expires"],
    )


def _columns(grant: Grant | None) -> _Row:
    if grant is None:
        return (None,) * 6
    who = grant.principal
    return grant.effect, who.kind, who.id, grant.role, grant.reach, grant.expires


def _fill(db: duckdb.DuckDBPyConnection, name: str, schema: pa.Schema, batches: Iterable[list[_Row]]) -> None:
    """Make the table *name* of *batches* of rows."""
    db.register("filling", schema.empty_table())
    db.execute(f"create or replace temp table {name} as select * from filling")
    for rows in batches:
        columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
        db.register("filling", pa.table(arrays, schema=schema))
        db.execute(f"insert into {name} select * from filling")
    db.unregister("filling")
