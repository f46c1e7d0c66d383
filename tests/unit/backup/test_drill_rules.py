"""
What a drill decides by values alone: whom it draws, how long a restore will take, and whether a result still counts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.model.errors import BadState
from lading.stages.backup.choice import choose, portions
from lading.stages.backup.drill import Code, Reason, Rules, fresh, read_result
from lading.stages.verification.confidence import chance, enough

FILES = [("Deal", f"合同 {number}.docx") for number in range(400)] + [("Deal", "deep", "a.xlsx")]
DAY = 86_400.0
GOOD: dict[str, Any] = {
    "format": 1,
    "passed": True,
    "reasons": [],
    "started": 0.0,
    "ended": 10 * DAY,
    "snapshot": {"taken": 9 * DAY},
    "rpo": {"seconds": 3600.0, "gap": 0.0},
    "rto": {"seconds": 60.0},
    "forecast": {"seconds": 7200.0, "least": 7000.0, "most": 9000.0},
    "confidence": {"share": 0.001},
    "critical": 3,
}
NOW = 11 * DAY


def test_the_same_seed_draws_the_same_files() -> None:
    """A drill can be repeated; another seed draws others."""
    one = choose(FILES, (), (), 50, 7)

    assert one == choose(FILES, (), (), 50, 7)
    assert one.drawn != choose(FILES, (), (), 50, 8).drawn
    assert 50 == len(set(one.drawn))


def test_critical_is_what_a_label_or_a_pattern_says() -> None:
    """A label on a folder marks all below; a pattern that meets nothing, or a label on nothing, is told."""
    found = choose(FILES, {("Deal", "deep"), ("Gone",)}, ["/Deal/合同 1.docx", "/None/*"], 0, 1)

    assert {("Deal", "deep", "a.xlsx"), ("Deal", "合同 1.docx")} == set(found.critical)
    assert ("/None/*", "/Gone") == found.unmet


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 9), st.integers(1, 30))
def test_portions_hold_each_file_once(count: int, drawn: int, seed: int, least: int) -> None:
    """All that was chosen is in them, nothing twice, nothing that is not there; none is too small unless it is the only one."""
    files = [(f"d{number // 7}", f"{number}.docx") for number in range(count)]
    chosen = choose(files, (), (), drawn, seed).all
    found = portions(chosen, files, seed, least=least)
    restored = [path for portion in found for path in portion]

    assert set(chosen) <= set(restored) <= set(files)
    assert len(restored) == len(set(restored))
    assert len(found) == 1 or min(map(len, found)) >= least


def test_neighbours_are_restored_together_and_scattered_files_apart() -> None:
    """The later portions are whole folders, the first one touches many; of the later ones one is small and one as large as can be."""
    files = [(f"d{number // 50:03d}", f"{number}.docx") for number in range(5000)]
    chosen = choose(files, (), (), 1000, 1).all
    scattered, few, many = portions(chosen, files, 1, least=25)

    def folders(portion: tuple[tuple[str, ...], ...]) -> int:
        return len({path[0] for path in portion})

    assert folders(scattered) > 2 * folders(few)
    assert folders(few) <= len(few) // 50 + 2
    assert folders(many) <= len(many) // 50 + 2
    assert len(many) > 10 * len(few)
    assert len(few) + len(many) >= 2 * len(chosen)


@pytest.mark.parametrize("files", [1, 10, 400, 20_000, 1_000_000])
def test_a_sample_is_large_enough_and_not_larger(files: int) -> None:
    """With as many drawn, more bad files than tolerated would show with the stated confidence; with one less they would not."""
    drawn, allowed = enough(files, 0.001), int(files * 0.001)

    assert chance(files, allowed + 1, drawn, 0) <= 0.05
    assert drawn == 0 or chance(files, allowed + 1, drawn - 1, 0) > 0.05


@pytest.mark.parametrize(
    "change",
    [
        {"passed": False, "reasons": [Reason(Code.DIFFERS, "/a").facts()]},
        {"ended": NOW + 1},
        {"ended": NOW - 40 * DAY},
        {"snapshot": {"taken": NOW - 8 * DAY}},
        {"rpo": {"seconds": 30 * 3600.0, "gap": 0.0}},
        {"forecast": {**GOOD["forecast"], "most": 30 * 3600.0}},
        {"forecast": None},
        {"confidence": {"share": 0.01}},
        {"critical": 0},
    ],
)
def test_one_bad_fact_keeps_a_gate_from_counting_the_drill(change: dict[str, Any]) -> None:
    """A good result has no reason against it; with one fact changed it has exactly one, in both languages."""
    rules = Rules(rpo=24, rto=24, critical=True)

    assert () == fresh(GOOD, NOW, rules)
    (reason,) = fresh({**GOOD, **change}, NOW, rules)
    assert reason.en != reason.zh


def test_a_damaged_result_is_refused(tmp_path: Path) -> None:
    """A result that is cut off, or of another format, is no result."""
    file = tmp_path / "drill-1.json"
    file.write_text(json.dumps(GOOD), encoding="utf-8")
    assert read_result(str(file)) == GOOD

    for content in ("", "[]", json.dumps({**GOOD, "format": 2}), json.dumps({"format": 1})):
        file.write_text(content, encoding="utf-8")
        with pytest.raises(BadState):
            read_result(str(file))
