"""
What a drive cannot hold is seen beforehand, and gets a name that it can.
"""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from lading.connectors.names import (
    check_holdable,
    check_names,
    folded,
    mapped,
    measure,
    path_problems,
    problems,
)
from lading.connectors.profile import Case, Form, NameRules, NameUnit
from lading.model.errors import NameRefused
from lading.testkit.contract.naming import HOSTILE_NAMES

POSIX = NameRules(utf8_only=False)
PLAIN = NameRules()
WINDOWS = NameRules(
    case=Case.FOLDED,
    characters=frozenset('/\0\\:*?"<>|'),
    controls=False,
    endings=frozenset(". "),
    reserved_stems=frozenset({"con", "aux", "nul", "com1"}),
    unit=NameUnit.UTF16,
    path_length=259,
)
NARROW = NameRules(
    form=Form.FOLDED,
    case=Case.FOLDED,
    characters=frozenset("/\0~ %#"),
    controls=False,
    endings=frozenset("."),
    reserved=frozenset({"forms", ".lock"}),
    length=40,
    unit=NameUnit.CHARACTERS,
)
ALL_RULES = {"posix": POSIX, "plain": PLAIN, "windows": WINDOWS, "narrow": NARROW}

NAMES = st.one_of(
    st.text(st.characters(exclude_categories=()), min_size=1, max_size=300),
    st.text(st.sampled_from('con.aux ~%:*\\\x01\x7f\ud800\udcff\udcc3\udca9é融\U0001f600.tg'), min_size=1, max_size=300),
)  # fmt: skip
RULES = st.builds(
    NameRules,
    case=st.sampled_from(Case),
    form=st.sampled_from(Form),
    utf8_only=st.booleans(),
    characters=st.frozensets(st.sampled_from('\\:*?"<>| ~%#é融'), max_size=6).map(lambda some: some | {"/", "\0"}),
    controls=st.booleans(),
    endings=st.frozensets(st.sampled_from(". ~t"), max_size=3),
    reserved_stems=st.frozensets(st.sampled_from(["con", "aux"])),
    length=st.integers(40, 255),
    unit=st.sampled_from(NameUnit),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "rules", "reason"),
    [
        ("", PLAIN, "not a name"),
        (".", PLAIN, "not a name"),
        ("..", PLAIN, "not a name"),
        ("a/b", POSIX, "characters /"),
        ("a\0b", POSIX, r"characters \x00"),
        ("\udcff", PLAIN, r"characters \udcff"),
        ("\ud800", POSIX, "not the name of any bytes"),
        ("\udcc3\udca9", POSIX, "not the name of any bytes"),
        ("融" * 86, PLAIN, "258 bytes, at most 255"),
        ("a" * 256, WINDOWS, "256 utf16, at most 255"),
        ("\U0001f600" * 128, WINDOWS, "256 utf16, at most 255"),
        ("融" * 127 + "ab", NameRules(unit=NameUnit.HALVES), "256 halves, at most 255"),
        ("a:b*", WINDOWS, "characters * :"),
        ("bell\x07", WINDOWS, r"characters \x07"),
        ("dot.", WINDOWS, "ends with '.'"),
        ("space ", WINDOWS, "ends with ' '"),
        ("CON", WINDOWS, "reserved"),
        ("Aux.tar.gz", WINDOWS, "reserved"),
        ("nul .txt", WINDOWS, "reserved"),
        ("Forms", NARROW, "reserved"),
    ],
)
def test_refused_names(name, rules, reason):
    """
    A name that the rules exclude is refused for just that reason.
    """
    assert (reason,) == problems(name, rules)


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("...", POSIX),
        ("a\nb", PLAIN),
        ("\udcff", POSIX),
        ("融" * 85, PLAIN),
        ("融" * 127, WINDOWS),
        ("a" * 255, PLAIN),
        ("CON", PLAIN),
        ("contract.docx", WINDOWS),
        ("a.con", WINDOWS),
        (".lock2", NARROW),
    ],
)
def test_held_names(name, rules):
    """
    A name that is only unusual has no problems.
    """
    assert () == problems(name, rules)


def test_all_reasons_are_told():
    """
    Every rule is looked at, so that the reader gets the whole list.
    """
    expected = (r"characters \x07 :", "ends with '.'", "reserved", "258 utf16, at most 255")

    assert expected == problems("con." + "x" * 251 + "\x07:.", WINDOWS)


@pytest.mark.parametrize(
    ("unit", "length"), [(NameUnit.BYTES, 9), (NameUnit.CHARACTERS, 4), (NameUnit.UTF16, 5)]
)
def test_units(unit, length):
    """
    Bytes, characters and UTF-16 units are counted as the drive counts them.
    """
    assert length == measure("a\udcff融\U0001f600", unit)


