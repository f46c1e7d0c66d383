"""
Versions, rights and links go along with the files, pass after pass, between drives in memory.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path as LocalPath
from typing import Any

import pytest

from lading.connectors.conditions import ANYTHING
from lading.connectors.facets import Reader
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.memory.store import ALL_FEATURES
from lading.connectors.memory.versions import MemoryVersions
from lading.connectors.wrap.faults import Fault, Harm
from lading.model.access import ANYBODY, Effect, Grant, Link, Principal, Reach, Role, Version
from lading.model.errors import DamagedContent
from lading.model.fidelity import Account, Contract, Line
from lading.model.losses import Feature
from lading.model.paths import Path
from support.passes import Passes, inside, memory_passes, tree
from support.people import PEOPLE, peopled

ALL = ("versions", "grants", "links")
LI, WANG = (next(one for one in PEOPLE if one.id == id_) for id_ in ("1001", "1002"))
DAY = 86_400 * 10**9
FAR = 4_000_000_000_000_000_000
__all__ = ["inside"]


@pytest.fixture
def stores(inside: None) -> tuple[MemoryStore, MemoryStore]:
    return peopled(MemoryStore()), peopled(MemoryStore(account="1002"))


@pytest.fixture
def passes(stores: tuple[MemoryStore, MemoryStore], tmp_path: LocalPath) -> Iterator[Passes]:
    yield memory_passes(tmp_path, *stores)


def save(store: MemoryStore, path: str, *contents: str, author: str = "1001") -> None:
    """Save *contents* as versions of *path*, each a second later."""
    drive, at = MemoryDrive(store), tuple(path.split("/"))
    for depth in range(1, len(at)):
        drive.make_folder(at[:depth])
    for content in contents:
        number = len(list(drive.versions.list(at))) if store.look(at)[1] else 0
        version = Version(
            "", (1_000_000 + number) * 10**9, len(content), author, modified=number, label=f"v{number}"
        )
        drive.versions.add(at, [content.encode()], version, expect=ANYTHING)


def told(store: MemoryStore, path: str) -> list[tuple[Any, ...]]:
    """Order, facts and digest of the versions of *path*."""
    found = MemoryDrive(store).versions.list(tuple(path.split("/")))
    return [(it.saved, it.size, it.author, it.modified, it.label, it.digests) for it in found]


def grants(store: MemoryStore, path: str = "") -> set[tuple[Any, ...]]:
    at: Path = tuple(path.split("/")) if path else ()
    found = MemoryDrive(store).grants.list(at)
    return {(it.effect, it.principal.id, it.role, it.reach, it.expires) for it in found}


def give(store: MemoryStore, path: str, who: Principal, role: Role, effect: Effect = Effect.ALLOW) -> None:
    at: Path = tuple(path.split("/")) if path else ()
    MemoryDrive(store).grants.set(Grant(at, who, frozenset(), effect, role=role))


def refused(*path: str) -> Fault:
    """NEW refuses every grant on *path*."""
    return Fault(harm=Harm.TRUNCATED, call="grants.set", path=path)


def buckets(account: dict[str, Any], feature: str) -> dict[str, int]:
    return {name: count for name, count in account["features"][feature]["buckets"].items() if count}


def test_versions_arrive_in_order_with_their_facts(passes: Passes, stores: Any) -> None:
    """
    Order, times, author, label and digest of every version are those of OLD, also of a file with one only; a second
    pass changes nothing.
    """
    old, new = stores
    save(old, "deal/a.docx", "one", "two!", "three")
    save(old, "b.txt", "alone", author="1002")
    first = passes.run(features=ALL)
    changes = new.changes
    second = passes.run(features=ALL)

    for path in ("deal/a.docx", "b.txt"):
        assert told(old, path) == told(new, path)
    assert {"moved": 4} == buckets(first, "versions")
    assert {"same": 4} == buckets(second, "versions")
    assert changes == new.changes


def test_later_versions_are_put_on_top(passes: Passes, stores: Any) -> None:
    """
    What OLD saved since comes on top of what is there.
    """
    old, new = stores
    save(old, "a", "one", "two")
    passes.run(features=ALL)
    save(old, "a", "three", "four")
    account = passes.run(features=ALL)

    assert told(old, "a") == told(new, "a")
    assert {"same": 2, "moved": 2} == buckets(account, "versions")


def test_a_save_in_new_stays_the_newest(passes: Passes, stores: Any) -> None:
    """
    Nothing is put on top of what somebody saved in NEW.
    """
    old, new = stores
    save(old, "a", "one", "two")
    passes.run(features=ALL)
    save(new, "a", "theirs", author="1002")
    save(old, "a", "three")
    account = passes.run(features=ALL)

    assert 6 == told(new, "a")[-1][1]
    assert {"failed": 3} == buckets(account, "versions")
    assert ["already_exists"] == [line["code"] for line in passes.lines("failures")]


def test_versions_missed_by_a_plain_pass_are_a_loss(passes: Passes, stores: Any) -> None:
    """
    What a pass without versions brought cannot get a history below it: that is told by code, and never a wrong order.
    """
    old, new = stores
    save(old, "a", "one", "two")
    passes.run()
    account = passes.run(features=("versions",))

    assert 1 == len(told(new, "a"))
    assert {"dropped": 1, "lossy": 1} == buckets(account, "versions")
    assert 1 == account["features"]["versions"]["codes"]["version.missed"]


def test_rights_arrive_and_follow(passes: Passes, stores: Any) -> None:
    """
    Allowances, denials and breaks are set; what OLD changed or took away is changed and taken away; what people gave in
    NEW stays and is told.
    """
    old, new = stores
    save(old, "deal/a", "x")
    save(old, "deal/secret/b", "y")
    give(old, "", LI, Role.EDIT)
    give(old, "deal", WANG, Role.DOWNLOAD)
    give(old, "deal/a", WANG, Role.PREVIEW, Effect.DENY)
    give(old, "deal/secret", ANYBODY, Role.NONE, Effect.BREAK)
    first = passes.run(features=ALL)
    arrived = {path: grants(new, path) for path in ("", "deal", "deal/a", "deal/secret")}
    give(new, "deal/secret/b", WANG, Role.EDIT)
    MemoryDrive(old).grants.unset(Grant(("deal",), WANG, frozenset()))
    give(old, "", LI, Role.DOWNLOAD)
    second = passes.run(features=ALL)
    changes = new.changes
    third = passes.run(features=ALL)

    assert arrived == {path: grants(old, path) for path in ("deal/a", "deal/secret")} | {
        "": {(Effect.ALLOW, "1001", Role.EDIT, "all", None)},
        "deal": {(Effect.ALLOW, "1002", Role.DOWNLOAD, "all", None)},
    }
    assert [{"moved": 2}, {"moved": 1}, {"moved": 1}] == [
        buckets(first, name) for name in ("grants", "denials", "breaks")
    ]
    assert set() == grants(new, "deal")
    assert grants(old) == grants(new)
    assert 1 == second["left_in_new"] == third["left_in_new"]
    assert [("/deal/secret/b", "theirs")] == [(it["path"], it["why"]) for it in passes.lines("left")]
    assert changes == new.changes


def test_links_are_made_once_and_ended_with_old(passes: Passes, stores: Any) -> None:
    """
    A link is made with what is left of its limits, its URL and a new password go into the sealed list alone; a later pass
    leaves it, makes it anew when its limits change, and ends it when OLD ends it.
    """
    old, new = stores
    save(old, "a", "x")
    link = Link(("a",), "l1", frozenset(), FAR, True, Role.DOWNLOAD, 10, 3, by="1001")
    old.hang(link)
    first = passes.run(features=ALL)
    [made] = MemoryDrive(new).links.list(("a",))
    listed = (passes.job.folder / "links.csv").read_text("utf-8-sig")
    passes.run(features=ALL)
    [same] = MemoryDrive(new).links.list(("a",))
    old.find(("a",))[1].links[:] = [replace(link, expires=FAR - 1)]
    passes.run(features=ALL)
    [tighter] = MemoryDrive(new).links.list(("a",))
    old.find(("a",))[1].links.clear()
    passes.run(features=ALL)

    assert (7, FAR, True) == (made.limit, made.expires, made.has_password)
    assert {"translated": 1} == buckets(first, "links")
    assert 2 == len(listed.splitlines())
    assert "memory:/s/" in listed
    assert 0o600 == (passes.job.folder / "links.csv").stat().st_mode & 0o777
    assert made == same
    assert made.id != tighter.id
    assert FAR - 1 == tighter.expires
    assert () == MemoryDrive(new).links.list(("a",))
    assert 1 == len((passes.job.folder / "links.csv").read_text("utf-8-sig").splitlines())
    secret = listed.splitlines()[1].split(",")[4]
    assert not [
        file
        for file in passes.job.folder.rglob("*")
        if file.is_file() and file.name != "links.csv" and secret.encode() in file.read_bytes()
    ]


def test_ends_are_rounded_down_once(stores: Any, tmp_path: LocalPath) -> None:
    """
    Where NEW holds ends by the day, grants and links end with the last day before; passes find them as they are. What ends
    within the present day is not set, and each is a loss of its own.
    """
    old, _ = stores
    # The day of NEW began six hours ago, whenever this runs.
    features = replace(ALL_FEATURES, expiry_grain=DAY, expiry_offset=(time.time_ns() - DAY // 4) % DAY)
    new = peopled(MemoryStore(features=features))
    save(old, "a", "x")
    soon, day = time.time_ns() + 3_600 * 10**9, features.end_until(FAR)
    drive = MemoryDrive(old)
    for path, who, end in ((("a",), LI, FAR), ((), LI, day), (("a",), WANG, soon)):
        drive.grants.set(Grant(path, who, frozenset(), role=Role.DOWNLOAD, expires=end))
    old.hang(Link(("a",), "l1", frozenset(), FAR, role=Role.DOWNLOAD, by="1001"))
    old.hang(Link(("a",), "l2", frozenset(), soon, role=Role.DOWNLOAD, by="1001"))
    passes = memory_passes(tmp_path, old, new)
    accounts, links, changes = [], [], []
    for _ in range(2):
        accounts.append(passes.run(features=ALL)["features"])
        links.append({(it.id, it.expires) for it in MemoryDrive(new).links.list(("a",))})
        changes.append(new.changes)

    assert {(Effect.ALLOW, "1001", Role.DOWNLOAD, Reach.ALL, day)} == grants(new, "a") == grants(new)
    assert [{day}, {day}] == [{end for _, end in told} for told in links]
    assert links[0] == links[1]
    assert changes[0] == changes[1]
    for one in accounts:
        assert {"grant.sooner": 1, "grant.too_soon": 1} == one["grants"]["codes"]
        assert {"link.new": 1, "link.sooner": 1, "link.too_soon": 1} == one["links"]["codes"]


def test_what_a_missing_restriction_limits_is_not_given(passes: Passes, stores: Any) -> None:
    """
    If a denial cannot be set, nothing is written below it, the allowances from above are not set, and both are told; when
    NEW takes it again the next pass brings all.
    """
    old, new = stores
    save(old, "deal/secret/b", "y")
    save(old, "deal/a", "x")
    give(old, "", LI, Role.EDIT)
    give(old, "", WANG, Role.EDIT)
    give(old, "deal/secret", WANG, Role.PREVIEW, Effect.DENY)
    first = passes.run(features=ALL, new=(refused("deal", "secret"),))
    standing, lines = grants(new), passes.lines("failures")
    second = passes.run(features=ALL)

    assert {(Effect.ALLOW, "1001", Role.EDIT, "all", None)} == standing
    assert {"failed": 1} == buckets(first, "denials")
    assert {"moved": 1, "failed": 1} == buckets(first, "grants")
    assert {"unguarded"} == {line["code"] for line in lines if line["kind"] in ("grants", "file")}
    assert ["denials", "file", "grants"] == sorted({line["kind"] for line in lines})
    assert {"moved": 1} == buckets(second, "denials")
    assert 2 == len(grants(new))
    assert told(old, "deal/secret/b") == told(new, "deal/secret/b")


def test_a_file_that_cannot_be_shut_is_taken_away(passes: Passes, stores: Any) -> None:
    """
    A file whose own denial fails does not stay where people see it.
    """
    old, new = stores
    save(old, "a", "one", "two")
    save(old, "b", "plain")
    give(old, "", WANG, Role.EDIT)
    give(old, "a", WANG, Role.PREVIEW, Effect.DENY)
    account = passes.run(features=ALL, new=(refused("a"),))

    assert ["b"] == [path[-1] for path in tree(MemoryDrive(new))]
    assert set() == grants(new)
    assert {"failed": 1} == buckets(account, "denials")
    assert {"failed": 2, "moved": 1} == buckets(account, "versions")
    assert "unguarded" in {line["code"] for line in passes.lines("failures")}


@pytest.mark.parametrize("offers", [set(), {"batch"}, {"versions"}, {"grants", "people"}])
def test_what_new_cannot_hold_is_a_loss_by_code(
    passes: Passes, stores: Any, offers: set[str], tmp_path: LocalPath
) -> None:
    """
    Against a NEW that lacks facets the contents arrive and all else is accounted for by code; what it takes nothing
    of goes into the archive.
    """
    old, _ = stores
    save(old, "a", "one", "two", "three")
    give(old, "", LI, Role.EDIT)
    give(old, "a", LI, Role.PREVIEW, Effect.DENY)
    old.hang(Link(("a",), "l1", frozenset(), role=Role.DOWNLOAD, by="1001"))
    new = peopled(MemoryStore(offers=offers))
    account = memory_passes(tmp_path, old, new).run(features=ALL, archive=str(tmp_path / "kept"))
    told_ = account["features"]
    codes = {code: count for one in told_.values() for code, count in one["codes"].items()}

    assert b"three" == tree(MemoryDrive(new))[("a",)]
    assert ("versions" not in offers) == (2 == codes.get("version.none", 0))
    assert ("versions" not in offers) == (
        2 == len([it for it in (tmp_path / "kept").rglob("*") if len(it.name) == 64])
    )
    assert ("grants" not in offers) == ("grant.unable" in codes)
    assert 1 == codes["link.unable"]
    assert 0 == account["failures"]
    for one in told_.values():
        assert one["found"] == sum(one["buckets"].values())


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("lost", [0, 1])
def test_a_lost_version_costs_itself_alone(
    lost: int, together: bool, inside: None, tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those after it come, above all the current content; what is lost is named, in the next pass as well."""
    old, new = losing(lost, together, monkeypatch)
    job = memory_passes(tmp_path, old, new)
    account = job.run(features=("versions",))
    left = [text for at, text in enumerate((b"one", b"two", b"three")) if at != lost]

    assert b"three" == tree(MemoryDrive(new))[("a",)]
    assert left == contents_of(new, "a")
    assert {"failed": 1, "lossy": 5} == buckets(account, "versions")
    assert (1, 1) == (account["failures"], account["feature_failures"])
    assert [("versions", "/a", "damaged_content", str(lost))] == [
        (line["kind"], line["path"], line["code"], line["what"]) for line in job.lines("failures")
    ]

    again = job.run(features=("versions",))
    assert left == contents_of(new, "a")
    assert {"dropped": 1, "lossy": 5} == buckets(again, "versions")
    assert 1 == again["features"]["versions"]["codes"]["version.missed"]


