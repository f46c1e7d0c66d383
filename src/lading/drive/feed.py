"""
What changed in a space since a cursor, for one viewer.

The feed reads events in the order of commits: each transaction raised the clock
of its space, and a cursor stands between two clocks, never inside one.  It shows
what the viewer may see *now*, under the path it has now: a node they cannot see
gives nothing, whatever they could see when it changed.

What left a place is told by an event whose kind ends with `.trashed`, or whose
facts hold `"gone": true`; its path is the old one and its facts hold `parent`, the
id of the folder it left.  It is shown to who sees that folder and would see the
node in it.  So a move is two events: gone from here, and there now.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.core.signing import BadSignature, Signer
from django.db import connection

from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight
from lading.model.errors import CursorExpired, NotFound
from lading.model.text import Text

PAGES = 20
"""Pages of events looked through in one call, when few of them may be seen."""

_SEEN = ("file.", "folder.", "version.")
_MANAGED = ("grant.", "break.", "link.made", "link.revoked", "hold.")
_NOT_IN_TREE = ("file.purged", "folder.purged", "file.read", "version.read")

_EVENTS = (
    "SELECT clock, kind, node, path, at, actor, facts FROM drive_event"
    " WHERE space = %s AND clock > %s AND clock <= %s ORDER BY clock, id"
)


class Change(NamedTuple):
    """
    One change; *path* is encoded and within the space, *at* in nanoseconds since 1970.

    With *removed* the path is where the node was and is no longer.
    """

    clock: int
    kind: str
    node: int
    path: str
    removed: bool
    at: int
    actor: str


class _Event(NamedTuple):
    clock: int
    kind: str
    node: int | None
    path: str
    at: int
    actor: str
    facts: str


class _Node(NamedTuple):
    space: int
    trail: str
    name: str
    binned: bool


def latest(sight: Sight, space: int) -> str:
    """
    The cursor behind the newest change of *space*: where a viewer begins who has just listed it.

    Raises:
        NotFound: there is no such space for the viewer.
    """
    now = _clock(sight, space)
    return _cursor(space, now.newest, now.epoch)


def changes(
    sight: Sight, space: int, cursor: str | None = None, limit: int = 1000
) -> tuple[list[Change], str]:
    """
    The changes of *space* behind *cursor* (None: from its beginning) and the cursor behind them.

    About *limit* at most: the changes of one transaction are never parted.  When the cursor that
    comes back is the one that was given, there is nothing more for now.

    Raises:
        NotFound: there is no such space for the viewer.
        CursorExpired: the cursor was not made here, is of an earlier epoch, or what follows it was removed;
            list the space anew.
    """
    newest, pruned, epoch = _clock(sight, space)
    clock = _parse(cursor, space, epoch) if cursor is not None else 0
    if clock < pruned or clock > newest:
        raise _expired("changes that follow it were removed", "其后的变更记录已被清除")
    found: list[Change] = []
    for _ in range(PAGES):
        events = _page(space, clock, newest, limit)
        if not events:
            break
        found += _visible(sight, space, events)
        clock = events[-1].clock
        if len(found) >= limit:
            break
    return found, _cursor(space, clock, epoch)


def recent(sight: Sight, space: int, limit: int = 100) -> list[Change]:
    """
    What the viewer may see of the newest *limit* transactions of *space*, the last first.

    Raises:
        NotFound: there is no such space for the viewer.
    """
    newest, pruned, epoch = _clock(sight, space)
    found, _ = changes(sight, space, _cursor(space, max(pruned, newest - limit), epoch), limit)
    return found[::-1]


def pruned_key(space: int) -> str:
    """The key of the row of `Meta` that holds the highest clock of *space* whose events were removed."""
    return f"pruned.{space}"


def epoch_key(space: int) -> str:
    """
    The key of the row of `Meta` that holds the epoch of the feed of *space*: the time at which it began, 0 for the first.

    A cursor is good in its own epoch only.  One is begun where clients must not go on by what they know: the space was
    set back, or much was written into it from elsewhere.
    """
    return f"feed_epoch.{space}"


class _Clock(NamedTuple):
    newest: int
    pruned: int
    """The highest clock whose events were removed."""
    epoch: int


def _clock(sight: Sight, space: int) -> _Clock:
    """How far the feed of *space* is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.clock, m.value, e.value FROM drive_space s LEFT JOIN drive_meta m ON m.key = %s"
            " LEFT JOIN drive_meta e ON e.key = %s WHERE s.id = %s AND s.deleted IS NULL",
            [pruned_key(space), epoch_key(space), space],
        )
        row = cursor.fetchone()
    if row is None or sight.space_role(space) == Role.NONE:
        raise NotFound("", Text("there is no such space", "没有此空间"))
    return _Clock(row[0], row[1] or 0, row[2] or 0)


def _page(space: int, clock: int, newest: int, limit: int) -> list[_Event]:
    """Whole clocks behind *clock*, about *limit* events; at least one clock if there is any."""
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS + " LIMIT %s", [space, clock, newest, limit + 1])
        events = [_Event(*row) for row in cursor.fetchall()]
        if len(events) <= limit:
            return events
        last = events[-1].clock
        if events[0].clock < last:
            return [event for event in events if event.clock < last]
        cursor.execute(_EVENTS, [space, clock, last])
        return [_Event(*row) for row in cursor.fetchall()]


