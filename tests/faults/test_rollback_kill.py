"""
A rollback that is killed, or loses its disk or its drive, comes to the same end.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.connectors.lading import open as open_lading
from lading.model.access import Effect, Grant, Link, Principal, PrincipalKind, Role
from lading.model.errors import CursorExpired
from lading.model.failpoints import MARKING, ROLLBACK
from lading.testkit.servers import WsgiDavServer, require_server
from lading.testkit.servers.lading_drive import SPACE, LadingDriveServer
from lading.testkit.servers.local import HOST
from support.command import lading
from support.rollbacks import files, put, switch, walked

ROOT = os.geteuid() == 0
RIGHTS = ("rollback.restricted", "rollback.right_set", "rollback.link_made", "rollback.expired")
"""Places that only a drive with rights comes to."""
TOKEN = "ROLLBACK_KILL"
BOB = Principal(PrincipalKind.PERSON, "bob")
_PEOPLE = """
from lading.drive.actor import SYSTEM
from lading.drive.people import principals
principals.add(SYSTEM, "person", "bob", name="Bob", mail="bob@firm.example")
"""


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    """A folder drive that moved, was marked, journaled once and worked on since on both sides."""
    for name in ("old", "new"):
        for folder in ("合同", "model", "away"):
            (tmp_path / name / folder).mkdir(parents=True)
            for number in range(3):
                (tmp_path / name / folder / f"{number}.txt").write_text(f"{folder} {number}")
    old, new = (Address("folder", str(tmp_path / name)) for name in ("old", "new"))
    (tmp_path / "state").mkdir()
    it = switch(old, new, tmp_path / "state" / "job")
    (tmp_path / "new" / "合同" / "0.txt").write_text("edited once")
    it.journal()
    work(tmp_path)
    return tmp_path


def work(place: Path) -> None:
    """What people do after the switch."""
    new = place / "new"
    (new / "合同" / "0.txt").write_text("edited twice")
    (new / "合同" / "1.txt").write_text("also edited")
    (new / "model" / "0.txt").rename(new / "model" / "renamed.txt")
    (new / "away").rename(new / "gone")
    (new / "neu").mkdir()
    (new / "neu" / "a.txt").write_text("made later")
    (new / "model" / "1.txt").unlink()
    (new / "model" / "2.txt").write_text("both, in NEW")
    (place / "old" / "model" / "2.txt").write_text("both, in OLD")


def quiet(*words: object) -> None:
    done = lading(*words, "--json")
    assert 0 == done.code, done.out + done.err


def contents(root: Path) -> list[str]:
    """Every content that people see; what a server was just receiving is Lading's own until it is a day old."""
    return sorted(
        path.read_text() for path in root.rglob("*") if path.is_file() and ".lading-parts" not in path.parts
    )


HELD = (
    "合同 0", "合同 1", "合同 2", "model 0", "model 1", "both, in OLD", "away 0", "away 1", "away 2",
)  # fmt: skip
EVERYTHING = sorted([*HELD, "edited twice", "edited once", "also edited", "both, in NEW", "made later"])
POINTS = tuple(point for point in ROLLBACK if point not in RIGHTS)


@pytest.mark.slow
@pytest.mark.parametrize(
    "points", (POINTS[:5], POINTS[5:9], POINTS[9:]), ids=("journal", "places", "contents")
)
def test_killed_at_each_named_point(points: tuple[str, ...], marked: Path) -> None:
    """
    Killed at one failure point after the other, the same command comes to the same end: OLD always holds what it
    held, and nothing stands there twice.
    """
    for point in points:
        killed = lading("rollback", "--state", marked / "state", environment={"LADING_KILL_AT": f"{point}:1"})

        assert -signal.SIGKILL == killed.code, (point, killed.err)
        assert {*HELD} <= set(contents(marked / "old")), point
    ended = lading("rollback", "--state", marked / "state", "--json")

    assert 0 == ended.code, ended.out + ended.err
    assert EVERYTHING == contents(marked / "old")
    (told,) = (marked / "state").glob("*/rollback/messages.jsonl")
    lines = [json.loads(line) for line in told.read_text("utf-8").splitlines()]
    assert [("new", "/model/2.txt"), ("old", "/model/2.txt")] == [(it["side"], it["path"]) for it in lines], (
        lines
    )
    assert (marked / "old" / "model" / "renamed.txt").exists()
    assert ended.json["proof"]["holds"]


