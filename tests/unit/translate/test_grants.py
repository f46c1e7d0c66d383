"""What becomes of one grant: each role, effect, reach, end and kind, on several drives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from lading.connectors.able import refused_grant
from lading.connectors.folder.acl import WORDS
from lading.connectors.profile import AccessRules, Features
from lading.manifest.translate.decided import Decided
from lading.manifest.translate.grants import translate
from lading.manifest.translate.target import Target
from lading.model.access import ANYBODY, Effect, Grant, Membership, Principal, PrincipalKind, Reach, Role
from lading.model.identity import Accept, By, IdentityMap, Match, Outcome
from lading.model.losses import CODES, Feature
from support.foreseen import EVERYBODY, GROUP, GUEST, PERSON, Side, target

LATER = 100

ANNA, BO, GUS = Principal(PERSON, "anna"), Principal(PERSON, "bo"), Principal(GUEST, "gus", owner="anna")
LEFT, LOST = Principal(PERSON, "left", active=False), Principal(PERSON, "lost")
TEAM, WIDE, FEW = Principal(GROUP, "team"), Principal(GROUP, "wide"), Principal(GROUP, "few")
HALL = Principal(PrincipalKind.DEPARTMENT, "hall")
THERE = (ANNA, BO, GUS, TEAM, WIDE, FEW, HALL)
MATCHES = {
    **{it.id: Match(it, Outcome.MAPPED, replace(it, id="n-" + it.id), By.MAIL) for it in THERE},
    "left": Match(LEFT, Outcome.LEFT),
    "lost": Match(LOST, Outcome.MISSING),
}
MATCHES["wide"] = replace(MATCHES["wide"], wider=2)
MATCHES["few"] = replace(MATCHES["few"], fewer=1)
MEMBERS = [
    Membership("team", "anna"),
    Membership("team", "gus"),
    Membership("wide", "bo"),
    Membership("few", "bo"),
]

OURS = Features(
    roles=frozenset(Role) - {Role.NONE, Role.PASS},
    effects=frozenset({Effect.ALLOW, Effect.DENY, Effect.BREAK}),
    expiry=True,
    principals=frozenset(PrincipalKind),
)
NOTHING = Features()
NO_DENIALS = replace(OURS, effects=frozenset({Effect.ALLOW}))
NO_ENDS = replace(OURS, expiry=False)
DAYS = replace(OURS, expiry_grain=24, expiry_offset=3)
COARSE = replace(OURS, roles=frozenset({Role.DOWNLOAD, Role.EDIT}))
HERE_ONLY = replace(OURS, reaches=frozenset({Reach.HERE}))
DRIVES = {
    "ours": OURS,
    "nothing": NOTHING,
    "no_denials": NO_DENIALS,
    "no_ends": NO_ENDS,
    "coarse": COARSE,
    "days": DAYS,
    "here": HERE_ONLY,
}


def to(
    features: Features, *, old: AccessRules | None = None, new: AccessRules | None = None, **matches: Match
) -> Target:
    people = IdentityMap({**MATCHES, **matches}.values())
    ours = Side([match.old for match in MATCHES.values()], MEMBERS, old or AccessRules())
    return target(ours, Side([], rules=new or AccessRules()), people, features)


def grant(who: Principal = ANNA, role: Role = Role.EDIT, **facts: object) -> Grant:
    return Grant(("a",), who, frozenset(), role=role, **facts)  # type: ignore[arg-type]


def one(asked: Grant, features: Features = OURS, **rules: AccessRules) -> Decided:
    (decided,) = translate([asked], to(features, **rules))
    return decided


def given(decided: Decided) -> tuple[str, Role, Reach, int | None] | None:
    new = decided.new
    return None if new is None else (new.principal.id, new.role, new.reach, new.expires)


ROWS: Sequence[tuple[Grant, Features, tuple[str, Role, Reach, int | None] | None, tuple[str, ...]]] = [
    *((grant(role=role), OURS, ("n-anna", role, Reach.ALL, None), ()) for role in list(Role)[2:]),
    *((grant(role=role), NOTHING, None, ("grant.unable",)) for role in list(Role)),
    (grant(role=Role.PASS), OURS, None, ("grant.pass",)),
    (grant(role=Role.NONE), OURS, None, ("grant.nothing",)),
    (grant(role=Role.PREVIEW), COARSE, None, ("grant.no_role",)),
    (grant(role=Role.UPLOAD), COARSE, ("n-anna", Role.DOWNLOAD, Reach.ALL, None), ("grant.role",)),
    (grant(role=Role.MANAGE), COARSE, ("n-anna", Role.EDIT, Reach.ALL, None), ("grant.role",)),
    (grant(expires=LATER), OURS, ("n-anna", Role.EDIT, Reach.ALL, LATER), ()),
    (grant(expires=LATER), NO_ENDS, None, ("grant.expiry",)),
    (grant(expires=99), DAYS, ("n-anna", Role.EDIT, Reach.ALL, 99), ()),
    (grant(expires=LATER), DAYS, ("n-anna", Role.EDIT, Reach.ALL, 99), ("grant.sooner",)),
    (grant(expires=122), DAYS, ("n-anna", Role.EDIT, Reach.ALL, 99), ("grant.sooner",)),
    (grant(expires=123), DAYS, ("n-anna", Role.EDIT, Reach.ALL, 123), ()),
    (grant(expires=2), DAYS, None, ("grant.too_soon",)),
    (grant(effect=Effect.DENY, expires=99), DAYS, ("n-anna", Role.EDIT, Reach.ALL, 99), ()),
    (grant(effect=Effect.DENY, expires=LATER), DAYS, ("n-anna", Role.EDIT, Reach.ALL, 123), ("denial.longer",)),
    (grant(effect=Effect.DENY, expires=2**63 - 1), DAYS, ("n-anna", Role.EDIT, Reach.ALL, None), ("denial.longer",)),
    (grant(reach=Reach.HERE), OURS, None, ("grant.no_reach",)),
    (grant(reach=Reach.BELOW), OURS, None, ("grant.no_reach",)),
    (grant(reach=Reach.LATER), OURS, None, ("grant.later",)),
    (grant(), HERE_ONLY, ("n-anna", Role.EDIT, Reach.HERE, None), ("grant.reach",)),
    (grant(TEAM), OURS, ("n-team", Role.EDIT, Reach.ALL, None), ()),
    (grant(HALL), OURS, ("n-hall", Role.EDIT, Reach.ALL, None), ()),
    (grant(GUS), OURS, ("n-gus", Role.EDIT, Reach.ALL, None), ()),
    (grant(EVERYBODY), OURS, ("", Role.EDIT, Reach.ALL, None), ()),
    (grant(LEFT), OURS, None, ("grant.left",)),
    (grant(LOST), OURS, None, ("grant.nobody",)),
    (grant(Principal(PERSON, "unheard")), OURS, None, ("grant.nobody",)),
    (grant(WIDE), OURS, None, ("grant.wider",)),
    (grant(FEW), OURS, ("n-few", Role.EDIT, Reach.ALL, None), ()),
    (grant(GUS), replace(OURS, principals=frozenset({PERSON})), None, ("grant.kind",)),
    (grant(effect=Effect.DENY), OURS, ("n-anna", Role.EDIT, Reach.ALL, None), ()),
    (grant(effect=Effect.DENY), NO_DENIALS, None, ("denial.unable",)),
    (grant(effect=Effect.DENY), NOTHING, None, ("denial.unable",)),
    (grant(effect=Effect.DENY, role=Role.PASS), OURS, ("n-anna", Role.PREVIEW, Reach.ALL, None), ()),
    (grant(effect=Effect.DENY, role=Role.UPLOAD), COARSE, ("n-anna", Role.DOWNLOAD, Reach.ALL, None), ("denial.role",)),
    (grant(effect=Effect.DENY, role=Role.PREVIEW), COARSE, None, ("denial.no_role",)),
    (grant(effect=Effect.DENY, expires=LATER), NO_ENDS, ("n-anna", Role.EDIT, Reach.ALL, None), ("denial.endless",)),
    (grant(effect=Effect.DENY, reach=Reach.HERE), OURS, ("n-anna", Role.EDIT, Reach.ALL, None), ("denial.reach",)),
    (grant(effect=Effect.DENY), HERE_ONLY, None, ("denial.no_reach",)),
    (grant(LOST, effect=Effect.DENY), OURS, None, ("denial.nobody",)),
    (grant(FEW, effect=Effect.DENY), OURS, ("n-few", Role.EDIT, Reach.ALL, None), ("denial.fewer",)),
    (grant(WIDE, effect=Effect.DENY), OURS, ("n-wide", Role.EDIT, Reach.ALL, None), ()),
    (grant(ANYBODY, Role.NONE, effect=Effect.BREAK), OURS, ("", Role.NONE, Reach.ALL, None), ()),
    (grant(ANYBODY, Role.NONE, effect=Effect.RESET), OURS, ("", Role.NONE, Reach.ALL, None), ("break.denials",)),
    (grant(ANYBODY, Role.NONE, effect=Effect.BREAK), NO_DENIALS, None, ("break.unable",)),
    (grant(expires=-5), OURS, None, ("grant.ended",)),
    (grant(expires=-5, effect=Effect.DENY), NO_DENIALS, None, ("denial.ended",)),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "features", "wanted", "losses"), ROWS)
def test_each_grant_becomes_what_the_table_says(
    asked: Grant, features: Features, wanted: object, losses: tuple[str, ...]
) -> None:
    """Each grant comes out with the role, reach, end and person of NEW, or not at all, with the codes of why."""
    decided = one(asked, features)

    assert wanted == given(decided)
    assert losses == decided.losses


@pytest.mark.parametrize("features", DRIVES.values(), ids=DRIVES)
@pytest.mark.parametrize("effect", Effect)
@pytest.mark.parametrize("reach", Reach)
def test_every_combination_is_decided_and_can_be_set(
    features: Features, effect: Effect, reach: Reach
) -> None:
    """For each role, end and kind: what is set the drive holds, is not above what was, and what is not has a code."""
    for role in Role:
        for expires in (None, LATER):
            for who in (*THERE, LEFT, LOST, EVERYBODY):
                (decided,) = translate(
                    [grant(who, role, effect=effect, reach=reach, expires=expires)], to(features)
                )

                assert decided.new is not None or decided.losses
                assert all(code in CODES for code in decided.losses)
                if decided.new is not None:
                    assert refused_grant(decided.new, features) is None
                if decided.new is not None and effect is Effect.ALLOW:
                    assert decided.new.role <= role
                    assert decided.new.reach in (reach, Reach.HERE)
                    assert decided.new.expires == (expires and features.end_until(expires))
                if decided.new is not None and effect is Effect.DENY:
                    assert decided.new.role <= max(role, Role.PREVIEW)


def test_an_allowance_that_a_person_accepts_goes_to_the_wider_group() -> None:
    """Only where the map says `wider` is a grant given to a group that has more people."""
    accepted = replace(MATCHES["wide"], accept=frozenset({Accept.WIDER}))
    (decided,) = translate([grant(WIDE)], to(OURS, wide=accepted))

    assert ("n-wide", Role.EDIT, Reach.ALL, None) == given(decided)


def test_an_end_that_cannot_be_held_is_left_to_people_only_where_they_say_so() -> None:
    """With the operator's word a grant is set without its end, and says so; a guest's own end is never left out."""
    told = replace(to(NO_ENDS), endless=True)
    ending = Match(replace(GUS, until=LATER), Outcome.MAPPED, replace(GUS, id="n-gus"))

    (decided,) = translate([grant(expires=LATER)], told)
    assert ("n-anna", Role.EDIT, Reach.ALL, None) == given(decided)
    assert ("grant.expiry_by_hand",) == decided.losses
    (decided,) = translate([grant(GUS)], replace(to(NO_ENDS, gus=ending), endless=True))
    assert (None, ("grant.expiry",)) == (decided.new, decided.losses)
    (decided,) = translate([grant(GUS)], to(OURS, gus=ending))
    assert ("n-gus", Role.EDIT, Reach.ALL, LATER) == given(decided)


def test_a_guest_ends_at_the_moment_before_that_the_new_drive_can_hold() -> None:
    """The end of a guest is rounded down as that of a grant; one that would have passed gives nothing."""
    ending = Match(replace(GUS, until=LATER), Outcome.MAPPED, replace(GUS, id="n-gus"))

    (decided,) = translate([grant(GUS)], to(DAYS, gus=ending))
    assert ("n-gus", Role.EDIT, Reach.ALL, 99) == given(decided)
    assert ("grant.guest_end", "grant.sooner") == decided.losses
    (decided,) = translate([grant(GUS)], replace(to(DAYS, gus=ending), now=99))
    assert (None, ("grant.guest_end", "grant.too_soon")) == (decided.new, decided.losses)


def test_rights_between_two_roles_are_told() -> None:
    """Words of OLD that are no role exactly become the role below, and the loss is told; exact ones are no loss."""
    posix = AccessRules(words=WORDS)

    assert () == one(replace(grant(), rights=frozenset("rw")), old=posix).losses
    assert () == one(replace(grant(), rights=frozenset({"edit"}))).losses
    assert ("grant.words", "grant.pass") == one(
        replace(grant(role=Role.PASS), rights=frozenset("xw")), old=posix
    ).losses
    assert ("grant.words", "grant.no_role") == one(
        replace(grant(role=Role.NONE), rights=frozenset("w")), old=posix
    ).losses


def test_caps_of_both_drives_hold() -> None:
    """What OLD never let a guest have is not given in NEW, not through a group either; caps of NEW are told."""
    capped = AccessRules(caps=((GUEST, Role.DOWNLOAD),))

    assert ("n-gus", Role.DOWNLOAD, Reach.ALL, None) == given(one(grant(GUS), old=capped))
    assert ("n-team", Role.DOWNLOAD, Reach.ALL, None) == given(one(grant(TEAM), old=capped))
    assert ("grant.guests",) == one(grant(TEAM), old=capped).losses
    assert () == one(grant(TEAM), old=capped, new=capped).losses
    assert ("grant.cap",) == one(grant(GUS), new=capped).losses


@pytest.mark.parametrize(
    ("guests_old", "guests_new", "losses", "denied"),
    [
        (False, False, (), ()),
        (False, True, ("grant.everybody",), ()),
        (True, False, ("grant.no_guests",), ("denial.everybody",)),
        (True, True, (), ()),
    ],
)
def test_everybody_never_comes_to_mean_more(
    guests_old: bool, guests_new: bool, losses: tuple[str, ...], denied: tuple[str, ...]
) -> None:
    """Everybody with guests in NEW only gets nothing; a denial of everybody that spares guests does not hold."""
    rules = {
        "old": AccessRules(everybody_guests=guests_old),
        "new": AccessRules(everybody_guests=guests_new),
    }
    denial = one(grant(EVERYBODY, effect=Effect.DENY), **rules)

    assert losses == one(grant(EVERYBODY), **rules).losses
    assert denied == denial.losses
    assert denial.holds is not bool(denied)


def ranked(*rules: tuple[int, Principal, Role]) -> list[Grant]:
    return [grant(who, role, rank=rank) for rank, who, role in rules]


def test_where_the_first_rule_decides_a_denial_says_it() -> None:
    """An owner with less than the others is denied the difference; where nothing differs nothing is added."""
    less = translate(ranked((0, ANNA, Role.DOWNLOAD), (3, EVERYBODY, Role.EDIT)), to(OURS))
    plain = translate(ranked((0, ANNA, Role.EDIT), (2, TEAM, Role.DOWNLOAD)), to(OURS))

    assert [None] == [it.old for it in less[2:]]
    assert [("n-anna", Role.UPLOAD, Reach.ALL, None)] == [given(it) for it in less[2:]]
    assert ("grant.first_rule_denied",) == less[1].losses
    assert [(), ()] == [it.losses for it in plain]


@pytest.mark.parametrize("features", [NO_DENIALS, COARSE])
def test_where_no_denial_can_say_it_the_later_rule_is_lowered(features: Features) -> None:
    """Without a denial that takes just the difference, the later rule gives no more than the earlier one."""
    decided = translate(ranked((0, ANNA, Role.DOWNLOAD), (3, EVERYBODY, Role.EDIT)), to(features))

    assert ("", Role.DOWNLOAD, Reach.ALL, None) == given(decided[1])
    assert ("grant.first_rule",) == decided[1].losses
    assert 2 == len(decided)


def test_a_denial_beside_takes_nothing_from_an_earlier_rule() -> None:
    """A group's own little right is not put on its owner: then the later rule is lowered instead."""
    decided = translate(
        ranked((0, ANNA, Role.EDIT), (2, TEAM, Role.DOWNLOAD), (3, EVERYBODY, Role.EDIT)), to(OURS)
    )

    assert ("n-anna", Role.EDIT, Reach.ALL, None) == given(decided[0])
    assert ("", Role.DOWNLOAD, Reach.ALL, None) == given(decided[2])
    assert 3 == len(decided)


