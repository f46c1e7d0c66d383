"""
Make, list and revoke links.

Who may manage a node may share it.  A space under a wall is not shared outside: the wall
would have a door in it that nobody watches.  Nothing here reads content.
"""

from __future__ import annotations

import secrets
import unicodedata
from typing import Any, NamedTuple

from django.db.models import F

from lading.drive.actor import Actor, Scope
from lading.drive.errors import Unfit, Walled
from lading.drive.links.tokens import digest_of, new_token
from lading.drive.models import Account, Link, Version, WallSide
from lading.drive.people import passwords
from lading.drive.rights.need import missing
from lading.drive.rights.places import Place, managed, place_of
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight, sight
from lading.drive.tree.row import Seen
from lading.drive.writing import Writing, writing
from lading.model.errors import Forbidden, NotFound, WrongKind
from lading.model.text import Text

SHORTEST_PASSWORD, LONGEST_PASSWORD = 6, 500
_MOST = 2**31 - 1
_COLUMNS = (
    "key", "node_id", "role", "inside", "password", "expires", "limit", "used", "version", "by_id",
    "by_key", "created", "revoked",
)  # fmt: skip


class LinkRow(NamedTuple):
    """
    A link as a manager sees it; times in nanoseconds since 1970.

    *protected* tells that it asks for a password; *limit* and *used* count downloads; *version* is the
    pinned number (None: the newest); *by* and *by_key* are its maker.
    """

    key: str
    node: int
    role: Role
    inside: bool
    protected: bool
    expires: int | None
    limit: int | None
    used: int
    version: int | None
    by: int
    by_key: str
    created: int
    revoked: int | None


class Made(NamedTuple):
    """A new link and its *token*, which is shown once and not kept."""

    link: LinkRow
    token: str


class Terms(NamedTuple):
    """What a link allows: see `make_link`."""

    role: Role
    expires: int | None
    limit: int | None
    version: int | None
    inside: bool


def make_link(
    viewer: Sight,
    node: Seen,
    *,
    role: Role = Role.DOWNLOAD,
    password: str = "",
    expires: int | None = None,
    limit: int | None = None,
    version: int | None = None,
    inside: bool = False,
) -> Made:
    """
    Share *node*, a file or a folder with all below it.

    *role* is PREVIEW (no bytes) or DOWNLOAD; *expires* in nanoseconds since 1970; *limit* of downloads;
    *version* pins a file to that number; *inside* opens to signed-in people of the firm alone.

    Raises:
        NotFound: the node or the version is not there.
        Forbidden: it asks for MANAGE and the scope `share`.
        Walled: the space is under a wall and the link would lead outside.
        Unfit, WrongKind, Frozen: as they say.
    """
    terms = Terms(role, expires, limit, version, inside)
    actor = viewer.actor
    place = managed(actor, node.row.id)
    if actor.principal is None:
        raise Forbidden("link", Text("a link needs a person who answers for it", "链接须由具体人员负责"))
    encoded = passwords.hashed(_password(password)) if password else ""
    token = new_token()
    with writing(actor, place.space) as work:
        place = managed(actor, place.node)
        _check(terms, place, work.now)
        made = _insert(work, terms, place, actor.principal, (digest_of(token), encoded))
        work.rights_changed()
    return Made(_rows(key=made)[0], token)


def _insert(work: Writing, terms: Terms, place: Place, by: int, secret: tuple[str, str]) -> str:
    digest, password = secret
    made = Link.objects.create(
        key=secrets.token_hex(8),
        digest=digest,
        node_id=place.node,
        password=password,
        by_id=by,
        created=work.now,
        **terms._asdict(),
    )
    facts = {**terms._asdict(), "role": terms.role.name.lower(), "protected": bool(password)}
    told = {name: value for name, value in facts.items() if value is not None}
    work.event("link.made", space=place.space, node=place.node, path=place.path, link=made.key, **told)
    return made.key


