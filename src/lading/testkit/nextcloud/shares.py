"""The sharing API: /apps/files_sharing/api/v1/shares, of all types it lists."""

import json
import secrets
from datetime import UTC, datetime
from typing import Any

from . import limits
from .cloud import Cloud
from .limits import CIRCLE, GROUP, LINK, LOCAL, MAIL, PUBLIC, REMOTE, ROOM, USER
from .ocs import Call, Failed, Route
from .properties import KINDS, content_type
from .rights import DELETE, SHARE
from .store import Row
from .views import Place, View, received
from .writing import now

WRONG_ID = Failed(404, "Wrong share ID, share does not exist")


def told(call: Call, view: View, share: Row) -> dict[str, Any] | None:
    """A share as the API tells it to *view*'s user; None where that user does not see the file."""
    place = view.by_id(share["node"])
    if place is None:
        return None
    cloud = call.cloud
    mine = view.user in (share["owner"], share["sharer"])
    return {
        "id": str(share["id"]),
        "share_type": share["type"],
        "uid_owner": share["sharer"],
        "displayname_owner": cloud.people.name(share["sharer"]),
        "permissions": share["bits"],
        "can_edit": mine,
        "can_delete": mine or share["type"] in LOCAL,
        "stime": share["time"],
        "parent": None,
        "expiration": f"{share['expires']} {cloud.options.day_ends}" if share["expires"] else None,
        "token": share["token"],
        "uid_file_owner": share["owner"],
        "note": share["note"],
        "label": share["label"] or ("" if share["type"] in PUBLIC else None),
        "displayname_file_owner": cloud.people.name(share["owner"]),
        "path": f"/{place.path}",
        **_item(call, view, share, place),
        **_recipient(call, share),
        "mail_send": 0,
        "hide_download": share["hide"],
        "attributes": share["attributes"],
    }


def _item(call: Call, view: View, share: Row, place: Place) -> dict[str, Any]:
    """What a share tells of the file or folder."""
    cloud, node = call.cloud, place.node
    mine = view.user in (share["owner"], share["sharer"])
    kind, owner = cloud.tree.holder(node)
    own_target = cloud.store.value(
        "SELECT target FROM received WHERE share=? AND user=?", share["id"], view.user
    )
    return {
        "item_type": "folder" if place.is_folder else "file",
        "item_permissions": place.bits if mine else share["bits"] | DELETE,
        "is-mount-root": place.is_mount_root,
        "mount-type": place.mount.kind,
        "mimetype": "httpd/unix-directory" if place.is_folder else content_type(place.name),
        "has_preview": False,
        "storage_id": f"home::{owner}" if kind == "home" and mine else f"shared::/{place.path}",
        "storage": node["root"],
        "item_source": node["id"],
        "file_source": node["id"],
        "file_parent": node["parent"] or node["id"],
        "file_target": own_target or share["target"],
        "item_size": node["size"],
        "item_mtime": node["mtime"],
    }


def _recipient(call: Call, share: Row) -> dict[str, Any]:
    kind, name = share["type"], share["recipient"]
    if kind == LINK:
        hidden = "redacted" if share["password"] else None
        url = f"{call.request.base}/index.php/s/{share['token']}"
        return {
            "share_with": hidden,
            "share_with_displayname": "(Shared link)",
            "password": hidden,
            "send_password_by_talk": bool(share["sendpw"]),
            "url": url,
        }
    found = {"share_with": name, "share_with_displayname": call.cloud.people.title(KINDS.get(kind, ""), name)}
    if kind == USER:
        user = call.cloud.people.get(name)
        found["share_with_displayname_unique"] = (user["email"] or name) if user else name
    if kind == MAIL:
        found["password"] = "redacted" if share["password"] else None
        found["send_password_by_talk"] = bool(share["sendpw"])
    return found


