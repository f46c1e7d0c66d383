"""
Removing our own unfinished objects for good: in a bucket with versions a removal alone would keep them all.
"""

from __future__ import annotations

from lading.connectors.s3.listing import page_of
from lading.connectors.s3.signing import Query
from lading.connectors.s3.trouble import error_of
from lading.connectors.s3.wire import Ask, Wire
from lading.model.errors import DriveError
from lading.model.paths import ROOT


def purge(wire: Wire, prefix: str, *, versioned: bool, first: str = "") -> None:
    """
    Remove every object below *prefix*, all its versions included; with *first* only keys from that one on.

    The last key goes first: what is left when this is cut off is a row without its end.
    """
    kind = ("versions", "") if versioned else ("list-type", "2")
    query: Query | None = [kind, ("encoding-type", "url"), ("prefix", prefix)]
    found: list[tuple[str, str]] = []
    while query is not None:
        page = page_of(wire, query)
        found += [(it.key, it.version) for it in page.objects if it.key >= first]
        query = page.more
    found.sort(reverse=True)
    asks = [
        Ask("DELETE", key, ROOT, (("versionId", version),) if versioned else ()) for key, version in found
    ]
    for answer in wire.many(asks):
        if isinstance(answer, DriveError):
            raise answer
        if answer.status >= 300 and answer.status != 404:
            raise error_of(answer, ROOT)
