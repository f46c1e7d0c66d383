"""OCS calls about accounts and groups: /cloud/users and /cloud/groups, as the provisioning API documents them."""

from typing import Any

from .ocs import Call, Failed, Route
from .people import UNLIMITED
from .store import Row

DISK = 1 << 40  # bytes free on the disk of the cloud, as it says
NOBODY = Failed(404, "User does not exist", 998)


def details(call: Call, user: Row) -> dict[str, Any]:
    """What is told of an account."""
    people, groups = call.cloud.people, call.cloud.people.containers(user["id"], "group")
    return {
        "enabled": bool(user["enabled"]),
        "storageLocation": f"/data/{user['id']}",
        "id": user["id"],
        "lastLogin": 0,
        "backend": "Database",
        "subadmin": people.containers(user["id"], "subadmin"),
        "quota": _quota(call, user),
        "manager": "",
        "email": user["email"] or None,
        "displayname": user["name"],
        "display-name": user["name"],
        "phone": "",
        "address": "",
        "website": "",
        "groups": groups,
        "language": "en",
        "locale": "",
        "timezone": call.cloud.options.timezone,
        "backendCapabilities": {"setDisplayName": True, "setPassword": True},
    }


def _quota(call: Call, user: Row) -> dict[str, Any]:
    """Use and limit; of somebody who has never come in little is known, and no limit has another name."""
    quota = user["quota"]
    if call.cloud.store.row("SELECT 1 FROM root WHERE kind='home' AND owner=?", user["id"]) is None:
        return {"quota": quota if quota >= 0 else "none", "used": 0}
    used = call.cloud.tree.root("home", user["id"])["size"]
    return {
        "free": max(0, quota - used) if quota >= 0 else DISK,
        "used": used,
        "total": quota if quota >= 0 else DISK + used,
        "relative": round(100 * used / (quota if quota > 0 else DISK), 2),
        "quota": quota if quota >= 0 else UNLIMITED,
    }


def _listed(call: Call) -> list[Row]:
    """The accounts that the asker may list: all for an admin, those of its groups for a group's admin."""
    people, search = call.cloud.people, call.given("search").lower()
    rows = call.cloud.store.rows("SELECT * FROM user ORDER BY id")
    if not people.is_admin(call.user):
        own = people.containers(call.user, "subadmin")
        if not own:
            raise Failed(403, "Logged in account must be an admin or a sub admin", 997)
        rows = [row for row in rows if set(own) & set(people.containers(row["id"], "group"))]
    rows = [row for row in rows if search in f"{row['id']}\n{row['name']}\n{row['email']}".lower()]
    return _page(call, rows)


def _page(call: Call, rows: list[Any]) -> list[Any]:
    start, limit = call.number("offset", 0), call.number("limit", 0)
    return rows[start : start + limit] if limit else rows[start:]


def users(call: Call) -> Any:
    return {"users": [row["id"] for row in _listed(call)]}


def users_details(call: Call) -> Any:
    return {"users": {row["id"]: details(call, row) for row in _listed(call)} or []}


def one_user(call: Call) -> Any:
    found = call.cloud.people.get(call.words[0])
    if found is None or not call.cloud.people.governs(call.user, call.words[0]):
        raise NOBODY
    return details(call, found)


def own_user(call: Call) -> Any:
    found = call.cloud.people.get(call.user)
    assert found is not None
    return details(call, found)


def user_groups(call: Call) -> Any:
    one_user(call)
    return {"groups": call.cloud.people.containers(call.words[0], "group")}


def user_subadmins(call: Call) -> Any:
    call.as_admin()
    return call.cloud.people.containers(call.words[0], "subadmin")


def add_user(call: Call) -> Any:
    call.as_admin()
    user = call.given("userid")
    if call.cloud.people.get(user):
        raise Failed(400, "User already exists", 102)
    if not user or not (call.given("password") or call.given("email")):
        raise Failed(400, "Invalid password value", 101)
    quota = call.given("quota")
    call.cloud.people.add(
        user,
        call.given("password"),
        name=call.given("displayName"),
        email=call.given("email"),
        quota=int(quota) if quota.lstrip("-").isdigit() else UNLIMITED,
    )
    for group in call.form.get("groups", ()):
        call.cloud.people.join(user, "group", group)
    return {"id": user}


def change_user(call: Call) -> Any:
    people, user = call.cloud.people, call.words[0]
    if people.get(user) is None or not people.governs(call.user, user):
        raise NOBODY
    key, value = call.given("key"), call.given("value")
    column = {"displayname": "name", "email": "email", "quota": "quota"}.get(key)
    if column is None:
        raise Failed(400, "Invalid field", 103)
    if column == "quota":
        call.as_admin()
        value = str(int(value) if value.lstrip("-").isdigit() else UNLIMITED)
    call.cloud.store.run(f"UPDATE user SET {column}=? WHERE id=?", value, user)
    return []


