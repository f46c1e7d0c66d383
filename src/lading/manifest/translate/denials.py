"""
Denials and ends of inheritance, as a new drive can hold them.

A denial may only come out stricter.  One that does not hold in NEW as it did makes the allowances it
limited unsafe; `lading.manifest.translate.carried` leaves those out.
"""

from __future__ import annotations

from lading.manifest.translate.decided import Decided
from lading.manifest.translate.target import Found, Target, at_most, found, says_exactly
from lading.model.access import ANYBODY, Effect, Grant, Principal, PrincipalKind, Reach, Role

_LAST = 2**63 - 1
"""The latest moment of which manifests tell."""


def deny(grant: Grant, to: Target, *, folder: bool = True) -> Decided:
    """What becomes of one denial; what cannot be denied exactly is denied with more."""
    if Effect.DENY not in to.features.effects or not to.features.roles:
        return _lost(grant, "denial.unable")
    who = found(grant.principal, to)
    if who.new is None:
        return _lost(grant, "denial.kind" if who.why == "kind" else "denial.nobody")
    codes: list[str] = []
    if not says_exactly(Effect.DENY, grant.role, grant.rights, to.old):
        codes.append("denial.words")
    # Where folders need no passage, who may not even preview has nothing.
    lowest = Role.PASS if to.new.passage else Role.PREVIEW
    wanted = max(grant.role, lowest)
    role = at_most(wanted, to.features.roles)
    reach = _denied_reach(grant, to, folder, codes)
    if role is None or reach is None:
        return _lost(grant, "denial.no_role" if role is None else "denial.no_reach")
    if role < wanted:
        codes.append("denial.role")
    expires = _denied_until(grant.expires, to, codes)
    holds = _spares_nobody(grant.principal, who, to, codes)
    new = Grant(grant.path, who.new, frozenset(), Effect.DENY, reach, role=role, expires=expires)
    return Decided(grant, new, tuple(codes), holds)


def _denied_until(end: int | None, to: Target, codes: list[str]) -> int | None:
    """When the denial ends in NEW: never before *end*."""
    if end is None:
        return None
    if not to.features.expiry:
        codes.append("denial.endless")
        return None
    held = to.features.end_from(end)
    codes.extend(["denial.longer"] if held != end else [])
    return held if held <= _LAST else None


def _lost(grant: Grant, code: str) -> Decided:
    return Decided(grant, None, (code,), holds=False)


def _denied_reach(grant: Grant, to: Target, folder: bool, codes: list[str]) -> Reach | None:
    if grant.reach in to.features.reaches:
        return grant.reach
    if Reach.ALL not in to.features.reaches:
        return Reach.HERE if not folder and Reach.HERE in to.features.reaches else None
    codes.extend(["denial.reach"] if folder or grant.reach is not Reach.HERE else [])
    return Reach.ALL


def _spares_nobody(principal: Principal, who: Found, to: Target, codes: list[str]) -> bool:
    if who.match is not None and who.match.spares:
        codes.append("denial.fewer")
        return False
    everybody = principal.kind is PrincipalKind.EVERYBODY
    if everybody and to.old.everybody_guests and not to.new.everybody_guests:
        codes.append("denial.everybody")
        return False
    return True


def end_inheritance(grant: Grant, to: Target) -> Decided:
    """What becomes of a break or a reset."""
    effect = grant.effect
    codes: tuple[str, ...] = ()
    if effect is Effect.RESET and effect not in to.features.effects:
        effect, codes = Effect.BREAK, ("break.denials",)
    # A reset in the place of a break would end denials, too.
    if effect not in to.features.effects or Reach.ALL not in to.features.reaches:
        return _lost(grant, "break.unable")
    return Decided(grant, Grant(grant.path, ANYBODY, frozenset(), effect), codes)
