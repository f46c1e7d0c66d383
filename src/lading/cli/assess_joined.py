"""
Facts of an assessment that need both drives, or the drive and the plan together.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from lading.manifest.access.comparing import Compared, Wish, compare_access
from lading.manifest.access.opened import resolved, tables_of
from lading.manifest.access.tables import key_of as access_key
from lading.model.access import PrincipalKind
from lading.model.fidelity import Account, Contract, Line
from lading.model.identity import IdentityMap, Key, key_of
from lading.model.losses import CODES, FEATURES, UNKNOWN, Feature, Outcome
from lading.model.paths import decode, shown, shown_name
from lading.model.text import Text
from lading.stages.planning.contract import Side, make_contract
from lading.stages.readiness.factfile import Gathered
from lading.stages.readiness.facts.budgets import CallFacts, MessageFacts
from lading.stages.readiness.facts.fidelity import FidelityFacts, Gap, LossCount
from lading.stages.readiness.facts.network import NetworkProbe
from lading.stages.readiness.facts.plan import PlanFacts
from lading.stages.readiness.facts.rights import Some
from lading.stages.readiness.facts.servers import ServerFacts
from lading.stages.readiness.gather.budgets import calls_facts, loads_of
from lading.stages.readiness.gather.content import EXAMPLES, Looking
from lading.stages.readiness.gather.messages import message_facts
from lading.stages.readiness.gather.needs import needs_of
from lading.stages.readiness.gather.scope import scope_facts
from lading.stages.readiness.gather.waves import loads_by_wave, unprobed, with_needs

_ELSEWHERE = frozenset(
    (Feature.CONTENTS, Feature.FOLDERS, Feature.OTHERS, Feature.NAMES, Feature.PEOPLE, Feature.GUESTS)
)
"""Features whose losses other checks tell in more detail."""
_FOLLOWS = (
    ".no_entry", ".gone", "grant.nobody", "grant.left", "grant.wider", "member.nobody",
    "group.left", "group.missing", "group.ambiguous", "group.wider", "denial.nobody", "version.too_large",
)  # fmt: skip
"""Losses that follow from one that is told already, or that nobody feels: who left needs no grant."""
_RIGHTS = frozenset(
    (Feature.GROUPS, Feature.MEMBERSHIPS, Feature.GRANTS, Feature.DENIALS, Feature.BREAKS, Feature.LINKS)
)
_MINOR = frozenset(("not_told", "new_not_told"))
_WHOLE = frozenset(("webdav",))
"""Kinds of drives that take a file in one request (RFC 4918, 9.7), so that its size meets a proxy's limit."""


def joint_facts(
    ours: Side, theirs: Side | None, people: IdentityMap | None, looking: Looking, scratch: str
) -> Iterator[Any]:
    """What of OLD does not arrive in NEW: nothing is said before there is a NEW whose people are known."""
    if theirs is not None and people is not None:
        yield _fidelity(make_contract(ours, theirs, people, directory=scratch), looking)


def _fidelity(contract: Contract, looking: Looking) -> FidelityFacts:
    losses = [
        _loss(account, line, looking)
        for account in contract.accounts
        if account.feature not in _ELSEWHERE
        for line in account.lines
        if line.outcome in (Outcome.LOSSY, Outcome.DROPPED)
        and not CODES[line.code].idle
        and not line.code.endswith(_FOLLOWS)
    ]
    gaps: defaultdict[str, list[Text]] = defaultdict(list)
    for account in contract.accounts:
        # That entries could not be listed or read is told by the checks of content.
        if account.unknown and account.unknown not in ("unlisted", "in_part"):
            gaps[account.unknown].append(FEATURES[account.feature])
    return FidelityFacts(
        tuple(losses),
        tuple(Gap(UNKNOWN[why], why, tuple(found), why in _MINOR) for why, found in gaps.items()),
    )


def _loss(account: Account, line: Line, looking: Looking) -> LossCount:
    open_, loss = [it for it in line.examples if not _veiled(it.path, looking)], CODES[line.code]
    examples = [shown_name(it.what) if it.path is None else shown(decode(it.path)) for it in open_]
    spaces = {it.path.partition("/")[0] for it in open_ if it.path is not None}
    return LossCount(
        code=line.code,
        feature=FEATURES[account.feature],
        says=loss.says,
        then=loss.then,
        count=line.count,
        rights=account.feature in _RIGHTS,
        whole=line.outcome is Outcome.DROPPED,
        examples=tuple(dict.fromkeys(examples[:EXAMPLES])),
        hidden=len(line.examples) - len(open_),
        hits=looking.reach.of_spaces(spaces),
    )


def _veiled(path: str | None, looking: Looking) -> bool:
    """What hangs on no path is a person or group: kept back as soon as anything is hidden."""
    if path is None:
        return bool(looking.hidden)
    return any(path == top or path.startswith(top + "/") for top in looking.hidden)


