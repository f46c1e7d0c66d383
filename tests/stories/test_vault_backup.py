"""
A drive is backed up whole, lost, and restored into another one: contents, versions, rights and links, by the commands of the manual.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from support.command import lading
from support.firm_cargo import build_cargo
from support.firm_drive import MOVERS, fill, firm_drive

PASSWORD = "four 个 words 足够"


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LADING_VAULT_PASSWORD", PASSWORD)


@pytest.mark.slow
def test_a_lost_drive_comes_back_with_all_that_hung_on_its_files(tmp_path: Path) -> None:
    """
    The drive's tables and contents are gone for good; a new one that knows the same people gets everything out of the vault, and
    neither `compare` nor `access diff` finds a difference.
    """
    cargo, mover, vault = build_cargo(), MOVERS[0], tmp_path / "vault"
    state = ("--state", tmp_path / "state")
    with firm_drive(tmp_path / "old", cargo.firm) as old:
        fill(old, cargo)
        assert 0 == lading("vault", "init", vault).code
        kept = lading("vault", "backup", old.named(mover), vault, *state, "--freeze", "--json")
        assert (0, True, True) == (kept.code, kept.json["complete"], kept.json["still"]), kept.out
        assert 0 == lading("scan", old.named(mover), "--with", "all", "-o", tmp_path / "a").code
        links = old.links(mover)
    shutil.rmtree(tmp_path / "old")

    with firm_drive(tmp_path / "new", cargo.firm) as new:
        into = ("vault", "restore", vault, "latest", new.named(mover), "--with", "versions,grants,links")
        done = lading(*into, *state, "--json")
        assert 0 == done.code, done.out
        assert 0 == lading("scan", new.named(mover), "--with", "all", "-o", tmp_path / "b").code
        same = lading("compare", tmp_path / "a", tmp_path / "b", "--json")
        assert 0 == same.code, same.out
        assert 0 == lading("access", "diff", tmp_path / "a", tmp_path / "b").code
        there = new.versions(mover)
        assert there == {path: it for path, it in cargo.versions().items() if path in there}
        assert len(there) > len(cargo.versions()) // 2
        assert links == new.links(mover)
        # What is there already is not moved again.
        assert {"same"} == {
            name
            for name, it in lading(*into, *state, "--json").json["account"]["buckets"].items()
            if it["objects"]
        }


def test_a_second_backup_reads_only_what_is_new(tmp_path: Path) -> None:
    """A changed, a new and a removed file: the vault grows by what is new, and each snapshot restores to its own moment."""
    old, vault, state = tmp_path / "old", tmp_path / "vault", ("--state", tmp_path / "state")
    old.mkdir()
    for number in range(40):
        (old / f"合同 {number}.docx").write_bytes(os.urandom(20_000))
    (old / "large.bin").write_bytes(os.urandom(16 << 20))
    assert 0 == lading("vault", "init", vault).code
    first = lading("vault", "backup", old, vault, *state, "--json").json
    before = {path.name: path.read_bytes() for path in old.iterdir()}
    (old / "合同 1.docx").write_bytes(os.urandom(20_000))
    (old / "new.txt").write_bytes(b"new")
    (old / "合同 2.docx").unlink()
    with (old / "large.bin").open("r+b") as large:
        large.seek(1 << 20)
        large.write(b"another")
    second = lading("vault", "backup", old, vault, *state, "--json").json

    assert first["new"] > 17_000_000
    # The content that changed, and the pieces of the large one around the change.
    assert 20_000 < second["new"] < 12 << 20
    assert first["snapshot"] == second["previous"]
    for name, expected in (
        (first["snapshot"], before),
        ("latest", {path.name: path.read_bytes() for path in old.iterdir()}),
    ):
        place = tmp_path / f"restored-{name[:8]}"
        assert 0 == lading("vault", "restore", vault, name[:12], place, *state).code
        assert expected == {path.name: path.read_bytes() for path in place.iterdir()}
    assert [first["snapshot"], second["snapshot"]] == [
        it["snapshot"] for it in lading("vault", "list", vault, "--json").json["snapshots"]
    ]


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A snapshot with a hole is kept, says so by its code, and `show` names the entry; restoring fails for it alone."""
    old, vault = tmp_path / "old", tmp_path / "vault"
    old.mkdir()
    (old / "a").write_bytes(b"a")
    (old / "link").symlink_to("a")
    os.mkfifo(old / "pipe")
    assert 0 == lading("vault", "init", vault).code
    # What is no file has no content: that is no hole.
    assert 0 == lading("vault", "backup", old, vault, "--state", tmp_path / "s").code
    said = lading("vault", "show", vault, "--json").json
    assert (True, []) == (said["complete"], said["problems"])


def test_a_wrong_secret_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither listing nor restoring: an exit code of its own, and the secret is in no message."""
    vault = tmp_path / "vault"
    assert 0 == lading("vault", "init", vault).code
    monkeypatch.setenv("LADING_VAULT_PASSWORD", "another-secret-word")
    for words in (("list", vault), ("restore", vault, "latest", tmp_path / "x")):
        said = lading("vault", *words)
        assert "wrong_key" in said.err
        assert "another-secret-word" not in said.out + said.err
    monkeypatch.delenv("LADING_VAULT_PASSWORD")
    assert 2 == lading("vault", "list", vault).code


def test_a_drive_that_cannot_be_frozen_is_looked_at_again(tmp_path: Path) -> None:
    """`--freeze` on a folder says that it cannot, and the snapshot says that nothing was frozen."""
    old, vault = tmp_path / "old", tmp_path / "vault"
    old.mkdir()
    (old / "a.txt").write_bytes(b"a")
    assert 0 == lading("vault", "init", vault).code
    kept = lading("vault", "backup", old, vault, "--freeze", "--state", tmp_path / "state", "--json")

    assert (0, None, 2) == (kept.code, kept.json["frozen"], kept.json["looks"])
    assert "cannot be frozen" in kept.err
