"""
What becomes of files and folders themselves: content, names and times.

All of it in DuckDB: a million entries never stand in memory.
"""

from __future__ import annotations

from collections.abc import Iterator

from lading.connectors.profile import Profile
from lading.manifest.engine import duckdb
from lading.manifest.mapping import map_names
from lading.model.fidelity import Account
from lading.model.losses import Feature
from lading.stages.planning.counting import EXAMPLES, Group, Ranked, account

HANGING = ("old_grants", "old_links", "old_versions")

_FATE = """
create or replace temp table fate as
select path, kind, size, modified, case
    when kind = 'symlink' then 'other.symlink'
    when kind = 'special' then 'other.special'
    when path in (select path from refused) then if(kind = 'file', 'content.no_entry', 'folder.no_entry')
    when problem is not null then if(kind = 'file', 'content.unreadable', 'folder.unreadable')
    when kind = 'file' and size > {limit} then 'content.too_large'
end as loss
from o
"""
_MOST = 2**63 - 1


def prepare(db: duckdb.DuckDBPyConnection, new: Profile) -> None:
    """
    Make `fate` (path, kind, size, modified, loss) of the entries `o`, and `gone`: paths on which nothing arrives.

    What hangs on a path that is no entry does not arrive either.
    """
    db.execute("create or replace temp table l (old_path varchar, new_path varchar)")
    map_names(db, new.names)
    db.execute(_FATE.format(limit=_MOST if new.size_limit is None else new.size_limit))
    db.execute("create or replace temp table gone as select path from fate where loss is not null")
    for table in HANGING:
        db.execute(
            f"insert into gone select distinct path from {table} where path <> '' and path not in (select path from o)"
        )


def accounts(db: duckdb.DuckDBPyConnection, new: Profile) -> Iterator[Account]:
    """The accounts of files, folders, other things, names and times."""
    unlisted = db.execute("select count(*) from fate where loss = 'folder.unreadable'").fetchall()[0][0]
    unknown = "unlisted" if unlisted else None
    yield _counted(db, Feature.CONTENTS, "loss", "kind = 'file'", "-size", unknown)
    yield _counted(db, Feature.FOLDERS, "loss", "kind = 'folder'", "length(path)", unknown)
    yield _counted(db, Feature.OTHERS, "loss", "kind in ('symlink', 'special')", "0")
    names = """
        case when path in (select path from refused) then 'name.refused'
        when path in (select path from m where why <> '') then 'name.mapped' end
    """
    yield _counted(db, Feature.NAMES, names, "kind in ('file', 'folder')", "length(path)")
    yield _times(db, Feature.FILE_TIMES, "file_time", "file", new, keeps=new.keeps_modified)
    keeps = new.keeps_modified and new.keeps_folder_times
    yield _times(db, Feature.FOLDER_TIMES, "folder_time", "folder", new, keeps=keeps)


def _times(
    db: duckdb.DuckDBPyConnection, feature: Feature, code: str, kind: str, new: Profile, *, keeps: bool
) -> Account:
    grain = new.clock_grain
    first, last = new.modified_range or (-_MOST, _MOST)
    rounded = f"modified - ((modified % {grain}) + {grain}) % {grain}"
    loss = f"""case when loss is not null then '{code}.no_entry'
        when not {keeps} then '{code}.lost'
        when {rounded} < {first} or {rounded} > {last} then '{code}.held'
        when {rounded} <> modified then '{code}.rounded' end"""
    return _counted(db, feature, loss, f"kind = '{kind}' and modified is not null", "length(path)")


def _counted(
    db: duckdb.DuckDBPyConnection,
    feature: Feature,
    loss: str,
    where: str,
    rank: str,
    unknown: str | None = None,
) -> Account:
    """The account of the entries *where*: *loss* and *rank* are SQL, the code (or null) and how bad it is."""
    rows = db.execute(f"""
        select loss, count(*), arg_min({{'rank': rank, 'path': path, 'what': what}}, (rank, path), {EXAMPLES})
        from (
            select {loss} as loss, {rank} as rank, path, if(kind = 'file', size || ' B', kind) as what
            from fate where {where}
        ) group by loss
    """).fetchall()
    (found,) = db.execute(f"select count(*) from fate where {where}").fetchall()[0]
    groups = [
        Group((code,) if code else (), count, [Ranked(**it) for it in examples] if code else ())
        for code, count, examples in rows
    ]
    return account(feature, groups, found, unknown)
