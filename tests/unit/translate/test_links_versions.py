"""What becomes of links and versions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lading.connectors.able import refused_link
from lading.connectors.profile import AccessRules, Features, Profile
from lading.manifest.translate.links import carry_link
from lading.manifest.translate.target import Target
from lading.manifest.translate.versions import carry_version
from lading.model.access import Link, Principal, Role, Version
from lading.model.identity import IdentityMap, Match, Outcome
from support.foreseen import GUEST, PERSON, Side

ANNA, GUS, LEFT = Principal(PERSON, "anna"), Principal(GUEST, "gus"), Principal(PERSON, "left", active=False)
PEOPLE = IdentityMap(
    [
        Match(ANNA, Outcome.MAPPED, Principal(PERSON, "n-anna")),
        Match(LEFT, Outcome.LEFT, Principal(PERSON, "n-left", active=False)),
        Match(GUS, Outcome.OUTSIDE),
    ]
)
LIMITS = frozenset({"password", "expires", "limit", "version", "inside"})
ALL = Features(
    versions=frozenset({"order", "saved", "modified", "author", "label"}),
    links=LIMITS,
    link_roles=frozenset({Role.PREVIEW, Role.DOWNLOAD}),
)
LINK = Link(("a",), "l1", frozenset({"download"}), role=Role.DOWNLOAD, by="anna")
VERSION = Version("v1", saved=7_000, size=10, author="anna", modified=5_000, label="final")


def to(features: Features = ALL, **profile: object) -> Target:
    told = Profile(kind="t", address="", features=features, **profile)  # type: ignore[arg-type]
    return Target(told, AccessRules(), PEOPLE, Side([ANNA, GUS, LEFT]).circles(), now=0)


@pytest.mark.parametrize(
    ("limit", "facts", "code"),
    [
        ("password", {"has_password": True}, "link.no_password"),
        ("expires", {"expires": 50}, "link.no_expiry"),
        ("limit", {"limit": 5}, "link.no_limit"),
        ("version", {"version": "v1"}, "link.no_version"),
        ("inside", {"inside": True}, "link.not_inside"),
    ],
)
def test_a_limit_that_cannot_be_held_means_no_link(limit: str, facts: dict[str, object], code: str) -> None:
    """With the limit the link is made and keeps it; without it none is made, whatever else NEW can."""
    link = replace(LINK, **facts)  # type: ignore[arg-type]
    made, without = carry_link(link, to()), carry_link(link, to(replace(ALL, links=LIMITS - {limit})))

    assert made.new == replace(link, id="", rights=frozenset(), by="n-anna")
    assert (None, (code,)) == without
    assert refused_link(made.new, "pw" if made.new.has_password else None, ALL) is None


@pytest.mark.parametrize(
    ("ends", "held", "losses"),
    [
        (51, 51, ("link.new",)),
        (52, 51, ("link.new", "link.sooner")),
        (74, 51, ("link.new", "link.sooner")),
        (75, 75, ("link.new",)),
        (2, None, ("link.too_soon",)),
    ],
)
def test_a_link_ends_at_the_moment_before_that_the_new_drive_can_hold(
    ends: int, held: int | None, losses: tuple[str, ...]
) -> None:
    """Never later; one that would have ended by now is not made."""
    days = replace(ALL, expiry_grain=24, expiry_offset=3)
    made = carry_link(replace(LINK, expires=ends), to(days))

    assert losses == made.losses
    assert held == (None if made.new is None else made.new.expires)
    assert made.new is None or refused_link(made.new, None, days) is None


@pytest.mark.parametrize(
    ("link", "features", "role", "losses"),
    [
        (LINK, ALL, Role.DOWNLOAD, ("link.new",)),
        (replace(LINK, role=Role.EDIT, rights=frozenset({"edit"})), ALL, Role.DOWNLOAD, ("link.new", "link.role")),
        (replace(LINK, rights=frozenset({"read", "share"})), ALL, Role.DOWNLOAD, ("link.new", "link.words")),
        (replace(LINK, role=Role.PASS), ALL, None, ("link.words", "link.no_role")),
        (LINK, replace(ALL, link_roles=frozenset()), None, ("link.unable",)),
        (replace(LINK, has_password=True), ALL, Role.DOWNLOAD, ("link.new", "link.password")),
        (replace(LINK, by="left"), ALL, None, ("link.maker",)),
        (replace(LINK, by="gus"), ALL, None, ("link.maker",)),
        (replace(LINK, by="unheard"), ALL, None, ("link.maker",)),
        (replace(LINK, by=""), ALL, Role.DOWNLOAD, ("link.new",)),
        (replace(LINK, expires=0), ALL, None, ("link.ended",)),
        (replace(LINK, limit=3, used=3), ALL, None, ("link.spent",)),
        (replace(LINK, version="v"), replace(ALL, versions=frozenset()), None, ("link.no_version",)),
    ],
)  # fmt: skip
def test_each_link_becomes_what_the_table_says(
    link: Link, features: Features, role: Role | None, losses: tuple[str, ...]
) -> None:
    """Each link comes out with its role or not at all, with the codes of why."""
    made = carry_link(link, to(features))

    assert role == (made.new.role if made.new else None)
    assert losses == made.losses


def test_downloads_that_are_gone_stay_gone() -> None:
    """A link that was used twice of five times is made for three."""
    made = carry_link(replace(LINK, limit=5, used=2), to())

    assert made.new is not None
    assert (3, 0) == (made.new.limit, made.new.used)
    assert ("link.new", "link.rest") == made.losses


@pytest.mark.parametrize(
    ("newer", "keeps", "profile", "losses"),
    [
        (1, ALL.versions, {}, ()),
        (0, ALL.versions, {}, ()),
        (1, ALL.versions - {"order"}, {}, ("version.order",)),
        (1, ALL.versions - {"saved"}, {}, ("version_time.saved",)),
        (1, ALL.versions - {"modified"}, {}, ("version_time.modified",)),
        (1, ALL.versions - {"author"}, {}, ("version_author.lost",)),
        (1, ALL.versions - {"label"}, {}, ("version_label.lost",)),
        (1, ALL.versions, {"clock_grain": 3_000}, ("version_time.rounded",)),
        (1, ALL.versions, {"modified_range": (6_000, 9_000)}, ("version_time.rounded",)),
        (1, frozenset(), {}, ("version.none", "version_time.gone", "version_author.gone", "version_label.gone")),
        (0, frozenset(), {}, ("version_time.saved", "version_author.lost", "version_label.lost")),
        (0, frozenset(), {"keeps_modified": False}, ("version_time.saved", "version_time.modified", "version_author.lost", "version_label.lost")),
        (1, ALL.versions, {"size_limit": 9}, ("version.too_large", "version_time.gone", "version_author.gone", "version_label.gone")),
    ],
)  # fmt: skip
def test_each_fact_of_a_version_is_kept_or_told(
    newer: int, keeps: frozenset[str], profile: dict[str, object], losses: tuple[str, ...]
) -> None:
    """What NEW does not keep of a version is told by its code; what it keeps is not."""
    carried = carry_version(VERSION, newer, to(replace(ALL, versions=keeps), **profile))

    assert losses == carried.losses
    assert (carried.new is None) is ("version_time.gone" in losses)


@pytest.mark.parametrize(("newer", "gone"), [(0, False), (1, False), (2, True), (9, True)])
def test_versions_beyond_the_limit_do_not_arrive(newer: int, gone: bool) -> None:
    """Of a drive that keeps two, the current content and the one before it arrive."""
    carried = carry_version(VERSION, newer, to(replace(ALL, version_limit=2)))

    assert gone is (carried.new is None)


@pytest.mark.parametrize(
    ("author", "wanted", "losses"),
    [
        ("anna", "n-anna", ()),
        ("left", "n-left", ()),
        ("gus", "", ("version_author.nobody",)),
        ("unheard", "", ("version_author.nobody",)),
        ("", "", ()),
    ],
)
def test_nobody_is_made_the_author_of_what_they_did_not_write(
    author: str, wanted: str, losses: tuple[str, ...]
) -> None:
    """An author who is nobody of NEW is left out, never replaced; one who left keeps what they wrote."""
    carried = carry_version(replace(VERSION, author=author), 1, to())

    assert carried.new is not None
    assert (wanted, losses) == (carried.new.author, carried.losses)
