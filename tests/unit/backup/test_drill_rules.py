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
from lading.stages.backup.forecast import Measured, forecast
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


@given(st.integers(0, 300), st.integers(0, 9), st.integers(1, 30))
def test_portions_hold_each_file_once(count: int, seed: int, least: int) -> None:
    """Nothing is left out or twice, and no portion is too small unless it is the only one."""
    paths = FILES[:count]
    found = portions(paths, seed, least=least)

    assert sorted(paths) == sorted(path for portion in found for path in portion)
    assert len(found) == 1 or min(map(len, found)) >= least


@pytest.mark.parametrize("files", [1, 10, 400, 20_000, 1_000_000])
def test_a_sample_is_large_enough_and_not_larger(files: int) -> None:
    """With as many drawn, more bad files than tolerated would show with the stated confidence; with one less they would not."""
    drawn, allowed = enough(files, 0.001), int(files * 0.001)

    assert chance(files, allowed + 1, drawn, 0) <= 0.05
    assert drawn == 0 or chance(files, allowed + 1, drawn - 1, 0) > 0.05


@given(st.floats(0.5, 20), st.floats(1e-4, 0.1))
def test_a_forecast_finds_what_is_fixed_and_what_each_costs(fixed: float, each: float) -> None:
    """Where portions cost exactly so much, the forecast is exact, and its bounds hold it."""
    told = [Measured(n, n * 1000, fixed + each * n) for n in (100, 110, 120, 500)]
    found = forecast(told, 10_000, 10_000_000)

    assert pytest.approx(fixed + each * 10_000, rel=1e-3) == found.seconds
    assert found.least <= found.seconds <= found.most


def test_the_bounds_of_one_portion_span_all_that_it_could_mean() -> None:
    """From one portion nobody can tell what is fixed: all of it, or nothing."""
    found = forecast([Measured(10, 1000, 5.0)], 100, 20_000)

    assert (5.0, 100.0) == (found.least, found.most)


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
