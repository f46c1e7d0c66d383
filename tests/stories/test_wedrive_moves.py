"""
A firm leaves WeDrive for a drive of ours under the paid quota of calls, of which little is left in this month: the copy
pauses in good order, and goes on next month by the same command.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path as LocalPath
from typing import Any

import pytest

from lading.connectors.wedrive.clock import CHINA
from lading.connectors.wedrive.quota import PAID
from lading.model.access import PrincipalKind, Role
from lading.model.errors import FAILED_OBJECTS, CallsUsedUp
from lading.testkit.contract.support import content_of
from lading.testkit.servers import require_server
from lading.testkit.servers.wedrive import WeDriveEmulator
from support.command import Answer, lading
from support.firm_cargo import SPACES, WALLED, Cargo, build_cargo
from support.firm_drive import MOVERS, FirmDrive, firm_drive
from support.wedrive import Firm
from support.wedrive_firm import MOVED, Stored, settle

pytestmark = pytest.mark.slow
EVENING = datetime(2026, 11, 30, 20, tzinfo=CHINA)
CANNOT = "versions,locks,labels,comments"
"""What WeDrive cannot tell of anything, by the scan's own words."""
TOLERATED = f"""
[[gain]]
person = "{MOVERS[0]}"
path = "/"
role = "manage"
reason = "the account of the move"
"""
HANDED = 25
"""Calls that are left for contents when the scan of the copy is done."""


@dataclass(frozen=True)
class Story:
    """What each command said."""

    stored: Stored
    contract: dict[str, Any]
    paused: Answer
    left: dict[str, Any]
    """The count of calls after the pause."""
    again: Answer
    resumed: Answer
    new_month: dict[str, Any]
    verified: Answer
    access: Answer
    cards: int
    downloads: int
    """Contents that were asked for while the firm was copied."""


@pytest.fixture(scope="module")
def cargo() -> Cargo:
    """What the firm has."""
    return build_cargo(files=160)


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory, cargo: Cargo) -> Iterator[FirmDrive]:
    """The drive of ours, which knows the same people and has a space for each deal."""
    with firm_drive(tmp_path_factory.mktemp("new") / "home", cargo.firm) as drive:
        yield drive


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, cargo: Cargo, new: FirmDrive) -> Iterator[Story]:
    """The move, from the contract to the last proof."""
    folder = tmp_path_factory.mktemp("wedrive")
    with require_server(WeDriveEmulator) as server:
        firm = Firm(server, folder / "calls")
        stored = settle(firm, cargo)
        server.control("clock", now=EVENING.timestamp())
        yield _told(firm, stored, folder, new.named(MOVERS[0], ()))


def _told(firm: Firm, stored: Stored, folder: LocalPath, new: LocalPath) -> Story:
    old = stored.named(firm, folder)
    sides = _scanned(folder, old, "old"), _scanned(folder, new, "new")
    map_, state = folder / "map.csv", folder / "state"
    lading("identity", *sides, "--write", map_)
    # Not every grant is told for certain, which has to be accepted by name.
    waived = ("--waive", f"{CANNOT},grants", "--sign", "--yes")
    promised = lading("fidelity", *sides, "--map", map_, *waived, "--state", state, "--json")
    assert "signed" in promised.json, promised.out
    _seed(firm, left=_count(firm)["calls"] + HANDED)
    downloads = _downloads(firm)
    along = ("--with", "grants,links", "--map", map_, "--contract", promised.json["signed"]["file"])
    copy = ("copy", old, new, "--state", state, *along, "--json")
    paused, left, again = lading(*copy), _count(firm), lading(*copy)
    downloads = _downloads(firm) - downloads
    firm.server.control("clock", now=(EVENING + timedelta(hours=4)).timestamp())
    resumed, new_month = lading(*copy), _count(firm)
    downloads += _downloads(firm)
    verified = lading("verify", old, new, "--state", state, "--json")
    (folder / "tolerated.toml").write_text(TOLERATED, encoding="utf-8")
    after = sides[0], _scanned(folder, new, "new-after"), "--tolerate", folder / "tolerated.toml"
    access = lading("access", "diff", *after, "--people", map_, "--json")
    return Story(
        stored,
        promised.json,
        paused,
        left,
        again,
        resumed,
        new_month,
        verified,
        access,
        firm.cards(),
        downloads,
    )


