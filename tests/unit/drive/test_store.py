"""
The store: what was taken in comes out again, and nothing half done is ever seen.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.drive.actor import SYSTEM
from lading.drive.models import Content
from lading.drive.store import Stored, record, record_many, store
from lading.drive.store.base import Area
from lading.drive.store.folder import FolderStore
from lading.drive.writing import writing
from lading.model.errors import (
    BadRequest,
    Changed,
    NoSpace,
    NotFound,
    TooLarge,
    Truncated,
    Unavailable,
    Unreadable,
)


def stored(content: bytes) -> Stored:
    return Stored(hashlib.sha256(content).hexdigest(), len(content))


def content_of(digest: str, **where: int) -> bytes:
    with store().open(digest, **where) as reading:
        return reading.read()


def files(home: Path) -> list[str]:
    below = home / "store"
    return sorted(str(file.relative_to(below)) for file in below.rglob("*") if file.is_file())


def test_a_small_content_comes_out_as_it_went_in(home: Path):
    """
    It lies under its SHA-256, for the drive alone, and is read back whole or in part.
    """
    got = store().put_bytes(b"bill of lading")

    assert stored(b"bill of lading") == got
    assert [f"objects/{got.digest[:2]}/{got.digest[2:]}"] == files(home)
    assert b"bill of lading" == content_of(got.digest)
    assert b"of" == content_of(got.digest, start=5, end=7)
    assert b"lading" == content_of(got.digest, start=8, end=900)
    assert b"" == content_of(got.digest, start=900)


def test_only_the_drive_itself_can_read_it(home: Path):
    """
    Files are 0600 and folders 0700.
    """
    got = store().put_bytes(b"secret")
    file = Path(store().path(got.digest) or "")

    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    assert {0o700} == {
        stat.S_IMODE(folder.stat().st_mode) for folder in (home / "store").rglob("*") if folder.is_dir()
    }


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=40), max_size=8))
def test_a_stream_is_the_same_content_however_it_is_cut(home: Path, chunks: list[bytes]):
    """
    `put`, `put_bytes`, `put_many` and an upload in sittings give one content.
    """
    whole = b"".join(chunks)
    for n, chunk in enumerate(chunks):
        assert store().partial_append("k", [chunk], start=sum(map(len, chunks[:n]))) >= 0
    if not chunks:
        store().partial_append("k", [], start=0)

    assert {stored(whole)} == {
        store().put(iter(chunks), size=len(whole)),
        store().put_bytes(whole),
        store().partial_finish("k"),
        *store().put_many([whole, whole]),
    }
    assert whole == content_of(stored(whole).digest)


def test_a_large_stream_is_summed_beside_its_writing(home: Path):
    """
    Past the size where a second thread computes the digest, it is still that of all bytes in order.
    """
    chunks = [bytes([n]) * 700_001 for n in range(12)]

    got = store().put(iter(chunks))

    assert stored(b"".join(chunks)) == got
    assert hashlib.sha256(content_of(got.digest)).hexdigest() == got.digest


def broken(error: BaseException) -> Iterator[bytes]:
    yield b"half"
    raise error


@pytest.mark.parametrize(
    ("put", "error"),
    [
        (lambda: store().put([b"short"], size=6), Truncated),
        (lambda: store().put([b"long", b"er"], size=5), Truncated),
        (lambda: store().put([b"12345", b"6"], limit=5), TooLarge),
        (lambda: store().put([], size=6, limit=5), TooLarge),
        (lambda: store().put(broken(ConnectionResetError())), ConnectionResetError),
        (lambda: store().put(broken(KeyboardInterrupt())), KeyboardInterrupt),
    ],
)
def test_what_breaks_off_leaves_nothing(home: Path, put: Callable[[], Stored], error: type[BaseException]):
    """
    A source that is too short, too long or breaks leaves no file, and its own error comes through.
    """
    with pytest.raises(error):
        put()

    assert [] == files(home)


@pytest.mark.parametrize(
    "put", [lambda c: store().put_bytes(c), lambda c: store().put([c]), lambda c: store().put_many([c])]
)
def test_a_full_disk_leaves_nothing_half_written(home: Path, monkeypatch: pytest.MonkeyPatch, put):
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


def test_a_damaged_twin_is_mended_by_the_next_put(home: Path):
    """
    A power cut left a file of another size under the name: putting the content again puts it right.
    """
    got = store().put_bytes(b"whole content")
    Path(store().path(got.digest) or "").write_bytes(b"")

    assert got == store().put_bytes(b"whole content")
    assert b"whole content" == content_of(got.digest)


def test_a_missing_content_says_so(home: Path):
    """
    Reading it fails with words that name the checker; asking for it does not.
    """
    digest = stored(b"never put").digest

    with pytest.raises(Unreadable, match="lading drive check"):
        store().open(digest)
    assert not store().exists(digest)


@pytest.mark.parametrize(
    "bad", ["", "../../etc/passwd", "AB" * 32, "a" * 63, "a" * 64 + "\n", "a" * 63 + "/"]
)
def test_only_a_digest_names_a_content(home: Path, bad: str):
    """
    Nothing else becomes part of a path.
    """
    for ask in (store().open, store().exists, store().remove):
        with pytest.raises(BadRequest):
            ask(bad)


@pytest.mark.parametrize("bad", ["", "..", "a/b", "a\0", "x" * 65])
def test_only_a_plain_key_names_an_upload(home: Path, bad: str):
    """
    Keys of uploads that could leave their folder are refused.
    """
    with pytest.raises(BadRequest):
        store().partial_append(bad, [b"x"], start=0)


def test_an_upload_goes_on_where_it_broke_off(home: Path):
    """
    What came before the break stays; the next piece must begin there; the end is a content and no upload.
    """
    with pytest.raises(ConnectionResetError):
        store().partial_append("key", broken(ConnectionResetError()), start=0)
    assert 4 == store().partial_size("key")
    with pytest.raises(Changed):
        store().partial_append("key", [b"again"], start=0)

    assert 7 == store().partial_append("key", [b"way"], start=4)
    with store().partial_open("key") as reading:
        assert b"halfway" == reading.read()
    assert stored(b"halfway") == store().partial_finish("key")
    assert 0 == store().partial_size("key")
    with pytest.raises(NotFound):
        store().partial_finish("key")


def test_two_do_not_add_to_one_upload(home: Path):
    """
    While one adds, another is told so and changes nothing.
    """

    def source() -> Iterator[bytes]:
        yield b"one"
        with pytest.raises(Changed):
            store().partial_append("key", [b"two"], start=3)

    assert 3 == store().partial_append("key", source(), start=0)


def test_a_dropped_upload_is_gone(home: Path):
    """
    Dropping it twice is no error.
    """
    store().partial_append("key", [b"x"], start=0)
    store().partial_drop("key")
    store().partial_drop("key")

    assert 0 == store().partial_size("key")


def test_all_contents_come_in_the_order_of_their_digests(home: Path):
    """
    The checker counts on it.
    """
    put = [store().put_bytes(b"%d" % n) for n in range(50)]

    assert sorted(put) == [Stored(item.digest, item.size) for item in store().all()]


def test_a_content_moves_between_areas_and_back(home: Path):
    """
    What was swept is still read, and brought back where it was.
    """
    got = store().put_bytes(b"content")

    assert store().move(got.digest, Area.OBJECTS, Area.SWEPT)
    assert not store().exists(got.digest)
    assert b"content" == content_of(got.digest)
    assert store().move(got.digest, Area.SWEPT, Area.OBJECTS)
    assert store().exists(got.digest)
    assert not store().move(got.digest, Area.SWEPT, Area.OBJECTS)


def test_damaged_contents_are_all_kept(home: Path):
    """
    A second damaged file of the same name does not replace the first.
    """
    for bad in (b"one", b"two"):
        got = store().put_bytes(b"content")
        Path(store().path(got.digest) or "").write_bytes(bad)
        store().move(got.digest, Area.OBJECTS, Area.DAMAGED)

    assert [3, 3] == [item.size for item in store().all(Area.DAMAGED)]


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
