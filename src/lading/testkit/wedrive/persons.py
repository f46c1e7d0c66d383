"""
What people do in their client, and what an admin does in the console: orders of the control door.

Everything is done as the person `by`, without asking for their right, without cards and outside all limits of calls.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from typing import Any

from . import members, spaces, tree
from .access import FILE, FOLDER, ROOT, folder_named, path_of
from .call import OLD, App, Call
from .events import announce
from .file_rights import SECURE
from .files import create_document
from .store import Row, Store, settings_of
from .tree import New

Body = dict[str, Any]


def acting(store: Store, by: str) -> Call:
    """A call that the person *by* makes in the client."""
    nobody = App("client", "client", True, frozenset())
    actor = f"person:{by.lower()}"
    return Call(store, nobody, "client", OLD, actor, {}, {}, store.clock.now(), "")


def space(store: Store, body: Body) -> Body:
    """A space `name` that `by` makes; no application sees it."""
    call = acting(store, str(body["by"]))
    return {"spaceid": spaces.make_space(call, str(body["name"]), call.actor)}


def console(store: Store, body: Body) -> Body:
    """Set keys of `secure_setting` of `spaceid`, those too that no call can set."""
    row = store.one("SELECT * FROM spaces WHERE spaceid = ?", str(body["spaceid"]))
    new = {key: it for key, it in body.items() if key != "spaceid"}
    if row is None or not set(new) <= set(spaces.SETTINGS):
        raise ValueError(f"no such space, or not all of these are settings: {sorted(new)}")
    settings = json.dumps({**settings_of(row), **new})
    store.run("UPDATE spaces SET settings = ? WHERE spaceid = ?", settings, row["spaceid"])
    return {}


def secure(store: Store, body: Body) -> Body:
    """Somebody sets `secure_setting` of the file `fileid` in the client: the keys of `SECURE`, yes or no."""
    new = {key: bool(body[key]) for key in SECURE if key in body}
    row = store.one("SELECT * FROM files WHERE fileid = ?", str(body["fileid"]))
    if row is None or set(body) != {"fileid", *new}:
        raise ValueError(f"no such file, or not all of these are settings: {sorted(body)}")
    settings = settings_of(row)
    settings["secure"] = {**settings.get("secure", {}), **new}
    store.run("UPDATE files SET settings = ? WHERE id = ?", json.dumps(settings), row["id"])
    return {}


def member(store: Store, body: Body) -> Body:
    """Give `auth` on `holder` (spaceid or fileid) to `userid` or `departmentid`; 0 takes it away."""
    kind = 1 if "userid" in body else 2
    key = str(body["userid"]).lower() if kind == 1 else str(int(body["departmentid"]))
    who = members.Member(kind, key, int(body["auth"]))
    change = members.add if who.auth else members.remove
    change(acting(store, ""), str(body["holder"]), [who])
    return {}


def folder(store: Store, body: Body) -> Body:
    """A folder `name` in `fatherid`."""
    return _put(store, body, New(str(body["name"]), FOLDER))


def file(store: Store, body: Body) -> Body:
    """A file `name` in `fatherid` with `content` in base64."""
    return _put(store, body, _stored(store, str(body["name"]), body["content"]))


def _put(store: Store, body: Body, new: New) -> Body:
    call = acting(store, str(body.get("by", "")))
    made = tree.insert(call, folder_named(call, str(body["fatherid"])), new, "rename")
    return _told(store, body, made, "create_file")


def _told(store: Store, body: Body, row: Row, change: str) -> Body:
    """Announce the change of *row* and answer with its id and name."""
    by = str(body.get("by", ""))
    announce(store, row["spaceid"], by, "wedrive_file_change", change, [row["fileid"]])
    return {"fileid": row["fileid"], "name": row["name"]}


def _stored(store: Store, name: str, encoded: str) -> New:
    content = base64.b64decode(encoded, validate=True)
    sha, md5 = hashlib.sha1(content).hexdigest(), hashlib.md5(content).hexdigest()
    fresh = store.uploads / f"by-person-{os.getpid()}"
    fresh.write_bytes(content)
    store.keep(fresh, sha, len(content), md5)
    return New(name, FILE, len(content), sha, md5)


def document(store: Store, body: Body) -> Body:
    """A native document `name` of `file_type` 3 or more in `fatherid`."""
    call = acting(store, str(body.get("by", "")))
    parent = folder_named(call, str(body["fatherid"]))
    made = create_document(call, parent, str(body["name"]), int(body["file_type"]))
    return _told(store, body, made, "create_file")


def _existing(store: Store, body: Body) -> Row:
    row = store.one("SELECT * FROM files WHERE fileid = ?", str(body["fileid"]))
    if row is None or row["kind"] == ROOT or row["status"] != 1:
        raise ValueError("no such file")
    return row


def change(store: Store, body: Body) -> Body:
    """Save `content` over the file `fileid`, which stays the same file."""
    row = _existing(store, body)
    new = _stored(store, row["name"], body["content"])
    call = acting(store, str(body.get("by", "")))
    tree.charge(call, row["creator"], new.size - row["size"])
    store.run(
        "UPDATE files SET size = ?, sha = ?, md5 = ?, mtime = ? WHERE id = ?",
        *(new.size, new.sha, new.md5, call.now, row["id"]),
    )
    return _told(store, body, row, "update_file")


def rename(store: Store, body: Body) -> Body:
    """Give `fileid` the new `name`."""
    named = tree.rename(acting(store, str(body.get("by", ""))), _existing(store, body), str(body["name"]))
    return _told(store, body, named, "rename_file")


def move(store: Store, body: Body) -> Body:
    """Move `fileid` into `fatherid`."""
    call = acting(store, str(body.get("by", "")))
    moved = tree.move(call, _existing(store, body), folder_named(call, str(body["fatherid"])), False)
    return _told(store, body, moved, "move_file")


def delete(store: Store, body: Body) -> Body:
    """Delete `fileid` and what is below it."""
    row = _existing(store, body)
    tree.delete(acting(store, str(body.get("by", ""))), row)
    return _told(store, body, row, "delete_file")


def dismiss(store: Store, body: Body) -> Body:
    """Dismiss the space `spaceid`."""
    by, spaceid = str(body.get("by", "")), str(body["spaceid"])
    announce(store, spaceid, by, "wedrive_space_change", "dismiss_space", [])
    spaces.end(acting(store, by), spaceid)
    return {}


def damage(store: Store, body: Body) -> Body:
    """Change one byte of the content of `fileid` on the disk; its `sha` does not tell. Twins are hit too."""
    row = _existing(store, body)
    with store.content(row["sha"], row["size"]).open("r+b") as content:
        content.seek(row["size"] // 2)
        flipped = content.read(1)[0] ^ 0xFF
        content.seek(row["size"] // 2)
        content.write(bytes([flipped]))
    return {}


def forget_contents(store: Store, _body: Body) -> Body:
    """No content counts as known any more: the next upload of it is no instant one."""
    return {"forgotten": store.changes("DELETE FROM contents")}


def truth(store: Store, body: Body) -> Body:
    """All that lives in `spaceid`, by path, read from the emulator's own state."""
    rows = store.all(
        "SELECT * FROM files WHERE spaceid = ? AND status = 1 AND kind != ?", str(body["spaceid"]), ROOT
    )
    return {"entries": [_true(store, it) for it in rows]}


def _true(store: Store, row: Row) -> Body:
    names = [it["name"] for it in path_of(store, row)[:-1]]
    told = {key: row[key] for key in ("fileid", "size", "sha", "creator", "mtime")}
    return {"path": "/".join(reversed(names)), "file_type": row["kind"], **told}
