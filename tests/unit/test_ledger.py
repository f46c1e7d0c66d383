"""
The ledger: what is written can be read again, and nothing can be changed unseen.
"""

from __future__ import annotations

import hashlib
import io
import json
import multiprocessing
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.evidence import chain
from lading.evidence.chain import LONGEST, START, Broken, canonical
from lading.evidence.ledger import Ledger, head_file, noted_head, verify
from lading.model.errors import BadLedger, Forbidden, Internal, NoSpace, NotFound, ReadOnly
from lading.model.text import Language

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

KNOWN_START = "c7126520cbbcd98458a0148c6386f109e0ca9fd05a3738136429f8002ddae50a"
KNOWN_DIGEST = "3f383d0cfb0b3f0b7283c55d1d026ed0af8529bcdfa6c6239aa76f82df7e19f8"

NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def written(path: Path, count: int = 3) -> list[chain.Record]:
    ledger = Ledger(path)
    return [
        ledger.append("copy.started", {"pass": n, "place": "项目融资"}, actor="anna", at=NOON)
        for n in range(1, count + 1)
    ]


def reason(broken: pytest.ExceptionInfo[BadLedger]) -> tuple[object, object]:
    return broken.value.facts["line"], broken.value.facts["reason"]


def test_record_stands_on_disk_as_the_format_says(tmp_path: Path) -> None:
    """
    A line is the canonical JSON of the record; its digest is SHA-256 over the line without the digest.
    """
    first, second = written(tmp_path / "ledger.jsonl", 2)

    line = (tmp_path / "ledger.jsonl").read_bytes().splitlines(keepends=True)[1]
    assert (
        f'{{"actor":"anna","digest":"{second.digest}","facts":{{"pass":2,"place":"项目融资"}},"kind":"copy.started",'
        f'"previous":"{first.digest}","seq":2,"time":"2026-11-22T12:00:00.000000Z"}}\n'
    ).encode() == line
    assert START == first.previous
    assert b'{"digest":"%s","seq":2}\n' % second.digest.encode() == (tmp_path / "ledger.head").read_bytes()


def test_known_digests_do_not_change() -> None:
    """
    The bytes that are hashed never change within a format.
    """
    record = chain.sealed(1, "2026-11-22T12:00:00.000000Z", "anna", "copy.started", {"z": 1, "a": "é"}, START)

    assert KNOWN_START == START
    assert KNOWN_DIGEST == record.digest


def test_time_is_written_in_utc(tmp_path: Path) -> None:
    """
    A time of any zone is written in UTC; a time without a zone is refused.
    """
    shanghai = timezone(timedelta(hours=8))

    record = Ledger(tmp_path / "l.jsonl").append(
        "a.b", {}, actor="x", at=datetime(2026, 1, 1, 7, tzinfo=shanghai)
    )

    assert "2025-12-31T23:00:00.000000Z" == record.time
    with pytest.raises(ValueError):
        Ledger(tmp_path / "l.jsonl").append("a.b", {}, actor="x", at=datetime(2026, 1, 1))  # noqa: DTZ001


@given(VALUES)
def test_canonical_form_is_one(value: object) -> None:
    """
    Canonical bytes give the value back, and the value read back gives the same bytes.
    """
    raw = canonical(value)

    assert value == json.loads(raw)
    assert raw == canonical(json.loads(raw))


def test_keys_are_sorted_as_rfc_8785_says() -> None:
    """
    Keys are ordered by UTF-16 code units: an emoji comes before U+FB33.
    """
    assert '{"€":1,"😀":2,"\ufb33":3}'.encode() == canonical({"\ufb33": 3, "😀": 2, "€": 1})


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), 2**53, -(2**53), b"x", {1: 2}, {"a": object()}, "\udcff"]
)
def test_what_has_no_single_form_is_refused(value: object) -> None:
    """
    Fractions, large numbers, bytes, odd keys and lone surrogates have no place in a record.
    """
    with pytest.raises((TypeError, ValueError)):
        canonical(value)


def test_refused_record_leaves_nothing(tmp_path: Path) -> None:
    """
    A record that cannot be written leaves the ledger as it was.
    """
    written(tmp_path / "ledger.jsonl")
    before = (tmp_path / "ledger.jsonl").read_bytes()

    for kind, facts in (("a.b", {"x": 0.5}), ("no kind", {}), ("a.b", {"x": "y" * LONGEST})):
        with pytest.raises((TypeError, ValueError)):
            Ledger(tmp_path / "ledger.jsonl").append(kind, facts, actor="x", at=NOON)

    assert before == (tmp_path / "ledger.jsonl").read_bytes()


