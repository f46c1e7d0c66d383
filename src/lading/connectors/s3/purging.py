"""
Removing our own unfinished objects for good: in a bucket with versions a removal alone would keep them all.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from lading.connectors.s3.listing import page_of
from lading.connectors.s3.marks import lock_in
from lading.connectors.s3.signing import Query
from lading.connectors.s3.trouble import error_of
from lading.connectors.s3.wire import Ask, Wire
from lading.model.errors import DriveError, Forbidden
from lading.model.paths import ROOT
from lading.model.text import Text

_RETAINED = Text(
    "it is under retention until {until}; nobody can remove it before",
    "该对象处于保留期，至 {until} 为止，在此之前任何人都不能删除",
)
_HELD = Text(
    "it is under a legal hold; nobody can remove it until that is lifted",
    "该对象处于依法保留（legal hold）状态，解除之前任何人都不能删除",
)


def purge(wire: Wire, prefix: str, *, versioned: bool, first: str = "") -> None:
    """
    Remove every object below *prefix*, all its versions included; with *first* only keys from that one on.

    The last key goes first: what is left when this is cut off is a row without its end.

    Raises:
        Forbidden: one may not be removed, by the rights of the key or by a lock, which is named then.
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
    for ask, answer in zip(asks, wire.many(asks), strict=True):
        if isinstance(answer, DriveError):
            raise answer
        if answer.status >= 300 and answer.status != 404:
            raise _explained(wire, ask, error_of(answer, ROOT))


def _explained(wire: Wire, ask: Ask, error: DriveError) -> DriveError:
    """*error*, in the words of the lock that stands before it, if one does: servers say only that access is denied."""
    if not isinstance(error, Forbidden) or ask.key is None:
        return error
    answer = wire.call(Ask("HEAD", ask.key, ROOT, ask.query))
    held = lock_in(ROOT, answer.headers, time.time_ns()) if answer.status == 200 else None
    if held is None:
        return error
    if held.expires is None:
        return Forbidden(ask.key, _HELD)
    until = datetime.fromtimestamp(held.expires / 1e9, UTC).isoformat(timespec="seconds")
    return Forbidden(ask.key, Text(*(said.format(until=until) for said in _RETAINED)))