def listing(call: Call) -> Any:
    """GET /shares: given, received, or those of one path."""
    view = call.cloud.view(call.user)
    if call.truth("shared_with_me"):
        rows = received(call.cloud.store, call.user, view.groups, view.circles, view.rooms)
    else:
        rows = call.cloud.store.rows(
            "SELECT * FROM share WHERE owner=? OR sharer=? ORDER BY id", call.user, call.user
        )
        rows = [row for row in rows if row["sharer"] == call.user or call.truth("reshares")]
    if path := call.given("path").strip("/"):
        rows = _of_path(call, view, path, rows)
    elif call.truth("subfiles"):
        raise Failed(400, "Not a directory")
    return [it for row in _alive(call.cloud, rows) if (it := told(call, view, row)) is not None]


def _of_path(call: Call, view: View, path: str, rows: list[Row]) -> list[Row]:
    place = view.find(path)
    if place is None:
        raise Failed(404, "Wrong path, file/folder does not exist")
    if call.truth("subfiles"):
        if not place.is_folder:
            raise Failed(400, "Not a directory")
        inside = {child.node["id"] for child in view.children(place)}
        return [row for row in rows if row["node"] in inside]
    if call.truth("reshares") and place.allows(SHARE):
        rows = call.cloud.store.rows("SELECT * FROM share ORDER BY id")
    return [row for row in rows if row["node"] == place.node["id"]]


def _alive(cloud: Cloud, rows: list[Row]) -> list[Row]:
    """Those that have not run out; the others are gone for good, as the real one drops them when they are met."""
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    for row in rows:
        if row["expires"] and row["expires"] < today:
            cloud.store.run("DELETE FROM share WHERE id=?", row["id"])
    return [row for row in rows if not (row["expires"] and row["expires"] < today)]


def one(call: Call) -> Any:
    view = call.cloud.view(call.user)
    found = told(call, view, _visible(call, view))
    if found is None:
        raise WRONG_ID
    return [found]


def _visible(call: Call, view: View) -> Row:
    share = call.cloud.store.row("SELECT * FROM share WHERE id=?", call.words[0])
    if share is None:
        raise WRONG_ID
    mine = {row["id"] for row in received(call.cloud.store, call.user, view.groups, view.circles, view.rooms)}
    place = view.by_id(share["node"])
    resharer = place is not None and place.allows(SHARE)
    if call.user not in (share["owner"], share["sharer"]) and share["id"] not in mine and not resharer:
        raise WRONG_ID
    return share


def create(call: Call) -> Any:
    """POST /shares."""
    view = call.cloud.view(call.user)
    if not (path := call.given("path").strip("/")):
        raise Failed(404, "Please specify a file or folder path")
    place = view.find(path)
    if place is None:
        raise Failed(404, "Wrong path, file/folder does not exist")
    kind = call.number("shareType", -1)
    _check_recipient(call, place, kind)
    bits = _bits(call, place, kind)
    expires = limits.last_day(call.given("expireDate"), unclear=404)
    given = limits.attributes(call.form["attributes"]) if call.form.get("attributes") is not None else None
    owner = call.cloud.owner(place)
    made = call.cloud.store.run(
        "INSERT INTO share(type, node, owner, sharer, recipient, bits, target, token, password, expires, note, label,"
        " attributes, time, sendpw) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        kind,
        place.node["id"],
        owner,
        call.user,
        call.given("shareWith"),
        bits,
        _target(call, place, kind),
        secrets.token_urlsafe(12)[:15] if kind in (LINK, MAIL, REMOTE) else None,
        (call.given("password") or None) if kind in PUBLIC else None,
        expires,
        call.given("note"),
        limits.label(call.given("label")) if kind in PUBLIC else "",
        json.dumps(given) if given is not None else None,
        now(),
        int(call.truth("sendPasswordByTalk")),
    )
    _noticed(call, place)
    row = call.cloud.store.row("SELECT * FROM share WHERE id=?", made)
    assert row is not None
    return told(call, call.cloud.view(call.user), row)


def _noticed(call: Call, place: Place) -> None:
    call.cloud.tell(place, "shared", "shared", app="files_sharing")


