"""
Spaces: made, renamed, limited, frozen, deleted, brought back, purged.

System admins make spaces and look after them, but have no role in them by
that: what they do not see as people, they see by its key only.  A deleted space
keeps everything until it is purged, which a legal hold prevents.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from lading.drive.actor import SYSTEM, Actor, Scope
from lading.drive.errors import Held, Unfit
from lading.drive.feed import epoch_key
from lading.drive.quick import quick, reading
from lading.drive.rights.need import need
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import sight
from lading.drive.rights.walls import check_walls
from lading.drive.tree.find import no_space
from lading.drive.tree.names import check_name, storable
from lading.drive.tree.row import FOLDER
from lading.drive.tree.subtree import remove_space_rows
from lading.drive.versions.holds import held_below
from lading.drive.versions.keep import Rule
from lading.drive.writing import Writing, writing
from lading.model.errors import AlreadyExists, Forbidden, NameRefused
from lading.model.paths import decode
from lading.model.text import Text

_KEY = re.compile(r"s[0-9a-f]{16}")
_MILLION = 1_000_000
_MESSAGE = 4_000
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
        AlreadyExists: another space has the key.
    """
    only_system(actor)
    kept = check_space_name(name)
    check_quota(quota)
    with writing(actor) as work, quick() as cursor:
        _check_admins(cursor, admins)
        _check_key(cursor, key)
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


def rename(actor: Actor, space: int, name: str) -> None:
    """
    Give a space another name.

    Raises:
        NotFound: there is no such space for *actor*.
        Forbidden: it asks for MANAGE on the space or a system admin.
        NameRefused, Frozen: as they say.
    """
    kept = check_space_name(name)
    with _changing(actor, space) as (work, cursor):
        cursor.execute("UPDATE drive_space SET name = %s WHERE id = %s", [kept, space])
        work.rights_changed()
        work.event("space.renamed", space=space)


def set_quota(actor: Actor, space: int, quota: int | None) -> None:
    """
    Limit the bytes of a space (None: no limit); one below what is used stops only what adds to it.

    Raises:
        Forbidden: *actor* is no system admin.
        NotFound, Unfit, Frozen: as they say.
    """
    only_system(actor)
    check_quota(quota)
    with _changing(actor, space) as (work, cursor):
        cursor.execute("UPDATE drive_space SET quota = %s WHERE id = %s", [quota, space])
        work.event("space.limited", space=space, quota=quota)


def set_keep(actor: Actor, space: int, rule: Rule) -> None:
    """
    Say which versions the space keeps.

    Raises:
        NotFound: there is no such space for *actor*.
        Forbidden: it asks for MANAGE on the space or a system admin.
        Unfit: a number is below 1 or above a million.
        Frozen: as it says.
    """
    for what, number in (("count", rule.count), ("days", rule.days)):
        if number is not None and not 1 <= number <= _MILLION:
            raise Unfit(what, Text("expected 1 to 1,000,000", "应为 1 到 1,000,000"))
    with _changing(actor, space) as (work, cursor):
        cursor.execute(
            "UPDATE drive_space SET keep_count = %s, keep_days = %s, keep_thin = %s WHERE id = %s",
            [rule.count, rule.days, rule.thin, space],
        )
        work.event("space.keeps", space=space, count=rule.count, days=rule.days, thin=rule.thin)


# Epochs only grow, also where the clock of the machine was set back.
_EPOCH = (
    "INSERT INTO drive_meta (key, value) VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET value ="
    " CASE WHEN drive_meta.value < excluded.value THEN excluded.value ELSE drive_meta.value + 1 END"
)


def freeze(actor: Actor, space: int, message: str) -> None:
    """
    Make a space read-only for everybody, who are told *message*; again with another message is no error.

    Raises:
        NotFound: there is no such space for *actor*.
        Forbidden: it asks for MANAGE on the space or a system admin.
        Unfit: there is no message, or it is longer than 4,000 characters.
    """
    if not message.strip() or len(message) > _MESSAGE or not storable(message):
        raise Unfit("message", Text("say why, for those who want to save", "请说明原因，以告知用户"))
    with _changing(actor, space, thawed=True) as (work, cursor):
        cursor.execute("UPDATE drive_space SET frozen = %s WHERE id = %s", [message, space])
        work.event("space.frozen", space=space)


def thaw(actor: Actor, space: int) -> None:
    """
    Let a frozen space be changed again; one that is not frozen is no error.

    Raises:
        NotFound: there is no such space for *actor*.
        Forbidden: it asks for MANAGE on the space or a system admin.
    """
    with _changing(actor, space, thawed=True) as (work, cursor):
        cursor.execute("UPDATE drive_space SET frozen = '' WHERE id = %s AND frozen <> ''", [space])
        if cursor.rowcount:
            work.event("space.thawed", space=space)


