"""
A vault that has lost some contents still gives all others: what is lost is named, file by file, and comes with a later run if it comes back.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any, NoReturn

import pytest

from lading.connectors.memory import MemoryDrive
from lading.model.errors import BadVault, DamagedContent, NoVault, Unreadable
from lading.model.paths import Path as DrivePath
from lading.vault.spoiled import spoiled
from support.command import inside, lading
from support.vaults import memory, new_vault, objects

LARGE = 9 << 20
SOME_FAILED, DAMAGED = 11, 58


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that was backed up twice, so that its contents lie in several packs; `1` is in the first snapshot alone."""
    monkeypatch.setenv("LADING_VAULT_PASSWORD", "four words 足够")
    old = tmp_path / "old"
    (old / "合同").mkdir(parents=True)
    (old / "1").mkdir()
    (old / "1" / "large.bin").write_bytes(os.urandom(LARGE))
    for number in range(20):
        (old / "1" / f"{number:02}.docx").write_bytes(os.urandom(5_000))
    assert 0 == inside("vault", "init", tmp_path / "vault").code
    backup(tmp_path)
    for number in range(20):
        (old / "合同" / f"{number:02}.docx").write_bytes(os.urandom(5_000))
    backup(tmp_path)
    return tmp_path


def backup(place: Path) -> None:
    done = inside("vault", "backup", place / "old", place / "vault", "--state", place / "kept")
    assert 0 == done.code, done.out


def packs(place: Path) -> list[Path]:
    """The packs of the vault, the largest first."""
    found = [file for name, file in objects(place / "vault").items() if name.startswith("packs")]
    return sorted(found, key=lambda file: -file.stat().st_size)


def flip(file: Path, share: float) -> None:
    """Another bit at *share* of *file*, which may be read-only."""
    content = bytearray(file.read_bytes())
    content[int(len(content) * share)] ^= 1
    file.unlink()
    file.write_bytes(content)


def restored(place: Path, *words: object) -> tuple[int, dict[str, Any], dict[str, str]]:
    """The exit code of a restore, what it answers, and the codes of what failed, by path."""
    done = lading(
        "vault", "restore", place / "vault", "latest", place / "new", "--state", place / "s", *words, "--json"
    )
    told = done.json
    failed = {}
    for file in sorted((place / "s").rglob("failures.jsonl")):
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        failed = {row["path"]: row["code"] for row in rows}
    return done.code, told, failed


def contents(place: Path) -> dict[str, bytes]:
    return {str(it.relative_to(place)): it.read_bytes() for it in place.rglob("*") if it.is_file()}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_damaged_content_costs_its_own_file_alone(place: Path, workers: int) -> None:
    """Bits in the pack of the large file: that file stays away, whole, and everything else is there."""
    flip(packs(place)[0], 0.4)
    code, told, failed = restored(place, "--workers", workers)

    assert SOME_FAILED == code
    assert {"/1/large.bin": "damaged_content"} == failed
    assert told["account"]["closed"]
    was, now = contents(place / "old"), contents(place / "new")
    del was["1/large.bin"]
    assert was == now


def test_lost_packs_cost_what_lay_in_them_and_a_found_one_brings_it_back(place: Path) -> None:
    """The packs of contents are gone: what they held is named; put back, the next run restores it."""
    kept = place / "kept-packs"
    kept.mkdir()
    lost = packs(place)[:2]
    for file in lost:
        shutil.move(file, kept / file.name)
    code, told, failed = restored(place)

    assert SOME_FAILED == code
    assert told["account"]["closed"]
    assert failed and {"damaged_content"} == set(failed.values())
    was, now = contents(place / "old"), contents(place / "new")
    assert {f"/{path}" for path in was.keys() - now.keys()} == failed.keys()
    assert now == {path: was[path] for path in now}
    assert now

    for file in lost:
        shutil.move(kept / file.name, file)
    code, told, failed = restored(place)
    assert (0, {}) == (code, failed)
    assert was == contents(place / "new")


def test_a_folder_in_the_place_of_a_pack_costs_what_lay_in_it(place: Path) -> None:
    """It is damage of the vault, and no other trouble of the files: that is what is told of them."""
    pack = packs(place)[0]
    pack.unlink()
    pack.mkdir()
    code, told, failed = restored(place)

    assert (SOME_FAILED, True) == (code, told["account"]["closed"])
    assert "/1/large.bin" in failed and {"damaged_content"} == set(failed.values())


def test_after_a_repair_what_is_left_comes(place: Path) -> None:
    """A pack that is gone is taken out of the index: its contents are nowhere, the others are restored."""
    packs(place)[0].unlink()
    assert 0 == inside("vault", "repair", place / "vault").code
    code, _, failed = restored(place)

    assert SOME_FAILED == code
    assert "/1/large.bin" in failed
    was, now = contents(place / "old"), contents(place / "new")
    assert now and now == {path: was[path] for path in now}
    assert {f"/{path}" for path in was.keys() - now.keys()} == failed.keys()


def test_a_drill_names_what_is_damaged(place: Path) -> None:
    """The drill names every damaged file, and goes on to the others."""
    flip(packs(place)[0], 0.4)
    words = ("--critical", "/1/large.bin", "--state", place / "state", "--json")
    done = inside("drill", place / "vault", *words)
    told = json.loads(Path(done.json["result"]).read_text(encoding="utf-8"))

    assert 62 == done.code
    assert {("damaged", "/1/large.bin"), ("not_restored", "/1/large.bin")} == {
        (it["code"], it["subject"]) for it in told["reasons"]
    }
    assert 40 <= told["compared"]["scratch"]["entries"]


def test_a_vault_that_went_away_is_no_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the whole vault is gone, the run ends with that; nothing is said of single files."""
    problem = BadVault("packs/00", "the pack is not there")
    here = new_vault(memory())
    told = spoiled(here, ("合同", "a.docx"), problem)
    assert isinstance(told, DamagedContent)
    assert "packs/00" in str(told) and "合同" in str(told)

    monkeypatch.setattr(here.store, "drive", memory())
    assert isinstance(spoiled(here, ("合同", "a.docx"), problem), NoVault)

    monkeypatch.setattr(here.store, "drive", Broken())
    assert problem is spoiled(here, ("合同", "a.docx"), problem)


class Broken(MemoryDrive):
    """A disk on which nothing can be read any more, though everything is listed."""

    def read(self, path: DrivePath, *, start: int = 0, expect: str | None = None) -> NoReturn:
        raise Unreadable(path)


def test_a_damaged_snapshot_hides_no_other(place: Path) -> None:
    """The others are listed and can be restored by their names; which is the latest nobody can tell."""
    first, second = (
        it["snapshot"] for it in inside("vault", "list", place / "vault", "--json").json["snapshots"]
    )
    file = next(file for name, file in objects(place / "vault").items() if name == f"snapshots/{second}")
    flip(file, 0.5)
    listed = inside("vault", "list", place / "vault", "--json")
    told = inside("vault", "list", place / "vault")

    assert (DAMAGED, [first]) == (listed.code, [it["snapshot"] for it in listed.json["snapshots"]])
    assert 1 == len(listed.json["damaged"])
    assert (DAMAGED, True) == (told.code, first[:12] in told.out and "is damaged" in told.err)
    words = ("--state", place / "s", "--json")
    assert DAMAGED == inside("vault", "restore", place / "vault", "latest", place / "new", *words).code
    assert 0 == inside("vault", "restore", place / "vault", first[:12], place / "new", *words).code
    assert (place / "new" / "1" / "large.bin").stat().st_size == LARGE
