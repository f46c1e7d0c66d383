"""A person plants canaries in a drive, follows them through a copy, and removes them."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import stat
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from lading.evidence.ledger import verify
from lading.model.errors import FAILED_OBJECTS, UNANSWERED
from lading.model.paths import shown_name
from lading.testkit.servers import require_server
from lading.testkit.servers.lading_drive import SPACE, LadingDriveServer
from lading.testkit.servers.local import HOST
from lading.testkit.servers.wsgidav import WsgiDavServer
from support.command import Answer, lading

ON_FOLDERS = {
    "empty", "long-name", "form-twins", "case-twins", "trailing-dot", "trailing-space", "emoji", "controls", "deep",
    "year-1969", "year-2106", "workbook", "pdf", "large", "scripts",
}  # fmt: skip


def told(*words: object, cwd: Path, code: int = 0) -> Any:
    """The document of a command that ended with *code*."""
    answer = lading("canary", *words, "--json", cwd=cwd)
    assert code == answer.code, answer.out + answer.err
    return answer.json


def states(document: Any) -> dict[str, str]:
    """The state of each canary in a document."""
    return {code: facts["state"] for code, facts in document["canaries"].items()}


def there(document: Any, *good: str) -> set[str]:
    """The canaries whose state is one of *good*."""
    return {code for code, state in states(document).items() if state in good}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a drive in it that has an ACL, and a file of the firm."""
    old = tmp_path / "old"
    (old / "合同").mkdir(parents=True)
    (old / "合同" / "a.docx").write_text("deal")
    if shutil.which("setfacl"):
        subprocess.run(["setfacl", "-R", "-m", "u:65534:r-x,d:u:65534:r-x", old / "合同"], check=False)
    return tmp_path


def test_through_a_copy_between_folders(place: Path) -> None:
    """Planted in a folder with ACLs, all canaries it can hold arrive through a copy; a harmed one is told alone."""
    planted = told("plant", "old", "--under", "合同", "--yes", cwd=place)
    assert 0 == lading("copy", "old", "new", cwd=place).code
    well = told("check", "new", "--under", "合同", "--against", ".lading", cwd=place)
    (file,) = (place / "new").rglob("*references.xlsx")
    times = file.stat()
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    harmed = told("check", "new", "--under", "合同", cwd=place, code=UNANSWERED)

    assert ON_FOLDERS == there(planted, "planted")
    assert {"page", *ON_FOLDERS} == there(well, "equal")
    assert {"workbook": "changed"} == {
        code: state for code, state in states(harmed).items() if state not in ("equal", "absent")
    }


def test_everything_goes_again(place: Path) -> None:
    """Removal leaves both drives as they were, with three records in a chain that holds."""
    before = sorted(place.joinpath("old").rglob("*"))
    told("plant", "old", "--yes", cwd=place)
    told("check", "old", "--against", ".lading", cwd=place)
    assert 0 == lading("copy", "old", "new", cwd=place).code
    for drive in ("new", "old"):
        assert [] == told("remove", drive, "--yes", cwd=place)["left"]
    (folder,) = (place / ".lading" / "canary").iterdir()

    assert before == sorted(place.joinpath("old").rglob("*"))
    assert ["合同", "合同/a.docx"] == sorted(
        str(it.relative_to(place / "new")) for it in (place / "new").rglob("*")
    )
    assert 4 == verify(folder / "ledger.jsonl").records
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)


def test_a_mapped_name_is_followed(place: Path) -> None:
    """A list of mapped names leads to a canary that has another name in NEW."""
    told("plant", "old", "--campaign", "c-1", "--yes", cwd=place)
    shutil.copytree(place / "old", place / "new", symlinks=True)
    kit = next((place / "new").glob("Lading*"))
    for path in kit.joinpath("emoji").iterdir():
        time = path.stat().st_mtime_ns
        moved = path.rename(path.with_name("mapped.txt"))
        os.utime(moved, ns=(time, time))
        row = {"old": f"/{kit.name}/emoji/" + shown_name(path.name), "new": f"/{kit.name}/emoji/mapped.txt"}
    (place / "names.jsonl").write_text(json.dumps(row) + "\n")

    assert {"emoji"} == there(told("check", "new", cwd=place, code=UNANSWERED), "lost")
    assert set() == there(told("check", "new", "--mapped", "names.jsonl", cwd=place), "lost", "changed")


