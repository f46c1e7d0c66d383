"""
A firm in order before its upgrade: two drives, two branches, a server, people and their programs, a plan, a drill.

Everything is generated and stands in plain places: a file, a grant, a line of a log, a line of cron, a figure of a probe, a
table of the plan.  A fault is planted by changing one of them, as the world would; `Estate.assess` then writes all of it
down and runs the real command.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lading.connectors.address import Address
from lading.connectors.conditions import ANYTHING
from lading.connectors.memory import MemoryDrive
from lading.connectors.profile import AccessRules
from lading.manifest.tables import Feature
from lading.model.access import Grant, Link, Principal, PrincipalKind, Role
from lading.stages.readiness.factfile import write_facts
from lading.stages.readiness.facts.network import (
    Connection,
    Limits,
    Measurement,
    NetworkProbe,
    Rates,
    Resolution,
    Target,
    Tls,
    Trips,
    Try,
)
from lading.stages.readiness.facts.network import Path as Packets
from lading.stages.readiness.findings import Owner
from lading.stages.readiness.gather.server_answers import facts_of, sections_of
from support.command import inside
from support.scanning import scan_of

K = PrincipalKind
RULES = AccessRules(caps=((K.GUEST, Role.EDIT),), owned_guests=True)
NOW = datetime.now(UTC).replace(microsecond=0)
SECOND = 10**9
DAY = timedelta(days=1)
STARTS = (NOW + 20 * DAY).replace(hour=20, minute=0, second=0)
"""When the window of the first wave opens; that of the second is two days later."""
PEOPLE = {
    "lin": ("林晓", "legal"), "wang": ("王芳", "legal"), "chen": ("陈伟", "finance"), "zhao": ("赵敏", "finance"),
    "liu": ("刘洋", "projects"), "sun": ("孙丽", "projects"), "zhou": ("周杰", "projects"),
}  # fmt: skip
DEPARTMENTS = {"legal": "法务部", "finance": "财务部", "projects": "项目部"}
SPACES = {"Harbour": ("legal", "wang"), "Bridge": ("projects", "liu"), "Templates": ("finance", "chen")}
"""Who works in a space, and who manages it."""
_BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
_SERVER = """@@ host
files-new
@@ processors
8
@@ load
0.40 0.35 0.30 1/300 4000
@@ stat
cpu 1000 0 500 90000 100 0 0 0 0 0
@@ stat-after
cpu 1100 0 550 98000 110 0 0 0 0 0
@@ disks
8 0 sda 1 0 1 1 1 0 1 1 0 1000 1
@@ disks-after
8 0 sda 1 0 1 1 1 0 1 1 0 1200 1
@@ pressure-io
some avg10=0.00 avg60=0.10 avg300=0.00 total=1
@@ pressure-memory
some avg10=0.00 avg60=0.00 avg300=0.00 total=1
@@ memory
MemTotal:       33554432 kB
MemAvailable:   25165824 kB
@@ open-files
65536
@@ clock
{clock}
@@ synchronised
NTPSynchronized=yes
@@ df content=/srv
/dev/sda1 1000000000 100000000 900000000 10% /srv
@@ dfi content=/srv
/dev/sda1 65000000 1000000 64000000 2% /srv
@@ cron
17 12 * * * root /usr/bin/restic backup /etc
@@ unit drive.service
ActiveState=active
LimitNOFILE=65536
@@ cert /etc/ssl/drive.pem
notAfter={ends}
@@ end
"""


def ns(at: datetime) -> int:
    """*at* in nanoseconds since 1970 UTC."""
    return int(at.timestamp()) * SECOND


def clock(at: datetime = NOW) -> str:
    """*at* as a line of the Common Log Format has it."""
    return at.strftime("%d/%b/%Y:%H:%M:%S +0000")


def old_drive() -> MemoryDrive:
    """The drive people work on today."""
    drive = MemoryDrive(clock=lambda: ns(NOW - 40 * DAY), access=RULES)
    know(drive)
    for space, (department, manager) in SPACES.items():
        drive.make_folder((space,))
        drive.make_folder((space, "合同"))
        for number in range(4):
            put(drive, space, "合同", f"{space} 第{number + 1}稿.docx")
        hang_grants(drive, space, department, manager)
    link = Link(
        ("Harbour", "合同"),
        "l1",
        frozenset(),
        ns(NOW + 90 * DAY),
        True,
        Role.DOWNLOAD,
        by="wang",
        created=ns(NOW - 9 * DAY),
    )
    drive.store.hang(
        link, Grant(("Harbour",), drive.store.people["counsel"], frozenset(), role=Role.DOWNLOAD)
    )
    return drive


def new_drive(**settings: Any) -> MemoryDrive:
    """The new one: its people are there, and the templates have been moved on trial."""
    drive = MemoryDrive(clock=lambda: ns(NOW - DAY), access=RULES, **settings)
    know(drive)
    drive.make_folder(("Templates",))
    hang_grants(drive, "Templates", *SPACES["Templates"])
    return drive


def know(drive: MemoryDrive) -> None:
    """People, departments and an outside counsel."""
    for key, name in DEPARTMENTS.items():
        drive.store.know(Principal(K.DEPARTMENT, key, name))
    for key, (name, department) in PEOPLE.items():
        drive.store.know(Principal(K.PERSON, key, name, f"{key}@firm.example", key))
        drive.store.join(department, key)
    until = ns(NOW + 120 * DAY)
    drive.store.know(
        Principal(K.GUEST, "counsel", "外部律师", "counsel@law.example", "counsel", owner="wang", until=until)
    )


def hang_grants(drive: MemoryDrive, space: str, department: str, manager: str) -> None:
    """The department works in the space, one of them manages it."""
    who = drive.store.people
    drive.store.hang(
        Grant((space,), who[department], frozenset(), role=Role.EDIT),
        Grant((space,), who[manager], frozenset(), role=Role.MANAGE),
    )


def put(
    drive: MemoryDrive, *path: str, content: bytes | None = None, modified: datetime = NOW - 50 * DAY
) -> None:
    """A file, whose content is its name unless something else is said."""
    for depth in range(2, len(path)):
        if path[:depth] not in {found for found, _ in drive.store.nodes()}:
            drive.make_folder(path[:depth])
    data = "/".join(path).encode() if content is None else content
    drive.write(tuple(path), iter([data] if data else []), expect=ANYTHING, modified=ns(modified))


def _probe(branch: str) -> NetworkProbe:
    passed = Try(what="wait", outcome="passed", status=200, seconds=65)
    rates = Rates(one_stream=80e6, several_streams=95e6, streams=8, line=100e6, by="trains")
    trips = Trips(by="udp", sent=1000, answered=1000, median=0.012, jitter=0.001, lost_up=0.0, lost_down=0.0)
    target = Target(
        name="https://new.firm.example",
        host="new.firm.example",
        port=443,
        counterpart=True,
        resolution=Resolution(addresses=("192.0.2.1",)),
        connections=(Connection(address="192.0.2.1", port=443, outcome="open", seconds=0.01),),
        tls=Tls(
            version="TLSv1.3",
            trusted=True,
            issuer="CN=Public CA",
            fingerprint="aa",
            stated="aa",
            not_after=(NOW + 90 * DAY).timestamp(),
        ),
        path=Packets(mtu=1500, told=1500, first_hop=1500),
        limits=Limits(
            methods=tuple(Try(what=it, outcome="passed", status=200) for it in ("PROPFIND", "PUT", "MOVE")),
            body_passed=32 << 20,
            announced_passed=5 << 30,
            waits=passed,
            trickles=passed,
            sockets=passed,
        ),
        clock_skew=0.1,
        clock_grain=0.01,
        measurements=tuple(
            Measurement(at=NOW.timestamp() - it * 3600, seconds=30, trips=trips, up=rates, down=rates)
            for it in range(3)
        ),
    )
    return NetworkProbe(branch=branch, started=NOW.timestamp() - 60, ended=NOW.timestamp(), targets=(target,))


def _plan() -> dict[str, Any]:
    def wave(name: str, spaces: list[str], starts: datetime) -> dict[str, Any]:
        return {
            "name": name, "spaces": spaces, "starts": starts, "hours": 10, "owner": "王芳", "people": 4, "trained": 4,
            "branches": ["Suzhou"],
        }  # fmt: skip

    return {
        "goal": "Replace the server", "scope": "all spaces", "author": "李军", "way_back": "the old drive stays for 30 days",
        "backup": NOW.date(), "muted": True, "provider": [], "deal": [{"name": "Harbour", "spaces": ["Harbour"], "days": [(STARTS + 40 * DAY).date()]}],
        "owners": {role.value: f"{role.value} 负责人" for role in Owner}, "critical": {"people": ["lin"]},
        "approval": [{"by": "王芳", "on": NOW.date()}], "risk": [{"what": "the line breaks", "answer": "a disk by courier"}],
        "wave": [wave("first", ["Harbour", "Templates"], STARTS), wave("second", ["Bridge"], STARTS + 2 * DAY)],
    }  # fmt: skip


def _log() -> list[str]:
    """Thirty days of people in browsers, in office hours."""
    return [
        f'10.0.0.{number} - {who} [{clock((NOW - day * DAY).replace(hour=9))}] "GET /dav/a HTTP/1.1" 200 5 "-" "{_BROWSER}"'
        for day in range(30, -1, -1)
        for number, who in enumerate(PEOPLE, 1)
    ]


def passed_drill(ended: datetime = NOW - 2 * DAY) -> dict[str, Any]:
    """The result of a drill that restored all of a fresh backup (docs/formats/drill.md)."""
    at = ended.timestamp()
    return {
        "format": 1, "passed": True, "reasons": [], "started": at - 600, "ended": at,
        "snapshot": {"name": "s1", "taken": at - 3600, "drive": {}, "still": True}, "scratch": {}, "seed": 1, "critical": 3,
        "confidence": {"files": 12, "drawn": 12, "bad": 0, "read": 12, "read_bad": 0, "level": 0.95, "most": 0, "share": 0.0, "statement": {}},
        "held": [], "compared": {}, "rpo": {"seconds": 3600, "gap": 0}, "rto": {"seconds": 600}, "portions": [], "forecast": None, "left": 0,
    }  # fmt: skip


@dataclass
class Estate:
    """All that is known before the start; change anything, then `assess`."""

    old: MemoryDrive = field(default_factory=old_drive)
    new: MemoryDrive = field(default_factory=new_drive)
    log: list[str] = field(default_factory=_log)
    devices: list[str] = field(default_factory=lambda: ["pc-1,lin,Windows,11,,"])
    probes: dict[str, NetworkProbe] = field(
        default_factory=lambda: {it: _probe(it) for it in ("Suzhou", "Beijing")}
    )
    server: str = field(
        default_factory=lambda: _SERVER.format(
            clock=int(NOW.timestamp()), ends=f"{NOW + 200 * DAY:%b %d %H:%M:%S %Y} GMT"
        )
    )
    plan: dict[str, Any] = field(default_factory=_plan)
    drill: dict[str, Any] | None = field(default_factory=passed_drill)
    more: list[Any] = field(default_factory=list)
    """Other facts."""
    earlier: MemoryDrive | None = None
    walls: str = ""
    probed: datetime = NOW
    """When the probes were run."""

    def at(self, branch: str, **changed: Any) -> None:
        """The line of *branch* to its target is another."""
        probe = self.probes[branch]
        self.probes[branch] = replace(probe, targets=(replace(probe.targets[0], **changed),))

    def rounds(self, branch: str, change: Callable[[Measurement], Measurement]) -> None:
        """Every measurement at *branch* is another."""
        self.at(branch, measurements=tuple(map(change, self.probes[branch].targets[0].measurements)))

    def assess(self, place: Path, *words: object, kept: Mapping[str, Path] | None = None) -> dict[str, Any]:
        """Write it all below *place* and run the command; *kept* are manifests that need not be made again."""
        place.mkdir(parents=True, exist_ok=True)
        made = dict(kept or {})
        for side, drive in (("old", self.old), ("new", self.new), ("earlier", self.earlier)):
            if drive is not None and side not in made:
                made[side] = scanned(drive, place / side, side)
        files = [word for file in self._facts(place) for word in ("--facts", file)]
        (place / "plan.toml").write_text(toml(self.plan), encoding="utf-8")
        more: list[object] = ["--plan", place / "plan.toml"]
        if self.drill is not None:
            (place / "drill.json").write_text(json.dumps(self.drill), encoding="utf-8")
            more += ["--drill", place / "drill.json"]
        if self.walls:
            (place / "walls.txt").write_text(self.walls, encoding="utf-8")
            more += ["--walls", place / "walls.txt"]
        if "earlier" in made:
            more += ["--earlier", made["earlier"]]
        answer = inside(
            "assess", made["old"], made["new"], *files, *more, "--state", place / "state", *words, "--json"
        )
        assert answer.code in (0, 80, 81), answer.err
        document = answer.json["assessment"]
        assert isinstance(document, dict)
        return document

    def _facts(self, place: Path) -> Iterator[Path]:
        for number, probe in enumerate(self.probes.values()):
            write_facts(str(place / f"probe-{number}.json"), probe, self.probed)
            yield place / f"probe-{number}.json"
        write_facts(str(place / "server.json"), facts_of(sections_of(self.server), "ssh", 10.0, NOW), NOW)
        yield place / "server.json"
        for number, fact in enumerate(self.more):
            write_facts(str(place / f"more-{number}.json"), fact, NOW)
            yield place / f"more-{number}.json"
        yield self._clients(place)

    def _clients(self, place: Path) -> Path:
        (place / "access.log").write_text("\n".join(self.log) + "\n", encoding="utf-8")
        rows = [
            f"{who},{DEPARTMENTS[department]},Suzhou,{'yes' if who == 'lin' else ''}"
            for who, (_, department) in PEOPLE.items()
        ]
        (place / "people.csv").write_text(
            "login,department,branch,critical\n" + "\n".join(rows), encoding="utf-8"
        )
        head = "device,login,system,system_version,program,program_version\n"
        (place / "devices.csv").write_text(head + "\n".join(self.devices), encoding="utf-8")
        tables = ("--people", place / "people.csv", "--devices", place / "devices.csv")
        answer = inside("clients", place / "access.log", *tables, "-o", place / "clients.json")
        assert 0 == answer.code, answer.err
        return place / "clients.json"


def scanned(drive: MemoryDrive, place: Path, name: str) -> Path:
    """The manifest of *drive*, as a scan of today makes it."""
    with pytest.MonkeyPatch.context() as patch:
        address = Address("memory", f"{name}.firm.example", {})
        scan_of(patch, drive, place, features=tuple(Feature), now=lambda: NOW.timestamp(), address=address)
    return place


def fingerprint(drive: MemoryDrive) -> str:
    """All that a scan of *drive* would tell."""
    store = drive.store
    nodes = [
        (path, node.modified, node.etag, node.grants, node.links, node.locks, node.comments)
        for path, node in store.nodes()
    ]
    return repr((store.profile, sorted(store.people.items()), store.members, nodes))


def toml(told: Mapping[str, Any]) -> str:
    """*told* as TOML: plain values first, then tables."""
    plain = [
        f"{key} = {_value(it)}"
        for key, it in told.items()
        if it == [] or (not isinstance(it, dict) and not _rows(it))
    ]
    tables = [f"[{key}]\n{toml(it)}" for key, it in told.items() if isinstance(it, dict)]
    rows = [f"[[{key}]]\n{toml(row)}" for key, it in told.items() if it and _rows(it) for row in it]
    return "\n".join([*plain, *tables, *rows])


def _rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(it, dict) for it in value)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return value.isoformat() if hasattr(value, "isoformat") else json.dumps(value, ensure_ascii=False)
