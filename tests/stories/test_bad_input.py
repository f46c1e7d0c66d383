"""
Bad input, full disks and rude ends: one sentence each, nothing half-written, and a good run goes on.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.command import Answer, lading

ROOT = os.geteuid() == 0
Words = Callable[[Path], list[object]]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A small drive, a file that is none, and a link to the drive."""
    for name in ("a", "deal/b", "deal/c"):
        file = tmp_path / "old" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    (tmp_path / "file").write_text("no drive")
    (tmp_path / "link").symlink_to(tmp_path / "old")
    return tmp_path


def copy(place: Path, *words: object, **environment: str) -> Answer:
    """One pass between the drives of *place*."""
    drives = place / "old", place / "new", "--state", place / "state"
    return lading("copy", *drives, "--json", *words, environment=environment)


def refused(answer: Answer, code: int, name: str) -> None:
    """The answer is one document with this error, told and remedied in both languages."""
    error = answer.json["error"]
    assert (code, name, code) == (answer.code, error["code"], answer.json["exit_code"])
    for text in (error["message"], error["remedy"]):
        assert text["en"].strip()
        assert any("\u4e00" <= character <= "\u9fff" for character in text["zh"]), text
    assert "\n" not in error["message"]["en"]


def typed(line: str) -> Words:
    return lambda tmp: [word.format(tmp=tmp) if word != "''" else "" for word in line.split()]


def waivers(by: str = '["anna", "bo"]', until: str = "2999-01-01", reason: str = "agreed") -> Words:
    def words(tmp: Path) -> list[object]:
        text = f'[[waiver]]\npattern = "/a"\nreason = "{reason}"\nby = {by}\nuntil = {until}\n'
        (tmp / "w.toml").write_text(text)
        return ["copy", tmp / "old", tmp / "new", "--state", tmp / "state", "--waivers", tmp / "w.toml"]

    return words


COPY = "copy {tmp}/old {tmp}/new --state {tmp}/state "
BAD = [
    (21, "not_found", typed("copy {tmp}/nowhere {tmp}/new --state {tmp}/state")),
    (32, "wrong_kind", typed("copy {tmp}/file {tmp}/new --state {tmp}/state")),
    (32, "wrong_kind", typed("copy {tmp}/old {tmp}/file --state {tmp}/state")),
    (4, "overlapping", typed("copy {tmp}/old {tmp}/old/inside --state {tmp}/state")),
    (4, "overlapping", typed("copy {tmp}/old/deal {tmp}/old --state {tmp}/state")),
    (4, "overlapping", typed("copy {tmp}/old {tmp}/link/deal --state {tmp}/state")),
    (4, "overlapping", typed("copy {tmp}/link {tmp}/old --state {tmp}/state")),
    (4, "overlapping", typed("copy {tmp}/old {tmp}/new --state {tmp}/link/state")),
    (4, "overlapping", typed("copy {tmp}/old {tmp}/new --state {tmp}/new/state")),
    (2, "bad_request", typed("copy {tmp}/old {tmp}/new --state {tmp}/file")),
    (2, "bad_request", typed(COPY + "--no-such-option")),
    (2, "bad_request", typed(COPY + "--delete-at-most nan")),
    (2, "bad_request", typed(COPY + "--exclude ''")),
    (2, "bad_request", typed(COPY + "--exclude /")),
    (2, "bad_timetable", typed(COPY + "--old-limit sometimes")),
    (2, "bad_request", typed(COPY + "--waivers {tmp}/none")),
    (2, "bad_request", typed(COPY + "--waivers {tmp}/file")),
    (3, "bad_address", typed(COPY + "--new-opt nonsense")),
    (3, "bad_address", typed(COPY + "--new-opt no_such=1")),
    (3, "bad_address", typed("copy nokind:x {tmp}/new --state {tmp}/state")),
    (3, "bad_address", typed("copy https://anna:open@localhost/ {tmp}/new --state {tmp}/state")),
    (3, "bad_address", typed("copy https://localhost/ {tmp}/new --state {tmp}/state --old-opt password=open")),
    (3, "bad_address", typed("copy http://localhost:1/ {tmp}/new --state {tmp}/state --old-opt user=a --old-opt password=file:{tmp}/none")),
    (2, "bad_request", waivers(by='"ab"')),
    (2, "bad_request", waivers(by='["Anna", "anna "]')),
    (2, "bad_request", waivers(until='"soon"')),
    (2, "bad_request", waivers(reason=" ")),
    (21, "not_found", typed("verify {tmp}/nowhere {tmp}/old")),
    (32, "wrong_kind", typed("verify {tmp}/old {tmp}/file")),
    (2, "bad_request", typed("verify {tmp}/old {tmp}/new --sample-share nan")),
    (21, "not_found", typed("report {tmp}/nowhere")),
    (21, "not_found", typed("ledger check {tmp}/nowhere")),
    (41, "bad_ledger", typed("ledger check {tmp}/file")),
    (32, "wrong_kind", typed("scan {tmp}/file -o {tmp}/m")),
    (2, "bad_request", typed("nonsense")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "name", "words"), BAD)
