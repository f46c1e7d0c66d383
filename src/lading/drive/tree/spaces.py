"""
Spaces: made, renamed, limited, frozen, deleted, brought back, purged.

System admins make spaces and look after them, but have no role in them by
that: what they do not see as people, they see by its key only.  A deleted space
keeps everything until it is purged, which a legal hold prevents.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any

from django.db import connection

from lading.drive.actor import SYSTEM, Actor, Scope
from lading.drive.errors import Unfit
from lading.drive.rights.roles import Role
from lading.drive.tree.names import check_name
from lading.drive.tree.row import FOLDER
from lading.drive.writing import Writing, writing
from lading.model.errors import Forbidden, NameRefused
from lading.model.text import Text

_KEY = re.compile(r"s[0-9a-f]{16}")
_SPACE = (
    "INSERT INTO drive_space (key, name, quota, used, clock, frozen, keep_thin, created)"
    " VALUES (%s, %s, %s, 0, 0, '', %s, %s) RETURNING id"
)
_NODE = (
    "INSERT INTO drive_node (space_id, name, kind, trail, breaks, number, size, digest, modified, saved,"
    " created) VALUES (%s, '', %s, '', %s, 0, 0, '', %s, %s, %s) RETURNING id"
)
_GRANT = (
    "INSERT INTO drive_grant (node_id, principal_id, role, deny, by_id, created)"
    " VALUES (%s, %s, %s, %s, %s, %s)"
)


def make_space(
    actor: Actor, name: str, *, admins: Sequence[int], quota: int | None = None, key: str = ""
) -> int:
    """
    Make a space managed by *admins* (ids of principals, at least one); the id of the space.

    *quota* is in bytes; *key* is its name for programs, made at random if none is given.

    Raises:
        Forbidden: *actor* is no system admin.
        NameRefused: the name is none, or looks like a key.
        Unfit: no admin is named, one does not exist, or the quota is negative.
    """
    only_system(actor)
    kept = check_space_name(name)
    check_quota(quota)
    with writing(actor) as work, connection.cursor() as cursor:
        _check_admins(cursor, admins)
        now = work.now
        cursor.execute(_SPACE, [key or f"s{secrets.token_hex(8)}", kept, quota, False, now])
        (space,) = cursor.fetchone()
        root, bin_ = (_top(cursor, space, now) for _ in range(2))
        cursor.execute("UPDATE drive_space SET root_id = %s, bin_id = %s WHERE id = %s", [root, bin_, space])
        _grant(cursor, work, root, admins)
        work.event("space.made", space=space, node=root, quota=quota)
        for one in admins:
            work.event("grant.added", space=space, node=root, to=one, role=Role.MANAGE.name.lower())
        work.rights_changed()
    return int(space)


def _top(cursor: Any, space: int, now: int) -> int:
    cursor.execute(_NODE, [space, FOLDER, False, now, now, now])
    return int(cursor.fetchone()[0])


def _grant(cursor: Any, work: Writing, root: int, admins: Sequence[int]) -> None:
    by = work.actor.principal
    rows = [[root, one, int(Role.MANAGE), False, by, work.now] for one in dict.fromkeys(admins)]
    cursor.executemany(_GRANT, rows)


def _check_admins(cursor: Any, admins: Sequence[int]) -> None:
    wanted = list(dict.fromkeys(admins))
    places = ",".join(["%s"] * len(wanted))
    if wanted:
        cursor.execute(f"SELECT count(*) FROM drive_principal WHERE active AND id IN ({places})", wanted)
    if not wanted or cursor.fetchone()[0] != len(wanted):
        raise Unfit("admins", Text("name people or groups that exist", "请指定存在的人员或群组"))


def check_space_name(name: str) -> str:
    """
    The form of the name of a space that stands in the tables.

    Raises:
        NameRefused: it is no name, or looks like the key of a space.
    """
    kept = check_name(name)
    if _KEY.fullmatch(name):
        raise NameRefused(name, Text("it looks like the key of a space", "与空间标识的形式相同"))
    return kept


def check_quota(quota: int | None) -> None:
    """
    Refuse a quota that is negative or beyond 8 EiB.

    Raises:
        Unfit: it is.
    """
    if quota is not None and not 0 <= quota < 2**63:
        raise Unfit("quota", Text("expected bytes, 0 or more", "应为不小于 0 的字节数"))


def only_system(actor: Actor) -> None:
    """
    Go on only for a system admin and the drive itself.

    Raises:
        Forbidden: it is somebody else, or their token lacks the scope `admin`.
    """
    if actor is SYSTEM or (actor.admin == "system" and Scope.ADMIN in actor.scopes):
        return
    raise Forbidden("", Text("it asks for a system admin", "需要系统管理员"))
