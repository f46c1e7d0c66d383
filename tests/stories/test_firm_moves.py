"""
The whole firm moves: 200 people in nested departments and groups, eight deals of which two stand behind a wall, up to fifty
versions of a file, rights of every sort, links with every limit.  To another drive of ours, to a plain WebDAV
server, and from a folder with POSIX lists; each by the commands that the manual tells.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as LocalPath

import pytest

from lading.connectors.conditions import ABSENT, ANYTHING
from lading.model.access import Effect, Grant, Principal, PrincipalKind, Role
from lading.testkit.servers import WsgiDavServer, require_server
from lading.testkit.world.deals import DEALS
from support.command import Answer, lading
from support.firm_cargo import FIRST_PASSWORD, MOST_VERSIONS, SPACES, WALLED, Cargo, build_cargo
from support.firm_drive import MOVERS, FirmDrive, fill, firm_drive, leads
from support.posix_share import posix_share

pytestmark = pytest.mark.slow
DEAL = SPACES[3]
"""A deal without a wall, in which people go on working."""
NEITHER = ("--waive", "labels,comments,settings")
"""Our drive has no such thing, and says so."""
TOLERATED = f"""
[[gain]]
person = "{MOVERS[0]}"
path = "/"
role = "manage"
reason = "the account of the move"
"""
CANARIES = """
[[gain]]
anyone = true
path = "{folder}"
role = "download"
reason = "canaries are open to all"
"""
APART = f"""
[[wall]]
name = "rivals"
a = ["/{WALLED[0]}"]
b = ["/{WALLED[1]}"]
"""
BOTH = f"""
[[both]]
person = "{MOVERS[0]}"
reason = "the account of the move"

