"""
Tar archives: an index of offsets; compressed ones are unpacked once, beside the temporary files of this machine.

A compressed stream can be read from its beginning only, so that a hundred thousand files would be a hundred thousand passes: it
is unpacked in one pass into a file without a name, which goes with the drive.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile
import tempfile
from collections.abc import Iterator
from importlib import import_module
from typing import IO, Any, BinaryIO, NamedTuple, cast

from lading.connectors.export.members import Member, decoded, encoding_for, split
from lading.connectors.export.times import SECOND
from lading.connectors.export.trouble import translated
from lading.model.entry import Kind
from lading.model.errors import BadAddress, NotFound, Unreadable
from lading.model.paths import name_bytes
from lading.model.text import Text

BLOCK = 512
_PIECE = 1 << 20
GZIP, XZ, ZSTD, BZIP2 = b"\x1f\x8b", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"BZh"
MAGIC = (GZIP, XZ, ZSTD, BZIP2)
_KINDS = {tarfile.DIRTYPE: Kind.FOLDER, tarfile.SYMTYPE: Kind.SYMLINK}
_SPECIAL = (tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
_NOT_WHOLE = Text("the archive is damaged at byte {at}", "归档在第 {at} 字节处损坏")


class Run(NamedTuple):
    """*length* bytes of content from byte *start* of the file on stand at *offset* of the archive."""

    start: int
    offset: int
    length: int


class Tar:
    """The archive in the file *place*."""

    def __init__(self, place: str, *, names: str) -> None:
        self._place = place
        with translated(place):
            self._file = _plain(place)
            self._mark = _mark(os.stat(place))
            self._length = os.fstat(self._file.fileno()).st_size
            self._found = list(self._index())
        foreign = [raw for raw in (name_bytes(one[0]) for one in self._found) if not raw.isascii()]
        self.marked = len(foreign)
        self.encoding = "" if not foreign else encoding_for(foreign) if names == "auto" else names

    def members(self) -> Iterator[Member]:
        """In the order of the archive; a hard link has the content of what it is another name of."""
        contents = {name: member for name, member, link in self._found if link is None}
        for name, member, link in self._found:
            shown = split(decoded(name_bytes(name), self.encoding or "utf-8"))
            if link is None:
                yield member._replace(names=shown)
            elif (other := contents.get(link)) is not None:
                yield other._replace(names=shown, etag=other.etag + "-" + member.etag)
            else:
                yield member._replace(names=shown, problem=NotFound.code, detail=f"a hard link to {link}")

    def open(self, member: Member, start: int) -> BinaryIO:
        """The content, holes of sparse files filled with zeros."""
        runs = member.where
        assert isinstance(runs, tuple)
        return io.BufferedReader(_Runs(self._file.fileno(), runs, member.size, start))

    def changed(self, member: Member) -> bool:
        """Whether the archive is another file by now."""
        try:
            return _mark(os.stat(self._place)) != self._mark
        except OSError:
            return True

    def close(self) -> None:
        """Give back the descriptor."""
        self._file.close()

    def _index(self) -> Iterator[tuple[str, Member, str | None]]:
        """Name, member and, of a hard link, the name that it means."""
        with tarfile.open(
            fileobj=self._file, mode="r:", encoding="utf-8", errors="surrogateescape"
        ) as archive:
            while (info := archive.next()) is not None:
                yield info.name, self._member(info), info.linkname if info.islnk() else None
                # The library keeps all it has seen otherwise.
                archive.members.clear()  # type: ignore[attr-defined]
            self._check_end(archive.offset)

    def _check_end(self, offset: int) -> None:
        """`tarfile` takes a damaged header for the end: only zeros, or nothing at all, are the end."""
        block = os.pread(self._file.fileno(), BLOCK, offset)
        if block.strip(b"\0") or 0 < len(block) < BLOCK:
            at = f"{offset:,}"
            raise Unreadable(self._place, Text(_NOT_WHOLE.en.format(at=at), _NOT_WHOLE.zh.format(at=at)))

    def _member(self, info: tarfile.TarInfo) -> Member:
        kind = _KINDS.get(info.type, Kind.SPECIAL if info.type in _SPECIAL else Kind.FILE)
        modified, grain = _time(info)
        runs = _runs(info)
        etag = f"{info.offset:x}-{info.size:x}-{self._mark[0]:x}-{self._mark[1]:x}"
        member = Member((), kind, info.size, modified, grain, etag, runs)
        if kind is not Kind.FILE:
            return member._replace(size=0)
        if any(run.offset + run.length > self._length for run in runs):
            return member._replace(problem=Unreadable.code, detail="the archive ends within it")
        return member


class _Runs(io.RawIOBase):
    """Bytes of *runs*, with zeros between them, up to *size*."""

    def __init__(self, descriptor: int, runs: tuple[Run, ...], size: int, start: int) -> None:
        self._descriptor = descriptor
        self._runs = runs
        self._size = size
        self._at = start
        self._next = 0

    def readable(self) -> bool:
        """It is read and nothing else."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill *buffer* from where we are."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        block = self._block(min(len(view), self._size - self._at))
        view[: len(block)] = block
        self._at += len(block)
        return len(block)

    def _block(self, most: int) -> bytes:
        if most <= 0:
            return b""
        while self._next < len(self._runs):
            run = self._runs[self._next]
            if self._at < run.start:
                return bytes(min(most, run.start - self._at))
            if self._at < run.start + run.length:
                within = self._at - run.start
                return os.pread(self._descriptor, min(most, run.length - within), run.offset + within)
            self._next += 1
        return bytes(most)