def test_people_who_cannot_be_meant_by_both_rules_change_nothing() -> None:
    """A rule about somebody outside the group neither lowers the group's rule nor adds a denial."""
    decided = translate(ranked((1, BO, Role.DOWNLOAD), (2, TEAM, Role.EDIT)), to(NO_DENIALS))

    assert [(), ()] == [it.losses for it in decided]


def test_two_grants_to_one_principal_become_one() -> None:
    """Of two allowances the larger stays, of two denials the stricter, whatever their order."""
    small, large = grant(role=Role.DOWNLOAD), grant(role=Role.EDIT)
    longer = grant(role=Role.PREVIEW)
    ending = grant(role=Role.EDIT, expires=LATER)
    for pair in ([small, large], [large, small]):
        allowed = translate(pair, to(OURS))
        denied = translate([replace(it, effect=Effect.DENY) for it in pair], to(OURS))

        assert [("n-anna", Role.EDIT, Reach.ALL, None)] == [given(it) for it in allowed if it.new]
        assert [("grant.merged",)] == [it.losses for it in allowed if not it.new]
        assert [("n-anna", Role.DOWNLOAD, Reach.ALL, None)] == [given(it) for it in denied if it.new]
        assert {True} == {it.holds for it in denied}
    assert [(), ("grant.second",)] == [it.losses for it in translate([ending, longer], to(OURS))]


