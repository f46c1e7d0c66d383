"""
The team folders app: /index.php/apps/groupfolders/folders.

It speaks OCS but answers 100 and HTTP 200, as apps below index.php do.
Administrators see and change all; others are told the folders of their groups.
"""

from typing import Any

from .ocs import Call, Failed, Route
from .rights import ALL
from .seeding import make_team_folder
from .store import Row

NO_FOLDER = Failed(404, "Groupfolder not found")


def _told(call: Call, folder: Row, groups: set[str] | None = None) -> dict[str, Any]:
    rows = call.cloud.store.rows("SELECT * FROM teamgroup WHERE folder=? ORDER BY id", folder["id"])
    rows = [row for row in rows if groups is None or row["id"] in groups]
    details = {
        row["id"]: {
            "displayName": call.cloud.people.title(row["kind"], row["id"]),
            "permissions": row["bits"],
            "type": row["kind"],
        }
        for row in rows
    }
    managers = call.cloud.store.rows("SELECT * FROM manager WHERE folder=?", folder["id"])
    return {
        "id": folder["id"],
        "mount_point": folder["mount"],
        "quota": folder["quota"],
        "acl": bool(folder["acl"]),
        "acl_default_no_permission": bool(folder["closed"]),
        "size": call.cloud.tree.get(folder["node"])["size"],
        # PHP tells an empty map as a list.
        "groups": {row["id"]: row["bits"] for row in rows} or [],
        "group_details": details or [],
        "manage": [
            {"type": it["kind"], "id": it["id"], "displayname": call.cloud.people.title(it["kind"], it["id"])}
            for it in managers
        ],
    }


def listing(call: Call) -> Any:
    admin = call.cloud.people.is_admin(call.user) and not call.truth("applicable")
    mine = None if admin else set(call.cloud.people.containers(call.user, "group"))
    found = {}
    for folder in call.cloud.store.rows("SELECT * FROM teamfolder ORDER BY mount, id"):
        told = _told(call, folder, mine)
        if admin or told["groups"]:
            found[str(folder["id"])] = told
    return found or []


def one(call: Call) -> Any:
    folder = _folder(call)
    if call.cloud.people.is_admin(call.user):
        return _told(call, folder)
    told = _told(call, folder, set(call.cloud.people.containers(call.user, "group")))
    if not told["groups"]:
        raise NO_FOLDER
    return told


def _folder(call: Call) -> Row:
    found = call.cloud.store.row("SELECT * FROM teamfolder WHERE id=?", call.words[0])
    if found is None:
        raise NO_FOLDER
    return found


def create(call: Call) -> Any:
    call.as_admin()
    mount = call.given("mountpoint").strip().strip("/")
    if call.cloud.store.row("SELECT 1 FROM teamfolder WHERE mount=?", mount):
        raise Failed(400, "Mount point already exists")
    made = make_team_folder(call.cloud, mount)
    if call.truth("acl_default_no_permission"):
        # It cannot be had later, and makes no sense without rules.
        call.cloud.store.run("UPDATE teamfolder SET acl=1, closed=1 WHERE id=?", made)
    row = call.cloud.store.row("SELECT * FROM teamfolder WHERE id=?", made)
    assert row is not None
    return _told(call, row)


def remove(call: Call) -> Any:
    call.as_admin()
    folder = _folder(call)
    for table in ("teamgroup", "manager"):
        call.cloud.store.run(f"DELETE FROM {table} WHERE folder=?", folder["id"])
    call.cloud.store.run("DELETE FROM teamfolder WHERE id=?", folder["id"])
    call.cloud.tree.destroy(call.cloud.tree.get(folder["node"]))
    return {"success": True}


def change(call: Call) -> Any:
    """POST /folders/ID/WHAT: groups, quota, acl, mountpoint, manageACL."""
    call.as_admin()
    folder, what, store = _folder(call), call.words[1], call.cloud.store
    if what == "groups":
        sql = "INSERT OR REPLACE INTO teamgroup VALUES(?, ?, ?, ?)"
        store.run(sql, folder["id"], _kind(call, call.given("group")), call.given("group"), ALL)
    elif what == "quota":
        store.run("UPDATE teamfolder SET quota=? WHERE id=?", call.number("quota", -3), folder["id"])
    elif what == "acl":
        store.run("UPDATE teamfolder SET acl=? WHERE id=?", int(call.truth("acl")), folder["id"])
    elif what == "mountpoint":
        store.run(
            "UPDATE teamfolder SET mount=? WHERE id=?", call.given("mountpoint").strip("/"), folder["id"]
        )
    else:
        manager = (folder["id"], call.given("mappingType"), call.given("mappingId"))
        store.run("DELETE FROM manager WHERE folder=? AND kind=? AND id=?", *manager)
        if call.truth("manageAcl"):
            store.run("INSERT INTO manager VALUES(?, ?, ?)", *manager)
    return {"success": True, "folder": one(call)}


def _kind(call: Call, name: str) -> str:
    return "circle" if call.cloud.store.row("SELECT 1 FROM circle WHERE id=?", name) else "group"


def change_group(call: Call) -> Any:
    """POST sets the bits of a group, DELETE takes it out."""
    call.as_admin()
    folder, group = _folder(call), call.words[1]
    if call.request.method == "DELETE":
        call.cloud.store.run("DELETE FROM teamgroup WHERE folder=? AND id=?", folder["id"], group)
    else:
        sql = "UPDATE teamgroup SET bits=? WHERE folder=? AND id=?"
        call.cloud.store.run(sql, call.number("permissions", ALL), folder["id"], group)
    return {"success": True, "folder": one(call)}


ROUTES: list[Route] = [
    ("GET", "folders", listing),
    ("GET", r"folders/(\d+)", one),
    ("POST", "folders", create),
    ("DELETE", r"folders/(\d+)", remove),
    ("POST", r"folders/(\d+)/(groups|quota|acl|mountpoint|manageACL)", change),
    ("POST", r"folders/(\d+)/groups/(.+)", change_group),
    ("DELETE", r"folders/(\d+)/groups/(.+)", change_group),
]
