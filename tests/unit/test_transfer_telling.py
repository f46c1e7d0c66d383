"""What a copy says about failures and plans, in both languages."""

from __future__ import annotations

import re
from pathlib import Path as LocalPath

import pytest
from rich.cells import cell_len

from lading.cli.copy import ACTIONS
from lading.cli.copy_along import tell_along
from lading.cli.output import right
from lading.connectors.memory import MemoryDrive
from lading.model.text import Language
from lading.stages.transfer import flow
from lading.stages.transfer.account import CODES, WHY_EXCLUDED, WHY_FAILED
from lading.stages.transfer.decide import Action
from lading.stages.transfer.features import BUCKETS
from lading.stages.transfer.work import run_task
from support.passes import inside, memory_passes, put

__all__ = ["inside"]
HAN = re.compile("[\u4e00-\u9fff]")


def test_every_reason_and_action_has_its_words() -> None:
    """No word of our own stands in a sentence untranslated."""
    texts = [*WHY_FAILED.values(), *WHY_EXCLUDED.values(), *ACTIONS.values()]

    assert CODES.keys() == WHY_FAILED.keys()
    assert {*Action} == ACTIONS.keys()
    assert all(text.en and not HAN.search(text.en) and HAN.search(text.zh) for text in texts)


@pytest.mark.usefixtures("inside")
def test_failures_are_told_in_both_languages(tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure of the plan and one of the work: the Chinese sentence has no English in it but the path."""
    old, new = MemoryDrive(), MemoryDrive()
    put(old, {"1": b"1111", "2": b"2222", "3": b"3333"})
    put(new, {"1": b"longer than that", "2": b"same"})

    def disturbed(task: object) -> object:
        put(new, {"3": b"meanwhile"})
        return run_task(task)  # type: ignore[arg-type]

    monkeypatch.setattr(flow, "run_task", disturbed)
    job = memory_passes(tmp_path, old.store, new.store)
    job.run()
    messages = [row["message"] for row in job.lines("failures")]

    assert 3 == len(messages)
    assert not [
        it[Language.ZH] for it in messages if re.search("[A-Za-z_]{2}", it[Language.ZH].replace("NEW", ""))
    ]
    assert not [it[Language.EN] for it in messages if HAN.search(it[Language.EN]) or "_" in it[Language.EN]]


def test_what_old_cannot_tell_is_not_counted_as_none(
    capsys: pytest.CaptureFixture[str], tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A feature that OLD cannot tell has no line that says that none was found; others end without blanks."""
    monkeypatch.setenv("LADING_LANG", "en")
    nothing = dict.fromkeys(BUCKETS, 0)
    features = {name: {"found": 0, "buckets": nothing, "codes": {}} for name in ("versions", "denials")}
    tell_along({"features": features, "unknown": {"versions": {"why": "not_told"}}}, tmp_path, tmp_path)

    assert ["denials: 0 found", "versions, current ones included: OLD cannot tell it"] == (
        capsys.readouterr().out.splitlines()
    )


@pytest.mark.parametrize("word", ["same", "相同", "已迁移", "读 again"])
def test_columns_stay_straight_in_chinese(word: str) -> None:
    """A word takes as many columns of the terminal in either language."""
    assert 10 == cell_len(right(word, 10))
    assert right(word, 10).endswith(word)