def switch_user(call: Call) -> Any:
    call.as_admin()
    if call.cloud.people.get(call.words[0]) is None:
        raise NOBODY
    call.cloud.store.run(
        "UPDATE user SET enabled=? WHERE id=?", int(call.words[1] == "enable"), call.words[0]
    )
    return []


def remove_user(call: Call) -> Any:
    call.as_admin()
    user = call.words[0]
    if call.cloud.people.get(user) is None:
        raise NOBODY
    for table in ("user", "member", "token"):
        call.cloud.store.run(f"DELETE FROM {table} WHERE {'id' if table == 'user' else 'user'}=?", user)
    call.cloud.store.run("DELETE FROM share WHERE ? IN (owner, sharer, recipient)", user)
    call.cloud.tree.destroy(call.cloud.tree.root("home", user))
    call.cloud.store.run("DELETE FROM root WHERE kind='home' AND owner=?", user)
    return []


def join(call: Call) -> Any:
    call.as_admin()
    group = call.given("groupid")
    if call.cloud.store.row("SELECT 1 FROM team WHERE id=?", group) is None:
        raise Failed(400, "Group does not exist", 102)
    kind = "subadmin" if call.request.path.endswith("/subadmins") else "group"
    act = call.cloud.people.join if call.request.method == "POST" else call.cloud.people.leave
    act(call.words[0], kind, group)
    return []


def groups(call: Call) -> Any:
    return {"groups": [row["id"] for row in _groups(call)]}


def groups_details(call: Call) -> Any:
    people = call.cloud.people
    return {
        "groups": [
            {
                "id": row["id"],
                "displayname": row["name"],
                "usercount": len(people.members("group", row["id"])),
                "disabled": 0,
                "canAdd": True,
                "canRemove": row["id"] != "admin",
            }
            for row in _groups(call)
        ]
    }


def _groups(call: Call) -> list[Row]:
    search = call.given("search").lower()
    rows = call.cloud.store.rows("SELECT * FROM team ORDER BY id")
    return _page(call, [row for row in rows if search in f"{row['id']}\n{row['name']}".lower()])


def _governed(call: Call) -> str:
    group = call.words[0]
    if call.cloud.store.row("SELECT 1 FROM team WHERE id=?", group) is None:
        raise Failed(404, "The requested group could not be found", 998)
    people = call.cloud.people
    if not people.is_admin(call.user) and group not in people.containers(call.user, "subadmin"):
        raise Failed(403, "Permission denied", 997)
    return group


def group_users(call: Call) -> Any:
    return {"users": call.cloud.people.members("group", _governed(call))}


def group_users_details(call: Call) -> Any:
    found = {
        user: call.cloud.people.get(user) for user in call.cloud.people.members("group", _governed(call))
    }
    return {"users": {user: details(call, row) for user, row in found.items() if row} or []}


def group_subadmins(call: Call) -> Any:
    call.as_admin()
    return call.cloud.people.members("subadmin", _governed(call))


def add_group(call: Call) -> Any:
    call.as_admin()
    group = call.given("groupid")
    if not group or call.cloud.store.row("SELECT 1 FROM team WHERE id=?", group):
        raise Failed(400, "Group already exists" if group else "Invalid group name", 102)
    call.cloud.people.add_team(group, call.given("displayname"))
    return []


def remove_group(call: Call) -> Any:
    call.as_admin()
    call.cloud.store.run("DELETE FROM team WHERE id=?", _governed(call))
    call.cloud.store.run("DELETE FROM member WHERE kind IN ('group', 'subadmin') AND id=?", call.words[0])
    return []


ID = "([^/]+)"
ROUTES: list[Route] = [
    ("GET", "cloud/users", users),
    ("GET", "cloud/users/details", users_details),
    ("GET", f"cloud/users/{ID}", one_user),
    ("GET", "cloud/user", own_user),
    ("GET", f"cloud/users/{ID}/groups", user_groups),
    ("GET", f"cloud/users/{ID}/subadmins", user_subadmins),
    ("POST", "cloud/users", add_user),
    ("PUT", f"cloud/users/{ID}", change_user),
    ("PUT", f"cloud/users/{ID}/(enable|disable)", switch_user),
    ("DELETE", f"cloud/users/{ID}", remove_user),
    ("POST", f"cloud/users/{ID}/groups", join),
    ("DELETE", f"cloud/users/{ID}/groups", join),
    ("POST", f"cloud/users/{ID}/subadmins", join),
    ("DELETE", f"cloud/users/{ID}/subadmins", join),
    ("GET", "cloud/groups", groups),
    ("GET", "cloud/groups/details", groups_details),
    ("GET", f"cloud/groups/{ID}/users", group_users),
    ("GET", f"cloud/groups/{ID}/users/details", group_users_details),
    ("GET", f"cloud/groups/{ID}/subadmins", group_subadmins),
    ("GET", f"cloud/groups/{ID}", group_users),
    ("POST", "cloud/groups", add_group),
    ("DELETE", f"cloud/groups/{ID}", remove_group),
]
