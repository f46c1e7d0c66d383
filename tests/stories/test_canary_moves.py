"""The canaries of one drive of ours, after `lading copy --with` to another one on another port."""

from __future__ import annotations

import http.client
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

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


_LOCK = """<?xml version="1.0"?>
<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype><owner>li</owner></lockinfo>"""


@contextmanager
def held(address: str, path: str) -> Iterator[None]:
    """Somebody has the file at *path* open in an editor that locks."""
    host, port = address.removeprefix("lading:http://").split("/")[0].split(":")
    wire = http.client.HTTPConnection(host, int(port), timeout=60)
    token = {"Authorization": f"Bearer {os.environ['CANARY_OLD']}"}
    target = quote(f"/dav/{SPACE}/{path.strip('/')}")
    wire.request(
        "LOCK", target, _LOCK, {**token, "Timeout": "Second-3600", "Content-Type": "application/xml"}
    )
    answer = wire.getresponse()
    assert 200 == answer.status, answer.read()
    lock = answer.headers["Lock-Token"]
    answer.read()
    yield
    wire.request("UNLOCK", target, headers={**token, "Lock-Token": lock})
    assert 204 == wire.getresponse().status
    wire.close()


def test_all_canaries_answer_after_a_move(drives: tuple[str, str], tmp_path: Path) -> None:
    """
    Names, times, 500 versions, rights, links and documents are in NEW as they were planted in OLD, pass after pass, and
    nothing is lost but the lock that somebody holds, as the contract says; then all of them go.
    """
    old, new = drives
    here = ("--opt", "token=env:CANARY_OLD")
    there = ("--opt", "token=env:CANARY_NEW")
    both = ("--old-opt", "token=env:CANARY_OLD", "--new-opt", "token=env:CANARY_NEW")
    # Nobody has locked a file yet, so one canary is told as not planted.
    first = told("canary", "plant", old, *here, "--yes", cwd=tmp_path, code=FAILED_OBJECTS)
    with held(old, f"{first['place']}/locked/锁定 locked.txt"):
        told("canary", "plant", old, *here, "--yes", cwd=tmp_path)
        for name, drive, options in (("a", old, here), ("b", new, there)):
            told("scan", drive, *options, "--with", "all", "-o", name, cwd=tmp_path)
        promised = lading("fidelity", "a", "b", "-o", "contract.json", "--json", cwd=tmp_path)
        assert 1 == {it["code"]: it["count"] for account in promised.json["contract"]["accounts"]
                     for it in account["lines"]}["lock.lost"]  # fmt: skip
        for _ in range(2):
            told("copy", old, new, *both, "--with", "all", cwd=tmp_path)
            found = told("canary", "check", new, *there, "--contract", "contract.json", cwd=tmp_path)
            states = {code: facts["state"] for code, facts in found["canaries"].items()}

            assert 20 < len(states)
            assert {"locked": "announced"} == {
                code: state for code, state in states.items() if state != "equal"
            }
    assert [] == told("canary", "remove", old, *here, "--yes", cwd=tmp_path)["left"]
    assert [] == told("canary", "remove", new, *there, "--yes", cwd=tmp_path)["left"]
