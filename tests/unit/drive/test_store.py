"""
The store: what was taken in comes out again, and nothing half done is ever seen.
"""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from obstore.store import MemoryStore

from lading.drive.actor import SYSTEM
from lading.drive.models import Content
from lading.drive.store import Store, Stored, bucket, record, record_many, store
from lading.drive.store.base import Area
from lading.drive.store.bucket import BucketStore
from lading.drive.store.folder import FolderStore
from lading.drive.writing import writing
from lading.model.errors import BadRequest, NoSpace, Unavailable
from support.store_contract import StoreContract, stored


class TestFolder(StoreContract):
    @pytest.fixture(params=[False, True], ids=["", "sync"])
    def store(self, tmp_path: Path, request: pytest.FixtureRequest) -> Store:
        return FolderStore(str(tmp_path / "store"), sync=request.param)


class TestBucketInMemory(StoreContract):
    @pytest.fixture(params=[False, True], ids=["", "too large to be copied by the server"])
    def store(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Store:
        if request.param:
            monkeypatch.setattr(bucket, "_COPY", -1)
        return BucketStore(MemoryStore())


def files(home: Path) -> list[str]:
    below = home / "store"
    return sorted(str(file.relative_to(below)) for file in below.rglob("*") if file.is_file())


def test_a_content_is_a_file_named_by_its_digest(home: Path):
    """
    Plain tools find it: two digits, then the other 62.
    """
    got = store().put_bytes(b"bill of lading")

    assert [f"objects/{got.digest[:2]}/{got.digest[2:]}"] == files(home)
    assert b"bill of lading" == Path(store().path(got.digest) or "").read_bytes()


def test_only_the_drive_itself_can_read_it(home: Path):
    """
    Files are 0600 and folders 0700, from the first on.
    """
    got = store().put_bytes(b"secret")
    store().partial_append("k", [b"secret"], start=0)
    store().move(got.digest, Area.OBJECTS, Area.SWEPT)
    below = [home / "store", *(home / "store").rglob("*")]

    assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in below if file.is_file()}
    assert {0o700} == {stat.S_IMODE(folder.stat().st_mode) for folder in below if folder.is_dir()}


@examples(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=40), max_size=8))
def test_any_bytes_in_any_pieces(home: Path, chunks: list[bytes]):
    """
    The digest is that of all bytes in order, and they come back.
    """
    got = store().put(iter(chunks), size=sum(map(len, chunks)))
    with store().open(got.digest) as reading:
        back = reading.read()

    assert (stored(b"".join(chunks)), b"".join(chunks)) == (got, back)


PUTS: list[Callable[[bytes], object]] = [
    lambda content: store().put_bytes(content),
    lambda content: store().put([content]),
    lambda content: store().put_many([content]),
]