def test_bad_input_is_one_sentence(code: int, name: str, words: Words, place: Path) -> None:
    """A wrong request ends in one sentence and a remedy in both languages; no drive is made or touched."""
    answer = lading(*words(place), "--json", cwd=place)

    refused(answer, code, name)
    assert not (place / "new").exists()
    assert {"a", "deal"} == set(os.listdir(place / "old"))


def test_the_sentence_is_in_the_language_of_the_person(place: Path) -> None:
    """Without --json the same is told on standard error, in Chinese to who reads Chinese."""
    answer = lading("copy", place / "nowhere", place / "new", cwd=place, environment={"LADING_LANG": "zh"})

    assert (21, "") == (answer.code, answer.out)
    assert "不存在" in answer.err
    assert "[not_found]" in answer.err
    assert 2 == len(answer.err.splitlines())


def cut(pattern: str) -> Callable[[Path], object]:
    return lambda job: [it.write_bytes(it.read_bytes()[: it.stat().st_size // 2]) for it in job.glob(pattern)]


def filled(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda job: (job / name).write_bytes(content)


DAMAGE = [
    (filled("passes/0001/pass.json", b"{"), 43),
    (filled("passes/0001/pass.json", b'{"rules": 7}'), 43),
    (filled("passes/0001/plan.json", b"[]"), 43),
    (filled("passes/0001/plan.json", b'{"actions": {}, "stages": [{"stage": "files", "parts": 7}]}'), 43),
    (cut("passes/0001/plan/part-*"), 43),
    (lambda job: [it.unlink() for it in (job / "passes/0001/plan").glob("part-*")], 43),
    (cut("passes/0001/work/*"), 0),
    (filled("passes/.DS_Store", b""), 0),
]


@pytest.mark.parametrize(("harm", "code"), DAMAGE)
def test_damaged_state_of_a_pass(harm: Callable[[Path], object], code: int, place: Path) -> None:
    """Damage is told, or does not matter; another pass heals it and the account closes."""
    copy(place, LADING_KILL_AT="copy.after_journal:2")
    [job] = (place / "state").iterdir()
    harm(job)
    answer = copy(place)
    if code:
        refused(answer, code, "bad_state")
        answer = copy(place, "--new-pass")

    assert 0 == answer.code
    assert answer.json["account"]["closed"]
    assert "a" == (place / "new" / "a").read_text()


def test_damaged_state_of_a_job(place: Path) -> None:
    """Damage to what outlives a pass is told by the file's name; without that file all is compared anew."""
    name = "landed/0001.parquet"
    copy(place)
    [job] = (place / "state").iterdir()
    (job / name).write_bytes(b"garbage" * 1000)
    answer = copy(place)
    (job / name).unlink()

    refused(answer, 43, "bad_state")
    assert name in answer.json["error"]["message"]["en"]
    assert {"objects": 4, "bytes": 13} == copy(place, "--new-pass").json["account"]["buckets"]["same"]


def test_an_edited_ledger_stops_everything(place: Path) -> None:
    """A record that was changed is never built upon."""
    copy(place)
    [job] = (place / "state").iterdir()
    ledger = job / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"copy.started", b"copy.skipped"))

    refused(copy(place), 41, "bad_ledger")
    refused(lading("ledger", "check", job, "--json"), 41, "bad_ledger")


def test_other_rules_for_a_pass_that_planned_nothing(place: Path) -> None:
    """What the fuse stopped goes on as its remedy says; a pass that is under way keeps its rules."""
    copy(place)
    (place / "old" / "deal" / "b").unlink()
    fused = copy(place, "--delete")
    raised = copy(place, "--delete", "--delete-at-most", "50")
    (place / "old" / "deal" / "d").write_text("new")
    copy(place, LADING_KILL_AT="copy.before_write")

    refused(fused, 42, "fuse")
    assert 0 == raised.code
    assert not (place / "new" / "deal" / "b").exists()
    refused(copy(place, "--overwrite"), 2, "bad_request")


@pytest.fixture
def slow(place: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A copy that is at work for long."""
    for number in range(60):
        (place / "old" / "deal" / f"{number}").write_bytes(os.urandom(100_000))
    words = ["copy", place / "old", place / "new", "--state", place / "state", "--workers", "2", "--json"]
    run = subprocess.Popen(
        [sys.executable, "-m", "lading", *map(str, words), "--new-limit", "else 200kB/s"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    while not list(place.glob("new/deal/*")):
        assert run.poll() is None
        time.sleep(0.01)
    yield run
    run.kill()
    run.communicate()


def children(run: subprocess.Popen[bytes]) -> list[int]:
    """The workers of *run*."""
    listed = Path(f"/proc/{run.pid}/task").glob("*/children")
    return [int(number) for file in listed for number in file.read_text().split()]


def ended(run: subprocess.Popen[bytes], place: Path) -> Answer:
    """How *run* ended; a traceback, or anything in NEW that is not whole, fails the test."""
    out, err = run.communicate(timeout=60)
    assert b"Traceback" not in err, err
    for file in (place / "new").rglob("*"):
        if file.is_file() and ".lading-parts" not in file.parts:
            assert file.read_bytes() == (place / "old" / file.relative_to(place / "new")).read_bytes()
    return Answer(run.returncode, out.decode(), err.decode())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_in_the_middle(number: signal.Signals, slow: subprocess.Popen[bytes], place: Path) -> None:
    """Ctrl-C and SIGTERM end with one sentence and code 130, no worker stays, and the next run goes on."""
    crew = children(slow)
    os.killpg(slow.pid, number) if number == signal.SIGINT else slow.send_signal(number)
    answer = ended(slow, place)
    left = [worker for worker in crew if Path(f"/proc/{worker}").exists()]
    again = copy(place)

    refused(answer, 130, "interrupted")
    assert 2 <= len(crew)
    assert [] == left
    assert (0, True, 1) == (again.code, again.json["resumed"], again.json["account"]["pass"])


def test_a_worker_is_killed(slow: subprocess.Popen[bytes], place: Path) -> None:
    """If a worker dies (no memory, say), the run ends with that sentence and the next one goes on."""
    os.kill(children(slow)[0], signal.SIGKILL)

    refused(ended(slow, place), 44, "worker_lost")
    assert 0 == copy(place).code


def test_two_runs_at_once(slow: subprocess.Popen[bytes], place: Path) -> None:
    """The second of two runs on one job is refused and harms nothing."""
    second = copy(place)
    slow.send_signal(signal.SIGINT)

    refused(second, 5, "busy")
    refused(ended(slow, place), 130, "interrupted")
    assert 0 == copy(place).code


@pytest.mark.skipif(not ROOT, reason="mounting a small disk needs root")
@pytest.mark.parametrize(("full", "size"), [("state", "40k"), ("state", "240k"), ("new", "300k")])
def test_a_full_disk(full: str, size: str, place: Path) -> None:
    """A disk that fills up, that of NEW or that of the state, is told as such; with room the next run goes on."""
    (place / full).mkdir()
    for number in range(1500 if full == "state" else 30):
        (place / "old" / "deal" / f"{number}").write_bytes(b"x" * (10 if full == "state" else 20_000))
    command = f"{sys.executable} -m lading copy {place}/old {place}/new --state {place}/state --json"
    ran = _privately(f"mount -t tmpfs -o size={size} none {place}/{full}", f"""
        {command} > {place}/first; mount -o remount,size=100m {place}/{full}; {command} > {place}/second
    """)  # fmt: skip
    first = json.loads((place / "first").read_text())
    second = json.loads((place / "second").read_text())

    assert "Traceback" not in ran.stderr
    refused(Answer(first["exit_code"], json.dumps(first), ""), 30, "no_space")
    assert (0, True) == (second["exit_code"], second["account"]["closed"])


@pytest.mark.skipif(not ROOT, reason="mounting read-only needs root")
def test_a_target_that_is_mounted_read_only(place: Path) -> None:
    """A write-protected NEW ends the run with that sentence."""
    new = place / "new"
    new.mkdir()
    command = f"{sys.executable} -m lading copy {place}/old {new} --state {place}/state --json"
    ran = _privately(f"mount --bind {new} {new} && mount -o remount,ro,bind {new}", command)

    assert "Traceback" not in ran.stderr
    refused(Answer(ran.returncode, ran.stdout, ran.stderr), 31, "read_only")
    assert 0 == copy(place).code


def _privately(mount: str, script: str) -> subprocess.CompletedProcess[str]:
    """Run *script* where only it sees what *mount* mounted."""
    if subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True).returncode:
        pytest.skip("no private mounts here")
    return subprocess.run(["unshare", "-m", "sh", "-c", f"{mount}\n{script}"], capture_output=True, text=True)
