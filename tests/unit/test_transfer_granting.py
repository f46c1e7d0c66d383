"""
What is decided about one grant, one link, and the versions of one file.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.connectors.profile import Features, Profile
from lading.model.access import Effect, Link, Reach, Role, Version
from lading.stages.transfer import sharing
from lading.stages.transfer.granting import Sides, Step, Steps, Terms, Why, decide_grant
from lading.stages.transfer.sharing import decide_link, terms_of
from lading.stages.transfer.succession import Standing, Wanted, standing, standing_below

READ, EDIT = Terms(Role.DOWNLOAD, Reach.ALL, None), Terms(Role.EDIT, Reach.ALL, None)
BRIEF, HERE = Terms(Role.EDIT, Reach.ALL, 9), Terms(Role.DOWNLOAD, Reach.HERE, None)
A, D = Effect.ALLOW, Effect.DENY
NOTHING = (None, None)


@pytest.mark.parametrize(
    ("effect", "wanted", "found", "landed", "steps", "why"),
    [
        (A, READ, READ, None, NOTHING, Why.SAME),
        (A, READ, None, None, (None, Step(READ)), Why.NEW),
        (A, READ, None, READ, (None, Step(READ)), Why.NEW),
        (D, READ, None, None, (Step(READ), None), Why.NEW),
        (Effect.BREAK, READ, None, None, (Step(READ), None), Why.NEW),
        (Effect.BREAK, READ, EDIT, None, NOTHING, Why.SAME),
        (A, EDIT, READ, READ, (None, Step(EDIT)), Why.CHANGED),
        (A, READ, EDIT, EDIT, (Step(READ), None), Why.CHANGED),
        (A, READ, BRIEF, BRIEF, (Step(Terms(Role.DOWNLOAD, Reach.ALL, 9)), Step(READ)), Why.CHANGED),
        (A, HERE, READ, READ, (Step(None), Step(HERE)), Why.CHANGED),
        (D, READ, EDIT, EDIT, (Step(READ), None), Why.CHANGED),
        (D, EDIT, READ, READ, (None, Step(EDIT)), Why.CHANGED),
        (D, BRIEF, HERE, HERE, (Step(READ), Step(BRIEF)), Why.CHANGED),
        (A, EDIT, READ, None, NOTHING, Why.TAKEN),
        (A, READ, EDIT, None, NOTHING, Why.COVERED),
        (D, READ, EDIT, BRIEF, NOTHING, Why.TAKEN),
        (D, EDIT, READ, None, NOTHING, Why.COVERED),
        (A, None, READ, READ, (Step(None), None), Why.GONE),
        (D, None, READ, READ, (None, Step(None)), Why.GONE),
        (Effect.BREAK, None, READ, READ, (None, Step(None)), Why.GONE),
        (A, None, READ, None, NOTHING, Why.THEIRS),
        (A, None, EDIT, READ, NOTHING, Why.THEIRS),
        (A, None, None, READ, NOTHING, Why.THEIRS),
    ],
)
def test_grants(
    effect: Effect, wanted: Terms | None, found: Terms | None, landed: Terms | None, steps: tuple, why: Why
) -> None:
    """
    What takes away is early, what gives is late; what is not ours stays.
    """
    assert Steps(*steps, why) == decide_grant(effect, Sides(wanted, found, landed))


def test_grants_in_doubt() -> None:
    """
    Nothing is taken away where OLD could not be asked; what people set is replaced only where that is ruled.
    """
    assert Why.HELD_BACK is decide_grant(D, Sides(None, READ, READ), certain=False).why
    assert Why.CHANGED is decide_grant(D, Sides(READ, EDIT, None), overwrite=True).why


TERMS = st.builds(
    Terms, st.sampled_from([*Role][2:]), st.sampled_from(list(Reach)), st.none() | st.integers(1, 3)
)


@given(effect=st.sampled_from([A, D]), wanted=TERMS, found=TERMS)
def test_a_change_never_gives_early(effect: Effect, wanted: Terms, found: Terms) -> None:
    """
    After the early step of a change nobody may do more than before, and after the last it is as OLD has it.
    """
    steps = decide_grant(effect, Sides(wanted, found, found))
    between = found if steps.early is None else steps.early.terms
    last = between if steps.late is None else steps.late.terms

    assert wanted == last
    if between is None:
        assert effect is A
    elif effect is A:
        assert between.role <= found.role
        assert (found.expires or 9) >= (between.expires or 9)
    else:
        assert between.role <= found.role
        assert (between.expires or 9) >= (found.expires or 9)


LINK = Link(("a",), "", frozenset(), 50, True, Role.DOWNLOAD, 5, by="n1")
LANDED = terms_of(LINK, "o", "n")
FOUND = replace(LINK, id="n")


@pytest.mark.parametrize(
    ("wanted", "landed", "found", "expected"),
    [
        (LINK, None, None, (True, False, sharing.Why.NEW)),
        (LINK, LANDED, FOUND, (False, False, sharing.Why.SAME)),
        (LINK, LANDED, replace(FOUND, used=2), (False, False, sharing.Why.SAME)),
        (replace(LINK, limit=4), LANDED, FOUND, (True, True, sharing.Why.CHANGED)),
        (replace(LINK, limit=4), LANDED, replace(FOUND, used=1), (False, False, sharing.Why.SAME)),
        (replace(LINK, limit=None), LANDED, FOUND, (True, True, sharing.Why.CHANGED)),
        (replace(LINK, expires=9), LANDED, FOUND, (True, True, sharing.Why.CHANGED)),
        (replace(LINK, has_password=False), LANDED, FOUND, (True, True, sharing.Why.CHANGED)),
        (replace(LINK, path=("b",)), LANDED, FOUND, (True, True, sharing.Why.CHANGED)),
        (LINK, LANDED, None, (False, False, sharing.Why.ENDED_IN_NEW)),
        (None, LANDED, FOUND, (False, True, sharing.Why.GONE)),
        (None, LANDED, None, (False, False, sharing.Why.GONE)),
        (None, None, None, (False, False, sharing.Why.NOT_MADE)),
    ],
)
def test_links(
    wanted: Link | None, landed: sharing.Landed | None, found: Link | None, expected: tuple
) -> None:
    """
    A link is made once, made anew where its limits change or are tighter in OLD, and ended with that of OLD.
    """
    assert expected == decide_link(wanted, landed, found)


def kept(*facts: str) -> Profile:
    return Profile(kind="x", address="x", features=Features(versions=frozenset(facts)))


def wanted(*names: str) -> list[Wanted]:
    return [Wanted(n, str(n), Version("", n, 1), name) for n, name in enumerate(names)]


def there(*facts: tuple[int, str]) -> list[Version]:
    return [Version("", saved, 1, digests=(("sha256", name),)) for saved, name in facts]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("abc", [], (0, ())),
        ("abc", [(0, "a")], (1, ())),
        ("abc", [(0, "a"), (1, "b"), (2, "c")], (3, ())),
        ("abc", [(2, "c")], (3, (0, 1))),
        ("abc", [(1, "b")], (2, (0,))),
        ("abc", [(0, "a"), (9, "x")], None),
        ("aba", [(0, "a")], (1, ())),
        ("aba", [(0, "a"), (1, "b"), (2, "a")], (3, ())),
        ("ab", [(7, "x"), (8, "y"), (0, "a")], (1, ())),
    ],
)
@pytest.mark.parametrize("facts", [("order",), ("order", "saved")])
def test_standing(
    old: str, new: list[tuple[int, str]], expected: tuple | None, facts: tuple[str, ...]
) -> None:
    """
    A history goes on behind the newest version that is in NEW; what is missing below it is missed; a stranger on top stops it.
    """
    found = standing(wanted(*old), there(*new), kept(*facts))

    assert (None if expected is None else Standing(*expected)) == found


def test_standing_below_a_stranger() -> None:
    """
    Where a stranger may stay below, the history goes on behind the last version that is there at all.
    """
    new = there((0, "a"), (9, "x"))

    assert Standing(1, ()) == standing_below(wanted("a", "b"), new, kept("order"))
    assert Standing(0, ()) == standing_below(wanted("b"), new, kept("order"))


def test_the_same_content_saved_again_is_another_version() -> None:
    """
    Where NEW keeps times, equal contents of other times are told apart.
    """
    assert standing(wanted("a", "a"), there((1, "a")), kept("order", "saved")) == Standing(2, (0,))
