"""
What a transfer of a manifest moves, as the load that costs are counted by.
"""

from __future__ import annotations

from collections.abc import Collection

from lading.manifest.engine import duckdb
from lading.manifest.read import Manifest
from lading.manifest.tables import Feature
from lading.model.costs import Load

_ROWS = (Feature.GRANTS, Feature.LINKS)


def load_of(manifest: Manifest, features: Collection[Feature] = ()) -> Load:
    """
    The load of *manifest* where *features* go along, as far as they were scanned; the bytes of earlier versions count.

    What is neither file nor folder counts as a file.
    """
    folders = manifest.counts["folder"]["objects"]
    rows = sum(
        int(manifest.tables[it.value]["rows"]) for it in _ROWS if it in features and manifest.has(it.value)
    )
    versions, size = 0, 0
    if Feature.VERSIONS in features and manifest.has("versions"):
        with duckdb.connect() as connection:
            told = manifest.rows(connection, "versions").filter("NOT current")
            # The current version is the content of the entry.
            versions, size = told.aggregate("count(*), coalesce(sum(size), 0)").fetchall()[0]
    return Load(manifest.objects - folders, folders, manifest.bytes + int(size), versions, rows)
