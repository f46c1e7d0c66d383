"""Spaces and grants, from the command line."""

from __future__ import annotations

import time
from typing import Any

from lading.drive.actor import SYSTEM, Actor
from lading.drive.models import Space
from lading.drive.rights.grants import add_grant
from lading.drive.rights.roles import Role
from lading.drive.tree import spaces
from lading.model.paths import decode
from lading.site.desk import finding

DAY = 24 * 3600 * 10**9


def make(name: str, admins: tuple[str, ...], quota: int | None) -> dict[str, Any]:
    """Make a space managed by the principals *admins*; what it is."""
    ids = [finding.principal(key) for key in admins]
    made = spaces.make_space(SYSTEM, name, admins=ids, quota=quota)
    return _facts(Space.objects.get(id=made))


def all_spaces() -> list[dict[str, Any]]:
    """All spaces, the oldest first; names as they are, whoever may see them."""
    return [_facts(space) for space in Space.objects.filter(deleted=None).order_by("id")]


def freeze(named: str, message: str) -> dict[str, Any]:
    """Make a space read-only; *message* is told to its users."""
    found = finding.space(named)
    spaces.freeze(SYSTEM, found.id, message)
    return _facts(finding.space(found.key))


def thaw(named: str) -> dict[str, Any]:
    """Let a space be changed again."""
    found = finding.space(named)
    spaces.thaw(SYSTEM, found.id)
    return _facts(finding.space(found.key))


def begin_epoch(named: str | None) -> list[dict[str, Any]]:
    """Begin a new epoch of the change feed of a space, None: of all; which spaces these are."""
    found = all_spaces() if named is None else [_facts(finding.space(named))]
    for one in found:
        spaces.begin_epoch(SYSTEM, finding.space(one["key"]).id)
    return found


def grant(named: str, path: str, key: str, role: str, **terms: Any) -> dict[str, Any]:
    """
    Give the principal *key* a *role* on a node, or with `deny` deny it, for `days` or for good.

    It is done in the name of `by`, who must manage the node: the drive itself has no rights to give.
    """
    found = finding.space(named)
    by = terms["by"]
    manager = Actor(finding.principal(by), by)
    expires = None if terms["days"] is None else time.time_ns() + terms["days"] * DAY
    node, receiver = finding.node(found, path), finding.principal(key)
    made = add_grant(manager, node, receiver, Role[role.upper()], deny=terms["deny"], expires=expires)
    return {"grant": str(made.id), "space": found.key, "path": path, "principal": key, "role": role, **terms}


def _facts(space: Space) -> dict[str, Any]:
    return {
        "key": space.key,
        "name": decode(space.name)[0],
        "used": space.used,
        "quota": space.quota,
        "frozen": space.frozen,
    }
