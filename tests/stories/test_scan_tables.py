"""A person writes down what hangs on files, and holds it against another drive."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from support.command import lading


def told(*words: object, code: int = 0) -> Any:
    """The document of a command that ended with *code*."""
    answer = lading(*words, "--json")
    assert code == answer.code, answer.err
    return answer.json


def said(*words: object, language: str, code: int = 0) -> str:
    """What a person reads in *language*."""
    answer = lading(*words, environment={"LADING_LANG": language})
    assert code == answer.code, answer.err
    return answer.out + answer.err


@pytest.fixture
def drives(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders that are the same in names, contents and rights."""
    for name in ("old", "new"):
        for deal in ("合同", "b"):
            (tmp_path / name / deal).mkdir(parents=True, mode=0o750)
            (tmp_path / name / deal / "a.docx").write_text("same")
            (tmp_path / name / deal / "a.docx").chmod(0o640)
            (tmp_path / name / deal).chmod(0o750)
        (tmp_path / name).chmod(0o750)
    return tmp_path / "old", tmp_path / "new"


def test_tables_are_written_on_request(drives: tuple[Path, Path], tmp_path: Path) -> None:
    """
    `--with all` writes what the drive tells, says what it cannot tell, and nothing is asked without it.
    """
    whole = told("scan", drives[0], "-o", tmp_path / "m", "--with", "all")
    plain = told("scan", drives[0], "-o", tmp_path / "n")

    assert ["grants", "members", "principals", "problems"] == sorted(whole["tables"])
    # One list at the root says it for all.
    assert 3 == whole["tables"]["grants"]["rows"]
    assert 8 == len(whole["features"])
    assert ({}, []) == (plain["tables"], plain["features"])


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ["rows in tables: grants 3", "the drive cannot tell: links, versions"]),
        ("zh", ["各表行数：grants 3", "该网盘无法提供：links, versions"]),
    ],
)
def test_the_answer_is_a_sentence(
    drives: tuple[Path, Path], tmp_path: Path, language: str, sentences: list[str]
) -> None:
    """
    In both languages a person reads what was written down and what is not there.
    """
    text = said(
        "scan", drives[0], "-o", tmp_path / "m", "--with", "versions, links,grants", language=language
    )

    assert all(sentence in text for sentence in sentences)


def test_rights_are_compared(drives: tuple[Path, Path], tmp_path: Path) -> None:
    """
    One right that differs is a difference with an exit code, though all contents are the same.
    """
    old, new = drives
    lading("scan", old, "-o", tmp_path / "m", "--with", "grants")
    same = told("compare", tmp_path / "m", new, "--with", "grants")
    os.chmod(new / "b" / "a.docx", 0o644)
    listing = tmp_path / "list.jsonl"
    other = told("compare", tmp_path / "m", new, "--with", "grants", "--list", listing, code=10)
    blind = told("compare", tmp_path / "m", new)
    rows = [json.loads(line) for line in listing.read_text().splitlines()]

    assert same["equal"]
    assert 3 == same["tables"]["grants"]["same"]
    assert not other["equal"]
    assert {"same": 3, "extra": 4, "missing": 0, "changed": 0, "unknown": 0} == {
        name: other["tables"]["grants"][name] for name in ("same", "extra", "missing", "changed", "unknown")
    }
    assert {("grants", "extra", "b/a.docx")} == {
        (row["table"], row["what"], row["b"]["path"]) for row in rows
    }
    assert {} == blind["tables"]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "grants: extra: /b/a.docx"), ("zh", "grants：多出：/b/a.docx")],
)
def test_differing_rows_are_told(drives: tuple[Path, Path], language: str, sentence: str) -> None:
    """
    A person reads which rows differ and where.
    """
    os.chmod(drives[1] / "b" / "a.docx", 0o644)
    text = said("compare", *drives, "--with", "grants", language=language, code=10)

    assert sentence in text


def test_a_map_that_is_not_there_is_told_before_the_scan(drives: tuple[Path, Path], tmp_path: Path) -> None:
    """
    `--map` is read first: a file that is not there ends in a sentence about it, and a map of strangers in their lines.
    """
    strangers = tmp_path / "map.csv"
    strangers.write_text("kind,id,outcome,new_kind,new_id,accept\nperson,stranger,mapped,,7,\n")

    text = said("compare", tmp_path / "no.drive", drives[1], "--map", "nowhere.csv", language="en", code=21)
    lines = said("compare", *drives, "--with", "all", "--map", strangers, language="en", code=2)

    assert "nowhere.csv" in text
    assert "line 2: OLD has no person 'stranger'" in lines


@pytest.mark.parametrize("command", ["scan", "compare"])
@pytest.mark.parametrize(("language", "sentence"), [("en", "there is no 'rights'"), ("zh", "没有“rights”")])
def test_an_unknown_feature_is_named(
    drives: tuple[Path, Path], tmp_path: Path, command: str, language: str, sentence: str
) -> None:
    """
    A feature that there is not ends in a sentence that names those there are.
    """
    rest = ["-o", tmp_path / "m"] if command == "scan" else [drives[1]]
    text = said(command, drives[0], *rest, "--with", "grants,rights", language=language, code=2)

    assert sentence in text
    assert "comments" in text


@pytest.mark.parametrize(("language", "sentence"), [("en", "needs a new scan"), ("zh", "需重新扫描")])
def test_a_manifest_of_an_earlier_lading_has_to_be_made_again(
    drives: tuple[Path, Path], tmp_path: Path, language: str, sentence: str
) -> None:
    """
    A manifest of format 1 is refused by every command, with the word that the drive has to be scanned again.
    """
    lading("scan", drives[0], "-o", tmp_path / "m")
    header = tmp_path / "m" / "manifest.json"
    header.write_text(json.dumps({**json.loads(header.read_text()), "format": 1}))
    compared = said("compare", tmp_path / "m", drives[1], language=language, code=40)
    scanned = said("scan", drives[0], "-o", tmp_path / "m", language=language, code=40)

    assert sentence in compared
    assert sentence in scanned
