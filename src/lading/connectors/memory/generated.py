"""
A read-only drive of any size, computed from the names in it.

    generated:entries=1000000,seed=1,fan=500,bytes=4096,change=0

`entries` counts files and folders below the root, `fan` is the most that one
folder holds, `bytes` the average size of a file, `change` the percentage of
files whose content differs from that of the same drive with `change=0`.
Nothing is stored: a million entries need no more memory than ten.  Equal
parameters give an equal drive, on every machine.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import NamedTuple, NoReturn

from lading.connectors.address import Address
from lading.connectors.api import Drive, Page
from lading.connectors.conditions import Precondition
from lading.connectors.facets import Reader
from lading.connectors.kinds import DriveKind
from lading.connectors.names import check_names
from lading.connectors.profile import Features, Profile
from lading.model.entry import Entry, Kind
from lading.model.errors import BadAddress, Changed, CursorExpired, NotFound, ReadOnly, WrongKind
from lading.model.paths import ROOT, Path
from lading.model.text import Text

_DEPARTMENTS = ("项目融资部", "Legal", "风险管理", "Treasury", "贷后管理", "Projects", "档案", "Compliance")
_SUBJECTS = (
    "贷款合同",
    "Term sheet",
    "提款申请",
    "Financial model",
    "尽职调查",
    "Drawdown notice",
    "会议纪要",
)
_ENDINGS = ("pdf", "docx", "xlsx", "txt", "png")

_MASK = (1 << 64) - 1
_PATTERN = 65537  # prime, so that it never falls in step with blocks
_BLOCK = 1 << 20
_EPOCH = 1_420_070_400_000_000_000  # 2015-01-01
_TEN_YEARS = 315_360_000_000_000  # in microseconds
_DAY = 86_400_000_000_000

KIND = DriveKind(
    about=Text(
        "A drive of any size that is computed: for trials and measurements.",
        "按需计算出的任意规模网盘：用于试验和测量。",
    ),
    features=Features(),
)


class Shape(NamedTuple):
    """The parameters of a generated drive; see the module."""

    entries: int = 1000
    seed: int = 1
    fan: int = 500
    bytes: int = 4096
    change: int = 0
    page: int = 1000


class GeneratedDrive(Drive):
    """
    The drive of *shape*.

    Folders form a heap: folder `n` holds the folders `n * branch + 1` to `(n + 1) * branch` and
    as many files as the fan leaves room for.  Numbers stand in the names, so that every
    entry is found without looking at any other.
    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self._branch = max(2, shape.fan // 10)
        self._files_each = shape.fan - self._branch
        self._folders = -(-(shape.entries + 1) // (self._files_each + 1))  # the root included
        self._files = shape.entries - (self._folders - 1)

    @cached_property
    def profile(self) -> Profile:
        """Facts; times are whole microseconds."""
        return Profile(kind="generated", address=_text(self.shape), clock_grain=1000, stable_ids=True)

    @property
    def changed(self) -> int:
        """How many files differ from the same drive with `change=0`."""
        return self._files * self.shape.change // 100

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        """Folders first, then files, each by number; a cursor never expires."""
        number = self._folder_at(folder)
        first, count = number * self._branch + 1, self._branch
        folders = range(first, max(first, min(first + count, self._folders)))
        first = number * self._files_each
        files = range(first, max(first, min(first + self._files_each, self._files)))
        start = _position(folder, cursor, len(folders) + len(files))
        stop = start + self.shape.page
        entries = [self._folder_entry(folder, child) for child in folders[start:stop]]
        at = max(0, start - len(folders))
        for child in files[at : max(0, stop - len(folders))]:
            entries.append(self._file_entry(folder, child))  # noqa: PERF401 — the hot loop, kept flat
        return Page(entries, str(stop) if stop < len(folders) + len(files) else None)

    def stat(self, path: Path) -> Entry:
        """The entry, computed from the number in its name."""
        check_names(path)
        if path == ROOT:
            return Entry(ROOT, Kind.FOLDER, 0, _EPOCH, "d0")
        parent = self._folder_number(path[:-1], path)
        folder, file = self._child(parent, path[-1])
        if folder is not None:
            return self._folder_entry(path[:-1], folder)
        if file is not None:
            return self._file_entry(path[:-1], file)
        raise NotFound(path, "no such entry")

    @contextmanager
    def read(self, path: Path, *, start: int = 0, expect: str | None = None) -> Iterator[Reader]:
        """Compute the content from *start* on."""
        entry = self.stat(path)
        if entry.etag is None:
            raise WrongKind(path, "a folder")
        if expect is not None and entry.etag != expect:
            raise Changed(path, "its etag is another")
        if start > entry.size:
            raise Changed(path, f"only {entry.size} bytes long")
        yield GeneratedReader(entry, start, self._pattern)

    def write(
        self,
        path: Path,
        source: Iterable[bytes],
        *,
        expect: Precondition,
        size: int | None = None,
        modified: int | None = None,
    ) -> NoReturn:
        """Refuse."""
        _refuse(path)

    def make_folder(self, path: Path, *, modified: int | None = None) -> NoReturn:
        """Refuse."""
        _refuse(path)

    def remove(self, path: Path, *, expect: Precondition) -> NoReturn:
        """Refuse."""
        _refuse(path)

    @cached_property
    def _pattern(self) -> bytes:
        return random.Random(self.shape.seed).randbytes(_PATTERN) * 2  # noqa: S311 — no secret

    def _folder_at(self, path: Path) -> int:
        check_names(path)
        number = self._folder_number(path, path)
        if number < 0:
            raise WrongKind(path, "not a folder")
        return number

    def _folder_number(self, folder: Path, subject: Path) -> int:
        """The number of *folder*; -1 for a file, if it is the subject itself."""
        number = 0
        for depth, name in enumerate(folder, 1):
            child, file = self._child(number, name)
            if child is None:
                if file is not None and depth == len(subject):
                    return -1
                raise NotFound(subject, "no such folder")
            number = child
        return number

    def _child(self, parent: int, name: str) -> tuple[int | None, int | None]:
        """The folder or the file that *name* stands for in the folder *parent*."""
        stem, dot, _ = name.rpartition(".")
        digits = (stem if dot else name).rpartition(" ")[2]
        # Digits of other scripts make numbers, too; the name made from them is another then.
        if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
            return None, None
        number = int(digits)
        if dot:
            held = number < self._files and number // self._files_each == parent
            return None, number if held and name == _file_name(number) else None
        held = 0 < number < self._folders and (number - 1) // self._branch == parent
        return number if held and name == _folder_name(number) else None, None

    def _folder_entry(self, parent: Path, number: int) -> Entry:
        return Entry((*parent, _folder_name(number)), Kind.FOLDER, 0, _EPOCH, f"d{number}")

    def _file_entry(self, parent: Path, number: int) -> Entry:
        # One step of a multiplying mixer: what is needed is variety, not secrecy.
        key = (number * 0x9E3779B97F4A7C15 + self.shape.seed * 0xD1B54A32D192ED03 + 1) & _MASK
        key ^= key >> 29
        key = (key * 0xBF58476D1CE4E5B9) & _MASK
        key ^= key >> 32
        average = self.shape.bytes
        # One file in 64 is empty.
        size = 1 + (key >> 8) % (2 * average - 1) if average and key & 63 else 0
        modified = _EPOCH + (key >> 5) % _TEN_YEARS * 1000
        change = self.shape.change
        # The top bit stands in the first character of the content: changed files differ from it on.
        key >>= 1
        if change and (number + 1) * change // 100 != number * change // 100:
            key |= 1 << 63
            size = size + (key & 1) if size else 1
            modified += _DAY
        path = (*parent, _file_name(number))
        return Entry(path, Kind.FILE, size, modified, str(number), f"{key:016x}")


class GeneratedReader:
    """Content: the etag, then a pattern turned by it."""

    def __init__(self, entry: Entry, start: int, pattern: bytes) -> None:
        self.entry = entry
        self._at = start
        self._pattern = pattern
        self._head = (entry.etag or "").encode("ascii")
        self._turn = int(self._head, 16) % _PATTERN

    def read(self, size: int, /) -> bytes:
        """Up to *size* bytes; fewer are no sign of the end, `b""` is."""
        size = min(size, self.entry.size - self._at, _BLOCK)
        if size <= 0:
            return b""
        if self._at < len(self._head):
            found = self._head[self._at : self._at + size]
        else:
            offset = (self._at + self._turn) % _PATTERN
            repeats = -(-(offset + size) // len(self._pattern))
            found = (self._pattern * repeats)[offset : offset + size]
        self._at += len(found)
        return found


def open(address: Address) -> GeneratedDrive:  # noqa: A001 — every connector module has an `open`
    """
    The generated drive at *address*.

    Raises:
        BadAddress: an unknown parameter, or one that is no sensible number.
    """
    given: dict[str, int] = {}
    for part in filter(None, address.place.split(",")):
        name, _, value = part.partition("=")
        if name not in Shape._fields or not (value.isascii() and value.isdigit() and len(value) < 19):
            raise BadAddress(
                str(address), f"{part}: expected NAME=NUMBER, NAME one of {', '.join(Shape._fields)}"
            )
        given[name] = int(value)
    shape = Shape(**given)
    if shape.fan < 3 or shape.page < 1 or shape.change > 100:
        raise BadAddress(str(address), "fan is at least 3, page at least 1, change at most 100")
    return GeneratedDrive(shape)


def _text(shape: Shape) -> str:
    return "generated:" + ",".join(f"{name}={value}" for name, value in shape._asdict().items())


def _folder_name(number: int) -> str:
    return f"{_DEPARTMENTS[number % len(_DEPARTMENTS)]} {number}"


def _file_name(number: int) -> str:
    return f"{_SUBJECTS[number % 7]} {number:07d}.{_ENDINGS[number % 5]}"


def _position(folder: Path, cursor: str | None, length: int) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and int(cursor) <= length):
        raise CursorExpired(folder, "no such cursor")
    return int(cursor)


def _refuse(path: Path) -> NoReturn:
    check_names(path)
    raise ReadOnly(path, "a generated drive")
