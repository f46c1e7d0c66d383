"""
`lading drive-check` says what an account may do, changes nothing unless asked, and `lading drives` what there is.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lading.connectors.address import parse
from lading.connectors.kinds import DriveKind, Told, kinds, told
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.profile import AccessRules, Profile
from lading.connectors.registry import CONNECTORS, open_drive
from lading.connectors.trial.asking import Seen, Written, ask
from lading.connectors.trial.judging import Known, Verdict, judged, troubled
from lading.model.entry import Entry, Kind
from lading.model.errors import Forbidden, NoSpace
from lading.model.text import Text
from lading.testkit.servers import WsgiDavServer, require_server
from support.command import Answer, lading
from support.served_drive import serving

TEN = ["sign in", "list", "read", "write", "versions", "grants", "links", "people", "times", "system"]


def verdicts(answer: Answer) -> dict[str, str]:
    """How it stands with each thing; the worst where several lines are about one."""
    return {it["thing"]: it["verdict"] for it in answer.json["checks"]}


@pytest.fixture
def share(tmp_path: Path) -> Path:
    """A folder with one file."""
    (tmp_path / "share/合同").mkdir(parents=True)
    (tmp_path / "share/合同/a.txt").write_text("content")
    return tmp_path / "share"


def snapshot(root: Path) -> list[tuple[str, int, int]]:
    return sorted(
        (str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in (root, *root.rglob("*"))
    )


def test_a_folder_is_looked_at_and_not_touched(share: Path) -> None:
    """Ten lines, no change; what was not tried says so."""
    before = snapshot(share)
    done = lading("drive-check", share, "--json")
    plain = lading("drive-check", share)

    assert (0, 0) == (done.code, plain.code)
    assert TEN == [it["thing"] for it in done.json["checks"]] and 10 == len(plain.out.splitlines())
    assert {"read": "yes", "write": "untried", "versions": "none", "grants": "yes"}.items() <= verdicts(
        done
    ).items()
    assert before == snapshot(share)


def test_writing_is_tried_where_it_was_said(share: Path) -> None:
    """With --write everything is tried in a new folder there, which is gone afterwards."""
    names = sorted(map(str, share.rglob("*")))
    done = lading("drive-check", share, "--write", "合同", "--json")

    assert 0 == done.code
    assert ("yes", "yes") == (verdicts(done)["write"], verdicts(done)["times"])
    assert names == sorted(map(str, share.rglob("*")))


def test_what_is_refused_has_a_code_and_a_reason(share: Path) -> None:
    """A folder that is not there, and an option that would change the drive."""
    done = lading("drive-check", share, "--write", "no such", "--json")
    (line,) = [it for it in done.json["checks"] if it["thing"] == "write"]

    assert (10, "no", "not_found") == (done.code, line["verdict"], line["code"])
    assert 2 == lading("drive-check", share, "--opt", "create=yes").code
    assert 2 == lading("drive-check", share, "--write", "../..").code
    assert 21 == lading("drive-check", share / "none").code
    zh = lading("drive-check", share, "--write", "none", environment={"LADING_LANG": "zh"})
    assert "写入：不可" in zh.out


def test_our_own_drive(tmp_path: Path) -> None:
    """Versions, grants and links are told; a token without the right to share is told that it sees only a part."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "drive.toml").write_text("sync = false\n")
    with serving(home) as served:
        (tmp_path / "all").write_text(served.mover(scopes=("read", "write", "import", "share")))
        place = f"lading:http://127.0.0.1:{served.port}/deals"
        asked = ("drive-check", place, "--opt", f"token=file:{tmp_path / 'all'}", "--json")
        before, written, after = lading(*asked), lading(*asked, "--write", "/"), lading(*asked)
        (tmp_path / "wrong").write_text("no-such-token")
        refused = lading("drive-check", place, "--opt", f"token=file:{tmp_path / 'wrong'}", "--json")

    assert (0, 0, 0) == (before.code, written.code, after.code), written.out
    assert ("yes", "yes") == (verdicts(written)["write"], verdicts(written)["times"])
    assert ("yes", "yes") == (verdicts(before)["grants"], verdicts(before)["people"])
    assert before.json["checks"] == after.json["checks"]
    assert before.json["server"].startswith("lading ")
    assert (28, "login_failed") == (refused.code, refused.json["error"]["code"])


