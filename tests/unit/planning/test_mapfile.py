"""The identity map as people correct it: read back exactly, or refused line by line."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.model.access import Principal, PrincipalKind
from lading.model.errors import BadMap
from lading.model.identity import Accept, By, Key, Match, Outcome, Why, key_of
from lading.model.text import Language
from lading.stages.planning.mapfile import COLUMNS, decisions, written
from lading.stages.planning.matching import Decided

PERSON, GUEST, GROUP = PrincipalKind.PERSON, PrincipalKind.GUEST, PrincipalKind.GROUP
OLD = [Principal(PERSON, "1", "林晓"), Principal(PERSON, "2"), Principal(GUEST, "3"), Principal(GROUP, "4")]
NEW = [
    Principal(PERSON, "91"),
    Principal(PERSON, "92"),
    Principal(GUEST, "93"),
    Principal(GROUP, "94"),
    Principal(PERSON, "95", active=False),
]
HEAD = "kind,id,outcome,new_kind,new_id,accept\n"


def read(text: str | bytes) -> dict[Key, Decided]:
    return decisions(text if isinstance(text, bytes) else text.encode(), "map.csv", OLD, NEW)


def test_a_map_that_nobody_touched_decides_what_it_says() -> None:
    """What was mapped stays mapped, who was left out stays out, and what is open stays open."""
    matches = [
        Match(OLD[0], Outcome.MAPPED, NEW[0], By.MAIL),
        Match(OLD[1], Outcome.AMBIGUOUS, why=Why.SEVERAL_NEW, candidates=(NEW[0], NEW[1])),
        Match(OLD[2], Outcome.UNMAPPED),
        Match(OLD[3], Outcome.MAPPED, NEW[3], By.MAP, accept=frozenset({Accept.WIDER})),
    ]
    text = written(matches)

    assert text.startswith("\ufeff" + ",".join(COLUMNS))
    assert {
        Key(PERSON, "1"): Decided(Key(PERSON, "91")),
        Key(GUEST, "3"): Decided(None),
        Key(GROUP, "4"): Decided(Key(GROUP, "94"), frozenset({Accept.WIDER})),
    } == read(text)


def test_a_corrected_line_decides() -> None:
    """Filling in new_id is enough; the outcome beside it may stay what it was, and the kind may be left out."""
    assert {Key(PERSON, "2"): Decided(Key(PERSON, "92"))} == read(HEAD + "person,2,ambiguous,,92,\n")


def test_one_for_two_has_to_be_said_on_both_lines() -> None:
    """Two of OLD become one of NEW only where each line says so."""
    text = HEAD + "person,1,mapped,,91,shared\nperson,2,mapped,,91,shared\n"

    assert 2 == len(read(text))
    with pytest.raises(BadMap, match=r"line 3: .*given to line 2 too"):
        read(text.replace("shared\n", "\n", 1))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("person,9,mapped,,91,", "OLD has no person '9'"),
        ("group,1,mapped,,94,", "OLD has no group '1'"),
        ("person,1,mapped,,99,", "NEW has no person '99'"),
        ("person,1,mapped,,95,", "not active"),
        ("person,1,mapped,group,94,", "a person cannot become a group"),
        ("guest,3,mapped,person,91,", "a guest cannot become a person"),
        ("group,4,mapped,person,91,", "a group cannot become a person"),
        ("robot,1,mapped,,91,", "kind 'robot'"),
        ("person,1,mapped,robot,91,", "new_kind 'robot'"),
        ("person,1,perhaps,,91,", "outcome 'perhaps'"),
        ("person,1,mapped,,91,often", "accept 'often'"),
        ("person,1,mapped,,,", "mapped needs one"),
        ("person,1,unmapped,,91,", "no new_id"),
        ("person,1,mapped,,91", "5 cells"),
        ("person,1,mapped,,91,,", "7 cells"),
        ("person,2,missing,,,\nperson,2,missing,,,", "stands in line 2 already"),
    ],
)
def test_every_bad_line_is_told_with_its_number(line: str, said: str) -> None:
    """Each kind of mistake is refused with the number of its line, in both languages, beside a good line."""
    text = HEAD + line + "\nperson,2,mapped,,92,\n" if "person,2" not in line else HEAD + line
    with pytest.raises(BadMap) as told:
        read(text)

    assert said in str(told.value)
    assert ("line 2: " in str(told.value)) or ("line 3: " in str(told.value))
    assert " 行：" in told.value.message(Language.ZH)


def test_all_bad_lines_are_told_at_once() -> None:
    """Whoever corrects a map sees every wrong line, not the first."""
    with pytest.raises(BadMap) as told:
        read(
            HEAD
            + 'person,7,mapped,,91,\nperson,1,mapped,,92,\nperson,"8\n8",missing,,,\nperson,9,missing,,,\n'
        )

    assert ["line 2", "line 4", "line 6"] == [
        line[:6] for line in str(told.value).splitlines()[1:] if "line" in line
    ]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "lacks kind"),
        (b"kind,id\n", "lacks outcome"),
        (b"kind,id,id,outcome,new_kind,new_id,accept\n", "id twice"),
        ("类型".encode("gbk"), "not UTF-8"),
        (HEAD.encode() + b'person,"1,x\n', "no CSV"),
        (HEAD.encode() + b'person,"1"x,mapped,,91,\n', "no CSV"),
    ],
)
def test_a_file_that_is_no_map_is_refused(raw: bytes, said: str) -> None:
    """A wrong heading, another encoding or a broken quotation is a sentence, not a traceback."""
    with pytest.raises(BadMap, match=said):
        read(raw)


_ids = st.text(min_size=1, max_size=6).filter(lambda it: it.strip() == it and "\0" not in it)


@settings(max_examples=200, deadline=None)
@given(st.lists(_ids, min_size=1, max_size=4, unique=True), st.text(max_size=6))
def test_hostile_ids_come_back_as_they_were(ids: list[str], name: str) -> None:
    """Ids with quotes, commas, line ends or what a spreadsheet takes for a formula survive the way through the file."""
    old = [Principal(PERSON, id_, name) for id_ in ids]
    text = written(Match(it, Outcome.MAPPED, it, By.ID) for it in old)
    raw = text.encode("utf-8", "surrogatepass") if not _torn(text) else None

    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]

    assert not any(cell.startswith(("=", "+", "@")) for cell in cells)
    if raw is not None:
        found = decisions(raw, "map.csv", old, old)
        assert {key_of(it): Decided(key_of(it)) for it in old} == found


def _torn(text: str) -> bool:
    return any(0xD800 <= ord(character) <= 0xDFFF for character in text)
