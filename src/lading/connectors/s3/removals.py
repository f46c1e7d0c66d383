"""
What a bucket with versions keeps of removals: the marks, and the contents of files that are removed.

Neither is a version of a file that is there, and no drive of ours can be given one: they are told so that whoever moves
knows how many stay behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby

from lading.connectors.names import check_names
from lading.connectors.s3.facts import Listed
from lading.connectors.s3.keys import PARTS, file_key, path_of
from lading.connectors.s3.listing import every, page_of
from lading.connectors.s3.signing import Query
from lading.connectors.s3.wire import Wire
from lading.model.access import REMOVAL, REMOVED_VERSION, Setting
from lading.model.paths import Path


class S3Settings:
    """Removals below the root of *wire*, by the key that was removed."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self, path: Path) -> tuple[Setting, ...]:
        """The removals of this key, also where no file has it now."""
        check_names(path)
        if not path:
            return ()
        key = self._wire.prefix + file_key(path)
        query: Query | None = [("versions", ""), ("encoding-type", "url"), ("prefix", key)]
        found: list[Listed] = []
        while query is not None:
            page = page_of(self._wire, query, path)
            found += [it for it in page.objects if it.key == key]
            query = None if any(it.key > key for it in page.objects) else page.more
        return tuple(removals_in(path, found))

    def all(self) -> Iterator[Setting]:
        """Every removal, in one pass over the versions of the bucket."""
        ours = f"{self._wire.prefix}{PARTS}/"
        rows = (it for page in every(self._wire, versions=True) for it in page)
        for key, told in groupby(rows, key=lambda it: it.key):
            if not key.startswith(ours) and not key.endswith("/"):
                yield from removals_in(path_of(key[len(self._wire.prefix) :]), list(told))


def removals_in(path: Path, told: list[Listed]) -> Iterator[Setting]:
    """The marks of removals in *told*, all that is listed of one key, and its contents if the latest is such a mark."""
    gone = any(it.latest and it.deleted for it in told)
    for it in told:
        when = "" if it.modified is None else datetime.fromtimestamp(it.modified / 1e9, UTC).isoformat()
        if it.deleted:
            yield Setting(path, REMOVAL, when)
        elif gone:
            yield Setting(path, REMOVED_VERSION, f"{when} {it.size} B")
