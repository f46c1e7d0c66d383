"""
Find entries as somebody sees them.

What somebody may not see is not found, with the same words as what is not
there.  What lies in a trash or in a deleted space is not found by anybody.
Everything here is one or two queries; nothing is changed.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from lading.drive.actor import Scope
from lading.drive.quick import reading
from lading.drive.rights.kept import Kept
from lading.drive.rights.need import missing
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight
from lading.drive.tree.row import FOLDER, Row, Seen, columns, row_of
from lading.model.errors import NotFound, WrongKind
from lading.model.paths import ROOT, Path, decode, encode
from lading.model.text import Text

_LEVELS = 30
"""Names that one query follows; SQLite joins at most 64 tables."""

_SPACES = (
    "SELECT id, key, name, root_id, bin_id, frozen, quota, used, created, keep_count, keep_days, keep_thin"
    " FROM drive_space WHERE deleted IS NULL AND root_id IS NOT NULL AND id IN (%s) ORDER BY created, id"
)
_CHILDREN = (
    f"SELECT {columns('n')} FROM drive_node n WHERE n.parent_id = %s AND n.name > %s ORDER BY n.name LIMIT %s"
)
_BY_ID = (
    f"SELECT {columns('n')}, s.root_id FROM drive_node n"
    " JOIN drive_space s ON s.id = n.space_id WHERE n.id = %s AND s.deleted IS NULL"
)


class SpaceRow(NamedTuple):
    """
    A space as somebody sees it.

    *label* is its name in addresses, the only one of its kind among what this viewer sees.
    *role* is theirs on its root.  *used* and *quota* are bytes, told to who may add something (0 and None
    to others: a sum tells of what they do not see); *frozen* is the message of a freeze or `""`.
    *keep_count*, *keep_days* and *keep_thin* are the rule by which versions are kept.  *shares* tells whether
    they may read and give all grants and links in it.
    """

    id: int
    key: str
    name: str
    label: str
    root: int
    bin: int
    frozen: str
    quota: int | None
    used: int
    created: int
    keep_count: int | None
    keep_days: int | None
    keep_thin: bool
    role: Role
    shares: bool


def spaces(sight: Sight) -> list[SpaceRow]:
    """
    The spaces in which *sight* sees anything, oldest first.

    The label is the name; all but the oldest of equal names have their key behind it.  A younger
    space never changes the label of an older one.
    """
    wanted = sight.spaces()
    if not wanted:
        return []
    with reading() as cursor:
        cursor.execute(_SPACES % ",".join(["%s"] * len(wanted)), list(wanted))
        rows = cursor.fetchall()
    labels: set[str] = set()
    return [_space_row(sight, row, labels) for row in rows]


def _space_row(sight: Sight, row: tuple[Any, ...], labels: set[str]) -> SpaceRow:
    number, key, name, *rest, thin = row
    name = decode(name)[0]
    label = name
    while label in labels:
        label = f"{label} ({key})"
    labels.add(label)
    role = sight.space_role(number)
    shares = sight.share_role("", rest[0]) >= Role.MANAGE
    found = SpaceRow._make((number, key, name, label, *rest, bool(thin), role, shares))
    return found if role >= Role.UPLOAD else found._replace(used=0, quota=None)


def space(sight: Sight, wanted: int | str) -> SpaceRow:
    """
    The space with this id (a number), or this key or label (a text), as *sight* sees it.

    Raises:
        NotFound: there is none, or *sight* sees nothing of it.
    """
    seen = spaces(sight)
    if isinstance(wanted, int):
        return _only((one for one in seen if one.id == wanted), "")
    return _only((one for one in seen if one.key == wanted or one.label == wanted), wanted)


def by_label(sight: Sight, label: str) -> SpaceRow:
    """
    The space that *sight* sees under this label.

    Raises:
        NotFound: there is none.
    """
    return _only((one for one in spaces(sight) if one.label == label), label)


@dataclass(frozen=True, slots=True)
class _Labels:
    ids: dict[str, int]
    until: int


_labels: Kept[_Labels] = Kept(most=2_000)
_LABELS_HOLD = 10 * 10**9


def label_ids(sight: Sight) -> dict[str, int]:
    """
    The ids of the spaces that *sight* sees, by label; for doors whose addresses begin with one.

    What was found holds for ten seconds or until anything about spaces or rights changes.  A space whose
    grant expired meanwhile may still be named; nothing in it is found any more.
    """
    principal = sight.actor.principal
    if principal is None or Scope.READ not in sight.actor.scopes:
        return {}
    now = time.time_ns()
    kept = _labels.get(principal, sight.epoch, now)
    if kept is None:
        kept = _Labels({one.label: one.id for one in spaces(sight)}, now + _LABELS_HOLD)
        _labels.put(principal, sight.epoch, kept)
    return kept.ids


def _only(found: Iterable[SpaceRow], subject: str) -> SpaceRow:
    for one in found:
        return one
    raise no_space(subject)


def no_space(subject: str) -> NotFound:
    """The one answer for a space that is not there and for one that is hidden."""
    return NotFound(subject, Text("there is no such space", "没有此空间"))


def at(sight: Sight, space_id: int, path: Path) -> Seen:
    """
    The entry at *path* in a space; the root for an empty path.

    Raises:
        NotFound: there is none, or *sight* does not see it.
    """
    with reading() as cursor:
        row = locate(cursor, space_id, path)
    return seen(sight, row, path)


def seen(sight: Sight, row: Row | None, path: Path) -> Seen:
    """
    *row* with the role of *sight*.

    Raises:
        NotFound: it is None, or *sight* does not see it.
    """
    if row is not None:
        role = sight.role(row.trail, row.id)
        if role:
            return Seen(row, role, path)
    raise missing(path)


def locate(cursor: Any, space_id: int, path: Path) -> Row | None:
    """The row at *path*, whoever may see it; None if there is none."""
    names = [encode((name,)) for name in path]
    cursor.execute(_from_root(min(len(names), _LEVELS)), [*names[:_LEVELS], space_id])
    found = cursor.fetchone()
    for start in range(_LEVELS, len(names), _LEVELS):
        if found is None:
            return None
        part = names[start : start + _LEVELS]
        cursor.execute(_from_node(len(part)), [*part, found[0]])
        found = cursor.fetchone()
    return row_of(found) if found else None


@lru_cache(_LEVELS + 1)
def _from_root(levels: int) -> str:
    return (
        f"SELECT {columns(f'n{levels}')} FROM drive_space s JOIN drive_node n0 ON n0.id = s.root_id"
        f"{_steps(levels)} WHERE s.id = %s AND s.deleted IS NULL"
    )


@lru_cache(_LEVELS + 1)
def _from_node(levels: int) -> str:
    return f"SELECT {columns(f'n{levels}')} FROM drive_node n0{_steps(levels)} WHERE n0.id = %s"


def _steps(levels: int) -> str:
    # CROSS JOIN would be wrong on PostgreSQL; both planners follow the unique index from the root down.
    return "".join(
        f" JOIN drive_node n{level} ON n{level}.parent_id = n{level - 1}.id AND n{level}.name = %s"
        for level in range(1, levels + 1)
    )


def by_id(sight: Sight, node_id: int) -> Seen:
    """
    The entry with this id, wherever it lies now.

    Raises:
        NotFound: there is none, it lies in a trash or a deleted space, or *sight* does not see it.
    """
    with reading() as cursor:
        cursor.execute(_BY_ID, [node_id])
        found = cursor.fetchone()
        row = row_of(found[:-1]) if found else None
        if row is None or row.root != found[-1]:
            raise missing(str(node_id))
        role = sight.role(row.trail, row.id)
        if not role:
            raise missing(str(node_id))
        return Seen(row, role, path_of(cursor, row))


def path_of(cursor: Any, row: Row) -> Path:
    """The path of *row* within its space (or below the trash it lies in), as it is now."""
    above = row.above[1:]
    if not row.trail:
        return ROOT
    if not above:
        return (row.name,)
    cursor.execute(
        f"SELECT id, name FROM drive_node WHERE id IN ({','.join(['%s'] * len(above))})", list(above)
    )
    names = dict(cursor.fetchall())
    return (*(decode(names[one])[0] for one in above), row.name)


def children(sight: Sight, folder: Seen, *, after: str | None = None, limit: int = 1000) -> list[Seen]:
    """
    Up to *limit* visible entries of *folder* whose names come after *after*, in the order of the names' bytes.

    Fewer than *limit* say that the listing is at its end.

    Raises:
        WrongKind: it is not a folder.
    """
    if folder.row.kind != FOLDER:
        raise WrongKind(folder.path, Text("it is a file", "它是文件"))
    found: list[Seen] = []
    last = encode((after,)) if after else ""
    with reading() as cursor:
        while len(found) < limit:
            wanted = limit - len(found)
            cursor.execute(_CHILDREN, [folder.row.id, last, wanted])
            rows = cursor.fetchall()
            found.extend(_visible(sight, folder, rows))
            if len(rows) < wanted:
                break
            last = rows[-1][3]
    return found


def _visible(sight: Sight, folder: Seen, rows: list[tuple[Any, ...]]) -> list[Seen]:
    path, role_of = folder.path, sight.role
    return [
        Seen(row, role, (*path, row.name))
        for row in map(row_of, rows)
        if (role := role_of(row.trail, row.id))
    ]
