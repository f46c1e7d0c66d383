"""
Rights and links on the way back: what is restricted is never seen unrestricted, links are made once and written down.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path as LocalPath

import pytest

from lading.connectors.address import Address
from lading.connectors.crew import close_drives
from lading.connectors.memory import MemoryStore
from lading.connectors.registry import CONNECTORS, open_drive
from lading.model.access import Effect, Grant, Link, Principal, PrincipalKind, Role
from lading.stages.cutover import guarding, linking, performing
from lading.stages.cutover.deeds import Because, Do
from lading.stages.cutover.estimating import Measured, Rate
from lading.stages.cutover.guarding import ASIDE
from lading.stages.cutover.rights import Ask
from lading.stages.cutover.running import estimates, make_plan, run
from lading.stages.cutover.state import lines_of
from support.memory_drives import STORES
from support.passes import InlineCrew
from support.rollbacks import Switched, files, put, switch, walked

BOB = Principal(PrincipalKind.PERSON, "bob")
PEOPLE = {"person:bob": "person:bob2"}
OPEN = Link(("d", "f"), "", frozenset(), role=Role.DOWNLOAD, by="bob")


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> dict[str, MemoryStore]:
    """Two drives in memory that can hold everything."""
    monkeypatch.setitem(CONNECTORS, "memory", "support.memory_drives")
    STORES.update(old=MemoryStore(), new=MemoryStore(account="bob"))
    STORES["old"].people["bob2"] = replace(BOB, id="bob2")
    STORES["new"].people["bob"] = BOB
    return STORES


def began(place: LocalPath) -> Switched:
    """One file on both sides, with an open link to it."""
    old, new = Address("memory", "old"), Address("memory", "new")
    with open_drive(old) as ours, open_drive(new) as theirs:
        for drive in (ours, theirs):
            put(drive, ("d", "f"), b"at the switch")
            assert drive.links is not None
            drive.links.make(OPEN, password=None)
    return switch(old, new, place / "job", PEOPLE)


def deny(path: tuple[str, ...]) -> Grant:
    return Grant(path, BOB, frozenset(), Effect.DENY, role=Role.PREVIEW)


def hidden(it: Switched, path: tuple[str, ...]) -> bool:
    """Whether OLD keeps Bob out of *path*, by what stands on it or above it."""
    with open_drive(it.mark.old) as old:
        assert old.grants is not None
        above = [path[:depth] for depth in range(1, len(path) + 1)]
        found = [grant for place in above for grant in old.grants.list(place)]
    return any(it.effect is Effect.DENY and it.principal.id == "bob2" for it in found)


@pytest.mark.usefixtures("stores")
def test_a_restricted_file_is_never_seen_unrestricted(
    tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A new file, and the copy beside of one that both edited, are restricted before anything of them is in OLD; an edit comes
    only once OLD is as closed as NEW; cut off at each place and run again, nothing stays behind.
    """
    it = began(tmp_path)
    with open_drive(it.mark.new) as new:
        assert new.grants is not None
        put(new, ("d", "secret"), b"once")
        it.journal()
        put(new, ("d", "secret"), b"twice")
        put(new, ("d", "f"), b"edited behind the wall")
        for path in (("d", "secret"), ("d", "f")):
            new.grants.set(deny(path))
    it.journal()
    left = {"rollback.restricted": 1, "rollback.after_write": 3, "rollback.noted": 1}

    def look(name: str) -> None:
        with open_drive(it.mark.old) as old:
            places = [entry.path for entry in walked(old) if entry.is_file and entry.size != 13]
        assert all(hidden(it, place) for place in places), (name, places)
        left[name] = left.get(name, 0) - 1
        if not left[name]:
            raise KeyboardInterrupt(name)

    for module in (guarding, performing):
        monkeypatch.setattr(module, "failpoint", look)
    cuts = 0
    for _ in range(4):
        with suppress(KeyboardInterrupt):
            run(it.mark, InlineCrew(), ask=Ask.FILE)  # type: ignore[arg-type]
            cuts -= 1
        cuts += 1
        close_drives()
    done, proof = it.back()

    assert cuts >= 2
    assert (not done.failed, proof.holds) == (True, True)
    with open_drive(it.mark.old) as old:
        found = {path: content for path, content in files(old).items() if content != b"at the switch"}
        assert {("d", "f"): b"edited behind the wall", ("d", "secret"): b"twice"} == found
        assert old.versions is not None
        assert 2 == len(list(old.versions.list(("d", "secret"))))
        assert not [entry for entry in walked(old) if entry.path[-1].startswith(ASIDE)]
    assert hidden(it, ("d", "f")) and hidden(it, ("d", "secret"))
    assert not it.back()[0].changed


