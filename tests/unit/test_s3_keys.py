"""Keys and paths, exactly and both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.connectors.names import check_names
from lading.connectors.s3.facts import time_of, time_text
from lading.connectors.s3.keys import beside_folder, file_key, folder_key, name_of, path_of
from lading.model.errors import NameRefused

SEGMENTS = st.one_of(
    st.sampled_from(
        [
            "",
            ".",
            "..",
            "...",
            "[s3 ",
            "[s3 empty]",
            "[s3 file]a",
            "[s3 name]",
            "[s3 code]%00",
            "a\0b",
            "\udcff",
            "~",
        ]
    ),
    st.text(st.characters(blacklist_characters="/", blacklist_categories=["Cs"]), max_size=8),
)
KEYS = st.lists(SEGMENTS, min_size=1, max_size=5).map("/".join).filter(bool)


@given(KEYS.filter(lambda key: key != "/"))
def test_every_key_is_a_path_and_back(key: str) -> None:
    """Whatever a key looks like, it has a path of real names, which leads back to it and to no other."""
    path = path_of(key)

    check_names(path)
    assert key == file_key(path)


@given(KEYS, KEYS)
def test_no_two_keys_are_one_path(one: str, other: str) -> None:
    """Different keys never look the same."""
    assert (one == other) == (path_of(one) == path_of(other))


@given(st.lists(SEGMENTS, max_size=4))
def test_folders_and_back(segments: list[str]) -> None:
    """A prefix that ends in a slash is a folder, and back."""
    assert "".join(segment + "/" for segment in segments) == folder_key(tuple(map(name_of, segments)))


@given(SEGMENTS.filter(bool))
def test_what_stands_beside_a_folder(segment: str) -> None:
    """An object beside a folder of its name has a name of its own, and the same key."""
    name = beside_folder(segment)

    assert name != name_of(segment)
    assert "x/" + segment == file_key(("x", name))


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("a/b", ("a", "b")),
        ("a//b", ("a", "[s3 empty]", "b")),
        ("/a", ("[s3 empty]", "a")),
        ("a/../b", ("a", "[s3 dotdot]", "b")),
        ("a/.", ("a", "[s3 dot]")),
        ("a/", ("a", "[s3 content]")),
        ("[s3 dot]", ("[s3 name][s3 dot]",)),
        ("a\0b", ("[s3 code]a%00b",)),
        ("贷款/合同.docx", ("贷款", "合同.docx")),
    ],
)
def test_examples(key: str, path: tuple[str, ...]) -> None:
    """The examples of the manual."""
    assert path == path_of(key)
    assert key == file_key(path)


@pytest.mark.parametrize("name", ["[s3 nothing]", "[s3 empty]", "[s3 name]plain", "[s3 code]abc", "[s3 "])
def test_names_that_stand_for_nothing(name: str) -> None:
    """A name that no key has is refused, so that nothing comes back under another name."""
    with pytest.raises(NameRefused):
        file_key((name,))


@given(st.integers(-(10**20), 10**20))
def test_times_and_back(nanoseconds: int) -> None:
    """A time is kept to the nanosecond, before 1970, too."""
    assert nanoseconds == time_of(time_text(nanoseconds))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1700000000.123456789", 1_700_000_000_123_456_789),
        ("1700000000", 1_700_000_000_000_000_000),
        ("-1.5", -1_500_000_000),
        ("", None),
        ("yesterday", None),
        ("1e9", None),
    ],
)
def test_times_of_others(text: str, expected: int | None) -> None:
    """What rclone writes is read; what is no time is none."""
    assert expected == time_of(text)
