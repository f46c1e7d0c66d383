"""
Open a link, look below it, download.

Everything is asked anew at each opening: revocation, expiry and the rights of the maker take
effect with the next request.  Downloads are counted in one statement, so no number of
parallel visitors passes the limit.  What a visitor sees are names below the link, never those
above it.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from django.db import connection

from lading.drive.actor import Actor, Scope
from lading.drive.audit import note_read
from lading.drive.errors import Gone
from lading.drive.links.tokens import digest_of, genuine, proof, proves
from lading.drive.models import Link, Principal, Version, WallSide
from lading.drive.people import passwords, throttle
from lading.drive.rights.need import missing, need
from lading.drive.rights.of_links import sight_of_link
from lading.drive.rights.places import place_of
from lading.drive.rights.roles import Role
from lading.drive.rights.sight import Sight
from lading.drive.tree.find import at, by_id, children
from lading.drive.tree.row import FILE, Seen
from lading.drive.writing import writing
from lading.model.errors import Forbidden, LoginFailed, NotFound, WrongKind
from lading.model.paths import Path, encode
from lading.model.text import Text

_COUNT = (
    "UPDATE drive_link SET used = used + 1 WHERE id = %s AND revoked IS NULL AND (expires IS NULL OR expires > %s)"
    ' AND ("limit" IS NULL OR used < "limit") RETURNING used'
)
_SUBJECT = "link"
_READ = frozenset({Scope.READ})


class OpenLink(NamedTuple):
    """
    An open link.

    *node* is what it shows, with the role its bearer has on it and its name as path; *version* the pinned
    number.  *bearer* is who the audit names.  *proof* spares the visitor the password for an hour: give it to
    `open_link` again.  *left* is the number of downloads left (None: no limit).
    """

    key: str
    id: int
    node: Seen
    sight: Sight
    version: int | None
    bearer: Actor
    proof: str
    left: int | None
    base: Path


class Taken(NamedTuple):
    """
    Content that may be sent: a version's *number*, *size* and *digest*, and a *ticket* for ranges of the same.
    """

    number: int
    size: int
    digest: str
    ticket: str


def open_link(
    token: str,
    *,
    password: str = "",
    proved: str = "",
    ticket: str = "",
    actor: Actor | None = None,
    address: str = "",
) -> OpenLink:
    """
    Open the link with *token* for *actor*, who is signed in, or for whoever holds it.

    A *password*, or what an earlier opening gave as proof of it (*proved*), is asked for where the link has one.
    With the *ticket* of a download that was counted, a link that is used up opens for the rest of it.

    Raises:
        NotFound: there is no such link.
        Gone: it is revoked, expired or used up, what it showed is gone, or its maker may not show it any more.
        LoginFailed: `asks` among its facts is `sign-in` or `password`: that is missing or wrong.
        Forbidden: it is for people of the firm.
        Throttled: too many wrong passwords.
    """
    now = time.time_ns()
    link = _link(token)
    _check_over(link, now, spent=bool(ticket) and genuine(ticket, f"ticket.{link.id}"))
    _check_inside(link, actor)
    place = place_of(link.node_id)
    if place is None or (not link.inside and WallSide.objects.filter(space_id=place.space).exists()):
        raise _gone("what it showed is not there any more", "所分享的内容已不存在")
    bearer = _bearer(link, actor, address)
    _check_password(link, password, proved, (bearer, place.space))
    sight = sight_of_link(link, actor if actor and actor.principal else None, now=now)
    try:
        found = _pinned(by_id(sight, link.node_id), link.version)
    except NotFound:
        raise _gone("it shows nothing any more", "已无可显示的内容") from None
    note_read(bearer, "link.opened", space=place.space, node=place.node, path=place.path, link=link.key)
    name = found.path[-1:]
    left = None if link.limit is None else link.limit - link.used
    return OpenLink(
        link.key, link.id, found._replace(path=name), sight, link.version, bearer,
        _password_proof(link), left, found.path[:-1],
    )  # fmt: skip


def listing(link: OpenLink, folder: Seen, *, after: str | None = None, limit: int = 1000) -> list[Seen]:
    """
    What lies in *folder*, which is the node of *link* or lies below it; paths begin with the name of that node.

    Raises:
        WrongKind: it is a file.
    """
    full = folder._replace(path=(*link.base, *folder.path))
    cut = len(link.base)
    return [
        child._replace(path=child.path[cut:])
        for child in children(link.sight, full, after=after, limit=limit)
    ]


def below(link: OpenLink, path: Path) -> Seen:
    """
    The entry at *path* below the node of *link*; the node itself for an empty path.

    Raises:
        NotFound: there is none, or the link does not show it.
    """
    if not path:
        return link.node
    top = link.node.row
    full = (*link.base, *link.node.path, *path)
    try:
        found = at(link.sight, top.space, full)
    except NotFound:
        raise missing(path) from None
    if not found.row.trail.startswith(top.inside):
        raise missing(path)
    return found._replace(path=full[len(link.base) :])


def take(link: OpenLink, file: Seen, *, start: int = 0, ticket: str = "") -> Taken:
    """
    Count a download of *file* and say which content to send.

    A range that begins behind the first byte is part of a download that was counted, if its *ticket*, given
    out not more than an hour ago, says so.

    Raises:
        WrongKind: it is a folder.
        Forbidden: the link shows previews alone.
        Gone: the limit is reached, the link is over, or the pinned version was removed.
    """
    row = file.row
    if row.kind != FILE:
        raise WrongKind(file.path, Text("it is a folder", "它是文件夹"))
    need(file.role, Role.DOWNLOAD, file.path)
    number = row.number
    purpose, facts = f"ticket.{link.id}", (row.id, number)
    counted = start > 0 and bool(ticket) and proves(ticket, purpose, *facts)
    if not counted:
        _count(link)
    path = encode((*link.base, *file.path))
    note_read(link.bearer, "file.read", space=row.space, node=row.id, path=path, number=number, link=link.key)
    # A ticket is not made young again by being used.
    return Taken(number, row.size, row.digest, ticket if counted else proof(purpose, *facts))


def _count(link: OpenLink) -> None:
    with writing(link.bearer) as work, connection.cursor() as cursor:
        cursor.execute(_COUNT, [link.id, work.now])
        if cursor.fetchone() is not None:
            return
    _check_over(Link.objects.get(id=link.id), time.time_ns())
    raise _gone("all its downloads are used up", "下载次数已用完")


def _pinned(found: Seen, number: int | None) -> Seen:
    """*found* with the facts of version *number*, if it is pinned: newer ones are not for its visitors."""
    if number is None:
        return found
    kept = Version.objects.filter(node_id=found.row.id, number=number)
    facts = kept.values("number", "size", "digest", "modified", "saved").first()
    if facts is None:
        raise _gone(f"version {number} was removed", f"版本 {number} 已被移除")
    author = kept.values_list("author_id", flat=True).first()
    return found._replace(row=found.row._replace(**facts, author=author))


def _link(token: str) -> Link:
    digest = digest_of(token)
    link = Link.objects.filter(digest=digest).first() if digest else None
    if link is None:
        raise NotFound(_SUBJECT, Text("there is no such link", "没有此链接"))
    return link


def _check_over(link: Link, now: int, *, spent: bool = False) -> None:
    if link.revoked is not None:
        raise _gone("it was revoked", "已被撤销")
    if link.expires is not None and link.expires <= now:
        raise _gone("it has expired", "已过期")
    if link.limit is not None and link.used >= link.limit and not spent:
        raise _gone("all its downloads are used up", "下载次数已用完")


def _check_inside(link: Link, actor: Actor | None) -> None:
    if not link.inside:
        return
    if actor is None or actor.principal is None:
        raise LoginFailed(_SUBJECT, Text("sign in first", "请先登录"), asks="sign-in")
    if not Principal.objects.filter(id=actor.principal, kind=Principal.Kind.PERSON, active=True).exists():
        raise Forbidden(_SUBJECT, Text("it is for people of the firm", "仅限企业内部人员"))


def _bearer(link: Link, actor: Actor | None, address: str) -> Actor:
    if actor is not None and actor.principal is not None:
        return Actor(actor.principal, actor.name, scopes=_READ, via="link", address=actor.address or address)
    return Actor(None, f"link:{link.key}", scopes=_READ, via="link", address=address)


def _check_password(link: Link, password: str, proved: str, who: tuple[Actor, int]) -> None:
    bearer, space = who
    if not link.password or (proved and proves(proved, "password", link.id, link.password)):
        return
    if not password:
        raise LoginFailed(_SUBJECT, Text("it asks for a password", "需要密码"), asks="password")
    keys = [f"link:{link.key}", *([throttle.of_address(bearer.address)] if bearer.address else [])]
    throttle.tries(*keys)
    right, _ = passwords.matches(password, link.password)
    if not right:
        throttle.failed(*keys)
        with writing(bearer) as work:
            work.event("link.refused", space=space, node=link.node_id, link=link.key)
        raise LoginFailed(_SUBJECT, Text("the password is wrong", "密码错误"), asks="password")
    throttle.succeeded(*keys)


def _password_proof(link: Link) -> str:
    return proof("password", link.id, link.password) if link.password else ""


def _gone(en: str, zh: str) -> Gone:
    return Gone(_SUBJECT, Text(en, zh))
