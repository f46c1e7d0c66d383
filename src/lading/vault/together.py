"""
Many contents at once: what lies side by side in a pack is read in one go.

A backup stores files in the order in which it finds them, so files of one
folder are neighbours; to read each by itself would cost a call for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from lading.model.errors import Advice, BadVault, DriveError, LadingError
from lading.vault.contents import content_of
from lading.vault.index import Spot
from lading.vault.vault import Vault
from lading.vault.words import TAG, Kind

GAP = 64 << 10
"""Bytes between two records that are read and thrown away rather than asked for apart."""
MOST = 4 << 20
"""Bytes that are read in one go, unless a single record has more; held in memory."""


class _Run(NamedTuple):
    """Records of one pack that are read together: each with the number of who asked for it."""

    spots: list[tuple[int, Spot]]
    start: int
    end: int


def contents_together(vault: Vault, digests: Sequence[bytes]) -> list[bytes | LadingError]:
    """
    The content of each of *digests* (SHA-256), or why it is not there, in their order.

    All of them are held in memory; of a large one its pieces are read one by one.

    Raises:
        DriveError: the store does not answer.
    """
    answers: dict[int, bytes | LadingError] = {}
    for run in _runs(_spots(vault, digests)):
        answers.update(_opened(vault, run, digests))
    return [answers[number] if number in answers else _alone(vault, it) for number, it in enumerate(digests)]


def _spots(vault: Vault, digests: Sequence[bytes]) -> list[tuple[int, Spot]]:
    """Where the contents of one record are, as they lie in the packs."""
    found = [
        (number, spot)
        for number, digest in enumerate(digests)
        if (spot := vault.index.find(vault.master.id_of(Kind.FILE, digest))) is not None
    ]
    return sorted(found, key=lambda pair: (pair[1].pack, pair[1].offset))


def _runs(spots: Iterable[tuple[int, Spot]]) -> Iterator[_Run]:
    held: list[tuple[int, Spot]] = []
    pack, first, last = b"", 0, 0
    for number, spot in spots:
        start, end = spot.offset, spot.offset + spot.record.stored + TAG
        if held and not (spot.pack == pack and start - last <= GAP and end - first <= MOST):
            yield _Run(held, first, last)
            held = []
        if not held:
            pack, first, last = spot.pack, start, end
        held.append((number, spot))
        last = max(last, end)
    if held:
        yield _Run(held, first, last)


def _opened(vault: Vault, run: _Run, digests: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """What is good in *run*; the rest has to be looked at one by one, for there may be another copy."""
    pack = run.spots[0][1].pack
    try:
        held = memoryview(vault.part(pack, run.start, run.end - run.start))
        reader = vault.reader(pack)
    except LadingError as problem:
        if _of_the_store(problem):
            raise
        return
    for number, spot in run.spots:
        at = spot.offset - run.start
        try:
            sealed = held[at : at + spot.record.stored + TAG]
            yield number, reader.record(spot.number, spot.record, sealed, digests[number])
        except BadVault:
            continue


def _alone(vault: Vault, digest: bytes) -> bytes | LadingError:
    try:
        return b"".join(content_of(vault.master, digest, vault.fetch))
    except LadingError as problem:
        if _of_the_store(problem):
            raise
        return problem


def _of_the_store(problem: LadingError) -> bool:
    """Whether *problem* is about the store and not about what was asked for: to ask for the next would only take time."""
    return isinstance(problem, DriveError) and problem.advice is not Advice.SKIP_ITEM
