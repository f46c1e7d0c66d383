"""
Copy a file, or a folder with all below it.

Contents are shared by digest, versions come along unless told otherwise, grants and
links do not.  Only what the copier sees is copied; what they see and may not
download stops the copy, for half a copy would be taken for a whole one.
"""

from __future__ import annotations

from typing import Any

from lading.drive.quick import quick
from lading.drive.rights.need import need
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight
from lading.drive.store import Stored, record_many
from lading.drive.tree.bin import discard, word
from lading.drive.tree.expect import ABSENT, Expect, check_file
from lading.drive.tree.names import check_depth
from lading.drive.tree.place import Place, again, place, refuse_inside
from lading.drive.tree.row import FILE, FOLDER, Row, Seen, columns, row_of
from lading.drive.tree.subtree import below, height
from lading.drive.writing import Writing, writing
from lading.model.paths import Path, encode

_BELOW = (
    f"SELECT {columns('n')} FROM drive_node n"
    " WHERE n.space_id = %s AND n.trail >= %s AND n.trail < %s ORDER BY n.trail"
)
_NODE = (
    "INSERT INTO drive_node (space_id, parent_id, name, kind, trail, breaks, number, size, digest,"
    " modified, saved, created, author_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
    " RETURNING id"
)
_VERSIONS = (
    "INSERT INTO drive_version (node_id, number, digest, size, modified, saved, stored, author_id, label)"
    " SELECT %s, number, digest, size, modified, saved, %s, author_id, label"
    " FROM drive_version WHERE node_id = %s"
)
_NEWEST = (
    "INSERT INTO drive_version (node_id, number, digest, size, modified, saved, stored, author_id, label)"
    " VALUES (%s, 1, %s, %s, %s, %s, %s, %s, '')"
)
_CONTENTS = "SELECT digest, size FROM drive_version WHERE node_id = %s"
_PROPERTIES = (
    "INSERT INTO drive_property (node_id, name, value)"
    " SELECT %s, name, value FROM drive_property WHERE node_id = %s"
)


def copy(
    viewer: Sight,
    node: Seen,
    parent: Seen,
    name: str,
    *,
    expect: Expect = ABSENT,
    with_versions: bool = True,
) -> Seen:
    """
    Copy *node* as *name* into *parent*, which may lie in another space; the copy.

    Without versions the newest content is saved as version 1 by the copier.  A file that is replaced goes to
    the trash.  The copy counts against the quota with all its versions.

    Raises:
        NotFound: the node or the folder is gone, or a file was expected at the target and nothing is there.
        Forbidden: it asks for DOWNLOAD on all that is visible of the node, for UPLOAD on the folder, for
            EDIT on what is replaced.
        AlreadyExists, Changed: the target does not meet *expect*.
        WrongKind: the target is a folder, the node itself, or lies inside of it.
        NameRefused, TooDeep, Frozen, NoSpace: as they say.
    """
    with writing(viewer.actor, parent.row.space) as work, quick() as cursor:
        now, found = again(cursor, viewer, node)
        # Before the target is looked at: a refusal must not depend on what is hidden there.
        if found.row.kind == FILE:
            need(found.role, Role.DOWNLOAD, found.path)
        spot = place(cursor, now, parent, name)
        refuse_inside(found, spot.folder)
        _allow(cursor, spot, found, expect)
        if spot.target is not None:
            discard(cursor, work, spot.target)
        return _Copying(cursor, work, spot, with_versions).run(found)


def _allow(cursor: Any, spot: Place, found: Seen, expect: Expect) -> None:
    need(spot.folder.role, Role.UPLOAD, spot.path)
    check_file(expect, spot.target.row if spot.target else None, spot.path)
    if spot.target is not None:
        refuse_inside(found, spot.target)
        need(spot.target.role, Role.EDIT, spot.path)
    check_depth(len(spot.path) + height(cursor, found.row), spot.path)


class _Copying:
    """One copy under way."""

    def __init__(self, cursor: Any, work: Writing, spot: Place, with_versions: bool) -> None:
        self._cursor = cursor
        self._work = work
        self._spot = spot
        self._with_versions = with_versions
        self._contents: set[Stored] = set()
        self._bytes = 0
        self._files = 0

    def run(self, top: Seen) -> Seen:
        rows = self._visible(top)
        made = self._node(top.row, self._spot.folder.row, self._spot.kept)
        copies = {top.row.id: made}
        for row in rows:
            assert row.parent is not None
            copies[row.id] = self._node(row, copies[row.parent], encode((row.name,)))
        record_many(self._cursor, self._contents, self._work.now)
        if self._bytes:
            self._work.more(made.space, self._bytes)
        self._work.event(
            f"{word(made.kind)}.copied",
            space=made.space,
            node=made.id,
            path=encode(self._spot.path),
            source=top.row.id,
            files=self._files,
            size=self._bytes,
        )
        role = self._spot.sight.role(made.trail, made.id)
        return Seen(made._replace(name=self._spot.name), role, self._spot.path)

    def _visible(self, top: Seen) -> list[Row]:
        """What the copier sees below *top*, each folder before what it holds."""
        if top.row.kind != FOLDER:
            return []
        self._cursor.execute(_BELOW, below(top.row))
        rows: list[Row] = []
        paths: dict[int, Path] = {top.row.id: top.path}
        for row in map(row_of, self._cursor.fetchall()):
            role = self._spot.sight.role(row.trail, row.id)
            if not role or row.parent not in paths:
                continue
            path = paths[row.id] = (*paths[row.parent], row.name)
            if row.kind == FILE:
                need(role, Role.DOWNLOAD, path)
            rows.append(row)
        return rows

    def _node(self, row: Row, above: Row, kept: str) -> Row:
        now = self._work.now
        if row.kind == FOLDER or self._with_versions:
            saved, author, number = row.saved, row.author, row.number
        else:
            saved, author, number = now, self._work.actor.principal, 1
        values = (
            above.space, above.id, kept, row.kind, above.inside, False, number, row.size, row.digest,
            row.modified, saved, now, author,
        )  # fmt: skip
        self._cursor.execute(_NODE, values)
        made = Row._make((self._cursor.fetchone()[0], *values[:2], row.name, *values[3:]))
        if self._spot.sight.role(row.trail, row.id) >= Role.PREVIEW:
            self._cursor.execute(_PROPERTIES, [made.id, row.id])
        if row.kind == FILE:
            self._versions(row, made)
        return made

    def _versions(self, row: Row, made: Row) -> None:
        now = self._work.now
        contents = [Stored(row.digest, row.size)]
        if self._with_versions:
            self._cursor.execute(_CONTENTS, [row.id])
            contents = [Stored(*found) for found in self._cursor.fetchall()]
            self._cursor.execute(_VERSIONS, [made.id, now, row.id])
        else:
            values = [made.id, row.digest, row.size, row.modified, now, now, made.author]
            self._cursor.execute(_NEWEST, values)
        self._files += 1
        self._contents.update(contents)
        self._bytes += sum(content.size for content in contents)
