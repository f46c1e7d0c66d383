"""Files of facts and plans: what fits comes back as it was, what does not is a sentence."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.model.errors import BadFacts, BadPlan, NotFound
from lading.stages.readiness.factfile import kinds, read_facts, write_facts
from lading.stages.readiness.facts.content import ContentFacts, Tally
from lading.stages.readiness.facts.rates import RateFacts
from lading.stages.readiness.plain import from_plain
from lading.stages.readiness.planfile import plan_from, read_plan, waves_of

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "fact",
    [
        ContentFacts("old", 1, 2, 3, {"keys": {"": Tally(1, 2, ("/a",))}}, {"equal": "no_digest"}, rate=1.5),
        RateFacts("line", 3.0),
    ],
)
def test_facts_come_back_as_they_were(fact: Any, tmp_path: Path) -> None:
    """Written here, read there: the same values and the same moment."""
    file = str(tmp_path / "facts.json")
    write_facts(file, fact, NOW)

    assert (fact, NOW, file) == read_facts(file)


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", "nonsense", '{"format": 1}', '{"format": 1, "facts": ["rate"], "version": 1}', "[" * 100_000,
        '{"format": 1, "facts": "rate", "version": 2, "gathered": "2026-11-26T12:00:00Z", "values": {}}',
        '{"format": 1, "facts": "rate", "version": 1, "gathered": "noon", "values": {"where": "x", "likely": 1}}',
        '{"format": 1, "facts": "rate", "version": 1, "gathered": "2026-11-26T12:00:00Z", "values": {"where": 1}}',
        '{"format": 1, "facts": "rate", "version": 1, "gathered": "2026-11-26T12:00:00Z", "values": {"where": "x", "likely": NaN}}',
    ],
)  # fmt: skip
def test_a_hostile_file_is_a_sentence(text: str, tmp_path: Path) -> None:
    """Never a traceback."""
    file = tmp_path / "facts.json"
    file.write_text(text)

    with pytest.raises(BadFacts):
        read_facts(str(file))


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_no_values_break_the_reading(told: Any) -> None:
    """Whatever JSON holds, a class is made of it or a ValueError says why."""
    for kind in kinds().values():
        try:
            made = from_plain(kind, told)
        except ValueError:
            continue
        assert isinstance(made, kind)


def test_lone_surrogates_do_not_come_in() -> None:
    """They could be written to no page."""
    values = json.loads('{"where": "a\\ud800b", "likely": 1}')
    assert "a\\ud800b" == from_plain(RateFacts, values).where


def test_a_plan_is_read_whole(tmp_path: Path) -> None:
    """Waves, deals, owners and critical files come out of the TOML; `provider = []` says that there is none."""
    file = tmp_path / "plan.toml"
    file.write_text(
        'goal = "g"\nbackup = 2026-11-25\nprovider = []\n[owners]\nsecurity = "Eva"\n[critical]\npatterns = ["Deal/*"]\n'
        '[[wave]]\nname = "first"\nspaces = ["Deal"]\nstarts = 2026-12-12T20:00:00+08:00\nhours = 12\n'
        '[[deal]]\nname = "Deal"\nspaces = ["Deal"]\ndays = [2026-12-05]\n',
        encoding="utf-8",
    )
    plan, critical = read_plan(str(file), date(2026, 11, 26))

    assert ("g", date(2026, 11, 25), (), (("security", "Eva"),)) == (
        plan.goal,
        plan.backup,
        plan.providers,
        plan.owners,
    )
    assert (12.0, "2026-12-12T20:00:00+08:00") == (plan.waves[0].hours, plan.waves[0].starts.isoformat())  # type: ignore[union-attr]
    assert {"Deal": "first"} == waves_of(plan)
    assert ("Deal/*",) == critical.patterns
    assert plan_from({}, date(2026, 11, 26))[0].providers is None


@pytest.mark.parametrize(
    "text",
    [
        "aproval = []", "goal = 1", "owners = 3", "[owners]\nboss = 'A'", "[[wave]]\nspaces = ['x']", "wave = 3", "wave = [3]",
        "[[wave]]\nname = 'a'\n[[wave]]\nname = 'a'", "[[wave]]\nname = 'a'\nspaces = ['x']\n[[wave]]\nname = 'b'\nspaces = ['x']",
        "training_needed = 7", "[[wave]]\nname = 'a'\nstarts = 0001-01-01T00:00:00", "[[wave]]\nname = 'a'\nhours = 1e17", "[[wave]]\nname = 'a'\nhours = -1", "backup = 'soon'", "[[wave]]\nname = 'a'\nwindow = 3", "x = [", "critical = 3",
    ],
)  # fmt: skip
def test_a_plan_that_means_nothing_is_refused(text: str, tmp_path: Path) -> None:
    """A misspelt word is no silent gap."""
    file = tmp_path / "plan.toml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(BadPlan):
        read_plan(str(file), date(2026, 11, 26))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """As for any file."""
    with pytest.raises(NotFound):
        read_facts(str(tmp_path / "none"))
    with pytest.raises(NotFound):
        read_plan(str(tmp_path / "none"), date(2026, 11, 26))
