"""
The framing of batches: many small files in one body.

A batch is a row of records; each is four bytes (big-endian, the length of a JSON header), the header, and
as many bytes of content as its `size` says.  The decoder takes any cut of the stream into blocks and
holds one record at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pydantic_core import from_json

from lading.drive.errors import Unfit
from lading.model.errors import TooLarge, Truncated
from lading.model.text import Text

MEDIA_TYPE = "application/vnd.lading.batch"
RECORDS = 10_000
BYTES = 256 * 1024 * 1024
HEADER = 256 * 1024
"""The longest header: a path of 100 names of 1,000 bytes, escaped, and then some."""


class Record(NamedTuple):
    """One file on its way; *header* is checked to be an object with a whole `size`, nothing more."""

    header: dict[str, Any]
    content: bytes


def encode(facts: dict[str, Any], content: bytes = b"") -> bytes:
    """The bytes of a record; *facts* get their `size` here."""
    return header(facts, len(content)) + content


def header(facts: dict[str, Any], size: int) -> bytes:
    """The bytes before the content of a record, which is *size* bytes long."""
    # ASCII: a subject of a problem may hold half characters, which UTF-8 has no bytes for.
    text = json.dumps({**facts, "size": size}, separators=(",", ":")).encode()
    return len(text).to_bytes(4, "big") + text


def decode(blocks: Iterable[bytes], *, records: int = RECORDS, limit: int = BYTES) -> Iterator[Record]:
    """
    The records in *blocks*, one after the other.

    Raises:
        Unfit: a header is no JSON object with a `size`, or is too long.
        TooLarge: there are more than *records*, or more than *limit* bytes of content.
        Truncated: the stream ends within a record.
    """
    source = _Source(blocks)
    for count in range(records + 1):
        prefix = source.take(4, may_end=True)
        if not prefix:
            return
        if count == records:
            raise TooLarge("batch", Text(f"at most {records} records", f"最多 {records} 条记录"))
        facts = _parsed(source.take(_header_length(prefix)))
        limit -= facts["size"]
        if limit < 0:
            raise TooLarge("batch", Text("too many bytes in one batch", "单个批次字节数过多"))
        yield Record(facts, source.take(facts["size"]))


def _header_length(prefix: bytes) -> int:
    length = int.from_bytes(prefix, "big")
    if not 2 <= length <= HEADER:
        raise Unfit("batch", Text("a header has an impossible length", "记录头长度无效"))
    return length


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        facts = from_json(raw, allow_inf_nan=False)
    except ValueError:
        raise Unfit("batch", Text("a header is not valid JSON", "记录头不是有效的 JSON")) from None
    size = facts.get("size") if isinstance(facts, dict) else None
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise Unfit("batch", Text("a header has no size", "记录头缺少 size"))
    return dict(facts)


class _Source:
    """Blocks of any length, taken in pieces of the length asked for."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._rest = b""
        self._at = 0

    def take(self, size: int, *, may_end: bool = False) -> bytes:
        end = self._at + size
        if end <= len(self._rest):
            piece = self._rest[self._at : end]
            self._at = end
            return piece
        return self._gather(size, may_end)

    def _gather(self, size: int, may_end: bool) -> bytes:
        parts = [self._rest[self._at :]]
        have = len(parts[0])
        while have < size:
            block = next(self._blocks, None)
            if block is None:
                break
            parts.append(block)
            have += len(block)
        self._rest, self._at = b"".join(parts), min(size, have)
        if have < size and not (may_end and have == 0):
            raise Truncated("batch", Text("it ends within a record", "数据在记录中间结束"))
        return self._rest[: self._at]
