"""
Decide what somebody may do, from the few nodes that have rules for them.

Rules are few and nodes are many.  A rule node is one with a grant for somebody, or one that
ends inheritance.  Each is decided once; any other node is as the nearest rule node above
it, so asking for a role costs a few look-ups along the ids of a trail.  Everything here is plain
values: no database, no clock.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lading.drive.rights.roles import Role, resolve


class Rule(NamedTuple):
    """
    What stands on one node for one person: the highest role *allow*ed there and the lowest *deny*ed.

    *trail* is that of the node, *folder* is false for files, *breaks* ends allowances from above.
    """

    node: int
    space: int
    trail: str
    folder: bool
    breaks: bool
    allow: Role
    deny: Role | None


class Region(NamedTuple):
    """A rule node with its *role* and the role all *around* it; *path* is the trail of what lies below it."""

    path: str
    node: int
    trail: str
    folder: bool
    role: Role
    around: Role


class Range(NamedTuple):
    """
    A piece of a visible set: nodes with `low <= trail < high`, all but those in *without*.

    With *node* it is that one node alone, and *low* is its trail.
    """

    low: str
    high: str
    node: int | None = None
    without: tuple[int, ...] = ()


class State(NamedTuple):
    """What the rules from the root down to a node come to: allowances that still count, denials, and the role."""

    allow: Role
    deny: Role | None
    role: Role


_NOTHING = State(Role.NONE, None, Role.NONE)


@dataclass(frozen=True, slots=True)
class Decided:
    """
    All that the rules of one person come to.

    *states* holds what each rule node comes to, by the text of its id as it stands in trails, *own* the role
    of each rule node, *passable* the ids above something visible, *regions* the rule nodes of each space in the order of their paths.  *binned* are the rules of
    nodes that lie in a bin, undecided: that depends on where they came from.
    """

    states: Mapping[str, State]
    own: Mapping[int, Role]
    passable: frozenset[int]
    regions: Mapping[int, Sequence[Region]]
    binned: Mapping[str, Rule]
    floors: Mapping[int, Role]
    cap: Role


def decide(rules: Iterable[Rule], *, floors: Mapping[int, Role], cap: Role, bins: frozenset[str]) -> Decided:
    """
    Resolve *rules*, one per node, of which those of a space stand in any order.

    *floors* are roles that a space gives on all of its nodes whatever ends inheritance; denials win
    over them too.  *cap* is the most the person can ever have.  What lies below *bins* is hidden.
    """
    states: dict[str, State] = {}
    passable: set[int] = set()
    regions: dict[int, list[Region]] = {}
    binned: dict[str, Rule] = {}
    for rule in sorted(rules, key=lambda rule: rule.trail):
        above = rule.trail.split("/")[:-1]
        key = str(rule.node)
        if (above[0] if above else key) in bins:
            binned[key] = rule
            continue
        outer = _nearest(states, above)
        state = states[key] = _state(rule, outer, floors.get(rule.space, Role.NONE), cap)
        if state.role >= Role.PREVIEW:
            passable.update(map(int, above))
        path = f"{rule.trail}{key}/"
        regions.setdefault(rule.space, []).append(
            Region(path, rule.node, rule.trail, rule.folder, state.role, outer.role)
        )
    for found in regions.values():
        found.sort()
    return Decided(states, _own(states, passable), frozenset(passable), regions, binned, floors, cap)


def role_of(decided: Decided, trail: str, node: int) -> Role:
    """The role on *node*, which lies below the ids of *trail*."""
    role = decided.own.get(node)
    if role is None:
        role = role_below(decided, trail)
        if role is Role.NONE and node in decided.passable:
            return Role.PASS
    return role


def role_below(decided: Decided, trail: str) -> Role:
    """The role on nodes with this *trail* that have no rules of their own."""
    states = decided.states
    for above in reversed(trail.split("/")):
        if above in states:
            return states[above].role
    return Role.NONE


def role_in_bin(decided: Decided, place: str, trail: str, node: int) -> Role:
    """
    The role that *node*, whose *trail* begins with a bin, would have if its tree were back below the ids of *place*.

    Never PASS.
    """
    state = _nearest(decided.states, place.split("/")[:-1])
    for key in [*trail.split("/")[1:-1], str(node)]:
        if (rule := decided.binned.get(key)) is not None:
            state = _state(rule, state, decided.floors.get(rule.space, Role.NONE), decided.cap)
    return state.role


def ranges(decided: Decided, space: int, at_least: Role) -> list[Range]:
    """
    The nodes of *space* on which the role is *at_least*, as pieces that do not overlap.

    Single nodes come last.
    """
    regions = decided.regions.get(space, ())
    pieces = _pieces(regions, at_least)
    singles = [(region.trail, region.node) for region in regions if region.role >= at_least > region.around]
    if at_least <= Role.PASS:
        singles += _passed(decided, regions)
    hidden = [region for region in regions if region.around >= at_least > region.role]
    return _carved(pieces, hidden) + [Range(trail, trail, node) for trail, node in sorted(set(singles))]


def confined(decided: Decided, region: Region, space: int, most: Role) -> Decided:
    """
    *decided*, cut down to the node of *region* in *space* and what lies below, and to at most *most*.

    Nothing above is passable, so names of folders above stay hidden.
    """
    inner = [one for one in decided.regions.get(space, ()) if one.path.startswith(region.path)]
    kept = [one._replace(role=min(one.role, most), around=min(one.around, most)) for one in inner]
    top = region._replace(role=min(region.role, most), around=Role.NONE)
    regions = [top, *(one for one in kept if one.node != region.node)]
    states = {str(one.node): State(one.role, None, one.role) for one in regions}
    return Decided(states, _own(states, ()), frozenset(), {space: regions}, {}, {}, most)


def past(path: str) -> str:
    """The first trail after all those that begin with *path*, which ends in a slash."""
    return path[:-1] + "0"  # "0" follows "/" in the order of bytes


def _own(states: Mapping[str, State], passable: Collection[int]) -> dict[int, Role]:
    own = {int(key): state.role for key, state in states.items()}
    return {node: role or (Role.PASS if node in passable else Role.NONE) for node, role in own.items()}


def _nearest(states: Mapping[str, State], above: Sequence[str]) -> State:
    return next((states[key] for key in reversed(above) if key in states), _NOTHING)


def _state(rule: Rule, outer: State, floor: Role, cap: Role) -> State:
    allow = max(rule.allow, floor) if rule.breaks else max(rule.allow, outer.allow, floor)
    denials = [role for role in (rule.deny, outer.deny) if role is not None]
    deny = min(denials) if denials else None
    return State(allow, deny, min(resolve(allow, deny), cap))


def _pieces(regions: Sequence[Region], at_least: Role) -> list[tuple[str, str]]:
    """Ranges of trails; *regions* are in the order of their paths, so each comes before what lies in it."""
    found: list[tuple[str, str]] = []
    turns: list[tuple[str, bool]] = []
    open_: list[tuple[str, bool]] = []
    for region in regions:
        while open_ and open_[-1][0] <= region.path:
            turns.append(open_.pop())
        if region.folder and (region.role >= at_least) != (region.around >= at_least):
            turns.append((region.path, region.role >= at_least))
            open_.append((past(region.path), region.around >= at_least))
    turns += reversed(open_)
    low: str | None = None
    for at, visible in turns:
        if low is not None and low < at:
            found.append((low, at))
        low = at if visible else None
    return found


def _passed(decided: Decided, regions: Sequence[Region]) -> Iterable[tuple[str, int]]:
    seen: set[str] = set()
    for region in regions:
        above = region.trail.split("/")[:-1] if region.role >= Role.PREVIEW else []
        for depth, key in enumerate(above):
            trail = "".join(f"{part}/" for part in above[:depth])
            if key not in seen and role_of(decided, trail, int(key)) is Role.PASS:
                yield trail, int(key)
            seen.add(key)


def _carved(pieces: Sequence[tuple[str, str]], hidden: Sequence[Region]) -> list[Range]:
    lows = [low for low, _ in pieces]
    without: dict[int, list[int]] = {}
    for region in hidden:
        at = bisect_right(lows, region.trail) - 1
        if at >= 0 and region.trail < pieces[at][1]:
            without.setdefault(at, []).append(region.node)
    return [Range(low, high, None, tuple(without.get(at, ()))) for at, (low, high) in enumerate(pieces)]
