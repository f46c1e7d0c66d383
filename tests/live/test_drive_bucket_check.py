"""
The checker, its repairs and the sweep on a drive whose contents are in a real bucket.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import obstore
import pytest
from django.conf import settings

# isort: off
from support.drive_home import sqlite_home  # the settings must be named before tables are imported

# isort: on
from lading.drive.check import check, sweep, tidy
from lading.drive.store import store
from lading.drive.store.base import Area
from lading.drive.store.bucket import BucketStore
from lading.model.errors import NoSpace, Unavailable
from lading.testkit.servers import SeaweedServer, require_server
from support.drive_ground import Ground, digest, read

pytestmark = pytest.mark.live

DAY = 86_400 * 10**9


@pytest.fixture(scope="module")
def server() -> Iterator[SeaweedServer]:
    with require_server(SeaweedServer) as server:
        yield server


@pytest.fixture
def ground(tmp_path: Path, server: SeaweedServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    """A drive on SQLite and a bucket, with its keys by reference."""
    monkeypatch.setenv("TEST_STORE_KEY", server.user)
    monkeypatch.setenv("TEST_STORE_SECRET", server.password)
    said = {
        "store": f"s3://{server.bucket}/{tmp_path.name}",
        "store_endpoint": server.url.rstrip("/"),
        "store_key": "env:TEST_STORE_KEY",
        "store_secret": "env:TEST_STORE_SECRET",
    }
    with sqlite_home(tmp_path / "home"), monkeypatch.context() as patch:
        patch.setattr(settings, "LADING_DRIVE", {**settings.LADING_DRIVE, **said})
        yield Ground()


def later(days: int) -> int:
    return time.time_ns() + days * DAY


def bucket() -> BucketStore:
    found = store()
    assert isinstance(found, BucketStore)
    return found


def test_a_sound_drive_and_each_kind_of_harm(ground: Ground) -> None:
    """
    Missing, damaged and forgotten objects are told; a repair moves aside, and saving again heals.
    """
    for name in ("whole", "missing", "damaged"):
        ground.save(name, name.encode())
    assert {} == check(read_data=True, now=later(2)).counts
    store().put_bytes(b"orphan")
    store().remove(digest(b"missing"))
    bad = digest(b"damaged")
    obstore.put(bucket().bucket, f"objects/{bad[:2]}/{bad[2:]}", b"DAMAGED")
    report = check(read_data=True, repair=True, now=later(2))

    assert {"content.missing": 1, "content.wrong": 1, "content.orphan": 1} == report.counts
    assert 1 == len([*store().all(Area.DAMAGED)])
    for name in ("missing", "damaged"):
        ground.save(f"{name} again", name.encode())
    assert check(read_data=True).sound
    assert b"damaged" == read(bad)


def test_contents_are_taken_out_brought_back_and_removed(ground: Ground) -> None:
    """
    The three steps of a sweep on objects.
    """
    ground.remove(ground.save("gone", b"gone"))
    ground.remove(ground.save("back", b"back"))
    ground.save("kept", b"kept")
    assert 2 == sweep(store(), later(2)).taken_out
    assert b"gone" == read(digest(b"gone"))
    ground.save("back again", b"back")
    done = tidy(later(2))

    assert 1 == done.swept.removed
    assert {digest(b"back"), digest(b"kept")} == {item.digest for item in store().all()}
    assert [] == [*store().all(Area.SWEPT)]
    assert {} == check(read_data=True, now=later(4)).counts


def test_a_bucket_that_goes_away_is_not_a_drive_without_contents(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The checker stops instead of telling that all is lost, and a save is refused with nothing recorded.
    """
    ground.save("kept", b"kept")
    monkeypatch.setattr(settings, "LADING_DRIVE", {**settings.LADING_DRIVE, "store": "s3://lost-bucket"})

    with pytest.raises(Unavailable):
        check()
    with pytest.raises((Unavailable, NoSpace)):
        read(digest(b"kept"))
