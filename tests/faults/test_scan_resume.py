"""Killing a scan at any moment costs the tasks in flight and nothing else."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lading.manifest.read import Manifest, open_manifest

ENTRIES = 15_000
DRIVE = f"generated:entries={ENTRIES},bytes=600"
KILLS = 5

# Small budgets give many moments at which a kill can fall.
SCAN = """
import sys
from lading.connectors.address import parse
from lading.connectors.crew import Crew
from lading.connectors.wrap.policy import Policy
from lading.manifest import content, frontier
from lading.manifest.scan import scan

if __name__ == "__main__":
    frontier.FULL_BUDGET = 500
    content.SLICE_FILES = 200
    with Crew(2) as crew:
        crew.submit(int).result()
        print("started", flush=True)
        scan(parse(sys.argv[1]), Policy(), sys.argv[2], crew=crew, digest=sys.argv[3] == "digest",
             publish=lambda progress: print(progress.stage, progress.objects, flush=True))
        print("finished", flush=True)
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scan") / "scan.py"
    path.write_text(SCAN)
    return path


def start(script: Path, directory: Path, mode: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(script), DRIVE, str(directory), mode]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)


def finish(script: Path, directory: Path, mode: str) -> Manifest:
    process = start(script, directory, mode)
    output = process.communicate()[0]
    assert process.returncode == 0, output
    return open_manifest(directory)


def kill_after(script: Path, directory: Path, mode: str, lines: int, whole_group: bool) -> bool:
    """Kill a scan when it has told *lines* results; whether it was still at work."""
    process = start(script, directory, mode)
    assert process.stdout is not None
    for _ in range(lines):
        if process.stdout.readline() in ("finished\n", ""):
            break
    else:
        # The parent alone, whose workers have to notice, or all of them in one blow.
        if whole_group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.communicate()
    return process.returncode == -signal.SIGKILL


def rows(manifest: Manifest) -> list[tuple[object, ...]]:
    return sorted((entry.path, *entry[1:4], entry.problem, content) for entry, content in manifest.entries())


@pytest.mark.parametrize("mode", ["names", "digest"])
def test_killed_scan_ends_like_an_undisturbed_one(tmp_path: Path, script: Path, mode: str) -> None:
    """
    However often a scan is killed, the manifest in the end has the same rows and the same fingerprint.
    """
    whole = finish(script, tmp_path / "whole", mode)
    luck = random.Random(f"{mode}")
    killed = 0
    for attempt in range(KILLS):
        lines = luck.randint(1, 8 if mode == "names" else 30)
        killed += kill_after(script, tmp_path / "killed", mode, lines, whole_group=attempt % 2 == 0)
    resumed = finish(script, tmp_path / "killed", mode)

    assert 1 <= killed
    assert ENTRIES == resumed.objects
    assert whole.fingerprint == resumed.fingerprint
    assert rows(whole) == rows(resumed)
    assert killed < resumed.facts["attempt"]
    assert {"entries", "lock", "manifest.json", "spaces.parquet"} == {
        path.name for path in (tmp_path / "killed").iterdir()
    }


def test_finished_tasks_are_not_done_again(tmp_path: Path, script: Path) -> None:
    """
    A resumed scan keeps the parts that were finished before the kill.
    """
    assert kill_after(script, tmp_path / "m", "names", 6, whole_group=True)
    before = {path.name for path in (tmp_path / "m" / "entries").glob("*.parquet")}
    kept = {part.name for part in finish(script, tmp_path / "m", "names").parts}

    assert before <= kept
    assert 5 <= len(before)


def test_damaged_part_of_an_unfinished_scan_is_done_again(tmp_path: Path, script: Path) -> None:
    """
    A part that a power cut left empty, and all that came out of it, is scanned again.
    """
    whole = finish(script, tmp_path / "whole", "names")
    assert kill_after(script, tmp_path / "m", "names", 9, whole_group=True)
    second = sorted((tmp_path / "m" / "entries").glob("*.parquet"))[1]
    second.write_bytes(b"")
    resumed = finish(script, tmp_path / "m", "names")

    assert whole.fingerprint == resumed.fingerprint
    assert rows(whole) == rows(resumed)


def test_unfinished_scan_is_no_manifest(tmp_path: Path, script: Path) -> None:
    """
    A scan that was killed cannot be compared with anything; the command says so in one sentence.
    """
    assert kill_after(script, tmp_path / "m", "names", 3, whole_group=True)
    run = subprocess.run(
        [str(Path(sys.executable).with_name("lading")), "compare", str(tmp_path / "m"), str(tmp_path / "m"), "--json"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    told = json.loads(run.stdout)

    assert 40 == run.returncode
    assert "bad_manifest" == told["error"]["code"]
    assert "not finished" in told["error"]["message"]["en"]
