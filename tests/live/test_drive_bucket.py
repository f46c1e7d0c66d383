"""
The store in a real bucket: all that every store must do, and what happens when the bucket goes away.
"""

import secrets
from collections.abc import Callable, Iterator

import pytest

from lading.drive.store import Store
from lading.drive.store.bucket_client import s3_store
from lading.model.errors import LadingError, Unavailable
from lading.testkit.servers import SeaweedServer, require_server
from support.store_contract import LARGE, StoreContract, broken, stored

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def server() -> Iterator[SeaweedServer]:
    with require_server(SeaweedServer) as server:
        yield server


def bucket(server: SeaweedServer, **other: str) -> Store:
    """A store below a prefix of its own."""
    said = {
        "store": f"s3://{server.bucket}/{secrets.token_hex(8)}",
        "store_endpoint": server.url.rstrip("/"),
        "store_key": server.user,
        "store_secret": server.password,
        "store_region": "",
        "secret": str,
        **other,
    }
    return s3_store(said)


class TestSeaweed(StoreContract):
    @pytest.fixture
    def store(self, server: SeaweedServer) -> Store:
        return bucket(server)


CALLS: list[Callable[[Store], object]] = [
    lambda store: store.put_bytes(b"x"),
    lambda store: store.put(iter(LARGE)),
    lambda store: store.open("a" * 64),
    lambda store: store.exists("a" * 64),
    lambda store: [*store.all()],
    lambda store: store.partial_append("key", [b"x"], start=0),
]


@pytest.mark.parametrize("other", [{"store": "s3://no-such-bucket-here"}, {"store_secret": "wrong"}], ids=str)
def test_a_bucket_that_is_not_ours_is_unavailable(server: SeaweedServer, other: dict[str, str]) -> None:
    """
    No bucket and a wrong key are said so; nothing looks like a store without contents.
    """
    store = bucket(server, **other)
    for call in (CALLS[2], CALLS[4]):
        with pytest.raises(Unavailable) as failed:
            call(store)

        assert "wrong" not in str(failed.value)


def test_a_lost_server_is_unavailable_and_loses_nothing() -> None:
    """
    Each call says so in seconds; after the restart every content that was answered is whole.
    """
    with require_server(SeaweedServer) as server:
        store = bucket(server)
        kept = [store.put_bytes(b"small"), store.put(iter(LARGE))]
        store.partial_append("key", [b"half"], start=0)
        server.kill()
        for call in CALLS:
            with pytest.raises(Unavailable):
                call(store)
        server.restart()

        assert sorted(kept) == [(item.digest, item.size) for item in store.all()]
        for one in kept:
            with store.open(one.digest) as reading:
                assert one == stored(reading.read())
        assert 4 == store.partial_size("key")


def test_a_server_lost_in_the_middle_leaves_no_half_content() -> None:
    """
    Killed while a large content is on its way: Unavailable, and none of it is a content afterwards.
    """
    with require_server(SeaweedServer) as server:
        store = bucket(server)

        def source() -> Iterator[bytes]:
            yield from LARGE
            server.kill()
            yield from LARGE

        with pytest.raises(LadingError) as failed:
            store.put(source())
        assert isinstance(failed.value, Unavailable)
        server.restart()

        assert [] == [*store.all()]
        assert stored(b"".join(LARGE)) == store.put(iter(LARGE))


def test_a_source_broken_in_the_middle_leaves_no_parts(server: SeaweedServer) -> None:
    """
    The parts that were sent do not stay hidden in the bucket.
    """
    store = bucket(server)
    with pytest.raises(ConnectionResetError):
        store.put(broken(ConnectionResetError(), *LARGE))

    assert [] == [*store.left()]
