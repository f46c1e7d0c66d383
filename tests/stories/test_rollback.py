"""
A firm moves, works for two hours on the new drive, and goes back: with all that work, and nothing lost.
"""

from __future__ import annotations

import csv
import os
import random
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.conditions import ANYTHING
from lading.connectors.lading import open as open_lading
from lading.connectors.registry import open_drive
from lading.model.access import Effect, Grant, Principal, PrincipalKind, Role, Version
from lading.model.errors import DriveError
from lading.testkit.servers import ApacheServer, require_server
from lading.testkit.servers.lading_drive import LOGIN, SPACE, LadingDriveServer
from lading.testkit.servers.local import HOST
from support.command import Answer, lading
from support.rollbacks import every_content, files, put, walked

pytestmark = pytest.mark.slow
OLD, NEW = "ROLLBACK_OLD", "ROLLBACK_NEW"
BOB = Principal(PrincipalKind.PERSON, "bob")
_PEOPLE = """
from lading.drive.actor import SYSTEM
from lading.drive.people import admins, principals
admins.give_admin_role(SYSTEM, principals.find("alice").id, "system")
principals.add(SYSTEM, "person", "bob", name="Bob", mail="bob@firm.example")
"""
FOLDERS = ("贷款协议 Loan", "财务 Model", "计划 Plan", "尽调 Diligence")


class Firm:
    """Two drives and a state folder; *old* and *new* are addresses as the command takes them."""

    def __init__(self, place: Path, old: Address, new: Address, dice: random.Random) -> None:
        self.place, self.old, self.new, self.dice = place, old, new, dice

    def on(self, side: str) -> AbstractContextManager[Drive]:
        """The drive on that side, opened as people use it."""
        return open_drive(self.old if side == "old" else self.new)

    def lading(self, *words: object, code: int = 0) -> Answer:
        """A command; it must end with *code*."""
        done = lading(*words, "--state", self.place / "state", "--json")
        assert code == done.code, done.out + done.err
        return done

    def named(self, side: str) -> Path:
        """A file with the address of that side."""
        it = self.old if side == "old" else self.new
        options = "".join(f'{name} = "{value}"\n' for name, value in it.options.items())
        file = self.place / f"{side}.toml"
        file.write_text(f'kind = "{it.kind}"\nplace = "{it.place}"\n{options}', encoding="utf-8")
        return file

    def fill(self) -> None:
        """Deals with documents, some with earlier versions."""
        with self.on("old") as drive:
            for folder in FOLDERS:
                for number in range(8):
                    for _ in range(self.dice.choice([1, 1, 3]) if drive.versions else 1):
                        put(drive, (folder, f"卷 {number % 2}", f"文件 {number}.docx"), self.content())

    def content(self) -> bytes:
        """A content that nobody else has."""
        return self.dice.randbytes(self.dice.randrange(1, 3000)) + os.urandom(8)

    def work(self, side: str, things: int) -> None:
        """What people do in an hour: mostly edits."""
        with self.on(side) as drive:
            for _ in range(things):
                self.thing(drive)

    def thing(self, drive: Drive) -> None:
        """One thing that a person does."""
        entries = walked(drive)
        papers = [it.path for it in entries if it.is_file]
        folders = [it.path for it in entries if it.is_folder]
        one, folder = self.dice.choice(papers), self.dice.choice(folders)
        what = self.dice.choice(
            ["edit"] * 5 + ["make", "make", "rename", "move", "folder", "rename folder", "delete"]
        )
        fresh = f"新 {self.dice.randrange(10**6)}"
        try:
            if what == "edit":
                put(drive, one, self.content())
            elif what == "make":
                put(drive, (*folder, fresh + ".xlsx"), self.content())
            elif what == "folder":
                put(drive, (*folder[:2], fresh, "first.txt"), self.content())
            elif what == "delete":
                drive.remove(one, expect=ANYTHING)
            elif drive.moves is not None:
                source = folder if what == "rename folder" else one
                target = (*source[:-1], fresh) if what != "move" else (*folder, fresh)
                drive.moves.move(source, target, expect=ANYTHING)
        except DriveError:
            return


