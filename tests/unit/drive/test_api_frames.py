"""
The framing of batches, cut and garbled in every way.
"""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.drive.api.frames import Record, decode, encode
from lading.drive.errors import Unfit
from lading.model.errors import LadingError, TooLarge, Truncated

headers = st.dictionaries(st.sampled_from(["path", "modified", "label"]), st.text(max_size=20), max_size=3)
records = st.lists(st.tuples(headers, st.binary(max_size=200)), max_size=6)


def cut(whole: bytes, at: list[int]) -> list[bytes]:
    places = sorted({0, len(whole), *(place % (len(whole) + 1) for place in at)})
    return [whole[start:end] for start, end in pairwise(places)]


@given(records, st.lists(st.integers(0, 5000), max_size=10))
def test_records_come_back_however_they_are_cut(given_records, at):
    """
    Decoding is the reverse of encoding, whatever blocks the connection makes.
    """
    whole = b"".join(encode(header, content) for header, content in given_records)

    expected = [Record({**header, "size": len(content)}, content) for header, content in given_records]
    assert expected == list(decode(cut(whole, at)))


@given(records.filter(bool), st.integers(0, 5000))
def test_a_batch_that_breaks_off_gives_whole_records_only(given_records, at):
    """
    At any byte: the records before the cut, and an error unless it lies between two.
    """
    parts = [encode(header, content) for header, content in given_records]
    whole = b"".join(parts)
    kept = at % (len(whole) + 1)
    found, ends = [], [sum(map(len, parts[:count])) for count in range(len(parts) + 1)]
    try:
        for record in decode([whole[:kept]]):
            found.append(record)  # noqa: PERF402 (what came before the error counts)
        broken = False
    except Truncated:
        broken = True

    assert (kept not in ends) == broken
    assert max(count for count, end in enumerate(ends) if end <= kept) == len(found)


@given(st.binary(max_size=300))
def test_garbage_is_refused_in_our_words(garbage):
    """
    Whatever bytes come, they are records or an error of ours.
    """
    try:
        found = list(decode([garbage]))
    except LadingError:
        return

    assert all(isinstance(record.header, dict) for record in found)


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b"{}",
        b'{"size":-1}',
        b'{"size":1.5}',
        b'{"size":true}',
        b'{"size":"1"}',
        b"{",
        b"\xff\xfe",
        b"[" * 5000,
    ],
)
def test_a_header_without_a_size_is_unfit(header):
    """
    A header is an object whose size is a whole number.
    """
    with pytest.raises(Unfit):
        list(decode([len(header).to_bytes(4, "big") + header]))


def test_limits_are_held_before_anything_is_read():
    """
    Too many records, too many bytes, too long a header: said at once, without waiting for the content.
    """
    huge = json.dumps({"size": 2**60}).encode()

    with pytest.raises(TooLarge):
        list(decode([encode({}), encode({})], records=1))
    with pytest.raises(TooLarge):
        list(decode([len(huge).to_bytes(4, "big") + huge]))
    with pytest.raises(Unfit):
        list(decode([b"\xff\xff\xff\xff"]))
