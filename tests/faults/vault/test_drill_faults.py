"""
A backup that would not come back fails its drill, for the right reason; a drill that is killed leaves nothing wrong.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from lading.cli.drill_scratch import clean_earlier
from lading.connectors.address import parse
from lading.connectors.registry import open_drive
from lading.model.errors import Overlapping
from lading.vault.snapshots import find, save
from lading.vault.vault import Vault, open_vault
from support.command import inside, lading
from support.vaults import objects

PASSWORD = "four words 足够"


@pytest.fixture(scope="module")
def backed_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that was backed up, and its vault."""
    place = tmp_path_factory.mktemp("drill")
    for number in range(12):
        file = place / "old" / f"Deal {number % 3}" / f"合同 {number}.docx"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(5_000))
    os.environ["LADING_VAULT_PASSWORD"] = PASSWORD
    try:
        assert 0 == lading("vault", "init", place / "vault").code
        kept = lading("vault", "backup", place / "old", place / "vault", "--state", place / "s")
    finally:
        del os.environ["LADING_VAULT_PASSWORD"]
    assert 0 == kept.code, kept.err
    return place


@pytest.fixture
def place(backed_up: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of both, to be damaged."""
    monkeypatch.setenv("LADING_VAULT_PASSWORD", PASSWORD)
    for name in ("old", "vault"):
        shutil.copytree(backed_up / name, tmp_path / name)
    return tmp_path


def drilled(place: Path, *words: object) -> tuple[int, dict[str, Any]]:
    """The exit code of a drill, and what it wrote down."""
    done = lading("drill", place / "vault", "--state", place / "state", *words, "--json")
    told: dict[str, Any] = json.loads(Path(done.json["result"]).read_text(encoding="utf-8"))
    return done.code, told


def codes(told: dict[str, Any]) -> set[str]:
    return {it["code"] for it in told["reasons"]}


def test_a_good_backup_passes_and_the_place_is_left_as_it_was(place: Path) -> None:
    """All is compared with the drive as well, the record is in the ledger, and nothing stays on the scratch place."""
    scratch = place / "scratch"
    scratch.mkdir()
    (scratch / "mine.txt").write_text("mine", encoding="utf-8")
    code, told = drilled(place, "--scratch", scratch, "--critical", "/Deal 1/*", "--drive", place / "old")

    assert (0, [], 4) == (code, told["reasons"], told["critical"])
    assert {"folders": 3, "files": 12} == told["compared"]["drive"]
    assert ["mine.txt"] == os.listdir(scratch)
    assert 0 == lading("ledger", "check", place / "state" / "drills" / "ledger.jsonl").code


@pytest.mark.parametrize("lost", [False, True])
def test_a_damaged_pack_fails_the_drill(place: Path, lost: bool) -> None:
    """A flipped bit in a pack that is hit, or a pack that is gone."""
    packs = [file for name, file in objects(place / "vault").items() if name.startswith("packs")]
    pack = max(packs, key=lambda file: file.stat().st_size)
    raw = bytearray(pack.read_bytes())
    raw[len(raw) // 3] ^= 1
    pack.unlink()
    if not lost:
        pack.write_bytes(raw)
    code, told = drilled(place)

    assert 62 == code
    assert "damaged" in codes(told)


def test_a_folder_that_the_backup_lacks_fails_the_drill(place: Path) -> None:
    """Only one that was there at its moment counts."""
    (place / "old" / "left out").mkdir()
    (place / "old" / "left out" / "a.docx").write_bytes(b"a")
    for file in (place / "old" / "left out" / "a.docx", place / "old" / "left out"):
        os.utime(file, (1_600_000_000, 1_600_000_000))
    (place / "old" / "made since").mkdir()
    code, told = drilled(place, "--drive", place / "old", "--sample", 1)

    assert (62, ["/left out"]) == (code, [it["subject"] for it in told["reasons"]])
    assert {"lacks_folder"} == codes(told)


def test_two_moments_and_a_critical_file_that_is_not_there_fail_the_drill(place: Path) -> None:
    """A snapshot that says itself that the drive was changing; and a pattern that no file of it fits."""
    with open_drive(parse(str(place / "vault"))) as drive:
        vault = Vault(drive, open_vault(drive, PASSWORD.encode()))
        found = find(vault.store, vault.master, "latest")
        changed = {name: getattr(found, name) for name in found.__dataclass_fields__ if name != "name"}
        changed |= {"moment": {"looks": 3, "still": False}, "taken": found.taken - 10**15}
        save(vault.store, vault.master, type(found)(**{**changed, "taken": found.taken + 1}))
    code, told = drilled(place, "--critical", "/Nowhere/*", "--sample", 1)

    assert 62 == code
    assert {"two_moments", "lacks_critical"} == codes(told)


def test_a_killed_drill_is_cleaned_up_by_the_next(place: Path) -> None:
    """SIGKILL while it restores: the next one removes what it left, says so, and passes; what was there stays."""
    scratch = place / "scratch"
    scratch.mkdir()
    (scratch / "mine.txt").write_text("mine", encoding="utf-8")
    words = ["drill", place / "vault", "--state", place / "state", "--scratch", scratch]
    with subprocess.Popen(
        [sys.executable, "-m", "lading", *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        while running.poll() is None and len(os.listdir(scratch)) < 2:
            time.sleep(0.01)
        assert running.poll() is None
        running.send_signal(signal.SIGKILL)
    # Its workers end by themselves when they notice.
    time.sleep(1)
    assert 2 == len(os.listdir(scratch))
    again = lading(*words)

    assert 0 == again.code, again.err
    assert "cut off" in again.err
    assert ["mine.txt"] == os.listdir(scratch)
    assert [] == [name for name in os.listdir(place / "state" / "drills") if name.startswith("run-")]


def test_nothing_is_restored_among_peoples_files(place: Path) -> None:
    """A scratch place in the drive that is compared with, or around it, is refused before anything is made there."""
    before = sorted(place.joinpath("old").rglob("*"))
    for scratch in (place / "old", place / "old" / "Deal 1", place):
        state = ("--state", place / "state", "--json")
        done = inside("drill", place / "vault", "--drive", place / "old", "--scratch", scratch, *state)
        assert (Overlapping.exit_code, "overlapping") == (done.code, done.json["error"]["code"])
    assert before == sorted(place.joinpath("old").rglob("*"))


def test_nothing_is_put_into_a_vault_but_backups(place: Path) -> None:
    """A vault is no scratch place and no place to restore to, and a drive is not backed up into itself."""
    vault, state = place / "vault", ("--state", place / "state", "--json")
    before = sorted(vault.rglob("*"))
    for words in (
        ("drill", vault, "--scratch", vault / "packs"),
        ("vault", "restore", vault, "latest", vault / "inside"),
        ("vault", "backup", place, vault),
    ):
        assert "overlapping" == inside(*words, *state).json["error"]["code"]
    assert before == sorted(vault.rglob("*"))


def test_what_a_state_folder_says_is_not_believed(tmp_path: Path) -> None:
    """A record of a killed drill that names a folder of somebody else has nothing removed."""
    mine, work = tmp_path / "mine", tmp_path / "drills" / "run-0a1b"
    for folder in (mine, work):
        folder.mkdir(parents=True)
    (mine / "only.txt").write_text("only", encoding="utf-8")
    target = {"kind": "folder", "place": str(mine), "options": {}, "owner": ""}
    (work / "running.json").write_text(json.dumps({"format": 1, "target": target, "made": False}))

    assert [(str(mine), -1)] == clean_earlier(str(tmp_path / "drills"))
    assert "only" == (mine / "only.txt").read_text(encoding="utf-8")