def _scanned(folder: LocalPath, drive: LocalPath, name: str) -> LocalPath:
    done = lading("scan", drive, "--with", "all", "-o", folder / name)
    assert 0 == done.code, done.err
    return folder / name


def _counted(firm: Firm) -> LocalPath:
    (file,) = firm.state.glob("calls-*.json")
    return file


def _count(firm: Firm) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(_counted(firm).read_text())
    return told


def _seed(firm: Firm, *, left: int) -> None:
    """As if the firm had made so many calls this month that *left* are left."""
    _counted(firm).write_text(json.dumps({"month": "2026-11", "calls": PAID - left}))


def _downloads(firm: Firm) -> int:
    return firm.calls().get("file_download", 0)


def test_a_folder_moves_into_wedrive(tmp_path: LocalPath) -> None:
    """
    Into WeDrive: contents arrive, names that it cannot hold are mapped and listed, the empty file fails by its code and is
    missed by `verify`; nobody is sent a card, and a second pass has nothing to do but try the empty file again.
    """
    old, state = tmp_path / "old", tmp_path / "state"
    contents = {
        "合同/第1号 贷款协议.docx": b"loan " * 4000,
        "合同/2026/模型 v2.xlsx": bytes(range(256)) * 12_000,
        "合同/what: is *this*?.txt": b"mapped",
        f"{'融' * 83}.txt": b"long",
        "trailing dot.": b"kept",
    }
    for name, content in contents.items():
        (old / name).parent.mkdir(parents=True, exist_ok=True)
        (old / name).write_bytes(content)
    (old / "empty.txt").touch()
    with require_server(WeDriveEmulator) as server:
        firm = Firm(server, tmp_path / "calls")
        new = f"wedrive:{firm.space()}/移交"
        options = [word for it in firm.options().items() for word in ("--new-opt", "=".join(it))]
        copy = ("copy", old, new, *options, "--state", state, "--json")
        first, second = lading(*copy), lading(*copy)
        verified = lading("verify", old, new, *options, "--state", state, "--json")
        cards, uploads = firm.cards(), firm.calls()["file_upload_init"]
        (failed,) = (state / first.json["job"]).glob("passes/0001/failures.jsonl")
        failures = [json.loads(line) for line in failed.read_text(encoding="utf-8").splitlines()]

    assert (FAILED_OBJECTS, FAILED_OBJECTS) == (first.code, second.code), first.out
    assert [("unable", "empty.txt")] == [(it["code"], it["path"].strip("/")) for it in failures]
    assert (1, len(contents)) == (first.json["account"]["mapped"], uploads)
    assert "differences" in verified.json, verified.out
    assert {"missing": 1} == verified.json["differences"]
    assert len(contents) == verified.json["read"]["objects"]
    assert 0 == cards


def test_a_scan_pauses_too(tmp_path: LocalPath) -> None:
    """A scan that uses the calls up keeps what it found, and the same command ends it next month."""
    with require_server(WeDriveEmulator) as server:
        firm = Firm(server, tmp_path / "calls")
        space = firm.space()
        for number in range(40):
            server.control("folder", fatherid=space, name=f"项目 {number}")
        server.control("clock", now=EVENING.timestamp())
        options = [word for it in firm.options(quota="90").items() for word in ("--opt", "=".join(it))]
        scan = ("scan", f"wedrive:{space}", "-o", tmp_path / "manifest", *options)
        firm.state.mkdir()
        kept = firm.state / f"calls-{server.corpid}.json"
        kept.write_text(json.dumps({"month": "2026-11", "calls": 70}))
        paused = lading(*scan)
        server.control("clock", now=(EVENING + timedelta(hours=4)).timestamp())
        resumed = lading(*scan)

    assert CallsUsedUp.exit_code == paused.code
    assert "2026-12-01 00:00 (UTC+8)" in paused.err
    assert 0 == resumed.code, resumed.err
    assert "40 folders" in resumed.out


