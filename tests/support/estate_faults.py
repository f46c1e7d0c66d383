"""
Faults in the estate, one at a time: what somebody did, or what happened; and what the assessment has to say of it.

They are planted in the words of the world (a line of cron, a grant, a date), not in those of the checks.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from lading.connectors.profile import NameRules
from lading.model.access import (
    ANYBODY,
    Comment,
    Grant,
    Link,
    Lock,
    Principal,
    PrincipalKind,
    Role,
)
from lading.stages.readiness.facts.budgets import Allowance, CallCosts, CallFacts, MessageFacts, SpaceLoad
from lading.stages.readiness.facts.network import Connection, Measurement, Resolution, Try
from lading.stages.readiness.facts.network import Path as Packets
from support.estate import DAY, NOW, STARTS, Estate, clock, hang_grants, new_drive, ns, old_drive, put

Plant = Callable[[Estate], None]
WINDOWS = NameRules(characters=frozenset('/\0<>:"|?*'), reserved_stems=frozenset({"con", "aux", "nul"}))
_MIRALL = "Mozilla/5.0 (Windows) mirall/3.13.0 (Nextcloud, windows-10.0)"


@dataclass(frozen=True)
class Fault:
    """What was *done*, the *code* that has to tell of it, about what (*subject* or wave), and what else it truly causes."""

    name: str
    code: str
    subject: str
    done: Plant
    also: frozenset[str] = frozenset()
    wave: str = ""


def file(*path: str, **how: Any) -> Plant:
    """Somebody saved a file."""
    return lambda it: put(it.old, *path, **how)


def hang(mark: Any) -> Plant:
    """Somebody gave a right, made a link, took a lock, left a comment."""
    return lambda it: it.old.store.hang(mark(it.old.store.people) if callable(mark) else mark)


def line(text: str, *, instead: str = "@@ cron") -> Plant:
    """The server answers something else: *text* after, or in place of, a line that it gave."""

    def done(it: Estate) -> None:
        assert instead in it.server
        new = f"{instead}\n{text}" if instead.startswith("@@") else text
        it.server = it.server.replace(instead, new, 1)

    return done


def wave(number: int = 0, **changed: Any) -> Plant:
    """The plan says something else of a wave."""
    return lambda it: it.plan["wave"][number].update(changed)


def plan(**changed: Any) -> Plant:
    """The plan says something else."""
    return lambda it: it.plan.update(changed)


def log(*lines: str) -> Plant:
    """More lines in the access log."""
    return lambda it: it.log.extend(lines)


def call(who: str, agent: str, at: datetime = NOW, request: str = "PROPFIND /dav/") -> str:
    """A line of the access log."""
    return f'10.1.0.9 - {who} [{clock(at)}] "{request} HTTP/1.1" 207 5 "-" "{agent}"'


def lossy(it: Measurement) -> Measurement:
    """Three packets of a hundred do not arrive."""
    assert it.trips is not None
    return replace(it, trips=replace(it.trips, lost_up=0.03))


def slow(it: Measurement) -> Measurement:
    """A line on which 100 bytes take a day."""
    assert it.up is not None
    return replace(it, up=replace(it.up, one_stream=0.008, several_streams=0.008, line=0.008))


def intercepted(it: Estate) -> None:
    """A box of the security team opens TLS at one branch."""
    tls = it.probes["Beijing"].targets[0].tls
    assert tls is not None
    it.at("Beijing", tls=replace(tls, issuer="CN=Firm Web Gateway", fingerprint="bb"))


def expiring(it: Estate) -> None:
    """The certificate of the new drive ends next week."""
    for branch, probe in it.probes.items():
        tls = probe.targets[0].tls
        assert tls is not None
        it.at(branch, tls=replace(tls, not_after=(NOW + 6 * DAY).timestamp()))


def limits(branch: str, **changed: Any) -> Plant:
    """Something between lets less pass."""

    def done(it: Estate) -> None:
        known = it.probes[branch].targets[0].limits
        assert known is not None
        it.at(branch, limits=replace(known, **changed))

    return done


def newcomer(it: Estate) -> None:
    """Somebody joined the legal department yesterday and has no account in the new drive yet."""
    it.old.store.know(Principal(PrincipalKind.PERSON, "he", "何静", "he@firm.example", "he"))
    it.old.store.join("legal", "he")


def gone(it: Estate) -> None:
    """The one who manages a space has left, in both drives."""
    for drive in (it.old, it.new):
        drive.store.know(replace(drive.store.people["liu"], active=False))


def opened(it: Estate) -> None:
    """On the new drive somebody let another department work in the templates, for a test."""
    it.new.store.hang(Grant(("Templates",), it.new.store.people["legal"], frozenset(), role=Role.EDIT))


def changed_since(it: Estate) -> None:
    """A ledger that is written every day differs from the manifest of last week."""
    it.earlier = old_drive()
    put(it.earlier, "Bridge", "台账.xlsx", content=b"1", modified=NOW - 9 * DAY)
    put(it.old, "Bridge", "台账.xlsx", content=b"12", modified=NOW - DAY)


def windows(it: Estate) -> None:
    """The new drive turns out to stand on NTFS, and one file has a name of a device."""
    it.new = new_drive(names=WINDOWS)
    put(it.old, "Bridge", "aux.txt")


def walled(it: Estate) -> None:
    """Two deals must not know each other, and one person works on both."""
    it.walls = "Harbour ⟂ Bridge\n"
    it.old.store.hang(Grant(("Bridge",), it.old.store.people["lin"], frozenset(), role=Role.EDIT))


def forgotten(it: Estate) -> None:
    """A space was made after the plan was written."""
    it.old.make_folder(("Tunnel",))
    hang_grants(it.old, "Tunnel", "projects", "sun")
    put(it.old, "Tunnel", "memo.txt")


def steady(agent: str = "python-requests/2.31") -> list[str]:
    """A script that calls every hour."""
    return [
        call("report-bot", agent, NOW - number * DAY / 24, "REPORT /remote.php/dav/files/x")
        for number in range(48)
    ]


def failed_drill(it: Estate) -> None:
    """The drill found that one restored file differs."""
    assert it.drill is not None
    it.drill |= {
        "passed": False,
        "reasons": [{"code": "differs", "subject": "/Bridge/a", "detail": "", "message": {}}],
    }


def short_log(it: Estate) -> None:
    """The log was rotated last week."""
    it.log = it.log[-7 * 7 :]


def _stale(it: Estate) -> None:
    it.probed = NOW - 60 * DAY


NFD = unicodedata.normalize("NFD", "Résumé.pdf")
NFC = unicodedata.normalize("NFC", "Résumé.pdf")


def twins(it: Estate) -> None:
    """A Mac and a Windows machine each saved the same name."""
    put(it.old, "Harbour", NFC)
    put(it.old, "Harbour", NFD, content=b"other")


def cases(it: Estate) -> None:
    """Two colleagues spell a name in their own way."""
    put(it.old, "Harbour", "Minutes.docx")
    put(it.old, "Harbour", "minutes.docx")


def copied(it: Estate) -> None:
    """A folder was copied before somebody worked in it."""
    for place in ("Harbour", "Bridge"):
        put(it.old, place, "模型.xlsx", content=b"model" * 40)


def small(it: Estate) -> None:
    """The new drive was set up with a limit below the largest film."""
    it.new = new_drive(size_limit=5_000)
    put(it.old, "Harbour", "site.mp4", content=b"x" * 6_000)


def calls(it: Estate) -> None:
    """The platform sells 500 calls a month."""
    costs, space = CallCosts(folder=2, small=3, large=3, block=1), SpaceLoad("Harbour", 20, 4_000)
    it.more.append(
        CallFacts("platform", "wedrive", NOW.date(), costs, Allowance(month=500), (space,), STARTS.date())
    )


def cards(it: Estate) -> None:
    """Nobody knows whether the new system tells people of each file."""
    it.more.append(MessageFacts("platform", cards=4_000, people=7))


FAULTS = (
    Fault("empty", "content.empty", "", file("Harbour", "签字页.docx", content=b""), wave="first"),
    Fault("keys", "content.keys", "", file("Bridge", "id_rsa"), wave="second"),
    Fault("passwords", "content.passwords", "", file("Bridge", "账号密码.xlsx"), wave="second"),
    Fault("papers", "content.identity_papers", "", file("Harbour", "张三 身份证.jpg"), wave="first"),
    Fault("mail", "content.mail_archives", "", file("Harbour", "2019.pst"), wave="first"),
    Fault("database", "content.file_database", "", file("Templates", "orders.accdb"), wave="first"),
    Fault("stale", "content.stale", "", file("Bridge", "old.txt", modified=datetime(2011, 5, 1, tzinfo=UTC)), wave="second"),
    Fault("year", "content.time", "", file("Bridge", "scan.tif", modified=datetime(1970, 1, 2, tzinfo=UTC)), wave="second"),
    Fault("long", "content.long_path", "", file("Bridge", "招标" * 40, "附件" * 40, "图纸" * 40, "a.txt"), wave="second"),
    Fault("forms", "content.twins_by_form", "", twins, wave="first"),
    Fault("cases", "content.twins_by_case", "", cases, wave="first"),
    Fault("copied", "content.equal", "", copied, wave="first"),
    Fault("limit", "content.too_large", "", small, wave="first"),
    Fault("device", "content.name", "", windows, wave="second"),
    Fault("lock", "content.locked", "", hang(Lock(("Harbour", "合同", "Harbour 第1稿.docx"), "lin")), wave="first",
          also=frozenset({"content.lost"})),
    Fault("changing", "content.changing", "", changed_since, wave="second"),
    Fault("comment", "content.lost", "comment.lost", hang(Comment(("Bridge", "合同", "Bridge 第1稿.docx"), "c1", "liu", ns(NOW - DAY), "请修改"))),
    Fault("link", "rights.open_links", "", hang(Link(("Bridge", "合同"), "l2", frozenset(), role=Role.DOWNLOAD, by="liu"))),
    Fault("everybody", "rights.everybody", "", hang(Grant(("Templates",), ANYBODY, frozenset(), role=Role.DOWNLOAD))),
    Fault("newcomer", "rights.unmapped", "", newcomer, frozenset({"rights.lost"})),
    Fault("left", "rights.ownerless", "", gone),
    Fault("opened", "rights.gains", "", opened),
    Fault("walled", "rights.wall", "", walled),
    Fault("guest", "rights.endless_guests", "",
          lambda it: [drive.store.know(replace(drive.store.people["counsel"], until=None)) for drive in (it.old, it.new)] and None),
    Fault("sync", "compatibility.unsupported", "Nextcloud desktop", log(call("zhao", _MIRALL))),
    Fault("seven", "compatibility.ended", "Windows 7 (devices)", lambda it: it.devices.append("pc-9,sun,Windows,7,,")),
    Fault("script", "compatibility.integration_calls", "report-bot · python-requests", lambda it: it.log.extend(steady())),
    Fault("rotated", "compatibility.blind", "days", short_log),
    Fault("finder", "compatibility.untried", "macOS Finder", log(call("wang", "WebDAVFS/3.0.0 (03008000) Darwin/22.1.0 (x86_64)"))),
    Fault("loss", "network.loss", "Beijing → https://new.firm.example: up", lambda it: it.rounds("Beijing", lossy)),
    Fault("slow", "network.window", "Suzhou → https://new.firm.example", lambda it: it.rounds("Suzhou", slow), wave="first"),
    Fault("gateway", "network.intercepted", "Beijing → https://new.firm.example", intercepted),
    Fault("expiring", "network.certificate_expires", "Suzhou → https://new.firm.example", expiring),
    Fault("method", "network.method_refused", "Suzhou → https://new.firm.example",
          limits("Suzhou", methods=(Try(what="PROPFIND", outcome="refused", status=405),))),
    Fault("hole", "network.mtu_hole", "Beijing → https://new.firm.example",
          lambda it: it.at("Beijing", path=Packets(mtu=1400, told=1500, first_hop=1500))),
    Fault("cut", "network.time_limit", "Beijing → https://new.firm.example: wait",
          limits("Beijing", waits=Try(what="wait", outcome="cut", seconds=60))),
    Fault("port", "network.blocked", "Beijing → https://new.firm.example",
          lambda it: it.at("Beijing", connections=(Connection(address="192.0.2.1", port=443, outcome="silent"),))),
    Fault("name", "network.name_unknown", "Beijing → https://new.firm.example",
          lambda it: it.at("Beijing", resolution=Resolution(error="NXDOMAIN"))),
    Fault("branch", "network.unprobed", "Wuxi", wave(1, branches=["Wuxi"]), wave="second"),
    Fault("disk", "servers.room", "files-new:/srv",
          line("/dev/sda1 1000000000 999999990 10 100% /srv", instead="/dev/sda1 1000000000 100000000 900000000 10% /srv")),
    Fault("scanner", "servers.other_jobs", "files-new: clamscan", line("0 22 * * * root /usr/bin/clamscan -r /srv")),
    Fault("memory", "servers.memory", "files-new", line("MemAvailable: 102400 kB", instead="MemAvailable:   25165824 kB")),
    Fault("stopped", "servers.service", "files-new: drive.service", line("ActiveState=failed", instead="ActiveState=active")),
    Fault("clock", "servers.clock", "files-new", line(f"{int(NOW.timestamp()) + 90}", instead=f"{int(NOW.timestamp())}")),
    Fault("busy", "servers.load", "files-new: processors",
          line("cpu 9000 0 500 90100 110 0 0 0 0 0", instead="cpu 1100 0 550 98000 110 0 0 0 0 0")),
    Fault("calls", "budgets.calls", "platform", calls),
    Fault("cards", "budgets.messages", "platform", cards),
    Fault("signing", "management.deal_date", "", plan(deal=[{"name": "Harbour", "spaces": ["Harbour"], "days": [STARTS.date()]}]), wave="first"),
    Fault("alone", "management.approval", "", plan(approval=[{"by": "李军"}])),
    Fault("drill", "management.drill", "", failed_drill),
    Fault("backup", "management.backup", "", plan(backup=(NOW - 90 * DAY).date())),
    Fault("training", "management.training", "", wave(1, trained=1), wave="second"),
    Fault("provider", "management.provider", "Movers", plan(provider=[{"name": "Movers"}])),
    Fault("forgotten", "management.space_unplanned", "", forgotten),
    Fault("stale facts", "management.stale_facts", "probe-0.json", _stale),
    Fault("nobody", "management.owners", "", lambda it: it.plan["owners"].pop("security") and None),
)  # fmt: skip
"""More than forty."""
