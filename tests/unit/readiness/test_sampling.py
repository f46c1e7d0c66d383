"""A sample for a trial looks like the whole, holds nothing twice, and can be drawn again."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.connectors.crew import Crew
from lading.connectors.wrap.policy import Policy
from lading.manifest.load import load_of
from lading.manifest.read import Manifest
from lading.manifest.scan import scan
from lading.stages.readiness.facts.forecast import CostFacts, ForecastFacts
from lading.stages.readiness.sampling import LARGE, Deck


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    """600 small files in 30 folders, an empty folder, three large files."""
    for number in range(600):
        file = tmp_path / "old" / f"d{number // 20}" / f"{number}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * (10_000 if number >= 300 else 10))
    (tmp_path / "old" / "empty").mkdir()
    for number in range(3):
        with open(tmp_path / "old" / f"{number}.bin", "wb") as stream:
            stream.truncate(LARGE + 1 + number)
    with Crew(1) as crew:
        return scan(Address("folder", str(tmp_path / "old")), Policy(), tmp_path / "manifest", crew=crew)


def test_draws_are_disjoint_and_end_with_everything(manifest: Manifest) -> None:
    """All that can be copied is drawn once in the end: small files and empty folders on cards, large ones by themselves."""
    with Deck(manifest, 1) as deck:
        assert (601, 3 * LARGE + 6) == (deck.small, deck.large)
        drawn = [*deck.lightest(), *deck.cards(100), *deck.heavy(1, least=2)]
        while more := (*deck.cards(1000), *deck.heavy(LARGE, least=1)):
            drawn += more

    assert 604 == len(drawn) == len(set(drawn))
    assert ("empty",) in drawn


def test_a_draw_looks_like_the_whole(manifest: Manifest) -> None:
    """Half of the files are a thousand times as large: half of a draw is, within a card or two, and it keeps to few folders."""
    with Deck(manifest, 3) as deck:
        drawn = deck.cards(160)
        big = sum(int(path[1].split(".")[0]) >= 300 for path in drawn if len(path) == 2)

    assert 140 <= len(drawn) <= 180
    assert 60 <= big <= 100
    assert len({path[0] for path in drawn}) <= 26


def test_the_same_seed_draws_the_same(manifest: Manifest) -> None:
    """A forecast can be repeated with the same files."""

    def drawn(seed: int) -> set[tuple[str, ...]]:
        with Deck(manifest, seed) as deck:
            return set(deck.cards(100))

    assert drawn(5) == drawn(5)
    assert drawn(5) != drawn(6)


def test_a_load_counts_files_and_folders_apart(manifest: Manifest) -> None:
    """The load is what the manifest holds."""
    load = load_of(manifest)

    assert (603, 31, 3 * LARGE + 6 + 300 * 10_010) == (load.files, load.folders, load.bytes)


@pytest.mark.parametrize(
    ("size", "seconds", "least", "rates"),
    [(1000, 10.0, 5.0, 1), (0, 10.0, 5.0, 0), (1000, 0.0, 0.0, 0), (1000, 10.0, 11.0, 0), (-5, 1.0, 1.0, 0)],
)
def test_a_forecast_from_elsewhere_counts_only_where_it_makes_sense(
    size: int, seconds: float, least: float, rates: int
) -> None:
    """A file of facts may say anything: figures that contradict each other give no rate."""
    facts = ForecastFacts("a", "b", 1, 1, size, 0, seconds, least, 20.0, "byte", CostFacts())

    assert rates == len(facts.rates())
