"""
Names stay byte-exact through every form of a path.
"""

from __future__ import annotations

import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lading.model.paths import (
    ROOT,
    decode,
    encode,
    name_bytes,
    name_from,
    normal,
    normal_name,
    shown,
    shown_name,
    space_of,
    within,
)

# Everything a `str` can hold, lone surrogates included, and what is special to us more often.
SPECIAL = "\x00\x01/u80\\. \u0301\u200b\u202e\ud800\udc7f\udc80\udcff\udcc3\udca9éÉſKİßΣς\u0345"
NAMES = st.text(
    st.one_of(st.characters(exclude_categories=()), st.sampled_from(SPECIAL)), min_size=1, max_size=40
)
PATHS = st.lists(NAMES, max_size=5).map(tuple)


@given(st.binary(min_size=1, max_size=300))
def test_bytes_come_back(raw):
    """
    Any bytes that a drive gives as a name come back exactly.
    """
    assert raw == name_bytes(name_from(raw))


@given(NAMES)
@example("\ud800")
@example("a\udfff\udc80")
def test_every_name_has_bytes(name):
    """
    No name is without bytes, whatever surrogates are in it.
    """
    assert isinstance(name_bytes(name), bytes)


@pytest.mark.parametrize(
    ("raw", "name"),
    [(b"a", "a"), ("合同".encode(), "合同"), (b"\xff", "\udcff"), (b"\xe8\x9e", "\udce8\udc9e")],
)
def test_names_are_surrogateescape(raw, name):
    """
    Bytes that are not UTF-8 are carried as U+DC80 to U+DCFF.
    """
    assert name == name_from(raw)
    assert raw == name_bytes(name)


@given(PATHS)
@example(("\x01u1234",))
@example(("\x0180",))
@example(("a/b", "c"))
@example(("a", "b/c"))
@example(("\ud83d\ude00",))
@example(("\x01", "\x01\x01"))
def test_encoded_paths_come_back(path):
    """
    The line that a path is written as is valid Unicode, and gives the path back.
    """
    line = encode(path)
    line.encode("utf-8")

    assert path == decode(line)
    assert len(path) == (line.count("/") + 1 if line else 0)
    assert "\0" not in line


@given(PATHS, PATHS)
def test_encoded_paths_are_told_apart(first, second):
    """
    Two paths are the same line only if they are the same path.
    """
    assert (first == second) == (encode(first) == encode(second))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (ROOT, ""),
        (("合同 Contracts", "第1号.docx"), "合同 Contracts/第1号.docx"),
        (("a/b",), "a\x012fb"),
        (("a\0b",), "a\x0100b"),
        (("a\x01b",), "a\x0101b"),
        (("a\udcffb",), "a\x01ffb"),
        (("a\ud800b",), "a\x01ud800b"),
        (("line\nbreak",), "line\nbreak"),
    ],
)
def test_encoded_paths_are_readable(path, line):
    """
    Ordinary names stay as they are; what would break the line is SOH and hex digits.
    """
    assert line == encode(path)
    assert path == decode(line)


@given(NAMES)
@example("\u0345\u0301")
@example("é. ")
def test_normal_form_is_stable(name):
    """
    The normal form of a normal form is itself, and it is never empty.
    """
    once = normal_name(name)

    assert once
    assert once == normal_name(once)


def test_normal_form_is_stable_for_every_character():
    """
    Stability holds for each code point there is, alone and between others.
    """
    unstable = [
        code
        for code in range(1, sys.maxunicode + 1)
        for name in (chr(code), f"a{chr(code)}b")
        if normal_name(normal_name(name)) != normal_name(name)
    ]

    assert [] == unstable


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Caf\u00e9", "CAFE\u0301"),
        ("\uacc4", "\u1100\u1168"),
        ("Report.PDF", "report.pdf"),
        ("name.", "NAME . ."),
        ("straße", "STRASSE"),
        ("ΣΑΣ", "σας"),
        ("\u212a", "k"),
        ("\u212bngstrom", "\u00e5ngstrom"),
    ],
)
def test_what_could_be_mixed_up_is_one(one, other):
    """
    Names that some drive takes for the same have the same normal form.
    """
    assert normal_name(one) == normal_name(other)


@pytest.mark.parametrize(
    ("one", "other"), [("...", ".."), (" ", "."), ("a", "b"), ("\udcff", "\udcfe"), (" a", "a"), ("融", "資")]
)
def test_what_cannot_be_mixed_up_is_two(one, other):
    """
    Other names keep normal forms of their own.
    """
    assert normal_name(one) != normal_name(other)


def test_normal_path():
    """
    Each name is taken by itself.
    """
    assert ("a", "b.txt") == normal(("A ", "B.txt"))


@given(PATHS)
def test_shown_paths_are_harmless(path):
    """
    What a person is shown is one line of valid Unicode with nothing invisible in it.
    """
    text = shown(path)
    text.encode("utf-8")

    assert text.startswith("/")
    assert max(1, len(path)) == text.count("/")
    assert text.isprintable() or all(character.isprintable() or not character.isascii() for character in text)
    assert not set("\n\r\x1b\u202e\u2066\u200b\x9b") & set(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("合同 Contracts.docx", "合同 Contracts.docx"),
        ("a\nb", "a\\x0ab"),
        ("\x1b[31m", "\\x1b[31m"),
        ("invoice \u202efdp.exe", "invoice \\u202efdp.exe"),
        ("\udcff", "\\xff"),
        ("\ud800", "\\ud800"),
        ("a/b", "a\\x2fb"),
        ("soft\xadhyphen", "soft\\xadhyphen"),
        ("\u061c", "\\u061c"),
        ("tag\U000e0041", "tag\\U000e0041"),
    ],
)
def test_shown_names(name, text):
    """
    What would be invisible or misleading is spelled out, the rest is as it is.
    """
    assert text == shown_name(name)


def test_places():
    """
    A path lies in its first name, in each folder above it and in itself.
    """
    assert "" == space_of(ROOT)
    assert "a" == space_of(("a", "b"))
    assert within(("a", "b"), ROOT)
    assert within(("a", "b"), ("a",))
    assert within(("a",), ("a",))
    assert not within(("ab",), ("a",))
    assert not within(("a",), ("a", "b"))
