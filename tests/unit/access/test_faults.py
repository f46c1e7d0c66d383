"""Single faults of a move, planted in a fixed firm: each gain is caught and named, and a clean move is clean."""

from __future__ import annotations

import pytest

from lading.manifest.access.comparing import Compared, Wish
from unit.access.firm import FAULTS, LATER, LINK_FAULTS, LOSSES, Fault, firm
from unit.access.ground import NOW
from unit.access.oracle import World
from unit.access.test_diff import compared, pairs


def moved(*faults: Fault) -> tuple[World, Compared]:
    """The firm after a move with *faults*, and what the comparison says."""
    new = firm()
    for fault in faults:
        fault(new)
    return new, compared(firm(), new, Wish(NOW, moments=9))


def test_a_clean_move_is_clean() -> None:
    """Nothing is reported where nothing has changed, at any moment."""
    _, found = moved()

    assert [NOW, LATER] == list(found.outcomes)
    assert not found.differs
    assert [] == [cause for one in found.outcomes.values() for cause in one.causes]


@pytest.mark.parametrize("name", FAULTS)
def test_a_gain_is_caught_with_its_cause(name: str) -> None:
    """Somebody gains, at the right moment, and one of the causes is the planted one."""
    fault, why = FAULTS[name]
    new, found = moved(fault)

    assert found.gained
    assert why in {cause.why.value for one in found.outcomes.values() for cause in one.causes if cause.gain}
    for moment, one in found.outcomes.items():
        gains = [key for key, (before, after) in pairs(firm(), new, moment).items() if after > before]
        assert len(gains) == one.gained


@pytest.mark.parametrize("name", LINK_FAULTS)
def test_a_link_that_opens_more_is_caught(name: str) -> None:
    """A link that opens more, longer, to more people or more often is a gain that says in what way."""
    fault, aspect = LINK_FAULTS[name]
    _, found = moved(fault)

    assert found.gained
    assert aspect in {more.value for change in found.links or () for more in change.more}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_no_gain(name: str) -> None:
    """What is lost is told as lost, and nobody is said to have gained."""
    _, found = moved(LOSSES[name])

    assert found.differs
    assert not found.gained