@pytest.fixture(params=["apache", "ours"])
def firm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Firm]:
    """From Apache to a folder, and from a drive of ours to another."""
    dice = random.Random(7)
    (tmp_path / "place").mkdir()
    if request.param == "apache":
        with require_server(ApacheServer) as server:
            os.environ[OLD] = server.password
            login = {"user": server.user, "password": f"env:{OLD}"}
            old, new = Address("webdav", server.url, login), Address("folder", str(tmp_path / "new"))
            yield Firm(tmp_path / "place", old, new, dice)
        return
    with LadingDriveServer(tmp_path / "old-home") as old, LadingDriveServer(tmp_path / "new-home") as new:
        for server, token in ((old, OLD), (new, NEW)):
            server.run(_PEOPLE)
            os.environ[token] = server.token
        yield Firm(tmp_path / "place", ours(old, "旧", OLD), ours(new, "新", NEW), dice)


def ours(server: LadingDriveServer, folder: str, token: str) -> Address:
    where = f"http://{HOST}:{server.port}/{SPACE}/{folder}"
    return Address("lading", where, {"token": f"env:{token}", "create": "yes"})


def test_two_hours_of_work_come_back(firm: Firm) -> None:
    """
    Edits, renames, new folders, deletions on NEW, and a few edits on OLD: after the rollback OLD holds every later
    content and all it had, a second run changes nothing, and the books close.
    """
    firm.fill()
    firm.lading("copy", firm.named("old"), firm.named("new"))
    firm.lading("rollback", "mark", firm.named("old"), firm.named("new"), "--until", "2199-01-01")
    with firm.on("new") as new:
        at_the_switch = set(files(new).values())
    later: set[bytes] = set()
    for _ in range(2):
        firm.work("new", 18)
        firm.lading("rollback", "journal")
        with firm.on("new") as new:
            later |= set(files(new).values())
    firm.work("old", 3)
    with firm.on("old") as old:
        before, held = files(old), every_content(old)
    plan = firm.lading("rollback", "--plan").json["plan"]
    with firm.on("old") as old:
        assert before == files(old)
    ended = firm.lading("rollback").json
    with firm.on("old") as old:
        after, holds = files(old), every_content(old)
    second = firm.lading("rollback").json

    assert plan["writes"] == ended["changed"] > 0
    assert held <= holds
    assert later - at_the_switch <= holds
    assert len(before) <= len(after)
    assert (0, True) == (second["changed"], second["proof"]["holds"])
    with firm.on("old") as old:
        assert after == files(old)
    for part in ("switch", "later"):
        counted = ended["proof"][part]
        assert counted["found"] == sum(counted["buckets"].values())
    status = firm.lading("rollback", "status").json
    assert ("finished", "2199-01-01") == (status["last"]["state"], status["until"])
    assert 0 == lading("ledger", "check", firm.place / "state" / status["job"] / "ledger.jsonl").code


@pytest.fixture
def rights(tmp_path: Path) -> Iterator[Firm]:
    """Two drives of ours with a few files, moved with their rights and marked."""
    with LadingDriveServer(tmp_path / "old-home") as old, LadingDriveServer(tmp_path / "new-home") as new:
        for server, token in ((old, OLD), (new, NEW)):
            server.run(_PEOPLE)
            os.environ[token] = server.token
        (tmp_path / "place").mkdir()
        firm = Firm(tmp_path / "place", ours(old, "旧", OLD), ours(new, "新", NEW), random.Random(1))
        with firm.on("old") as drive:
            for folder in ("a", "b", "c"):
                put(drive, (folder, "file"), folder.encode())
            assert drive.grants is not None
            drive.grants.set(Grant(("a",), BOB, frozenset(), role=Role.DOWNLOAD))
        firm.lading("copy", firm.named("old"), firm.named("new"), "--with", "grants,versions")
        firm.lading("rollback", "mark", firm.named("old"), firm.named("new"))
        yield firm


