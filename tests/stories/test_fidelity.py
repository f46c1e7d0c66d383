"""`lading identity` and `lading fidelity`, called as a person calls them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from lading.connectors.memory import MemoryDrive
from lading.manifest.tables import Feature
from lading.model.access import Grant, Principal, PrincipalKind, Role
from lading.model.fidelity import Contract
from support.command import Answer, lading
from support.scanning import scan_of

PERSON, GROUP = PrincipalKind.PERSON, PrincipalKind.GROUP


def drive(
    folder: Path, patch: pytest.MonkeyPatch, *people: Principal, grants: tuple[Grant, ...] = ()
) -> Path:
    """A manifest of a drive with *people* and *grants* on its folder Deal."""
    it = MemoryDrive(clock=lambda: 1)
    it.store.know(*people)
    it.make_folder(("Deal",))
    it.store.hang(*grants)
    scan_of(patch, it, folder, features=tuple(Feature))
    return folder


@pytest.fixture
def sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """OLD with a namesake, a login with a domain and a stranger; NEW with who they may be."""
    lin, wu, bo = (
        Principal(PERSON, "1", "林晓", "lin@firm"),
        Principal(PERSON, "2", "吴军", login="CORP\\wu"),
        Principal(PERSON, "3", "Bo"),
    )
    grants = tuple(Grant(("Deal",), who, frozenset(), role=Role.EDIT) for who in (lin, wu, bo))
    new = (
        Principal(PERSON, "n1", "林晓", "LIN@firm"),
        Principal(PERSON, "n2", "Wu Jun", login="wu"),
        Principal(PERSON, "n3", "Bo"),
        Principal(PERSON, "n4", "bo"),
    )
    return drive(tmp_path / "old", monkeypatch, lin, wu, bo, grants=grants), drive(
        tmp_path / "new", monkeypatch, *new
    )


RULE = ("--rule", r"login:CORP\{x}=login:{x}")


def corrected(file: Path, **lines: str) -> None:
    """Fill new_id into the lines of the map, by id."""
    with open(file, encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with open(file, "w", encoding="utf-8-sig", newline="") as stream:
        table = csv.DictWriter(stream, rows[0])
        table.writeheader()
        table.writerows({**row, "new_id": lines.get(f"p{row['id']}", row["new_id"])} for row in rows)


def told(answer: Answer, feature: str) -> dict[str, int]:
    accounts = answer.json["contract"]["accounts"]
    return next(it for it in accounts if it["feature"] == feature)  # type: ignore[no-any-return]


def test_a_map_is_made_corrected_and_signed(sides: tuple[Path, Path], tmp_path: Path) -> None:
    """From the first findings over a corrected map to a signed contract, whose digest the ledger holds."""
    map_file = tmp_path / "map.csv"
    first = lading("identity", *sides, *RULE, "--write", map_file, "--json")
    corrected(map_file, p3="n4")
    second = lading("identity", *sides, "--map", map_file, "--json")
    before = lading("fidelity", *sides, *RULE, "--json")
    signed = lading(
        "fidelity", *sides, "--map", map_file, "--sign", "--yes", "--state", tmp_path / "s", "--json"
    )
    contract = Contract.from_json(json.loads(Path(signed.json["signed"]["file"]).read_bytes()))

    assert 10 == first.code
    assert [("ambiguous", "3", "several_new", 1)] == [
        (it["outcome"], it["old"]["id"], it["why"], it["hangs"]["grants"]) for it in first.json["findings"]
    ]
    assert {"mail": 1, "rule": 1} == first.json["mapped_by"]
    assert (0, {"map": 3}) == (second.code, second.json["mapped_by"])
    assert (2, 1) == (told(before, "grants")["exact"], told(before, "grants")["dropped"])
    assert 0 == signed.code
    assert contract.digest == signed.json["digest"]
    assert 0 == lading("ledger", "check", tmp_path / "s").code


def test_both_languages_tell_the_same(sides: tuple[Path, Path]) -> None:
    """The table, the losses and the digest are told in English and in Chinese, with the same codes and counts."""
    english = lading("fidelity", *sides)
    chinese = lading("fidelity", *sides, environment={"LADING_LANG": "zh"})
    people = lading("identity", *sides, environment={"LADING_LANG": "zh"})

    assert 10 == english.code == chinese.code
    assert "2 × grants: who has it is nobody of NEW, or not for certain [grant.nobody]" in english.out
    assert "2 × 授权：被授权者在新网盘中没有确定的对应 [grant.nobody]" in chinese.out
    assert "/Deal · allow person Bo (3) edit" in chinese.out
    assert english.out.split("digest ")[1].split()[0] in chinese.out
    assert "新网盘中有多个符合" in people.out


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("--waive", "everything"), 2, "bad_request"),
        (("--by", "shoe"), 2, "bad_request"),
        (("--by", "mail,mail"), 2, "bad_request"),
        (("--rule", "x"), 2, "bad_request"),
        (("--map", "nowhere.csv"), 21, "not_found"),
        (("--sign",), 2, "bad_request"),
        (("-o", "nowhere/at/all"), 21, "not_found"),
    ],
)
def test_bad_input_is_told(sides: tuple[Path, Path], words: tuple[str, ...], code: int, error: str) -> None:
    """What makes no sense is refused in one sentence with its code; without --yes nobody is asked in a script."""
    answer = lading("fidelity", *sides, *words, "--json")

    assert (code, error) == (answer.code, answer.json["error"]["code"])


def test_a_bad_map_names_its_lines(sides: tuple[Path, Path], tmp_path: Path) -> None:
    """A map about somebody who is not there is refused with the number of the line, in both languages."""
    file = tmp_path / "map.csv"
    file.write_text("kind,id,outcome,new_kind,new_id,accept\nperson,77,mapped,,n1,\n")
    answer = lading("identity", *sides, "--map", file)

    assert 2 == answer.code
    assert "line 2: OLD has no person '77'" in answer.err
    assert "[bad_map]" in answer.err


def test_a_gap_bars_the_signature(sides: tuple[Path, Path], tmp_path: Path) -> None:
    """A drive scanned without its features cannot be signed for, until each gap is waived by name; both are told."""
    (tmp_path / "bare").mkdir()
    (tmp_path / "target").mkdir()
    lading("scan", tmp_path / "bare", "-o", tmp_path / "m")
    sides_ = (tmp_path / "m", tmp_path / "target")
    state = ("--sign", "--yes", "--state", tmp_path / "s")
    refused = lading("fidelity", *sides_, *state)
    waived = lading(
        "fidelity", *sides_, *state, "--waive", "people,grants,links,versions,locks,labels,comments,settings"
    )

    assert 46 == refused.code
    assert "UNKNOWN, OLD was scanned without it: " in refused.out
    assert "[unsignable]" in refused.err
    assert 10 == waived.code
    assert "unknown and waived" in waived.out
    assert "Signed: record 1 of" in waived.out
