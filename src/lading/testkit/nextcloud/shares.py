"""The sharing API: /apps/files_sharing/api/v1/shares, of all types it lists."""

import json
import re
import secrets
from datetime import UTC, date, datetime
from typing import Any

from .cloud import Cloud
from .ocs import Call, Failed, Route
from .properties import content_type
from .rights import ALL, CREATE, DELETE, READ, SHARE, UPDATE
from .store import Row
from .views import Place, View, received
from .writing import now

USER, GROUP, LINK, MAIL, REMOTE, CIRCLE, ROOM = 0, 1, 3, 4, 6, 7, 10
LOCAL = (USER, GROUP, CIRCLE)
WRONG_ID = Failed(404, "Wrong share ID, share does not exist")


def told(call: Call, view: View, share: Row) -> dict[str, Any] | None:
    """A share as the API tells it to *view*'s user; None where that user does not see the file."""
    place = view.by_id(share["node"])
    if place is None:
        return None
    cloud, node = call.cloud, place.node
    mine = view.user in (share["owner"], share["sharer"])
    kind, owner = cloud.tree.holder(node)
    own_target = cloud.store.value(
        "SELECT target FROM received WHERE share=? AND user=?", share["id"], view.user
    )
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
        "expiration": f"{share['expires']} 00:00:00" if share["expires"] else None,
        "token": share["token"],
        "uid_file_owner": share["owner"],
        "note": share["note"],
        "label": share["label"] or ("" if share["type"] in (LINK, MAIL) else None),
        "displayname_file_owner": cloud.people.name(share["owner"]),
        "path": f"/{place.path}",
        "item_type": "folder" if place.is_folder else "file",
        "item_permissions": place.bits,
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
        **_recipient(call, share),
        "mail_send": 0,
        "hide_download": share["hide"],
        "attributes": share["attributes"],
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
    found = {"share_with": name, "share_with_displayname": _display(call, kind, name)}
    if kind == USER:
        user = call.cloud.people.get(name)
        found["share_with_displayname_unique"] = (user["email"] or name) if user else name
    if kind == MAIL:
        found["password"] = "redacted" if share["password"] else None
        found["send_password_by_talk"] = bool(share["sendpw"])
    return found


def _display(call: Call, kind: int, name: str) -> str:
    table = {GROUP: "team", CIRCLE: "circle"}.get(kind)
    if table:
        return str(call.cloud.store.value(f"SELECT name FROM {table} WHERE id=?", name) or name)
    return call.cloud.people.name(name) if kind == USER else name


def listing(call: Call) -> Any:
    """GET /shares: given, received, or those of one path."""
    view = call.cloud.view(call.user)
    if call.truth("shared_with_me"):
        rows = received(call.cloud.store, call.user, view.groups, view.circles)
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
    mine = {row["id"] for row in received(call.cloud.store, call.user, view.groups, view.circles)}
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
    expires = _expiry(call)
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
        call.given("password") if kind in (LINK, MAIL) else None,
        expires,
        call.given("note"),
        call.given("label"),
        _attributes(call),
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


def _bits(call: Call, place: Place, kind: int) -> int:
    """The bits that a new share gets, or a changed one."""
    given = call.given("permissions")
    if kind == LINK:
        if call.truth("publicUpload") or given:
            bits = int(given) if given else READ | UPDATE | CREATE | DELETE
        else:
            bits = READ
        bits |= SHARE if place.is_folder or not given else 0
    else:
        bits = call.number("permissions", ALL)
    if not 0 <= bits <= ALL or not bits:
        raise Failed(404 if kind != LINK else 400, "Invalid permissions")
    if not place.is_folder:
        bits &= ~(CREATE | DELETE)
    if kind not in (LINK, MAIL):
        bits |= READ
    held = place.bits | (SHARE if kind == LINK else 0)
    if place.mount.kind and bits & ~held:
        if given:
            raise Failed(404, f"Cannot increase permissions of {place.name}")
        bits &= held
    return bits


def _expiry(call: Call) -> str | None:
    value = call.given("expireDate")
    if not value:
        return None
    if not re.match(r"\d{4}-\d\d-\d\d", value):
        raise Failed(404, "Invalid date. Format must be YYYY-MM-DD")
    try:
        day = date.fromisoformat(value[:10])
    except ValueError:
        raise Failed(404, "Invalid date. Format must be YYYY-MM-DD") from None
    if day <= datetime.now(UTC).date():
        raise Failed(404, "Expiration date is in the past")
    return day.isoformat()


