"""
Find who of OLD is who of NEW.

Pure: two tables of principals and the rules in, one match for each principal of OLD out.  In doubt
nobody is mapped: a wrong namesake gets what is not theirs, a missing one only waits for a line in the
map.  Guests are never mapped to people of the firm, groups never to people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lading.model.access import Principal, PrincipalKind
from lading.model.identity import (
    GROUPS,
    INDIVIDUALS,
    Accept,
    By,
    IdentityMap,
    Key,
    Match,
    Outcome,
    Why,
    key_of,
    same_sort,
)
from lading.stages.planning.rules import Rule, alike

ORDER = (By.RULE, By.MAIL, By.LOGIN, By.NAME)
"""What people are found by, unless somebody says otherwise.  Ids count only where both drives share them."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a line of the map says of one principal of OLD: who they are, or that they are nobody (None)."""

    new: Key | None
    accept: frozenset[Accept] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """The order in which to look, the rules, and what people have decided."""

    order: tuple[By, ...] = ORDER
    rules: tuple[Rule, ...] = ()
    decided: Mapping[Key, Decided] = field(default_factory=dict)


def match_people(old: Iterable[Principal], new: Iterable[Principal], how: How) -> IdentityMap:
    """
    One match for each principal of *old*, whatever the order of the two tables.

    The first step of `how.order` that finds anybody decides.  Every line of `how.decided` must name principals
    that are there.
    """
    ours = sorted((it for it in old if it.kind is not PrincipalKind.EVERYBODY), key=key_of)
    theirs = sorted((it for it in new if it.kind is not PrincipalKind.EVERYBODY), key=key_of)
    looking = _Looking(ours, theirs, how)
    return IdentityMap(_unshared([looking.match(principal) for principal in ours]))


class _Looking:
    """Both tables by all that principals are found by."""

    def __init__(self, old: Sequence[Principal], new: Sequence[Principal], how: How) -> None:
        self._how = how
        self._old = _Index(old)
        self._new = _Index(new)
        self._by_key = {key_of(principal): principal for principal in new}

    def match(self, old: Principal) -> Match:
        decided = self._how.decided.get(key_of(old))
        if decided is not None and decided.new is None:
            return Match(old, Outcome.UNMAPPED, by=By.MAP)
        if decided is not None and decided.new is not None:
            outcome = Outcome.MAPPED if old.active else Outcome.LEFT
            return Match(old, outcome, self._by_key[decided.new], By.MAP, accept=decided.accept)
        match = self._searched(old)
        return match if old.active else Match(old, Outcome.LEFT, match.new, match.by)

    def _searched(self, old: Principal) -> Match:
        for by in self._how.order:
            if found := self._candidates(old, by):
                return self._decide(old, by, found)
        return Match(old, Outcome.OUTSIDE if old.kind is PrincipalKind.GUEST else Outcome.MISSING)

    def _candidates(self, old: Principal, by: By) -> list[Principal]:
        if old.kind is PrincipalKind.GUEST and by in (By.RULE, By.NAME):
            # Neither a rule about a domain nor a name must make somebody else of an outsider.
            return []
        if by is not By.RULE:
            return _same_kind(old, self._new.find(old, by.value, _said(old, by.value)))
        for rule in self._how.rules:
            wanted = rule.leads(old) or ""
            if found := _same_kind(old, self._new.find(old, rule.target, wanted)):
                return found
        return []

    def _decide(self, old: Principal, by: By, found: list[Principal]) -> Match:
        namesakes = [] if by is By.RULE else self._old.find(old, by.value, _said(old, by.value))
        if by is By.NAME and (len(found) > 1 or len(namesakes) > 1) and old.kind in GROUPS:
            found, namesakes = self._by_chain(old, found, namesakes)
        if len(found) > 1:
            return Match(old, Outcome.AMBIGUOUS, by=by, why=Why.SEVERAL_NEW, candidates=tuple(found))
        why = Why.SEVERAL_OLD if len(namesakes) > 1 else _contradiction(old, found[0], by)
        if why is None and by is By.MAIL and (others := self._by_login(old, found[0])):
            why, found = Why.LOGIN_DIFFERS, [*found, *others]
        if why is not None:
            return Match(old, Outcome.AMBIGUOUS, by=by, why=why, candidates=tuple(found))
        return Match(old, Outcome.MAPPED, found[0], by)

    def _by_login(self, old: Principal, new: Principal) -> list[Principal]:
        """Others than *new*, who has the mail of *old*, that have its login and its name: namesakes may have been mixed up."""
        if old.kind in GROUPS or _said(new, "login") in ("", _said(old, "login")):
            return []
        found = self._new.find(old, "login", _said(old, "login"))
        return [it for it in found if _said(it, "name") == _said(old, "name")]

    def _by_chain(
        self, old: Principal, found: list[Principal], namesakes: list[Principal]
    ) -> tuple[list[Principal], list[Principal]]:
        """Tell departments of one name apart by the departments above them."""
        chain = self._old.chain(old)
        closer = [it for it in found if self._new.chain(it) == chain]
        rivals = [it for it in namesakes if self._old.chain(it) == chain]
        return (closer, rivals) if closer else (found, namesakes)


