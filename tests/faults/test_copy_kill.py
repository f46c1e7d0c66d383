"""
A copy that is killed, anywhere and often, comes to the same end.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lading.evidence.ledger import verify
from lading.model.failpoints import FAILPOINTS
from lading.stages.transfer.content import BLOCK

FILES = 5_000
LARGE = 300 * 1024 * 1024
WORKERS = 2
KILLS = 50
KILLS_A_COPY = 5
# Failure points that only a copy with a large file, or only the second of something, comes to.
TIMES = {
    "copy.before_write": 700,
    "copy.after_write": 1500,
    "copy.before_journal": 33,
    "copy.after_journal": 999,
    "large.block_sent": 9,
}


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """5,000 small files in folders of two levels, and one of 300 MB."""
    root = tmp_path_factory.mktemp("kill") / "old"
    dice = random.Random(20261122)
    for number in range(FILES):
        folder = root / f"项目 {number % 8}" / f"d{number % 40:02d}"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"文件 {number:05d}.bin"
        file.write_bytes(dice.randbytes(dice.randrange(0, 4096)))
        os.utime(file, ns=(0, 1_600_000_000_000_000_000 + number * 1_000_000_007))
    with open(root / "项目 3" / "模型 model.xlsx", "wb") as stream:
        for _ in range(LARGE // (1024 * 1024)):
            stream.write(dice.randbytes(1024 * 1024))
    return root


@pytest.fixture(scope="module")
def truth(old: Path) -> dict[str, tuple[int, int, str]]:
    """Size, time and digest of each file by its path."""
    return _facts(old)


@pytest.fixture
def place(old: Path) -> Path:
    """A place for NEW and the state, cleared afterwards."""
    folder = old.parent / "case"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("point", FAILPOINTS)
def test_killed_at_a_named_point(point: str, old: Path, place: Path, truth: dict) -> None:
    """
    Killed at any failure point, the copy goes on to the same end and sends at most one block per worker again.
    """
    killed = _copy(old, place, kill_at=f"{point}:{TIMES.get(point, 1)}")
    arrived = _arrived(place / "new")
    ended = _copy(old, place)

    assert -signal.SIGKILL == killed.wait()
    assert 0 == ended.wait(), ended.stdout.read()
    _check_end(place, truth)
    assert _sent(place) + arrived - _bytes(truth) <= WORKERS * BLOCK


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(KILLS // KILLS_A_COPY))
def test_killed_again_and_again_at_random_moments(seed: int, old: Path, place: Path, truth: dict) -> None:
    """
    Killed at five random moments in a row, the copy comes to the same end and sends at most one block per worker again.
    """
    dice = random.Random(seed)
    kills = arrived = 0
    while kills < KILLS_A_COPY:
        run = _copy(old, place)
        try:
            run.wait(timeout=dice.uniform(0.3, 2.5))
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
        if _ended(place):
            # It was quicker than we were: begin anew, there are kills left.
            _check_end(place, truth, tidy=run.returncode == 0)
            shutil.rmtree(place)
            place.mkdir()
            arrived = 0
            continue
        kills += 1
        now = _arrived(place / "new")
        assert now >= arrived - WORKERS * BLOCK
        arrived = now
    ended = _copy(old, place)

    assert 0 == ended.wait(), ended.stdout.read()
    _check_end(place, truth)
    assert _sent(place) + arrived - _bytes(truth) <= WORKERS * BLOCK


def _copy(old: Path, place: Path, *, kill_at: str = "") -> subprocess.Popen:
    command = [sys.executable, "-m", "lading", "copy", str(old), str(place / "new"), "--state", str(place / "state"),
               "--workers", str(WORKERS), "--json"]  # fmt: skip
    run = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "LADING_KILL_AT": kill_at},
        start_new_session=True,
    )
    if kill_at:
        run.wait()
    return run


def _check_end(place: Path, truth: dict, *, tidy: bool = True) -> None:
    [job] = (place / "state").iterdir()
    account = json.loads((job / "passes" / "0001" / "account.json").read_text())

    assert truth == _facts(place / "new")
    assert not tidy or not (place / "new" / ".lading-parts").exists()
    assert account["closed"]
    assert account["found"] == account["buckets"]["moved"]
    assert verify(job / "ledger.jsonl").records >= 2
    assert ["0001"] == os.listdir(job / "passes")


def _ended(place: Path) -> bool:
    return bool(list((place / "state").glob("*/passes/0001/ended.json")))


def _facts(root: Path) -> dict[str, tuple[int, int, str]]:
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            file = Path(folder, name)
            with open(file, "rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            found[str(file.relative_to(root))] = (file.stat().st_size, file.stat().st_mtime_ns, digest)
    return found


def _arrived(new: Path) -> int:
    """Bytes that stand in NEW, unfinished files that can be continued included."""
    total = 0
    for folder, _, names in os.walk(new):
        for name in names:
            if ".lading-parts" not in folder or name.startswith("p-"):
                total += Path(folder, name).stat().st_size
    return total


def _bytes(truth: dict) -> int:
    return sum(size for size, _, _ in truth.values())


def _sent(place: Path) -> int:
    """Bytes that the last run read from OLD to send them."""
    [job] = (place / "state").iterdir()
    lines = (job / "passes" / "0001" / "rates.jsonl").read_text().splitlines()
    return json.loads(lines[-1])["bytes"] if lines else 0