[[both]]
person = "{os.getuid()}"
reason = "the owner of the file server"
"""
HANGING = ("version", "version_time", "version_author", "version_label", "grant", "denial", "break", "link")
"""What is lost of these stands in the account of a pass; what becomes of people is nothing that a pass does."""


@dataclass(frozen=True)
class Move:
    """One move in *folder*, from the drive that *old* names to the one that *new* names."""

    folder: LocalPath
    old: LocalPath
    new: LocalPath

    @property
    def map(self) -> LocalPath:
        return self.folder / "map.csv"

    def scanned(self, name: str, drive: LocalPath, *words: object) -> LocalPath:
        """A manifest of *drive* with all that it tells."""
        done = lading("scan", drive, "--with", "all", "-o", self.folder / name, *words)
        assert 0 == done.code, done.err
        return self.folder / name

    def signed(self) -> tuple[Answer, Answer]:
        """What `identity` and `fidelity` say before the first pass; the contract is signed."""
        sides = self.scanned("old-0", self.old), self.scanned("new-0", self.new)
        who = lading("identity", *sides, "--write", self.map, "--json")
        words = ("--map", self.map, *NEITHER, "--sign", "--yes", "--state", self.folder / "state", "--json")
        return who, lading("fidelity", *sides, *words)

    def carried(self, contract: LocalPath, features: str = "versions,grants,links") -> Answer:
        """One pass with *features*, held against *contract*."""
        along = ("--with", features, "--map", self.map, "--contract", contract)
        return lading("copy", self.old, self.new, "--state", self.folder / "state", *along, "--json")

    def checked(self, name: str) -> tuple[Answer, Answer]:
        """What `compare` and `access diff` say after a pass."""
        sides = self.scanned(f"old-{name}", self.old), self.scanned(f"new-{name}", self.new)
        same = lading("compare", *sides, "--json")
        return same, lading("access", "diff", *sides, "--people", self.map, "--json")


@dataclass(frozen=True)
class Moved:
    """A move after two passes, and what each command said."""

    move: Move
    who: Answer
    promised: Answer
    passes: tuple[Answer, Answer]

    @property
    def contract(self) -> LocalPath:
        return LocalPath(self.promised.json["signed"]["file"])


@pytest.fixture(scope="module")
def cargo() -> Cargo:
    """What the firm has."""
    return build_cargo()


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory, cargo: Cargo) -> Iterator[FirmDrive]:
    """The drive in which the firm has worked so far."""
    with firm_drive(tmp_path_factory.mktemp("old") / "home", cargo.firm) as drive:
        fill(drive, cargo)
        yield drive


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory, cargo: Cargo) -> Iterator[FirmDrive]:
    """A drive on another port that knows the same people and has the same wall, and is empty."""
    with firm_drive(tmp_path_factory.mktemp("new") / "home", cargo.firm) as drive:
        yield drive


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory, old: FirmDrive, new: FirmDrive) -> Mapping[str, Moved]:
    """The move by each of the two accounts, one for either side of the wall."""
    return {
        mover: _moved(tmp_path_factory.mktemp(mover), old.named(mover), new.named(mover)) for mover in MOVERS
    }


def _moved(folder: LocalPath, old: LocalPath, new: LocalPath) -> Moved:
    move = Move(folder, old, new)
    who, promised = move.signed()
    assert "signed" in promised.json, promised.out
    contract = LocalPath(promised.json["signed"]["file"])
    return Moved(move, who, promised, (move.carried(contract), move.carried(contract)))


def buckets(answer: Answer, feature: str) -> dict[str, int]:
    """In which buckets the account has what of *feature*, without the empty ones."""
    told = answer.json["account"]["features"][feature]["buckets"]
    return {name: count for name, count in told.items() if count}


def objects(answer: Answer) -> dict[str, int]:
    """The buckets of files and folders, without the empty ones."""
    told = answer.json["account"]["buckets"]
    return {name: count["objects"] for name, count in told.items() if count["objects"]}


def announced(promised: Answer) -> dict[str, int]:
    """The losses that the contract announces, by code."""
    accounts = promised.json["contract"]["accounts"]
    return {line["code"]: line["count"] for it in accounts for line in it["lines"]}


def found(done: Answer) -> dict[str, int]:
    """The losses that the account of a pass names, by code."""
    features = done.json["account"]["features"]
    return {code: count for it in features.values() for code, count in it["codes"].items()}


def changed(diff: Answer) -> tuple[int, int]:
    """Pairs that gained, pairs that lost, over all moments."""
    moments = diff.json["moments"]
    return sum(it["gained"] for it in moments), sum(it["lost"] for it in moments)


def test_nothing_is_lost_and_the_contract_says_so(moved: Mapping[str, Moved]) -> None:
    """Everybody is mapped, the contract knows of nothing but new URLs, and the account of the pass tells the same by code and count."""
    for one in moved.values():
        assert (0, 0) == (one.who.code, one.passes[0].code)
        assert {"link.new", "link.password", "link.rest"} >= set(announced(one.promised))
        assert announced(one.promised) == found(one.passes[0])
        assert {"moved", "same"} >= set(objects(one.passes[0]))


def test_a_second_pass_changes_nothing(moved: Mapping[str, Moved]) -> None:
    """All files, versions and rights are the same by then, and no link is made twice."""
    for one in moved.values():
        second = one.passes[1]

        assert 0 == second.code
        assert {"same"} == set(objects(second))
        assert {"same"} == {
            name for it in ("versions", "grants", "denials", "breaks") for name in buckets(second, it)
        }
        assert buckets(one.passes[0], "links") == buckets(second, "links")


def test_every_version_is_what_the_firm_saved(
    moved: Mapping[str, Moved], new: FirmDrive, cargo: Cargo
) -> None:
    """Order, author, both times, size, label and digest of each version over the wire are those of the firm's own books."""
    there = {path: it for mover in moved for path, it in new.versions(mover).items()}

    assert cargo.versions() == there
    assert MOST_VERSIONS == max(map(len, there.values()))


