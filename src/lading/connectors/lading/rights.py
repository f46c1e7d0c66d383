"""
The grants and links of a drive of ours.

Where the drive was opened at a folder within a space, what is handed down to that folder from above
is told as if it stood on it: it counts for all that is seen from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from lading.connectors.able import refused_grant, refused_link
from lading.connectors.lading.people import principal_of
from lading.connectors.lading.wire import Spot, Wire, route, version_number
from lading.connectors.profile import Features
from lading.model.access import ANYBODY, Effect, Grant, Link, Role
from lading.model.errors import NameRefused, NotFound, Unable
from lading.model.paths import ROOT, Path

EVERYBODY = "everybody"
INHERITED = "inherited"
"""The source of a grant that stands above the folder the drive was opened at."""


class LadingGrants:
    """Roles of principals; what can be given stands in *features*."""

    def __init__(self, wire: Wire, features: Features) -> None:
        self._wire = wire
        self._features = features

    def list(self, path: Path) -> tuple[Grant, ...]:
        """The grants set on this very entry; on the root also what is handed down to it."""
        if path == ROOT and not self._wire.place.root:
            return ()
        place = route("nodes", self._wire.node(path), "grants")
        told = self._wire.large(place, {}, path)
        above = path == ROOT
        grants = [_grant(path, one) for one in told["grants"] if above or not one["inherited_from"]]
        return (*grants, _break(path)) if told["breaks"] else tuple(grants)

    def all(self) -> Iterator[Grant]:
        """Every grant."""
        for path, told in self._wire.everything("grants"):
            yield _grant(path, told)
        for path, _ in self._wire.everything("breaks"):
            yield _break(path)
        yield from (grant for grant in self.list(ROOT) if grant.source == INHERITED)

    def set(self, grant: Grant) -> None:
        """Give *grant*, or end what is handed down."""
        if refusal := refused_grant(grant, self._features):
            raise Unable(grant.path, refusal)
        place = self._wire.spot(grant.path)
        with _fitting(grant.path):
            if grant.effect is Effect.BREAK:
                self._wire.call("PUT", _route(place, "break"), {"path": place.path}, grant.path)
            else:
                told = {"path": place.path, **_terms(grant)}
                self._wire.call("PUT", _route(place, "grant"), {}, grant.path, told=told)

    def unset(self, grant: Grant) -> None:
        """Take *grant* away, or let allowances from above pass again."""
        place = self._wire.spot(grant.path)
        with suppress(NotFound):
            if grant.effect is Effect.BREAK:
                self._wire.call("DELETE", _route(place, "break"), {"path": place.path}, grant.path)
            elif grant.effect is not Effect.RESET:
                deny = "true" if grant.effect is Effect.DENY else "false"
                query = {"path": place.path, "principal": _key(grant), "deny": deny}
                self._wire.call("DELETE", _route(place, "grant"), query, grant.path)


class LadingLinks:
    """Shares by URL; which limits can be set stands in *features*."""

    def __init__(self, wire: Wire, features: Features) -> None:
        self._wire = wire
        self._features = features

    def list(self, path: Path) -> tuple[Link, ...]:
        """The links made for this very entry."""
        if path == ROOT and not self._wire.place.root:
            return ()
        told = self._wire.large(route("nodes", self._wire.node(path), "links"), {}, path)
        return tuple(_link(path, one) for one in told["links"] if one["revoked"] is None)

    def all(self) -> Iterator[Link]:
        """Every link."""
        for path, told in self._wire.everything("links"):
            yield _link(path, told)

    def make(self, link: Link, *, password: str | None) -> tuple[Link, str]:
        """Make a link with the limits of *link*."""
        if refusal := refused_link(link, password, self._features):
            raise Unable(link.path, refusal)
        place = self._wire.spot(link.path)
        told = {"path": place.path, **_limits(link), "password": password}
        with _fitting(link.path):
            made = self._wire.ask("POST", _route(place, "links"), {}, link.path, told=told)
        return _link(link.path, made), str(made["url"])

    def revoke(self, link: Link) -> None:
        """End *link*."""
        with suppress(NotFound):
            self._wire.call("DELETE", route("links", link.id), {}, link.path)


@contextmanager
def _fitting(path: Path) -> Iterator[None]:
    """What the drive calls unfit in a grant or link, it cannot hold."""
    try:
        yield
    except NameRefused as refusal:
        raise Unable(path, refusal.details) from refusal


def _route(place: Spot, what: str) -> str:
    return route("spaces", place.space, what)


def _terms(grant: Grant) -> dict[str, Any]:
    return {
        "principal": _key(grant),
        "role": grant.role.name.lower(),
        "deny": grant.effect is Effect.DENY,
        "expires": None if grant.expires is None else str(grant.expires),
    }


def _key(grant: Grant) -> str:
    return grant.principal.id or EVERYBODY


def _limits(link: Link) -> dict[str, Any]:
    return {
        "role": link.role.name.lower(),
        "expires": None if link.expires is None else str(link.expires),
        "limit": link.limit,
        "version": None if link.version is None else version_number(link.version, link.path),
        "inside": link.inside,
    }


def _grant(path: Path, told: dict[str, Any]) -> Grant:
    return Grant(
        path=path,
        principal=principal_of(told["principal"]),
        rights=frozenset({told["role"]}),
        effect=Effect.DENY if told["deny"] else Effect.ALLOW,
        source=INHERITED if told.get("inherited_from") else "",
        role=Role[told["role"].upper()],
        expires=_time(told["expires"]),
    )


def _break(path: Path) -> Grant:
    return Grant(path, ANYBODY, frozenset(), Effect.BREAK)


def _link(path: Path, told: dict[str, Any]) -> Link:
    return Link(
        path=path,
        id=told["key"],
        rights=frozenset({told["role"]}),
        expires=_time(told["expires"]),
        has_password=told["has_password"],
        role=Role[told["role"].upper()],
        limit=told["limit"],
        used=told["used"],
        version=None if told["version"] is None else str(told["version"]),
        inside=told["inside"],
        by=told["by"],
        created=int(told["created"]),
    )


def _time(told: str | None) -> int | None:
    return None if told is None else int(told)
