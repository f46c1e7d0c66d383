"""
Contents that nothing needs go, in time; contents that anything needs stay, however the two meet.
"""

import os
import threading
import time
from pathlib import Path

import pytest
from django.db import connection, connections

from lading.drive.actor import SYSTEM
from lading.drive.check import Swept, check, sweep, sweeping
from lading.drive.models import Content, Partial, Principal, Version
from lading.drive.store import record, store
from lading.drive.store.base import Area
from lading.drive.writing import writing
from lading.model.errors import Unreadable
from support.drive_ground import Ground, digest, read

DAY = 86_400 * 10**9


def later(days: float) -> int:
    return time.time_ns() + int(days * DAY)


def age(area: Area, days: float) -> None:
    """Let all contents of *area* have been there for *days*."""
    for item in store().all(area):
        path = Path(store().root) / area / item.digest[:2] / item.digest[2:]  # type: ignore[attr-defined]
        os.utime(path, ns=(0, item.modified - int(days * DAY)))


def areas(content: bytes) -> list[Area]:
    return [area for area in Area if store().find(digest(content), area)]


def test_what_a_version_needs_is_never_touched():
    """
    Old as it may be.
    """
    Ground().save("a", b"kept")
    for days in (2, 4, 400):
        sweep(store(), later(days))

    assert [Area.OBJECTS] == areas(b"kept")
    assert check(read_data=True).sound


def test_what_nothing_needs_goes_after_two_days():
    """
    Not before a day; then it is taken out and still read; a day later it is gone, row and bytes.
    """
    ground = Ground()
    ground.remove(ground.save("a", b"not needed"))

    assert 0 == sweep(store(), later(0.5)).marked
    assert 1 == sweep(store(), later(2)).taken_out
    assert [Area.SWEPT] == areas(b"not needed")
    assert b"not needed" == read(digest(b"not needed"))
    age(Area.SWEPT, 3)
    swept = sweep(store(), later(0))
    assert (1, 10) == (swept.removed, swept.bytes)
    assert [] == areas(b"not needed")
    assert not Content.objects.exists()
    assert not check().counts


def test_what_was_put_and_never_recorded_goes_too():
    """
    A crash between store and database leaves a content without a row.
    """
    store().put_bytes(b"orphan")

    assert 0 == sweep(store(), later(0.5)).marked
    assert 1 == sweep(store(), later(2)).taken_out
    age(Area.SWEPT, 3)
    assert 1 == sweep(store(), later(0)).removed
    assert not Content.objects.exists()


@pytest.mark.parametrize("days", [0, 2])
def test_what_is_needed_again_comes_back(days: int):
    """
    Saved again while it was taken out, whether the sweeper or the saver is first to notice.
    """
    ground = Ground()
    ground.remove(ground.save("a", b"again"))
    sweep(store(), later(2))
    ground.save("b", b"again")
    age(Area.SWEPT, 3)
    sweep(store(), later(days))

    assert [Area.OBJECTS] == areas(b"again")
    assert check(read_data=True).sound


def test_a_put_that_found_it_there_survives_the_sweep_between():
    """
    The saver has put it and not yet recorded; the sweeper takes it out; the record brings it back.
    """
    ground = Ground()
    ground.remove(ground.save("a", b"raced"))
    stored = store().put_bytes(b"raced")
    sweep(store(), later(2))
    assert [Area.SWEPT] == areas(b"raced")
    with writing(SYSTEM) as work:
        record(None, stored, work.now)

    assert [Area.OBJECTS] == areas(b"raced")


def test_what_becomes_needed_while_it_is_looked_at_is_not_marked(monkeypatch: pytest.MonkeyPatch):
    """
    Where many write at a time: saved between the moment that the sweeper's question is about and its lock on the row.
    """
    if connection.vendor != "postgresql":
        pytest.skip("here one writes at a time")
    ground = Ground()
    ground.remove(ground.save("a", b"raced"))
    monkeypatch.setattr(sweeping, "NEEDED", f"((SELECT pg_sleep(0.3)) IS NOT NULL AND {sweeping.NEEDED})")

    def save() -> None:
        ground.save("b", b"raced")
        connections.close_all()

    saver = threading.Timer(0.1, save)
    saver.start()
    sweeping._mark_unneeded(Swept(), later(2))
    saver.join()

    assert {} == check(read_data=True).counts
    assert Content.objects.get(digest=digest(b"raced")).seen


def test_a_put_of_what_was_taken_out_long_ago_rests_anew():
    """
    Put again, not yet recorded, and taken out again: it is not removed with the age of the first time.
    """
    ground = Ground()
    ground.remove(ground.save("a", b"raced"))
    sweep(store(), later(2))
    age(Area.SWEPT, 0.98)
    stored = store().put_bytes(b"raced")
    sweep(store(), later(0))
    sweep(store(), later(0.1))
    with writing(SYSTEM) as work:
        record(None, stored, work.now)

    assert [Area.OBJECTS] == areas(b"raced")
    assert b"raced" == read(stored.digest)


def test_a_version_that_was_never_recorded_is_served_and_brought_back():
    """
    Even if somebody forgot to record what they need, nothing is lost.
    """
    ground = Ground()
    file = ground.save("a", b"forgotten")
    version = Version.objects.get()
    Version.objects.all().delete()
    sweep(store(), later(2))
    assert [Area.SWEPT] == areas(b"forgotten")
    version.id = None
    version.node = file
    version.save()

    assert b"forgotten" == read(digest(b"forgotten"))
    assert {"content.swept": 1} == check().counts
    age(Area.SWEPT, 30)
    assert 1 == sweep(store(), later(0)).brought_back
    assert [Area.OBJECTS] == areas(b"forgotten")
    assert check(read_data=True).sound


def test_an_upload_that_waits_for_its_place_keeps_its_content():
    """
    It is whole and recorded nowhere but in the upload itself.
    """
    stored = store().put_bytes(b"waiting")
    owner = Principal.objects.get()
    Partial.objects.create(
        principal=owner, token="t", key="k", size=7, digest=stored.digest, touched=later(0)
    )
    sweep(store(), later(30))
    age(Area.SWEPT, 30)
    sweep(store(), later(30))

    assert [Area.OBJECTS] == areas(b"waiting")


def test_a_row_without_content_is_forgotten():
    """
    Killed between the removal of the bytes and the commit, the next sweep ends it.
    """
    Content.objects.create(digest="a" * 64, size=3, seen=0)
    sweep(store(), later(0))

    assert not Content.objects.exists()


def test_many_are_swept_in_many_transactions():
    """
    More than one batch, with some needed in between.
    """
    ground = Ground()
    files = [ground.save(f"{n}", b"%d" % n) for n in range(104)]
    for file in files[::2]:
        ground.remove(file)
    swept = sweep(store(), later(2))

    assert (52, 52) == (swept.marked, swept.taken_out)
    with pytest.raises(Unreadable):
        age(Area.SWEPT, 3)
        assert 52 == sweep(store(), later(0)).removed
        read(files[0].digest)
    assert check(read_data=True).sound
