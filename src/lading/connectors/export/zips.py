"""
Zip archives: names, times and contents as far as the format tells them.

Names without the UTF-8 mark are in whatever the machine spoke that made the archive; Chinese Windows writes GBK.
A DOS time is the local time of that machine in steps of two seconds; where the archive also has the time of
Unix (APPNOTE and Info-ZIP extra field 0x5455) or of NTFS (0x000a) that one counts.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from typing import BinaryIO, NamedTuple

from lading.connectors.export.members import Member, decoded, encoding_for, split
from lading.connectors.export.times import SECOND
from lading.connectors.export.trouble import translated
from lading.model.entry import Kind
from lading.model.errors import Unreadable

_UTF8, _ENCRYPTED = 0x800, 0x1
_DOS, _NTFS = 0, 11
_UNIX_TIME, _NTFS_TIME, _UNICODE_PATH = 0x5455, 0x000A, 0x7075
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
# 1601 to 1970 in steps of 100 ns.
_FILE_TIME = 116_444_736_000_000_000
_SKIP = 1 << 20


class _Time(NamedTuple):
    at: int | None
    grain: int


class Zip:
    """The archive in the file *place*; DOS times are read in *zone*."""

    def __init__(self, place: str, *, names: str, zone: tzinfo) -> None:
        self._place = place
        self._zone = zone
        with translated(place):
            self._archive = zipfile.ZipFile(place)
        self._mark = _mark(os.stat(place))
        raw = [_raw(info) for info in self._archive.infolist() if not _has_unicode(info)]
        foreign = [name for name in raw if not name.isascii()]
        self.marked = len(foreign)
        self.encoding = "" if not foreign else encoding_for(foreign) if names == "auto" else names

    def members(self) -> Iterator[Member]:
        """As the directory at the end of the archive lists them."""
        for info in self._archive.infolist():
            yield self._member(info)

    def open(self, member: Member, start: int) -> BinaryIO:
        """From the beginning always, so that the check sum covers all of it."""
        assert isinstance(member.where, zipfile.ZipInfo)
        stream = self._archive.open(member.where)
        left = start
        while left > 0:
            block = stream.read(min(left, _SKIP))
            if not block:
                break
            left -= len(block)
        return stream  # type: ignore[return-value]

    def changed(self, member: Member) -> bool:
        """Whether the archive is another file by now."""
        return _changed(self._place, self._mark)

    def close(self) -> None:
        """Give back the descriptor once the last reader is done."""
        self._archive.close()

    def _member(self, info: zipfile.ZipInfo) -> Member:
        dos = info.create_system in (_DOS, _NTFS)
        names = split(_name(info, self.encoding), backslashes=dos)
        kind = _kind(info, dos)
        time = _time(info, self._zone)
        problem, detail = _problem(info) if kind is Kind.FILE else (None, "")
        size = info.file_size if kind is Kind.FILE else 0
        etag = f"{info.CRC:08x}-{info.file_size:x}-{info.header_offset:x}-{self._mark[1]:x}"
        return Member(names, kind, size, time.at, time.grain, etag, info, problem, detail)


def _name(info: zipfile.ZipInfo, encoding: str) -> str:
    if info.flag_bits & _UTF8:
        return info.orig_filename
    raw = _raw(info)
    return _unicode_path(info, raw) or decoded(raw, encoding or "utf-8")


def _raw(info: zipfile.ZipInfo) -> bytes:
    """The name as it stands in the archive: `zipfile` reads what is not marked as code page 437."""
    return info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437")


def _has_unicode(info: zipfile.ZipInfo) -> bool:
    return bool(info.flag_bits & _UTF8) or bool(_unicode_path(info, _raw(info)))


def _unicode_path(info: zipfile.ZipInfo, raw: bytes) -> str:
    """The name in UTF-8 that stands beside the other, where its check sum says that it belongs to it (APPNOTE 4.6.9)."""
    for number, data in _extras(info.extra):
        if number == _UNICODE_PATH and len(data) > 5 and data[0] == 1:
            (crc,) = struct.unpack_from("<I", data, 1)
            if crc == zlib.crc32(raw):
                return data[5:].decode("utf-8", "surrogateescape")
    return ""


def _kind(info: zipfile.ZipInfo, dos: bool) -> Kind:
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        return Kind.SYMLINK
    if info.orig_filename.endswith("/") or (dos and info.orig_filename.endswith("\\")) or stat.S_ISDIR(mode):
        return Kind.FOLDER
    if stat.S_IFMT(mode) and not stat.S_ISREG(mode):
        return Kind.SPECIAL
    return Kind.FILE


def _problem(info: zipfile.ZipInfo) -> tuple[str | None, str]:
    if info.flag_bits & _ENCRYPTED:
        return Unreadable.code, "encrypted"
    if info.compress_type not in _METHODS:
        return Unreadable.code, f"compression method {info.compress_type}"
    return None, ""


def _time(info: zipfile.ZipInfo, zone: tzinfo) -> _Time:
    told = dict(_extras(info.extra))
    ntfs, unix = told.get(_NTFS_TIME, b""), told.get(_UNIX_TIME, b"")
    # 4 reserved bytes, then attribute 1 of 24 bytes: time of modification, of access, of creation.
    if len(ntfs) >= 16 and ntfs[4:8] == b"\x01\x00\x18\x00":
        return _Time((struct.unpack_from("<Q", ntfs, 8)[0] - _FILE_TIME) * 100, 100)
    if len(unix) >= 5 and unix[0] & 1:
        return _Time(struct.unpack_from("<i", unix, 1)[0] * SECOND, SECOND)
    try:
        local = datetime(*info.date_time, tzinfo=zone)
    except ValueError:
        return _Time(None, 2 * SECOND)
    since = local - datetime(1970, 1, 1, tzinfo=UTC)
    return _Time((since.days * 86_400 + since.seconds) * SECOND, 2 * SECOND)


def _extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        number, length = struct.unpack_from("<HH", extra, at)
        yield number, extra[at + 4 : at + 4 + length]
        at += 4 + length


def _mark(facts: os.stat_result) -> tuple[int, int, int]:
    return facts.st_size, facts.st_mtime_ns, facts.st_ino


def _changed(place: str, mark: tuple[int, int, int]) -> bool:
    try:
        return _mark(os.stat(place)) != mark
    except OSError:
        return True
