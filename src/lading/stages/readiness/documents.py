"""
Look into a document without trusting it: encrypted, damaged, links to an old address.

All is bounded: bytes taken apart, members of an archive, bytes that a member unfolds to.  No XML is parsed; addresses
are looked for in the bytes, so no entity can unfold.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from struct import error as struct_error

LARGEST = 64 << 20
"""Bytes of the largest document that is looked into."""
MEMBERS = 5_000
UNFOLDED = 32 << 20
"""Bytes that are unfolded of one document in all."""
OFFICE = ("docx", "docm", "dotx", "xlsx", "xlsm", "xltx", "pptx", "pptm", "potx")
OLE = ("doc", "xls", "ppt", "dot", "xlt", "pps", "msg", "vsd")
ENDINGS = (*OFFICE, *OLE, "pdf", "zip")
"""Endings of the names of documents that can be looked into."""
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_STREAM = re.compile(rb"stream\r?\n(.{1,65536}?)endstream", re.DOTALL)


class State(StrEnum):
    """What a document is like."""

    WELL = "well"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    NOT_LOOKED = "not_looked"
    """Too large, or unfolding to too much: nothing is said about it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The *state* of a document, and whether it names an old address."""

    state: State
    links: bool = False


def look_into(name: str, content: bytes, addresses: Sequence[str]) -> Seen:
    """What the document *name* is like; *addresses* are what links to the old drive begin with."""
    ending = name.lower().rpartition(".")[2]
    wanted = tuple(spelling for it in addresses if it for spelling in _spellings(it))
    if len(content) > LARGEST:
        return Seen(State.NOT_LOOKED)
    if ending == "pdf":
        return _pdf(content, wanted)
    if ending in OFFICE and content.startswith(_OLE_MAGIC):
        # An encrypted OOXML package is an OLE file with a stream of this name [MS-OFFCRYPTO 2.3.4.4].
        return Seen(State.ENCRYPTED if _ENCRYPTED_PACKAGE in content else State.DAMAGED)
    if ending in OLE:
        return _ole(content, wanted)
    return _zip(content, wanted, office=ending in OFFICE)


def _spellings(address: str) -> tuple[bytes, ...]:
    utf8 = address.lower().encode("utf-8", "surrogatepass")
    return (
        utf8,
        address.lower().encode("utf-16-le", "surrogatepass"),
        address.lower().replace(" ", "%20").encode("utf-8", "surrogatepass"),
    )


def _names(content: bytes, wanted: tuple[bytes, ...]) -> bool:
    lower = content.lower() if wanted else b""
    return any(it in lower for it in wanted)


def _ole(content: bytes, wanted: tuple[bytes, ...]) -> Seen:
    if not content.startswith(_OLE_MAGIC):
        # RTF and HTML under the name of a Word document open without complaint.
        plausible = content[:5] == b"{\\rtf" or content.lstrip()[:1] == b"<" or content[:2] == b"PK"
        return Seen(State.WELL if plausible else State.DAMAGED)
    if len(content) < 1536:
        return Seen(State.DAMAGED)
    return Seen(State.WELL, _names(content, wanted))


def _pdf(content: bytes, wanted: tuple[bytes, ...]) -> Seen:
    if b"%PDF-" not in content[:1024] or b"%%EOF" not in content[-2048:]:
        return Seen(State.DAMAGED)
    if re.search(rb"/Encrypt\s+\d+\s+\d+\s+R", content):
        return Seen(State.ENCRYPTED)
    return Seen(State.WELL, _names(content, wanted) or _in_streams(content, wanted))


def _in_streams(content: bytes, wanted: tuple[bytes, ...]) -> bool:
    """Links may stand in compressed object streams; of those that unfold, so much is looked at."""
    left = UNFOLDED
    for found in _STREAM.finditer(content) if wanted else ():
        try:
            unfolded = zlib.decompressobj().decompress(found.group(1), min(left, 1 << 20))
        except zlib.error:
            continue
        if _names(unfolded, wanted):
            return True
        left -= len(unfolded)
        if left <= 0:
            break
    return False


def _zip(content: bytes, wanted: tuple[bytes, ...], *, office: bool) -> Seen:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MEMBERS:
                return Seen(State.NOT_LOOKED)
            if any(it.flag_bits & 1 for it in members):
                return Seen(State.ENCRYPTED)
            if office and not any(it.filename == "[Content_Types].xml" for it in members):
                return Seen(State.DAMAGED)
            return _members(archive, members, wanted)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, struct_error):
        return Seen(State.DAMAGED)
    except (NotImplementedError, RuntimeError):
        # A way of packing that this Python does not know is no damage.
        return Seen(State.NOT_LOOKED)


def _members(archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], wanted: tuple[bytes, ...]) -> Seen:
    """Unfold members, whose sums `zipfile` checks at their end, until there is too much; relationships come first."""
    left, links = UNFOLDED, False
    for member in sorted(members, key=lambda it: not it.filename.endswith(".rels")):
        with archive.open(member) as stream:
            while chunk := stream.read(min(left + 1, 1 << 20)):
                left -= len(chunk)
                links = links or (member.filename.endswith((".rels", ".xml")) and _names(chunk, wanted))
                if left < 0:
                    return Seen(State.WELL if links else State.NOT_LOOKED, links)
    return Seen(State.WELL, links)