def bobs(firm: Firm) -> set[tuple[object, ...]]:
    with firm.on("old") as drive:
        assert drive.grants is not None
        return {(it.path, it.effect, it.role) for it in drive.grants.all() or () if it.principal.id == "bob"}


def test_rights_are_decided_one_by_one(rights: Firm) -> None:
    """
    A denial comes back unasked, a wider grant waits for a decision and is given when it was made; a folder that is
    closed in NEW is closed in OLD before anything is in it; what two people edited is told to both.
    """
    firm = rights
    with open_lading(firm.new) as new, open_lading(firm.old) as old:
        new.grants.set(Grant(("a",), BOB, frozenset(), role=Role.EDIT))
        new.grants.set(Grant(("b",), BOB, frozenset(), Effect.DENY, role=Role.PREVIEW))
        new.make_folder(("walled",))
        new.grants.set(Grant(("walled",), BOB, frozenset(), Effect.DENY, role=Role.PREVIEW))
        put(new, ("walled", "secret"), b"of one deal")
        for drive, word in ((new, b"NEW"), (old, b"OLD")):
            version = Version("", 1_800_000_000_000_000_000, 3, LOGIN, modified=1_800_000_000_000_000_000)
            drive.versions.add(("c", "file"), [word], version, expect=ANYTHING)
    waiting = firm.lading("rollback", code=69).json
    folder = firm.place / "state" / firm.lading("rollback", "status").json["job"] / "rollback"
    first = bobs(firm)
    decide(folder / "decisions.csv")
    done = firm.lading("rollback").json

    assert 1 == waiting["plan"]["rights"]["open"]
    assert {
        (("a",), Effect.ALLOW, Role.DOWNLOAD),
        (("b",), Effect.DENY, Role.PREVIEW),
        (("walled",), Effect.DENY, Role.PREVIEW),
    } == first
    assert (("a",), Effect.ALLOW, Role.EDIT) in bobs(firm)
    assert 0 == done["changed"]
    told = [line for line in (folder / "messages.jsonl").read_text("utf-8").splitlines() if LOGIN in line]
    assert 2 == len(told)
    with firm.on("old") as drive:
        assert {b"OLD", b"NEW"} <= set(files(drive).values())


def decide(file: Path) -> None:
    """Fill in the open decisions."""
    with file.open(newline="", encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        row["decision"] = row["decision"] or "carry"
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_the_point_of_no_return(tmp_path: Path) -> None:
    """Closing takes two people; after it a rollback is refused, saying who closed it, and nothing is written to OLD."""
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a").write_text("a")
    firm = Firm(
        tmp_path,
        Address("folder", str(tmp_path / "old")),
        Address("folder", str(tmp_path / "new")),
        random.Random(),
    )
    firm.lading("rollback", code=67)
    firm.lading("rollback", "mark", firm.named("old"), firm.named("new"), code=67)
    firm.lading("copy", firm.named("old"), firm.named("new"))
    firm.lading("rollback", "mark", firm.named("old"), firm.named("new"))
    firm.lading("rollback", "mark", firm.named("old"), firm.named("new"), "--again", code=2)
    firm.lading("rollback", "mark", firm.named("old"), firm.named("new"), "--again", "--confirmed-by", "anna")
    (tmp_path / "new" / "a").write_text("later")
    firm.lading("rollback", "close", "--by", "li.na", "--confirmed-by", "LI.NA", code=2)
    firm.lading("rollback", "close", "--by", "li.na", "--confirmed-by", "anna")
    again = ("--again", "--confirmed-by", "anna")
    firm.lading("rollback", "mark", firm.named("old"), firm.named("new"), *again, code=66)
    refused = firm.lading("rollback", code=66).json

    assert "li.na, anna" in refused["error"]["message"]["en"]
    assert "restore" in refused["error"]["remedy"]["en"]
    assert "a" == (tmp_path / "old" / "a").read_text()
