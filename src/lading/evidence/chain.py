"""
The chain of records, for whoever wants to check it.

This module needs nothing but the standard library and nothing else of Lading,
so that an auditor can read it in one sitting and run it alone:

    python3 chain.py ledger.jsonl [DIGEST]

It reads; it never writes.  `docs/formats/ledger.md` is the rule it follows.
It cannot tell that records are missing at the *end*: for this an auditor keeps
the digest of the last record somewhere else and gives it here.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

START = hashlib.sha256(b"lading ledger format 1").hexdigest()
"""What the first record names as its previous one; it ties the chain to this version of the format."""

LONGEST = 1 << 20
"""Bytes a line may have, its newline included."""

_LARGEST = 2**53 - 1
_FIELDS = {"actor": str, "digest": str, "facts": dict, "kind": str, "previous": str, "seq": int, "time": str}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_KIND = re.compile(r"[a-z_]+(\.[a-z_]+)+")

REASONS: Mapping[str, tuple[str, str]] = {
    "torn": (
        "line {line} is torn off, as by a kill or a power cut while it was written; the next run sets it aside",
        "第 {line} 行不完整，可能在写入时进程被终止或断电；下次运行会将其移出保存",
    ),
    "long": ("line {line} is too long", "第 {line} 行过长"),
    "record": ("line {line} is not a record", "第 {line} 行不是一条记录"),
    "form": ("line {line} was written by something else", "第 {line} 行并非由 Lading 写入"),
    "digest": (
        "line {line} was changed: its digest does not fit its content",
        "第 {line} 行被改动：摘要与内容不符",
    ),
    "order": (
        "line {line} does not follow the line before it: something was removed, inserted or moved",
        "第 {line} 行与上一行不衔接：有记录被删除、插入或移动",
    ),
    "head": (
        "it ends with line {line} and never reaches the expected record: the end is cut off or rewritten",
        "到第 {line} 行结束，未出现预期的记录：末尾被截断或改写",
    ),
}
"""Why a chain is broken, by code, in English and Chinese."""


class Broken(ValueError):
    """The chain does not hold at *line* (counted from 1); *reason* is a key of `REASONS`."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(REASONS[reason][0].format(line=line))
        self.line = line
        self.reason = reason


class Record(NamedTuple):
    """
    One record.

    *seq* counts from 1; *time* is UTC as RFC 3339 with six decimals; *previous* and *digest* are
    SHA-256 in lower-case hex.
    """

    seq: int
    time: str
    actor: str
    kind: str
    facts: Mapping[str, Any]
    previous: str
    digest: str

    def line(self) -> bytes:
        """The record as it stands in the file, newline included."""
        return canonical(self._asdict()) + b"\n"


class Checked(NamedTuple):
    """
    A chain that holds: the number of its records, the digest of the last one (`START` if there is none).

    *seen* gives the number of the record for each digest that was expected.
    """

    records: int
    head: str
    seen: Mapping[str, int]


def canonical(value: object) -> bytes:
    """
    The one way to write *value* as JSON (RFC 8785, without fractions).

    Keys are sorted by their UTF-16 code units; no spaces; UTF-8.

    Raises:
        TypeError: it holds something other than objects with string keys, arrays, strings, whole numbers,
            true, false and null.
        ValueError: a number is beyond 2^53 - 1, or a string is not Unicode.
    """
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def sealed(seq: int, time: str, actor: str, kind: str, facts: Mapping[str, Any], previous: str) -> Record:
    """The record of these fields with its digest: SHA-256 over all fields but the digest itself."""
    fields = {"seq": seq, "time": time, "actor": actor, "kind": kind, "facts": facts, "previous": previous}
    return Record(**fields, digest=hashlib.sha256(canonical(fields)).hexdigest())  # type: ignore[arg-type]


def parse(line: bytes, number: int) -> Record:
    """
    The record that stands in *line*, which is line *number* of the file.

    A line is accepted only if it is byte for byte what this module would write.

    Raises:
        Broken: it is not.
    """
    if not line.endswith(b"\n"):
        raise Broken(number, "long" if len(line) >= LONGEST else "torn")
    try:
        fields = json.loads(line)
        if not _is_record(fields):
            raise Broken(number, "record")
        record = Record(**fields)
        same = record.line() == line
    except (TypeError, ValueError, RecursionError) as problem:
        raise problem if isinstance(problem, Broken) else Broken(number, "record") from None
    if not same:
        raise Broken(number, "form")
    if sealed(*record[:-1]).digest != record.digest:
        raise Broken(number, "digest")
    return record


def records(stream: BinaryIO) -> Iterator[Record]:
    """
    The records in *stream*, one at a time, each one checked against the one before.

    Raises:
        Broken: a line was changed, removed, inserted or moved, or the last one is torn off.
    """
    previous = START
    for number, line in enumerate(iter(lambda: stream.readline(LONGEST), b""), start=1):
        record = parse(line, number)
        if record.seq != number or record.previous != previous:
            raise Broken(number, "order")
        yield record
        previous = record.digest


def check(stream: BinaryIO, expected: Collection[str] = ()) -> Checked:
    """
    Check the whole chain in *stream*; each digest in *expected* must be that of one of its records.

    Raises:
        Broken: it does not hold.
    """
    return follow(records(stream), expected)


def follow(chain: Iterable[Record], expected: Collection[str] = ()) -> Checked:
    """The same for records that come from `records`."""
    count, head, seen = 0, START, dict.fromkeys({START} & set(expected), 0)
    for record in chain:
        count, head = record.seq, record.digest
        if head in expected:
            seen[head] = count
    if len(seen) != len(set(expected)):
        raise Broken(count, "head")
    return Checked(count, head, seen)


def _is_record(fields: object) -> bool:
    return (
        isinstance(fields, dict)
        and fields.keys() == _FIELDS.keys()
        and all(type(fields[name]) is kind for name, kind in _FIELDS.items())
        and _TIME.fullmatch(fields["time"]) is not None
        and _KIND.fullmatch(fields["kind"]) is not None
    )


def _ordered(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _ordered(value[key]) for key in sorted(value, key=_utf16)}
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    if isinstance(value, int) and not -_LARGEST <= value <= _LARGEST:
        raise ValueError(f"{value} is beyond 2^53 - 1: write it as a string")
    if value is None or isinstance(value, str | bool | int):
        return value
    raise TypeError(f"{type(value).__name__} cannot stand in a record")


def _utf16(key: object) -> bytes:
    if not isinstance(key, str):
        raise TypeError("keys are strings")
    return key.encode("utf-16-be")


def main(arguments: list[str]) -> int:
    """Check the file named first; the digest named second must be among its records."""
    if not 1 <= len(arguments) <= 2:
        sys.stdout.write("usage: chain.py LEDGER [DIGEST]\n")
        return 2
    try:
        with open(arguments[0], "rb") as stream:
            checked = check(stream, arguments[1:])
    except (Broken, OSError) as problem:
        sys.stdout.write(f"BROKEN: {problem}\n")
        return 41
    sys.stdout.write(f"holds: {checked.records} records, head {checked.head}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
