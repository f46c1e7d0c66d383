"""
The blocks of a large file: all of them, in order, whoever reads them, and what goes wrong in its place.
"""

from __future__ import annotations

import io
import threading
from collections import defaultdict
from collections.abc import Generator, Iterable
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.model.errors import Truncated
from lading.stages.transfer import ahead
from lading.stages.transfer.ahead import block_of, blocks_at_its_pace, blocks_of, gives_back, mark_of


class _Source(io.BytesIO):
    """A content that breaks off at *breaks_at*, and gives less than it is asked for."""

    entry = None

    def __init__(self, content: bytes, breaks_at: int | None = None, most: int = 1 << 20) -> None:
        super().__init__(content)
        self.breaks_at, self.most = breaks_at, most
        self.threads: set[int] = set()

    def read(self, size: int | None = -1, /) -> bytes:
        self.threads.add(threading.get_ident())
        if self.breaks_at is not None and self.tell() >= self.breaks_at:
            raise Truncated(("file",), "broke off")
        return super().read(min(size if size is not None and size >= 0 else self.most, self.most))


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "BLOCK", 10)
    monkeypatch.setattr(ahead, "CHUNK", 4)


@pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 20, 37])
@pytest.mark.parametrize("reads_ahead", [False, True])
def test_the_blocks_are_the_content_in_order(length: int, reads_ahead: bool) -> None:
    """Every block but the last is whole, and nothing follows the last."""
    content = bytes(range(length))
    with closing(blocks_of(_Source(content, most=3), ahead=reads_ahead)) as blocks:
        found = [b"".join(block) for block in blocks]
    assert b"".join(found) == content
    assert all(len(block) == 10 for block in found[:-1])


def test_the_next_block_is_read_by_another_thread_while_one_is_worked_on() -> None:
    """That is what it is for; the thread is gone when the blocks are closed early."""
    source = _Source(bytes(100))
    with closing(blocks_of(source, ahead=True)) as blocks:
        next(blocks)
    assert threading.get_ident() not in source.threads
    assert source.tell() == 20, "one block ahead, not more"
    assert not [it for it in threading.enumerate() if it.name.startswith("read-ahead")]


@settings(max_examples=60, deadline=None)
@given(length=st.integers(0, 95), line=st.integers(0, 9), work=st.integers(0, 3))
def test_a_slow_line_is_left_for_several(length: int, line: int, work: int) -> None:
    """Once it has given four blocks, of which the first does not count, each more than four times as long as we work on one."""
    content, left = bytes(range(length)), list[int]()
    times: defaultdict[int, int] = defaultdict(int)

    class Line(_Source):
        def read(self, size: int | None = -1, /) -> bytes:
            held = super().read(size)
            if held and (self.tell() % 10 == 0 or self.tell() == length):
                times[threading.get_ident()] += line if self.tell() > 10 else 1000
            return held

    def apart(came: int) -> Generator[Iterable[bytes]]:
        left.append(came)
        return blocks_of(_Source(content[came:]), ahead=False)

    found = []
    source = Line(content)
    with closing(blocks_at_its_pace(source, apart, lambda: times[threading.get_ident()])) as blocks:
        for block in blocks:
            found.append(b"".join(block))
            times[threading.get_ident()] += work

    assert content == b"".join(found)
    assert all(len(block) == 10 for block in found[:-1])
    # Three blocks and a beginning of the fourth are four blocks, too: then nothing is left.
    slow = line > 4 * work and length > 30
    assert ([min(40, length)] if slow else []) == left
    assert (min(40, length) if slow else length) == source.tell()


def test_what_goes_wrong_ahead_leaves_the_blocks_before_it() -> None:
    """A connection that breaks in the third block costs that one only."""
    with closing(blocks_of(_Source(bytes(50), breaks_at=24), ahead=True)) as blocks:
        assert [b"".join(next(blocks)), b"".join(next(blocks))] == [bytes(10), bytes(10)]
        with pytest.raises(Truncated):
            next(blocks)


@settings(max_examples=60)
@given(content=st.binary(max_size=45), other=st.binary(max_size=45))
def test_only_the_same_content_gives_the_marks_back(content: bytes, other: bytes) -> None:
    """Shorter, longer, changed or in another order: all are told."""
    source = _Source(content)
    marks = [mark_of(block) for block in iter(lambda: block_of(source), [])]
    assert gives_back(_Source(content), marks, len(content))
    assert gives_back(_Source(other), marks, len(content)) == (other == content)
    assert not gives_back(_Source(content + b"x"), marks, len(content))
    assert not content or not gives_back(_Source(content[:-1]), marks, len(content))
