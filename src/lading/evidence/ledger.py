"""
The ledger: who did what, on which input, as a chain of records that only grows.

A record is on the disk when `append` returns.  Several processes may append to
one ledger.  What a kill or a power cut left torn at the end is set aside in a
file of its own and recorded, never dropped.  Nothing here repairs a chain that
was changed: that is refused, by every further `append` that can see it and by
`verify`, which sees all.  The rules for reading are in `lading.evidence.chain`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

from lading.connectors.address import REFERENCES, SECRET_OPTIONS
from lading.evidence import chain
from lading.evidence.chain import LONGEST, START, Broken, Checked, Record
from lading.evidence.files import replace_file, sync_folder, translated
from lading.evidence.lines import Quick
from lading.model.errors import BadLedger, Internal, NotFound
from lading.model.text import Text

NAME = "ledger.jsonl"

_TAIL = 3 * LONGEST
"""Bytes at the end that hold the longest line on the disk and the longest write that a kill can have torn."""

_SECRET_KEYS = SECRET_OPTIONS | {
    "passwd",
    "passphrase",
    "secret",
    "authorization",
    "cookie",
    "api_key",
    "private_key",
}
_SECRET_VALUE = re.compile(r"://[^/\s@:]*:[^/\s@]+@|authorization:\s*\w|-----BEGIN [A-Z ]*PRIVATE KEY", re.I)


class Head(NamedTuple):
    """The last record that was known to be on the disk, as the file beside the ledger notes it."""

    seq: int
    digest: str


class Draft(NamedTuple):
    """A record to be: the arguments of `Ledger.append`."""

    kind: str
    facts: Mapping[str, Any]
    actor: str
    at: datetime


class Ledger:
    """The ledger in the file *path*; the file is made by the first `append`."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)

    def append(self, kind: str, facts: Mapping[str, Any], *, actor: str, at: datetime) -> Record:
        """
        Add a record and return it once it is on the disk.

        *facts* may hold objects, arrays, strings, whole numbers up to 2^53 - 1, booleans and None;
        *at* must know its time zone.  Keys are words of ours, never names from a drive.  A lone
        surrogate (a byte of a name that is not UTF-8) is written as `\\udcNN`.

        Raises:
            TypeError, ValueError: *facts* hold something else, or are larger than a line may be.
            Internal: they hold a secret.
            BadLedger: what is there already was changed, or its end is missing.
            DriveError: the disk is full, read-only, or refuses.
        """
        refuse_secrets(facts)
        draft = Draft(kind, facts, actor, at)
        with translated(self.path), _locked(self.path) as descriptor:
            last = self._last(descriptor, at)
            line, record = _line(draft, _head(last))
            self._write(descriptor, line, record, os.lseek(descriptor, 0, os.SEEK_END))
        return chain.parse(line, record.seq)

    def append_many(self, drafts: Iterable[Draft], *, at: datetime) -> Head:
        """
        Add all *drafts* in their order and return the new head once they are on the disk.

        They are written in pieces of at most a mebibyte: one write, one sync and one head for each.  A kill
        leaves the first of them, in order, and at most one torn.  *at* is the time of a recovery, if one is
        needed; none of the records is written if one of the first mebibyte cannot be.

        Raises:
            The same as `append`.
        """
        with translated(self.path), _locked(self.path) as descriptor:
            head = _head(self._last(descriptor, at))
            offset = os.lseek(descriptor, 0, os.SEEK_END)
            piece: list[bytes] = []
            size = 0
            for draft in drafts:
                line, following = _quick_line(draft, head)
                if size + len(line) > LONGEST:
                    offset += self._write(descriptor, b"".join(piece), head, offset)
                    piece, size = [], 0
                piece.append(line)
                size, head = size + len(line), following
            if piece:
                self._write(descriptor, b"".join(piece), head, offset)
            return head

    def last(self) -> Head:
        """The last whole record that stands in the file; number 0 if there is none."""
        try:
            with translated(self.path), open(self.path, "rb") as stream:
                end, line, _ = _tail(stream.fileno())
        except NotFound:
            return Head(0, START)
        return _head(self._parsed(end, line))

    def _parsed(self, end: int, line: bytes) -> Record | None:
        try:
            return chain.parse(line, 1) if line or end else None
        except Broken:
            _check(self.path, ())  # names the line
            raise

    def _last(self, descriptor: int, at: datetime) -> Record | None:
        """The last whole record, after what is torn behind it has been set aside."""
        end, line, torn = _tail(descriptor)
        last = self._parsed(end, line)
        self._compare_head(last)
        if not torn:
            return last
        self._keep(torn)
        draft = Draft("ledger.recovered", {"set_aside": self._set_aside()}, "lading", at)
        line, head = _line(draft, _head(last))
        # The record goes over the torn bytes before the rest of them is cut off: a kill in between
        # leaves another torn end, and the record about that one names every file set aside so far.
        self._write(descriptor, line, head, end)
        return chain.parse(line, head.seq)

    def _compare_head(self, last: Record | None) -> None:
        noted = noted_head(self.path)
        seq, digest = (last.seq, last.digest) if last else (0, START)
        if noted and (noted.seq > seq or (noted.seq == seq and noted.digest != digest)):
            raise broken_at(self.path, seq, "head")

    def _keep(self, torn: bytes) -> None:
        number = 1
        while os.path.lexists(name := f"{self.path}.torn-{number}"):
            number += 1
        replace_file(name, torn)

    def _set_aside(self) -> list[dict[str, object]]:
        found, number = [], 1
        while os.path.lexists(name := f"{self.path}.torn-{number}"):
            with open(name, "rb") as stream:
                torn = stream.read()
            digest = hashlib.sha256(torn).hexdigest()
            found.append({"file": os.path.basename(name), "bytes": len(torn), "digest": digest})
            number += 1
        return found

    def _write(self, descriptor: int, lines: bytes, head: Head, offset: int) -> int:
        """Put whole *lines* at *offset*, the last of which is *head*; returns how long they are."""
        before = os.fstat(descriptor).st_size
        try:
            # One call: a kill leaves all of it or a torn end, which the next run sets aside.
            written = os.pwrite(descriptor, lines, offset)
            while written < len(lines):
                written += os.pwrite(descriptor, lines[written:], offset + written)
        except OSError:
            if before == offset:
                os.ftruncate(descriptor, offset)
            raise
        if before > offset + len(lines):
            os.ftruncate(descriptor, offset + len(lines))
        os.fsync(descriptor)
        if offset == 0:
            sync_folder(self.path)
        replace_file(head_file(self.path), chain.canonical({"digest": head.digest, "seq": head.seq}) + b"\n")
        return len(lines)


