"""
The few facts of an OLE file ([MS-CFB]) that tell whether a password is needed: names of its streams, and how they begin.

Only the directory and the first sector of a stream are read, and all that is followed is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import error as struct_error
from struct import unpack_from

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MINI = 64
"""Bytes of a sector of the mini stream."""
_SECTORS = 4_096
"""Sectors of the directory, and of the mini stream, that are followed at most."""
_RECORDS = 16
"""Records of a workbook within which FilePass stands: [MS-XLS] 2.1.7.20.1 puts it right behind BOF and WriteProtect."""
_BOF, _FILE_PASS = 0x0809, 0x002F


@dataclass(frozen=True, slots=True)
class _Header:
    sector: int
    directory: int
    cutoff: int
    fat: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Stream:
    kind: int
    start: int
    size: int


def encrypted(content: bytes) -> bool | None:
    """
    Whether the Word, Excel or PowerPoint file *content*, or an OOXML package in it, is encrypted; None if it cannot be read.

    [MS-DOC] 2.5.2: bit fEncrypted of the FIB; [MS-XLS] 2.4.117: a record FilePass; [MS-PPT] 2.1: a stream
    EncryptedSummary; [MS-OFFCRYPTO] 2.3.4.4: a stream EncryptedPackage.
    """
    try:
        header = _header(content)
        streams = dict(_directory(content, header))
        if not streams:
            return None
        if "EncryptedPackage" in streams or "EncryptedSummary" in streams:
            return True
        return _word(_first(content, header, streams, "WordDocument")) or any(
            _workbook(_first(content, header, streams, name)) for name in ("Workbook", "Book")
        )
    except (struct_error, IndexError, UnicodeDecodeError):
        return None


def _header(content: bytes) -> _Header:
    (shift,) = unpack_from("<H", content, 30)
    if shift not in (9, 12):
        raise IndexError(shift)
    (directory,) = unpack_from("<I", content, 48)
    (cutoff,) = unpack_from("<I", content, 56)
    return _Header(1 << shift, directory, cutoff, unpack_from("<109I", content, 76))


def _chain(content: bytes, header: _Header, sector: int) -> Iterator[int]:
    """Offsets of the sectors from *sector* on; the table of a file above seven megabytes is read as far as its header tells it."""
    per = header.sector // 4
    for _ in range(_SECTORS):
        if sector >= 0xFFFFFFFA:
            return
        yield (sector + 1) * header.sector
        if sector // per >= len(header.fat):
            return
        table = (header.fat[sector // per] + 1) * header.sector
        (sector,) = unpack_from("<I", content, table + sector % per * 4)


def _directory(content: bytes, header: _Header) -> Iterator[tuple[str, _Stream]]:
    for offset in _chain(content, header, header.directory):
        for at in range(offset, offset + header.sector, 128):
            length, kind = unpack_from("<HB", content, at + 64)
            start, size = unpack_from("<II", content, at + 116)
            if kind in (1, 2, 5) and 2 < length <= 64:
                yield content[at : at + length - 2].decode("utf-16-le"), _Stream(kind, start, size)


def _first(content: bytes, header: _Header, streams: dict[str, _Stream], name: str) -> bytes:
    """How the stream *name* begins; nothing if there is none."""
    it = streams.get(name)
    if it is None or it.kind != 2:
        return b""
    if it.size >= header.cutoff:
        at = (it.start + 1) * header.sector
        return content[at : at + header.sector]
    root = next(one for one in streams.values() if one.kind == 5)
    place = it.start * _MINI
    sectors = list(_chain(content, header, root.start))
    at = sectors[place // header.sector] + place % header.sector
    return content[at : at + min(_MINI, it.size)]


def _word(fib: bytes) -> bool:
    return len(fib) >= 12 and fib[:2] == b"\xec\xa5" and bool(unpack_from("<H", fib, 10)[0] & 0x0100)


def _workbook(start: bytes) -> bool:
    at = 0
    for number in range(_RECORDS):
        if at + 4 > len(start):
            return False
        kind, length = unpack_from("<HH", start, at)
        if number == 0 and kind != _BOF:
            return False
        if kind == _FILE_PASS:
            return True
        at += 4 + length
    return False