def test_names_that_are_not_utf8_can_be_recorded(tmp_path: Path) -> None:
    """
    A byte of a name that is not UTF-8 is spelled out, and the chain holds.
    """
    record = Ledger(tmp_path / "l.jsonl").append("a.b", {"place": "/old/\udcff"}, actor="x", at=NOON)

    assert "/old/\\udcff" == record.facts["place"]
    assert 1 == verify(tmp_path / "l.jsonl").records


# -- changes -------------------------------------------------------------------


def ledger_bytes() -> bytes:
    previous, lines = START, []
    for seq in range(1, 5):
        time = f"2026-11-22T12:00:0{seq}.000000Z"
        record = chain.sealed(seq, time, "anna", "copy.started", {"n": [seq, None], "s": "合同"}, previous)
        previous = record.digest
        lines.append(record.line())
    return b"".join(lines)


WHOLE = ledger_bytes()
HEAD = chain.check(io.BytesIO(WHOLE)).head


def check_with_head(data: bytes) -> chain.Checked:
    return chain.check(io.BytesIO(data), [HEAD])


@settings(max_examples=400)
@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_any_changed_byte_is_found(place: int, flip: int) -> None:
    """
    Whatever byte of the file is changed, to whatever value, the chain breaks.
    """
    changed = bytearray(WHOLE)
    changed[place] ^= flip

    with pytest.raises(Broken):
        chain.check(io.BytesIO(bytes(changed)))


@settings(max_examples=200)
@given(st.integers(0, len(WHOLE)), st.integers(0, 80), st.binary(max_size=40))
def test_any_edit_is_found(start: int, length: int, instead: bytes) -> None:
    """
    Any stretch removed, inserted or replaced breaks the chain, at the end too when the head is known.
    """
    changed = WHOLE[:start] + instead + WHOLE[start + length :]
    if changed == WHOLE:
        return

    with pytest.raises(Broken):
        if check_with_head(changed).records == 4:
            raise AssertionError("unseen")


@pytest.mark.parametrize(
    ("order", "line", "why"),
    [
        ([0, 2, 3], 2, "order"),
        ([1, 2, 3], 1, "order"),
        ([0, 2, 1, 3], 2, "order"),
        ([0, 1, 1, 2, 3], 3, "order"),
        ([0, 1, 2], 3, "head"),
        ([], 0, "head"),
    ],
)
def test_moved_lines_are_named(order: list[int], line: int, why: str) -> None:
    """
    A removed, moved or doubled line is named; a missing end is found by the expected head.
    """
    lines = WHOLE.splitlines(keepends=True)

    with pytest.raises(Broken) as broken:
        check_with_head(b"".join(lines[n] for n in order))

    assert (line, why) == (broken.value.line, broken.value.reason)


def test_resealed_record_is_found() -> None:
    """
    A forger who computes a fresh digest for one record is caught at the next.
    """
    lines = WHOLE.splitlines(keepends=True)
    second = chain.parse(lines[1], 2)
    forged = chain.sealed(2, second.time, "mallory", second.kind, second.facts, second.previous)
    lines[1] = forged.line()

    with pytest.raises(Broken) as broken:
        chain.check(io.BytesIO(b"".join(lines)))

    assert (3, "order") == (broken.value.line, broken.value.reason)


@pytest.mark.parametrize(
    "line", [b"\n", b"[]\n", b"{}\n", b"nonsense\n", b"[" * 100_000 + b"\n", b"9" * 9999 + b"\n"]
)
def test_nonsense_is_not_a_record(line: bytes) -> None:
    """
    Whatever stands in a line, the answer is that it is no record.
    """
    with pytest.raises(Broken) as broken:
        chain.check(io.BytesIO(line))

    assert (1, "record") == (broken.value.line, broken.value.reason)


def test_endless_line_does_not_fill_memory() -> None:
    """
    A line that never ends is refused at its limit.
    """
    with pytest.raises(Broken) as broken:
        chain.check(io.BytesIO(b"x" * (LONGEST + 10)))

    assert "long" == broken.value.reason


# -- verify and append ------------------------------------------------------------


def test_verify_counts_and_finds_an_older_head(tmp_path: Path) -> None:
    """
    A head noted earlier is found in a ledger that has grown since.
    """
    first, _, third = written(tmp_path / "ledger.jsonl")

    checked = verify(tmp_path / "ledger.jsonl", head=first.digest.upper())

    assert (3, third.digest, 1) == (checked.records, checked.head, checked.seen[first.digest])


