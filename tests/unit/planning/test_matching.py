"""Who of OLD is who of NEW: never the wrong namesake, never one for two, whatever the order."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.manifest.circles import Circles
from lading.model.access import Membership, Principal, PrincipalKind
from lading.model.errors import BadRequest
from lading.model.identity import Accept, By, IdentityMap, Key, Match, Outcome, Why, key_of
from lading.stages.planning.groups import with_members
from lading.stages.planning.matching import Decided, How, match_people
from lading.stages.planning.rules import rule

PERSON, GUEST = PrincipalKind.PERSON, PrincipalKind.GUEST
GROUP, DEPARTMENT = PrincipalKind.GROUP, PrincipalKind.DEPARTMENT


def person(id_: str, **facts: object) -> Principal:
    return Principal(PERSON, id_, **facts)  # type: ignore[arg-type]


def only(
    old: Principal, *new: Principal, how: How | None = None, others: tuple[Principal, ...] = ()
) -> Match:
    found = match_people((old, *others), new, how or How())
    match = found.find(old.kind, old.id)
    assert match is not None
    return match


def rules(*texts: str) -> How:
    return How(rules=tuple(map(rule, texts)))


@pytest.mark.parametrize(
    ("old", "new", "by"),
    [
        (person("1", mail="Lin@Firm.example"), person("9", mail="lin@firm.EXAMPLE"), By.MAIL),
        (person("1", mail="a@x", name="Ann"), person("9", mail="a@x", name="Anna Lin"), By.MAIL),
        (
            person("1", mail="a@x", login="somebody", name="Ann"),
            person("9", mail="a@x", login="ann"),
            By.MAIL,
        ),
        (person("1", login="LIN", name="林晓"), person("9", login="lin", name="林晓"), By.LOGIN),
        (person("1", login="lin", mail="lin@old"), person("9", login="lin", mail="lin@new"), By.LOGIN),
        (person("1", name="林晓"), person("9", name=" 林晓 "), By.NAME),
        (person("1", name="Zoé"), person("9", name=unicodedata.normalize("NFD", "zoé")), By.NAME),
        (Principal(GROUP, "1", "财务部"), Principal(GROUP, "9", "财务部"), By.NAME),
        (Principal(GROUP, "1", "财务部"), Principal(DEPARTMENT, "9", "财务部"), By.NAME),
        (Principal(GUEST, "1", mail="g@bank"), Principal(GUEST, "9", mail="G@bank"), By.MAIL),
    ],
)
def test_people_are_found(old: Principal, new: Principal, by: By) -> None:
    """Mail, login and name find people and groups without regard to case and Unicode form."""
    match = only(old, new, person("8", name="somebody", login="somebody"))

    assert (Outcome.MAPPED, new, by) == (match.outcome, match.new, match.by)


@pytest.mark.parametrize(
    ("old", "new", "others", "why"),
    [
        (person("1", name="Lin"), [person("8", name="Lin"), person("9", name="lin")], (), Why.SEVERAL_NEW),
        (person("1", name="Lin"), [person("9", name="Lin")], (person("2", name="LIN"),), Why.SEVERAL_OLD),
        (person("1", name="Lin"), [person("9", name="Lin")], (person("2", name="Lin", active=False),), Why.SEVERAL_OLD),
        (person("1", name="Lin", mail="a@x"), [person("9", name="Lin", mail="b@x")], (), Why.MAIL_DIFFERS),
        (person("1", name="Lin", mail="a@x"), [person("9", name="Lin", mail="a@y")], (), Why.MAIL_DIFFERS),
        (person("1", name="Lin", login="l1"), [person("9", name="Lin", login="l2")], (), Why.LOGIN_DIFFERS),
        (person("1", login="lin", mail="lx@x"), [person("9", login="lin", mail="lt@x")], (), Why.MAIL_DIFFERS),
        (person("1", login="lin", name="林晓"), [person("9", login="lin", name="林涛")], (), Why.NAME_DIFFERS),
        (person("1", mail="a@x"), [person("9", mail="a@x", active=False)], (), Why.INACTIVE),
        (person("1", mail="a@x"), [person("9", mail="a@x", login="b")], (person("2", login="b"),), Why.SHARED),
        (
            person("1", name="Lin", mail="a@x", login="a"),
            [person("8", name="Lin", mail="a@x", login="b"), person("9", name="Lin", mail="b@x", login="a")],
            (),
            Why.LOGIN_DIFFERS,
        ),
    ],
)  # fmt: skip
def test_in_doubt_nobody_is_mapped(
    old: Principal, new: list[Principal], others: tuple[Principal, ...], why: Why
) -> None:
    """Whoever is not certain is ambiguous, with the reason and those who come into question."""
    match = only(old, *new, others=others)

    assert (Outcome.AMBIGUOUS, None, why) == (match.outcome, match.new, match.why)
    assert set(match.candidates) <= set(new)
    assert match.candidates


def test_a_login_that_is_repeated_as_a_name_is_no_name() -> None:
    """Where a file server knows logins only, the name in NEW does not speak against them."""
    match = only(person("1000", name="lin", login="lin"), person("9", name="林晓", login="lin"))

    assert Outcome.MAPPED is match.outcome


def test_who_left_is_left_and_still_known() -> None:
    """Somebody inactive in OLD gets nothing; who they are in NEW is kept for what they wrote."""
    there = person("9", mail="a@x", active=False)
    known = only(person("1", mail="a@x", active=False), there)
    unknown = only(person("1", mail="b@x", active=False), there)

    assert (Outcome.LEFT, there) == (known.outcome, known.new)
    assert (Outcome.LEFT, None) == (unknown.outcome, unknown.new)


def test_guests_stay_outside() -> None:
    """A guest is never somebody of the firm, by no rule about domains, and not by name."""
    guest = Principal(GUEST, "1", name="Ann", mail="ann@bank.example", login="ann")
    inside = person("9", name="Ann", mail="ann@bank.example", login="ann")
    other = Principal(GUEST, "8", name="Ann", mail="ann@firm.example")
    how = rules("mail:{x}@bank.example=mail:{x}@firm.example")

    assert Outcome.OUTSIDE is only(guest, inside, how=how).outcome
    assert Outcome.OUTSIDE is only(guest, other, how=how).outcome


def test_groups_are_never_people() -> None:
    """Neither a person with the same name nor one with the same id is a group."""
    match = only(Principal(GROUP, "1", "Credit"), person("1", name="Credit"), how=How(order=(By.ID, By.NAME)))

    assert Outcome.MISSING is match.outcome


def test_departments_of_one_name_are_told_apart_by_those_above() -> None:
    """Two departments with one name map each to the one below the same department; without it both are ambiguous."""

    def firm(prefix: str, *tops: str) -> list[Principal]:
        return [
            one
            for top in tops
            for one in (
                Principal(DEPARTMENT, prefix + top, top),
                Principal(DEPARTMENT, f"{prefix}{top}-g", "综合部", parent=prefix + top),
            )
        ]

    found = match_people(firm("o", "北京", "上海"), firm("n", "上海", "北京"), How())
    unsure = match_people(firm("o", "北京", "上海"), firm("n", "广州", "深圳"), How())

    assert {"o北京": "n北京", "o北京-g": "n北京-g", "o上海": "n上海", "o上海-g": "n上海-g"} == {
        it.old.id: it.new.id for it in found if it.new
    }
    assert {Outcome.AMBIGUOUS} == {it.outcome for it in unsure if it.old.parent}


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (r"login:CORP\{x}=login:{x}", person("1", login=r"corp\Lin"), person("9", login="lin")),
        ("mail:{x}@old.example=mail:{x}@new.example", person("1", mail="L@old.example"), person("9", mail="l@new.example")),
        ("login:/(.+)[.]ext/=login:{1}", person("1", login="lin.ext"), person("9", login="lin")),
        ("name:GG_{x}=name:{x}", Principal(GROUP, "1", "gg_Credit"), Principal(GROUP, "9", "Credit")),
        ("id:{x}=login:{x}", person("lin"), person("9", login="lin")),
        ("login:{x}.{x}=login:{x}", person("1", login="lin.lin"), person("9", login="lin")),
    ],
)  # fmt: skip
def test_rules_lead_to_people(text: str, old: Principal, new: Principal) -> None:
    """A template or a regular expression turns what OLD says into what NEW says."""
    match = only(old, new, how=rules(text))

    assert (new, By.RULE) == (match.new, match.by)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "login",
        "login:x",
        "size:{x}=login:{x}",
        "login:/(/=login:{1}",
        "login:{x}=login:{y}",
        "login:a=login:{1}",
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(text: str) -> None:
    """A rule that cannot be read, or uses what its pattern does not have, is no traceback."""
    with pytest.raises(BadRequest, match="--rule"):
        rule(text)


def test_decisions_of_people_stand() -> None:
    """A line of the map beats all that was found; whom it takes nobody else gets without being told."""
    old = [person("1", mail="a@x"), person("2", name="B"), person("3", mail="c@x")]
    new = [person("8", mail="a@x"), person("9", mail="c@x")]
    decided = {Key(PERSON, "1"): Decided(Key(PERSON, "9")), Key(PERSON, "2"): Decided(None)}
    found = match_people(old, new, How(decided=decided))

    assert [
        (Outcome.MAPPED, "9"),
        (Outcome.UNMAPPED, None),
        (Outcome.AMBIGUOUS, None),
    ] == [(it.outcome, it.new and it.new.id) for it in sorted(found, key=lambda it: it.old.id)]


_words = st.sampled_from(["", "lin", "Lin", "zo\u00e9", "zoe\u0301", "chen"])
_mails = st.sampled_from(["", "lin@x", "LIN@x", "lin@y", "chen@x"])
_people = st.builds(
    Principal,
    kind=st.sampled_from(PrincipalKind),
    id=st.sampled_from("123456"),
    name=_words,
    mail=_mails,
    login=_words,
    active=st.booleans(),
)
_tables = st.lists(_people, max_size=7, unique_by=key_of)
_hows = st.builds(
    How,
    order=st.permutations(list(By)[:5]).map(tuple),
    rules=st.sampled_from([(), (rule("mail:{a}@x=mail:{a}@y"),), (rule("login:{a}=name:{a}"),)]),
)


@settings(max_examples=400, deadline=None)
@given(_tables, _tables, _hows, st.randoms())
def test_no_mix_up_whatever_the_tables_hold(
    old: list[Principal], new: list[Principal], how: How, random: object
) -> None:
    """Never one of NEW for two of OLD, never another kind, never a namesake with another mail; in any order the same."""
    found = match_people(old, new, how)
    mapped = [match for match in found if match.new is not None]
    shuffled = old[:], new[:]
    for table in shuffled:
        random.shuffle(table)  # type: ignore[attr-defined]

    assert len({key_of(match.new) for match in mapped if match.new}) == len(mapped)
    for match in mapped:
        assert match.new is not None
        assert match.new in new
        groups = (GROUP, DEPARTMENT)
        assert match.old.kind is match.new.kind or (match.old.kind in groups and match.new.kind in groups)
        if match.by is By.NAME and match.old.mail and match.new.mail and match.old.kind is PERSON:
            assert match.old.mail.casefold() == match.new.mail.casefold()
        if match.old.kind is GUEST:
            assert match.by not in (By.NAME, By.RULE)
    assert {it.outcome for it in found if not it.old.active} <= {Outcome.LEFT}
    assert sum(it.kind is not PrincipalKind.EVERYBODY for it in old) == len(found)
    assert found.digest == match_people(*shuffled, how).digest


def test_groups_are_held_against_each_other() -> None:
    """More people in NEW are counted, fewer too, through nested groups; who left counts on neither side."""
    old = [
        person("a"),
        person("b"),
        person("gone", active=False),
        Principal(GROUP, "g"),
        Principal(GROUP, "h"),
    ]
    new = [replace(it, id="n" + it.id) for it in old] + [person("extra")]
    people = IdentityMap(
        Match(it, Outcome.MAPPED if it.active else Outcome.LEFT, there)
        for it, there in zip(old, new, strict=False)
    )
    ours = [Membership(*pair) for pair in (("g", "a"), ("g", "h"), ("h", "b"), ("g", "gone"))]
    theirs = [Membership(*pair) for pair in (("ng", "na"), ("ng", "extra"), ("nh", "nb"))]
    held = with_members(people, Circles(old, ours), Circles(new, theirs))
    unknown = with_members(people, Circles(old, ours), Circles(new, None))
    g, h = held.find(GROUP, "g"), held.find(GROUP, "h")

    assert g is not None
    assert h is not None
    assert (1, 1, True, True) == (g.wider, g.fewer, g.widens, g.spares)
    assert (0, 0) == (h.wider, h.fewer)
    assert not replace(g, accept=frozenset({Accept.WIDER})).widens
    assert (None, None) == (unknown.find(GROUP, "g").wider, unknown.find(GROUP, "g").fewer)  # type: ignore[union-attr]
