"""The last look at a file, once its content has come, is not taken for the content."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from lading.connectors.dav.reading import Reading
from lading.connectors.wrap.backoff import Attempts, Means, Schedule
from lading.connectors.wrap.resume import Resuming
from lading.model.entry import Entry, Kind
from lading.model.errors import Truncated, Unavailable

ENTRY = Entry(("a.txt",), Kind.FILE, 5, etag="1")


class Wire(SimpleNamespace):
    """A server that writes in place; *looks* answer one `stat` after another."""

    def __init__(self, *looks: Callable[[], Entry]) -> None:
        super().__init__(quirks=SimpleNamespace(whole_puts=False), looks=list(looks))

    def stat(self, path: object) -> Entry:
        return self.looks.pop(0)()


def cut() -> Entry:
    raise Truncated("/a.txt", "the connection ended before the content did")


def reading(wire: Any, start: int) -> Reading:
    blocks = [b"hello"[start:], b""]
    stream: Any = SimpleNamespace(read=lambda size: blocks.pop(0), close=lambda: None)
    return Reading(wire, ENTRY, stream, start)


def test_a_look_that_is_cut_off_is_no_short_content() -> None:
    """When the answer to the last look is cut off, the drive is unavailable and the content is not truncated."""
    reader = reading(Wire(cut), 0)
    assert b"hello" == reader.read(100)

    with pytest.raises(Unavailable):
        reader.read(100)


def test_reading_survives_a_look_that_is_cut_off() -> None:
    """Through the wrapper that reads on, the whole content comes and its end is looked at again."""
    wire = Wire(cut, lambda: ENTRY)
    drive: Any = SimpleNamespace(read=lambda path, *, start, expect: reading(wire, start))
    attempts = Attempts(ENTRY.path, Schedule(), Means(sleep=lambda seconds: None))

    with Resuming(drive, ENTRY.path, 0, None, attempts) as reader:
        assert [b"hello", b""] == [reader.read(100), reader.read(100)]
    assert [] == wire.looks
