"""
Tables out of raw rows: each row once, in order, with a fingerprint; out of core.

Where a drive tells a whole list for every entry (POSIX), a list is written only
where it differs from the one of the folder above, in the words of the
vocabulary: as a `reset` (which the root does not need), and the list with reach `all`.  So everybody can do on
every entry exactly what the whole lists say, out of few rows.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from lading.manifest import few
from lading.manifest.engine import MEMORY, duckdb, engine, enough_for, insist
from lading.manifest.files import local_errors
from lading.manifest.fingerprint import table_print
from lading.manifest.parts import Part, PartWriter
from lading.manifest.read import entries_of
from lading.manifest.schema import ROW_GROUP
from lading.manifest.tables import FOLDER, PROBLEMS, TABLES, Feature, quoted

_SORTED_BY = 4
"""Columns that put a table into order: where, and what about it."""


class TableTask(NamedTuple):
    """Make table *name* of the manifest in *directory* out of raw *files*."""

    directory: str
    name: str
    files: list[str]


class ProblemsTask(NamedTuple):
    """Make the table of problems out of the raw files of features that were asked entry by entry."""

    directory: str
    files: Mapping[Feature, list[str]]


class Made(NamedTuple):
    """A finished table, and what `manifest.json` says about it."""

    name: str
    facts: dict[str, Any]


def make_table(task: TableTask) -> Made:
    """Make one table, in a worker; one that is there is replaced."""
    if few.are_few(task.files):
        with local_errors(task.directory):
            return _made_of(few.table_rows(task.name, task.files), task.directory, task.name)
    with local_errors(task.directory), engine(task.directory) as connection:
        entries_of(connection, task.files).create_view("raw")
        limits = _limits(task.files)
        query = f"select distinct {_columns(task.name)} from raw where problem is null"
        if task.name == Feature.GRANTS:
            query = insist(connection, lambda: _grants(connection), *limits)
        return _made(connection, task.directory, task.name, query, limits)


def make_problems(task: ProblemsTask) -> Made:
    """Make the table of problems, in a worker; one that is there is replaced."""
    if few.are_few(file for files in task.files.values() for file in files):
        with local_errors(task.directory):
            return _made_of(few.problem_rows(task.files), task.directory, PROBLEMS)
    empty = "select '' as path, '' as feature, '' as problem where false"
    with local_errors(task.directory), engine(task.directory) as connection:
        for feature, files in task.files.items():
            entries_of(connection, files).create_view(f"raw_{feature}")
        told = [
            f"select path, '{feature}', problem from raw_{feature} where problem is not null"
            for feature in task.files
        ]
        limits = _limits([file for files in task.files.values() for file in files])
        return _made(connection, task.directory, PROBLEMS, " union all ".join([empty, *told]), limits)


def table_file(directory: str, name: str) -> str:
    """Where table *name* of the manifest in *directory* is."""
    return os.path.join(directory, FOLDER, f"{name}.parquet")


_WHOLE_LISTS = """
select count(here) > 0 and count(*) filter (reach in ('all', 'below') or effect in ('break', 'reset')) = 0 from raw
"""

# The list of an entry that could not be asked is not known, so nothing below can be left out for it.
_OWN_LISTS = """
create or replace table own as
select one.path from raw as one
left join (select path, here, later from raw where here is not null) as above on one.folder = above.path
where one.here is not null
and (above.path is null or one.here <> above.here or coalesce(one.later <> above.later, false))
"""

_COMPRESSED = """
select distinct {columns} from (
    select * replace (case when reach = 'here' then 'all' else reach end as reach)
    from raw where effect is not null and path in (select path from own)
    union all by name
    select
        path, 'reset' as effect, 'everybody' as principal_kind, '' as principal, 0::tinyint as role, 0::tinyint as rank,
        'all' as reach, []::varchar[] as rights, '' as source
    from own where path <> ''
)
"""


def _grants(connection: duckdb.DuckDBPyConnection) -> str:
    """The rows of the table of grants, as a query."""
    columns = _columns(Feature.GRANTS)
    # Where grants reach further by themselves, the drive has said what is handed down.
    if not connection.sql(_WHOLE_LISTS).fetchall()[0][0]:
        return f"select distinct {columns} from raw where effect is not null"
    connection.execute(_OWN_LISTS)
    return _COMPRESSED.format(columns=columns)


def _made_of(rows: Sequence[few.Row], directory: str, name: str) -> Made:
    """The table *name* of few *rows*."""
    os.makedirs(os.path.join(directory, FOLDER), exist_ok=True)
    with PartWriter(table_file(directory, name), TABLES[name], repeated=True) as file:
        file.add_table(few.as_table(rows, TABLES[name]))
        part = file.finish()
    return Made(name, {**part._asdict(), "fingerprint": few.rows_print(rows)})


def _made(
    connection: duckdb.DuckDBPyConnection, directory: str, name: str, query: str, limits: tuple[str, ...]
) -> Made:
    os.makedirs(os.path.join(directory, FOLDER), exist_ok=True)
    file = table_file(directory, name)
    part = insist(connection, lambda: _write(connection, file, TABLES[name], query), *limits)
    entries_of(connection, [file]).create_view(name)
    fingerprint = insist(connection, lambda: table_print(connection, name), *limits)
    return Made(name, {**part._asdict(), "fingerprint": fingerprint})


def _write(connection: duckdb.DuckDBPyConnection, file: str, schema: pa.Schema, query: str) -> Part:
    order = ", ".join(str(number) for number in range(1, min(_SORTED_BY, len(schema)) + 1))
    with PartWriter(file, schema, repeated=True) as part:
        for batch in connection.sql(f"{query} order by {order}").to_arrow_reader(ROW_GROUP):
            columns = [column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)]
            part.add_table(pa.Table.from_arrays(columns, schema=schema))
        return part.finish()


def _columns(name: str) -> str:
    return ", ".join(map(quoted, TABLES[name].names))


def _limits(files: list[str]) -> tuple[str, ...]:
    return enough_for(sum(pq.read_metadata(file).num_rows for file in files)), MEMORY, "2GB"
