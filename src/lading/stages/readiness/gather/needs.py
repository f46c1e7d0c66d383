"""What an upgrade will put on a server, out of the manifest of the old drive."""

from __future__ import annotations

from lading.manifest.engine import duckdb
from lading.manifest.read import Manifest
from lading.stages.readiness.facts.servers import Needs


def needs_of(manifest: Manifest, *, hours: tuple[int, ...] = (), workers: int = 2) -> Needs:
    """
    The needs of everything in *manifest*.  Versions count only where it was scanned with them; the vault is taken to
    need as much as content and versions, for nobody knows beforehand how much of it is equal.
    """
    every = 0
    with duckdb.connect() as connection:
        largest = _single(manifest.relation(connection).aggregate("coalesce(max(size), 0)"))
        if manifest.has("versions"):
            every = _single(manifest.rows(connection, "versions").aggregate("coalesce(sum(size), 0)"))
    content = manifest.bytes
    # The table counts the current version too.
    versions = max(every - content, 0)
    return Needs(
        content=content,
        versions=versions,
        vault=content + versions,
        largest=largest,
        files=manifest.objects,
        hours=hours,
        workers=workers,
    )


def _single(relation: duckdb.DuckDBPyRelation) -> int:
    return int(relation.fetchall()[0][0])
