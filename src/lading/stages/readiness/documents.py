"""
Look into a document without trusting it: encrypted, damaged, links to an old address.

All is bounded: bytes taken apart, members of an archive, bytes that a member unfolds to.  Links are what the formats call
links (relationships and fields of OOXML, /URI of PDF): a text that mentions an address is none.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import unescape
from struct import error as struct_error
from urllib.parse import quote, unquote
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from lading.stages.readiness import ole

LARGEST = 64 << 20
"""Bytes of the largest document that is looked into."""
MEMBERS = 5_000
UNFOLDED = 32 << 20
"""Bytes that are unfolded of one document in all."""
OFFICE = ("docx", "docm", "dotx", "xlsx", "xlsm", "xltx", "pptx", "pptm", "potx")
OLE = ("doc", "xls", "ppt", "dot", "xlt", "pps", "msg", "vsd")
ENDINGS = (*OFFICE, *OLE, "pdf", "zip")
"""Endings of the names of documents that can be looked into."""
RELATIONSHIPS = 4 << 20
"""Bytes of the relationships of one part of a document that are parsed."""
_FIELD = re.compile(rb"<(?:\w+:)?(?:f|instrText)\b[^<>]{0,200}>([^<]{1,4096})</")
"""A formula of a sheet, an instruction of a field: HYPERLINK stands in them."""
_URI = re.compile(rb"/URI\s*(\((?:\\.|[^\\()]){1,4096}\)|<[0-9A-Fa-f\s]{2,8192}>)", re.DOTALL)
_OVERLAP = 4_400
"""Bytes of a chunk that are looked at again with the next: a field may lie across."""
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
    wanted = tuple(dict.fromkeys(_plain(it) for it in addresses if it))
    if len(content) > LARGEST:
        return Seen(State.NOT_LOOKED)
    if ending == "pdf":
        return _pdf(content, wanted)
    if ending in OFFICE and content.startswith(ole.MAGIC):
        return Seen(State.ENCRYPTED if ole.encrypted(content) else State.DAMAGED)
    if ending in OLE:
        return _ole(content, wanted)
    return _zip(content, wanted, office=ending in OFFICE)


def _plain(address: str) -> str:
    """*address* as it is compared: percent signs undone, in lower case."""
    return unquote(address.strip()).lower()


def _leads(address: str, wanted: tuple[str, ...]) -> bool:
    return _plain(address).startswith(wanted) if wanted else False


def _in_bytes(content: bytes, wanted: tuple[str, ...]) -> bool:
    """Whether *content*, of a format that is not taken apart, has one of *wanted* in a usual spelling."""
    lower = content.lower() if wanted else b""
    return any(
        spelling in lower
        for it in wanted
        for spelling in (
            it.encode("utf-8", "replace"),
            it.encode("utf-16-le", "replace"),
            quote(it, safe=":/").lower().encode(),
        )
    )


def _ole(content: bytes, wanted: tuple[str, ...]) -> Seen:
    if not content.startswith(ole.MAGIC):
        # RTF and HTML under the name of a Word document open without complaint.
        plausible = content[:5] == b"{\\rtf" or content.lstrip()[:1] == b"<" or content[:2] == b"PK"
        return Seen(State.WELL if plausible else State.DAMAGED)
    locked = ole.encrypted(content)
    if locked is not False:
        return Seen(State.ENCRYPTED if locked else State.DAMAGED)
    return Seen(State.WELL, _in_bytes(content, wanted))


def _pdf(content: bytes, wanted: tuple[str, ...]) -> Seen:
    if b"%PDF-" not in content[:1024] or b"%%EOF" not in content[-2048:]:
        return Seen(State.DAMAGED)
    if re.search(rb"/Encrypt\s+\d+\s+\d+\s+R", content):
        return Seen(State.ENCRYPTED)
    return Seen(State.WELL, _uris(content, wanted) or _in_streams(content, wanted))


def _uris(content: bytes, wanted: tuple[str, ...]) -> bool:
    """Whether an action /URI of *content* leads to one of *wanted* (ISO 32000-1, 12.6.4.7)."""
    return bool(wanted) and any(_leads(_string(found[1]), wanted) for found in _URI.finditer(content))


def _string(raw: bytes) -> str:
    """A literal or hexadecimal string of PDF; what is no ASCII stays as it is."""
    if raw.startswith(b"<"):
        digits = re.sub(rb"\s", b"", raw[1:-1])
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode()).decode("latin-1")
    return re.sub(rb"\\(.)", rb"\1", raw[1:-1], flags=re.DOTALL).decode("latin-1")


def _in_streams(content: bytes, wanted: tuple[str, ...]) -> bool:
    """Links may stand in compressed object streams; of those that unfold, so much is looked at."""
    left = UNFOLDED
    for found in _STREAM.finditer(content) if wanted else ():
        try:
            unfolded = zlib.decompressobj().decompress(found.group(1), min(left, 1 << 20))
        except zlib.error:
            continue
        if _uris(unfolded, wanted):
            return True
        left -= len(unfolded)
        if left <= 0:
            break
    return False


def _zip(content: bytes, wanted: tuple[str, ...], *, office: bool) -> Seen:
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


def _members(archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], wanted: tuple[str, ...]) -> Seen:
    """Unfold members, whose sums `zipfile` checks at their end, until there is too much; relationships come first."""
    left, links = UNFOLDED, False
    for member in sorted(members, key=lambda it: not it.filename.endswith(".rels")):
        related, fields = member.filename.endswith(".rels"), member.filename.endswith(".xml")
        kept = b""
        with archive.open(member) as stream:
            while chunk := stream.read(min(left + 1, 1 << 20)):
                left -= len(chunk)
                if related and wanted and len(kept) <= RELATIONSHIPS:
                    kept += chunk
                elif fields and wanted and not links:
                    links = _in_fields(kept + chunk, wanted)
                    kept = chunk[-_OVERLAP:]
                if left < 0:
                    return Seen(State.WELL if links else State.NOT_LOOKED, links)
        links = links or (related and _related(kept, wanted))
    return Seen(State.WELL, links)


def _in_fields(content: bytes, wanted: tuple[str, ...]) -> bool:
    for found in _FIELD.finditer(content):
        text = _plain(unescape(found[1].decode("utf-8", "replace")))
        if "hyperlink" in text and any(it in text for it in wanted):
            return True
    return False


def _related(content: bytes, wanted: tuple[str, ...]) -> bool:
    """Whether a relationship to the outside leads to one of *wanted* (ECMA-376, part 2, 9.3); what is no XML has none."""
    if not wanted or len(content) > RELATIONSHIPS:
        return False
    try:
        root = fromstring(content)
    except (ParseError, DefusedXmlException, ValueError):
        return False
    return any(
        it.get("TargetMode") == "External" and _leads(it.get("Target", ""), wanted)
        for it in root
        if it.tag.rpartition("}")[2] == "Relationship"
    )