@pytest.mark.parametrize("put", PUTS, ids=["bytes", "stream", "many"])
def test_a_full_disk_leaves_nothing_half_written(
    home: Path, monkeypatch: pytest.MonkeyPatch, put: Callable[[bytes], object]
):
    """
    The disk takes half of a content and is full: NoSpace, and no file at all.
    """
    real = os.write

    def full(descriptor: int, content: bytes) -> int:
        if len(content) < 100:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, bytes(content)[: len(content) // 2])

    store()
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(NoSpace):
        put(b"x" * 1000)

    assert [] == files(home)


def test_a_full_disk_keeps_what_came_of_an_upload(home: Path, monkeypatch: pytest.MonkeyPatch):
    """
    The upload goes on once there is room.
    """
    store().partial_append("key", [b"one"], start=0)

    def full(descriptor: int, content: bytes) -> int:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    with monkeypatch.context() as patch, pytest.raises(NoSpace):
        patch.setattr(os, "write", full)
        store().partial_append("key", [b"two"], start=3)

    assert 6 == store().partial_append("key", [b"two"], start=3)


def test_a_damaged_twin_is_mended_by_the_next_put(home: Path):
    """
    A power cut left a file of another size under the name: putting the content again puts it right.
    """
    got = store().put_bytes(b"whole content")
    Path(store().path(got.digest) or "").write_bytes(b"")

    assert got == store().put_bytes(b"whole content")
    assert b"whole content" == Path(store().path(got.digest) or "").read_bytes()


def test_a_finished_upload_is_not_added_to(home: Path):
    """
    Whoever opened an upload before it became a content cannot write into the content.
    """
    kept = store()
    kept.partial_append("key", [b"all of it"], start=0)
    with kept._held("key"):  # type: ignore[attr-defined]
        os.rename(kept._partial("key"), home / "store" / "moved")  # type: ignore[attr-defined]
        kept.partial_append("key", [b"new"], start=0)

    assert b"all of it" == (home / "store" / "moved").read_bytes()


def test_foreign_files_are_no_contents(home: Path):
    """
    What somebody else left between the contents is passed over.
    """
    got = store().put_bytes(b"content")
    Path(store().path(got.digest) or "").with_name(".DS_Store").write_bytes(b"x")
    (home / "store" / "objects" / "notes.txt").write_bytes(b"x")

    assert [got.digest] == [item.digest for item in store().all()]


def test_recording_says_when_a_content_was_last_needed(home: Path):
    """
    The first record makes the row, a later one moves its time.
    """
    got = store().put_bytes(b"content")
    for now in (10**18, 10**18 + 5):
        with writing(SYSTEM):
            record(None, got, now)

    assert [(got.digest, 7, 10**18 + 5)] == list(Content.objects.values_list("digest", "size", "seen"))


def test_recording_brings_back_what_the_sweeper_took(home: Path):
    """
    Put found the content there, the sweeper was faster: the record finds it among what was swept.
    """
    got = store().put_bytes(b"content")
    Content.objects.create(digest=got.digest, size=7, seen=0)
    store().move(got.digest, Area.OBJECTS, Area.SWEPT)
    with writing(SYSTEM):
        record_many(None, [got, got], 10**18)

    assert store().exists(got.digest)
    assert 10**18 == Content.objects.get().seen


def test_recording_refuses_what_is_nowhere(home: Path):
    """
    A content swept for good is not recorded: the client puts it again.
    """
    Content.objects.create(digest="a" * 64, size=7, seen=0)

    with pytest.raises(Unavailable), writing(SYSTEM):
        record(None, Stored("a" * 64, 7), 10**18)
    assert 0 == Content.objects.get().seen


def test_each_process_and_drive_has_its_own_store(home: Path):
    """
    The store is made once, and anew in a child process.
    """
    first = store()
    assert first is store()
    child = os.fork()
    if child == 0:
        os._exit(0 if store() is not first else 1)

    assert 0 == os.waitpid(child, 0)[1]
    assert isinstance(first, FolderStore)


@pytest.mark.parametrize("place", ["bucket", "ftp://x", "s3://", "s3:///prefix"])
def test_a_place_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, place: str):
    """
    The settings name a folder or a bucket.
    """
    monkeypatch.setattr(settings, "LADING_DRIVE", {**settings.LADING_DRIVE, "store": place})

    with pytest.raises(BadRequest):
        store()


def test_a_bucket_has_its_keys_by_reference(monkeypatch: pytest.MonkeyPatch):
    """
    The references of the settings are looked up when the store is made.
    """
    asked: list[str] = []
    said = {"store": "s3://bucket/below", "store_endpoint": "http://127.0.0.1:9", "store_key": "env:K"}
    secret = {"secret": lambda reference: asked.append(reference) or "text", "store_secret": "env:S"}
    monkeypatch.setattr(settings, "LADING_DRIVE", {**settings.LADING_DRIVE, **said, **secret})

    assert isinstance(store(), BucketStore)
    assert ["env:K", "env:S"] == asked


def test_a_disk_that_is_not_mounted_is_no_empty_store(home: Path, monkeypatch: pytest.MonkeyPatch):
    """
    Nothing is written beside it, and nothing is said to be missing.
    """
    disk = home / "disk"
    monkeypatch.setattr(settings, "LADING_DRIVE", {**settings.LADING_DRIVE, "store": str(disk)})
    got = store().put_bytes(b"content")
    with writing(SYSTEM):
        record(None, got, 10**18)
    kept = store()
    disk.rename(home / "unmounted")
    disk.mkdir()
    for call in (lambda: kept.open(got.digest), lambda: [*kept.all()], lambda: kept.put_bytes(b"more")):
        with pytest.raises(Unavailable):
            call()
    monkeypatch.setattr(settings, "LADING_DRIVE", {**settings.LADING_DRIVE})
    with pytest.raises(Unavailable, match="mounted"):
        store()

    assert [] == [*disk.iterdir()]
    (disk / "objects").mkdir()
    assert not store().exists(got.digest)