def test_a_restricted_file_that_old_cannot_restrict_is_named(
    stores: dict[str, MemoryStore], tmp_path: LocalPath
) -> None:
    """It stays in the state folder, and the plan says which."""
    it = began(tmp_path)
    with open_drive(it.mark.new) as new:
        assert new.grants is not None
        put(new, ("d", "secret"), b"once")
        new.grants.set(deny(("d", "secret")))
    stores["old"].offers = frozenset(stores["old"].offers - {"moves"})
    done, proof = it.back()
    close_drives()

    assert [(Do.FAIL, Because.UNGUARDED, ("d", "secret"))] == [
        (one.deed.do, one.deed.because, one.deed.path) for one in done.failed
    ]
    assert proof.holds
    with open_drive(it.mark.old) as old:
        assert {("d", "f")} == set(files(old))


@pytest.mark.usefixtures("stores")
def test_links_are_decided_made_once_and_written_down(
    tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    One that was ended in NEW ends in OLD unasked; one that was made waits, then is made with its limits, a password of its
    own and its URL in the file, once though the first try was killed; what OLD cannot say is named with the reason.
    """
    it = began(tmp_path)
    with open_drive(it.mark.new) as new:
        assert new.links is not None
        new.links.revoke(new.links.list(("d", "f"))[0])
        made = Link(("d",), "", frozenset(), has_password=True, role=Role.DOWNLOAD, limit=5, by="bob")
        new.links.make(made, password="of NEW")
        put(new, ("d", "late"), b"made later")
        versions = list(new.versions.list(("d", "late"))) if new.versions else []
        pinned = Link(("d", "late"), "", frozenset(), role=Role.PREVIEW, version=versions[-1].id)
        new.links.make(pinned, password=None)
    it.journal()
    waiting = make_plan(it.mark, InlineCrew())  # type: ignore[arg-type]
    facts = waiting.to_json()["rights"]

    assert (3, 2) == (facts["changed"], facts["open"])
    assert [("/d/late", "link", "by_hand")] == [
        (row["path"], row["what"], row["code"]) for row in facts["held_back"]
    ]
    with monkeypatch.context() as patch:
        patch.setattr(linking, "failpoint", killed)
        with pytest.raises(KeyboardInterrupt):
            run(it.mark, InlineCrew(), ask=Ask.CARRY)  # type: ignore[arg-type]
        close_drives()
    done, proof = it.back(Ask.CARRY)
    it.back(Ask.CARRY)
    told = [line for line in lines_of(it.mark.home.links) if "url" in line]

    assert {"", "by_hand"} == set(done.rights.values()) and proof.holds
    with open_drive(it.mark.old) as old:
        assert old.links is not None
        assert () == old.links.list(("d", "f")) == old.links.list(("d", "late"))
        (link,) = old.links.list(("d",))
    assert (Role.DOWNLOAD, 5, True) == (link.role, link.limit, link.has_password)
    (line,) = told
    assert ("/d", "bob2", link.id) == (line["path"], line["by"], line["link"])
    assert 16 == len(line["password"])
    assert 0o600 == it.mark.home.links.stat().st_mode & 0o777


def killed(name: str) -> None:
    """Nothing goes on behind the making of a link."""
    raise KeyboardInterrupt(name)


@pytest.mark.usefixtures("stores")
def test_times_are_told_only_where_something_was_measured(tmp_path: LocalPath) -> None:
    """Nothing at first; then by the copy, the other way round; then by what the rollback did itself."""
    it = began(tmp_path)
    passes = it.mark.home.folder.parent / "passes" / "0001"
    passes.mkdir(parents=True)
    with open_drive(it.mark.new) as new:
        put(new, ("d", "f"), b"edited")
    it.journal()
    plan = make_plan(it.mark, InlineCrew())  # type: ignore[arg-type]
    first = estimates(it.mark, plan)
    (passes / "rates.jsonl").write_text(
        '{"t": 1.0, "objects": 0, "bytes": 0}\n{"t": 3.0, "objects": 1, "bytes": 3}\n'
    )
    second = estimates(it.mark, plan)
    it.back()
    third = estimates(it.mark, plan)

    assert [None, None] == [one.seconds for one in first]
    assert (4.0, Measured.COPY) == (second[0].seconds, second[0].measured)
    assert [Measured.RUN] * 2 == [one.measured for one in third]
    assert 10 == Rate(10, 1000, 5.0, Measured.RUN).seconds_for(20, 0)
    assert 50 == Rate(10, 1000, 5.0, Measured.RUN).seconds_for(20, 10_000)
