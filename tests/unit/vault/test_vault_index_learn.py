"""
What others stored is known, whether it is put into order or added.
"""

from __future__ import annotations

from hashlib import sha256

import pytest

from lading.vault.index import Index
from lading.vault.pack_table import PackTable
from lading.vault.packs import Pack
from lading.vault.words import How, Kind, Record


def _pack(name: str, count: int) -> Pack:
    records = PackTable.of(
        Record(Kind.FILE, How.PLAIN, sha256(f"{name} {number}".encode()).digest(), number + 1, number + 1)
        for number in range(count)
    )
    return Pack(sha256(name.encode()).digest(), 1_000, records)


@pytest.mark.parametrize("learned", [1, 4, 50])
def test_what_is_learned_is_found_as_if_it_had_been_read(learned: int) -> None:
    """
    Few records or more than were known: each is found where it lies, beside those that were there and those of our own.
    """
    first, own, others = (
        _pack("first", 5),
        _pack("own", 3),
        [_pack(f"other {it}", learned) for it in range(2)],
    )
    index = Index([first])
    index.add(own)
    index.learn(iter(others))

    whole = Index([first, own, *others])

    assert len(whole) == len(index)
    assert sorted(whole.spots()) == sorted(index.spots())
    for spot in whole.spots():
        assert spot == index.find(spot.record.id)
    assert index.find(sha256(b"nowhere").digest()) is None
