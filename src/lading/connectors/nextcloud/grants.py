"""
Who may do what: shares to people and groups, the account itself, and the rules of team folders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lading.connectors.able import refused_grant
from lading.connectors.nextcloud.denials import TeamDenials
from lading.connectors.nextcloud.shares import (
    GROUP,
    GROUP_MARK,
    OWNER,
    USER,
    bits_of,
    expiry,
    grant_of,
    receiver_of,
)
from lading.connectors.nextcloud.sharing import Share, Sharing, everything, found_by, is_link, merged
from lading.connectors.nextcloud.teams import Teams
from lading.connectors.profile import Features
from lading.model.access import Effect, Grant, Principal, PrincipalKind, Role
from lading.model.errors import DriveError, NotFound, Unable
from lading.model.paths import ROOT, Path
from lading.model.text import Text

INHERITED = "inherited"
"""The source of a grant that stands above the folder the drive was opened at."""
_OTHERWISE = Text(
    "the server gives other rights or another end than asked for", "服务器给出的权限或到期时间与请求不符"
)
_KINDS = {PrincipalKind.PERSON: USER, PrincipalKind.GROUP: GROUP}


class CloudGrants:
    """
    Grants on what *sharing* is about; *owner* is whose files these are.

    *others* are further accounts that see the same files (members of a team folder): each is told only
    of the shares that it made.
    """

    def __init__(
        self,
        sharing: Sharing,
        teams: Teams,
        denials: TeamDenials,
        owner: Principal,
        features: Features,
        others: Sequence[Sharing] = (),
    ) -> None:
        self._sharing = sharing
        self._others = others
        self._teams = teams
        self._denials = denials
        self._owner = owner
        self._features = features

    def list(self, path: Path) -> tuple[Grant, ...]:
        """The grants on this very entry; on the root also whose it is, and what is handed down to it."""
        shares = merged(self._sharing.of(path), self._others, path)
        given = [grant_of(share, path) for share in shares if not is_link(share)]
        return (*self._of_root(path), *given, *self._teams.grants(path))

    def all(self) -> Iterator[Grant]:
        """Every grant; team folders with rules of their own are walked through, one call for each folder."""
        yield from self._of_root(ROOT)
        for path, share in everything(self._sharing, self._others):
            if not is_link(share):
                yield grant_of(share, path)
        yield from self._teams.all()

    def set(self, grant: Grant) -> None:
        """Share the entry of *grant*, or change the share that is there; a denial is a rule of a team folder."""
        if grant.effect is Effect.DENY:
            self._denials.set(grant)
            return
        if refusal := refused_grant(grant, self._features):
            raise Unable(grant.path, refusal)
        folder = self._sharing.entry(grant.path).is_folder
        bits = bits_of(grant.role, folder=folder)
        kind, id_ = _KINDS[grant.principal.kind], grant.principal.id.removeprefix(GROUP_MARK)
        if grant.path == ROOT and grant.principal.id == self._owner.id:
            raise Unable(grant.path, Text("it is theirs already", "该内容本就属于此人"))
        terms = {"permissions": str(bits)}
        if grant.expires is not None:
            terms["expireDate"] = self._sharing.last_day(grant.expires, grant.path)
        found = self._share(grant)
        if found is not None:
            self._changed(grant, found, terms)
            return
        made = self._sharing.make(grant.path, {"shareType": str(kind), "shareWith": id_, **terms})
        if not _as_asked(made, grant, terms):
            # Some versions add the right to share to what was asked for.
            self._mended(grant, made, terms)

    def unset(self, grant: Grant) -> None:
        """End the share to whom *grant* names; what is not there is no error."""
        if grant.effect is Effect.DENY:
            self._denials.unset(grant)
        if grant.effect is not Effect.ALLOW:
            return
        try:
            found = self._share(grant)
        except NotFound:
            return
        if found is not None:
            self._sharing.end(str(found["id"]), grant.path)

    def _changed(self, grant: Grant, share: Share, terms: Mapping[str, str]) -> None:
        """Give the share that is there other *terms*; where the server gives others than these it stays as it was."""
        before = {"permissions": str(share["permissions"])}
        if share.get("expiration") and not self._sharing.forces_ends:
            # An empty day ends no more; where nothing is said the day that is there stays.
            terms = {"expireDate": "", **terms}
        if "expireDate" in terms:
            before["expireDate"] = str(share.get("expiration") or "")[:10]
        changed = self._sharing.change(str(share["id"]), terms, grant.path)
        if not _as_asked(changed, grant, terms):
            self._sharing.change(str(share["id"]), before, grant.path)
            raise Unable(grant.path, _OTHERWISE)

    def _mended(self, grant: Grant, made: Share, terms: Mapping[str, str]) -> None:
        """Set the terms of a new share that came out with others, or take it back."""
        try:
            self._changed(grant, made, terms)
        except DriveError as problem:
            self._sharing.end(str(made["id"]), grant.path)
            raise Unable(grant.path, _OTHERWISE) from problem

    def _share(self, grant: Grant) -> Share | None:
        shares = [share for share in self._sharing.of(grant.path) if not is_link(share)]
        return found_by(shares, lambda share: receiver_of(share).id == grant.principal.id)

    def _of_root(self, path: Path) -> Iterator[Grant]:
        if path != ROOT:
            return
        if not self._teams.holds_root:
            yield Grant(ROOT, self._owner, frozenset({OWNER}), source=OWNER, role=Role.MANAGE)
        for share in self._sharing.above():
            if not is_link(share):
                yield grant_of(share, ROOT, source=INHERITED)


def _as_asked(share: Share, grant: Grant, terms: Mapping[str, str]) -> bool:
    """Whether *share* came out with *terms*; an end that the server sets by itself makes it narrower, and is told."""
    if str(share["permissions"]) != terms["permissions"]:
        return False
    return grant.expires is None or expiry(share.get("expiration")) == grant.expires
