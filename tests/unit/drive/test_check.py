"""
The checker finds what is wrong, says where, and puts right what it can beside, never over.
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from django.db.models import F

from lading.drive.check import KINDS, Hit, Report, Severity, check
from lading.drive.models import Content, Event, Node, Partial, Principal, Space, Trash, Version
from lading.drive.store import Store, store
from lading.drive.store.base import Area, missing
from lading.model.errors import DriveError, Forbidden
from lading.model.text import Language
from support.drive_ground import Ground, digest, read

DAY = 86_400 * 10**9


@pytest.fixture
def ground() -> Ground:
    """A space with three files, one of two versions, two of one content."""
    ground = Ground()
    ground.save("term sheet.pdf", b"one")
    ground.save("term sheet.pdf", b"two")
    ground.save("copy.pdf", b"one")
    ground.save("empty", b"")
    return ground


def file(content: bytes) -> Path:
    return Path(store().path(digest(content)) or "")


def later() -> int:
    return time.time_ns() + 2 * DAY


def test_a_sound_drive_has_nothing_to_tell(ground: Ground):
    """
    Everything was looked at and is right; with --read-data every byte was read.
    """
    report = check(read_data=True, now=later())

    assert {} == report.counts
    assert report.sound
    assert (3, 6, 3, 6) == (report.contents, report.bytes, report.read, report.nodes)


def test_a_missing_content_is_told_with_the_files_it_hits(ground: Ground):
    """
    All versions of all files, by their paths; a repair cannot invent it, saving it again heals all.
    """
    file(b"one").unlink()
    report = check(repair=True)
    (finding,) = report.findings

    assert "content.missing" == finding.code
    assert 2 == finding.facts["versions"]
    hits = finding.facts["hits"]
    assert isinstance(hits, list) and isinstance(hits[0], Hit)
    assert {("deals/term sheet.pdf", 1), ("deals/copy.pdf", 1)} == {(hit.path, hit.number) for hit in hits}
    assert 1 == report.left(Severity.ERROR)
    assert not report.sound
    ground.save("again", b"one")
    assert check(read_data=True).sound


def test_a_content_with_another_size_is_found_without_reading_all(ground: Ground):
    """
    A repair moves it to `damaged`, where it stays as it was found, and loses nothing else.
    """
    file(b"one").write_bytes(b"one and more")
    report = check(repair=True)

    assert {"content.wrong": 1} == report.counts
    assert not report.sound
    assert [12] == [item.size for item in store().all(Area.DAMAGED)]
    assert {"content.missing": 1} == check().counts
    ground.save("again", b"one")
    assert b"one" == read(digest(b"one"))
    assert check(read_data=True).sound


def test_one_changed_bit_is_found_by_reading(ground: Ground):
    """
    Only --read-data sees it.
    """
    file(b"one").write_bytes(b"onf")

    assert {} == check().counts
    assert {"content.wrong": 1} == check(read_data=True).counts
    assert b"onf" == read(digest(b"one"))


class Restless:
    """A store whose content changes its place at every look, as between savers and sweepers that never rest."""

    def __init__(self, moves: int, gone: bool = False, error: DriveError | None = None) -> None:
        self.moves, self.gone, self.kept, self.error = moves, gone, store(), error

    def __getattr__(self, name: str) -> Any:
        return getattr(self.kept, name)

    def open(self, wanted: str) -> Any:
        if self.moves:
            self.moves -= 1
            if self.gone:
                self.kept.remove(wanted)
            raise self.error or missing(wanted)
        return self.kept.open(wanted)


def test_a_content_that_moves_under_the_eyes_is_no_finding(ground: Ground):
    """
    Missed while it was brought back, it is read again; only what stays unreadable where it lies is told.
    """
    assert {} == check(read_data=True, contents=cast("Store", Restless(2))).counts

    for error in (None, Forbidden("store", "it belongs to another user")):
        report = check(read_data=True, contents=cast("Store", Restless(100, error=error)))

        assert {"content.unreadable": 3} == report.counts


def test_a_needed_content_that_vanishes_under_the_eyes_is_missing(ground: Ground):
    """
    Listed, and no more there when it is to be read: that is told at once.
    """
    report = check(read_data=True, contents=cast("Store", Restless(1, gone=True)))

    assert {"content.missing": 1} == report.counts


def test_a_damaged_content_is_replaced_by_a_good_one_that_was_swept(ground: Ground):
    """
    Both are kept apart; the good one serves again.
    """
    file(b"one").write_bytes(b"onf")
    swept = Path(store().root) / "swept" / digest(b"one")[:2]  # type: ignore[attr-defined]
    swept.mkdir()
    (swept / digest(b"one")[2:]).write_bytes(b"one")
    report = check(read_data=True, repair=True)

    assert report.sound
    assert b"one" == read(digest(b"one"))
    assert 1 == len([*store().all(Area.DAMAGED)])


def test_an_orphan_is_a_notice_once_it_is_old(ground: Ground):
    """
    A young one belongs to an upload under way.
    """
    store().put_bytes(b"orphan")

    assert {} == check().counts
    report = check(now=later())
    assert {"content.orphan": 1} == report.counts
    assert report.sound


def test_a_version_without_a_record_of_its_content_gets_one(ground: Ground):
    """
    The content is there; only its row is lost.
    """
    Content.objects.filter(digest=digest(b"one")).delete()

    assert {"content.unrecorded": 1} == check(repair=True).counts
    assert {} == check(read_data=True).counts


def test_a_content_lost_with_its_record_is_told_once(ground: Ground):
    """
    No row, no bytes: missing.
    """
    Content.objects.filter(digest=digest(b"one")).delete()
    file(b"one").unlink()

    assert {"content.missing": 1} == check(repair=True).counts


def test_a_record_that_nothing_needs_is_forgotten(ground: Ground):
    """
    A row without bytes and without versions.
    """
    Content.objects.create(digest="a" * 64, size=1, seen=1)

    assert {"content.unfounded": 1} == check(repair=True).counts
    assert {} == check().counts


def test_what_uploads_leave_behind_goes_once_it_is_old(ground: Ground):
    """
    Files of `incoming`, and uploads nobody knows; a known one stays.
    """
    incoming = Path(store().root) / "incoming" / "left"  # type: ignore[attr-defined]
    incoming.write_bytes(b"half")
    owner = Principal.objects.first()
    for key in ("known", "unknown"):
        store().partial_append(key, [b"half"], start=0)
    Partial.objects.create(principal=owner, token="t", key="known", size=4, touched=time.time_ns())

    assert {} == check().counts
    assert {"unfinished.left": 2} == check(repair=True, now=later()).counts
    assert ["known"] == [left.name for left in store().left()]


def test_an_upload_that_lost_its_bytes_is_forgotten(ground: Ground):
    """
    Its sender begins anew instead of waiting for ever.
    """
    Partial.objects.create(principal=Principal.objects.first(), token="t", key="k", size=4, touched=1)

    assert {"unfinished.lost": 1} == check(repair=True).counts
    assert not Partial.objects.exists()


def update(model: type, **facts: object) -> Callable[[Ground], object]:
    return lambda ground: model.objects.update(**facts)  # type: ignore[attr-defined]


BREAKS: dict[str, tuple[str, Callable[[Ground], object]]] = {
    "bytes used": ("space.used", update(Space, used=F("used") + 7)),
    "bytes used of a deleted space": ("space.used", update(Space, used=0, deleted=5)),
    "clock": ("space.clock", lambda ground: (Space.objects.update(clock=0), Event.objects.update(clock=9))),
    "trail of files": ("node.trail", lambda ground: Node.objects.filter(kind=2).update(trail="9/")),
    "trail of a folder": ("node.trail", lambda ground: Node.objects.filter(name="deals").update(trail="")),
    "trail of the root": (
        "node.trail",
        lambda ground: Node.objects.filter(id=ground.root.id).update(trail="7/"),
    ),
    "facts of a file": ("node.facts", lambda ground: Node.objects.filter(name="copy.pdf").update(size=9)),
    "number of a file": (
        "node.facts",
        lambda ground: Node.objects.filter(name="term sheet.pdf").update(number=1),
    ),
    "a number too high": ("node.facts", lambda ground: Node.objects.filter(name="copy.pdf").update(number=8)),
    "bin without list": ("trash.place", lambda ground: hang(ground, Node.objects.get(name="copy.pdf"))),
    "list without bin": (
        "trash.place",
        lambda ground: Trash.objects.create(
            node=Node.objects.get(name="copy.pdf"), space=ground.space, name="copy.pdf", path="x", at=1
        ),
    ),
}


def hang(ground: Ground, node: Node) -> None:
    Node.objects.filter(id=node.id).update(parent=ground.bin, name="n", trail=f"{ground.bin.id}/")


@pytest.mark.parametrize("what", BREAKS)
def test_tables_that_contradict_each_other_are_put_right(ground: Ground, what: str):
    """
    Found, told, repaired, and nothing is left to find.
    """
    code, spoil = BREAKS[what]
    spoil(ground)

    assert {code} == set(check().counts)
    report = check(repair=True)
    assert report.repaired == report.counts
    told = json.loads(Event.objects.get(kind="drive.repaired").facts)
    assert report.counts[code] == told[code]
    assert report.sound
    assert {} == check().counts


BY_HAND: dict[str, tuple[str, Callable[[Ground], object]]] = {
    "file without version": (
        "node.empty",
        lambda ground: Version.objects.filter(node__name="empty").delete(),
    ),
    "file in a file": (
        "node.place",
        lambda ground: ground.node(Node.objects.get(name="copy.pdf"), "below"),
    ),
    "loose node": ("node.place", lambda ground: ground.node(None, "loose")),
    "no bin": ("space.tops", lambda ground: Space.objects.update(bin=None)),
    "folder in itself": (
        "node.trail",
        lambda ground: Node.objects.filter(name="deals").update(parent=F("id")),
    ),
}


@pytest.mark.parametrize("what", BY_HAND)
def test_what_nobody_can_know_is_left_as_it_is(ground: Ground, what: str):
    """
    It is told, also after a repair, and no row of the tree is other than before.
    """
    code, spoil = BY_HAND[what]
    spoil(ground)
    before = [*Node.objects.order_by("id").values()]

    assert code in check(repair=True).counts
    assert before == [*Node.objects.order_by("id").values()]
    assert not check().sound


def test_every_kind_speaks_both_languages():
    """
    With the facts a finding of it has.
    """
    facts = dict.fromkeys(("versions", "size", "used", "right", "clock"), 1)
    for kind in KINDS.values():
        for language in Language:
            assert "{" not in kind.says.to(language, subject="s", **facts) + kind.repair.to(language)


def test_a_report_of_a_million_findings_stays_small():
    """
    All are counted, the first thousand kept.
    """
    from lading.drive.check import Finding

    report = Report()
    for n in range(3000):
        report.add(Finding("content.missing", str(n)))

    assert (3000, 1000) == (report.counts["content.missing"], len(report.findings))


def test_the_checker_says_how_far_it_is(ground: Ground):
    """
    At least at its end, with all contents and bytes.
    """
    told = []
    check(progress=told.append)

    assert (3, 6, 3, 6) == told[-1][1:]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_content_that_cannot_be_read_is_told(ground: Ground):
    """
    Nothing is moved: the disk may come back.
    """
    file(b"one").chmod(0)

    assert "content.unreadable" in check(read_data=True, repair=True).counts
    assert file(b"one").exists()
