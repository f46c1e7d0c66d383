"""Whom somebody may share with: /apps/files_sharing/api/v1/sharees."""

from typing import Any

from .limits import CIRCLE, GROUP, MAIL, REMOTE, USER
from .ocs import Call, Route


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


ROUTES: list[Route] = [("GET", "apps/files_sharing/api/v1/sharees", sharees)]
