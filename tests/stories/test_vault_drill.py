"""
A drive of ours is backed up, drilled and lost: the drill passes, leaves nothing, and what it promised comes true in a new drive.

`benchmarks/drill.py` does the same with 20,000 files, and holds the forecast against the real restore.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.facets import Upload
from lading.connectors.lading import open as open_lading
from lading.model.access import Grant, Principal, PrincipalKind, Role, Version
from lading.testkit.servers.lading_drive import SPACE, LadingDriveServer
from lading.testkit.servers.local import HOST
from support.command import lading

FILES, SECOND = 160, 10**9
PEOPLE = """
from lading.drive.actor import SYSTEM
from lading.drive.people import principals
for number in range(3):
    principals.add(SYSTEM, "person", f"p{number}", name=f"P{number}", mail=f"p{number}@firm.example")
"""


@pytest.mark.slow
def test_what_the_drill_promised_comes_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Versions and rights are drilled on a drive of the same kind and compared there; with the old drive gone for good, a full
    restore gives a drive in which `compare` and `access diff` find no difference.
    """
    monkeypatch.setenv("LADING_VAULT_PASSWORD", "four words 足够")
    vault, state = tmp_path / "vault", ("--state", tmp_path / "state")
    assert 0 == lading("vault", "init", vault).code
    with _server(tmp_path, "old") as old:
        place = _named(tmp_path, old, "old")
        _fill(old, f"file:{tmp_path / 'old.token'}")
        assert 0 == lading("vault", "backup", place, vault, *state).code
        assert 0 == lading("scan", place, "--with", "all", "-o", tmp_path / "a").code
    shutil.rmtree(tmp_path / "old-home")

    with _server(tmp_path, "new") as new:
        place = _named(tmp_path, new, "new")
        options = ("--critical", "/d1/*", "--scratch", place, "--seed", 5, "--against", tmp_path / "a")
        drill = lading("drill", vault, *state, *options, "--json")
        assert 0 == drill.code, drill.out
        told = drill.json
        assert ["versions", "grants", "links"] == told["held"]
        assert told["compared"]["scratch"]["grants"] >= 3
        assert told["compared"]["scratch"]["versions"] > FILES
        assert (40, 0, 5) == (told["critical"], told["left"], told["seed"])
        assert told["confidence"]["read"] < told["compared"]["scratch"]["entries"]
        assert 3 == len(told["portions"])
        assert told["confidence"]["read"] <= sum(it["files"] for it in told["portions"]) <= FILES
        assert 0 < told["forecast"]["least"] <= told["forecast"]["seconds"] <= told["forecast"]["most"]
        assert json.loads(Path(told["result"]).read_text(encoding="utf-8"))["passed"]
        # Nothing of the drill is left on the drive.
        assert 0 == lading("scan", place, "-o", tmp_path / "empty", "--json").json["objects"]

        done = lading("vault", "restore", vault, "latest", place, "--with", "versions,grants,links", *state)
        assert 0 == done.code, done.out
        assert 0 == lading("scan", place, "--with", "all", "-o", tmp_path / "b").code
    same = lading("compare", tmp_path / "a", tmp_path / "b")
    assert 0 == same.code, same.out
    assert 0 == lading("access", "diff", tmp_path / "a", tmp_path / "b").code


def _fill(it: LadingDriveServer, token: str) -> None:
    with open_lading(_address(it, token)) as drive:
        assert drive.batch is not None
        assert drive.grants is not None
        for number in range(FILES // 40):
            drive.make_folder((f"d{number}",))
            who = Principal(PrincipalKind.PERSON, f"p{number % 3}")
            drive.grants.set(Grant((f"d{number}",), who, frozenset(), role=Role.EDIT))
        uploads = []
        for number in range(FILES):
            for ordinal in range(3 if number % 10 == 0 else 1):
                at = (1_600_000_000 + number * 10 + ordinal) * SECOND
                content = f"{number} {ordinal} ".encode() * 200
                version = Version("", at, len(content), modified=at)
                path = (f"d{number // 40}", f"合同 {number}.docx")
                uploads.append(Upload(path, content, ANYTHING if ordinal else ABSENT, at, version))
        list(drive.batch.write(iter(uploads)))


def _server(place: Path, name: str) -> LadingDriveServer:
    home = place / f"{name}-home"
    home.mkdir()
    return LadingDriveServer(home)


def _named(place: Path, it: LadingDriveServer, name: str) -> Path:
    """The address of the space in a file, as the commands take it."""
    it.run(PEOPLE)
    token = place / f"{name}.token"
    token.write_text(it.token, encoding="utf-8")
    file = place / f"{name}.toml"
    text = f'kind = "lading"\nplace = "{_address(it, "").place}"\ntoken = "file:{token}"\n'
    file.write_text(text, encoding="utf-8")
    return file


def _address(it: LadingDriveServer, token: str) -> Address:
    return Address("lading", f"http://{HOST}:{it.port}/{SPACE}", {"token": token})
