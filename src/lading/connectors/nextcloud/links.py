"""
Public links: shares by URL.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lading.connectors.able import refused_link
from lading.connectors.nextcloud.shares import LINK, SHARE, bits_of, link_of
from lading.connectors.nextcloud.sharing import Share, Sharing, everything, is_link, merged
from lading.connectors.profile import Features
from lading.model.access import Link
from lading.model.errors import DriveError, Forbidden, Unable
from lading.model.paths import Path
from lading.model.text import Text


class CloudLinks:
    """Links to what *sharing* is about; which limits can be set stands in *features*."""

    def __init__(self, sharing: Sharing, features: Features, others: Sequence[Sharing] = ()) -> None:
        self._sharing = sharing
        self._others = others
        self._features = features

    def list(self, path: Path) -> tuple[Link, ...]:
        """The links made for this very entry."""
        shares = merged(self._sharing.of(path), self._others, path)
        return tuple(link_of(share, path) for share in shares if is_link(share))

    def all(self) -> Iterator[Link]:
        """Every link."""
        for path, share in everything(self._sharing, self._others):
            if is_link(share):
                yield link_of(share, path)

    def make(self, link: Link, *, password: str | None) -> tuple[Link, str]:
        """Make a link with the limits of *link*; one that comes out wider is ended again."""
        if refusal := refused_link(link, password, self._features):
            raise Unable(link.path, refusal)
        bits = bits_of(link.role, folder=self._sharing.entry(link.path).is_folder)
        form = {"shareType": str(LINK), "permissions": str(bits)}
        if password is not None:
            form["password"] = password
        if link.expires is not None:
            form["expireDate"] = self._sharing.last_day(link.expires, link.path)
        try:
            made = self._sharing.make(link.path, form)
        except Forbidden as refusal_:
            # A policy of the server: passwords too weak, links not for this person.
            raise Unable(link.path, refusal_.details) from refusal_
        self._demand(link, made, bits, password)
        return link_of(made, link.path), str(made["url"])

    def revoke(self, link: Link) -> None:
        """End *link*."""
        self._sharing.end(link.id, link.path)

    def _demand(self, link: Link, made: Share, bits: int, password: str | None) -> None:
        told = link_of(made, link.path)
        wider = int(made["permissions"]) & ~bits & ~SHARE
        narrower = bits & ~int(made["permissions"])
        # An expiry that the server sets by itself makes the link narrower, and is told.
        ends = link.expires is None or told.expires == link.expires
        if ends and not wider and not narrower and told.has_password == (password is not None):
            return
        try:
            self._sharing.end(told.id, link.path)
        except DriveError as problem:
            said = Text(
                f"a link with other limits was made: end it by hand ({told.id})",
                f"生成了限制不符的链接，请手动撤销（{told.id}）",
            )
            raise Unable(link.path, said) from problem
        said = Text(
            "the server makes links with other limits than asked for (its own rights, end or password)",
            "服务器生成的链接限制与请求不符（服务器自行设定了权限、到期时间或密码）",
        )
        raise Unable(link.path, said)