def _attributes(call: Call) -> str | None:
    value = call.form.get("attributes")
    if value in (None, ""):
        return None
    try:
        parsed = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        parsed = None
    if not isinstance(parsed, list):
        # Measured by others: an array instead of a string is a type error on the server.
        raise Failed(400 if isinstance(value, str) else 500, "Invalid share attributes provided")
    return json.dumps([{"scope": it["scope"], "key": it["key"], "value": _value(it)} for it in parsed])


def _value(attribute: dict[str, Any]) -> Any:
    value = attribute.get("value", attribute.get("enabled"))
    return value.lower() in ("1", "true") if isinstance(value, str) else value


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


def change(call: Call) -> Any:
    """PUT /shares/ID: whatever of it is given."""
    view = call.cloud.view(call.user)
    share = _visible(call, view)
    if call.user not in (share["owner"], share["sharer"]):
        raise Failed(403, "You are not allowed to edit incoming shares")
    place = view.by_id(share["node"])
    if place is None:
        raise WRONG_ID
    new: dict[str, Any] = {}
    if call.given("permissions") or call.given("publicUpload"):
        new["bits"] = _bits(call, place, share["type"])
    for name, column in (("note", "note"), ("label", "label"), ("password", "password")):
        if name in call.form:
            new[column] = call.given(name) or (None if column == "password" else "")
    if "expireDate" in call.form:
        new["expires"] = _expiry(call)
    if "hideDownload" in call.form:
        new["hide"] = int(call.truth("hideDownload"))
    if "attributes" in call.form:
        new["attributes"] = _attributes(call)
    if not new:
        raise Failed(400, "Wrong or no update parameter given")
    for column, value in new.items():
        call.cloud.store.run(f"UPDATE share SET {column}=? WHERE id=?", value, share["id"])
    row = call.cloud.store.row("SELECT * FROM share WHERE id=?", share["id"])
    assert row is not None
    return told(call, call.cloud.view(call.user), row)


def remove(call: Call) -> Any:
    """DELETE /shares/ID: the receiver of a group's share only leaves it."""
    share = _visible(call, call.cloud.view(call.user))
    if call.user not in (share["owner"], share["sharer"]) and share["type"] != USER:
        sql = "INSERT OR REPLACE INTO received VALUES(?, ?, '', 1)"
        call.cloud.store.run(sql, share["id"], call.user)
    else:
        call.cloud.store.run("DELETE FROM share WHERE id=?", share["id"])
    return []


def sharees(call: Call) -> Any:
    """GET /sharees: whom the user may share with, exact hits apart."""
    search, people = call.given("search").lower(), call.cloud.people
    kinds = call.form.get("shareType", [USER, GROUP, REMOTE, MAIL, CIRCLE])
    wanted = {int(it) for it in (kinds if isinstance(kinds, list) else [kinds])}
    exact: dict[str, list[Any]] = {
        name: [] for name in ("users", "groups", "remotes", "emails", "circles", "rooms")
    }
    other: dict[str, list[Any]] = {name: [] for name in exact}
    rows = [
        (USER, "users", it["id"], it["name"])
        for it in call.cloud.store.rows("SELECT * FROM user ORDER BY id")
    ]
    rows += [
        (GROUP, "groups", it["id"], it["name"])
        for it in call.cloud.store.rows("SELECT * FROM team ORDER BY id")
    ]
    rows += [
        (CIRCLE, "circles", it["id"], it["name"]) for it in call.cloud.store.rows("SELECT * FROM circle")
    ]
    for kind, name, key, label in rows:
        if (
            kind not in wanted
            or (kind == USER and key == call.user)
            or search not in f"{key}\n{label}".lower()
        ):
            continue
        found = {"label": label, "value": {"shareType": kind, "shareWith": key}}
        if kind == USER:
            user = people.get(key)
            found["shareWithDisplayNameUnique"] = (user["email"] or key) if user else key
        (exact if search in (key.lower(), label.lower()) else other)[name].append(found)
    if "@" in search and MAIL in wanted:
        exact["emails"].append({"label": search, "value": {"shareType": MAIL, "shareWith": search}})
    limit = call.number("perPage", 200)
    return {"exact": exact, **{name: rows[:limit] for name, rows in other.items()}, "lookupEnabled": False}


BASE = "apps/files_sharing/api/v1"
ROUTES: list[Route] = [
    ("GET", f"{BASE}/shares", listing),
    ("POST", f"{BASE}/shares", create),
    ("GET", f"{BASE}/shares/([^/]+)", one),
    ("PUT", f"{BASE}/shares/([^/]+)", change),
    ("DELETE", f"{BASE}/shares/([^/]+)", remove),
    ("GET", f"{BASE}/sharees", sharees),
]