def test_the_plan_comes_first(place: Path) -> None:
    """Without consent nothing is done: the plan is shown and the command says how to agree."""
    before = sorted((place / "old").rglob("*"))
    refused = lading("canary", "plant", "old", cwd=place)
    dry = told("plant", "old", "--dry-run", cwd=place)

    assert 2 == refused.code
    assert "will be planted" in refused.out
    assert "--yes" in refused.err
    assert ON_FOLDERS == set(dry["plan"])
    assert "versions" in dry["unable"]
    assert before == sorted((place / "old").rglob("*"))
    assert not (place / ".lading").exists()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("planted", "cannot be held", "it takes no grants")),
        ("zh", ("已放置", "无法容纳", "不接受授权")),
    ],
)
def test_it_speaks_both_languages(place: Path, language: str, words: tuple[str, ...]) -> None:
    """What was planted and what could not be is said in the person's language."""
    said = lading(
        "canary", "plant", "old", "--yes", cwd=place, environment={"LADING_LANG": language, "COLUMNS": "200"}
    )

    assert 0 == said.code, said.err
    assert [] == [word for word in words if word not in said.out]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("check", "old"), 21),
        (("check", "old", "--against", "nowhere"), 21),
        (("check", "nowhere"), 21),
        (("remove", "old", "--yes"), 21),
        (("plant", "old", "--campaign", "a/b", "--yes"), 2),
        (("plant", "old", "--under", "no/where", "--yes"), 21),
        (("plant", "old", "--limit", "often", "--yes"), 2),
    ],
)
def test_what_makes_no_sense_is_refused(place: Path, words: tuple[str, ...], code: int) -> None:
    """No kit, no drive, no such folder, no campaign: one sentence and an exit code, and nothing is planted."""
    said = lading("canary", *words, cwd=place)

    assert code == said.code, said.err
    assert [] == [*(place / "old").glob("Lading*")]


def test_a_contract_that_is_none(place: Path) -> None:
    """A file that is no contract is refused."""
    told("plant", "old", "--yes", cwd=place)
    (place / "contract.json").write_text("{}")

    assert 2 == lading("canary", "check", "old", "--contract", "contract.json", cwd=place).code


@pytest.mark.parametrize(
    ("work", "point"),
    [
        *(("plant", it) for it in ("canary.page:1", "canary.page:2", "canary.file:1", "canary.file:9", "canary.planted:6")),
        *(("remove", it) for it in ("canary.removed:1", "canary.removed:8", "canary.page_removed:1")),
    ],
)  # fmt: skip
def test_killed_and_done_again(place: Path, work: str, point: str) -> None:
    """Killed at any named point, planting goes on to the same end, and removal to an empty place."""
    if work == "remove":
        told("plant", "old", "--yes", cwd=place)
    assert -signal.SIGKILL == killed(place, work, point).code
    done = lading("canary", work, "old", "--yes", cwd=place)

    assert 0 == done.code, done.err
    if work == "plant":
        assert {"page", *ON_FOLDERS} == there(
            told("check", "old", "--against", ".lading", cwd=place), "equal"
        )
    else:
        assert ["合同"] == [it.name for it in (place / "old").iterdir()]


def killed(place: Path, work: str, point: str) -> Answer:
    """What came of a command that was killed at *point*."""
    return lading("canary", work, "old", "--yes", cwd=place, environment={"LADING_KILL_AT": point})


@pytest.fixture
def dav(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, ...]]:
    """The address and options of a WsgiDAV server."""
    with require_server(WsgiDavServer) as server:
        monkeypatch.setenv("CANARY_PASSWORD", server.password)
        yield server.url, "--opt", f"user={server.user}", "--opt", "password=env:CANARY_PASSWORD"