def test_a_webdav_server(tmp_path: Path) -> None:
    """Plain WebDAV tells no versions and no grants; a wrong password is a refused login with what to do about it."""
    with require_server(WsgiDavServer) as server:
        (server.root / "a.txt").write_text("content")
        (tmp_path / "right").write_text(server.password)
        (tmp_path / "wrong").write_text("se-cret")
        words = ("drive-check", server.url, "--opt", f"user={server.user}", "--json")
        done = lading(*words, "--opt", f"password=file:{tmp_path / 'right'}", "--write", "/")
        refused = lading(*words, "--opt", f"password=file:{tmp_path / 'wrong'}")
        left = os.listdir(server.root)

    assert {"read": "yes", "write": "yes", "versions": "none", "grants": "none"}.items() <= verdicts(
        done
    ).items()
    # It keeps no given times, which is something to be known.
    assert (10, "part") == (done.code, verdicts(done)["times"])
    assert (28, "login_failed") == (refused.code, refused.json["error"]["code"])
    assert "se-cret" not in refused.out
    assert ["a.txt"] == left


KNOWN = Known(Profile(kind="x", address="y", access=AccessRules(complete=False)), "Server 1", ())
FILE = Entry(("a",), Kind.FILE, 1)


def test_lines_say_how_it_stands() -> None:
    """Half of the grants is a part, an error is a no with its code, clocks apart are told, and nothing tried is no trouble."""
    seen = Seen(
        listed=3, file=FILE, read=Forbidden("/a", "not yours"), grants=2,
        written=Written(steps=(("make folder", None), ("write", NoSpace("/a", "full"))), kept_time=True, difference=-3600 * 10**9),
    )  # fmt: skip
    lines = {line.thing: line for line in judged(KNOWN, seen)}
    calm = judged(KNOWN, Seen(listed=0))

    assert (Verdict.NO, "forbidden") == (lines["read"].verdict, lines["read"].code)
    assert (Verdict.NO, "no_space") == (lines["write"].verdict, lines["write"].code)
    assert Verdict.PART is lines["grants"].verdict
    assert Verdict.PART is lines["times"].verdict and "-3600 s" in lines["times"].said.en
    assert troubled(tuple(lines.values())) and not troubled(calm)
    assert [Verdict.UNTRIED] * 2 == [line.verdict for line in calm if line.thing in ("read", "write")]


def test_what_cannot_be_removed_is_named() -> None:
    """Whoever may make and not remove is told what was left behind."""

    class Keeps(MemoryDrive):
        def remove(self, path, *, expect):
            raise Forbidden(path, "nobody removes here")

    drive = Keeps(MemoryStore())
    seen = ask(drive, write=(), name="lading-check-1", clock=lambda: 0)

    assert ("lading-check-1",) == seen.written.left
    assert any("left behind: /lading-check-1" in line.said.en for line in judged(KNOWN, seen))


def test_an_interrupted_trial_leaves_nothing() -> None:
    """Whoever stops it half way finds nothing of it on the drive."""

    class Stopped(MemoryDrive):
        def stat(self, path):
            if path[-1:] == ("lading-check.txt",) and not self.stopped:
                self.stopped = True
                raise KeyboardInterrupt
            return super().stat(path)

    drive = Stopped(MemoryStore())
    drive.stopped = False
    with pytest.raises(KeyboardInterrupt):
        ask(drive, write=(), name="lading-check-1", clock=lambda: 0)

    assert drive.stopped
    assert [] == drive.list(()).entries


def test_kinds_are_listed_in_both_languages() -> None:
    """Every kind of the registry stands there with its facets, and the alias beside its name."""
    done, zh = lading("drives", "--json"), lading("drives", environment={"LADING_LANG": "zh"})
    found = {one["kind"]: one for one in done.json["drives"]}

    assert (0, list(CONNECTORS)) == (done.code, list(found))
    assert ["memory"] == found["generated"]["aliases"]
    assert {"versions", "grants", "links", "people", "changes", "batch"} <= set(found["lading"]["facets"])
    assert (False, True) == (found["export"]["writes"], found["folder"]["writes"])
    assert ["preview", "download", "upload", "edit", "manage"] == found["lading"]["features"]["roles"]
    assert all(one["about"]["zh"] in zh.out for one in found.values())
    assert open_drive(parse("memory:entries=5")).profile.kind == "generated"


def test_a_kind_shows_up_with_its_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connector that says nothing of itself is told by its code; one whose library is missing says which."""
    import support.memory_drives as bare

    class Opened(MemoryDrive):
        pass

    def opens(address) -> Opened: ...

    opens.__annotations__["return"] = Opened
    monkeypatch.setattr(bare, "open", opens)
    shown = told("bare", "support.memory_drives")
    monkeypatch.setattr(bare, "KIND", DriveKind(needs=("no_such_library",)), raising=False)

    assert shown.writes and {"versions", "grants", "links"} <= set(shown.facets)
    assert shown.about.en == bare.__doc__.strip().partition("\n")[0] and shown.features is None
    assert ("no_such_library",) == told("bare", "support.memory_drives").missing
    assert Told("x", (), Text("", ""), ("no_such_connector",)) == told("x", "no_such_connector")
    assert len(CONNECTORS) == len(list(kinds()))