def test_nobody_gains_or_loses_access(
    moved: Mapping[str, Moved], old: FirmDrive, new: FirmDrive, cargo: Cargo
) -> None:
    """The two drives have the same grants, tables that compare equal, and not one person who may do more or less, now or later."""
    for mover, one in moved.items():
        same, diff = one.move.checked("moved")

        assert (0, 0, (0, 0)) == (same.code, diff.code, changed(diff))
        assert all(it["same"] > len(cargo.saved) // 4 for it in diff.json["moments"])
        assert old.grants(mover) == new.grants(mover)


def test_nobody_stands_on_both_sides_of_the_wall(moved: Mapping[str, Moved], tmp_path: LocalPath) -> None:
    """No account may see both rivals; what the two of the move are told proves together that nobody does, in OLD and in NEW."""
    walls = tmp_path / "walls.toml"
    walls.write_text(APART, encoding="utf-8")
    most, rival = (moved[mover].move for mover in MOVERS)
    for name in ("old", "new"):
        first, second = (one.scanned(f"{name}-walls", getattr(one, name)) for one in (most, rival))
        both = (first, "--also", WALLED[1], second)
        said = lading("access", "walls", *both, "--walls", walls, "--json")

        assert (0, []) == (said.code, said.json["walls"]), said.out
        # One alone has not seen both.
        assert 2 == lading("access", "walls", first, "--walls", walls).code


def test_links_keep_their_limits(moved: Mapping[str, Moved], old: FirmDrive, new: FirmDrive) -> None:
    """Role, end, password or none, downloads that are left, the pinned content and who may open it are those of the old links."""
    for mover in moved:
        assert old.links(mover) == new.links(mover)
    assert 50 == sum(len(new.links(mover)) for mover in moved)


def test_a_third_pass_carries_what_people_did(
    moved: Mapping[str, Moved], old: FirmDrive, new: FirmDrive, cargo: Cargo
) -> None:
    """
    While people work on OLD, NEW falls behind; the next pass carries what they did and nothing else, and both drives are
    equal again.
    """
    one = moved[MOVERS[0]]
    before = new.links(MOVERS[0])
    _work(old, cargo)
    third = one.move.carried(one.contract)
    same, diff = one.move.checked("worked")

    assert 0 == third.code, third.out
    total = sum(objects(one.passes[0]).values())
    assert {"moved": 2, "same": total - 1} == objects(third)
    versions, grants, denials, links = (
        sum(buckets(one.passes[0], it).values()) for it in ("versions", "grants", "denials", "links")
    )
    assert {"moved": 2, "same": versions} == buckets(third, "versions")
    # One is lowered and one is no more.
    assert {"moved": 1, "same": grants - 2} == buckets(third, "grants")
    assert {"moved": 1, "same": denials} == buckets(third, "denials")
    assert {"translated": links - 1} == buckets(third, "links")
    assert 1 == len(before) - len(new.links(MOVERS[0]))
    assert (0, 0, (0, 0)) == (same.code, diff.code, changed(diff))
    assert old.versions(MOVERS[0]) == new.versions(MOVERS[0])
    assert old.grants(MOVERS[0]) == new.grants(MOVERS[0])
    assert old.links(MOVERS[0]) == new.links(MOVERS[0])


def _work(old: FirmDrive, cargo: Cargo) -> None:
    """
    What the lead of a deal does between two passes: one content more and one file more, one grant lowered and one taken
    away, one denial, the link with nothing but a password revoked, and one download more by the counted one.
    """
    lead = leads(cargo.firm)[DEAL]
    grants = [it for it in cargo.grants if it.path[0] == DEAL]
    risk = next(it for it in grants if it.principal.id == "risk")
    everybody = next(
        it for it in grants if it.principal.kind is PrincipalKind.EVERYBODY and it.effect is Effect.ALLOW
    )
    file = next(it.link.path for it in cargo.links if it.link.path[0] == DEAL and it.password)
    member = Principal(PrincipalKind.PERSON, cargo.firm.team(DEALS[3])[4].key)
    with old.opened(lead) as drive:
        drive.write(file, [b"once more"], expect=ANYTHING)
        drive.write((*file[:2], "新增 New.docx"), [b"new"], expect=ABSENT)
        drive.grants.set(Grant(risk.path, risk.principal, frozenset(), role=Role.PREVIEW))
        drive.grants.unset(everybody)
        drive.grants.set(Grant(file[:2], member, frozenset(), Effect.DENY, role=Role.UPLOAD))
        links = drive.links.list(file)
        drive.links.revoke(next(it for it in links if it.has_password and it.expires is None))
    counted = next(it for it in links if it.limit == 5)
    assert 200 == old.visit(old.urls[counted.id])


def test_the_new_links_act_by_their_limits(moved: Mapping[str, Moved], new: FirmDrive) -> None:
    """
    Of five downloads of which two were gone three are left; who has not given the new password is led to its form, and
    the sealed list does not know the old one.
    """
    links = list(_sealed(moved[MOVERS[0]]))
    counted = next(it for it in links if it["limit"] == "3" and not it["password"])
    locked = next(it for it in links if it["password"] and not it["expires"])

    assert [200, 200, 200, 410] == [new.visit(counted["url"]) for _ in range(4)]
    assert 302 == new.visit(locked["url"])
    assert FIRST_PASSWORD not in {it["password"] for it in links}


def test_a_gain_would_have_been_seen(moved: Mapping[str, Moved], new: FirmDrive, cargo: Cargo) -> None:
    """What everybody is given in NEW by mistake ends the same comparisons with the code of a gain."""
    one = moved[MOVERS[0]]
    closed = next(it.path for it in cargo.grants if it.effect is Effect.BREAK)
    everybody = Principal(PrincipalKind.EVERYBODY, "everybody")
    with new.opened(MOVERS[0]) as drive:
        drive.grants.set(Grant(closed, everybody, frozenset(), role=Role.PREVIEW))
    same, diff = one.move.checked("wrong")

    assert (10, 12) == (same.code, diff.code)
    # All of the staff but those who could see it already, on the folder and what is in it.
    assert 150 < changed(diff)[0]


def _sealed(one: Moved) -> Iterator[dict[str, str]]:
    (file,) = (one.move.folder / "state").glob("*/links.csv")
    with file.open(encoding="utf-8-sig", newline="") as stream:
        yield from csv.DictReader(stream)


def test_a_plain_server_loses_exactly_what_was_announced(
    old: FirmDrive, cargo: Cargo, tmp_path: LocalPath
) -> None:
    """
    On plain WebDAV the contents arrive, and versions, rights and links are lost by the codes and counts that the
    contract announced; the pass ends with 0, since all of it was announced.
    """
    mover = MOVERS[0]
    with require_server(WsgiDavServer) as server:
        target = tmp_path / "dav.toml"
        (tmp_path / "password").write_text(server.password, encoding="utf-8")
        login = f'user = "{server.user}"\npassword = "file:{tmp_path / "password"}"\n'
        target.write_text(f'kind = "webdav"\nplace = "{server.url}"\n{login}', encoding="utf-8")
        one = Move(tmp_path, old.named(mover), target)
        promised, done = _announced(one, "versions,grants,links")
        same = lading("verify", one.old, one.new, "--state", tmp_path / "state", "--json")
        written = [path.stat().st_mtime_ns for path in server.root.rglob("*") if path.is_file()]

    assert (10, 0, 0) == (promised.code, done.code, same.code), done.out + same.out
    told = announced(promised)
    assert found(done) == {code: told[code] for code in told if code.split(".")[0] in HANGING}
    assert {"person.missing", "guest.outside", "group.missing", "member.nobody"} <= set(told)
    # Times are in no account of a pass; the server's own disk says which were lost.
    assert len(written) == told["file_time.lost"]
    assert not {it.version.modified for it in cargo.saved} & set(written)


def _announced(one: Move, along: str) -> tuple[Answer, Answer]:
    """The contract without a signature, and one pass that is held against it."""
    sides = one.scanned("old", one.old), one.scanned("new", one.new)
    lading("identity", *sides, "--write", one.map)
    contract = one.folder / "fidelity.json"
    promised = lading("fidelity", *sides, "--map", one.map, "-o", contract, "--json")
    return promised, one.carried(contract, along)


def test_nobody_gains_by_the_move_of_a_file_server(cargo: Cargo, tmp_path: LocalPath) -> None:
    """
    From a folder with POSIX lists to our drive: nobody gains, what is lost is what the contract announced, and whoever could
    work there still can.
    """
    share = posix_share(tmp_path, cargo.firm)
    old, tolerated = tmp_path / "old.toml", tmp_path / "tolerated.toml"
    place = f'kind = "folder"\nplace = "{share.root}"\n'
    old.write_text(f'{place}people = "{share.accounts}"\n', encoding="utf-8")
    walls = tmp_path / "walls.toml"
    walls.write_text(APART + BOTH, encoding="utf-8")
    kit = (
        "canary",
        "plant",
        old,
        "--person",
        share.worker,
        "--state",
        tmp_path / "canaries",
        "--yes",
        "--json",
    )
    planted = lading(*kit)
    assert 0 == planted.code, planted.out
    # Whoever has an account may read the canaries; some have one on the new drive alone.
    tolerated.write_text(TOLERATED + CANARIES.format(folder=planted.json["place"]), encoding="utf-8")
    with firm_drive(tmp_path / "home", cargo.firm) as new:
        one = Move(tmp_path, old, new.named(MOVERS[0], (DEAL,)))
        promised, done = _announced(one, "grants")
        sides = one.scanned("old-1", one.old), one.scanned("new-1", one.new)
        who = ("--people", one.map, "--tolerate", tolerated, "--walls", walls)
        diff = lading("access", "diff", *sides, *who, "--json")
        granted = new.grants(MOVERS[0])
        asked = ("--against", tmp_path / "canaries", "--contract", tmp_path / "fidelity.json")
        canaries = lading("canary", "check", one.new, *asked, "--person", share.worker_key, "--json")

    states = {code: it["state"] for code, it in canaries.json["canaries"].items()}
    assert 0 == canaries.code, canaries.out
    assert 12 < sum(state in ("equal", "announced") for state in states.values())
    assert [] == diff.json["walls"]
    told = announced(promised)
    assert 0 == done.code, done.out
    assert found(done) == {code: told[code] for code in told if code.split(".")[0] in HANGING}
    assert diff.code in (0, 10), diff.out
    assert 0 == changed(diff)[0]
    assert share.pairs <= diff.json["moments"][0]["same"]
    assert {Effect.ALLOW, Effect.DENY, Effect.BREAK} == {effect for _, effect, *_ in granted}