@pytest.mark.parametrize("together", [True, False])
def test_no_earlier_version_stands_for_a_current_content_that_is_lost(
    together: bool, inside: None, tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is not there, and comes whole when its content is found again; others are not touched."""
    with monkeypatch.context() as for_now:
        old, new = losing(2, together, for_now)
        job = memory_passes(tmp_path, old, new)
        account = job.run(features=("versions",))

    assert {("b",)} == tree(MemoryDrive(new)).keys()
    assert {"failed": 3, "lossy": 3} == buckets(account, "versions")
    assert [("/a", "damaged_content")] == [(line["path"], line["code"]) for line in job.lines("failures")]

    again = job.run(features=("versions",))
    assert {"lossy": 6} == buckets(again, "versions")
    assert [b"one", b"two", b"three"] == contents_of(new, "a")


def losing(lost: int, together: bool, monkeypatch: pytest.MonkeyPatch) -> tuple[MemoryStore, MemoryStore]:
    """OLD with two files of three versions, of which it has lost the one at the place *lost* of `a`; and an empty NEW."""
    offers = {"versions", "batch"} if together else {"versions"}
    old, new = peopled(MemoryStore(offers=offers)), peopled(MemoryStore(offers=offers))
    save(old, "a", "one", "two", "three")
    save(old, "b", "one", "two", "three")
    gone = list(MemoryDrive(old).versions.list(("a",)))[lost].id
    read = MemoryVersions.read

    @contextmanager
    def reading(self: MemoryVersions, path: Path, version: str) -> Iterator[Reader]:
        if (self._store, path, version) == (old, ("a",), gone):
            raise DamagedContent(path)
        with read(self, path, version) as reader:
            yield reader

    monkeypatch.setattr(MemoryVersions, "read", reading)
    return old, new


def contents_of(store: MemoryStore, path: str) -> list[bytes]:
    """What each version of the file holds."""
    drive, found = MemoryDrive(store), []
    for version in drive.versions.list((path,)):
        with drive.versions.read((path,), version.id) as reader:
            found.append(reader.read(1000))
    return found


def test_a_version_that_cannot_be_kept_in_the_archive_has_failed(stores: Any, tmp_path: LocalPath) -> None:
    """
    NEW takes no versions, and OLD does not give one of two for the archive: that is a failure, named, until a later pass has it.
    """
    old, _ = stores
    save(old, "a", "one", "two", "three")
    job = memory_passes(tmp_path, old, peopled(MemoryStore(offers=set())))
    fault = Fault(harm=Harm.TRUNCATED, call="versions.read", path=("a",), nth=(1,))
    kept = str(tmp_path / "kept")
    account = job.run(features=("versions",), archive=kept, old=(fault,))

    assert {"failed": 1, "dropped": 1, "lossy": 1} == buckets(account, "versions")
    assert 1 == account["feature_failures"]
    assert [("versions", "/a", "truncated")] == [
        (line["kind"], line["path"], line["code"]) for line in job.lines("failures")
    ]
    assert 1 == len([it for it in (tmp_path / "kept").rglob("*") if len(it.name) == 64])

    again = job.run(features=("versions",), archive=kept)
    assert 0 == again["feature_failures"]
    assert 2 == len([it for it in (tmp_path / "kept").rglob("*") if len(it.name) == 64])


def test_a_loss_that_was_not_announced_is_told(passes: Passes, stores: Any, tmp_path: LocalPath) -> None:
    """
    Held against a contract, losses beyond what it announces are named with both counts; those within are not.
    """
    old, _ = stores
    save(old, "a", "one", "two", "three")
    job = memory_passes(tmp_path, old, peopled(MemoryStore(offers=set())))
    lines = tuple(
        Line(code, 3) for code in ("version_time.saved", "version_time.gone", "version_author.lost")
    )
    account_ = Account(Feature.VERSIONS, 3, 0, 0, 0, 3, (Line("version.none", 1), *lines))
    contract = Contract({}, {}, {}, (account_,))
    found = job.run(features=("versions",), contract=contract)["contract"]["unannounced"]

    assert {"code": "version.none", "count": 2, "allowed": 1} in found
    assert {"version.none", "version_author.gone", "version_label.gone", "version_label.lost"} == {
        it["code"] for it in found
    }


def test_excluded_and_failed_files_take_what_hangs_on_them_along(passes: Passes, stores: Any) -> None:
    """
    What hangs on something that stays behind stands in the bucket of that.
    """
    old, _ = stores
    save(old, "out/a", "one", "two")
    save(old, "b", "x")
    give(old, "out/a", LI, Role.EDIT)
    old.hang(Link(("out", "a"), "l1", frozenset(), role=Role.DOWNLOAD, by="1001"))
    account = passes.run(features=ALL, exclude=("/out",))

    assert {"excluded": 2, "moved": 1} == buckets(account, "versions")
    assert {"excluded": 1} == buckets(account, "grants") == buckets(account, "links")


def test_without_features_nothing_is_asked(passes: Passes, stores: Any) -> None:
    """
    A plain pass knows nothing of versions, rights and links, and its account does not speak of them.
    """
    old, new = stores
    save(old, "a", "one", "two")
    account = passes.run()

    assert "features" not in account
    assert 1 == len(told(new, "a"))
