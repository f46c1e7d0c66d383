"""
A drive holds one allowance and one denial to the same principal on an entry: several become one.

Of allowances the largest stays, of denials the strictest of all is made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from lading.manifest.translate.decided import Decided
from lading.manifest.translate.target import Target
from lading.model.access import Effect, Grant, Reach
from lading.model.identity import Key, key_of


def merged(decided: Sequence[Decided], to: Target) -> tuple[Decided, ...]:
    """*decided* in the same order, with at most one allowance and one denial to set for each principal of NEW."""
    found = list(decided)
    places: dict[tuple[Key, Effect], list[int]] = defaultdict(list)
    for position, one in enumerate(found):
        if one.new is not None:
            places[key_of(one.new.principal), one.new.effect].append(position)
    for (_, effect), positions in places.items():
        if len(positions) > 1 and effect is Effect.ALLOW:
            _keep_largest(found, positions)
        elif len(positions) > 1 and effect is Effect.DENY:
            _keep_strictest(found, positions, to)
    return tuple(found)


def _keep_largest(found: list[Decided], positions: list[int]) -> None:
    kept, *rest = sorted(positions, key=lambda position: _size(found[position].new))
    for position in rest:
        code = "grant.merged" if _covers(found[kept].new, found[position].new) else "grant.second"
        found[position] = found[position]._replace(new=None, losses=(*found[position].losses, code))


def _size(grant: Grant | None) -> tuple[int, bool, bool, int]:
    assert grant is not None
    return -grant.role, grant.reach is not Reach.ALL, grant.expires is not None, -(grant.expires or 0)


def _covers(one: Grant | None, other: Grant | None) -> bool:
    assert one is not None
    assert other is not None
    lasts = one.expires is None or (other.expires is not None and one.expires >= other.expires)
    reaches = one.reach is other.reach or (one.reach is Reach.ALL and other.reach is not Reach.LATER)
    return one.role >= other.role and lasts and reaches


def _keep_strictest(found: list[Decided], positions: list[int], to: Target) -> None:
    grants = [grant for position in positions if (grant := found[position].new) is not None]
    alike = len({grant.reach for grant in grants}) == 1
    if not alike and Reach.ALL not in to.features.reaches:
        # Only the first can be set, so the others do not hold.
        for position in positions[1:]:
            found[position] = found[position]._replace(new=None, losses=("denial.no_reach",), holds=False)
        return
    ends = [grant.expires for grant in grants if grant.expires is not None]
    strictest = Grant(
        grants[0].path,
        grants[0].principal,
        frozenset(),
        Effect.DENY,
        grants[0].reach if alike else Reach.ALL,
        role=min(grant.role for grant in grants),
        expires=max(ends) if len(ends) == len(grants) else None,
    )
    for number, position in enumerate(positions):
        one = found[position]
        losses = one.losses if one.new == strictest else (*one.losses, "denial.merged")
        found[position] = one._replace(new=None if number else strictest, losses=losses)
