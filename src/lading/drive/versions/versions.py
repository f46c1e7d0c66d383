"""
The versions of a file: listed, read, labelled, restored, removed, brought in.

Numbers count up and are never given twice.  The version with the highest number is
the content of the file.  Restoring saves an earlier content as a new version;
nothing is turned back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from lading.drive.actor import Scope
from lading.drive.errors import Held
from lading.drive.quick import quick, reading
from lading.drive.rights.need import need
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight
from lading.drive.store import Stored, record, record_many
from lading.drive.tree.place import Again, again
from lading.drive.tree.row import FILE, Seen
from lading.drive.tree.saving import (
    NOBODY,
    Facts,
    add_versions,
    check_author,
    check_facts,
    check_label,
    newest_of,
    renew,
    version_of,
)
from lading.drive.versions.holds import held
from lading.drive.writing import Writing, writing
from lading.model.errors import Forbidden, NotFound, WrongKind
from lading.model.paths import encode
from lading.model.text import Text

COLUMNS = "number, digest, size, modified, saved, stored, author_id, label"
_LIST = f"SELECT {COLUMNS} FROM drive_version WHERE node_id = %s ORDER BY number"
_ONE = f"SELECT {COLUMNS} FROM drive_version WHERE node_id = %s AND number = %s"
_BEFORE = (
    f"SELECT {COLUMNS} FROM drive_version WHERE node_id = %s AND number < %s ORDER BY number DESC LIMIT 1"
)
_OLD = (
    "INSERT INTO drive_version (node_id, number, digest, size, modified, saved, stored, author_id, label)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


class VersionRow(NamedTuple):
    """
    One content of a file.

    *modified* is the client's time, *saved* when it became the newest, *stored* when this drive got it (ns).
    *author* is the id of a principal.
    """

    number: int
    digest: str
    size: int
    modified: int | None
    saved: int
    stored: int
    author: int | None
    label: str


class Old(NamedTuple):
    """An earlier content to bring in: *saved* and *author* are those of the drive it comes from."""

    stored: Stored
    facts: Facts


def list_versions(viewer: Sight, node: Seen) -> list[VersionRow]:
    """
    All versions of a file, oldest first; the last is its content.

    Raises:
        Forbidden: it asks for DOWNLOAD.
        WrongKind: it is a folder.
    """
    _readable(viewer, node)
    with reading() as cursor:
        return rows_of(cursor, node.row.id)


def rows_of(cursor: Any, node: int) -> list[VersionRow]:
    """All versions of a node, oldest first, whoever may see them."""
    cursor.execute(_LIST, [node])
    return [VersionRow._make(row) for row in cursor.fetchall()]


def version(viewer: Sight, node: Seen, number: int) -> VersionRow:
    """
    One version of a file.

    Raises:
        NotFound: there is none of this number.
        Forbidden: it asks for DOWNLOAD.
        WrongKind: it is a folder.
    """
    _readable(viewer, node)
    with reading() as cursor:
        return _version(cursor, node, number)


def restore(viewer: Sight, node: Seen, number: int) -> Seen:
    """
    Save the content of an earlier version as the newest one, with its client's time.

    Raises:
        NotFound: the file or the version is gone.
        Forbidden: it asks for EDIT.
        WrongKind, Frozen, NoSpace: as they say.
    """
    with writing(viewer.actor, node.row.space) as work, quick() as cursor:
        now = again(cursor, viewer, node)
        _need(now.seen, Role.EDIT)
        found = _version(cursor, now.seen, number)
        work.more(now.seen.row.space, found.size)
        return _again_newest(cursor, work, now, found)


def label(viewer: Sight, node: Seen, number: int, text: str) -> VersionRow:
    """
    Label a version, e.g. "signed"; `""` takes the label away.  No keep rule removes a labelled version.

    Raises:
        NotFound: the file or the version is gone.
        Forbidden: it asks for EDIT.
        Unfit: the label is too long.
        WrongKind, Frozen: as they say.
    """
    check_label(text)
    with writing(viewer.actor, node.row.space) as work, quick() as cursor:
        seen = again(cursor, viewer, node).seen
        _need(seen, Role.EDIT)
        found = _version(cursor, seen, number)
        cursor.execute(
            "UPDATE drive_version SET label = %s WHERE node_id = %s AND number = %s",
            [text, seen.row.id, number],
        )
        _tell(work, "version.labelled", seen, number)
    return found._replace(label=text)


def remove_version(viewer: Sight, node: Seen, number: int) -> Seen:
    """
    Remove a version for good and give its bytes back; the file as it is then.

    Where it is the newest, the one before becomes the content again: as a new version, so that no number and
    no etag ever means two contents.

    Raises:
        NotFound: the file or the version is gone.
        Forbidden: it asks for MANAGE; a labelled version and the only one stay.
        Held: a legal hold keeps it.
        WrongKind, Frozen, NoSpace: as they say.
    """
    with writing(viewer.actor, node.row.space) as work, quick() as cursor:
        now = again(cursor, viewer, node)
        _need(now.seen, Role.MANAGE)
        found = _version(cursor, now.seen, number)
        _removable(cursor, now.seen, found)
        seen = now.seen
        if number == seen.row.number:
            seen = _again_newest(cursor, work, now, _before(cursor, seen))
            work.more(seen.row.space, seen.row.size)
        remove_row(cursor, work, seen, found)
    return seen


def remove_row(cursor: Any, work: Writing, seen: Seen, found: VersionRow) -> None:
    """Remove a version that is not the newest, and tell of it; nothing is asked."""
    cursor.execute(
        "DELETE FROM drive_version WHERE node_id = %s AND number = %s", [seen.row.id, found.number]
    )
    if found.size:
        work.more(seen.row.space, -found.size)
    _tell(work, "version.removed", seen, found.number)


def add_old_versions(viewer: Sight, node: Seen, olds: Sequence[Old]) -> Seen:
    """
    Bring in contents that the file had before its present one, oldest first.

    They get the next numbers, and the present content, so that it stays the newest, the number after them;
    links pinned to it follow.

    Raises:
        NotFound: the file is gone.
        Forbidden: it asks for MANAGE and the scope `import`.
        Unfit: a fact cannot be.
        WrongKind, Frozen, NoSpace: as they say.
    """
    for old in olds:
        check_facts(old.facts)
    room = sum(old.stored.size for old in olds)
    with writing(viewer.actor, node.row.space, room=room) as work, quick() as cursor:
        now = again(cursor, viewer, node)
        _need(now.seen, Role.MANAGE)
        if Scope.IMPORT not in now.sight.actor.scopes:
            raise Forbidden(
                now.seen.path, Text("the token lacks the scope import", "令牌缺少 import 权限范围")
            )
        return _add_olds(cursor, work, now.seen, olds) if olds else now.seen


def _add_olds(cursor: Any, work: Writing, seen: Seen, olds: Sequence[Old]) -> Seen:
    row = seen.row
    newest = row.number + len(olds) + 1
    for table, key in (("drive_version", "number"), ("drive_link", "version")):
        cursor.execute(
            f"UPDATE {table} SET {key} = %s WHERE node_id = %s AND {key} = %s", [newest, row.id, row.number]
        )
    cursor.execute("UPDATE drive_node SET number = %s WHERE id = %s", [newest, row.id])
    record_many(cursor, (old.stored for old in olds), work.now)
    for number, (stored, facts) in enumerate(olds, start=row.number + 1):
        check_author(cursor, facts)
        saved = work.now if facts.saved is None else facts.saved
        modified = saved if facts.modified is None else facts.modified
        cursor.execute(
            _OLD,
            [
                row.id,
                number,
                stored.digest,
                stored.size,
                modified,
                saved,
                work.now,
                None if facts.author == NOBODY else facts.author,
                facts.label,
            ],
        )
        _tell(work, "version.added", seen, number)
    return seen._replace(row=row._replace(number=newest))


def _again_newest(cursor: Any, work: Writing, now: Again, found: VersionRow) -> Seen:
    stored = Stored(found.digest, found.size)
    record(cursor, stored, work.now)
    row = renew(cursor, now.seen.row, newest_of(work, stored, Facts(found.modified)))
    add_versions(cursor, [version_of(row, work.now)])
    seen = now.seen._replace(row=row)
    _tell(work, "version.restored", seen, row.number, source=found.number)
    return seen


def _before(cursor: Any, seen: Seen) -> VersionRow:
    cursor.execute(_BEFORE, [seen.row.id, seen.row.number])
    found = cursor.fetchone()
    if found is None:
        raise Forbidden(seen.path, Text("it is the only version", "这是唯一的版本"))
    return VersionRow._make(found)


def _removable(cursor: Any, seen: Seen, found: VersionRow) -> None:
    if (reason := held(cursor, seen.row)) is not None:
        raise Held(seen.path, reason)
    if found.label:
        raise Forbidden(seen.path, Text("the version is labelled", "该版本带有标签"))


def _readable(viewer: Sight, node: Seen) -> None:
    _need(node._replace(role=viewer.role(node.row.trail, node.row.id)), Role.DOWNLOAD)


def _need(seen: Seen, wanted: Role) -> None:
    need(seen.role, wanted, seen.path)
    if seen.row.kind != FILE:
        raise WrongKind(seen.path, Text("it is a folder", "它是文件夹"))


def _version(cursor: Any, seen: Seen, number: int) -> VersionRow:
    cursor.execute(_ONE, [seen.row.id, number])
    found = cursor.fetchone()
    if found is None:
        raise NotFound(seen.path, Text(f"there is no version {number}", f"没有第 {number} 版"))
    return VersionRow._make(found)


def _tell(work: Writing, kind: str, seen: Seen, number: int, **facts: Any) -> None:
    row = seen.row
    work.event(kind, space=row.space, node=row.id, path=encode(seen.path), number=number, **facts)


__all__ = [
    "Old",
    "VersionRow",
    "add_old_versions",
    "label",
    "list_versions",
    "remove_version",
    "restore",
    "version",
]
