"""
What grants come to, for all people at once.

Each person is a bit; a state holds for each rank who is allowed and who is denied which role.  Adding a
grant, ending inheritance and reading off the roles are a few operations on whole numbers, however many
people there are.  Plain values: no database, no clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lading.manifest.access.people import LEVELS, Levels
from lading.model.access import Effect, Reach, Role

NOBODY: Levels = (0,) * LEVELS


class Item(NamedTuple):
    """
    A grant as one side tells it at one moment.

    *number* names it on its side, *key* is its principal as the other side knows it, *mask* the people it names;
    *alive* is false once it has expired.
    """

    number: int
    path: str
    effect: Effect
    kind: str
    principal: str
    role: int
    rank: int
    reach: Reach
    expires: int | None
    source: str
    key: str
    mask: int
    alive: bool


class Layer(NamedTuple):
    """
    The grants of one rank: *allow*[r] is who is allowed r or more, *deny*[r] who is denied r or less.

    Their first places hold everyone whom an allowance or a denial names at all.
    """

    rank: int
    allow: Levels = NOBODY
    deny: Levels = NOBODY


State = tuple[Layer, ...]
"""Layers in the order of their ranks."""


def holds(item: Item, *, below: bool) -> bool:
    """Whether *item* holds on its own entry, or on what lies *below* it."""
    return item.alive and (item.reach is Reach.ALL or item.reach is (Reach.BELOW if below else Reach.HERE))


def added(above: State, items: Iterable[Item]) -> State:
    """*above* with the *items* of one entry, all of which hold."""
    items = tuple(items)
    effects = {item.effect for item in items}
    if Effect.RESET in effects:
        above = ()
    elif Effect.BREAK in effects:
        above = tuple(layer._replace(allow=NOBODY) for layer in above)
    layers = {layer.rank: layer for layer in above}
    for item in items:
        layer = layers.get(item.rank, Layer(item.rank))
        if item.effect is Effect.ALLOW:
            layers[item.rank] = layer._replace(allow=_allowing(layer.allow, item))
        elif item.effect is Effect.DENY:
            layers[item.rank] = layer._replace(deny=_denying(layer.deny, item))
    return tuple(layers[rank] for rank in sorted(layers))


def levels(state: State, *, passage: bool, denials: bool = True) -> Levels:
    """
    Who has which role by *state* alone; *denials* can be left out to see what they take.

    What a denial of PREVIEW leaves is PASS where folders must be passed, else nothing: there PASS follows
    from what is visible below.
    """
    found, later = [0] * LEVELS, -1
    for _, allow, deny in state:
        for role in range(Role.PASS, LEVELS):
            had = allow[role] & ~deny[role] if denials else allow[role]
            if role == Role.PASS and denials and not passage:
                had &= ~(allow[Role.PREVIEW] & deny[Role.PREVIEW])
            found[role] |= had & later
        later &= ~(allow[0] | deny[0])
    return tuple(found)


def limited(found: Levels, may: Levels, reached: int) -> Levels:
    """*found*, cut to what each *may* have, and to those who *reached* the entry."""
    return tuple(bits & most & reached for bits, most in zip(found, may, strict=True))


def role_in(found: Levels, bit: int) -> Role:
    """The role of the person whose *bit* is given."""
    return Role(max((role for role in range(1, LEVELS) if found[role] & bit), default=0))


def _allowing(allow: Levels, item: Item) -> Levels:
    return tuple(bits | item.mask if role <= item.role else bits for role, bits in enumerate(allow))


def _denying(deny: Levels, item: Item) -> Levels:
    # A denial of NONE names people and takes nothing away.
    lowest = item.role or LEVELS
    return tuple(bits | item.mask if role >= lowest or not role else bits for role, bits in enumerate(deny))
