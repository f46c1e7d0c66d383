"""Files and folders of spaces: how they are put in, renamed, moved, deleted and told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from . import names
from .access import FILE, FOLDER, ROOT, path_of
from .call import Call
from .codes import BAD_FATHER, DELETED, FULL, MEMBER_FULL, Refused
from .store import Row, Store, new_fileid

_SETTINGS = json.dumps({"auth_scope": 1, "auth": 1, "watermark": {}})
BELOW = """
WITH RECURSIVE below (id) AS (SELECT ? UNION ALL
    SELECT files.id FROM files JOIN below ON files.father = below.id WHERE files.status = 1)
"""


@dataclass(frozen=True, slots=True)
class New:
    """What is to be put into a folder; *md5* as it will be told."""

    name: str
    kind: int
    size: int = 0
    sha: str = ""
    md5: str = ""
    url: str = ""


def twin(store: Store, father: int, name: str, beside: int = 0) -> Row | None:
    """The living entry of that name in the folder, other than *beside*."""
    return store.one(
        "SELECT * FROM files WHERE father = ? AND status = 1 AND fold = ? AND id != ?",
        father,
        names.folded(name, store.switches),
        beside,
    )


def settled_name(call: Call, father: int, name: str, policy: str, beside: int = 0) -> str:
    """
    The name to use in the folder when *policy* solves conflicts; overwriting removes the other file.

    Raises:
        Refused: the policy is to refuse.
    """
    other = twin(call.store, father, name, beside)
    if other is None or policy == "twins":
        return name
    if policy == "overwrite" and other["kind"] != FOLDER:
        delete(call, other)
        return name
    if policy == "error":
        raise Refused(call.switches.code_conflict, "name exists")
    return _numbered(call.store, father, name, beside)


def _numbered(store: Store, father: int, name: str, beside: int) -> str:
    number = 1
    while twin(store, father, names.numbered(name, number), beside) is not None:
        number += 1
    return names.numbered(name, number)


def insert(call: Call, folder: Row, new: New, policy: str) -> Row:
    """
    Put *new* into *folder*.

    Raises:
        Refused: the name, a limit of the tree, or the capacity.
    """
    name = settled_name(call, folder["id"], names.checked(new.name, call.switches), policy)
    _check_limits(call, folder, new)
    charge(call, call.actor, new.size)
    fileid = new_fileid(folder["spaceid"])
    number = call.store.run(
        "INSERT INTO files (fileid, spaceid, father, name, fold, kind, size, sha, md5, ctime, mtime, status,"
        " creator, url, settings) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)",
        *(fileid, folder["spaceid"], folder["id"], name, names.folded(name, call.switches), new.kind),
        *(new.size, new.sha, new.md5, call.now, call.now, call.actor, new.url, _SETTINGS),
    )
    return reread(call.store, number)


def make_root(store: Store, spaceid: str, now: float) -> int:
    """The number of a new root for a space."""
    return store.run(
        "INSERT INTO files (fileid, spaceid, father, name, fold, kind, size, sha, md5, ctime, mtime, status,"
        " creator, url, settings) VALUES (?, ?, NULL, '', '', ?, 0, '', '', ?, ?, 1, '', '', ?)",
        *(new_fileid(spaceid), spaceid, ROOT, now, now, _SETTINGS),
    )


def reread(store: Store, number: int) -> Row:
    row = store.one("SELECT * FROM files WHERE id = ?", number)
    assert row is not None
    return row


def _check_limits(call: Call, folder: Row, new: New) -> None:
    rules = call.switches
    if rules.folder_limit:
        held = call.store.count("SELECT count(*) FROM files WHERE father = ? AND status = 1", folder["id"])
        if held >= rules.folder_limit:
            raise Refused(rules.code_parameter, "too many files in folder")
    if rules.depth_limit and new.kind == FOLDER and len(path_of(call.store, folder)) > rules.depth_limit:
        raise Refused(rules.code_parameter, "folders too deep")


def charge(call: Call, creator: str, size: int) -> None:
    """
    Count *size* bytes, which may be negative, for the corporation and for *creator*.

    Raises:
        Refused: 640007 or 640006.
    """
    if not size:
        return
    rules = call.switches
    for holder, limit, code in (("", rules.capacity, FULL), (creator, rules.capacity_member, MEMBER_FULL)):
        used = call.store.count("SELECT bytes FROM used WHERE holder = ?", holder) + size
        if size > 0 and limit and used > limit:
            raise Refused(code)
        call.store.run("INSERT OR REPLACE INTO used VALUES (?, ?)", holder, used)


def delete(call: Call, file: Row) -> None:
    """Mark *file* and all below it as deleted and give its bytes back."""
    owners = call.store.all(
        BELOW
        + "SELECT creator, sum(size) AS bytes FROM files JOIN below USING (id) WHERE status = 1 GROUP BY creator",
        file["id"],
    )
    for it in owners:
        charge(call, it["creator"], -int(it["bytes"] or 0))
    call.store.run(
        BELOW + "UPDATE files SET status = 2 WHERE id IN (SELECT id FROM below)",
        file["id"],
    )


def rename(call: Call, file: Row, name: str) -> Row:
    """
    Raises:
        Refused: the name is not allowed or taken.
    """
    name = settled_name(
        call, file["father"], names.checked(name, call.switches), call.switches.conflict_rename, file["id"]
    )
    return _placed(call, file, file["father"], name)


def move(call: Call, file: Row, folder: Row, replace: bool) -> Row:
    """
    Raises:
        Refused: into itself, into another space where that is not allowed, or over a limit.
    """
    if reread(call.store, file["id"])["status"] != 1:  # overwritten by one that was moved before it
        raise Refused(DELETED)
    if file["id"] in {it["id"] for it in path_of(call.store, folder)}:
        raise Refused(BAD_FATHER, "into itself")
    if file["spaceid"] != folder["spaceid"] and not call.switches.move_across:
        raise Refused(call.switches.code_parameter, "another space")
    if file["father"] == folder["id"]:
        return file
    _check_limits(call, folder, New(file["name"], file["kind"]))
    policy = "overwrite" if replace and file["kind"] != FOLDER else "rename"
    name = settled_name(call, folder["id"], file["name"], policy, file["id"])
    if file["spaceid"] != folder["spaceid"]:
        call.store.run(
            BELOW + "UPDATE files SET spaceid = ? WHERE id IN (SELECT id FROM below)",
            file["id"],
            folder["spaceid"],
        )
    return _placed(call, file, folder["id"], name)


def _placed(call: Call, file: Row, father: int, name: str) -> Row:
    mtime = call.now if call.switches.rename_touches else file["mtime"]
    call.store.run(
        "UPDATE files SET father = ?, name = ?, fold = ?, mtime = ? WHERE id = ?",
        *(father, name, names.folded(name, call.switches), mtime, file["id"]),
    )
    return reread(call.store, file["id"])


def item(call: Call, file: Row, *, url: bool = True) -> dict[str, Any]:
    """The file item of section 3.3; *url* is told of native documents by list and info only."""
    rules = call.switches
    told = {
        "fileid": file["fileid"],
        "file_name": file["name"],
        "spaceid": file["spaceid"],
        "fatherid": _fatherid(call, file),
        "file_size": file["size"],
        "ctime": stamp(file["ctime"], rules.time_unit),
        "mtime": stamp(file["mtime"], rules.time_unit),
        "file_type": file["kind"],
        "file_status": file["status"],
        "sha": file["sha"].upper() if rules.sha_case == "upper" else file["sha"],
        "md5": file["md5"],
    }
    if url and file["kind"] not in {FOLDER, FILE}:
        told["url"] = file["url"]
    return told


def _fatherid(call: Call, file: Row) -> str:
    father = reread(call.store, file["father"])
    # The page of the rename call says spaceid; those of the others say fileid.
    as_space = call.switches.root_fatherid == "spaceid" or call.endpoint == "file_rename"
    return str(file["spaceid"] if father["kind"] == ROOT and as_space else father["fileid"])


def stamp(seconds: float, unit: str) -> int:
    return int(seconds * 1000) if unit == "milliseconds" else int(seconds)


def refold(store: Store) -> None:
    """Compute all folded names again, after the rule has been switched."""
    for row in store.all("SELECT id, name FROM files"):
        store.run(
            "UPDATE files SET fold = ? WHERE id = ?", names.folded(row["name"], store.switches), row["id"]
        )
