"""
Sources give what they say, so that a test that fails points at the drive.
"""

from __future__ import annotations

import itertools
import threading

import pytest

from lading.testkit.sources import (
    BLOCK,
    SourceBroke,
    Sparse,
    breaks_after,
    calling,
    endless,
    hanging,
    meeting,
    pieces,
)


@pytest.mark.parametrize("size", [8, 100, BLOCK, BLOCK + 5, 3 * BLOCK - 1, 5 * BLOCK])
@pytest.mark.parametrize("stride", [BLOCK, 2 * BLOCK])
def test_sparse_content_is_the_same_in_blocks_and_in_parts(size, stride):
    """
    Any part of a sparse content is computed as the blocks give it, marks across their borders too.
    """
    sparse = Sparse(size, stride)
    whole = b"".join(sparse.blocks())

    assert size == len(whole)
    for start, length in ((0, size), (size - 8, 8), (size - 3, 100), (BLOCK - 4, 10), (3, 1), (size, 5)):
        assert whole[start : start + length] == sparse.at(start, length)
    assert any(whole[-8:])


def test_sparse_blocks_cost_one_block():
    """
    Zeros are the same object again and again.
    """
    blocks = list(itertools.islice(Sparse(1 << 40).blocks(), 1, 60))

    assert 1 == len({id(block) for block in blocks})


def test_breaking_sources_break():
    """
    What was promised comes first, then the error that was asked for.
    """
    problem = OSError("disk")
    source = breaks_after(2, problem)
    assert 2000 == len(next(source) + next(source))

    with pytest.raises(OSError, match="disk"):
        next(source)
    with pytest.raises(SourceBroke):
        next(breaks_after(0))
    with pytest.raises(SourceBroke):
        sum(map(len, endless(bytes(BLOCK))))


def test_waiting_sources_give_all_they_have():
    """
    Waiting, meeting and calling change nothing about the content.
    """
    content, called = bytes(range(101)), []
    begun, release = threading.Event(), threading.Event()
    release.set()

    assert content == b"".join(pieces(content, 7))
    assert content == b"".join(hanging(content, begun, release))
    assert content == b"".join(meeting(content, threading.Barrier(1)))
    assert content == b"".join(calling(content, lambda: called.append(1)))
    assert begun.is_set()
    assert [1] == called