@given(NAMES, st.sampled_from(NameUnit))
def test_everything_can_be_measured(name, unit):
    """
    Every name has a length in every unit, whatever surrogates are in it.
    """
    assert measure(name, unit) >= len(name)


def test_path_limits():
    """
    Length (a slash before each name) and depth are held against the whole path.
    """
    rules = NameRules(path_length=6, depth=2)

    assert () == path_problems(("ab", "cd"), rules)
    assert ("path of 7 bytes, at most 6",) == path_problems(("abc", "de"), rules)
    assert ("depth 3, at most 2",) == path_problems(("a", "b", "c"), rules)


@pytest.mark.parametrize("name", ["", ".", "..", "/", "a/b", "\0", "a\0"])
def test_no_names(name):
    """
    What is no name on any drive is refused wherever it stands in a path.
    """
    for path in ((name,), ("a", name), (name, "a")):
        with pytest.raises(NameRefused):
            check_names(path)
        with pytest.raises(NameRefused):
            check_holdable(path, POSIX)
    check_names(("...", "..a", "a..", " ", "~"))


def test_all_reasons_stand_in_the_error():
    """
    A path that cannot be held is refused with the reasons of all of its names.
    """
    with pytest.raises(NameRefused) as caught:
        check_holdable(("a:", "b "), WINDOWS)

    assert "characters :; ends with ' '" == caught.value.detail
    assert "/a:/b " == caught.value.subject


@given(NAMES, RULES)
@example("\u0345\u0301", NARROW)
@example("ΐ", NARROW)
def test_folding_is_stable(name, rules):
    """
    A folded name folds to itself: folding asks "the same?" and gives one answer.
    """
    assert folded(name, rules) == folded(folded(name, rules), rules)


@pytest.mark.parametrize(
    ("one", "other", "rules", "same"),
    [
        ("Report", "report", PLAIN, False),
        ("Report", "report", WINDOWS, True),
        ("Caf\u00e9", "Cafe\u0301", WINDOWS, False),
        ("Caf\u00e9", "CAFE\u0301", NARROW, True),
        ("\u0390", "\u1fd3", NARROW, True),
        ("a", "a.", WINDOWS, False),
    ],
)
def test_folding(one, other, rules, same):
    """
    Case and form are folded where the rules say so, and nowhere else.
    """
    assert same == (folded(one, rules) == folded(other, rules))


@given(NAMES, RULES)
@example("con.tar.gz", WINDOWS)
@example("trailing. . .", WINDOWS)
@example("a.txt ", WINDOWS)
@example("." * 300, PLAIN)
@example("\ud800", POSIX)
def test_mapped_names_are_held(name, rules):
    """
    Whatever the name and whatever the rules, the mapped name has no problems.
    """
    assert () == problems(mapped(name, rules), rules)


@given(NAMES, NAMES, RULES)
@example("\udcc3\udca9", "é", POSIX)
@example("a:", "a*", WINDOWS)
@example("REPORT", "report", NARROW)
def test_mapped_names_do_not_meet(one, other, rules):
    """
    Two names never get the same mapped name, also not for a drive that folds.
    """
    assume(one != other)

    assert folded(mapped(one, rules), rules) != folded(mapped(other, rules), rules)


@pytest.mark.parametrize("rules", ALL_RULES.values(), ids=ALL_RULES)
def test_hostile_names_are_mapped_apart(rules):
    """
    All hostile names at once find a place in one folder.
    """
    found = {folded(mapped(name, rules), rules) for name in HOSTILE_NAMES}

    assert len(HOSTILE_NAMES) == len(found)
    assert not any(problems(mapped(name, rules), rules) for name in HOSTILE_NAMES)


@pytest.mark.parametrize(
    ("name", "rules", "start", "end"),
    [
        ("a:b.docx", WINDOWS, "a_b ~", ".docx"),
        ("aux.txt", WINDOWS, "aux ~", ".txt"),
        ("con.tar.gz", WINDOWS, "_con.tar ~", ".gz"),
        ("name.txt. .", WINDOWS, "name ~", ".txt"),
        ("合同" * 100 + ".docx", PLAIN, "合同合同", ".docx"),
        (":", WINDOWS, "_ ~", ""),
        ("\udcff.pdf", PLAIN, "_ ~", ".pdf"),
        ("100%.xlsx", NARROW, "100___", ".xlsx"),
    ],
)
def test_mapped_names_are_readable(name, rules, start, end):
    """
    Beginning and extension survive, so that a person knows the file again.
    """
    found = mapped(name, rules)

    assert start == found[: len(start)]
    assert end == found[len(found) - len(end) :]
    assert mapped(name, rules) == found
