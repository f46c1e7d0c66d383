"""The corporation: its id, its secrets, its departments and persons."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from .store import Store

CORP_FILE = "corp.json"
ROOT_DEPARTMENT = 1
_APPS = {"app": "lading", "contacts": "contacts", "wedrive": "wedrive"}  # kind and name


def founded(root: Path) -> dict[str, Any]:
    """
    The ids and secrets of the corporation in *root*, made on the first call.

    Keys: `corpid`, `control` (the secret of the control door), `secrets` by kind of app.
    """
    place = root / CORP_FILE
    if not place.exists():
        corp = {
            "corpid": f"ww{secrets.token_hex(8)}",
            "control": secrets.token_urlsafe(32),
            "secrets": {kind: secrets.token_urlsafe(32) for kind in _APPS},
        }
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(corp, file)
    found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return found


def settle(store: Store, corp: dict[str, Any]) -> None:
    """Write *corp* and the root department into *store*; what is there already stays."""
    with store.transaction():
        store.set_meta("corpid", corp["corpid"])
        for kind, secret in corp["secrets"].items():
            store.run("INSERT OR IGNORE INTO apps VALUES (?, ?, ?, 1, '[]')", secret, kind, _APPS[kind])
        store.run("INSERT OR IGNORE INTO departments VALUES (?, 0, '总公司', '', 0, '[]')", ROOT_DEPARTMENT)


def person(store: Store, body: dict[str, Any]) -> dict[str, Any]:
    """Add or change `userid` with `name` and the numbers `departments`; `gone` removes them."""
    userid = str(body["userid"])
    store.run("DELETE FROM persons WHERE userid = ?", userid.lower())
    if not body.get("gone"):
        homes = [int(it) for it in body.get("departments", [ROOT_DEPARTMENT])]
        store.run(
            "INSERT INTO persons (userid, shown, name, departments) VALUES (?, ?, ?, ?)",
            *(userid.lower(), userid, str(body.get("name", userid)), json.dumps(homes)),
        )
    return {}


def department(store: Store, body: dict[str, Any]) -> dict[str, Any]:
    """Add or change the department `id` with `name`, `parentid`, `order` and `leaders`."""
    store.run(
        "INSERT OR REPLACE INTO departments VALUES (?, ?, ?, ?, ?, ?)",
        *(int(body["id"]), int(body.get("parentid", ROOT_DEPARTMENT)), str(body["name"])),
        *(str(body.get("name_en", "")), int(body.get("order", 0)), json.dumps(body.get("leaders", []))),
    )
    return {}