def test_the_copy_pauses_when_the_calls_are_used_up(story: Story) -> None:
    """It ends with a code of its own, says what was moved and when to go on; nothing more is asked in this month."""
    error = story.paused.json["error"]

    assert (CallsUsedUp.exit_code, CallsUsedUp.code) == (story.paused.code, error["code"])
    assert "2026-12-01 00:00 (UTC+8)" in error["remedy"]["en"]
    assert "2026-12-01 00:00 (UTC+8)" in error["remedy"]["zh"]
    assert "Pass 1 pauses: " in story.paused.err
    assert {"month": "2026-11", "calls": PAID} == story.left
    assert CallsUsedUp.exit_code == story.again.code


def test_it_goes_on_next_month_by_the_same_command(story: Story) -> None:
    """The pass that was begun ends: all that can be moved is moved, each content read once."""
    account = story.resumed.json["account"]
    objects = {name: it["objects"] for name, it in account["buckets"].items() if it["objects"]}

    assert (FAILED_OBJECTS, True, 1) == (story.resumed.code, story.resumed.json["resumed"], account["pass"])
    expected = {"moved": story.stored.entries - len(MOVED) - 1, "same": len(MOVED), "failed": 1}
    assert expected == objects
    assert account["closed"]
    assert len(story.stored.files) == story.downloads
    assert "2026-12" == story.new_month["month"]


def test_losses_are_those_of_the_contract(story: Story) -> None:
    """The contract announces the document that lives in WeDrive alone and the switches of the spaces, and nothing else."""
    lines = [line for it in story.contract["contract"]["accounts"] for line in it["lines"]]
    account = story.resumed.json["account"]

    announced = {"content.unreadable": 1, "file_time.no_entry": 1, "setting.lost": 12 * len(MOVED)}
    assert announced == {it["code"]: it["count"] for it in lines}
    assert [] == account["contract"]["unannounced"]
    assert {} == {code: count for it in account["features"].values() for code, count in it["codes"].items()}


def test_every_content_is_the_same(story: Story, new: FirmDrive) -> None:
    """`verify` reads both sides and misses the native document alone; the firm's own books say the same."""
    told = story.verified.json
    beside = len(SPACES) - len(WALLED) // 2 - len(MOVED)

    assert {"missing": 1, "extra": beside} == told["differences"], told
    assert told["found"]["objects"] - 1 == told["equal"]
    assert len(story.stored.files) == told["read"]["objects"]
    with new.opened(MOVERS[0]) as drive:
        assert story.stored.files == {path: content_of(drive, path) for path in story.stored.files}


def test_members_have_what_was_given_by_hand(story: Story, new: FirmDrive, cargo: Cargo) -> None:
    """Admins, editors and readers of each space are that in the new one, and nobody gained anything."""
    with new.opened(MOVERS[0]) as drive:
        for space in MOVED:
            roles = {(it.principal.kind, it.role) for it in drive.grants.list((space,))}
            assert {
                (PrincipalKind.PERSON, Role.MANAGE),
                (PrincipalKind.PERSON, Role.EDIT),
                (PrincipalKind.DEPARTMENT, Role.DOWNLOAD),
            } <= roles
    assert 0 == sum(it["gained"] for it in story.access.json["moments"])
    assert all(it["same"] > len(story.stored.files) for it in story.access.json["moments"])


def test_nobody_was_sent_a_card(story: Story) -> None:
    """Members of the spaces hear nothing of the move."""
    assert 0 == story.cards
