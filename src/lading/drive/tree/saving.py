"""
Save contents as files, each save a version.

Contents are in the store before anything here begins.  Two who save the same
file at once both get a version: the space is theirs one after the other, and
the number is taken from what is there then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from lading.drive.actor import Scope
from lading.drive.errors import Unfit
from lading.drive.quick import quick, reading
from lading.drive.rights.need import need
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight
from lading.drive.store import Stored, record
from lading.drive.tree.expect import ANYTHING, Expect, check_file
from lading.drive.tree.names import storable
from lading.drive.tree.place import Place, place
from lading.drive.tree.row import FILE, Row, Seen
from lading.drive.writing import Writing, writing
from lading.model.errors import Forbidden, NoSpace
from lading.model.paths import Path, encode
from lading.model.text import Text

LABEL = 100
"""Characters in the label of a version."""

NOBODY = -1
"""An author who is not known; None is whoever saves."""

_INT64 = 2**63
_NODE = (
    "INSERT INTO drive_node (space_id, parent_id, name, kind, trail, breaks, number, size, digest,"
    " modified, saved, created, author_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
    " RETURNING id"
)
_NEWEST = (
    "UPDATE drive_node SET number = %s, size = %s, digest = %s, modified = %s, saved = %s, author_id = %s"
    " WHERE id = %s"
)
_VERSION = (
    "INSERT INTO drive_version (node_id, number, digest, size, modified, saved, stored, author_id, label)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


class Facts(NamedTuple):
    """
    What is told about a save beside its content.

    *modified* is the client's time (None: the time of the save).  *saved* and *author* (the id of a
    principal, or `NOBODY`) are for movers, who bring the history of another drive.  *label* is that of the version.
    """

    modified: int | None = None
    saved: int | None = None
    author: int | None = None
    label: str = ""


class Saved(NamedTuple):
    """The file after a save, and whether it is a new one."""

    seen: Seen
    created: bool


_NO_FACTS = Facts()


def save(
    viewer: Sight,
    parent: Seen,
    name: str,
    stored: Stored,
    *,
    expect: Expect = ANYTHING,
    facts: Facts = _NO_FACTS,
) -> Saved:
    """
    Make *stored* the newest version of the file *name* in *parent*, which is made if it is not there.

    Raises:
        NotFound: the folder is gone, or a file was expected and nothing is there.
        Forbidden: a new file asks for UPLOAD on the folder, a version for EDIT on the file,
            `saved` and `author` for MANAGE and the scope `import`.
        AlreadyExists, Changed, WrongKind: as `expect.check_file` says.
        NameRefused, TooDeep, Unfit: the name, its place or a fact cannot be.
        Frozen, NoSpace: as they say.
    """
    space = parent.row.space
    try:
        with writing(viewer.actor, space, room=stored.size) as work, quick() as cursor:
            spot = place(cursor, viewer, parent, name)
            allow_save(spot, expect, facts)
            check_author(cursor, facts)
            record(cursor, stored, work.now)
            saved, version = put(cursor, work, spot, stored, facts)
            cursor.execute(_VERSION, version)
    except NoSpace:
        # How much a space holds is not told to who may not save in it.
        with reading() as cursor:
            allow_save(place(cursor, viewer, parent, name), expect, facts)
        raise
    return saved


def allow_save(spot: Place, expect: Expect, facts: Facts) -> None:
    """
    Decide whether a save may go on.

    Raises:
        As `save`.
    """
    check_facts(facts)
    found, folder = spot.target, spot.folder
    if found is None or found.role < Role.EDIT:
        need(folder.role, Role.UPLOAD, spot.path)
    check_file(expect, found.row if found else None, spot.path)
    if found is not None:
        need(found.role, Role.EDIT, spot.path)
    if facts.saved is not None or facts.author is not None:
        _allow_import(spot.sight, found or folder, spot.path)


def _allow_import(viewer: Sight, seen: Seen, path: Path) -> None:
    need(seen.role, Role.MANAGE, path)
    if Scope.IMPORT not in viewer.actor.scopes:
        raise Forbidden(path, Text("the token lacks the scope import", "令牌缺少 import 权限范围"))


def check_facts(facts: Facts) -> None:
    """
    Refuse facts that no table can hold.

    Raises:
        Unfit: a time is beyond the years 1677 to 2262, or the label is too long or holds NUL.
    """
    for what, value in (("modified", facts.modified), ("saved", facts.saved)):
        if value is not None and not -_INT64 <= value < _INT64:
            raise Unfit(what, Text("the time is out of range", "时间超出范围"))
    check_label(facts.label)


def check_label(label: str) -> None:
    """
    Refuse a label that cannot be kept.

    Raises:
        Unfit: it is too long, or holds NUL or half characters.
    """
    if not label:
        return
    if len(label) > LABEL or not storable(label):
        raise Unfit("label", Text(f"at most {LABEL} characters, no NUL", f"最多 {LABEL} 个字符，不含 NUL"))


def check_author(cursor: Any, facts: Facts) -> None:
    """
    Make sure that the named author exists.

    Raises:
        Unfit: there is no such principal.
    """
    if facts.author in (None, NOBODY):
        return
    cursor.execute("SELECT 1 FROM drive_principal WHERE id = %s", [facts.author])
    if cursor.fetchone() is None:
        raise Unfit("author", Text("there is no such principal", "没有此主体"))


def put(cursor: Any, work: Writing, spot: Place, stored: Stored, facts: Facts) -> tuple[Saved, Sequence[Any]]:
    """
    Write the node of a save and tell of it; the row of the version, for `add_versions`, comes back.

    It decides nothing: see `allow_save`.
    """
    newest = newest_of(work, stored, facts)
    before = spot.target
    if before is None:
        row = _made(cursor, spot, newest)
        seen = Seen(row, spot.sight.role(row.trail, row.id), spot.path)
    else:
        row = renew(cursor, before.row, newest)
        seen = before._replace(row=row)
    work.event(
        "file.saved",
        space=row.space,
        node=row.id,
        path=encode(spot.path),
        number=row.number,
        size=row.size,
        sha256=row.digest,
    )
    return Saved(seen, before is None), version_of(row, work.now, facts.label)


class Newest(NamedTuple):
    """What a node says of its newest version."""

    size: int
    digest: str
    modified: int
    saved: int
    author: int | None


def newest_of(work: Writing, stored: Stored, facts: Facts) -> Newest:
    """What a save with *facts* makes the newest version."""
    return Newest(
        stored.size,
        stored.digest,
        work.now if facts.modified is None else facts.modified,
        work.now if facts.saved is None else facts.saved,
        author_of(work, facts),
    )


def author_of(work: Writing, facts: Facts) -> int | None:
    """The id of the author of a save with *facts*; None for nobody."""
    if facts.author is None:
        return work.actor.principal
    return None if facts.author == NOBODY else facts.author


def version_of(row: Row, now: int, label: str = "") -> Sequence[Any]:
    """The row of the newest version of a file, for `add_versions`."""
    return (
        row.id, row.number, row.digest, row.size, row.modified, row.saved, now, row.author, label
    )  # fmt: skip


def add_versions(cursor: Any, versions: Iterable[Sequence[Any]]) -> None:
    """Insert the rows that `put` gave."""
    cursor.executemany(_VERSION, list(versions))


def _made(cursor: Any, spot: Place, newest: Newest) -> Row:
    size, digest, modified, saved, author = newest
    above = spot.folder.row
    values = (
        above.space, above.id, spot.kept, FILE, above.inside, False, 1, size, digest, modified, saved,
        saved, author,
    )  # fmt: skip
    cursor.execute(_NODE, values)
    return Row._make((cursor.fetchone()[0], *values[:2], spot.name, *values[3:]))


def renew(cursor: Any, row: Row, newest: Newest) -> Row:
    """Give the file *row* its next version."""
    size, digest, modified, saved, author = newest
    number = row.number + 1
    cursor.execute(_NEWEST, [number, size, digest, modified, saved, author, row.id])
    return row._replace(
        number=number, size=size, digest=digest, modified=modified, saved=saved, author=author
    )


__all__ = ["Facts", "Saved", "save"]
