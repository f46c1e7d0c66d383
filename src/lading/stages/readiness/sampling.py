"""
A stratified sample of a drive for a trial copy: cards of neighbouring files, drawn so that each draw looks like the whole.

Files up to `LARGE` bytes lie on cards of at most `CARD` files from the same or neighbouring folders, for files that lie
together cost less than scattered ones.  The cards are sorted into strata by the mean size of their files and drawn from each in turn.
Larger files are drawn one by one.  Folders that hold nothing lie on the cards beside the small files.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from itertools import pairwise

from lading.manifest.engine import duckdb
from lading.manifest.read import Manifest
from lading.model.paths import Path, decode

LARGE = 8 << 20
"""Bytes beyond which a file is drawn by itself: an engineering rule, where the bytes cost more than the call on most drives."""
CARD = 100
_STRATA = 8
_TABLE = """
CREATE TEMP TABLE drawn AS
WITH parents AS (SELECT DISTINCT regexp_replace(path, '/?[^/]*$', '') AS parent FROM entries),
found AS (
    SELECT path, size, regexp_replace(path, '/?[^/]*$', '') AS parent FROM entries
    WHERE kind = 'file' AND problem IS NULL AND size <= $large
    UNION ALL
    SELECT path, 0, path FROM entries
    WHERE kind = 'folder' AND problem IS NULL AND path NOT IN (SELECT parent FROM parents)
)
SELECT path, size, (row_number() OVER (ORDER BY parent, hash(path), path) - 1) // $card AS card FROM found
"""


class Deck:
    """
    What is left to be drawn of the drive that *manifest* tells; the same *seed* draws the same.  Use it as a context.
    """

    def __init__(self, manifest: Manifest, seed: int) -> None:
        self._dice = random.Random(seed)  # noqa: S311 (a sample that can be repeated)
        self._db = duckdb.connect()
        entries = manifest.relation(self._db)
        entries.create_view("entries")
        self._cards = self._stratified(manifest.objects)
        rows = self._db.execute(
            "SELECT path, size FROM entries WHERE kind = 'file' AND problem IS NULL AND size > ? ORDER BY path",
            [LARGE],
        ).fetchall()
        self._large: list[tuple[str, int]] = rows
        self._dice.shuffle(self._large)

    def __enter__(self) -> Deck:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    @property
    def small(self) -> int:
        """How many entries lie on the cards that are left."""
        return sum(many for _, many, _ in self._cards)

    @property
    def large(self) -> int:
        """Bytes of the large files that are left."""
        return sum(size for _, size in self._large)

    def lightest(self) -> tuple[Path, ...]:
        """The card with the fewest bytes, or the smallest large file: what costs hardly more than a transfer of nothing."""
        if self._cards:
            card = min(self._cards, key=lambda it: (it[2], it[0]))
            self._cards.remove(card)
            return self._paths([card[0]])
        at = min(range(len(self._large)), key=lambda it: self._large[it][1], default=None)
        return () if at is None else (decode(self._large.pop(at)[0]),)

    def cards(self, number: int) -> tuple[Path, ...]:
        """Cards with about *number* entries, at least one card if any is left."""
        taken: list[int] = []
        many = 0
        while self._cards and (not taken or many + self._cards[0][1] / 2 <= number):
            card, held, _ = self._cards.pop(0)
            taken.append(card)
            many += held
        return self._paths(taken)

    def heavy(self, size: int, *, least: int) -> tuple[Path, ...]:
        """Large files of about *size* bytes, in groups of *least* (as many as are worked on at once), one group at least if any is left."""
        taken: list[str] = []
        got = 0
        while self._large and (
            len(taken) % least or not taken or got + self._large[0][1] * least / 2 <= size
        ):
            path, held = self._large.pop(0)
            taken.append(path)
            got += held
        return tuple(map(decode, taken))

    def _stratified(self, objects: int) -> list[tuple[int, int, int]]:
        """All cards (number, entries, bytes) in the order in which they are drawn: one of each stratum in turn."""
        size = min(CARD, max(5, objects // 60))
        self._db.execute(_TABLE, {"large": LARGE, "card": size})
        rows = self._db.execute(
            "SELECT card, count(*), sum(size)::BIGINT FROM drawn GROUP BY card ORDER BY sum(size) / count(*), card"
        ).fetchall()
        ends = [len(rows) * at // _STRATA for at in range(_STRATA + 1)]
        strata = [rows[start:end] for start, end in pairwise(ends)]
        for one in strata:
            self._dice.shuffle(one)
        return _in_turn(strata)

    def _paths(self, cards: Sequence[int]) -> tuple[Path, ...]:
        rows = self._db.execute(
            "SELECT path FROM drawn WHERE list_contains($cards, card)", {"cards": list(cards)}
        ).fetchall()
        return tuple(decode(path) for (path,) in rows)


def _in_turn(strata: Iterable[list[tuple[int, int, int]]]) -> list[tuple[int, int, int]]:
    left, drawn = [one for one in strata if one], []
    while left:
        drawn += [one.pop() for one in left]
        left = [one for one in left if one]
    return drawn
