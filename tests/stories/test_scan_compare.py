"""A person writes drives down and holds them against each other on the command line."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lading.testkit.worlds import build

LADING = str(Path(sys.executable).with_name("lading"))


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small firm with every hostile name, a socket, and a symlink that leads out."""
    root = tmp_path_factory.mktemp("firm") / "old"
    build(root, seed=3, files=120)
    (root / "outside").symlink_to("/etc")
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.open(root, os.O_PATH)
        listener.bind(f"/proc/self/fd/{here}/printer")
        os.close(here)
    return root


@pytest.fixture
def copy(firm: Path, tmp_path: Path) -> Path:
    """The same firm again, names and all."""
    subprocess.run(["cp", "-a", str(firm), str(tmp_path / "new")], check=True)
    return tmp_path / "new"


def lading(*arguments: object, language: str = "en", code: int = 0) -> subprocess.CompletedProcess[str]:
    run = subprocess.run(
        [LADING, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LADING_LANG": language},
    )
    assert code == run.returncode, run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    return run


def told(*arguments: object, code: int = 0) -> Any:
    return json.loads(lading(*arguments, "--json", code=code).stdout)


def on_disk(root: Path) -> tuple[int, int, int]:
    files = folders = size = 0
    for _, inside, names, here in os.fwalk(os.fsencode(root)):
        folders += len(inside)
        for name in names:
            found = os.lstat(name, dir_fd=here)
            files += 1
            size += found.st_size if os.path.stat.S_ISREG(found.st_mode) else 0
    return files, folders, size


def test_firm_is_written_down_whole(firm: Path, tmp_path: Path) -> None:
    """
    A scan of a firm with hostile names finds what is on the disk, to the object and the byte.
    """
    found = told("scan", firm, "-o", tmp_path / "m")
    counts = {kind: count["objects"] for kind, count in found["counts"].items()}
    files, folders, size = on_disk(firm)

    # os.fwalk takes the symlink to a folder for a folder.
    assert files + folders == found["objects"]
    assert folders - 1 == counts["folder"]
    assert size == found["bytes"]
    assert 1 <= counts["symlink"]
    assert 1 <= counts["special"]
    assert {"command": "scan", "ok": True, "exit_code": 0, "problems": 0} == {
        name: found[name] for name in ("command", "ok", "exit_code", "problems")
    }


@pytest.mark.parametrize("digest", [(), ("--digest",)])
def test_true_copy_is_equal(firm: Path, copy: Path, tmp_path: Path, digest: tuple[str, ...]) -> None:
    """
    A true copy is equal, drive against drive and manifest against drive, by one line of fingerprint.
    """
    scanned = told("scan", firm, "-o", tmp_path / "m", *digest)
    first = told("compare", tmp_path / "m", copy, *digest)
    second = told("compare", firm, copy, *digest)

    for found in (first, second):
        assert found["equal"]
        assert found["by_fingerprint"]
        assert scanned["fingerprint"] == found["b"]["fingerprint"]
        assert scanned["objects"] == found["counts"]["same"]["objects"]
        assert (0 if digest else scanned["counts"]["file"]["objects"]) == found["by_size_only"]


def damaged(copy: Path) -> dict[str, int]:
    """Damage *copy* in one way of each kind; how many entries each way touches."""
    files = sorted(path for path in copy.rglob("*.pdf") if path.is_file() and path.stat().st_size > 100)
    lost, cut, flipped, renamed = files[:4]
    lost.unlink()
    cut.write_bytes(cut.read_bytes()[:-1])
    content = flipped.read_bytes()
    flipped.write_bytes(content[:50] + bytes([content[50] ^ 1]) + content[51:])
    renamed.rename(renamed.with_name(renamed.name.upper() + " "))
    (copy / "added").mkdir()
    return {"missing": 1, "size": 1, "content": 1, "name_form": 1, "extra": 1}


def test_each_difference_is_found(firm: Path, copy: Path, tmp_path: Path) -> None:
    """
    With digests each kind of damage is told by its name, and the list has every one of them.
    """
    expected = damaged(copy)
    found = told("compare", firm, copy, "--digest", "--list", tmp_path / "all.jsonl", code=10)
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text("utf-8").splitlines()]

    assert expected == {
        what: count["objects"]
        for what, count in found["counts"].items()
        if what != "same" and count["objects"]
    }
    assert sorted(expected) == sorted(line["what"] for line in lines)
    assert not found["ok"]


def test_size_alone_does_not_see_content(firm: Path, copy: Path) -> None:
    """
    Without digests a flipped bit is not seen, and the summary says that sizes only were compared.
    """
    damaged(copy)
    run = lading("compare", firm, copy, code=10)

    assert "content differs" not in run.stdout
    assert "compared by size only" in run.stdout
    assert "missing: /" in run.stdout


def test_both_languages(firm: Path, copy: Path) -> None:
    """
    The same facts are told in Chinese.
    """
    damaged(copy)
    run = lading("compare", firm, copy, "--digest", language="zh", code=10)

    for word in ("缺失：/", "多出：/added", "内容不同：/", "大小不同：/", "名称形式不同：/"):
        assert word in run.stdout
    assert "退出码" in lading("compare", "--help", language="zh").stdout
    assert "Exit codes" in lading("scan", "--help").stdout


