"""
The door only tests use: fill the cloud, and switch what an administrator switches by hand.

POST /control with the header X-Control of the secret given at start, and a JSON object:

    users        [{"id", "password", "name", "email", "quota", "groups": [], "subadmin": [], "tokens": [], "enabled"}]
    groups       [{"id", "name"}]
    circles      [{"id", "name", "owner", "members": [], "inner": [[KIND, ID]]}]   # kinds group, mail, circle
    rooms        [{"token", "name", "members": []}]
    teamfolders  [{"mount", "groups": {GROUP: BITS}, "circles": {CIRCLE: BITS}, "quota", "acl",
                   "acl_default_no_permission", "managers": [[KIND, ID]]}]
    external     [{"mount", "users": [], "bits"}]   # users empty: everybody
    encrypted    [{"user", "path"}]                 # makes the folder
    locked       [{"user", "path"}]                 # writing there answers 423; "locked": [] frees all
    maintenance  true or false
    options      fields of `Options`
    calls        true: tell how often each door was asked since the last time, and begin anew
    forget       true: drop sessions and wrong logins
    thin         true: run the expiry of versions

The answer holds the ids of the team folders made, and how many versions went.
"""

import json
from dataclasses import replace
from typing import Any

from . import history
from .cloud import Cloud
from .door import Door
from .http import Reply, Request
from .people import UNLIMITED
from .rights import ALL


def handle(cloud: Cloud, door: Door, request: Request) -> Reply:
    """Do what the object asks for, in the order of the list above."""
    told: dict[str, Any] = json.loads(request.content())
    answer = seed(cloud, told)
    if told.get("calls"):
        answer["calls"] = dict(cloud.calls)
        cloud.calls.clear()
    if told.get("forget") or "users" in told:
        door.forget()
    return Reply(200, json.dumps(answer).encode(), [("Content-Type", "application/json")])


def seed(cloud: Cloud, told: dict[str, Any]) -> dict[str, Any]:
    for user in told.get("users", ()):
        _user(cloud, user)
    for group in told.get("groups", ()):
        cloud.people.add_team(group["id"], group.get("name", ""))
    for circle in told.get("circles", ()):
        _circle(cloud, circle)
    for room in told.get("rooms", ()):
        _room(cloud, room)
    made = [_team_folder(cloud, it) for it in told.get("teamfolders", ())]
    for external in told.get("external", ()):
        _external(cloud, external)
    for folder in told.get("encrypted", ()):
        _encrypted(cloud, folder["user"], folder["path"])
    if "locked" in told:
        _lock(cloud, told["locked"])
    if "maintenance" in told:
        value = "on" if told["maintenance"] else "off"
        cloud.store.run("INSERT OR REPLACE INTO meta VALUES('maintenance', ?)", value)
    if "options" in told:
        cloud.options = replace(cloud.options, **told["options"])
        cloud.people.slow = cloud.options.slow_passwords
    return {"teamfolders": made, "thinned": history.thin(cloud) if told.get("thin") else 0}


def _user(cloud: Cloud, it: dict[str, Any]) -> None:
    user = it["id"]
    cloud.people.add(
        user,
        it["password"],
        name=it.get("name", ""),
        email=it.get("email", ""),
        quota=it.get("quota", UNLIMITED),
    )
    cloud.store.run("UPDATE user SET enabled=? WHERE id=?", int(it.get("enabled", True)), user)
    for kind, given in (("group", it.get("groups", ())), ("subadmin", it.get("subadmin", ()))):
        for group in given:
            cloud.store.run("INSERT OR IGNORE INTO team VALUES(?, ?)", group, group)
            cloud.people.join(user, kind, group)
    for token in it.get("tokens", ()):
        cloud.people.issue(user, "seeded", token)


def _circle(cloud: Cloud, it: dict[str, Any]) -> None:
    owner = it.get("owner", "")
    cloud.store.run(
        "INSERT OR REPLACE INTO circle VALUES(?, ?, ?)", it["id"], it.get("name", it["id"]), owner
    )
    for user in {*it.get("members", ()), *([owner] if owner else ())}:
        cloud.people.join(user, "circle", it["id"])
    for kind, name in it.get("inner", ()):
        cloud.store.run("INSERT OR REPLACE INTO inner_member VALUES(?, ?, ?)", it["id"], kind, name)


def _room(cloud: Cloud, it: dict[str, Any]) -> None:
    cloud.store.run("INSERT OR REPLACE INTO room VALUES(?, ?)", it["token"], it.get("name", it["token"]))
    for user in it.get("members", ()):
        cloud.people.join(user, "room", it["token"])


def _team_folder(cloud: Cloud, it: dict[str, Any]) -> int:
    folder = make_team_folder(cloud, it["mount"])
    cloud.store.run(
        "UPDATE teamfolder SET quota=?, acl=?, closed=? WHERE id=?",
        it.get("quota", UNLIMITED),
        int(it.get("acl", False)),
        int(it.get("acl_default_no_permission", False)),
        folder,
    )
    for kind, given in (("group", it.get("groups", {})), ("circle", it.get("circles", {}))):
        for name, bits in given.items():
            cloud.store.run("INSERT INTO teamgroup VALUES(?, ?, ?, ?)", folder, kind, name, bits)
    for kind, name in it.get("managers", ()):
        cloud.store.run("INSERT INTO manager VALUES(?, ?, ?)", folder, kind, name)
    return folder


def make_team_folder(cloud: Cloud, mount: str) -> int:
    """An empty team folder that nobody sees yet."""
    folder = cloud.store.run(
        "INSERT INTO teamfolder(mount, quota, acl, node) VALUES(?, ?, 0, 0)", mount.strip("/"), UNLIMITED
    )
    root = cloud.tree.root("group", str(folder))
    cloud.store.run("UPDATE teamfolder SET node=? WHERE id=?", root["id"], folder)
    return folder


def _external(cloud: Cloud, it: dict[str, Any]) -> None:
    root = cloud.tree.root("external", it["mount"].strip("/"))
    users = "\n".join(it.get("users", ()))
    cloud.store.run(
        "INSERT OR REPLACE INTO external VALUES(?, ?, ?, ?)",
        root["id"],
        it["mount"].strip("/"),
        users,
        it.get("bits", ALL),
    )


def _encrypted(cloud: Cloud, user: str, path: str) -> None:
    at = cloud.tree.root("home", user)
    for name in path.strip("/").split("/"):
        at = cloud.tree.child(at["id"], name) or cloud.tree.make_folder(at, name)
    cloud.store.run("UPDATE node SET encrypted=1 WHERE id=?", at["id"])


def _lock(cloud: Cloud, places: list[dict[str, str]]) -> None:
    """Let these files, and no others, be held by somebody's long write."""
    cloud.store.run("DELETE FROM locked")
    for it in places:
        place = cloud.view(it["user"]).find(it["path"].strip("/"))
        if place is not None:
            cloud.store.run("INSERT INTO locked VALUES(?)", place.node["id"])
