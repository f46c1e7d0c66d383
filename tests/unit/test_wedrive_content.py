"""What is gathered for WeDrive: small contents in memory, large ones on the disk, lies about lengths nowhere."""

from __future__ import annotations

import hashlib
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path as LocalPath

import pytest

from lading.connectors.wedrive.content import LARGEST, ONE_SHOT, Content
from lading.connectors.wedrive.digest import BLOCK
from lading.model.errors import NoSpace, TooLarge, Truncated

PATH = ("a",)
MIB = 1 << 20


def blocks(count: int) -> Iterator[bytes]:
    """*count* blocks of 1 MiB, each another."""
    return (bytes([number]) * MIB for number in range(count))


def test_a_large_content_does_not_stay_in_memory() -> None:
    """Of 40 MiB no more than the small part is held; the blocks and the digest come out right."""
    tracemalloc.start()
    try:
        with Content(PATH, blocks(40), None) as content:
            digest = hashlib.sha1(usedforsecurity=False)
            sizes = [digest.update(block) or len(block) for block in content.blocks()]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert [BLOCK] * 20 == sizes
    assert content.digests[-1] == digest.hexdigest()
    assert peak < 3 * ONE_SHOT < 40 * MIB


def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: LocalPath) -> None:
    """Where nothing can be put aside a large content ends with `no_space`; a small one needs no disk."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with Content(PATH, blocks(1), MIB) as content:
        assert MIB == len(content.all())
    with pytest.raises(NoSpace):
        Content(PATH, blocks(11), 11 * MIB)


@pytest.mark.parametrize("announced", [0, MIB - 1, MIB + 1])
def test_lengths_are_held_against_what_was_announced(announced: int) -> None:
    """A source that is shorter or longer is refused before anything is sent."""
    with pytest.raises(Truncated):
        Content(PATH, blocks(1), announced)


def test_what_is_too_large_is_not_read() -> None:
    """More than 20 GiB is refused by its announced size, without touching the source."""

    def untouched() -> Iterator[bytes]:
        raise AssertionError
        yield b""

    with pytest.raises(TooLarge):
        Content(PATH, untouched(), LARGEST + 1)
