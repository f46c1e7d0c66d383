"""
What headers and listings say about objects, as entries.

The time of a file is kept in the metadata `mtime`, in seconds since 1970 with up to nine decimals, as rclone keeps
it; so each reads the times of the other.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from lading.connectors.http.headers import SECOND, content_range, length_of, moment
from lading.connectors.s3.storage import frozen, problem
from lading.model.access import Version
from lading.model.entry import Entry, Kind
from lading.model.errors import Unreadable
from lading.model.paths import Path, name_from

META = "x-amz-meta-"
MTIME = META + "mtime"
SAVED, AUTHOR, LABEL = META + "lading-saved", META + "lading-author", META + "lading-label"
_TIME = re.compile(r"(-?)(\d{1,12})(?:\.(\d{0,9})\d*)?")
_MD5 = re.compile("[0-9a-f]{32}")
_ENCRYPTED = "x-amz-server-side-encryption"


class Listed(NamedTuple):
    """An object as a listing tells it."""

    key: str
    size: int
    etag: str
    modified: int | None
    storage: str = ""
    version: str = ""
    latest: bool = True
    deleted: bool = False
    """It is no content but the mark of a removal."""


def time_text(nanoseconds: int) -> str:
    """*nanoseconds* since 1970 as the metadata keep them."""
    seconds, rest = divmod(abs(nanoseconds), SECOND)
    sign = "-" if nanoseconds < 0 else ""
    return f"{sign}{seconds}" + (f".{rest:09d}".rstrip("0") if rest else "")


def time_of(text: str | None) -> int | None:
    """Nanoseconds since 1970 of a time in the metadata; None if it is none."""
    found = _TIME.fullmatch(text.strip()) if text else None
    if found is None:
        return None
    sign, seconds, rest = found.groups()
    value = int(seconds) * SECOND + int((rest or "").ljust(9, "0"))
    return -value if sign else value


def etag_of(headers: Mapping[str, str]) -> str | None:
    """The entity tag, without its quotes."""
    return headers.get("etag", "").removeprefix("W/").strip('"') or None


def digests_of(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """
    The digests of the whole content that the server computed.

    The entity tag is an MD5 unless the object came in parts or is encrypted with a key of KMS or of the customer.
    """
    found = []
    etag = etag_of(headers) or ""
    plain = (
        headers.get(_ENCRYPTED, "AES256") == "AES256" and f"{_ENCRYPTED}-customer-algorithm" not in headers
    )
    if plain and _MD5.fullmatch(etag):
        found.append(("md5", etag))
    if (sha256 := checksum(headers)) is not None:
        found.append(("sha256", sha256))
    return tuple(found)


def checksum(headers: Mapping[str, str]) -> str | None:
    """The SHA-256 that the server tells of a whole content, in hex; None for one over parts."""
    told = headers.get("x-amz-checksum-sha256", "")
    if "-" in told or headers.get("x-amz-checksum-type", "FULL_OBJECT") != "FULL_OBJECT":
        return None
    try:
        raw = base64.b64decode(told, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw.hex() if len(raw) == 32 else None


def file_entry(path: Path, headers: Mapping[str, str], *, server_times: bool = False) -> Entry:
    """The file *path*, by the *headers* of an answer to GET or HEAD; its time is that of the server if *server_times*."""
    total = content_range(headers.get("content-range"))
    size = total[2] if total and total[2] is not None else length_of(headers.get("content-length"))
    return Entry(
        path,
        Kind.FILE,
        size or 0,
        moment(headers.get("last-modified")) if server_times else modified_of(headers),
        None,
        etag_of(headers),
        digests_of(headers),
        problem(headers),
    )


def modified_of(headers: Mapping[str, str]) -> int | None:
    """The time kept in the metadata, else that of the server."""
    kept = time_of(headers.get(MTIME))
    return moment(headers.get("last-modified")) if kept is None else kept


def listed_entry(path: Path, told: Listed) -> Entry:
    """The file *path* by a listing alone: with the time of the server and without digests."""
    code = Unreadable.code if frozen(told.storage) else None
    # Whole seconds: that is what the answer about the object itself has.
    modified = None if told.modified is None else told.modified - told.modified % SECOND
    return Entry(path, Kind.FILE, told.size, modified, None, told.etag or None, (), code)


def kept_words(version: Version) -> dict[str, str]:
    """The metadata that keep the facts of *version*."""
    words = {SAVED: str(version.saved)}
    if version.modified is not None:
        words[MTIME] = time_text(version.modified)
    if version.author:
        words[AUTHOR] = quote(version.author, safe="@.-_+", errors="surrogateescape")
    if version.label:
        words[LABEL] = quote(version.label, safe="", errors="surrogateescape")
    return words


def version_of(told: Listed, headers: Mapping[str, str]) -> Version:
    """A version by the listing and the *headers* of an answer to HEAD."""
    saved = headers.get(SAVED, "")
    number = int(saved) if saved.removeprefix("-").isdecimal() and len(saved) < 20 else told.modified or 0
    return Version(
        told.version,
        number,
        told.size,
        _word(headers.get(AUTHOR, "")),
        digests_of(headers),
        modified_of(headers),
        _word(headers.get(LABEL, "")),
    )


def _word(text: str) -> str:
    return name_from(unquote_to_bytes(text))
