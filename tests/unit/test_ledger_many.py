"""
Many records at once: the same bytes as one by one, written in pieces.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.evidence.chain import LONGEST
from lading.evidence.ledger import Draft, Head, Ledger, noted_head, verify
from lading.model.errors import BadLedger, Internal

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
DRAFTS = st.builds(
    Draft,
    kind=st.sampled_from(["file.saved", "a.b_c.d"]),
    facts=st.dictionaries(st.text(max_size=8), VALUES, max_size=4),
    actor=st.text(max_size=5),
    at=st.integers(0, 10**15).map(
        lambda micros: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    ),
)


def draft(n: int, **facts: Any) -> Draft:
    return Draft("work.done", {"n": n, **facts}, "anna", NOON)


@settings(max_examples=60, deadline=None)
@given(drafts=st.lists(DRAFTS, max_size=6))
def test_many_at_once_are_the_same_bytes_as_one_by_one(drafts: list[Draft], tmp_path_factory: Any):
    """
    Whatever may stand in a record, the quick way writes exactly what the slow way writes.
    """
    folder = tmp_path_factory.mktemp("many")
    one, many = Ledger(folder / "one.jsonl"), Ledger(folder / "many.jsonl")
    for each in drafts:
        one.append(each.kind, each.facts, actor=each.actor, at=each.at)

    head = many.append_many(drafts, at=NOON)

    assert one.last() == head == many.last()
    if drafts:
        assert (folder / "one.jsonl").read_bytes() == (folder / "many.jsonl").read_bytes()


def test_more_than_a_piece_goes_on_the_disk_in_pieces(tmp_path: Path):
    """
    Two and a half mebibytes become one chain; the head beside it is that of the last record.
    """
    ledger = Ledger(tmp_path / "ledger.jsonl")

    head = ledger.append_many((draft(n, text="x" * 1000) for n in range(2500)), at=NOON)

    assert 2500 == head.seq == verify(ledger.path).records
    assert head == noted_head(ledger.path)
    assert Head(2501, ledger.append("work.done", {}, actor="anna", at=NOON).digest) == ledger.last()


def test_a_secret_among_many_stops_them_all(tmp_path: Path):
    """
    A secret in the third record: none of the first mebibyte is written.
    """
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.append_many([draft(0)], at=NOON)
    for bad in ({"password": "x"}, {"url": "http://a:b@c"}, {"text": "-----BEGIN PRIVATE KEY"}):
        with pytest.raises(Internal):
            ledger.append_many([draft(1), draft(2), draft(3, deep=[bad])], at=NOON)

    assert 1 == verify(ledger.path).records


@pytest.mark.parametrize("bad", [1.5, 2**53, b"x", "x" * LONGEST], ids=["fraction", "large", "bytes", "long"])
def test_what_may_not_stand_in_a_record_is_refused_among_many_too(tmp_path: Path, bad: object):
    """
    Fractions, numbers beyond 2^53 - 1, bytes and lines that are too long are refused.
    """
    ledger = Ledger(tmp_path / "ledger.jsonl")

    with pytest.raises((TypeError, ValueError)):
        ledger.append_many([draft(1), draft(2, bad=bad)], at=NOON)
    assert 0 == ledger.last().seq


def test_zeros_in_the_middle_of_a_piece_that_never_returned_are_set_aside(tmp_path: Path):
    """
    A power cut may leave zeros in front of whole lines of the last write: all from there on is set aside.
    """
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.append_many([draft(0)], at=NOON)
    path = Path(ledger.path)
    head, first = path.with_suffix(".head").read_bytes(), path.stat().st_size
    ledger.append_many([draft(n) for n in range(1, 9)], at=NOON)
    path.with_suffix(".head").write_bytes(head)
    lines = path.read_bytes()[first:].splitlines(keepends=True)
    with open(path, "r+b") as stream:
        stream.seek(first + len(lines[0]))
        stream.write(b"\0" * len(lines[1]))

    record = ledger.append("work.done", {"n": 9}, actor="anna", at=NOON)

    assert 4 == record.seq == verify(path).records  # 0, 1, recovered, 9
    assert b"".join([b"\0" * len(lines[1]), *lines[2:]]) == Path(f"{path}.torn-1").read_bytes()


def test_zeros_in_what_was_promised_are_not_healed(tmp_path: Path):
    """
    Zeros in front of the noted head are damage, not a torn end.
    """
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.append_many([draft(n) for n in range(9)], at=NOON)
    with open(ledger.path, "r+b") as stream:
        stream.seek(600)
        stream.write(b"\0" * 10)

    with pytest.raises(BadLedger):
        ledger.append_many([draft(9)], at=NOON)
    assert not os.path.exists(f"{ledger.path}.torn-1")
