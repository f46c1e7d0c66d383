"""
Faults that were chosen when the checks stood already, by somebody who had not written them: each is found, alone in the firm.

What counts is the code and what it is about; of the firm in order `test_forty_faults` shows that nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lading.model.access import Grant, Link, Principal, PrincipalKind, Role
from lading.stages.readiness.facts.network import Connection, Measurement, ResolverAnswer, Try
from support.estate import DAY, NOW, Estate, fingerprint, passed_drill, put, scanned
from support.estate_faults import call, file, hang, limits, line, log, plan, wave

Plant = Callable[[Estate], object]
_EXPLORER = "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko"
_XP = "Mozilla/5.0 (Windows NT 5.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/49.0.2623.112 Safari/537.36"
_NIGHTLY = "rclone/v1.60.1"


@dataclass(frozen=True)
class Chosen:
    """What was *done* in the world, and the *code* that has to tell of it, *about* what."""

    name: str
    code: str
    about: str
    done: Plant


def far(it: Measurement) -> Measurement:
    """A line over a satellite."""
    assert it.trips is not None
    return replace(it, trips=replace(it.trips, median=0.7, shortest=0.68))


def old_tls(it: Estate) -> None:
    """The box in front of the new drive speaks an old TLS only."""
    tls = it.probes["Suzhou"].targets[0].tls
    assert tls is not None
    it.at("Suzhou", tls=replace(tls, version="TLSv1.1"))


def two_answers(it: Estate) -> None:
    """The resolver of the branch still knows the address of last year."""
    known = it.probes["Beijing"].targets[0].resolution
    answers = tuple(
        ResolverAnswer(resolver=resolver, addresses=(address,))
        for resolver, address in (("10.9.9.9", "192.0.2.1"), ("10.9.9.8", "198.51.100.7"))
    )
    it.at("Beijing", resolution=replace(known, answers=answers))


def half_dead(it: Estate) -> None:
    """One of two addresses of the new drive does not answer."""
    target = it.probes["Beijing"].targets[0]
    dead = Connection(address="192.0.2.2", port=443, outcome="refused")
    it.at("Beijing", connections=(*target.connections, dead))


def lost_owner(it: Estate) -> None:
    """Nobody answers for the outside counsel any more."""
    for drive in (it.old, it.new):
        drive.store.know(replace(drive.store.people["counsel"], owner=None))


def joined(it: Estate) -> None:
    """In the new drive somebody of finance was put into the legal department."""
    it.new.store.join("legal", "zhao")


def trainee(it: Estate) -> None:
    """A trainee came after the accounts of the new drive were made, and has a right of their own."""
    it.old.store.know(Principal(PrincipalKind.PERSON, "xu", "徐强", "xu@firm.example", "xu"))
    it.old.store.hang(Grant(("Bridge",), it.old.store.people["xu"], frozenset(), role=Role.DOWNLOAD))


def nightly(it: Estate) -> None:
    """A program that nobody wrote down copies everything, each night at two."""
    it.log += [
        call("svc-copy", _NIGHTLY, (NOW - day * DAY).replace(hour=2, minute=number % 60), "GET /dav/x")
        for day in range(20)
        for number in range(30)
    ]


CHOSEN = (
    Chosen("proxy of ten megabytes", "network.body_limit", "Suzhou", limits("Suzhou", body_passed=8 << 20, body_refused=10 << 20)),
    Chosen("old tls", "network.old_tls", "Suzhou", old_tls),
    Chosen("clock of a branch", "network.clock_skew", "Beijing", lambda it: it.at("Beijing", clock_skew=600.0)),
    Chosen("two answers", "network.resolvers_disagree", "Beijing", two_answers),
    Chosen("one address dead", "network.address_dead", "Beijing", half_dead),
    Chosen("satellite", "network.delay", "Beijing", lambda it: it.rounds("Beijing", far)),
    Chosen("no websocket", "network.websocket", "Suzhou", limits("Suzhou", sockets=Try(what="sockets", outcome="refused", status=403))),
    Chosen("half a download", "content.unfinished", "", file("Bridge", "报告.pdf.crdownload", content=b"%PDF-1.7 half")),
    Chosen("lock file of Word", "content.unfinished", "", file("Harbour", "~$合同.docx", content=b"lin")),
    Chosen("key of a machine", "content.keys", "", file("Bridge", "deploy.ppk")),
    Chosen("passport", "content.identity_papers", "", file("Templates", "护照_李四.png")),
    Chosen("drill of two months ago", "management.drill", "", lambda it: setattr(it, "drill", passed_drill(NOW - 60 * DAY))),
    Chosen("no drill", "management.drill", "", lambda it: setattr(it, "drill", None)),
    Chosen("no inodes", "servers.inodes", "/srv", line("/dev/sda1 65000000 64999990 10 100% /srv", instead="/dev/sda1 65000000 1000000 64000000 2% /srv")),
    Chosen("few open files", "servers.limits", "drive.service", line("LimitNOFILE=256", instead="LimitNOFILE=65536")),
    Chosen("certificate of the past", "servers.certificate", "drive.pem", line("notAfter=Jan  1 00:00:00 2026 GMT\n#", instead="notAfter=")),
    Chosen("clock that nobody sets", "servers.clock", "files-new", line("NTPSynchronized=no", instead="NTPSynchronized=yes")),
    Chosen("backup in the window", "servers.other_jobs", "borg", line("30 21 * * * root /usr/bin/borg create /mnt/b::x /srv")),
    Chosen("internet explorer", "compatibility.unsupported", "IE", log(call("sun", _EXPLORER, request="GET /index.php"))),
    Chosen("windows xp", "compatibility.ended", "Windows XP", log(call("zhou", _XP, request="GET /index.php"))),
    Chosen("copier at night", "compatibility.integration", "svc-copy", nightly),
    Chosen("risk without an answer", "management.plan_incomplete", "", plan(risk=[{"what": "the line breaks", "answer": ""}])),
    Chosen("no goal", "management.plan_incomplete", "", plan(goal="")),
    Chosen("window of yesterday", "management.window_past", "", wave(0, starts=NOW - DAY)),
    Chosen("space that is not there", "management.space_absent", "", wave(1, spaces=["Bridge", "Ghost"])),
    Chosen("nobody's guest", "rights.ownerless_guests", "", lost_owner),
    Chosen("link without an end", "rights.endless_links", "", hang(Link(("Bridge",), "l9", frozenset(), None, True, Role.EDIT, by="liu"))),
    Chosen("department that grew", "rights.wider", "", joined),
    Chosen("trainee", "rights.unmapped", "", trainee),
    Chosen("year 2150", "content.time", "", lambda it: put(it.old, "Bridge", "plan.mpp", modified=NOW.replace(year=2150))),
)  # fmt: skip


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Manifests of both drives in order."""
    place, it = tmp_path_factory.mktemp("estate"), Estate()
    return {side: scanned(drive, place / side, side) for side, drive in (("old", it.old), ("new", it.new))}


@pytest.mark.parametrize("chosen", CHOSEN, ids=lambda it: it.name)
def test_a_chosen_fault_is_found(chosen: Chosen, kept: dict[str, Path], tmp_path: Path) -> None:
    """It is told by its code and what it is about."""
    estate = Estate()
    before = {side: fingerprint(drive) for side, drive in (("old", estate.old), ("new", estate.new))}
    chosen.done(estate)
    after = {"old": fingerprint(estate.old), "new": fingerprint(estate.new)}
    reused = {side: place for side, place in kept.items() if before[side] == after[side]}
    findings = estate.assess(tmp_path, kept=reused)["findings"]

    assert [it for it in findings if it["code"] == chosen.code and chosen.about in str(it["subject"])], [
        (it["code"], it["subject"]) for it in findings
    ]
