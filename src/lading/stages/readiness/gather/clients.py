"""
Clients counted out of calls: who uses which program, and which machines work by themselves.

Memory is bounded: `KEPT` pairs of somebody and a program are kept apart, later ones are counted in total.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from lading.stages.readiness.facts.compatibility import ClientFacts, Integration, Used, Users
from lading.stages.readiness.gather.agents import Agent, agent_of
from lading.stages.readiness.gather.logs import Call
from lading.stages.readiness.gather.operations import operation_of
from lading.stages.readiness.gather.tables import Device, Person
from lading.stages.readiness.systems.matrix import Matrix

KEPT = 200_000
OPERATIONS = 100
"""Kinds of calls that are kept of one machine."""
FEW = 20
"""Calls below which a script is somebody trying something."""
STEADY_HOURS = 20
"""Different hours of the day in which a machine calls that never sleeps; a person's day has fewer."""
_TOLD = 30
"""Versions whose users are told by department."""
BUSY = 2_000
"""Calls in one hour that no person makes by hand."""
_SERVICE = re.compile(
    r"(^|[._@-])(svc|srv|service|bot|robot|backup|bak|api|scanner|scan|cron|etl|erp|oa|crm|integration|monitor|antivirus)([._@-]|\d|$)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Use:
    """What one actor did with one program."""

    agent: Agent
    systems: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Calls from each system and version, for one person may have two machines."""
    calls: int = 0
    hours: int = 0
    hour: int = 0
    in_hour: int = 0
    busiest: int = 0
    operations: Counter[str] = field(default_factory=Counter)


SYSTEMS = 20
"""Systems of one actor and program that are kept apart at most; more is a proxy or a lie."""


class Clients:
    """Counts calls one by one, then tells the facts."""

    def __init__(self) -> None:
        self._uses: dict[tuple[str, str], _Use] = {}
        self._lines = self._broken = self._forgotten = 0
        self._first: date | None = None
        self._last: date | None = None

    def add(self, call: Call | None) -> None:
        """Count one line of a log."""
        self._lines += 1
        if call is None:
            self._broken += 1
            return
        agent = agent_of(call.agent)
        key = (call.user or f"@{call.host}", agent.name)
        use = self._uses.get(key)
        if use is None:
            if len(self._uses) >= KEPT:
                self._forgotten += 1
                return
            use = self._uses[key] = _Use(agent)
        use.calls += 1
        if agent is not use.agent and _numbers(agent.version) >= _numbers(use.agent.version):
            use.agent = agent
        system = agent.system, agent.system_version
        if agent.system and (system in use.systems or len(use.systems) < SYSTEMS):
            use.systems[system] += 1
        self._note_time(use, call)
        if agent.kind in ("script", "other") or _SERVICE.search(call.user):
            operation = operation_of(call.method, call.path)
            if operation in use.operations or len(use.operations) < OPERATIONS:
                use.operations[operation] += 1

    def _note_time(self, use: _Use, call: Call) -> None:
        if call.at is None:
            return
        day = call.at.date()
        self._first = day if self._first is None or day < self._first else self._first
        self._last = day if self._last is None or day > self._last else self._last
        use.hours |= 1 << call.at.hour
        hour = int(call.at.timestamp()) // 3600
        use.in_hour = use.in_hour + 1 if hour == use.hour else 1
        use.hour, use.busiest = hour, max(use.busiest, use.in_hour)

    def facts(
        self, matrix: Matrix, today: date, people: Mapping[str, Person] | None, devices: Iterable[Device] = ()
    ) -> ClientFacts:
        """What was counted, with *matrix*'s rulings; *people* are by login in lower case, None if nobody told."""
        machines = tuple(self._integrations(matrix))
        known = {it.account for it in machines}
        logins = {who for who, _ in self._uses if who[0] != "@" and who not in known}
        devices = tuple(devices)
        used = (*self._used(people or {}, known), *_owned(people or {}, devices))
        return ClientFacts(
            system=matrix.name,
            today=today,
            lines=self._lines,
            broken=self._broken,
            first=self._first,
            last=self._last,
            people=len(logins | {it.login for it in devices if it.login}),
            unnamed=len({who for who, _ in self._uses if who[0] == "@" and who[1:] not in known}),
            unplaced=None if people is None else sum(who.lower() not in people for who in logins),
            forgotten=self._forgotten,
            used=used,
            integrations=machines,
            rulings=tuple(matrix.rulings(used)),
        )

    def _used(self, people: Mapping[str, Person], machines: set[str]) -> Iterator[Used]:
        grouped: defaultdict[tuple[str, str], list[tuple[str, str, int]]] = defaultdict(list)
        for (who, name), use in self._uses.items():
            if who.removeprefix("@") in machines:
                continue
            grouped[name, use.agent.kind].append((who, use.agent.version, use.calls))
            for (system, version), calls in use.systems.items():
                grouped[system, "system"].append((who, version, calls))
        for (name, kind), rows in sorted(grouped.items()):
            yield _counted(name, kind, "log", rows, people)

    def _integrations(self, matrix: Matrix) -> Iterator[Integration]:
        browsing = {who for (who, _), use in self._uses.items() if use.agent.kind == "browser"}
        for (who, name), use in sorted(self._uses.items()):
            if why := _why(who, use, who in browsing):
                missing = tuple(sorted(it for it in use.operations if not matrix.has(it)))
                yield Integration(
                    who.removeprefix("@"), name, use.calls, why, dict(use.operations.most_common()), missing
                )


def _why(who: str, use: _Use, browses: bool) -> tuple[str, ...]:
    steady = use.hours.bit_count() >= STEADY_HOURS
    busy = use.busiest >= BUSY
    service = bool(_SERVICE.search(who)) and not browses and use.agent.kind != "browser"
    scripted = use.agent.kind == "script" and use.calls >= FEW
    odd = use.agent.kind == "other" and (steady or busy) and not browses
    if not (service or scripted or odd):
        return ()
    told = {"account": service, "script": scripted, "steady": steady, "busy": busy}
    return tuple(name for name, holds in told.items() if holds)


def _counted(
    name: str, kind: str, where: str, rows: list[tuple[str, str, int]], people: Mapping[str, Person]
) -> Used:
    held = _all_of(rows) if kind == "system" else _newest(rows)
    versions = dict(Counter(version for _, version in held).most_common(100))
    by_version = {
        version: _users((who for who, its in held if its == version), people)
        for version in list(versions)[:_TOLD]
    }
    whos = dict.fromkeys(who for who, _ in held)
    return Used(
        name, kind, where, sum(calls for *_, calls in rows), versions, _users(whos, people), by_version
    )


def _newest(rows: list[tuple[str, str, int]]) -> list[tuple[str, str]]:
    """Who has which version of a program: its newest, for programs are brought up to date in the days of a log."""
    newest: dict[str, str] = {}
    for who, version, _ in rows:
        if who not in newest or _numbers(version) > _numbers(newest[who]):
            newest[who] = version
    return list(newest.items())


def _all_of(rows: list[tuple[str, str, int]]) -> list[tuple[str, str]]:
    """Who has which version of a system: each of them, for an old machine stands beside a new one."""
    return list(dict.fromkeys((who, version) for who, version, _ in rows))


def _users(whos: Iterable[str], people: Mapping[str, Person]) -> tuple[Users, ...]:
    """*whos* by department and branch."""
    groups: defaultdict[tuple[str, str], list[bool]] = defaultdict(list)
    for who in whos:
        person = people.get(who.lower(), Person())
        groups[person.department, person.branch].append(bool(person.critical))
    return tuple(
        Users(len(found), department, branch, sum(found))
        for (department, branch), found in sorted(groups.items())
    )


def _owned(people: Mapping[str, Person], devices: tuple[Device, ...]) -> Iterator[Used]:
    grouped: defaultdict[tuple[str, str], list[tuple[str, str, int]]] = defaultdict(list)
    for it in devices:
        who = it.login or f"@{it.device}"
        if it.system:
            grouped[it.system, "system"].append((who, it.system_version, 0))
        if it.program:
            grouped[it.program, "program"].append((who, it.program_version, 0))
    for (name, kind), rows in sorted(grouped.items()):
        yield _counted(name, kind, "devices", rows, people)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(it) for it in re.findall(r"\d{1,9}", version))
