"""
Who may touch what.

The current edition knows the application alone: it may do everything in spaces it has created and
nothing elsewhere, except at the place of a picker ticket.  The old edition acts as a member, with that
member's right.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import IntEnum

from .call import Call
from .codes import (
    BAD_FATHER,
    BAD_FILEID,
    BAD_SPACEID,
    DELETED,
    NO_ACCESS,
    NO_FILE,
    NO_RIGHT_ON_SPACE,
    NO_SPACE,
    NOT_MEMBER,
    Refused,
)
from .fields import text
from .store import Row, Store

PERSON, DEPARTMENT = 1, 2
FOLDER, FILE = 1, 2
ROOT = 0  # file_type of the root of a space, which no reply shows


class Need(IntEnum):
    """Rights in their order."""

    SEE = 1
    READ = 2
    EDIT = 3
    ADMIN = 4


# Rights of members, 3.1 of the reference; 3 is read as the admin of old spaces (its mark is D).
_RIGHTS = {1: Need.READ, 2: Need.EDIT, 3: Need.ADMIN, 4: Need.SEE, 5: Need.EDIT, 7: Need.ADMIN}


def space_of(call: Call, need: Need, key: str = "spaceid") -> Row:
    """
    The space named under *key* of the request.

    Raises:
        Refused: it does not exist, or the actor may not do what is asked.
    """
    spaceid = text(call.body, key, BAD_SPACEID)
    return check_space(call, spaceid, need)


def check_space(call: Call, spaceid: str, need: Need) -> Row:
    space = call.store.one("SELECT * FROM spaces WHERE spaceid = ?", spaceid)
    if space is None or space["dismissed"]:
        raise Refused(NO_SPACE)
    if space["creator"] == call.actor:
        return space
    if not call.old:
        raise Refused(call.switches.foreign_space)
    right = right_on_space(call.store, call.actor, spaceid)
    if right is None:
        raise Refused(NOT_MEMBER)
    if right < need:
        raise Refused(NO_RIGHT_ON_SPACE)
    return space


def right_on_space(store: Store, actor: str, spaceid: str) -> Need | None:
    """The right of a person in a space, by name or by department."""
    userid = actor.removeprefix("person:")
    space = store.one("SELECT creator, quit FROM spaces WHERE spaceid = ?", spaceid)
    if space is not None and space["creator"] == actor:
        return Need.ADMIN
    rows = store.all("SELECT * FROM members WHERE holder = ?", spaceid)
    named = [it for it in rows if it["kind"] == PERSON and it["member"] == userid]
    if not named and space is not None and userid in json.loads(space["quit"]):
        return None
    return _strongest(store, userid, rows)


def _strongest(store: Store, userid: str, rows: Iterable[Row]) -> Need | None:
    departments = {str(it) for it in departments_of(store, userid)}
    rights = [
        _RIGHTS[it["auth"]]
        for it in rows
        if (it["kind"] == PERSON and it["member"] == userid)
        or (it["kind"] == DEPARTMENT and it["member"] in departments)
    ]
    return max(rights, default=None)


def departments_of(store: Store, userid: str) -> set[int]:
    """The departments of a person and all above them."""
    person = store.one("SELECT departments FROM persons WHERE userid = ?", userid)
    found: set[int] = set()
    todo = list(json.loads(person["departments"])) if person is not None else []
    while todo:
        number = todo.pop()
        if number in found:
            continue
        found.add(number)
        above = store.one("SELECT parentid FROM departments WHERE id = ?", number)
        todo += [above["parentid"]] if above is not None and above["parentid"] else []
    return found


def file_of(call: Call, need: Need, key: str = "fileid") -> Row:
    """
    The file, folder or document named under *key*.

    Raises:
        Refused: no such file, deleted, or the actor may not do what is asked.
    """
    return check_file(call, text(call.body, key, BAD_FILEID), need)


def check_file(call: Call, fileid: str, need: Need) -> Row:
    file = call.store.one("SELECT * FROM files WHERE fileid = ? AND kind != ?", fileid, ROOT)
    if file is None:
        raise Refused(NO_FILE)
    if file["status"] != 1:
        raise Refused(DELETED)
    space = call.store.one("SELECT * FROM spaces WHERE spaceid = ?", file["spaceid"])
    if space is None or space["dismissed"]:
        raise Refused(NO_FILE)
    if not call.old:
        if space["creator"] != call.actor:
            raise Refused(call.switches.foreign_space)
    elif (right_on_file(call, file) or 0) < need:
        raise Refused(NO_ACCESS)
    return file


def right_on_file(call: Call, file: Row) -> Need | None:
    """The right of the acting person: that on the space, or a grant on the file or a folder above it."""
    userid = call.actor.removeprefix("person:")
    holders = [it["fileid"] for it in path_of(call.store, file)]
    grants = [call.store.all("SELECT * FROM members WHERE holder = ?", it) for it in holders]
    rights = [right_on_space(call.store, call.actor, file["spaceid"])]
    rights += [_strongest(call.store, userid, it) for it in grants]
    return max((it for it in rights if it is not None), default=None)


def path_of(store: Store, file: Row) -> list[Row]:
    """*file* and the folders above it, itself first, the root of the space last."""
    found = [file]
    while (father := found[-1]["father"]) is not None:
        above = store.one("SELECT * FROM files WHERE id = ?", father)
        assert above is not None
        found.append(above)
    return found


def folder_of(call: Call, need: Need) -> Row:
    """
    The folder that `spaceid` and `fatherid` of the request name together.

    Raises:
        Refused: 640021 for a father that is no folder of that space, otherwise as `space_of`.
    """
    space = space_of(call, need)
    folder = folder_named(call, text(call.body, "fatherid", BAD_FATHER))
    if folder["spaceid"] != space["spaceid"]:
        raise Refused(BAD_FATHER)
    return folder


def folder_named(call: Call, fatherid: str) -> Row:
    """
    The folder of that id, where a spaceid is the root of its space; nobody's right is asked.

    Raises:
        Refused: 640021, or 640003 for a folder that was deleted.
    """
    space = call.store.one("SELECT root FROM spaces WHERE spaceid = ? AND NOT dismissed", fatherid)
    found = (
        call.store.one("SELECT * FROM files WHERE id = ?", space["root"])
        if space is not None
        else call.store.one("SELECT * FROM files WHERE fileid = ?", fatherid)
    )
    if found is None or found["kind"] not in {ROOT, FOLDER}:
        raise Refused(BAD_FATHER)
    if found["status"] != 1:
        raise Refused(DELETED)
    return found


def ticket_of(call: Call) -> Row | None:
    """
    The file or folder that a picker ticket of the request stands for; None without a ticket.

    Raises:
        Refused: both or neither of the ticket and the other way to name the place, or an unknown ticket.
    """
    others = [it for it in ("spaceid", "fatherid", "fileid") if call.body.get(it)]
    if "selected_ticket" not in call.body:
        return None
    ticket = text(call.body, "selected_ticket", call.switches.code_parameter)
    if others:
        raise Refused(call.switches.code_parameter, "selected_ticket")
    found = call.store.one(
        "SELECT files.* FROM tickets JOIN files ON files.id = tickets.file WHERE ticket = ?", ticket
    )
    if found is None or found["status"] != 1:
        raise Refused(call.switches.code_parameter, "selected_ticket")
    return found
