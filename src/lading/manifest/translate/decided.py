"""
What becomes of a grant.
"""

from __future__ import annotations

from typing import NamedTuple

from lading.model.access import Grant


class Decided(NamedTuple):
    """
    What becomes of one grant.

    *new* is what to set, with principals of NEW; None: nothing.  *losses* are codes; none: it arrives as it was.
    *holds*, of a denial or a break: whatever it kept from people it keeps from them in NEW, too.
    *old* is None for a denial beside, which says what a rank said.
    """

    old: Grant | None
    new: Grant | None
    losses: tuple[str, ...] = ()
    holds: bool = True
