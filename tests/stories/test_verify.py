"""
`lading verify`, as a person uses it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path as LocalPath
from typing import Any

import pytest

from lading.evidence.chain import Checked
from lading.evidence.ledger import verify as check_ledger

MAIN = "import sys; from lading.cli.main import main; main()"


def lading(*words: object, cwd: LocalPath, lang: str = "en") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LADING_LANG": lang}
    return subprocess.run(
        [sys.executable, "-c", MAIN, *map(str, words)],
        capture_output=True, text=True, cwd=cwd, env=environment, timeout=120, check=False,
    )  # fmt: skip


def answered(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    document = json.loads(run.stdout)
    assert run.returncode == document["exit_code"]
    assert isinstance(document, dict)
    return document


@pytest.fixture
def place(tmp_path: LocalPath) -> LocalPath:
    """A folder with `old` and a true copy of it, `new`."""
    for name in ("协议/贷款合同.txt", "协议/附件.txt", "plan/model.csv", "readme"):
        file = tmp_path / "old" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name * 50, encoding="utf-8")
    shutil.copytree(tmp_path / "old", tmp_path / "new")
    return tmp_path


def test_without_state(place: LocalPath) -> None:
    """
    Two equal folders are equal: exit code 0, and nothing is left behind.
    """
    run = lading("verify", "old", "new", cwd=place)

    assert 0 == run.returncode, run.stderr
    assert "Nothing differs." in run.stdout
    assert {"old", "new"} == set(os.listdir(place))


@pytest.mark.parametrize(
    "lang, words", [("en", ("content", "OLD and NEW differ.")), ("zh", ("内容", "存在差异"))]
)
def test_difference_is_told(place: LocalPath, lang: str, words: tuple[str, ...]) -> None:
    """
    A changed file means exit code 10 and a line about it, in the person's language.
    """
    (place / "new/协议/附件.txt").write_text("附" * 100, encoding="utf-8")
    shutil.copystat(place / "old/协议/附件.txt", place / "new/协议/附件.txt")
    content = (place / "old/协议/附件.txt").read_bytes()
    (place / "new/协议/附件.txt").write_bytes(content[:-1] + b"?")
    shutil.copystat(place / "old/协议/附件.txt", place / "new/协议/附件.txt")

    run = lading("verify", "old", "new", cwd=place, lang=lang)

    assert 10 == run.returncode
    for word in (*words, "/协议/附件.txt"):
        assert word in run.stdout


def test_state_and_ledger(place: LocalPath) -> None:
    """
    With a state folder the result is kept and numbered, and the ledger tells it by its digest.
    """
    (place / "new/readme").unlink()

    first = answered(lading("verify", "old", "new", "--state", "st", "--json", cwd=place))
    second = answered(lading("verify", "old", "new", "--state", "st", "--json", cwd=place))

    assert (10, 1, 2) == (first["exit_code"], first["verification"], second["verification"])
    (job,) = (place / "st").iterdir()
    kept = job / "verifications" / "0002"
    assert {"verification.json", "differences.jsonl", "excluded.jsonl", "digests"} == set(os.listdir(kept))
    facts = json.loads((kept / "verification.json").read_text())
    assert facts.items() <= second.items()
    assert isinstance(check_ledger(job / "ledger.jsonl"), Checked)
    records = [json.loads(line) for line in (job / "ledger.jsonl").read_text().splitlines()]
    assert ["verify.finished"] * 2 == [record["kind"] for record in records]
    digest = hashlib.sha256((kept / "verification.json").read_bytes()).hexdigest()
    assert digest == records[-1]["facts"]["result"]


def test_list_of_differences(place: LocalPath) -> None:
    """
    --list writes every difference as a line of JSON.
    """
    shutil.rmtree(place / "new/协议")

    run = lading("verify", "old", "new", "--list", "out.jsonl", cwd=place)

    assert 10 == run.returncode
    lines = [json.loads(line) for line in (place / "out.jsonl").read_text().splitlines()]
    assert [("missing", "/协议"), ("missing", "/协议/贷款合同.txt"), ("missing", "/协议/附件.txt")] == [
        (line["what"], line["path"]) for line in lines
    ]


def test_sample(place: LocalPath) -> None:
    """
    A sample says how much it proves, with the seed that draws it again.
    """
    told = answered(lading("verify", "old", "new", "--sample", "1", "--json", cwd=place))

    assert "sample" == told["mode"]
    assert told["seed"]
    # Of four files one is drawn; the largest and one of each space come with it.
    assert (4, 1, 0.95) == tuple(told["confidence"][name] for name in ("files", "drawn", "level"))
    assert "95 %" in told["confidence"]["statement"]["en"]
    again = answered(
        lading("verify", "old", "new", "--sample", "1", "--seed", told["seed"], "--json", cwd=place)
    )
    assert told["confidence"] == again["confidence"]


def test_many_workers_and_limits(place: LocalPath) -> None:
    """
    Workers and limits change the pace, not the result.
    """
    run = lading("verify", "old", "new", "--workers", "3", "--new-limit", "50MiB/s", cwd=place)

    assert 0 == run.returncode, run.stderr


@pytest.mark.parametrize(
    "words, code",
    [
        (("old", "nowhere"), 21),
        (("nowhere", "new"), 21),
        (("old/readme", "new"), 32),
        (("old", "old"), 2),
        (("old", "old/../old"), 2),
        (("old", "new", "--sample", "3", "--sample-share", "5"), 2),
        (("old", "new", "--seed", "x"), 2),
        (("old", "new", "--sample", "0"), 2),
        (("old", "new", "--old-limit", "fast"), 2),
        (("old", "new", "--mapped", "old/readme"), 2),
        (("old", "new", "--mapped", "nowhere.parquet"), 2),
        (("old", "new", "--new-opt", "colour=red"), 3),
        (("old", "new", "--state", "old/state"), 4),
        (("old", "new", "--list", "nowhere/list"), 21),
    ],
)
def test_bad_input(place: LocalPath, words: tuple[str, ...], code: int) -> None:
    """
    Bad input ends in an answer with its own exit code, never in a traceback.
    """
    run = lading("verify", *words, "--json", cwd=place)

    assert code == answered(run)["exit_code"]
    assert "" == run.stderr


def test_bad_input_for_a_person(place: LocalPath) -> None:
    """
    A person gets one sentence and a remedy.
    """
    run = lading("verify", "old", "nowhere", cwd=place)

    assert 21 == run.returncode
    assert 2 == len(run.stderr.splitlines())


def test_copy_at_work(place: LocalPath) -> None:
    """
    While a copy of the same drives is at work nothing is verified: exit code 5.
    """
    lading("verify", "old", "new", "--state", "st", cwd=place)
    (job,) = (place / "st").iterdir()

    with open(job / "lock", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = lading("verify", "old", "new", "--state", "st", cwd=place)

    assert 5 == run.returncode


def test_new_is_never_made(place: LocalPath) -> None:
    """
    Not even an option of the drive has verification make or try out anything.
    """
    run = lading("verify", "old", "nowhere", "--new-opt", "create=yes", cwd=place)

    assert 21 == run.returncode
    assert not (place / "nowhere").exists()


def test_after_a_copy(tmp_path: LocalPath) -> None:
    """
    What `lading copy` moved is verified against the digests it recorded, exclusions and hostile names included.
    """
    for name in (
        b"deal/e\xcc\x81",
        b"deal/\xc3\xa9",
        b"deal/a\nb\x01",
        b"deal/\xff",
        b"deal/x.tmp",
        "协议".encode(),
    ):
        place = os.path.join(os.fsencode(tmp_path), b"old", name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as stream:
            stream.write(name * 100)
    (tmp_path / "old/deal/link").symlink_to("x.tmp")
    copied = lading("copy", "old", "new", "--exclude", "/deal/*.tmp", cwd=tmp_path)
    assert 0 == copied.returncode, copied.stderr

    true = answered(lading("verify", "old", "new", "--json", cwd=tmp_path))
    before = os.stat(tmp_path / "new/协议")
    (tmp_path / "new/协议").write_bytes("协议".encode() * 99 + b"??????")
    os.utime(tmp_path / "new/协议", ns=(before.st_atime_ns, before.st_mtime_ns))
    false = answered(lading("verify", "old", "new", "--json", cwd=tmp_path))

    assert (0, 2, True) == (true["exit_code"], true["excluded"], true["against_records"])
    assert (10, {"content": 1}) == (false["exit_code"], false["differences"])
    assert "so NEW was changed" in false["first"][0]["note"]["en"]
