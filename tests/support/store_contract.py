"""
What every store must do, whatever holds its bytes.
"""

import hashlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lading.drive.store import Store, Stored
from lading.drive.store.base import Area
from lading.model.errors import BadRequest, Changed, NotFound, TooLarge, Truncated, Unreadable

LARGE = [bytes([n]) * 1_500_001 for n in range(12)]
"""More than a store keeps in memory, in odd pieces."""


def stored(content: bytes) -> Stored:
    return Stored(hashlib.sha256(content).hexdigest(), len(content))


def broken(error: BaseException, *chunks: bytes) -> Iterator[bytes]:
    yield from chunks
    raise error


class StoreContract:
    """Give it a fixture `store`: an empty one for each test."""

    @pytest.fixture
    def home(self) -> None:
        """A store needs no drive."""

    def content(self, store: Store, digest: str, **where: int) -> bytes:
        with store.open(digest, **where) as reading:
            return reading.read()

    def nothing(self, store: Store) -> bool:
        return not any([*store.all(area)] for area in Area) and not [*store.left()]

    def test_a_small_content_comes_out_as_it_went_in(self, store: Store) -> None:
        """
        It is read back whole, in part, and past its end.
        """
        got = store.put_bytes(b"bill of lading")

        assert stored(b"bill of lading") == got
        assert b"bill of lading" == self.content(store, got.digest)
        assert b"of" == self.content(store, got.digest, start=5, end=7)
        assert b"lading" == self.content(store, got.digest, start=8, end=900)
        assert b"" == self.content(store, got.digest, start=900)
        assert b"" == self.content(store, got.digest, start=7, end=3)

    def test_a_reading_gives_what_it_is_asked_for(self, store: Store) -> None:
        """
        Pieces of any size, each full but the last, then nothing.
        """
        got = store.put([b"0123456789" * 250_000])
        with store.open(got.digest, start=5) as reading:
            first, rest = reading.read(7), reading.read()

            assert 2_499_995 == reading.size
            assert b"5678901" == first
            assert 2_499_988 == len(rest)
            assert b"" == reading.read(1)

    @pytest.mark.parametrize("chunks", [[], [b""], [b"one"], [b"on", b"", b"e"], LARGE], ids=len)
    def test_a_stream_is_the_same_content_however_it_is_cut(self, store: Store, chunks: list[bytes]) -> None:
        """
        `put`, `put_many` and an upload in sittings give one content, and nothing else is left.
        """
        whole = b"".join(chunks)
        end = 0
        for chunk in chunks or [b""]:
            end = store.partial_append("k", [chunk], start=end)

        assert {stored(whole)} == {
            store.put(iter(chunks), size=len(whole)),
            store.put(iter(chunks)),
            store.partial_finish("k"),
            *store.put_many([whole, whole]),
        }
        assert whole == self.content(store, stored(whole).digest)
        assert [stored(whole)] == [Stored(item.digest, item.size) for item in store.all()]
        assert [] == [*store.left()]

    @pytest.mark.parametrize(
        ("chunks", "told", "error"),
        [
            ([b"short"], {"size": 6}, Truncated),
            ([b"long", b"er"], {"size": 5}, Truncated),
            ([b"12345", b"6"], {"limit": 5}, TooLarge),
            ([], {"size": 6, "limit": 5}, TooLarge),
            (LARGE, {"size": 20_000_000}, Truncated),
            (LARGE, {"size": 17_000_000}, Truncated),
            (LARGE, {"limit": 17_000_000}, TooLarge),
        ],
        ids=lambda value: str(value)[:20] if isinstance(value, dict) else "",
    )
    def test_what_is_not_as_announced_leaves_nothing(
        self, store: Store, chunks: list[bytes], told: dict[str, int], error: type[Exception]
    ) -> None:
        """
        Too short, too long or past the limit: an error that says so and an empty store.
        """
        with pytest.raises(error):
            store.put(iter(chunks), **told)

        assert self.nothing(store)

    @pytest.mark.parametrize("before", [[b"half"], LARGE[:9]], ids=["small", "large"])
    @pytest.mark.parametrize("error", [ConnectionResetError, RuntimeError, KeyboardInterrupt])
    def test_a_broken_source_leaves_nothing(
        self, store: Store, before: list[bytes], error: type[BaseException]
    ) -> None:
        """
        The error of the source comes through as it was, and the store is empty.
        """
        with pytest.raises(error):
            store.put(broken(error(), *before))

        assert self.nothing(store)

    def test_a_missing_content_says_so(self, store: Store) -> None:
        """
        Reading it fails with words that name the checker; asking for it and removing it do not.
        """
        digest = stored(b"never put").digest

        with pytest.raises(Unreadable, match="lading drive check"):
            store.open(digest)
        assert not store.exists(digest)
        store.remove(digest)

    @pytest.mark.parametrize(
        "bad", ["", "../../etc/passwd", "AB" * 32, "a" * 63, "a" * 64 + "\n", "a" * 63 + "/"]
    )
    def test_only_a_digest_names_a_content(self, store: Store, bad: str) -> None:
        """
        Nothing else becomes part of a path.
        """
        asks: list[Callable[[str], object]] = [store.open, store.exists, store.remove]
        for ask in asks:
            with pytest.raises(BadRequest):
                ask(bad)

    @pytest.mark.parametrize("bad", ["", "..", "a/b", "a\0", "x" * 65])
    def test_only_a_plain_key_names_an_upload(self, store: Store, bad: str) -> None:
        """
        Keys of uploads that could leave their place are refused.
        """
        with pytest.raises(BadRequest):
            store.partial_append(bad, [b"x"], start=0)

    @pytest.mark.parametrize("before", [[b"half"], LARGE[:9]], ids=["small", "large"])
    def test_an_upload_goes_on_where_it_broke_off(self, store: Store, before: list[bytes]) -> None:
        """
        What came before the break stays; no piece may leave a gap; the end is a content and no upload.
        """
        came = b"".join(before)
        with pytest.raises(ConnectionResetError):
            store.partial_append("key", broken(ConnectionResetError(), *before), start=0)
        assert len(came) == store.partial_size("key")
        with pytest.raises(Changed):
            store.partial_append("key", [b"again"], start=len(came) + 1)

        assert len(came) + 3 == store.partial_append("key", [b"way"], start=len(came))
        with store.partial_open("key") as reading:
            assert came + b"way" == reading.read()
        assert ["key"] == [left.name for left in store.left()]
        assert stored(came + b"way") == store.partial_finish("key")
        assert 0 == store.partial_size("key")
        with pytest.raises(NotFound):
            store.partial_finish("key")
        with pytest.raises(NotFound):
            store.partial_open("key")

    @pytest.mark.parametrize("start", [0, 1, 3, 4, 6])
    def test_an_upload_goes_on_from_an_earlier_byte(self, store: Store, start: int) -> None:
        """
        What was held beyond the byte where a piece begins is given up.
        """
        for at in (0, 3):
            store.partial_append("key", [b"old"], start=at)

        assert start + 3 == store.partial_append("key", [b"new"], start=start)
        assert stored(b"oldold"[:start] + b"new") == store.partial_finish("key")

    def test_two_do_not_add_to_one_upload(self, store: Store) -> None:
        """
        Of two that send at the same place one is told so, and the bytes of the other stand.
        """
        refused = []

        def source() -> Iterator[bytes]:
            yield b"one"
            try:
                store.partial_append("key", [b"two"], start=0)
            except Changed as problem:
                refused.append(problem)

        try:
            store.partial_append("key", source(), start=0)
        except Changed as problem:
            refused.append(problem)

        assert 1 == len(refused)
        with store.partial_open("key") as reading:
            assert reading.read() in (b"one", b"two")

    def test_a_dropped_upload_is_gone(self, store: Store) -> None:
        """
        Dropping it twice is no error.
        """
        store.partial_append("key", [b"x"], start=0)
        store.partial_drop("key")
        store.partial_drop("key")

        assert 0 == store.partial_size("key")

    def test_all_contents_come_in_the_order_of_their_digests(self, store: Store) -> None:
        """
        The checker counts on it.
        """
        put = store.put_many([b"%d" % n for n in range(50)])

        assert sorted(put) == [Stored(item.digest, item.size) for item in store.all()]

    def test_a_content_moves_between_areas_and_back(self, store: Store) -> None:
        """
        What was swept is still read, and brought back where it was.
        """
        got = store.put_bytes(b"content")

        assert store.move(got.digest, Area.OBJECTS, Area.SWEPT)
        assert not store.exists(got.digest)
        assert b"content" == self.content(store, got.digest)
        assert store.move(got.digest, Area.SWEPT, Area.OBJECTS)
        assert store.exists(got.digest)
        assert not store.move(got.digest, Area.SWEPT, Area.OBJECTS)

    def test_a_content_that_is_brought_back_meanwhile_is_read(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """
        A reader that looked where it was not yet, and then where it was no more, still gets it.
        """
        got = store.put_bytes(b"bill of lading")
        store.move(got.digest, Area.OBJECTS, Area.SWEPT)
        module = sys.modules[type(store).__module__]
        name = "FileReading" if hasattr(module, "FileReading") else "BucketReading"
        real = getattr(module, name)

        def late(*where: Any) -> Any:
            try:
                return real(*where)
            except FileNotFoundError:
                store.move(got.digest, Area.SWEPT, Area.OBJECTS)
                raise

        monkeypatch.setattr(module, name, late)

        assert b"bill of lading" == self.content(store, got.digest)

    def test_damaged_contents_are_all_kept(self, store: Store) -> None:
        """
        A second damaged content of the same name does not replace the first.
        """
        for _ in range(2):
            got = store.put_bytes(b"content")
            store.move(got.digest, Area.OBJECTS, Area.DAMAGED)

        assert [7, 7] == [item.size for item in store.all(Area.DAMAGED)]
        assert not store.exists(got.digest)

    def test_what_is_left_can_be_dropped(self, store: Store) -> None:
        """
        Every unfinished upload is listed once with its size, and goes when told.
        """
        store.partial_append("one", LARGE[:7], start=0)
        store.partial_append("two", [b"22"], start=0)

        assert [("partial", "one", 10_500_007), ("partial", "two", 2)] == [left[:3] for left in store.left()]
        for left in store.left():
            store.drop_left(left)
        assert self.nothing(store)