@pytest.mark.live
def test_on_plain_webdav(place: Path, dav: tuple[str, ...]) -> None:
    """A plain WebDAV server holds names and contents; times, versions, rights and links are told as impossible."""
    planted = told("plant", *dav, "--yes", cwd=place)
    again = told("plant", *dav, "--yes", cwd=place)
    found = told("check", *dav, "--against", ".lading", cwd=place)
    left = told("remove", *dav, "--yes", cwd=place)["left"]

    assert ON_FOLDERS - {"controls", "year-1969", "year-2106"} == there(planted, "planted")
    assert set() == there(again, "planted", "refused")
    assert set() == there(found, "lost", "changed", "unknown")
    assert [] == left


@pytest.mark.live
@pytest.mark.slow
def test_losses_that_were_signed_are_expected(place: Path, dav: tuple[str, ...]) -> None:
    """A move to plain WebDAV maps names and loses times: with the signed contract and the list of the pass all canaries answer."""
    url, *options = dav
    new = [word.replace("--opt", "--new-opt") for word in options]
    told("plant", "old", "--yes", cwd=place)
    waived = ("--waive", "people,grants,links,versions,locks,labels,comments,settings")
    signed = lading("fidelity", "old", url, *new, *waived, "--sign", "--yes", cwd=place)
    copied = lading("copy", "old", url, *new, cwd=place)
    blind = told("check", url, *options, cwd=place, code=UNANSWERED)
    seeing = told("check", url, *options, "--against", ".lading", cwd=place)

    assert 10 == signed.code, signed.err
    assert 0 == copied.code, copied.err
    assert {"year-1969", "year-2106"} == there(blind, "changed", "lost", "unknown")
    assert {"year-1969", "year-2106"} == there(seeing, "announced")
    assert {"page", *ON_FOLDERS} - {"year-1969", "year-2106"} == there(seeing, "equal")


_PEOPLE = """
from lading.drive.actor import SYSTEM
from lading.drive.people import admins, principals
admins.give_admin_role(SYSTEM, principals.find("alice").id, "system")
one = principals.add(SYSTEM, "person", "1001", name="李伟")
principals.add(SYSTEM, "guest", "g-1", name="Counsel", owner=one.id, until=4 * 10**18)
"""
_LOCK = b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[LadingDriveServer, tuple[str, ...]]]:
    """Our own drive, served, with a person and a guest in it, for a system admin; its address and options."""
    with require_server(LadingDriveServer) as server:
        server.run(_PEOPLE)
        monkeypatch.setenv("CANARY_TOKEN", server.token)
        yield server, (f"lading:http://{HOST}:{server.port}/{SPACE}", "--opt", "token=env:CANARY_TOKEN")


@pytest.mark.live
@pytest.mark.slow
def test_on_our_own_drive(place: Path, ours: tuple[LadingDriveServer, tuple[str, ...]]) -> None:
    """Our own drive holds every canary, the locked one as soon as somebody locks it; all answer, and all go."""
    server, drive = ours
    first = told("plant", *drive, "--yes", cwd=place, code=FAILED_OBJECTS)
    lock(server, f"{first['place']}/locked/锁定 locked.txt")
    second = told("plant", *drive, "--yes", cwd=place)
    found = told("check", *drive, "--against", ".lading", cwd=place)
    secrets = next(place.glob(".lading/canary/*/secrets.json"))
    mode = stat.S_IMODE(secrets.stat().st_mode)

    assert {"locked"} == there(first, "refused", "unable")
    assert {"locked"} == there(second, "planted", "there") - there(first, "planted")
    assert {} == {code: state for code, state in states(found).items() if state != "equal"}
    assert 0o600 == mode
    assert ("1001", "g-1") == (first["person"], first["guest"])
    assert [] == told("remove", *drive, "--yes", cwd=place)["left"]
    assert not secrets.exists()


def lock(server: LadingDriveServer, path: str) -> None:
    """Lock *path* over WebDAV."""
    secret = base64.b64encode(f"{server.user}:{server.password}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}", "Timeout": "Second-600", "Content-Type": "application/xml"}
    url = server.url.rstrip("/") + quote(path)
    with urllib.request.urlopen(urllib.request.Request(url, _LOCK, headers, method="LOCK")) as answer:
        assert answer.status in (200, 201)