def _check_recipient(call: Call, place: Place, kind: int) -> None:
    store, name = call.cloud.store, call.given("shareWith")
    if not place.path:
        raise Failed(403, "You cannot share your root folder")
    if not place.allows(SHARE):
        raise Failed(403, f"You are not allowed to share {place.path}")
    if kind == USER and call.cloud.people.get(name) is None:
        raise Failed(404, "Please specify a valid account to share with")
    if kind == GROUP and store.row("SELECT 1 FROM team WHERE id=?", name) is None:
        raise Failed(404, "Please specify a valid group")
    if kind == CIRCLE and store.row("SELECT 1 FROM circle WHERE id=?", name) is None:
        raise Failed(404, "Please specify a valid team")
    if kind == ROOM and call.user not in call.cloud.people.members("room", name):
        raise Failed(404, "Conversation not found")
    if kind == MAIL and "@" not in name:
        raise Failed(404, "Please specify a valid email address")
    if kind == REMOTE and "@" not in name:
        raise Failed(403, "Sharing failed: the federated cloud id is not valid")
    if kind not in (*LOCAL, LINK, MAIL, REMOTE):
        raise Failed(400, "Unknown share type")
    if kind == USER and name in (call.user, call.cloud.owner(place)):
        raise Failed(
            403, "Cannot share with the owner" if name != call.user else "Cannot share with yourself"
        )
    sql = "SELECT 1 FROM share WHERE node=? AND type=? AND recipient=? AND type<>3"
    if store.row(sql, place.node["id"], kind, name):
        raise Failed(403, f"Sharing {place.name} failed, because this item is already shared with {name}")


def _target(call: Call, place: Place, kind: int) -> str:
    """Where the receiver finds it: in the root, under a name that is free there."""
    if kind != USER:
        return f"/{place.name}"
    view = call.cloud.view(call.given("shareWith"))
    stem, dot, ending = place.name.rpartition(".") if not place.is_folder else (place.name, "", "")
    if not stem:
        stem, dot, ending = place.name, "", ""
    name, number = place.name, 1
    while view.find(name) is not None:
        number += 1
        name = f"{stem} ({number}){dot}{ending}"
    return f"/{name}"


def _bits(call: Call, place: Place, kind: int) -> int:
    """
    The bits that are asked for.

    Raises:
        Failed: they make no sense, or are more than the sharer holds.
    """
    given = call.number("permissions", 0) if call.given("permissions") else None
    if kind in PUBLIC:
        bits = limits.link_bits(given, call.given("publicUpload"), folder=place.is_folder)
        return limits.within(bits, place.bits | SHARE, place.name)
    bits = limits.local_bits(given, folder=place.is_folder)
    return limits.within(bits, place.bits, place.name) if given is not None else bits & place.bits


def change(call: Call) -> Any:
    """PUT /shares/ID: whatever of it is given."""
    view = call.cloud.view(call.user)
    share = _visible(call, view)
    if call.user not in (share["owner"], share["sharer"]):
        raise Failed(403, "You are not allowed to edit incoming shares")
    place = view.by_id(share["node"])
    if place is None:
        raise WRONG_ID
    known = {
        "permissions",
        "publicUpload",
        "password",
        "expireDate",
        "note",
        "label",
        "hideDownload",
        "attributes",
    }
    if not {name for name, value in call.form.items() if value is not None} & {*known, "token", "sendMail"}:
        raise Failed(400, "Wrong or no update parameter given")
    new = _changed(call, share, place)
    for column, value in new.items():
        call.cloud.store.run(f"UPDATE share SET {column}=? WHERE id=?", value, share["id"])
    row = call.cloud.store.row("SELECT * FROM share WHERE id=?", share["id"])
    assert row is not None
    return told(call, call.cloud.view(call.user), row)