class _Index:
    """Principals by what is said of them; what is empty is not said."""

    def __init__(self, principals: Iterable[Principal]) -> None:
        self._found: dict[tuple[str, str, str], list[Principal]] = defaultdict(list)
        self._departments = {}
        for principal in principals:
            if principal.kind is PrincipalKind.DEPARTMENT:
                self._departments[principal.id] = principal
            for name in ("id", "mail", "login", "name"):
                if value := _said(principal, name):
                    self._found[_sort(principal), name, value].append(principal)

    def find(self, like: Principal, name: str, value: str) -> list[Principal]:
        """All of the sort of *like* whose field *name* is *value*."""
        return self._found.get((_sort(like), name, value), []) if value else []

    def chain(self, principal: Principal) -> tuple[str, ...]:
        """The names from *principal* up to the top."""
        names, seen, above = [alike(principal.name)], {principal.id}, principal.parent
        while above is not None and above in self._departments and above not in seen:
            seen.add(above)
            names.append(alike(self._departments[above].name))
            above = self._departments[above].parent
        return tuple(names)


def _sort(principal: Principal) -> str:
    return "group" if principal.kind in GROUPS else principal.kind.value


def _said(principal: Principal, name: str) -> str:
    """What is said in the field *name*, to be compared; a name that only repeats a login or an id is none."""
    if name == "id":
        return alike(principal.id)
    value = alike(str(getattr(principal, name)))
    bare = name == "name" and principal.kind in INDIVIDUALS
    return "" if bare and value in (alike(principal.login), alike(principal.id)) else value


def _same_kind(old: Principal, found: list[Principal]) -> list[Principal]:
    """Of a group and a department that both fit, the one of the same kind."""
    return [it for it in found if it.kind is old.kind] or [it for it in found if same_sort(old.kind, it.kind)]


def _contradiction(old: Principal, new: Principal, by: By) -> Why | None:
    """What speaks against *new*, whom *by* found alone."""
    if old.active and not new.active:
        return Why.INACTIVE
    if old.kind in GROUPS or by in (By.MAIL, By.RULE):
        return None
    mails = _both(old, new, "mail")
    if mails and mails[0] == mails[1]:
        return None
    if old.kind is PrincipalKind.GUEST or by is By.NAME:
        logins = _both(old, new, "login")
        return Why.MAIL_DIFFERS if mails else Why.LOGIN_DIFFERS if logins and logins[0] != logins[1] else None
    if mails and mails[0].partition("@")[0] != mails[1].partition("@")[0]:
        return Why.MAIL_DIFFERS
    names = _both(old, new, "name")
    return Why.NAME_DIFFERS if names and names[0] != names[1] else None


def _both(old: Principal, new: Principal, name: str) -> tuple[str, str] | None:
    """What both say in the field *name*; None if one says nothing."""
    values = _said(old, name), _said(new, name)
    return values if all(values) else None


def _unshared(matches: list[Match]) -> list[Match]:
    """*matches*, with nobody of NEW given to two of OLD unless people said so on each of their lines."""
    takers: dict[Key, list[Match]] = defaultdict(list)
    for match in matches:
        if match.new is not None:
            takers[key_of(match.new)].append(match)
    return [_kept(match, takers[key_of(match.new)]) if match.new is not None else match for match in matches]


def _kept(match: Match, takers: list[Match]) -> Match:
    rivals = [it for it in takers if it is not match]
    # What people wrote stands against what was only found.
    if match.by is By.MAP:
        rivals = [it for it in rivals if it.by is By.MAP and Accept.SHARED not in it.accept & match.accept]
    if not rivals or match.new is None:
        return match
    if match.outcome is Outcome.LEFT:
        return replace(match, new=None)
    return replace(
        match,
        outcome=Outcome.AMBIGUOUS,
        new=None,
        why=Why.SHARED,
        candidates=(match.new,),
        accept=frozenset(),
    )