def list_links(viewer: Sight, node: Seen) -> list[LinkRow]:
    """
    The links on *node*, also those that are over, oldest first.

    Raises:
        NotFound: it is not there, or hidden.
        Forbidden: it asks for MANAGE.
    """
    return _rows(node_id=managed(viewer.actor, node.row.id).node)


def my_links(viewer: Sight) -> list[LinkRow]:
    """The links that the viewer made on what they still see, oldest first."""
    return [row for row in _rows(by_id=viewer.actor.principal) if _sees(viewer, row.node)]


def revoke_link(viewer: Sight, key: str) -> None:
    """
    End a link at once; revoking it again changes nothing.

    Its maker may, who manages the node, and a security admin; a freeze is no obstacle.

    Raises:
        NotFound: there is no such link for the viewer.
    """
    actor = viewer.actor
    found = Link.objects.filter(key=key).values_list(
        "node_id", "by_id", "node__space_id", "node__space__deleted"
    )
    row = found.first()
    if row is None or not _may_revoke(actor, row[0], row[1]):
        raise missing(key)
    node, _, space, deleted = row
    with writing(actor, *([] if deleted else [space]), thawed=True) as work:
        if Link.objects.filter(key=key, revoked=None).update(revoked=work.now):
            place = place_of(node)
            work.event("link.revoked", space=space, node=node, path=place.path if place else "", link=key)
            work.rights_changed()


def _may_revoke(actor: Actor, node: int, by: int) -> bool:
    if Scope.SHARE not in actor.scopes:
        return False
    if actor.admin == Account.Admin.SECURITY and Scope.ADMIN in actor.scopes:
        return True
    if actor.principal == by:
        return True
    place = place_of(node)
    return place is not None and sight(actor).share_role(place.trail, node) >= Role.MANAGE


def _sees(viewer: Sight, node: int) -> bool:
    place = place_of(node)
    return place is not None and viewer.role(place.trail, node) >= Role.PASS


def _check(terms: Terms, place: Place, now: int) -> None:
    if terms.role not in (Role.PREVIEW, Role.DOWNLOAD):
        raise Unfit("role", Text("a link gives preview or download", "链接只能授予预览或下载"))
    if terms.expires is not None and not now < terms.expires < 2**63:
        raise Unfit("expires", Text("it lies in the past", "到期时间已过"))
    if terms.limit is not None and not 1 <= terms.limit <= _MOST:
        raise Unfit("limit", Text("at least one download", "至少允许下载一次"))
    if not terms.inside and WallSide.objects.filter(space_id=place.space).exists():
        raise Walled(
            "link",
            Text("a space under a wall is not shared outside", "处于信息隔离墙内的空间不可对外分享"),
        )
    if terms.version is not None:
        _check_version(terms.version, place)


def _check_version(number: int, place: Place) -> None:
    if place.folder:
        raise WrongKind("link", Text("a folder has no versions", "文件夹没有版本"))
    if not 0 < number <= _MOST or not Version.objects.filter(node_id=place.node, number=number).exists():
        raise NotFound("version", Text(f"there is no version {number}", f"没有版本 {number}"))


def _password(text: str) -> str:
    found = unicodedata.normalize("NFC", text)
    bad = "\0" in found or any("\ud800" <= sign <= "\udfff" for sign in found)
    if bad or not SHORTEST_PASSWORD <= len(found) <= LONGEST_PASSWORD:
        raise Unfit(
            "password",
            Text(
                f"it needs {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters that can be typed",
                f"须为 {SHORTEST_PASSWORD} 至 {LONGEST_PASSWORD} 个可输入的字符",
            ),
        )
    return found


def _rows(**wanted: Any) -> list[LinkRow]:
    found = (
        Link.objects.filter(**wanted)
        .annotate(by_key=F("by__key"))
        .order_by("created", "id")
        .values_list(*_COLUMNS)
    )
    return [LinkRow._make((*row[:2], Role(row[2]), row[3], bool(row[4]), *row[5:])) for row in found]