def test_verify_names_the_line_in_both_languages(tmp_path: Path) -> None:
    """
    The error says which line was changed, in English and in Chinese.
    """
    path = tmp_path / "ledger.jsonl"
    written(path)
    path.write_bytes(path.read_bytes().replace(b'"pass":2', b'"pass":7'))

    with pytest.raises(BadLedger) as broken:
        verify(path)

    assert (2, "digest") == reason(broken)
    assert "line 2 was changed" in broken.value.message(Language.EN)
    assert "第 2 行被改动" in broken.value.message(Language.ZH)


def test_lost_end_is_seen_by_the_noted_head(tmp_path: Path) -> None:
    """
    When the last record is lost, both verify and the next append refuse.
    """
    path = tmp_path / "ledger.jsonl"
    written(path)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))

    with pytest.raises(BadLedger) as broken:
        verify(path)
    with pytest.raises(BadLedger):
        written(path, 1)

    assert (2, "head") == reason(broken)


def test_without_noted_head_only_an_expected_one_helps(tmp_path: Path) -> None:
    """
    Who cuts the ledger and its noted head is caught only by a digest kept elsewhere.
    """
    path = tmp_path / "ledger.jsonl"
    last = written(path)[-1]
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    os.unlink(head_file(path))

    assert 2 == verify(path).records
    with pytest.raises(BadLedger):
        verify(path, head=last.digest)


def test_head_that_lags_behind_is_fine(tmp_path: Path) -> None:
    """
    A kill after the record and before its head is noted does no harm.
    """
    path = tmp_path / "ledger.jsonl"
    first, second = written(path, 2)
    Path(head_file(path)).write_bytes(canonical({"digest": first.digest, "seq": 1}))

    assert 2 == verify(path).records
    assert second.digest == written(path, 1)[0].previous


@pytest.mark.parametrize("rubbish", [b"", b"{", b"[]", b'{"seq":"x","digest":1}'])
def test_unreadable_head_is_no_head(tmp_path: Path, rubbish: bytes) -> None:
    """
    A damaged head file counts as missing and is written anew.
    """
    path = tmp_path / "ledger.jsonl"
    written(path, 2)
    Path(head_file(path)).write_bytes(rubbish)

    assert noted_head(path) is None
    assert 2 == verify(path).records
    assert (3, written(path, 1)[0].digest) == noted_head(path)


@pytest.mark.parametrize("torn", [b'{"actor":"an', b"\0" * 4096, b'{"actor":"an\0\0\0"}\n', b"x" * 700])
def test_torn_end_is_set_aside_and_recorded(tmp_path: Path, torn: bytes) -> None:
    """
    What was torn is kept in a file of its own, and a record names it.
    """
    path = tmp_path / "ledger.jsonl"
    written(path, 2)
    with open(path, "ab") as stream:
        stream.write(torn)
    with pytest.raises(BadLedger):
        verify(path)

    last = written(path, 1)[0]

    assert torn == (tmp_path / "ledger.jsonl.torn-1").read_bytes()
    recovered = [json.loads(line) for line in path.read_bytes().splitlines()][2]
    aside = {"file": "ledger.jsonl.torn-1", "bytes": len(torn), "digest": hashlib.sha256(torn).hexdigest()}
    assert ("ledger.recovered", {"set_aside": [aside]}) == (recovered["kind"], recovered["facts"])
    assert (4, last.digest) == verify(path)[:2]


def test_second_torn_end_gets_its_own_file(tmp_path: Path) -> None:
    """
    A torn end never overwrites one set aside before, even if it is the first line of all.
    """
    path = tmp_path / "ledger.jsonl"
    for torn in (b"{one", b"{two"):
        with open(path, "ab") as stream:
            stream.write(torn)
        written(path, 1)

    assert [b"{one", b"{two"] == [(tmp_path / f"ledger.jsonl.torn-{n}").read_bytes() for n in (1, 2)]
    assert 4 == verify(path).records


def test_append_refuses_a_changed_last_line(tmp_path: Path) -> None:
    """
    Nothing is added behind a last line that was changed.
    """
    path = tmp_path / "ledger.jsonl"
    written(path)
    path.write_bytes(path.read_bytes().replace(b'"pass":3', b'"pass":4'))
    before = path.read_bytes()

    with pytest.raises(BadLedger) as broken:
        written(path, 1)

    assert (3, "digest") == reason(broken)
    assert before == path.read_bytes()