@pytest.mark.slow
def test_killed_while_rights_are_carried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Killed while a file is restricted, behind a right, behind a link and behind the expiry of the cursors, the same command
    comes to the same end: each right and one link, the restricted file where it belongs, every earlier cursor expired.
    """
    with LadingDriveServer(tmp_path / "home", workers=1) as server:
        server.run(_PEOPLE)
        monkeypatch.setenv(TOKEN, server.token)
        where = f"http://{HOST}:{server.port}/{SPACE}"
        options = {"token": f"env:{TOKEN}", "create": "yes"}
        old, new = (Address("lading", f"{where}/{name}", options) for name in ("旧", "新"))
        for side in (old, new):
            with open_lading(side) as drive:
                put(drive, ("合同", "f"), b"at the switch")
        (tmp_path / "state").mkdir()
        switch(old, new, tmp_path / "state" / "job", {"person:bob": "person:bob"})
        with open_lading(new) as drive:
            put(drive, ("合同", "secret"), b"of one deal")
            drive.grants.set(Grant(("合同", "secret"), BOB, frozenset(), Effect.DENY, role=Role.PREVIEW))
            drive.grants.set(Grant(("合同",), BOB, frozenset(), role=Role.EDIT))
            drive.links.make(Link(("合同", "f"), "", frozenset(), role=Role.PREVIEW), password=None)
        with open_lading(old) as drive:
            cursor = drive.changes.cursor()
        words = ("rollback", "--rights", "carry", "--state", tmp_path / "state", "--json")
        for point in RIGHTS:
            killed = lading(*words, environment={"LADING_KILL_AT": f"{point}:1"})
            assert -signal.SIGKILL == killed.code, (point, killed.err)
        ended = lading(*words)

        assert 0 == ended.code, ended.out + ended.err
        assert (True, "") == (ended.json["clients"]["expired"], ended.json["clients"]["code"])
        with open_lading(old) as drive:
            assert {("合同", "f"): b"at the switch", ("合同", "secret"): b"of one deal"} == files(drive)
            assert {("合同",), ("合同", "f"), ("合同", "secret")} == {entry.path for entry in walked(drive)}
            rights = {(it.path, it.effect, it.role) for it in drive.grants.all() if it.principal.id == "bob"}
            assert 1 == len(drive.links.list(("合同", "f")))
            with pytest.raises(CursorExpired):
                drive.changes.since(cursor)
    assert {
        (("合同",), Effect.ALLOW, Role.EDIT),
        (("合同", "secret"), Effect.DENY, Role.PREVIEW),
    } == rights


def test_new_is_gone_for_good(marked: Path) -> None:
    """Where NEW never comes back, `--offline` carries what the journal kept, and OLD is proven whole."""
    shutil.rmtree(marked / "new")
    ended = lading("rollback", "--offline", "--state", marked / "state", "--json")

    assert 0 == ended.code, ended.out + ended.err
    assert sorted([*HELD, "edited once"]) == contents(marked / "old")
    assert ended.json["proof"]["holds"]


def test_a_mark_that_is_killed_is_none(tmp_path: Path) -> None:
    """Killed while marking, nothing is marked; marking again marks."""
    old, state = tmp_path / "old", tmp_path / "state"
    old.mkdir()
    (old / "a").write_text("a")
    quiet("copy", old, tmp_path / "new", "--state", state)
    words = ("rollback", "mark", old, tmp_path / "new", "--state", state)
    killed = lading(*words, environment={"LADING_KILL_AT": f"{MARKING[-1]}:1"})

    assert -signal.SIGKILL == killed.code
    assert 67 == lading("rollback", "--state", state).code
    quiet(*words)


@pytest.mark.skipif(not ROOT, reason="mounting a small disk needs root")
def test_a_full_disk_half_way(tmp_path: Path) -> None:
    """A disk of OLD that fills up stops the rollback with the next safe action; OLD holds what it held; with room it goes on."""
    place = tmp_path
    (place / "old").mkdir()
    (place / "state").mkdir()
    script = f"""
        set -e
        export LADING_LANG=en
        mount -t tmpfs -o size=600k none {place}/old
        for n in 1 2 3; do head -c 60000 /dev/urandom > {place}/old/$n; done
        run() {{ {sys.executable} -m lading "$@" --state {place}/state --json; }}
        run copy {place}/old {place}/new > /dev/null
        run rollback mark {place}/old {place}/new > /dev/null
        for n in 1 2 3 4 5 6; do head -c 90000 /dev/urandom > {place}/new/$n; done
        sha256sum {place}/old/? | cut -c1-64 > {place}/sums
        run rollback > {place}/first || true
        run rollback status > {place}/status
        for file in {place}/old/*; do sha256sum "$file"; done | cut -c1-64 > {place}/half
        mount -o remount,size=5m {place}/old
        run rollback > {place}/second
        for file in {place}/old/*; do sha256sum "$file"; done | cut -c1-64 > {place}/after
        sha256sum {place}/new/? | cut -c1-64 > {place}/later
    """
    ran = subprocess.run(["unshare", "--mount", "bash", "-c", script], capture_output=True, text=True)
    if "unshare failed" in ran.stderr or "mount: " in ran.stderr:
        pytest.skip("mounting is not allowed here")
    assert 0 == ran.returncode, ran.stderr
    first, second = (json.loads((place / name).read_text()) for name in ("first", "second"))
    lines = {name: set((place / name).read_text().split()) for name in ("sums", "half", "after", "later")}

    assert (65, "rollback_stopped") == (first["exit_code"], first["error"]["code"])
    assert "Make room" in first["error"]["remedy"]["en"]
    status = json.loads((place / "status").read_text())
    assert ("stopped", "no_space") == (status["last"]["state"], status["last"]["code"])
    assert lines["sums"] <= lines["half"]
    assert second["proof"]["holds"]
    assert lines["sums"] | lines["later"] == lines["after"]


@pytest.mark.live
def test_old_vanishes_half_way(tmp_path: Path) -> None:
    """OLD's server dies in the middle: the rollback stops, says what to do, and goes on when it is back."""
    state = tmp_path / "state"
    with require_server(WsgiDavServer) as server:
        for number in range(4):
            (server.root / f"{number}").write_text(f"old {number}")
        login = (
            ["--old-opt", f"user={server.user}", "--old-opt", "password=env:SECRET"] if server.user else []
        )
        environment = {"SECRET": server.password or ""}
        words = (server.url, tmp_path / "new", *login, "--state", state, "--json")
        for command in (("copy",), ("rollback", "mark")):
            done = lading(*command, *words, environment=environment)
            assert 0 == done.code, done.out
        for number in range(8):
            (tmp_path / "new" / f"{number}").write_text(f"later {number}")
        killed = lading(
            "rollback",
            "--state",
            state,
            environment={**environment, "LADING_KILL_AT": "rollback.after_write:3"},
        )
        server.kill()
        stopped = lading("rollback", "--state", state, "--json", environment=environment)
        server.restart()
        ended = lading("rollback", "--state", state, "--json", environment=environment)
        found = contents(server.root)

    assert -signal.SIGKILL == killed.code
    assert (65, "rollback_stopped") == (stopped.code, stopped.json["error"]["code"])
    assert 0 == ended.code, ended.out
    assert sorted([f"later {n}" for n in range(8)] + [f"old {n}" for n in range(4)]) == found
