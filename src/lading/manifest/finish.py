"""
The last step of a scan: count, put into order, take the fingerprint.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from lading.manifest import few
from lading.manifest.engine import MEMORY, duckdb, engine, enough_for, insist
from lading.manifest.files import local_errors
from lading.manifest.fingerprint import ALGORITHM, SpacePrint, Tree, fingerprints, space_leaf
from lading.manifest.parts import FOLDER, Part, PartWriter, batches_of
from lading.manifest.read import SPACES_FILE, entries_of
from lading.manifest.schema import ROW_GROUP, SPACES
from lading.model.entry import Kind

_COUNTS = """
select
    kind,
    count(*) as objects,
    coalesce(sum(size), 0)::bigint as bytes,
    count(problem) as problems,
    count(sha256) as digested,
    count(*) filter (len(digests) > 0) as served
from entries
group by kind
"""


def finished_facts(directory: str, parts: list[Part], tally: few.Tally | None = None) -> dict[str, Any]:
    """
    What `manifest.json` says about the entries in *parts*; `spaces.parquet` is written beside it.

    Few of them are counted here unless that was done already (*tally*).
    Files in the folder of the parts that do not belong to it are removed.
    """
    _sweep(directory, parts)
    files = [os.path.join(directory, FOLDER, part.name) for part in parts]
    if tally is not None or few.are_few(files):
        with local_errors(directory):
            told = tally or few.tallied(
                batch for file in files for batch in batches_of(file, few.TALLIED, rows=few.AT_ONCE)
            )
            return {**told.counts, **_listed(parts), **_fingerprint(told.spaces, directory)}
    with engine(directory) as connection:
        entries_of(connection, files).create_view("entries")
        limits = enough_for(sum(part.rows for part in parts)), MEMORY, "2GB"
        return {
            **insist(connection, lambda: _counts(connection), *limits),
            **_listed(parts),
            **insist(connection, lambda: _fingerprint(fingerprints(connection), directory), *limits),
        }


def _listed(parts: list[Part]) -> dict[str, Any]:
    return {"parts": [part._asdict() for part in sorted(parts)]}


def _sweep(directory: str, parts: list[Part]) -> None:
    """Workers of a killed scan may have finished a part after we had looked."""
    ours = {part.name for part in parts}
    for name in os.listdir(os.path.join(directory, FOLDER)):
        if name not in ours:
            os.unlink(os.path.join(directory, FOLDER, name))


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    counts = {kind.value: {"objects": 0, "bytes": 0} for kind in Kind}
    problems = digested = served = 0
    for kind, objects, size, *others in connection.sql(_COUNTS).fetchall():
        counts[kind] = {"objects": objects, "bytes": size}
        problems, digested, served = problems + others[0], digested + others[1], served + others[2]
    return {"counts": counts, "problems": problems, "digested": digested, "served": served}


def _fingerprint(spaces: Iterable[SpacePrint], directory: str) -> dict[str, Any]:
    """The fingerprint over all *spaces*, which are written down."""
    tree, content, waiting = Tree(), True, []
    with PartWriter(os.path.join(directory, SPACES_FILE), SPACES) as file:
        for space in spaces:
            tree.add(space_leaf(space))
            content = content and space.content
            waiting.append(space)
            if len(waiting) == ROW_GROUP:
                file.add_table(_table(waiting))
                waiting = []
        file.add_table(_table(waiting))
        facts = file.finish()
    return {
        "spaces": {"name": facts.name, "rows": facts.rows, "bytes": facts.bytes, "sha256": facts.sha256},
        "fingerprint": {"algorithm": ALGORITHM, "all": tree.root().hex(), "content": content},
    }


def _table(spaces: list[SpacePrint]) -> pa.Table:
    return pa.Table.from_pylist([space._asdict() for space in spaces], schema=SPACES)