def test_denials_that_end_and_do_not_end_become_one_without_an_end() -> None:
    """Of two denials one of which ends, the one that is made does not."""
    denials = [grant(effect=Effect.DENY, expires=LATER), grant(effect=Effect.DENY)]

    assert [("n-anna", Role.EDIT, Reach.ALL, None)] == [
        given(it) for it in translate(denials, to(OURS)) if it.new
    ]


def test_a_reset_never_takes_the_place_of_a_break() -> None:
    """A drive that can only end everything is not given a break: the denials from above would end."""
    features = replace(OURS, effects=frozenset({Effect.ALLOW, Effect.DENY, Effect.RESET}))
    decided = one(grant(ANYBODY, Role.NONE, effect=Effect.BREAK), features)

    assert (None, ("break.unable",), False) == (decided.new, decided.losses, decided.holds)


def test_on_a_file_here_means_all() -> None:
    """A grant on a file alone can be held by a drive whose grants reach all below."""
    (decided,) = translate([grant(reach=Reach.HERE)], to(OURS), folder=False)

    assert ("n-anna", Role.EDIT, Reach.ALL, None) == given(decided)
    assert () == decided.losses


def test_codes_belong_to_what_they_happen_to() -> None:
    """Codes of allowances, denials and breaks are counted under the feature of the same name."""
    wanted = {
        "grant": Feature.GRANTS,
        "denial": Feature.DENIALS,
        "break": Feature.BREAKS,
        "link": Feature.LINKS,
    }

    for code, loss in CODES.items():
        prefix = code.partition(".")[0]
        assert wanted.get(prefix, loss.feature) is loss.feature
