"""
A comparison of access as plain values, for `--json` and `--list`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lading.cli import access_words as words
from lading.manifest.access.comparing import Compared
from lading.manifest.access.decide import Item
from lading.manifest.access.diff import Cause, Outcome
from lading.manifest.access.links import Change, Opening
from lading.manifest.access.people import Directory, members_of
from lading.manifest.access.tables import Tables, key_of
from lading.manifest.access.veil import Veil
from lading.manifest.access.walls import Checked, Crossing, Wall
from lading.model.access import Role

MOST = 1000
"""Causes, people and links of each sort in `--json`; `--list` has all."""
NAMED = 20
"""People named with a cause or a crossing in `--json`."""


def compared(
    found: Compared, walls: Sequence[Wall], checked: Sequence[Checked], veil: Veil
) -> dict[str, Any]:
    """What a comparison found; names that *veil* hides are ids."""
    changes = found.links
    return {
        "a": found.sides[0].name,
        "b": found.sides[1].name,
        "people": {
            "matched": sum(None not in pair.keys for pair in found.people),
            **{
                f"only_{letter}": {"count": bits.bit_count(), "ids": _people(found, bits, MOST)}
                for letter, bits in zip("ab", found.only, strict=True)
            },
        },
        "moments": [_outcome(found, moment, one, veil) for moment, one in found.outcomes.items()],
        "moments_left_out": found.unseen,
        "unasked": [side.unasked for side in found.sides],
        "links": None if changes is None else [_change(change, veil) for change in changes[:MOST]],
        "walls": list(_crossings(walls, checked, veil)),
        "walls_tolerated": {
            letter: _tolerated(one, veil) for letter, one in zip("ab", checked, strict=False)
        },
    }


def crossed(parts: Sequence[Tables], walls: Sequence[Wall], checked: Checked, veil: Veil) -> dict[str, Any]:
    """Who stands on both sides of *walls* on the drive of which *parts* are manifests."""
    return {
        "manifests": [one.name for one in parts],
        "unasked": [one.unasked for one in parts],
        "walls": list(_crossings(walls, [checked], veil)),
        "walls_tolerated": _tolerated(checked, veil),
    }


def lines(
    found: Compared, walls: Sequence[Wall], checked: Sequence[Checked], veil: Veil
) -> Iterator[dict[str, Any]]:
    """Every cause, link and crossing."""
    for moment, outcome in found.outcomes.items():
        for cause in outcome.causes:
            yield {"what": "cause", "at": words.time_of(moment), **_cause(found, cause, veil, found_all=True)}
    for change in found.links or ():
        yield {"what": "link", **_change(change, veil)}
    for crossing in _crossings(walls, checked, veil):
        yield {"what": "wall", **crossing}


def grant(item: Item | None, directory: Directory, veil: Veil) -> dict[str, Any] | None:
    """A grant."""
    if item is None:
        return None
    key = key_of(item.kind, item.principal)
    return {
        **_place(item.path, veil),
        "effect": item.effect.value,
        "kind": item.kind,
        "principal": veil.principal(key, item.principal),
        "role": role(item.role),
        "reach": item.reach.value,
        "rank": item.rank,
        "expires": item.expires,
        "text": words.grant(item, directory, veil),
    }


def link(one: Opening | None, veil: Veil) -> dict[str, Any] | None:
    """A link, without what could open it."""
    if one is None:
        return None
    return {
        **_place(one.path, veil),
        "id": None if veil.hides(one.path) else one.id,
        "role": role(one.role),
        "expires": one.expires,
        "password": one.password,
        "left": one.left,
        "pinned": one.pinned,
        "inside": one.inside,
        "by": one.by,
    }


def role(of: int) -> str:
    """The word of a role that does not change with the language."""
    return Role(of).name.lower()


def _place(path: str, veil: Veil) -> dict[str, Any]:
    return {"path": veil.path(path), "encoded": veil.exact(path)}


def _outcome(found: Compared, moment: int, outcome: Outcome, veil: Veil) -> dict[str, Any]:
    return {
        "at": moment,
        "time": words.time_of(moment),
        **{name: getattr(outcome, name) for name in ("gained", "lost", "same", "tolerated")},
        "gaining_people": outcome.gainers.bit_count(),
        "losing_people": outcome.losers.bit_count(),
        "causes": [_cause(found, cause, veil) for cause in outcome.causes[:MOST]],
        "causes_left_out": max(0, len(outcome.causes) - MOST),
    }


def _cause(found: Compared, cause: Cause, veil: Veil, *, found_all: bool = False) -> dict[str, Any]:
    here, there = (1, 0) if cause.gain else (0, 1)
    return {
        "gain": cause.gain,
        "why": cause.why.value,
        "people": cause.count,
        "entries": cause.entries,
        "pairs": cause.pairs,
        "text": words.cause(cause, found.directories, veil),
        "giver": grant(cause.giver, found.directories[here], veil),
        "other": grant(cause.other, found.directories[there], veil),
        "who": _people(found, cause.people, len(found.people) if found_all else NAMED),
        "examples": [
            {**_place(path, veil), "person": _id(found, person), "before": role(before), "after": role(after)}
            for path, person, before, after in cause.examples
        ],
    }


def _change(change: Change, veil: Veil) -> dict[str, Any]:
    return {
        "gain": change.gain,
        "more": [aspect.value for aspect in change.more],
        "less": [aspect.value for aspect in change.less],
        "a": link(change.old, veil),
        "b": link(change.new, veil),
    }


def _crossings(walls: Sequence[Wall], checked: Sequence[Checked], veil: Veil) -> Iterator[dict[str, Any]]:
    for letter, one in zip("ab", checked, strict=False):
        for crossing in one.crossings:
            yield {
                "side": letter,
                "wall": veil.wall(walls.index(crossing.wall), crossing.wall),
                "people": len(crossing.whom),
                "who": _whom(crossing, one.directory, veil),
                "grants": [grant(item, one.directory, veil) for item in crossing.grants],
            }


def _tolerated(checked: Checked, veil: Veil) -> list[str]:
    return [words.principal(key, checked.directory, veil) for key in sorted(checked.tolerated)]


def _whom(crossing: Crossing, directory: Directory, veil: Veil) -> list[str]:
    return [words.principal(key, directory, veil) for key in crossing.whom[:NAMED]]


def _people(found: Compared, bits: int, most: int) -> list[str]:
    return [_id(found, number) for number, _ in zip(members_of(bits), range(most), strict=False)]


def _id(found: Compared, number: int) -> str:
    key = next(key for key in found.people[number].keys if key is not None)
    return key.partition(":")[2]