def _visible(sight: Sight, space: int, events: Sequence[_Event]) -> Iterable[Change]:
    parsed = [(event, json.loads(event.facts)) for event in events if _concerns_tree(event)]
    wanted = {event.node for event, _ in parsed} | {facts.get("parent") for _, facts in parsed}
    nodes = _nodes({number for number in wanted if isinstance(number, int)})
    here = {number: node for number, node in nodes.items() if node.space == space and not node.binned}
    limited = _limited(space, {event.node for event, _ in parsed if event.node not in nodes})
    paths = _Paths(here)
    for event, facts in parsed:
        node = event.node or 0
        if _is_gone(event, facts):
            parent = facts.get("parent")
            if parent in here and _saw(sight, here[parent], parent, (node, nodes.get(node)), node in limited):
                yield from _told(event, paths.below(parent, event.path.rpartition("/")[2]), True)
        elif node in here and sight.role(here[node].trail, node) >= _needed(event.kind):
            yield from _told(event, paths.of(node), False)


def _told(event: _Event, path: str | None, removed: bool) -> Iterable[Change]:
    # Without a path the node is being moved at this moment, which will be told by itself.
    if path is not None:
        yield Change(event.clock, event.kind, event.node or 0, path, removed, event.at, event.actor)


def _concerns_tree(event: _Event) -> bool:
    return (
        event.node is not None and event.kind.startswith(_SEEN + _MANAGED) and event.kind not in _NOT_IN_TREE
    )


def _is_gone(event: _Event, facts: dict[str, Any]) -> bool:
    return event.kind.endswith(".trashed") or facts.get("gone") is True


def _needed(kind: str) -> Role:
    # A folder one may only pass through has a name that one sees, and a rename of it moves what lies below.
    return Role.MANAGE if kind.startswith(_MANAGED) else Role.PASS


def _saw(sight: Sight, parent: _Node, folder: int, gone: tuple[int, _Node | None], limited: bool) -> bool:
    """Whether the viewer would see the node that is *gone* if it still lay in *folder*."""
    place, (number, node) = f"{parent.trail}{folder}/", gone
    if node is None:
        # Its own grants went with it: if there ever were any, nobody can say who might see it.
        return not limited and sight.role(parent.trail, folder) >= Role.PREVIEW
    if node.binned:
        return sight.role_in_bin(place, node.trail, number) >= Role.PREVIEW
    return sight.role(place, number) >= Role.PASS


def _limited(space: int, nodes: set[int | None]) -> set[int]:
    """Which of *nodes*, of which there are no rows any more, ever had grants or a break of their own."""
    found: set[int] = set()
    for chunk in _chunks([node for node in nodes if node is not None]):
        marks = ",".join(["%s"] * len(chunk))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT node FROM drive_event WHERE space = %s AND clock > 0"
                f" AND node IN ({marks}) AND (kind LIKE 'grant.%%' OR kind LIKE 'break.%%')",
                [space, *chunk],
            )
            found.update(row[0] for row in cursor.fetchall())
    return found


def _nodes(ids: Iterable[int]) -> dict[int, _Node]:
    found: dict[int, _Node] = {}
    for chunk in _chunks(list(ids)):
        marks = ",".join(["%s"] * len(chunk))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT n.id, n.space_id, n.trail, n.name, s.bin_id FROM drive_node n"
                f" JOIN drive_space s ON s.id = n.space_id WHERE n.id IN ({marks})",
                chunk,
            )
            for number, space, trail, name, bin_ in cursor.fetchall():
                found[number] = _Node(space, trail, name, trail.startswith(f"{bin_}/"))
    return found


def _chunks(items: list[int]) -> Iterable[list[int]]:
    return (items[start : start + 500] for start in range(0, len(items), 500))


class _Paths:
    """The paths that *nodes* have now, without the root, whose name nobody sees."""

    def __init__(self, nodes: dict[int, _Node]) -> None:
        above = {int(number) for node in nodes.values() for number in node.trail.split("/")[:-1]}
        self._nodes = nodes
        self._above = _nodes(above - nodes.keys()) | nodes

    def of(self, node: int) -> str | None:
        trail = self._nodes[node].trail
        if not trail:
            return ""
        above = [self._above.get(int(number)) for number in trail.split("/")[1:-1]]
        if None in above:
            return None
        return "/".join([*(folder.name for folder in above if folder), self._nodes[node].name])

    def below(self, folder: int, name: str) -> str | None:
        path = self.of(folder)
        return path and f"{path}/{name}" if path != "" else name


def _signer() -> Signer:
    return Signer(salt="lading.drive.feed")


def _cursor(space: int, clock: int, epoch: int) -> str:
    return _signer().sign(f"{space}.{clock}.{epoch}" if epoch else f"{space}.{clock}")


def _parse(cursor: str, space: int, epoch: int) -> int:
    try:
        of, clock, *began = _signer().unsign(cursor).split(".")
    except BadSignature:
        raise _expired("it was not given out here", "并非由此处签发") from None
    if int(of) != space:
        raise _expired("it belongs to another space", "属于其他空间")
    if int(began[0] if began else 0) != epoch:
        raise _expired("a new epoch of the space has begun", "该空间的同步标识已更换")
    return int(clock)


def _expired(en: str, zh: str) -> CursorExpired:
    return CursorExpired("", Text(en, zh))
