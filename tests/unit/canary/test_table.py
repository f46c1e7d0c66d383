"""The table of canaries: what each consists of, and which drive can hold it."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import openpyxl
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.connectors.memory.store import ALL_FEATURES, FACETS, Settings
from lading.connectors.names import mapped, measure, path_problems, problems
from lading.connectors.profile import Case, Features, Form, NameRules, NameUnit
from lading.model.access import Effect, PrincipalKind
from lading.stages.verification.canary.content import BLOCK, pdf, reference, workbook
from lading.stages.verification.canary.kit import SECOND, Kit, folder_name, kit_of, page
from lading.stages.verification.canary.needs import ability_of, holdable, new_kit
from lading.stages.verification.canary.table import CANARIES, longest_name, place
from support.canaries import bare, dressed, plan_for

RULES = st.builds(
    NameRules,
    case=st.sampled_from(Case),
    form=st.sampled_from(Form),
    controls=st.booleans(),
    endings=st.sampled_from([frozenset(), frozenset(". ")]),
    length=st.integers(40, 400),
    path_length=st.none() | st.integers(200, 4000),
    unit=st.sampled_from(NameUnit),
    depth=st.none() | st.integers(6, 60),
)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
KITS = st.builds(
    Kit,
    campaign=st.from_regex(r"[A-Za-z0-9-]{1,24}", fullmatch=True),
    address=TEXTS,
    base=st.lists(st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=9), max_size=3).map(
        tuple
    ),
    begun=st.integers(0, 2**62),
    unit=st.sampled_from(NameUnit),
    person=TEXTS,
    codes=st.lists(st.sampled_from([it.code for it in CANARIES]), unique=True).map(tuple),
)
LINKS = {"link-expired", "link-password", "link-limit", "link-pinned"}
GRANTS = {"denial", "break", "guest", "moved"}
TIMES = {"year-1969", "year-2106"}


def without(*facets: str) -> frozenset[str]:
    """All facets but these."""
    return FACETS - set(facets)


DRESSES: list[tuple[Settings, set[str]]] = [
    ({}, set()),
    ({"names": NameRules(case=Case.FOLDED)}, {"case-twins"}),
    ({"names": NameRules(form=Form.FOLDED)}, {"form-twins"}),
    ({"names": NameRules(controls=False)}, {"controls"}),
    ({"names": NameRules(endings=frozenset(". "))}, {"trailing-dot", "trailing-space"}),
    ({"names": NameRules(length=40)}, set()),
    ({"keeps_modified": False}, TIMES),
    ({"clock_grain": 2 * SECOND}, set()),
    ({"modified_range": (0, 2**32 * SECOND)}, {"year-1969"}),
    ({"modified_range": (-(2**31) * SECOND, 2**31 * SECOND)}, {"year-2106"}),
    ({"size_limit": BLOCK}, {"large"}),
    ({"offers": without("versions")}, {"versions", "link-pinned"}),
    ({"offers": without("grants")}, GRANTS),
    ({"offers": without("links")}, LINKS),
    ({"offers": without("moves")}, {"moved"}),
    ({"offers": without("locks")}, {"locked"}),
    ({"offers": without("people")}, GRANTS),
    ({"features": replace(ALL_FEATURES, effects=frozenset({Effect.ALLOW}))}, {"denial", "break"}),
    ({"features": replace(ALL_FEATURES, expiry=False)}, {"guest"}),
    ({"features": replace(ALL_FEATURES, principals=frozenset({PrincipalKind.PERSON}))}, {"guest"}),
    ({"features": replace(ALL_FEATURES, links=frozenset({"expires"}))}, LINKS - {"link-expired"}),
    ({"features": Features()}, {"versions"} | GRANTS | LINKS),
]


@pytest.mark.parametrize(("settings", "missing"), DRESSES)
def test_what_a_drive_cannot_hold_is_told_with_reasons(settings: Settings, missing: set[str]) -> None:
    """A drive without an ability lacks exactly the canaries that need it, each with a reason in both languages."""
    plan = plan_for(dressed(**settings))

    assert missing == set(plan.unable)
    assert {it.code for it in CANARIES} == missing | set(plan.kit.codes)
    assert all(why.en and why.zh for reasons in plan.unable.values() for why in reasons)


def test_every_canary_says_what_it_proves() -> None:
    """Codes are different and fit on drives with short names; what a canary proves is said in both languages."""
    codes = [it.code for it in CANARIES]

    assert len(codes) == len(set(codes))
    assert all(len(code) <= 16 and code.isascii() and code == code.lower() for code in codes)
    assert all(it.proves.en and any("\u4e00" <= sign <= "\u9fff" for sign in it.proves.zh) for it in CANARIES)


@given(RULES)
def test_what_is_planned_can_be_held(rules: NameRules) -> None:
    """Whatever the rules for names are, no planned canary has a path that breaks them, and no two share one."""
    plan = plan_for(dressed(names=rules))
    kit = plan.kit
    paths = [
        place(kit, it.code, file.path)
        for it in CANARIES
        if it.code in kit.codes
        for file in it.parts(kit).files
    ]

    assert [] == [path for path in paths if path_problems(path, rules)]
    assert [] == [name for path in paths for name in path if problems(name, rules)]
    assert len(paths) == len(set(paths))
    assert {"empty", "emoji"} <= set(kit.codes) or rules.depth is not None or rules.path_length is not None


@given(st.integers(40, 1000), st.sampled_from(NameUnit))
def test_the_long_name_is_as_long_as_can_be(length: int, unit: NameUnit) -> None:
    """The long name has exactly the length of the limit, and is Chinese."""
    name = longest_name(replace(bare(), length=length, unit=unit))

    assert length == measure(name, unit)
    assert name.startswith("融资")


@given(KITS)
def test_a_page_tells_its_kit(kit: Kit) -> None:
    """The page that explains a kit is enough to know all about it."""
    assert kit == kit_of(page(kit))


@given(st.binary(max_size=200) | st.sampled_from([b"{}", b"[]", b"1", b'{"format":1}']))
def test_other_texts_are_no_page(text: bytes) -> None:
    """What is no page tells of no kit, and is no error."""
    assert kit_of(text) is None


@pytest.mark.parametrize(
    "facts",
    [
        {"levels": 10**9},
        {"length": 10**9},
        {"begun": -1},
        {"versions": "500"},
        {"campaign": "../x"},
        {"unit": "miles"},
    ],
)
def test_a_page_cannot_ask_for_too_much(facts: dict[str, object]) -> None:
    """A page with facts out of all bounds, whoever wrote it, is the page of no kit."""
    assert kit_of(json.dumps(bare().facts()).encode()) == bare()
    assert kit_of(json.dumps({**bare().facts(), **facts}).encode()) is None


def test_a_page_speaks_to_people() -> None:
    """The page asks in Chinese and English not to delete the folder, and says how it goes."""
    told = page(bare()).decode()

    assert "请勿删除" in told
    assert "do not delete" in told
    assert 2 == told.count("lading canary remove")


def test_contents_depend_on_campaign_and_canary_alone() -> None:
    """The same kit has the same contents again; another campaign or canary has others."""
    kit, other = bare(), replace(bare(), campaign="c-2")
    contents = [file.content(kit, 1) for it in CANARIES for file in it.parts(kit).files if it.code != "empty"]
    others = [
        file.content(other, 1) for it in CANARIES for file in it.parts(other).files if it.code != "empty"
    ]

    assert contents == [
        file.content(kit, 1) for it in CANARIES for file in it.parts(kit).files if it.code != "empty"
    ]
    assert len(contents) + len(others) == len({*contents, *others})


def test_the_workbook_refers_to_the_old_address() -> None:
    """A spreadsheet library reads the hyperlink and the reference to another workbook, both at the address of OLD."""
    kit = replace(bare(), base=("项目 deals",))
    book = openpyxl.load_workbook(io.BytesIO(workbook(kit, "workbook")), keep_links=True)
    target = reference(kit, "workbook", "book.xlsx")

    assert target == book.active["A2"].hyperlink.target
    assert [target] == [link.file_link.Target for link in book._external_links]
    assert "=[1]Sheet1!$A$1" == book.active["A3"].value
    assert target.startswith("https://old.example/drive/%E9%A1%B9%E7%9B%AE%20deals/workbook/")


def test_the_pdf_refers_to_the_old_address() -> None:
    """A PDF library reads the page and its link to the address of OLD."""
    (read,) = pypdf.PdfReader(io.BytesIO(pdf(bare(), "pdf"))).pages

    assert [reference(bare(), "pdf", "book.xlsx")] == [
        it.get_object()["/A"]["/URI"] for it in read["/Annots"]
    ]
    assert "Lading canary" in read.extract_text()


def test_a_file_address_is_a_reference_too() -> None:
    """A folder of this machine is referred to as a file URL, whatever its name."""
    kit = replace(bare(), address="/srv/网盘 #1")

    assert "file:///srv/%E7%BD%91%E7%9B%98%20" in reference(kit, "x")


def test_the_folder_is_named_for_people() -> None:
    """The folder says what it is in both languages; where that cannot be held, its name is mapped."""
    assert "Lading 金丝雀 canary c-1" == folder_name("c-1", NameRules())
    assert mapped("Lading 金丝雀 canary c-1", NameRules(length=20)) == folder_name(
        "c-1", NameRules(length=20)
    )


def test_people_are_not_managers() -> None:
    """The person who gets the grants is active and manages nothing above; where one is named, it is that one."""
    drive = dressed()
    named = new_kit(drive, replace(bare(), person="1003", guest="g-9"))

    assert ("1001", "g-1") == (new_kit(drive, bare()).person, new_kit(drive, bare()).guest)
    assert ("1003", "g-9") == (named.person, named.guest)


def test_nothing_is_changed_by_planning() -> None:
    """To find out what a drive can hold, nothing is written."""
    drive = dressed()
    before = drive.store.changes
    holdable(new_kit(drive, bare()), ability_of(drive))

    assert before == drive.store.changes