def _plain(place: str) -> IO[bytes]:
    """The archive without compression: the file itself, or a nameless one."""
    with open(place, "rb") as stream:
        start = stream.read(8)
    if not start.startswith(MAGIC):
        return open(place, "rb")
    unpacked = tempfile.TemporaryFile()  # noqa: SIM115
    try:
        with _unpacking(place, start) as stream:
            while block := stream.read(_PIECE):
                unpacked.write(block)
        unpacked.flush()
        unpacked.seek(0)
    except BaseException:
        unpacked.close()
        raise
    return unpacked


def _unpacking(place: str, start: bytes) -> IO[bytes]:
    if start.startswith(GZIP):
        return cast("IO[bytes]", gzip.open(place, "rb"))
    if start.startswith(XZ):
        return lzma.open(place, "rb")
    if start.startswith(BZIP2):
        return bz2.open(place, "rb")
    try:
        zstandard: Any = import_module("zstandard")
    except ImportError:
        said = Text(
            "install zstandard to read .zst, or unpack it before",
            "请安装 zstandard 以读取 .zst，或先自行解压",
        )
        raise BadAddress(place, said) from None
    opened: IO[bytes] = zstandard.open(place, "rb")
    return opened


def _runs(info: tarfile.TarInfo) -> tuple[Run, ...]:
    if not info.sparse:
        return (Run(0, info.offset_data, info.size),) if info.size else ()
    runs, at = [], info.offset_data
    # The library has them as pairs; its published types say less.
    for start, length in cast("list[tuple[int, int]]", info.sparse):
        if length:
            runs.append(Run(start, at, length))
        at += length
    return tuple(runs)


def _time(info: tarfile.TarInfo) -> tuple[int, int]:
    """The time in nanoseconds, and its grain: PAX has fractions, the header whole seconds."""
    told = info.pax_headers.get("mtime", "")
    whole, point, fraction = told.partition(".")
    if point and whole.lstrip("-").isdigit() and fraction.isdigit():
        nanoseconds = int(fraction[:9].ljust(9, "0"))
        return int(whole) * SECOND + (-nanoseconds if whole.startswith("-") else nanoseconds), 1
    return int(info.mtime) * SECOND, SECOND


def _mark(facts: os.stat_result) -> tuple[int, int, int]:
    assert stat.S_ISREG(facts.st_mode)
    return facts.st_size, facts.st_mtime_ns, facts.st_ino
