"""
A restore that is killed, or of a vault that is damaged.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lading.manifest.read import header_of
from lading.manifest.taken_over import FAILPOINTS
from support.command import inside, lading
from support.vaults import objects

DAMAGED = 58
MANY = 4_000


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A vault with one snapshot of a few files."""
    monkeypatch.setenv("LADING_VAULT_PASSWORD", "four words 足够")
    old, vault = tmp_path / "old", tmp_path / "vault"
    (old / "合同").mkdir(parents=True)
    for number in range(40):
        (old / "合同" / f"{number:02}.docx").write_bytes(b"%d" % number * 100)
    assert 0 == inside("vault", "init", vault).code
    assert 0 == inside("vault", "backup", old, vault, "--state", tmp_path / "kept").code
    return vault


def test_a_restore_goes_on_after_a_kill(vault: Path, tmp_path: Path) -> None:
    """Killed when the manifest was taken over, and again when its files were written: every file comes, each once."""
    restore = ("vault", "restore", vault, "latest", tmp_path / "new", "--state", tmp_path / "s", "--json")

    for point in (*FAILPOINTS, "partition.before_result"):
        assert -signal.SIGKILL == lading(*restore, environment={"LADING_KILL_AT": f"{point}:1"}).code
    done = lading(*restore)

    assert (0, True) == (done.code, done.json["resumed"])
    assert 41 == done.json["account"]["found"]["objects"]
    assert _contents(tmp_path / "old") == _contents(tmp_path / "new")
    header = header_of(str(next((tmp_path / "s").rglob("old/manifest.json")).parent))
    assert header is not None and ["snapshot"] == list(header["taken_over"])


def test_a_restore_that_is_interrupted_goes_at_once_and_is_taken_up(vault: Path, tmp_path: Path) -> None:
    """Also what the first process does itself is given up; the next run ends the same pass, and no file is half there."""
    old, new, state = tmp_path / "old", tmp_path / "new", tmp_path / "s"
    for number in range(MANY):
        (old / "合同" / f"{number:04}.txt").write_bytes(b"%d" % number * 100)
    assert 0 == inside("vault", "backup", old, vault, "--state", tmp_path / "kept").code
    words = ["vault", "restore", vault, "latest", new, "--state", state, "--workers", "2", "--json"]
    run = subprocess.Popen([sys.executable, "-m", "lading", *map(str, words)], stdout=subprocess.PIPE)
    try:
        # Of the folders of a pass this one alone stays where it is while one looks into it.
        while not list(state.glob("*/passes/0001/work/part-*.jsonl")):
            assert run.poll() is None
        # It does not get to its end before it hears of the interruption.
        for number in (signal.SIGSTOP, signal.SIGINT, signal.SIGCONT):
            run.send_signal(number)
        said = json.loads(run.communicate(timeout=60)[0])
    finally:
        run.kill()
    done = lading(*words)

    assert (130, "interrupted") == (run.returncode, said["error"]["code"])
    assert (0, True, 1) == (done.code, done.json["resumed"], done.json["account"]["pass"])
    assert _contents(old) == _contents(new)


@pytest.mark.parametrize("kind", ["snapshots", "index", "packs"])
def test_nothing_is_restored_from_what_does_not_prove_itself(vault: Path, tmp_path: Path, kind: str) -> None:
    """One bit elsewhere in what says what the snapshot holds: the restore says which object it is, and makes nothing."""
    found = ((name, file) for name, file in objects(vault).items() if name.startswith(kind))
    # The largest pack has the manifest; those of contents are noticed when the first of these comes.
    name, file = max(found, key=lambda it: it[1].stat().st_size)
    content = bytearray(file.read_bytes())
    # In a pack inside of a record: the table at its end is read by a repair alone.
    content[len(content) // 2 if kind != "packs" else 60] ^= 1
    file.write_bytes(content)

    said = inside("vault", "restore", vault, "latest", tmp_path / "new", "--state", tmp_path / "s", "--json")

    assert DAMAGED == said.code
    assert name.split("/")[-1] in said.out
    assert not (tmp_path / "new").exists()


def _contents(place: Path) -> dict[str, bytes]:
    return {str(it.relative_to(place)): it.read_bytes() for it in place.rglob("*") if it.is_file()}
