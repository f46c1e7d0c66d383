"""
A part of a backup comes back: one folder, one space, as of a day; and a person finds what to ask for.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from support.command import lading


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LADING_VAULT_PASSWORD", "four words 足够")


def test_a_part_of_a_snapshot_comes_back(tmp_path: Path) -> None:
    """Exactly that part, with its account closed over it; a path that is not there names near ones and restores nothing."""
    old, vault, state = tmp_path / "old", tmp_path / "vault", ("--state", tmp_path / "state")
    (old / "Deal" / "合同").mkdir(parents=True)
    (old / "Deal2").mkdir()
    evil = "evil\x1b[31m\u202etxt"
    for name in ("Deal/合同/甲.docx", "Deal/合同/乙.docx", "Deal/plan.xlsx", "Deal2/plan.xlsx", evil):
        (old / name).write_text(name, encoding="utf-8")
    assert 0 == lading("vault", "init", vault).code
    first = lading("vault", "backup", old, vault, *state, "--json").json
    (old / "Deal" / "plan.xlsx").write_text("later", encoding="utf-8")
    # A time without a fraction means all of its second: the next snapshot shall not be begun in it.
    time.sleep(1 - time.time() % 1)
    assert 0 == lading("vault", "backup", old, vault, *state).code

    done = lading(
        "vault", "restore", vault, "latest", tmp_path / "a", "--path", "/Deal/合同", *state, "--json"
    )
    assert (0, {"Deal", "Deal/合同", "Deal/合同/甲.docx", "Deal/合同/乙.docx"}) == (
        done.code,
        _below(tmp_path / "a"),
    )
    assert 4 == done.json["account"]["found"]["objects"]
    then = ("--space", "Deal", "--as-of", first["taken"])
    assert 0 == lading("vault", "restore", vault, "latest", tmp_path / "b", *then, *state).code
    assert "Deal/plan.xlsx" == (tmp_path / "b" / "Deal" / "plan.xlsx").read_text(encoding="utf-8")
    assert not (tmp_path / "b" / "Deal2").exists()

    wrong = lading("vault", "restore", vault, "latest", tmp_path / "c", "--path", "Deal/合約", "--json")
    assert (21, False) == (wrong.code, (tmp_path / "c").exists())
    assert "/Deal/合同" in wrong.json["error"]["message"]["en"]
    assert 2 == lading("vault", "restore", vault, "latest", tmp_path / "c", "--as-of", "yesterday").code
    empty = lading("vault", "restore", vault, "latest", tmp_path / "c", "--path", "", *state, "--json")
    assert (2, False) == (empty.code, (tmp_path / "c").exists())
    nothing = lading("drill", vault, "--sample", "0", *state, "--json")
    assert (2, "--critical" in nothing.json["error"]["message"]["en"]) == (nothing.code, True)
    nowhere = lading("vault", "show", tmp_path / "old", "--json")
    assert (92, "no_vault") == (nowhere.code, nowhere.json["error"]["code"])
    assert 21 == lading("vault", "show", vault, "--as-of", "2001-01-01").code

    # What is listed is safe to look at, and can be given back as it is shown.
    listed = lading("vault", "browse", vault, "--json").json["entries"]
    shown = next(it["path"] for it in listed if "evil" in it["path"])
    assert not {"\x1b", "\u202e"} & set(lading("vault", "browse", vault).out)
    assert 0 == lading("vault", "restore", vault, "latest", tmp_path / "d", "--path", shown, *state).code
    assert {evil} == _below(tmp_path / "d")


def _below(place: Path) -> set[str]:
    return {str(it.relative_to(place)) for it in place.rglob("*")}
