"""
Walls: nobody is on both sides.

A side is a set of spaces.  Somebody is on a side if anything in one of its spaces is allowed to them or to
what they count as, be it denied again, below a break or in the trash: so a wall holds whatever is lifted,
restored or expires later.  Every change that could bring somebody to both sides asks `check_walls` in its own
transaction.  Should somebody stand on both sides all the same, they see neither (`rules.crossed`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lading.drive.actor import Actor
from lading.drive.errors import Unfit, Walled
from lading.drive.models import Principal, Space, Wall, WallSide
from lading.drive.rights.members import COUNTED, below, chunks, fetch
from lading.drive.rights.need import missing
from lading.drive.rights.places import is_security, need_security
from lading.drive.writing import Writing, writing
from lading.model.errors import AlreadyExists, NotFound
from lading.model.text import Text

_SHOWN = 20
# CROSS JOIN keeps SQLite from walking all nodes of a space.
_ON_SIDES = (
    COUNTED
    + """
SELECT r.who, w.wall_id, w.side
FROM reached r CROSS JOIN drive_grant g CROSS JOIN drive_node n
JOIN drive_space s ON s.id = n.space_id AND s.deleted IS NULL
JOIN drive_wallside w ON w.space_id = n.space_id
WHERE g.principal_id = r.id AND NOT g.deny AND (g.expires IS NULL OR g.expires > %s) AND n.id = g.node_id
UNION
SELECT r.who, w.wall_id, w.side
FROM reached r JOIN drive_breakglass b ON b.principal_id = r.who AND b.expires > %s
JOIN drive_space s ON s.id = b.space_id AND s.deleted IS NULL
JOIN drive_wallside w ON w.space_id = b.space_id
"""
)
_ALLOWED = """
SELECT DISTINCT g.principal_id FROM drive_grant g CROSS JOIN drive_node n
WHERE n.id = g.node_id AND n.space_id IN ({ids}) AND NOT g.deny
UNION
SELECT principal_id FROM drive_breakglass WHERE space_id IN ({ids})
"""


class Crossing(NamedTuple):
    """*principal* would be, or is, on both sides of *wall*."""

    principal: int
    key: str
    wall: int


class WallRow(NamedTuple):
    """A wall and the ids of the spaces on its two sides."""

    id: int
    name: str
    sides: tuple[tuple[int, ...], tuple[int, ...]]


def crossing(principals: Iterable[int], now: int) -> list[Crossing]:
    """
    Who of *principals*, or of all that count as one of them, is on both sides of a wall at *now*.

    Guests of people among them are looked at too, since they fall and rise with their owner.
    """
    if not WallSide.objects.exists():
        return []
    asked = set(principals)
    owned = Principal.objects.filter(kind=Principal.Kind.GUEST, owner__in=asked).values_list("id", flat=True)
    both = sorted(key for key, on in on_sides(below(asked | set(owned)), now).items() if len(on) > 1)
    keys = dict(Principal.objects.filter(id__in={who for who, _ in both}).values_list("id", "key"))
    return [Crossing(who, keys[who], wall) for who, wall in both]


def on_sides(principals: Iterable[int], now: int) -> dict[tuple[int, int], set[int]]:
    """The sides on which each of *principals* is, by principal and wall."""
    sides: dict[tuple[int, int], set[int]] = {}
    for some in chunks(principals):
        for who, wall, side in fetch(_ON_SIDES, some, [now], some, [now, now]):
            sides.setdefault((who, wall), set()).add(side)
    return sides


def check_walls(
    work: Writing, *, principals: Iterable[int] = (), spaces: Iterable[int] = (), subject: str = ""
) -> None:
    """
    Refuse what was just written in *work* if it brings somebody to both sides of a wall.

    To be asked after any change that may let people in: of grants, memberships, departments, of a person or guest who
    becomes active again or stays longer (*principals*), after a break-glass, and when grants arrive in a space
    by a move or a space comes back (*spaces*).  It raises the epoch, and so waits for other changes of rights.

    Raises:
        Walled: who is meant is told to a security admin only.
    """
    work.rights_changed()
    found = crossing({*principals, *_allowed_in(set(spaces))}, work.now)
    if not found:
        return
    keys = sorted({one.key for one in found})
    named = ", ".join(keys[:_SHOWN]) + (f" (+{len(keys) - _SHOWN})" if len(keys) > _SHOWN else "")
    if is_security(work.actor):
        raise Walled(subject or work.actor.name, Text(f"on both sides: {named}", f"同时位于两侧：{named}"))
    raise Walled(
        subject or work.actor.name,
        Text("somebody would have access on both sides", "将有人同时拥有两侧的访问权限"),
    )


def make_wall(actor: Actor, name: str, side_a: Iterable[int], side_b: Iterable[int]) -> WallRow:
    """
    Put a wall between the spaces of *side_a* and those of *side_b*.

    Raises:
        Forbidden: *actor* is not a security admin.
        Unfit: a side is empty, a space is on both, or the name is empty or too long.
        AlreadyExists: there is a wall of this name.
        NotFound: a space is not there.
        Walled: people are on both sides now; the detail lists them.
    """
    need_security(actor)
    sides = (frozenset(side_a), frozenset(side_b))
    _fit(name, sides)
    with writing(actor) as work:
        work.rights_changed()
        if Wall.objects.filter(name=name).exists():
            raise AlreadyExists(name, Text("a wall of this name stands", "同名隔离墙已存在"))
        wall = Wall.objects.create(name=name, created=work.now)
        for side, spaces in enumerate(sides):
            for space in sorted(spaces):
                _put(wall, side, space)
        check_walls(work, spaces=sides[0] | sides[1], subject=name)
        work.event("wall.made", wall=wall.id, sides=[sorted(side) for side in sides])
    return _row(wall)


def extend_wall(actor: Actor, wall: int, side: int, space: int) -> WallRow:
    """
    Put *space* on *side* (0 or 1) of *wall*.

    Raises:
        Forbidden, NotFound, Walled: as for `make_wall`.
        Unfit: there is no such side.
        AlreadyExists: the space is on a side of this wall.
    """
    need_security(actor)
    if side not in (0, 1):
        raise Unfit("side", Text("it is 0 or 1", "只能为 0 或 1"))
    with writing(actor) as work:
        work.rights_changed()
        found = _wall(wall)
        if found.sides.filter(space=space).exists():
            raise AlreadyExists(str(space), Text("it is on a side of this wall", "该空间已在墙的一侧"))
        _put(found, side, space)
        check_walls(work, spaces=[space], subject=found.name)
        work.event("wall.extended", wall=wall, side=side, added=space)
    return _row(found)


def remove_wall(actor: Actor, wall: int) -> None:
    """
    Take *wall* away.

    Raises:
        Forbidden: *actor* is not a security admin.
        NotFound: there is no such wall.
    """
    need_security(actor)
    with writing(actor) as work:
        work.rights_changed()
        found = _wall(wall)
        row = _row(found)
        found.delete()
        work.event("wall.removed", wall=wall, sides=[list(side) for side in row.sides])


def list_walls(actor: Actor) -> list[WallRow]:
    """
    All walls, by name.

    Raises:
        Forbidden: *actor* is not a security admin.
    """
    need_security(actor)
    return [_row(wall) for wall in Wall.objects.order_by("name")]


def sides_of(space: int) -> list[tuple[int, int]]:
    """The walls *space* stands at, and on which side."""
    return list(WallSide.objects.filter(space=space).values_list("wall_id", "side"))


def _allowed_in(spaces: set[int]) -> set[int]:
    if not spaces or not WallSide.objects.filter(space__in=spaces).exists():
        return set()
    ids = list(spaces)
    return {row[0] for row in fetch(_ALLOWED, ids, ids)}


def _fit(name: str, sides: tuple[frozenset[int], frozenset[int]]) -> None:
    if not name.strip() or len(name) > 200 or not name.isprintable():
        raise Unfit("name", Text("it has 1 to 200 visible characters", "须为 1 至 200 个可见字符"))
    if not all(sides):
        raise Unfit("sides", Text("each side has at least one space", "每一侧至少需要一个空间"))
    if sides[0] & sides[1]:
        raise Unfit("sides", Text("a space is on both", "同一空间出现在两侧"))


def _put(wall: Wall, side: int, space: int) -> None:
    if not Space.objects.filter(id=space).exists():
        raise NotFound(str(space), Text("there is no such space", "没有此空间"))
    WallSide.objects.create(wall=wall, side=side, space_id=space)


def _wall(wall: int) -> Wall:
    found = Wall.objects.filter(id=wall).first()
    if found is None:
        raise missing(str(wall))
    return found


def _row(wall: Wall) -> WallRow:
    pairs = sorted(wall.sides.values_list("side", "space_id"))
    one, other = (tuple(space for at, space in pairs if at == side) for side in (0, 1))
    return WallRow(wall.id, wall.name, (one, other))
