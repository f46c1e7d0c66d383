"""
Damage of every kind: each is found by a check that reads the data, or harms nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.model.errors import BadVault, LadingError
from lading.vault import keys, packs
from lading.vault.check import check
from lading.vault.locks import Mode, locked
from lading.vault.packs import START
from lading.vault.rebuild import rebuild
from lading.vault.snapshots import LATEST, find, snapshots
from lading.vault.vault import Vault, open_vault
from lading.vault.words import Kind
from support.vaults import (
    SECRET,
    again,
    content,
    folder,
    memory,
    new_vault,
    objects,
    reopened,
    snapshot,
    some,
)

FILES = {**some(20, 400), "empty": b"", "text": b"shrinks " * 500, "large": some(1, 3 << 20)["file-000"]}


def of(path: Path, where: str) -> list[Path]:
    return [file for name, file in sorted(objects(path).items()) if name.startswith(where)]


def found(path: Path) -> list[str]:
    """What opening and checking the vault in *path* finds."""
    try:
        with folder(path) as drive:
            vault = Vault(drive, open_vault(drive, SECRET))
            return [one.code for one in check(vault, read_data=True).findings]
    except LadingError as problem:
        return [problem.code]


def readable(path: Path) -> bool:
    """Whether every content of every snapshot can be had."""
    with folder(path) as drive:
        vault = reopened(drive)
        return bool(list(snapshots(vault.store, vault.master))) and all(
            raw == content(vault, raw) for raw in FILES.values()
        )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A vault with two snapshots that tests damage and put right again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packs, "PACK_SIZE", 4096)
        patch.setattr(keys, "PASSES", 1)
        patch.setattr(keys, "MEMORY", 64)
        path = tmp_path_factory.mktemp("kept") / "vault"
        vault = new_vault(folder(path))
        snapshot(vault, some(5, 400))
        snapshot(vault, FILES, taken=2)
        assert [] == found(path)
        assert readable(path)
        yield path


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_byte_changed_anywhere_is_found_or_harmless(kept: Path, data: st.DataObject) -> None:
    """
    Whichever byte of whichever object is another: the check says so, or everything can still be read.
    """
    file = data.draw(st.sampled_from(of(kept, "")))
    original = file.read_bytes()
    at = data.draw(st.integers(0, len(original) - 1))
    file.write_bytes(
        original[:at] + bytes([original[at] ^ data.draw(st.integers(1, 255))]) + original[at + 1 :]
    )
    try:
        assert found(kept) or readable(kept)
    finally:
        file.write_bytes(original)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_object_cut_short_or_lost_is_found(kept: Path, data: st.DataObject) -> None:
    """
    Every object of a vault whose snapshots saw it is missed, and so is every end of one.
    """
    file = data.draw(st.sampled_from([it for it in of(kept, "") if "snapshots" not in it.parts]))
    original = file.read_bytes()
    left = data.draw(st.integers(-1, len(original) - 1))
    file.unlink() if left < 0 else file.write_bytes(original[:left])
    try:
        # Of the description only the line end can go without harm.
        assert found(kept) or (file.name == "vault.json" and readable(kept))
    finally:
        file.write_bytes(original)


@pytest.mark.parametrize("where", ["magic", "salt", "record", "tag", "table", "length"])
def test_a_flipped_bit_in_every_region_of_a_pack_is_found(kept: Path, where: str) -> None:
    """
    The pack is named.
    """
    file = of(kept, "packs")[0]
    original = file.read_bytes()
    end = len(original)
    place = {"magic": 0, "salt": 9, "record": START + 1, "tag": end - 5, "table": end - 40, "length": end - 1}
    at = place[where]
    file.write_bytes(original[:at] + bytes([original[at] ^ 1]) + original[at + 1 :])
    try:
        assert "pack_damaged" in found(kept)
    finally:
        file.write_bytes(original)


def test_a_repair_saves_what_is_good_in_a_damaged_pack(tmp_path: Path) -> None:
    """
    One record is lost, the others of its pack are not.
    """
    path = tmp_path / "vault"
    vault = new_vault(folder(path))
    files = some(6, 300)
    snapshot(vault, files)
    # The first record of a pack is that of a file, the manifest comes last.
    spot = vault.index.find(vault.master.id_of(Kind.FILE, sha256(files["file-000"]).digest()))
    assert spot is not None
    file = path / "packs" / spot.pack.hex()[:2] / spot.pack.hex()
    original = bytearray(file.read_bytes())
    original[spot.offset] ^= 1
    file.write_bytes(original)

    with locked(vault.store, vault.master, Mode.ALONE, who="ann", purpose="repair") as held:
        done = rebuild(again(vault), held)

    left = again(vault)
    assert ["pack_damaged"] == [one.code for one in done.findings]
    assert done.rescued > 0
    for name, raw in files.items():
        if name != "file-000":
            assert raw == content(left, raw)
    with pytest.raises(BadVault):
        content(left, files["file-000"])


@pytest.mark.parametrize("left", [b"", b"LDGPACK", b"x" * 500])
def test_a_repair_passes_by_what_is_no_pack_any_more(tmp_path: Path, left: bytes) -> None:
    """
    As a power failure leaves files: all others are looked at, and a new backup brings back what was in it.
    """
    path = tmp_path / "vault"
    vault = new_vault(folder(path))
    files = some(6, 300)
    snapshot(vault, files)
    of(path, "packs")[0].write_bytes(left)

    with locked(vault.store, vault.master, Mode.ALONE, who="ann", purpose="repair") as held:
        done = rebuild(again(vault), held)

    assert ["pack_damaged"] == [one.code for one in done.findings]
    assert 0 == done.rescued
    snapshot(again(vault), files)
    for raw in files.values():
        assert raw == content(again(vault), raw)


def test_a_damaged_snapshot_is_not_in_the_way_of_others(kept: Path) -> None:
    """
    Who names one can have it; which is the latest cannot be told.
    """
    first, second = of(kept, "snapshots")
    original = first.read_bytes()
    try:
        first.write_bytes(original[:-1])
        with folder(kept) as drive:
            vault = reopened(drive)
            assert second.name == find(vault.store, vault.master, second.name[:12]).name
            for wanted in (LATEST, first.name[:12]):
                with pytest.raises(BadVault):
                    find(vault.store, vault.master, wanted)
    finally:
        first.write_bytes(original)


def test_a_swapped_snapshot_is_found(kept: Path, tmp_path: Path) -> None:
    """
    Under another name, or out of another vault: neither is taken for one of this vault.
    """
    other = tmp_path / "other"
    snapshot(new_vault(folder(other)), some(1, 10))
    stranger = of(other, "snapshots")[0]
    first, second = of(kept, "snapshots")
    originals = first.read_bytes(), second.read_bytes()
    planted = kept / "snapshots" / stranger.name
    try:
        first.write_bytes(originals[1])
        assert ["snapshot_damaged"] == found(kept)
        first.write_bytes(originals[0])
        planted.write_bytes(stranger.read_bytes())
        assert ["snapshot_damaged"] == found(kept)
    finally:
        first.write_bytes(originals[0])
        planted.unlink(missing_ok=True)
    assert [] == found(kept)


def test_a_truncated_index_is_found_and_made_again(tmp_path: Path) -> None:
    """
    Nothing is read by it; the repair needs the packs alone.
    """
    path = tmp_path / "vault"
    vault = new_vault(folder(path))
    snapshot(vault, FILES)
    file = of(path, "index")[0]
    os.truncate(file, file.stat().st_size - 1)
    with pytest.raises(BadVault):
        again(vault)
    assert "index_damaged" in found(path)

    with locked(vault.store, vault.master, Mode.ALONE, who="ann", purpose="repair") as held:
        rebuild(Vault(vault.store.drive, vault.opened), held)

    assert [] == found(path)
    assert readable(path)


def test_a_pack_of_an_interrupted_run_is_not_trusted_unchecked(tmp_path: Path) -> None:
    """
    A repair takes a whole one in and leaves a torn one out.
    """
    path = tmp_path / "vault"
    vault = new_vault(folder(path))
    snapshot(vault, FILES)
    for raw in (b"whole" * 100, b"torn" * 100):
        writer, packer = vault.writer()
        writer.add([raw])
        writer.flush()
    torn = path / "packs" / packer.made[0].name.hex()[:2] / packer.made[0].name.hex()
    os.truncate(torn, torn.stat().st_size - 60)

    with locked(vault.store, vault.master, Mode.ALONE, who="ann", purpose="repair") as held:
        rebuild(again(vault), held)

    assert b"whole" * 100 == content(again(vault), b"whole" * 100)
    with pytest.raises(BadVault):
        content(again(vault), b"torn" * 100)
    assert check(again(vault), read_data=True).sound


def test_two_writers_at_once_store_some_things_twice_and_lose_nothing(tmp_path: Path) -> None:
    """
    Both snapshots are whole.
    """
    path = tmp_path / "vault"
    vault = new_vault(folder(path))

    def back_up(number: int) -> str:
        with folder(path) as drive:
            return snapshot(
                Vault(drive, vault.opened), {**FILES, f"own-{number}": b"%d" % number}, taken=number
            ).name

    with ThreadPoolExecutor(3) as pool:
        names = set(pool.map(back_up, range(3)))

    assert names == {it.name for it in snapshots(vault.store, vault.master)}
    assert [] == found(path)
    assert readable(path)


def test_a_good_copy_is_read_whichever_was_known_first(tmp_path: Path) -> None:
    """
    Another writer stored a content once more, and that copy is damaged: the one that was known before is enough.
    """
    path, files = tmp_path / "vault", some(3, 400)
    opened = new_vault(folder(path)).opened
    with folder(path) as one, folder(path) as other, folder(path) as reader:
        late = Vault(other, opened)
        late.load()
        snapshot(Vault(one, opened), files)
        before = set(of(path, "packs"))
        vault = Vault(reader, opened)
        vault.load(present=True)
        snapshot(late, files, taken=2)
        for pack in set(of(path, "packs")) - before:
            pack.write_bytes(pack.read_bytes()[:START] + bytes(pack.stat().st_size - START))
        vault.refresh()

        assert list(files.values()) == [content(vault, raw) for raw in files.values()]


def test_a_clock_that_jumps_harms_nothing(tmp_path: Path) -> None:
    """
    Snapshots of 1969, of now and of 2106 are all there, and checked alike.
    """
    path = tmp_path / "vault"
    vault = new_vault(folder(path))
    for taken in (-(10**18), 1_700_000_000 * 10**9, 4_300_000_000 * 10**9):
        snapshot(again(vault), FILES, taken=taken)

    assert 3 == len(list(snapshots(vault.store, vault.master)))
    assert [] == found(path)


SIZES = st.one_of(st.integers(0, 70_000), st.sampled_from([1 << 20, (1 << 20) + 1, 5 << 20, (16 << 20) + 7]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.tuples(SIZES, st.booleans()), max_size=5),
    block=st.integers(1, 3 << 20),
    seed=st.integers(0, 3),
)
def test_every_content_comes_back_as_it_was(sizes: list[tuple[int, bool]], block: int, seed: int) -> None:
    """
    From nothing to some MiB, random and repetitive, in blocks of any size, some of them twice.
    """
    vault = new_vault(memory())
    contents = [_content(size, shrinks, seed) for size, shrinks in sizes]
    writer, packer = vault.writer()
    for raw in [*contents, *contents[:2]]:
        step = max(block, len(raw) // 1000 + 1)
        writer.add(raw[at : at + step] for at in range(0, len(raw), step))
    writer.flush()
    vault.publish(packer.made)

    for raw in contents:
        assert raw == content(again(vault), raw)
    assert check(again(vault), read_data=True).sound


def _content(size: int, shrinks: bool, seed: int) -> bytes:
    if shrinks:
        return (b"%d, " % seed * (size // 2 + 1))[:size]
    piece = some(1, min(size, 1 << 20), str(seed))[f"{seed}file-000"]
    return (piece * (size // max(1, len(piece)) + 1))[:size]
