"""
The store of a vault means the same in a folder, in memory, on a WebDAV server and in a bucket.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from lading.connectors.address import Address, parse
from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.registry import open_drive
from lading.connectors.wrap.policy import Policy, wrapped
from lading.model.errors import BadVault, NotFound
from lading.testkit.servers import SeaweedServer, WsgiDavServer, require_server
from lading.vault import keys, packs
from lading.vault.check import check
from lading.vault.locks import Mode, locked, locks
from lading.vault.store import Store, place
from lading.vault.words import INDEX, LOCKS, PACKS
from support.bucket import KEY, SECRET, enable_versions
from support.vaults import again, content, new_vault, pruned, snapshot, some

CONTENT = b"0123456789" * 1000


class VaultStoreContract:
    """Give it a fixture `drive`: an empty one for each test."""

    @pytest.fixture
    def drive(self) -> Drive:
        raise NotImplementedError

    @pytest.fixture
    def store(self, drive: Drive) -> Store:
        return Store(drive)

    @pytest.mark.parametrize("folder", [PACKS, INDEX])
    def test_what_is_put_is_there(self, store: Store, folder: str) -> None:
        """
        Whole, in parts, in the list with its size, and under its digest.
        """
        name = store.put(folder, CONTENT)

        assert sha256(CONTENT).hexdigest() == name
        assert CONTENT == store.whole(folder, name)
        assert CONTENT[7:4007] == store.part(folder, name, 7, 4000)
        assert b"" == store.part(folder, name, len(CONTENT), 0)
        assert [(name, len(CONTENT))] == list(store.names(folder))
        assert len(CONTENT) == store.size(folder, name)

    def test_putting_twice_is_no_error(self, store: Store) -> None:
        """
        It is the same object.
        """
        assert store.put(PACKS, CONTENT) == store.put(PACKS, CONTENT)
        assert 1 == len(list(store.names(PACKS)))

    @pytest.mark.parametrize("folder", [PACKS, INDEX])
    def test_what_is_removed_is_gone(self, store: Store, folder: str) -> None:
        """
        Removing it again, or what never was, is no error.
        """
        name = store.put(folder, CONTENT)
        for _ in range(2):
            store.remove(folder, name)

        assert [] == list(store.names(folder))
        with pytest.raises(NotFound):
            store.whole(folder, name)
        with pytest.raises(NotFound):
            store.part(folder, name, 0, 1)

    def test_a_part_beyond_the_end_is_damage(self, store: Store) -> None:
        """
        Whether it begins inside or behind what is there.
        """
        name = store.put(PACKS, CONTENT)

        for start in (len(CONTENT) - 5, len(CONTENT), len(CONTENT) + 1, 10 * len(CONTENT)):
            with pytest.raises(BadVault):
                store.part(PACKS, name, start, 10)

    def test_another_content_is_noticed(self, store: Store) -> None:
        """
        An object that is not what its name says is not given out.
        """
        name = store.put(INDEX, CONTENT)
        store.remove(INDEX, name)
        store.put_named(INDEX, name, [CONTENT + b"x"])

        with pytest.raises(BadVault):
            store.whole(INDEX, name)

    def test_more_than_can_be_is_refused(self, store: Store) -> None:
        """
        A server that sends on and on is stopped.
        """
        name = store.put(INDEX, CONTENT)

        with pytest.raises(BadVault):
            store.whole(INDEX, name, most=len(CONTENT) - 1)
        assert CONTENT == store.whole(INDEX, name, most=len(CONTENT))

    def test_strangers_are_passed_over(self, store: Store) -> None:
        """
        Files, folders and misplaced objects that are none of ours are not listed, nor entered without end.
        """
        kept = {store.put(PACKS, b"%d" % number) for number in range(5)}
        stray = next(iter(kept))
        store.drive.make_folder((PACKS, "zz"))
        store.put_named(PACKS, "README", [b"x"])
        for other in ("00", "01"):
            if not stray.startswith(other):
                store.drive.make_folder((PACKS, other))
                store.drive.make_folder((PACKS, other, "00"))
                store.drive.write((PACKS, other, stray), [b"y"], expect=ABSENT, size=1)

        assert kept == {name for name, _ in store.names(PACKS)}
        assert [] == list(store.names("nothing"))

    def test_a_vault_lives_in_it(self, drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
        """
        Made, filled, locked, checked, pruned and read.
        """
        monkeypatch.setattr(packs, "PACK_SIZE", 4096)
        monkeypatch.setattr(keys, "PASSES", 1)
        monkeypatch.setattr(keys, "MEMORY", 64)
        vault = new_vault(wrapped(drive, Policy()))
        gone = snapshot(vault, some(6, 500, "old"))
        files = {**some(6, 500), "large": some(1, 2 << 20)["file-000"]}
        snapshot(vault, files, taken=2)
        vault.store.remove("snapshots", gone.name)

        assert not pruned(again(vault)).idle
        with locked(vault.store, vault.master, Mode.SHARED, who="ann", purpose="check"):
            assert 1 == len(list(locks(vault.store, vault.master)))
            assert ["lock_there"] == [one.code for one in check(again(vault), read_data=True).findings]
        assert [] == list(vault.store.names(LOCKS))
        for raw in files.values():
            assert raw == content(again(vault), raw)


class TestMemory(VaultStoreContract):
    """With pages of two entries."""

    @pytest.fixture
    def drive(self) -> Drive:
        return MemoryDrive(MemoryStore(page_size=2))


class TestFolder(VaultStoreContract):
    """A local folder."""

    @pytest.fixture
    def drive(self, tmp_path: Path) -> Iterator[Drive]:
        with open_drive(parse(str(tmp_path))) as drive:
            yield drive


@pytest.mark.live
class TestWebdav(VaultStoreContract):
    """A WebDAV server."""

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[WsgiDavServer]:
        with require_server(WsgiDavServer) as server:
            yield server

    @pytest.fixture
    def drive(
        self, server: WsgiDavServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> Iterator[Drive]:
        monkeypatch.setenv("LADING_TEST_PASSWORD", server.password)
        options = {
            "user": server.user,
            "password": "env:LADING_TEST_PASSWORD",
            "login": "basic",
            "create": "yes",
        }
        with open_drive(Address("webdav", f"{server.url}{tmp_path.name}/", options)) as drive:
            yield drive


class BucketContract(VaultStoreContract):
    """A real S3 server, a prefix of its own for each test."""

    versions: bool

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[SeaweedServer]:
        with require_server(SeaweedServer) as server:
            if cls.versions:
                enable_versions(server)
            yield server

    @pytest.fixture
    def drive(
        self, server: SeaweedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> Iterator[Drive]:
        monkeypatch.setenv(KEY, server.user)
        monkeypatch.setenv(SECRET, server.password)
        given = {"endpoint": server.url, "key": f"env:{KEY}", "secret": f"env:{SECRET}", "create": "yes"}
        with open_drive(Address("s3", f"{server.bucket}/{tmp_path.name}", given)) as drive:
            yield drive


@pytest.mark.live
class TestBucket(BucketContract):
    """A bucket that holds one content of each object."""

    versions = False


@pytest.mark.live
class TestVersionedBucket(BucketContract):
    """One that keeps every version: what was removed is told no longer all the same."""

    versions = True


def test_packs_lie_in_folders_by_their_first_byte() -> None:
    """
    As the description of the format says.
    """
    assert ("packs", "ab", "ab" * 32) == place(PACKS, "ab" * 32)
    assert ("index", "ab" * 32) == place(INDEX, "ab" * 32)