def _append_many(path: str, worker: int, count: int) -> None:
    for n in range(count):
        Ledger(path).append("work.done", {"worker": worker, "n": n}, actor="w", at=NOON)


def test_several_processes_append_to_one_chain(tmp_path: Path) -> None:
    """
    Four processes write 25 records each: all 100 stand in one chain, each worker's in its order.
    """
    path = str(tmp_path / "ledger.jsonl")
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_append_many, args=(path, worker, 25)) for worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert 100 == verify(path).records
    facts = [json.loads(line)["facts"] for line in Path(path).read_bytes().splitlines()]
    assert [list(range(25))] * 4 == [[f["n"] for f in facts if f["worker"] == worker] for worker in range(4)]


@pytest.mark.parametrize(
    "facts",
    [
        {"old": {"options": {"password": "hunter2"}}},
        {"old": {"options": {"Token": "abc"}}},
        {"headers": [{"Authorization": "Basic YTpi"}]},
        {"place": "https://anna:hunter2@drive.example/dav/"},
        {"log": ["GET / authorization: Bearer abc"]},
        {"key": "-----BEGIN RSA PRIVATE KEY-----"},
    ],
)
def test_secret_never_reaches_the_ledger(tmp_path: Path, facts: dict[str, object]) -> None:
    """
    A secret stops the record before a byte is written, and the error does not repeat it.
    """
    with pytest.raises(Internal) as refused:
        Ledger(tmp_path / "ledger.jsonl").append("a.b", facts, actor="x", at=NOON)

    assert not (tmp_path / "ledger.jsonl").exists()
    assert "hunter2" not in str(refused.value)
    assert "YTpi" not in str(refused.value)


def test_reference_to_a_secret_may_be_recorded(tmp_path: Path) -> None:
    """
    Where a secret is kept may stand in a record, and so may harmless words that look alike.
    """
    facts = {
        "options": {"password": "env:DRIVE_PASSWORD", "user": "anna@firm.example"},
        "place": "https://drive.example:8443/dav/",
        "spaces": [{"space": "Secret"}, {"space": "Basic agreements"}],
    }

    assert facts == Ledger(tmp_path / "l.jsonl").append("a.b", facts, actor="x", at=NOON).facts


def test_full_disk_is_an_error_of_ours_and_leaves_a_whole_chain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    When the disk is full half way through a record, the half is taken back.
    """
    path = tmp_path / "ledger.jsonl"
    written(path)
    real, size = os.pwrite, path.stat().st_size

    def half(descriptor: int, data: bytes, offset: int) -> int:
        if offset == size:
            return real(descriptor, data[: len(data) // 2], offset)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", half)
    with pytest.raises(NoSpace):
        written(path, 1)

    assert 3 == verify(path).records


def test_missing_and_forbidden_files_are_errors_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    No ledger, no right to it, a read-only disk: each has its own error.
    """
    with pytest.raises(NotFound):
        verify(tmp_path / "none.jsonl")
    with pytest.raises(NotFound):
        written(tmp_path / "none" / "ledger.jsonl")
    for number, kind in ((13, Forbidden), (30, ReadOnly)):

        def refuse(*args: object, number: int = number, **more: object) -> int:
            raise OSError(number, os.strerror(number), str(tmp_path / "l.jsonl"))

        with monkeypatch.context() as patch:
            patch.setattr(os, "open", refuse)
            with pytest.raises(kind):
                written(tmp_path / "l.jsonl")


def test_auditor_needs_one_file(tmp_path: Path) -> None:
    """
    The checking module alone, copied elsewhere and run by a bare Python, checks a ledger.
    """
    path = tmp_path / "ledger.jsonl"
    head = written(path)[-1].digest
    alone = tmp_path / "chain.py"
    alone.write_bytes(Path(chain.__file__).read_bytes())

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(alone), *arguments], capture_output=True, text=True
        )
        return done.returncode, done.stdout

    assert (0, f"holds: 3 records, head {head}\n") == run(str(path), head)
    path.write_bytes(path.read_bytes().replace(b"anna", b"emma", 1))
    code, said = run(str(path))
    assert 41 == code
    assert "line 1 was changed" in said


def test_example_of_the_format_page_holds() -> None:
    """
    The records printed in `docs/formats/ledger.md` are a chain that holds, from the start value it prints.
    """
    page = (Path(__file__).parents[2] / "docs/formats/ledger.md").read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith('{"actor"')]

    assert 2 == chain.check(io.BytesIO("".join(f"{line}\n" for line in lines).encode())).records
    assert START in page