def gains_of(
    ours: Side, theirs: Side | None, people: IdentityMap | None, looking: Looking, scratch: str
) -> Some | None:
    """
    Who can do more in NEW than in OLD as both stand now, on what is in both; None where one does not tell its grants.

    Names are kept back as soon as anything is hidden, for they would tell who works on it.
    """
    if theirs is not None and not theirs.manifest.objects:
        return Some(0)
    if (
        theirs is None
        or people is None
        or not (ours.manifest.has("grants") and theirs.manifest.has("grants"))
    ):
        return None
    same = {
        access_key(it.old.kind, it.old.id): access_key(it.new.kind, it.new.id) if it.new else None
        for it in people
        if it.old.kind is not PrincipalKind.EVERYBODY
    }
    sides = tables_of(ours.manifest), tables_of(theirs.manifest)
    wish = Wish(looking.now, same, moments=1)
    found = resolved(lambda db: compare_access(db, *sides, wish), directory=scratch)
    return _gainers(found, ours, theirs, looking)


def _gainers(found: Compared, ours: Side, theirs: Side, looking: Looking) -> Some:
    outcome = next(iter(found.outcomes.values()))
    keys = [pair.keys for number, pair in enumerate(found.people) if outcome.gainers >> number & 1]
    old, new = (_by_access_key(side) for side in (ours, theirs))
    known = [old.get(mine or "") or new.get(yours or "") for mine, yours in keys]
    names = sorted(shown_name(it[1]) for it in known if it)
    hits = looking.reach.of_people(it[0] for it in known if it)
    return (
        Some(len(keys), (), len(keys))
        if looking.hidden
        else Some(len(keys), tuple(names[:EXAMPLES]), 0, hits)
    )


def _by_access_key(side: Side) -> dict[str, tuple[Key, str]]:
    every = side.circles.principals.values()
    return {access_key(it.kind, it.id): (key_of(it), it.name or it.id) for it in every}


def planned_facts(
    ours: Side,
    theirs: Side | None,
    plan: PlanFacts | None,
    told: Sequence[Gathered],
    looking: Looking,
    today: date,
    scratch: str,
) -> Iterator[Any]:
    """What was *told*, held against the plan: lines with what the waves need, spaces in no wave, calls, messages."""
    facts = [one.fact for one in told]
    if plan is not None and plan.waves:
        yield scope_facts(ours.manifest, looking, directory=scratch)
        loads = loads_by_wave(ours.manifest, looking.waves, directory=scratch)
        whole = theirs is not None and theirs.profile.kind in _WHOLE
        facts = [
            with_needs(it, plan, loads, whole=whole) if isinstance(it, NetworkProbe) else it for it in facts
        ]
        yield unprobed(plan, (it for it in facts if isinstance(it, NetworkProbe)))
    facts = [_with_load(it, ours, plan) if isinstance(it, ServerFacts) else it for it in facts]
    yield from facts
    told_of = {it.drive for it in facts if isinstance(it, CallFacts)}
    yield from (it for it in _calls(ours, theirs, plan, today) if it.drive not in told_of)
    if theirs is not None and not any(isinstance(it, MessageFacts) for it in facts):
        yield _messages(ours, theirs, plan)


def _with_load(server: ServerFacts, ours: Side, plan: PlanFacts | None) -> ServerFacts:
    """*server* with what the upgrade will put on it, where nobody said so when it was asked."""
    if server.needs is not None:
        return server
    windows = [wave for wave in plan.waves if wave.starts and wave.hours] if plan else []
    hours = {
        (wave.starts + timedelta(hours=number)).hour
        for wave in windows
        if wave.starts and wave.hours
        for number in range(math.ceil(min(wave.hours, 24)))
    }
    return replace(server, needs=needs_of(ours.manifest, hours=tuple(sorted(hours))))


def _calls(ours: Side, theirs: Side | None, plan: PlanFacts | None, today: date) -> Iterator[CallFacts]:
    """Calls of both drives; all but the last pass has to be done before the last window begins."""
    starts = [wave.starts.date() for wave in plan.waves if wave.starts] if plan else []
    loads, due = loads_of(ours.manifest, grants=ours.manifest.has("grants")), max(starts, default=None)
    for side, into in ((ours, False), (theirs, True)):
        if side is not None:
            place = str(side.manifest.address["place"])
            yield replace(calls_facts(loads, side.profile, today, into=into, due=due), drive=place)


def _messages(ours: Side, theirs: Side, plan: PlanFacts | None) -> MessageFacts:
    """What NEW would send to people; the plan knows best whether it is muted."""
    address = theirs.manifest.address
    oneshot = address.get("options", {}).get("oneshot") == "yes"
    facts = message_facts(ours.manifest, theirs.profile, oneshot=oneshot)
    muted = facts.muted if plan is None or plan.muted is None else plan.muted
    return replace(facts, drive=str(address["place"]), muted=muted)
