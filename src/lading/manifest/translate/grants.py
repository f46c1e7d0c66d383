"""
The grants on one entry, as a new drive can hold them.

All grants of an entry are translated together: where the first rule decides (ranks), and where the new drive
holds one grant to the same on an entry, one depends on the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from lading.manifest.translate.decided import Decided
from lading.manifest.translate.denials import deny, end_inheritance
from lading.manifest.translate.merging import merged
from lading.manifest.translate.ranks import Ranks
from lading.manifest.translate.target import Found, Target, at_most, cap, found, kinds_meant, says_exactly
from lading.model.access import Effect, Grant, Principal, PrincipalKind, Reach, Role


def translate(grants: Sequence[Grant], to: Target, *, folder: bool = True) -> tuple[Decided, ...]:
    """
    What becomes of all *grants* on one entry, in their order; denials beside them come last.

    It knows only this entry: an allowance that a lost denial or break had limited is left out by `carried`.
    """
    ranks = Ranks([grant for grant in grants if not to.ended(grant.expires)], to)
    decided = [_decide(grant, ranks, to, folder) for grant in grants]
    return merged((*decided, *ranks.beside), to)


def _decide(grant: Grant, ranks: Ranks, to: Target, folder: bool) -> Decided:
    if to.ended(grant.expires):
        return _dropped(grant, "denial.ended" if grant.effect is Effect.DENY else "grant.ended")
    if grant.effect in (Effect.BREAK, Effect.RESET):
        return end_inheritance(grant, to)
    if grant.effect is Effect.DENY:
        return deny(grant, to, folder=folder)
    return _allow(grant, ranks, to, folder)


def _allow(grant: Grant, ranks: Ranks, to: Target, folder: bool) -> Decided:
    if Effect.ALLOW not in to.features.effects or not to.features.roles:
        return _dropped(grant, "grant.unable")
    who = found(grant.principal, to)
    if who.new is None:
        return _dropped(grant, f"grant.{who.why}")
    if refusal := _widened(grant.principal, who, to):
        return _dropped(grant, refusal)
    codes: list[str] = []
    role = _role(grant, who.new, ranks, to, codes)
    reach = _reach(grant, to, folder, codes)
    expires = _expires(grant, who, to, codes)
    if role is None or reach is None or expires is _NO_END_HELD:
        return _dropped(grant, *codes)
    new = Grant(grant.path, who.new, frozenset(), Effect.ALLOW, reach, role=role, expires=expires)
    return Decided(grant, new, tuple(codes))


def _dropped(grant: Grant, *codes: str) -> Decided:
    return Decided(grant, None, codes)


def _widened(principal: Principal, who: Found, to: Target) -> str:
    """The code of why a grant to *principal* would reach more people in NEW; empty if it would not."""
    if who.match is not None and who.match.widens:
        return "grant.wider"
    if principal.kind is not PrincipalKind.EVERYBODY or not to.new.everybody_guests:
        return ""
    return "grant.everybody" if to.loose_guests or not to.old.everybody_guests else ""


def _role(grant: Grant, new: Principal, ranks: Ranks, to: Target, codes: list[str]) -> Role | None:
    """The role to give, never above that of *grant*; None, with the reason in *codes*, if there is none."""
    if not says_exactly(Effect.ALLOW, grant.role, grant.rights, to.old):
        codes.append("grant.words")
    if grant.role is Role.NONE:
        codes.append("grant.no_role" if grant.rights else "grant.nothing")
        return None
    role = ranks.ceiling(grant, codes)
    role = _capped(grant.principal, new, role, to, codes)
    given = at_most(role, to.features.roles)
    if given is None:
        needless = grant.role is Role.PASS and not to.new.passage
        codes.append("grant.pass" if needless else "grant.no_role")
    elif given < role:
        codes.append("grant.role")
    if grant.principal.kind is PrincipalKind.EVERYBODY and to.old.everybody_guests > to.new.everybody_guests:
        codes.append("grant.no_guests")
    return given


def _capped(principal: Principal, new: Principal, role: Role, to: Target, codes: list[str]) -> Role:
    """*role* under the caps of both drives: what OLD never let anybody have is not given in NEW."""
    for kind in sorted(kinds_meant(principal, to)):
        theirs, ours = cap(to.old, kind), cap(to.new, kind)
        if theirs < min(role, ours):
            role = theirs
            if kind is not principal.kind:
                codes.append("grant.guests")
        elif ours < min(role, theirs):
            codes.append("grant.cap")
    return min(role, cap(to.new, new.kind))


def _reach(grant: Grant, to: Target, folder: bool, codes: list[str]) -> Reach | None:
    reach, reaches = grant.reach, to.features.reaches
    if not folder and reach in (Reach.BELOW, Reach.LATER):
        codes.append("grant.nothing")
        return None
    if reach in reaches:
        return reach
    if reach is Reach.HERE and not folder and Reach.ALL in reaches:
        return Reach.ALL
    if reach is Reach.ALL and Reach.HERE in reaches:
        codes.extend(["grant.reach"] if folder else [])
        return Reach.HERE
    codes.append("grant.later" if reach is Reach.LATER else "grant.no_reach")
    return None


_NO_END_HELD = -(2**63)
"""Instead of an end: the grant has one, and NEW cannot hold it."""


def _expires(grant: Grant, who: Found, to: Target, codes: list[str]) -> int | None:
    ends, guest = grant.expires, _guest_end(who)
    if guest is not None and (ends is None or guest < ends):
        if to.features.expiry:
            codes.append("grant.guest_end")
            return _held(guest, to, codes)
    elif ends is None:
        return None
    elif to.features.expiry:
        return _held(ends, to, codes)
    elif to.endless:
        codes.append("grant.expiry_by_hand")
        return None
    codes.append("grant.expiry")
    return _NO_END_HELD


def _held(end: int, to: Target, codes: list[str]) -> int:
    """The last moment up to *end* at which NEW can end a grant; what would have ended by now is not given."""
    held = to.features.end_until(end)
    if held == end:
        return end
    codes.append("grant.too_soon" if to.ended(held) else "grant.sooner")
    return _NO_END_HELD if to.ended(held) else held


def _guest_end(who: Found) -> int | None:
    """When the guest ended in OLD, if they live longer in NEW."""
    return who.match.old.until if who.match is not None and who.match.outlives else None