def _changed(call: Call, share: Row, place: Place) -> dict[str, Any]:
    """The columns to set; what is only for links is not looked at for others, as in the product."""
    new: dict[str, Any] = {}
    given = {name for name, value in call.form.items() if value is not None}
    if "note" in given:
        new["note"] = call.given("note")
    if "attributes" in given:
        new["attributes"] = json.dumps(limits.attributes(call.form["attributes"]))
    if "expireDate" in given:
        new["expires"] = limits.last_day(call.given("expireDate"), unclear=400)
    if given & {"permissions", "publicUpload"} and (call.given("permissions") or share["type"] in PUBLIC):
        new["bits"] = _bits(call, place, share["type"])
    if share["type"] in PUBLIC:
        new |= _changed_link(call, given, new.get("attributes", share["attributes"]))
    return new


def _changed_link(call: Call, given: set[str], attributes: str | None) -> dict[str, Any]:
    new: dict[str, Any] = {"attributes": attributes or "[]"}
    if "hideDownload" in given:
        new["hide"] = int(call.truth("hideDownload"))
        new["attributes"] = limits.with_download(attributes, allowed=not new["hide"])
    if "password" in given:
        new["password"] = call.given("password") or None
    if "label" in given:
        new["label"] = limits.label(call.given("label"))
    if "token" in given:
        new["token"] = limits.token(call.given("token"))
    return new


def inherited(call: Call) -> Any:
    """GET /shares/inherited: the shares on the folders above a path, and by which of them each comes."""
    view = call.cloud.view(call.user)
    place = view.find(call.given("path").strip("/"))
    if place is None:
        raise Failed(404, "Wrong path, file/folder does not exist")
    if not place.allows(SHARE):
        raise Failed(403, "no sharing rights on this item")
    found = []
    for above in call.cloud.tree.lineage(place.node)[1:]:
        via = view.by_id(above["id"])
        sql = "SELECT * FROM share WHERE node=? AND ? IN (owner, sharer) ORDER BY id"
        for row in call.cloud.store.rows(sql, above["id"], call.cloud.owner(place)):
            it = told(call, view, row)
            if it is not None and via is not None:
                found.append({**it, "via_fileid": above["id"], "via_path": f"/{via.path}"})
    return found


def left(call: Call) -> Any:
    """GET /deletedshares: what the user has left and could take back."""
    sql = "SELECT share.* FROM share JOIN received ON received.share=share.id WHERE received.user=? AND refused=1"
    keys = ("id", "share_type", "uid_owner", "permissions", "stime", "item_type", "file_target")
    rows = call.cloud.store.rows(sql, call.user)
    owners = {row["owner"]: call.cloud.view(row["owner"]) for row in rows}
    found = [told(call, owners[row["owner"]], row) for row in rows]
    return [{key: it[key] for key in keys} for it in found if it is not None]


def nothing(_: Call) -> Any:
    """What waits for an answer, and what comes from other clouds: shares here are accepted at once, and none come in."""
    return []


def remove(call: Call) -> Any:
    """DELETE /shares/ID: the receiver of a group's share only leaves it."""
    share = _visible(call, call.cloud.view(call.user))
    if call.user not in (share["owner"], share["sharer"]) and share["type"] != USER:
        sql = "INSERT OR REPLACE INTO received VALUES(?, ?, '', 1)"
        call.cloud.store.run(sql, share["id"], call.user)
    else:
        call.cloud.store.run("DELETE FROM share WHERE id=?", share["id"])
    return []


BASE = "apps/files_sharing/api/v1"
ROUTES: list[Route] = [
    ("GET", f"{BASE}/shares", listing),
    ("POST", f"{BASE}/shares", create),
    ("GET", f"{BASE}/shares/inherited", inherited),
    ("GET", f"{BASE}/shares/pending", nothing),
    ("GET", f"{BASE}/remote_shares", nothing),
    ("GET", f"{BASE}/remote_shares/pending", nothing),
    ("GET", f"{BASE}/deletedshares", left),
    ("GET", f"{BASE}/shares/([^/]+)", one),
    ("PUT", f"{BASE}/shares/([^/]+)", change),
    ("DELETE", f"{BASE}/shares/([^/]+)", remove),
]