def begin_epoch(actor: Actor, space: int) -> None:
    """
    Make every cursor of the change feed of *space* expire: clients list it anew and keep what differs.

    Raises:
        NotFound: there is no such space for *actor*.
        Forbidden: it asks for MANAGE on the space or a system admin.
    """
    with _changing(actor, space, thawed=True) as (work, cursor):
        cursor.execute(_EPOCH, [epoch_key(space), work.now])
        work.event("space.epoch_begun", space=space)


def delete_space(actor: Actor, space: int) -> None:
    """
    Hide a space with all it holds, until it is brought back or purged.

    Raises:
        NotFound: there is no such space for *actor*.
        Forbidden: it asks for MANAGE on the space or a system admin.
        Frozen: as it says.
    """
    with _changing(actor, space) as (work, cursor):
        cursor.execute(
            "UPDATE drive_space SET deleted = %s, deleted_by_id = %s WHERE id = %s",
            [work.now, actor.principal, space],
        )
        work.rights_changed()
        work.event("space.deleted", space=space)


def bring_back(actor: Actor, space: int) -> None:
    """
    Show a deleted space again, as it was.

    Raises:
        Forbidden: *actor* is no system admin.
        NotFound: there is no such deleted space.
        Walled: somebody would be on both sides of a wall, who was let in elsewhere meanwhile.
    """
    only_system(actor)
    with writing(actor) as work, quick() as cursor:
        cursor.execute(
            "UPDATE drive_space SET deleted = NULL, deleted_by_id = NULL WHERE id = %s AND deleted IS NOT NULL",
            [space],
        )
        if not cursor.rowcount:
            raise no_space("")
        check_walls(work, spaces=[space])
        work.event("space.returned", space=space)


def purge_space(actor: Actor, space: int) -> None:
    """
    Remove a deleted space for good, with its trash and all versions.

    Raises:
        Forbidden: *actor* is no system admin.
        NotFound: there is no such deleted space.
        Held: a legal hold stands on something in it.
    """
    only_system(actor)
    with writing(actor) as work, quick() as cursor:
        cursor.execute("SELECT key, used FROM drive_space WHERE id = %s AND deleted IS NOT NULL", [space])
        found = cursor.fetchone()
        if found is None:
            raise no_space("")
        if (reason := held_below(cursor, space, "")) is not None:
            raise Held(found[0], reason)
        remove_space_rows(cursor, space)
        work.rights_changed()
        work.event("space.purged", space=space, size=found[1])


class SpaceCard(NamedTuple):
    """
    A space as its admin sees it: *name* is its key if they see nothing of it as a person.

    *deleted* is when it was deleted (ns), None while it is there.
    """

    id: int
    key: str
    name: str
    quota: int | None
    used: int
    frozen: bool
    created: int
    deleted: int | None


def all_spaces(actor: Actor) -> list[SpaceCard]:
    """
    All spaces, the deleted ones too, oldest first.

    Raises:
        Forbidden: *actor* is no system admin.
    """
    only_system(actor)
    visible = set(sight(actor).spaces())
    with reading() as cursor:
        cursor.execute(
            "SELECT id, key, name, quota, used, frozen, created, deleted FROM drive_space ORDER BY created, id"
        )
        rows = cursor.fetchall()
    return [
        SpaceCard(
            number, key, decode(name)[0] if number in visible else key, quota, used, bool(frozen), *times
        )
        for number, key, name, quota, used, frozen, *times in rows
    ]


@contextmanager
def _changing(actor: Actor, space: int, *, thawed: bool = False) -> Iterator[tuple[Writing, Any]]:
    """A transaction on *space* of somebody who may look after it."""
    # Asked before too: whoever does not see the space is not even told that it is frozen.
    _need_manager(actor, space)
    with writing(actor, space, thawed=thawed) as work, quick() as cursor:
        _need_manager(actor, space)
        yield work, cursor


def _need_manager(actor: Actor, space: int) -> None:
    if is_system(actor):
        return
    role = sight(actor).space_role(space)
    if not role:
        raise no_space("")
    need(role, Role.MANAGE)


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


def _check_key(cursor: Any, key: str) -> None:
    cursor.execute("SELECT 1 FROM drive_space WHERE key = %s", [key])
    if cursor.fetchone() is not None:
        raise AlreadyExists(key)


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
    if is_system(actor):
        return
    raise Forbidden("", Text("it asks for a system admin", "需要系统管理员"))


def is_system(actor: Actor) -> bool:
    """Whether *actor* uses the role of a system admin, or is the drive itself."""
    return actor is SYSTEM or (actor.admin == "system" and Scope.ADMIN in actor.scopes)