def test_normal_forms_are_told(tmp_path: Path) -> None:
    """
    A tool that composes names on its way changes nothing but their form, and that is what is said.
    """
    for side, form in (("a", "NFD"), ("b", "NFC")):
        folder = tmp_path / side / unicodedata.normalize(form, "Übergabe")
        folder.mkdir(parents=True)
        (folder / unicodedata.normalize(form, "Verträge.pdf")).write_text("x")
    found = told("compare", tmp_path / "a", tmp_path / "b", code=10)

    assert 2 == found["counts"]["name_form"]["objects"]
    assert 0 == found["counts"]["missing"]["objects"] == found["counts"]["extra"]["objects"]


def full(tmp_path: Path) -> list[object]:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter").write_text("x")
    return ["scan", "generated:entries=5", "-o", tmp_path / "full"]


def finished(tmp_path: Path) -> list[object]:
    lading("scan", "generated:entries=5", "-o", tmp_path / "m")
    return ["scan", "generated:entries=5", "-o", tmp_path / "m"]


def corrupt(tmp_path: Path) -> list[object]:
    lading("scan", "generated:entries=5", "-o", tmp_path / "m")
    part = next((tmp_path / "m" / "entries").iterdir())
    part.write_bytes(part.read_bytes()[:-9])
    return ["compare", tmp_path / "m", "generated:entries=5"]


def inside(tmp_path: Path) -> list[object]:
    return ["scan", tmp_path, "-o", tmp_path / "m"]


def listed_nowhere(tmp_path: Path) -> list[object]:
    return [
        "compare",
        "generated:entries=5",
        "generated:entries=6",
        "--list",
        tmp_path / "no" / "such" / "file",
    ]


@pytest.mark.parametrize(
    ("code", "name", "arguments"),
    [
        (21, "not_found", lambda tmp: ["scan", tmp / "nowhere", "-o", tmp / "m"]),
        (21, "not_found", lambda tmp: ["compare", tmp / "nowhere", "generated:entries=5"]),
        (3, "bad_address", lambda tmp: ["scan", "generated:entries=5", "--opt", "nonsense", "-o", tmp / "m"]),
        (3, "bad_address", lambda tmp: ["scan", "http://localhost/", "--opt", "password=open", "-o", tmp / "m"]),
        (3, "bad_address", lambda tmp: ["scan", "nokind:x", "-o", tmp / "m"]),
        (40, "bad_manifest", full),
        (2, "bad_request", finished),
        (40, "bad_manifest", corrupt),
        (4, "overlapping", inside),
        (21, "not_found", listed_nowhere),
        (2, "bad_request", lambda tmp: ["scan", "generated:entries=5"]),
        (2, "bad_request", lambda tmp: ["compare", "generated:entries=5", "x", "--workers", "0"]),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence(
    tmp_path: Path, code: int, name: str, arguments: Callable[[Path], list[object]]
) -> None:
    """
    Bad input ends in one sentence and a remedy in both languages, and leaves nothing half-written.
    """
    command = arguments(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    found = told(*command, code=code)

    assert name == found["error"]["code"]
    assert {"en", "zh"} == found["error"]["message"].keys() == found["error"]["remedy"].keys()
    assert before == sorted(path.name for path in tmp_path.iterdir())


def test_limits_are_understood_first(tmp_path: Path) -> None:
    """
    A scan may be held to a timetable; one that cannot be understood is refused before anything begins.
    """
    lading("scan", "generated:entries=50", "-o", tmp_path / "m", "--limit", "else 5000calls/s")
    refused = told("scan", "generated:entries=50", "-o", tmp_path / "n", "--limit", "sometimes", code=2)

    assert "sometimes" in refused["error"]["message"]["en"]
    assert not (tmp_path / "n").exists()


def test_folder_that_looks_like_a_manifest(tmp_path: Path) -> None:
    """
    A manifest is a drive again when it is written as folder:PATH.
    """
    lading("scan", "generated:entries=5", "-o", tmp_path / "m")
    shutil.copytree(tmp_path / "m", tmp_path / "n")
    found = told("compare", f"folder:{tmp_path / 'm'}", f"folder:{tmp_path / 'n'}", "--digest")

    assert "folder" == found["a"]["drive"]["kind"]
    assert 0 == found["by_size_only"]


def test_format_page_tells_how_to_make_the_fingerprint(firm: Path, tmp_path: Path) -> None:
    """
    The lines of Python on the format's page make the fingerprint again, without our code.
    """
    page = Path(__file__).parents[2] / "docs" / "formats" / "manifest.md"
    program = page.read_text("utf-8").partition("```python\n")[2].partition("```")[0]
    found = told("scan", firm, "-o", tmp_path / "m", "--digest")
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path / "m", capture_output=True, text=True, check=True
    )

    assert found["fingerprint"] == run.stdout.strip()
    assert "content" == found["covers"]
