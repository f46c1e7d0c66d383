"""
Names of what lies behind a wall, shown to who is not on its side as short ids.

The id of a path is a keyed hash: who has the key finds the path again, nobody else can tell it by trying.
Groups are hidden with what they have grants on, since they are mostly named after it.  Who stands on both sides of a
wall is on neither.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lading.manifest.access.walls import Checked, Wall, inside
from lading.model.paths import decode, shown, shown_name

_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Veil:
    """Hides the paths *tops* with all below them, and *groups* (keys); *walls* are the numbers of walls whose names are hidden."""

    key: bytes = b""
    tops: tuple[str, ...] = ()
    groups: frozenset[str] = frozenset()
    walls: frozenset[int] = frozenset()

    def hides(self, path: str) -> bool:
        """Whether *path* (encoded) is not to be named."""
        return any(inside(path, top) for top in self.tops)

    def path(self, path: str) -> str:
        """*path* for a person, or its id."""
        return self._id(path) if self.hides(path) else shown(decode(path))

    def exact(self, path: str) -> str | None:
        """*path* as it is encoded, or None where it is hidden."""
        return None if self.hides(path) else path

    def principal(self, key: str, name: str) -> str:
        """The *name* of the principal *key*, or its id."""
        return self._id(key) if key in self.groups else shown_name(name)

    def wall(self, number: int, wall: Wall) -> str:
        """The name of the *number*-th wall, or just its number."""
        return f"#{number + 1}" if number in self.walls else shown_name(wall.name)

    def _id(self, text: str) -> str:
        return (
            "⟨" + hmac.digest(self.key, text.encode("utf-8", "surrogatepass"), "sha256").hex()[:_DIGITS] + "⟩"
        )


def veil_for(
    key: bytes, walls: Sequence[Wall], checked: Sequence[Checked], readers: Iterable[str] | None
) -> Veil:
    """
    What is hidden from somebody who has the keys *readers* on the drives that were *checked*, one each.

    They are on a side only if every drive has them there and none has them on the other; None is on no side at all.
    """
    keys = None if readers is None else tuple(readers)
    tops: set[str] = set()
    hidden: set[int] = set()
    for number, wall in enumerate(walls):
        for at in (0, 1):
            if keys is None or not _belongs(keys, number, at, checked):
                tops.update(wall.sides[at])
                hidden.add(number)
    groups = frozenset(key for one in checked for top in tops for key in one.groups.get(top, ()))
    return Veil(key, tuple(sorted(tops)), groups, frozenset(hidden))


def _belongs(keys: Sequence[str], wall: int, side: int, checked: Sequence[Checked]) -> bool:
    return all(
        key in one.on[wall][side] and key not in one.on[wall][1 - side]
        for key, one in zip(keys, checked, strict=True)
    )