def verify(path: str | os.PathLike[str], *, head: str | None = None) -> Checked:
    """
    Check every record of the ledger at *path*, in constant memory.

    *head* is the digest of a record that must be among them, noted earlier and elsewhere: only it
    shows that the end was cut off.  The head that is noted beside the ledger is looked for too;
    this helps against loss, not against somebody who changes both.

    Raises:
        BadLedger: the chain is broken; the detail names the line.
        DriveError: the file is missing or cannot be read.
    """
    with translated(os.fspath(path)), _shared(path):
        noted = noted_head(path)
        expected = {*([head.lower()] if head else []), *([noted.digest] if noted else [])}
        return _check(os.fspath(path), expected)


def head_file(path: str | os.PathLike[str]) -> str:
    """The file beside the ledger at *path* that notes its last record."""
    return os.path.splitext(os.fspath(path))[0] + ".head"


def noted_head(path: str | os.PathLike[str]) -> Head | None:
    """The head noted beside the ledger at *path*; None if there is none that can be read."""
    try:
        with open(head_file(path), "rb") as stream:
            noted = json.loads(stream.read(4096))
        return Head(int(noted["seq"]), str(noted["digest"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def refuse_secrets(value: object, place: str = "facts") -> None:
    """
    Look for passwords, tokens and keys anywhere in *value*.

    It is a net below the rule that only references to secrets are passed around; a
    reference (`env:NAME`) may stand in a record.

    Raises:
        Internal: something looks like a secret; the error names the place, never the value.
    """
    if isinstance(value, Mapping):
        for key, item in value.items():
            if _names_secret(str(key)) and not _harmless(item):
                raise _secret(f"{place}.{key}")
            refuse_secrets(item, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            refuse_secrets(item, f"{place}[{number}]")
    elif isinstance(value, str) and _SECRET_VALUE.search(value):
        raise _secret(place)


def _names_secret(key: str) -> bool:
    return key.lower().replace("-", "_") in _SECRET_KEYS


def _harmless(item: object) -> bool:
    return not isinstance(item, str) or not item or item.startswith(REFERENCES)


def _secret(place: str) -> Internal:
    return Internal(
        "",
        Text(
            f"a secret was about to be written into a record, in {place}",
            f"记录的 {place} 处险些写入机密信息",
        ),
    )


def _head(last: Record | None) -> Head:
    return Head(last.seq, last.digest) if last else Head(0, START)


def _line(draft: Draft, head: Head) -> tuple[bytes, Head]:
    """The line of the record that follows *head*, and the head it makes."""
    kind, facts, actor, at = draft
    record = chain.sealed(head.seq + 1, _time(at), _plain(actor), kind, _plain(facts), head.digest)
    line = record.line()
    if len(line) > LONGEST:
        raise ValueError(f"a record has at most {LONGEST} bytes")
    # What could not be read again must not be written.
    chain.parse(line, record.seq)
    return line, Head(record.seq, record.digest)


def _quick_line(draft: Draft, head: Head) -> tuple[bytes, Head]:
    """The same, many times faster for what is usual."""
    found = _quick.line(head.seq + 1, _time(draft.at), draft.actor, draft.kind, draft.facts, head.digest)
    if found is None:
        refuse_secrets(draft.facts)
        return _line(draft, head)
    return found[0], Head(head.seq + 1, found[1])


def _unusual_text(text: str) -> object:
    # Whatever `_SECRET_VALUE` finds holds one of these.
    return (":" in text or "-----" in text) and _SECRET_VALUE.search(text)


_quick = Quick(_names_secret, _unusual_text)


def _time(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("a time without a time zone says nothing")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _tail(descriptor: int) -> tuple[int, bytes, bytes]:
    """Where the torn end begins, the last whole line before it (may be empty), and the torn end."""
    size = os.fstat(descriptor).st_size
    start = max(0, size - _TAIL)
    data = os.pread(descriptor, size - start, start)
    end = data.rfind(b"\n") + 1
    begin = data.rfind(b"\n", 0, max(0, end - 1)) + 1
    if (zero := data.find(b"\0", 0, end)) >= 0:
        # A power cut may leave blocks of zeros in what was written last; no whole line holds one.
        end = data.rfind(b"\n", 0, zero) + 1
        begin = data.rfind(b"\n", 0, max(0, end - 1)) + 1
    return start + end, data[begin:end], data[end:]


def _check(path: str, expected: Collection[str]) -> Checked:
    with open(path, "rb") as stream:
        try:
            return chain.check(stream, expected)
        except Broken as broken:
            raise broken_at(path, broken.line, broken.reason) from None


def broken_at(path: str, line: int, reason: str) -> BadLedger:
    """The error for a chain that does not hold at *line* for a *reason* of `chain.REASONS`."""
    en, zh = chain.REASONS[reason]
    return BadLedger(path, Text(en.format(line=line), zh.format(line=line)), line=line, reason=reason)


@contextmanager
def _locked(path: str) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _shared(path: str | os.PathLike[str]) -> Iterator[None]:
    """Keep writers away while we read; where a place cannot lock, nobody writes there either."""
    with open(path, "rb") as stream:
        with suppress(OSError):
            fcntl.flock(stream, fcntl.LOCK_SH)
        yield
