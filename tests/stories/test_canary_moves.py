"""The canaries of one drive of ours, after `lading copy --with` to another one on another port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lading.model.errors import FAILED_OBJECTS
from lading.testkit.servers import require_server
from lading.testkit.servers.lading_drive import SPACE, LadingDriveServer
from lading.testkit.servers.local import HOST
from support.command import lading

pytestmark = [pytest.mark.live, pytest.mark.slow]

_PEOPLE = """
from lading.drive.actor import SYSTEM
from lading.drive.people import admins, principals
admins.give_admin_role(SYSTEM, principals.find("alice").id, "system")
one = principals.add(SYSTEM, "person", "1001", name="李伟", mail="li@firm.example")
principals.add(SYSTEM, "guest", "g-1", name="Counsel", mail="c@law.example", owner=one.id, until=4 * 10**18)
"""


@pytest.fixture
def drives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """The addresses of two drives with the same people."""
    with (
        require_server(lambda: LadingDriveServer(tmp_path / "old")) as old,
        require_server(lambda: LadingDriveServer(tmp_path / "new")) as new,
    ):
        for server, name in ((old, "CANARY_OLD"), (new, "CANARY_NEW")):
            server.run(_PEOPLE)
            monkeypatch.setenv(name, server.token)
        yield tuple(f"lading:http://{HOST}:{server.port}/{SPACE}" for server in (old, new))  # type: ignore[misc]


def told(*words: object, cwd: Path, code: int = 0) -> Any:
    """What a command says that ended with *code*."""
    said = lading(*words, "--json", cwd=cwd)
    assert code == said.code, said.err + said.out
    return said.json


def test_all_canaries_answer_after_a_move(drives: tuple[str, str], tmp_path: Path) -> None:
    """
    Names, times, 500 versions, rights, links and documents are in NEW as they were planted in OLD, pass after pass; then all
    of them go.
    """
    old, new = drives
    here = ("--opt", "token=env:CANARY_OLD")
    there = ("--opt", "token=env:CANARY_NEW")
    both = ("--old-opt", "token=env:CANARY_OLD", "--new-opt", "token=env:CANARY_NEW")
    # Nobody has locked a file, so one canary is told as not planted.
    told("canary", "plant", old, *here, "--yes", cwd=tmp_path, code=FAILED_OBJECTS)
    for _ in range(2):
        told("copy", old, new, *both, "--with", "all", cwd=tmp_path)
        found = told("canary", "check", new, *there, cwd=tmp_path)
        states = {code: facts["state"] for code, facts in found["canaries"].items()}

        assert 20 < len(states)
        assert {"locked"} == {code for code, state in states.items() if state != "equal"}
    assert [] == told("canary", "remove", old, *here, "--yes", cwd=tmp_path)["left"]
    assert [] == told("canary", "remove", new, *there, "--yes", cwd=tmp_path)["left"]
