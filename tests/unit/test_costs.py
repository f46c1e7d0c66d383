"""What a transfer costs is found again in what its portions took."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.model.costs import Costs, Load, Portion, fit, forecast

WHOLE = Load(files=20_000, folders=400, bytes=4 << 30, versions=6000)
LOADS = [
    Load(100, 3, 1 << 20, 20),
    Load(300, 20, 200 << 20, 10),
    Load(3000, 40, 50 << 20, 900),
    Load(4, 2, 1 << 30),
    Load(1500, 300, 100 << 20, 40),
    Load(800, 10, 20 << 20, 2000),
    Load(2500, 60, 900 << 20, 500),
]
NUMBERS = st.floats(0, 0.01)


def _took(costs: Costs, noise: float = 0.0, seed: int = 0) -> list[Portion]:
    dice = random.Random(seed)
    return [Portion(it, costs.seconds(it) * dice.uniform(1 - noise, 1 + noise)) for it in LOADS]


@given(st.floats(0.1, 30), NUMBERS, NUMBERS, st.floats(0, 1e-7), NUMBERS)
def test_known_costs_are_found_again(
    fixed: float, file: float, folder: float, byte: float, version: float
) -> None:
    """Where portions cost exactly so much, the forecast is exact, and its bounds hold it."""
    costs = Costs(fixed, file, folder, byte, version)
    found = forecast(_took(costs), WHOLE)

    assert pytest.approx(costs.seconds(WHOLE), rel=0.01) == found.seconds
    assert found.least <= found.seconds <= found.most


@given(st.floats(0.1, 5), st.floats(0.0005, 0.01), st.floats(1e-9, 1e-7), st.integers(0, 1000))
def test_noise_moves_a_forecast_little(fixed: float, file: float, byte: float, seed: int) -> None:
    """Portions that vary by five in a hundred give a forecast within a quarter, and bounds around it."""
    costs = Costs(fixed, file, byte=byte)
    found = forecast(_took(costs, 0.05, seed), Load(20_000, 400, 4 << 30, 0))

    assert pytest.approx(costs.seconds(Load(20_000, 400, 4 << 30)), rel=0.25) == found.seconds
    assert found.least < found.seconds < found.most


@given(
    st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(0, 1 << 40), st.floats(0, 1e5)), min_size=1, max_size=8
    )
)
def test_no_cost_is_below_nothing(told: list[tuple[int, int, float]]) -> None:
    """Whatever was measured, costs are not negative, and the bounds hold the forecast."""
    portions = [Portion(Load(files, 1, size), seconds) for files, size, seconds in told]
    found = forecast(portions, WHOLE)

    assert min(fit(portions)) >= 0
    assert 0 <= found.least <= found.seconds <= found.most


def test_what_is_cold_counts_once() -> None:
    """The first portion finds everything cold: what that costs is fixed, however much is moved."""
    warm = [Portion(Load(number), 1 + number / 100) for number in (300, 4000, 2000)]
    found = forecast([Portion(Load(100), 9.0), *warm], Load(10_000))

    assert pytest.approx(8 + 100.0, rel=0.01) == found.seconds
    assert "file" == found.binds


def test_the_bounds_of_one_portion_span_all_that_it_could_mean() -> None:
    """From one portion nobody can tell what is fixed: all of it, or nothing."""
    found = forecast([Portion(Load(10, 0, 1000), 5.0)], Load(100, 0, 20_000))

    assert (5.0, 100.0) == (found.least, found.most)


def test_bytes_alone_can_bind() -> None:
    """A few huge files: the forecast is that of their bytes."""
    portions = [Portion(Load(many, 0, many << 30), 0.5 + many * 4.0) for many in (1, 2, 4, 8)]
    found = forecast(portions, Load(64, 0, 64 << 30))

    assert pytest.approx(256.5, rel=0.01) == found.seconds


@given(st.floats(0.1, 5), NUMBERS, NUMBERS, NUMBERS, st.floats(0, 3))
def test_what_is_timed_apart_is_told_apart(
    fixed: float, file: float, folder: float, row: float, extra: float
) -> None:
    """Three portions find four costs again, where it is known what of their seconds went into files, folders and rows; *extra* is only cold."""
    loads = [Load(1962, 146, 0, 0, 176), Load(270, 3, 0, 0, 7), Load(5130, 52, 0, 0, 104)]
    told = [
        Portion(
            it,
            cold + fixed + file * it.files + folder * it.folders + row * it.rows,
            {"file": file * it.files, "folder": folder * it.folders, "row": row * it.rows},
        )
        for it, cold in zip(loads, (extra, 0.0, 0.0), strict=True)
    ]
    whole = Load(20_000, 200, 0, 0, 401)
    found = forecast(told, whole)

    seconds = extra + fixed + file * whole.files + folder * whole.folders + row * whole.rows
    assert pytest.approx(seconds, rel=0.01) == found.seconds
    assert found.least <= found.seconds <= found.most


def test_what_two_portions_cannot_tell_apart_counts_for_files() -> None:
    """A drill has one small and one large portion after the cold one: each pair of terms would meet them."""
    cold = Portion(Load(1962, 146, 21_252_308, 434, 176), 2.375)
    few = Portion(Load(270, 3, 2_941_237, 54, 7), 1.432)
    many = Portion(Load(5130, 52, 53_380_996, 1026, 104), 2.990)
    found = forecast([cold, few, many], Load(20_000, 200, 209_076_625, 4000, 401))

    assert found.costs.file > 0
    assert (0, 0, 0, 0) == found.costs[2:]
    assert found.binds == "file"
