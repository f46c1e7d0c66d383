"""
A vault through its life: checked, damaged, healed, thinned out, and opened by others.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.command import Answer, lading

PROGRAM = Path(__file__).parents[2] / "docs/formats/vault_read.py"
PHRASE = "项目融资 correct horse"


class Firm:
    """A drive in a folder and its vault beside it."""

    def __init__(self, home: Path) -> None:
        self.home, self.drive, self.vault = home, home / "drive", home / "vault"
        self.drive.mkdir()
        self.vault.mkdir()
        for number in range(40):
            raw = hashlib.shake_256(b"%d" % number).digest(700_000)
            (self.drive / f"合同 {number}.bin").write_bytes(raw)

    def run(self, *words: object, phrase: str = PHRASE, **more: str) -> Answer:
        return lading("vault", *words, environment={"LADING_VAULT_PASSWORD": phrase, **more}, cwd=self.home)

    def json(self, *words: object, code: int = 0, **more: str) -> dict[str, Any]:
        answer = self.run(*words, "--json", **more)
        assert code == answer.code, answer
        return answer.json

    def back_up(self) -> None:
        assert 0 == self.run("backup", self.drive, self.vault).code

    def packs(self) -> list[Path]:
        return sorted((self.vault / "packs").rglob("??????*"), key=lambda file: file.stat().st_size)


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    firm = Firm(tmp_path)
    assert 0 == firm.run("init", firm.vault).code
    firm.back_up()
    return firm


def test_what_lay_in_a_lost_pack_comes_back_with_the_next_backup(firm: Firm) -> None:
    """
    The check names the snapshot that is hit; the next backup stores what is missing; after a repair nothing is wrong.
    """
    firm.packs()[-1].unlink()
    found = firm.json("check", firm.vault, code=10)
    assert {"pack_lost", "snapshot_hit"} == {one["code"] for one in found["findings"]}

    firm.back_up()

    assert ["pack_lost"] == [one["code"] for one in firm.json("check", firm.vault, code=10)["findings"]]
    firm.json("repair", firm.vault)
    assert [] == firm.json("check", firm.vault, "--read-data")["findings"]


def test_old_snapshots_go_and_the_rest_stays_whole(firm: Firm) -> None:
    """
    Forget shows and asks, prune frees what the old one alone needed, and the newest can be read without Lading.
    """
    for file in sorted(firm.drive.iterdir())[:30]:
        file.unlink()
    firm.back_up()
    (old, new) = (
        it["snapshot"] for it in json.loads(firm.run("list", firm.vault, "--json").out)["snapshots"]
    )
    firm.json("keep", firm.vault, old, "--campaign", "move-2026")
    assert [] == firm.json("forget", firm.vault, "--last", "1", "--yes")["removed"]
    firm.json("keep", firm.vault, old, "--campaign", "move-2026", "--release")
    assert [] == firm.json("forget", firm.vault, "--last", "1", "--dry-run")["removed"]
    assert 2 == firm.run("forget", firm.vault, "--last", "1").code
    before = sum(file.stat().st_size for file in firm.packs())

    assert [old] == firm.json("forget", firm.vault, "--last", "1", "--yes")["removed"]
    done = firm.json("prune", firm.vault, "--yes")

    assert done["freed"] > 15_000_000
    assert before - done["freed"] == pytest.approx(
        sum(file.stat().st_size for file in firm.packs()), rel=0.01
    )
    assert [] == firm.json("check", firm.vault, "--read-data")["findings"]
    read = subprocess.run(
        [sys.executable, PROGRAM, firm.vault, new[:8], firm.home / "out"],
        env={**os.environ, "LADING_VAULT_PASSWORD": PHRASE},
        capture_output=True,
    )
    assert b"" == read.stderr
    for file in firm.drive.iterdir():
        assert file.read_bytes() == (firm.home / "out/files" / file.name).read_bytes()


@pytest.mark.slow
def test_keys_are_added_rotated_and_removed(firm: Firm) -> None:
    """
    Each secret opens the vault while its slot is there; the last slot stays.
    """
    key = firm.home / "key"
    key.write_bytes(bytes(range(64)))
    short = firm.home / "short"
    short.write_bytes(b"short")
    (first,) = firm.json("key", "list", firm.vault)["slots"]

    assert 2 == firm.run("key", "add", firm.vault, "--new-key-file", short).code
    firm.json("key", "add", firm.vault, "--new-key-file", key, "--label", "safe")
    firm.json("key", "rotate", firm.vault, first["name"][:10], LADING_VAULT_NEW_PASSWORD="fresh")

    assert 59 == firm.run("check", firm.vault).code
    assert 0 == firm.run("check", firm.vault, phrase="fresh").code
    listed = firm.json("key", "list", firm.vault, "--key-file", key)["slots"]
    assert ["removed", "there", "there"] == sorted(it["state"] for it in listed)
    safe = next(it["name"] for it in listed if it["label"] == "safe")
    rotated = next(it["name"] for it in listed if it["state"] == "there" and it["name"] != safe)
    firm.json("key", "remove", firm.vault, safe, phrase="fresh")
    assert 2 == firm.run("key", "remove", firm.vault, rotated, phrase="fresh").code
    assert 59 == firm.run("check", firm.vault, "--key-file", key).code


def test_nobody_removes_anything_while_another_host_is_at_work(firm: Firm) -> None:
    """
    Prune is told who is at work; a person who knows better removes the lock.
    """
    from lading.connectors.address import parse
    from lading.connectors.registry import open_drive
    from lading.vault.keys import secret_of
    from lading.vault.notes import write
    from lading.vault.store import Store
    from lading.vault.vault import open_vault

    with open_drive(parse(str(firm.vault))) as drive:
        process = {"host": "nas", "machine": "m", "boot": "b", "space": "s", "number": 7, "began": "1"}
        told = {"mode": "shared", "who": "ben", "purpose": "backup", "since": 0, **process}
        write(Store(drive), open_vault(drive, secret_of(PHRASE)).master, "locks", told)

    busy = firm.run("prune", firm.vault, "--yes")
    firm.back_up()

    assert 5 == busy.code
    assert "ben on nas" in busy.err
    assert 2 == firm.run("unlock", firm.vault).code
    assert 1 == firm.json("unlock", firm.vault, "--yes")["removed"]
    assert 0 == firm.run("prune", firm.vault, "--yes").code
