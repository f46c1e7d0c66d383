"""
A link, as a new drive can make it.

A limit that NEW cannot hold means no link.  What is left of counted downloads is the new limit.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import NamedTuple

from lading.manifest.translate.target import Target, at_most, says_exactly
from lading.model.access import Effect, Link
from lading.model.identity import Outcome

_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Nothing that looks like something else: people type them."""
_PASSWORD = 16


class CarriedLink(NamedTuple):
    """
    What to make for a link of OLD, or None; *losses* are codes.

    *new* has the maker's id of NEW, the id and time of nothing, and still the version of OLD that it is pinned to.
    """

    new: Link | None
    losses: tuple[str, ...]


def carry_link(link: Link, to: Target) -> CarriedLink:
    """What becomes of *link*."""
    if to.ended(link.expires):
        return CarriedLink(None, ("link.ended",))
    if link.limit is not None and link.used >= link.limit:
        return CarriedLink(None, ("link.spent",))
    if not to.features.link_roles:
        return CarriedLink(None, ("link.unable",))
    by, lost = _maker(link, to)
    if refusals := (*_unheld(link, to), *lost):
        return CarriedLink(None, refusals)
    codes = [] if says_exactly(Effect.ALLOW, link.role, link.rights, to.old) else ["link.words"]
    role = at_most(link.role, to.features.link_roles)
    if role is None:
        return CarriedLink(None, (*codes, "link.no_role"))
    codes += ["link.role"] if role < link.role else []
    codes += ["link.password"] if link.has_password else []
    codes += ["link.rest"] if link.limit is not None and link.used else []
    ends = None if link.expires is None else to.features.end_until(link.expires)
    if to.ended(ends):
        return CarriedLink(None, (*codes, "link.too_soon"))
    codes += ["link.sooner"] if ends != link.expires else []
    rest = None if link.limit is None else link.limit - link.used
    new = replace(
        link, id="", rights=frozenset(), role=role, expires=ends, limit=rest, used=0, by=by, created=None
    )
    return CarriedLink(new, ("link.new", *codes))


def new_password() -> str:
    """A password for a link whose own nobody knows; whoever hands out its URL hands it out, too."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_PASSWORD))


def _unheld(link: Link, to: Target) -> tuple[str, ...]:
    """Codes of all limits of *link* that NEW cannot hold."""
    held = to.features.links
    pinned = link.version is not None and not ("version" in held and to.features.versions)
    return tuple(
        code
        for code, missing in (
            ("link.no_password", link.has_password and "password" not in held),
            ("link.no_expiry", link.expires is not None and "expires" not in held),
            ("link.no_limit", link.limit is not None and "limit" not in held),
            ("link.no_version", pinned),
            ("link.not_inside", link.inside and "inside" not in held),
        )
        if missing
    )


def _maker(link: Link, to: Target) -> tuple[str, tuple[str, ...]]:
    """Who of NEW made *link*; somebody has to be given its URL, and answer for it."""
    if not link.by:
        return "", ()
    match = to.people.individual(link.by)
    if match is None or match.new is None or match.outcome is not Outcome.MAPPED:
        return "", ("link.maker",)
    return match.new.id, ()
