"""Killing a scan while it asks for what hangs on files costs the slices in flight and nothing else."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lading.manifest.read import Manifest, open_manifest

TESTS = str(Path(__file__).parents[1])
KILLS = 6

# Small slices give many moments at which a kill can fall.
SCAN = """
import sys
sys.path.insert(0, sys.argv[1])
from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.crew import Crew
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.registry import CONNECTORS
from lading.connectors.wrap.policy import Policy
from lading.manifest import asking
from lading.manifest.scan import scan
from lading.manifest.tables import Feature
from lading.model.access import *
from support import memory_drives

LI = Principal(PrincipalKind.PERSON, "li")


def firm(bulk):
    store = MemoryStore(bulk=bulk, clock=lambda: 5)
    drive = MemoryDrive(store)
    store.know(LI)
    for number in range(600):
        folder = (f"d{number % 20}",)
        drive.make_folder(folder)
        for content in (b"1", b"22", b"333"):
            drive.write((*folder, f"f{number}"), [content], expect=ANYTHING)
        path = (*folder, f"f{number}")
        store.hang(Grant(path, LI, frozenset(), role=Role.EDIT), Link(path, f"l{number}", frozenset()), Label(path, "x"))
    return store


if __name__ == "__main__":
    asking.SLICE = 20
    CONNECTORS["firm"] = "support.memory_drives"
    memory_drives.STORES["it"] = firm(sys.argv[3] == "bulk")
    with Crew(2) as crew:
        crew.submit(int).result()
        print("started", flush=True)
        scan(Address("firm", "it"), Policy(), sys.argv[2], crew=crew, features=tuple(Feature),
             publish=lambda progress: print(progress.stage, progress.objects, flush=True))
        print("finished", flush=True)
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scan") / "scan.py"
    path.write_text(SCAN)
    return path


def start(script: Path, directory: Path, mode: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(script), TESTS, str(directory), mode]
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
        if whole_group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.communicate()
    return process.returncode == -signal.SIGKILL


def fingerprints(manifest: Manifest) -> dict[str, tuple[int, str]]:
    return {name: (facts["rows"], facts["fingerprint"]) for name, facts in manifest.tables.items()}


@pytest.mark.parametrize("mode", ["bulk", "entries"])
def test_killed_scan_has_the_same_tables(tmp_path: Path, script: Path, mode: str) -> None:
    """
    However often a scan is killed, each table has the same rows in the end, and nothing half is left.
    """
    whole = finish(script, tmp_path / "whole", mode)
    luck = random.Random(mode)
    killed = 0
    for attempt in range(KILLS):
        lines = luck.randint(2, 8 if mode == "bulk" else 60)
        killed += kill_after(script, tmp_path / "killed", mode, lines, whole_group=attempt % 2 == 0)
    resumed = finish(script, tmp_path / "killed", mode)

    assert 1 <= killed
    assert killed < resumed.facts["attempt"]
    assert 1800 == whole.tables["versions"]["rows"]
    assert 600 == whole.tables["links"]["rows"]
    assert fingerprints(whole) == fingerprints(resumed)
    assert files(tmp_path / "whole") == files(tmp_path / "killed")


def files(directory: Path) -> set[str]:
    """All that is in *directory*, whatever its parts are called."""
    return {path.name for path in directory.rglob("*") if path.parent.name != "entries"}


def test_finished_slices_are_not_asked_again(tmp_path: Path, script: Path) -> None:
    """
    What was asked before the kill stays as it is.
    """
    assert kill_after(script, tmp_path / "m", "entries", 40, whole_group=True)
    facets = tmp_path / "m" / "facets"
    before = {path.name: path.stat().st_ino for path in facets.glob("*.parquet")}
    # The second kill leaves the slices of the first one in place.
    assert kill_after(script, tmp_path / "m", "entries", 25, whole_group=True)
    after = {path.name: path.stat().st_ino for path in facets.glob("*.parquet")}

    assert 20 <= len(before)
    assert before.items() <= after.items()
    assert len(before) < len(after)
