"""
What the drive in memory does beyond the contract: limits, owners, cursors, the order of settling.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.memory.store import ALL_FEATURES
from lading.connectors.profile import Case, NameRules
from lading.model.access import (
    Comment,
    Effect,
    Grant,
    Label,
    Link,
    Lock,
    Principal,
    PrincipalKind,
    Role,
    Version,
)
from lading.model.errors import CursorExpired, NoSpace, NotFound, TooLarge, Unable
from lading.model.paths import ROOT
from lading.testkit.contract.support import content_of, paths
from lading.testkit.sources import endless

LI = Principal(PrincipalKind.PERSON, "1001", "李伟")


def test_quota_holds():
    """
    A store that is full takes nothing more, leaves nothing half, and takes again after a removal.
    """
    drive = MemoryDrive(quota_bytes=100)
    drive.write(("a",), [b"x" * 60], expect=ABSENT)
    with pytest.raises(NoSpace):
        drive.write(("b",), [b"x" * 41], expect=ABSENT)
    with pytest.raises(NoSpace):
        drive.write(("c",), endless(), expect=ABSENT)
    with pytest.raises(NoSpace):
        drive.partials.append("token", [b"x" * 30, b"x" * 30], start=0)

    assert [("a",)] == paths(drive)
    assert 30 == drive.partials.offset("token")
    assert 1 == drive.partials.sweep(())
    drive.remove(("a",), expect=ANYTHING)
    drive.write(("b",), [b"x" * 100], expect=ABSENT)


def test_size_limit_holds():
    """
    A file larger than the limit is refused as soon as that is known, a partial too.
    """
    drive = MemoryDrive(size_limit=10)
    with pytest.raises(TooLarge):
        drive.write(("a",), endless(), expect=ABSENT)
    with pytest.raises(TooLarge):
        drive.partials.append("token", endless(), start=0)
    drive.write(("a",), [b"x" * 10], expect=ABSENT)

    assert 10 == drive.stat(("a",)).size


def test_owners_do_not_see_each_other():
    """
    One run never touches the unfinished files of another.
    """
    store = MemoryStore()
    mine, yours = MemoryDrive(store, owner="mine"), MemoryDrive(store, owner="yours")
    mine.partials.append("token", [b"mine"], start=0)
    yours.partials.append("token", [b"yours!"], start=0)

    assert 1 == yours.partials.sweep(())
    assert (4, 0) == (mine.partials.offset("token"), yours.partials.offset("token"))


def test_cursors_live_as_long_as_said():
    """
    A cursor outlives the stated number of listing calls and no more.
    """
    drive = MemoryDrive(page_size=1, cursor_lifetime=2)
    for name in "abc":
        drive.make_folder((name,))
    cursor = drive.list(ROOT).cursor
    drive.list(ROOT)
    assert ("b",) == drive.list(ROOT, cursor=cursor).entries[0].path

    with pytest.raises(CursorExpired):
        drive.list(ROOT, cursor=cursor)
    with pytest.raises(CursorExpired):
        drive.list(ROOT, cursor="nonsense")


def test_names_that_fold_are_one_entry():
    """
    Where case is folded an entry is found in any spelling, keeps its own, and can be respelled.
    """
    drive = MemoryDrive(names=NameRules(case=Case.FOLDED))
    drive.make_folder(("Folder",))
    drive.write(("FOLDER", "File"), [b"1"], expect=ABSENT)
    drive.write(("folder", "FILE"), [b"2"], expect=ANYTHING)

    assert ("Folder", "File") == drive.stat(("fOLDER", "fILE")).path
    assert b"2" == content_of(drive, ("folder", "file"))
    assert ("Folder", "file") == drive.moves.move(("Folder", "File"), ("Folder", "file"), expect=ABSENT).path
    assert [("Folder", "file")] == paths(drive, ("Folder",))


def test_settling_is_written_down():
    """
    The store knows whether everything was settled after the last change.
    """
    drive = MemoryDrive()
    drive.write(("a",), [b"1"], expect=ABSENT)
    assert drive.store.settled < drive.store.changes

    drive.settle.settle()
    assert drive.store.settled == drive.store.changes


def test_time_comes_from_outside():
    """
    Without a time of its own an entry gets that of the store's clock, on its grain.
    """
    drive = MemoryDrive(clock=lambda: 1_234_567_890, clock_grain=1_000_000_000)

    assert 1_000_000_000 == drive.write(("a",), [], expect=ABSENT).modified


def test_settings_belong_to_the_store():
    """
    A client cannot change the facts of a store that is there.
    """
    with pytest.raises(TypeError):
        MemoryDrive(MemoryStore(), page_size=3)
    with pytest.raises(TypeError):
        MemoryDrive(pagesize=3)


def test_what_is_not_offered_is_none_and_cannot_be_given():
    """
    A facet that the settings leave out is None, and the profile promises nothing of it.
    """
    drive = MemoryDrive(offers={"moves", "people"})

    assert [None] * 5 == [drive.versions, drive.grants, drive.links, drive.locks, drive.batch]
    assert drive.moves is not None is not drive.people
    features = drive.profile.features
    assert not features.versions | features.roles | features.effects | features.links | features.link_roles
    assert drive.profile.access is None


def test_abilities_are_switched_off_one_by_one():
    """
    What the features leave out is refused as something the drive cannot hold; the rest is taken.
    """
    features = replace(
        ALL_FEATURES, effects=frozenset({Effect.ALLOW}), links=frozenset({"expires"}), expiry=False
    )
    drive = MemoryDrive(features=features)
    drive.store.know(LI)
    grant = Grant((), LI, frozenset(), role=Role.EDIT)
    for refused in (replace(grant, effect=Effect.DENY), replace(grant, expires=9), replace(grant, rank=1)):
        with pytest.raises(Unable):
            drive.grants.set(refused)
    with pytest.raises(Unable):
        drive.links.make(Link((), "", frozenset(), role=Role.PREVIEW), password="secret")
    drive.grants.set(grant)
    drive.links.make(Link((), "", frozenset(), expires=9, role=Role.PREVIEW), password=None)

    assert [(LI, Role.EDIT)] == [(one.principal, one.role) for one in drive.grants.all()]
    assert [9] == [one.expires for one in drive.links.all()]


def test_without_bulk_there_is_no_telling_all():
    """
    A store that tells no lists of everything is asked entry by entry.
    """
    drive = MemoryDrive(bulk=False)

    assert (None, None, None) == (drive.grants.all(), drive.links.all(), drive.versions.all())
    assert () == drive.grants.list(())


def test_what_hangs_on_an_entry_moves_with_it():
    """
    Grants, links, locks, labels, comments and versions are told at the place where the entry is now.
    """
    drive = MemoryDrive()
    drive.write(("a",), [b"1"], expect=ABSENT)
    drive.write(("a",), [b"2"], expect=ANYTHING)
    path = ("a",)
    drive.store.hang(
        Grant(path, LI, frozenset({"edit"}), role=Role.EDIT, rank=1),
        Link(path, "l", frozenset()),
        Lock(path, "li"),
        Lock(path, "wang", expires=1),
        Label(path, "signed"),
        Comment(path, "c", "1001", 5, "好"),
    )
    drive.moves.move(path, ("b",), expect=ABSENT)

    told = [
        *drive.grants.all(),
        *drive.links.all(),
        *drive.locks.all(),
        *drive.labels.all(),
        *drive.comments.all(),
    ]
    assert [("b",)] * 5 == [one.path for one in told]
    assert [(("b",), 2)] == [(path, len(versions)) for path, versions in drive.versions.all()]


def test_versions_count_against_the_quota():
    """
    Earlier contents take room like the present one.
    """
    drive = MemoryDrive(quota_bytes=100)
    drive.write(("a",), [b"x" * 60], expect=ABSENT)

    with pytest.raises(NoSpace):
        drive.write(("a",), [b"y" * 60], expect=ANYTHING)


def test_an_unknown_author_is_refused():
    """
    A version by somebody unknown is not stored under another name.
    """
    drive = MemoryDrive()
    with pytest.raises(NotFound):
        drive.versions.add(("a",), [b"x"], Version("", 1, 1, author="nobody"), expect=ABSENT)

    assert [] == paths(drive)
