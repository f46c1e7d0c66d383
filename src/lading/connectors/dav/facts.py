"""
Entries from what servers say: properties of a multistatus, or headers of an answer.

Pure functions.  What cannot be understood (a date, a length) is unknown, not a
failure: other properties of the entry still hold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lading.connectors.dav.multistatus import CHECKSUMS, ETAG, FILE_ID, LENGTH, MODIFIED, Told
from lading.connectors.http.headers import length_of, moment
from lading.model.entry import Entry, Kind
from lading.model.errors import Forbidden, Unreadable
from lading.model.paths import Path

_TAG = re.compile(r"[\x21\x23-\x7e]+")  # RFC 9110, 8.8.3, without what is not ASCII
# The lengths of hex digests that a server may tell.
_DIGESTS = {"SHA1": ("sha1", 40), "MD5": ("md5", 32), "SHA256": ("sha256", 64)}


def opaque(etag: str | None) -> str | None:
    """
    The tag without what differs between answers about the same content: `W/` and quotes.

    Apache calls a tag weak for a moment after each write; WsgiDAV leaves the quotes out in listings.
    """
    if not etag:
        return None
    etag = etag.strip()
    if etag[:2] in ("W/", "w/"):
        etag = etag[2:]
    if len(etag) >= 2 and etag[0] == etag[-1] == '"':
        etag = etag[1:-1]
    return etag or None


def sendable(etag: str) -> bool:
    """Whether the tag can stand in a header: a hostile server may tell one with a line end in it."""
    return _TAG.fullmatch(etag) is not None


def digests_of(text: str | None) -> tuple[tuple[str, str], ...]:
    """The digests in a text like `SHA1:… MD5:…`; unknown algorithms and broken digests are left out."""
    found = {}
    for word in (text or "").split():
        algorithm, _, digest = word.partition(":")
        name, length = _DIGESTS.get(algorithm.upper(), ("", 0))
        if name and re.fullmatch(f"[0-9a-fA-F]{{{length}}}", digest):
            found[name] = digest.lower()
    return tuple(sorted(found.items()))


def entry_told(path: Path, told: Told, *, digests: bool = False) -> Entry:
    """
    The entry at *path* as *told*; a file whose length is not told has size -1.

    *digests*: the server computes its checksums itself, so they may be passed on.
    """
    properties = told.properties
    modified, id_ = moment(properties.get(MODIFIED)), properties.get(FILE_ID) or None
    if told.folder:
        return Entry(path, Kind.FOLDER, 0, modified, id_, None, (), _problem(told))
    size = length_of(properties.get(LENGTH))
    known = digests_of(properties.get(CHECKSUMS)) if digests else ()
    problem = _problem(told)
    if size is None:
        size = 0 if problem else -1
    return Entry(path, Kind.FILE, size, modified, id_, opaque(properties.get(ETAG)), known, problem)


def entry_answered(path: Path, size: int, headers: Mapping[str, str]) -> Entry:
    """The file at *path* as the headers of GET or HEAD describe it."""
    return Entry(
        path, Kind.FILE, size, moment(headers.get("last-modified")), None, opaque(headers.get("etag"))
    )


def _problem(told: Told) -> str | None:
    status = told.status if told.status >= 400 else told.refused
    if not status:
        return None
    return Forbidden.code if status in (401, 403) else Unreadable.code
