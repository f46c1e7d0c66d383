"""
What a drive promises that takes grants and links.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from lading.connectors.able import EVERYWHERE
from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT
from lading.connectors.facets import Grants, Links
from lading.model.access import ANYBODY, Effect, Grant, Link, Principal, PrincipalKind, Reach, Role
from lading.model.errors import NotFound, Unable
from lading.model.paths import ROOT

from .support import Base, OpenDrive, walked

FOLDER = ("项目",)
FILE = ("项目", "合同.docx")
LATE = 4_000_000_000_000_000_000
PASSWORD = "一个 long enough secret"


class GrantContract(Base):
    """Grants that are given, where the drive takes any."""

    @pytest.fixture
    def grants(self, drive: Drive) -> Grants:
        """The facet of a drive that takes grants; a folder with a file in it is there."""
        if drive.grants is None or Effect.ALLOW not in drive.profile.features.effects:
            pytest.skip("the drive takes no grants")
        _furnish(drive)
        return drive.grants

    @pytest.fixture
    def somebody(self, drive: Drive, known: Sequence[Principal]) -> Principal:
        """A person to whom grants are given."""
        kinds = drive.profile.features.principals
        return next(
            one for one in known if one.kind is PrincipalKind.PERSON and one.kind in kinds and one.active
        )

    def test_each_role_is_given_and_taken(
        self, open_drive: OpenDrive, drive: Drive, grants: Grants, somebody: Principal
    ) -> None:
        """A grant is told on its entry as it was given, takes the place of the one before, and goes again."""
        for role in sorted(drive.profile.features.roles):
            grant = Grant(FILE, somebody, frozenset(), role=role)
            grants.set(grant)
            grants.set(grant)
            assert [_terms(grant)] == _of(open_drive(), FILE, somebody)
        assert [] == _of(drive, FOLDER, somebody)

        grants.unset(grant)
        grants.unset(grant)
        assert [] == _of(open_drive(), FILE, somebody)

    def test_all_kinds_of_principals(self, drive: Drive, grants: Grants, known: Sequence[Principal]) -> None:
        """Groups stay groups: a grant names whom it was given to."""
        receivers = [one for one in known if one.kind in drive.profile.features.principals and one.active]
        role = min(drive.profile.features.roles)
        for one in receivers:
            grants.set(Grant(FOLDER, one, frozenset(), role=role))

        told = {
            (grant.principal.kind, grant.principal.id) for grant in grants.list(FOLDER) if grant.role is role
        }
        assert {(one.kind, one.id) for one in receivers} <= told

    def test_a_denial_stands_beside_an_allowance(
        self, drive: Drive, grants: Grants, somebody: Principal
    ) -> None:
        """Each effect is told as what it is; taking one away leaves the other."""
        _needs(Effect.DENY in drive.profile.features.effects, "denials")
        role = max(drive.profile.features.roles - {Role.MANAGE})
        allow = Grant(FILE, somebody, frozenset(), role=role)
        deny = replace(allow, effect=Effect.DENY)
        grants.set(allow)
        grants.set(deny)
        both = _of(drive, FILE, somebody)
        grants.unset(allow)

        assert sorted([_terms(allow), _terms(deny)]) == sorted(both)
        assert [_terms(deny)] == _of(drive, FILE, somebody)

    @pytest.mark.parametrize("effect", EVERYWHERE)
    def test_inheritance_ends_and_comes_back(self, drive: Drive, grants: Grants, effect: Effect) -> None:
        """A break is told on its entry alone, twice is no error, and it can be taken back."""
        _needs(effect in drive.profile.features.effects, str(effect))
        grant = Grant(FOLDER, ANYBODY, frozenset(), effect)
        grants.set(grant)
        grants.set(grant)
        told = [[one.effect for one in grants.list(path) if one.effect is effect] for path in (FOLDER, FILE)]
        grants.unset(grant)
        grants.unset(grant)

        assert [[effect], []] == told
        assert effect not in {one.effect for one in grants.list(FOLDER)}

    def test_grants_end_when_they_say(self, drive: Drive, grants: Grants, somebody: Principal) -> None:
        """An expiry is told to the nanosecond; one that the drive cannot hold so is refused."""
        features = drive.profile.features
        grant = Grant(FILE, somebody, frozenset(), role=min(features.roles), expires=LATE + 7)
        if not features.expiry or features.end_until(LATE + 7) != LATE + 7:
            _refused(drive, grant)
        if features.expiry:
            held = replace(grant, expires=features.end_until(LATE + 7))
            grants.set(held)
            assert [_terms(held)] == _of(drive, FILE, somebody)

    def test_an_end_is_moved_and_taken_away(self, drive: Drive, grants: Grants, somebody: Principal) -> None:
        """A grant that is set again ends when it says now, also sooner, also never."""
        features = drive.profile.features
        _needs(features.expiry, "grants that end")
        plain = Grant(FILE, somebody, frozenset(), role=min(features.roles))
        ends = [features.end_until(LATE + later) for later in (7, 0, 3 * 86_400 * 10**9)]
        wanted = [replace(plain, expires=end) for end in (*ends, None, ends[0])]
        told = []
        for grant in wanted:
            grants.set(grant)
            told += _of(drive, FILE, somebody)

        assert [_terms(grant) for grant in wanted] == told

    @pytest.mark.parametrize("reach", Reach)
    def test_each_reach_is_kept_or_refused(
        self, drive: Drive, grants: Grants, somebody: Principal, reach: Reach
    ) -> None:
        """A grant never reaches further than it was given."""
        grant = Grant(FOLDER, somebody, frozenset(), reach=reach, role=min(drive.profile.features.roles))
        if reach in drive.profile.features.reaches:
            grants.set(grant)
            assert [_terms(grant)] == _of(drive, FOLDER, somebody)
        else:
            _refused(drive, grant)

    def test_what_cannot_be_held_is_refused(self, drive: Drive, grants: Grants, somebody: Principal) -> None:
        """A role, an effect or an order that the profile does not name gives nothing else in its place."""
        features = drive.profile.features
        plain = Grant(FOLDER, somebody, frozenset(), role=min(features.roles))
        for role in set(Role) - features.roles:
            _refused(drive, replace(plain, role=role))
        for effect in set(Effect) - features.effects:
            _refused(drive, replace(plain, effect=effect))
        _refused(drive, replace(plain, rank=1))

    def test_grants_of_nobody_and_on_nothing(self, drive: Drive, grants: Grants, somebody: Principal) -> None:
        """Who or what is not there gets none; taking away from them is no error."""
        role = min(drive.profile.features.roles)
        for grant in (
            Grant(FOLDER, Principal(PrincipalKind.PERSON, "nobody-of-this-id"), frozenset(), role=role),
            Grant(("none",), somebody, frozenset(), role=role),
        ):
            with pytest.raises(NotFound):
                grants.set(grant)
            grants.unset(grant)
        with pytest.raises(NotFound):
            grants.list(("none",))

    def test_grants_stay_through_a_move(self, drive: Drive, grants: Grants, somebody: Principal) -> None:
        """An entry that is moved keeps what was given on it."""
        if drive.moves is None:
            pytest.skip("the drive offers no moves")
        grant = Grant(FOLDER, somebody, frozenset(), role=min(drive.profile.features.roles))
        grants.set(grant)
        drive.moves.move(FOLDER, ("moved",), expect=ABSENT)

        assert [_terms(grant)] == _of(drive, ("moved",), somebody)

    def test_all_grants_agree_with_each(
        self, drive: Drive, grants: Grants, known: Sequence[Principal]
    ) -> None:
        """What is told of the whole drive is what each entry tells."""
        features = drive.profile.features
        for path in (FOLDER, FILE):
            for one in [one for one in known if one.kind in features.principals and one.active]:
                grants.set(Grant(path, one, frozenset(), role=min(features.roles)))
        if Effect.BREAK in features.effects:
            grants.set(Grant(FOLDER, ANYBODY, frozenset(), Effect.BREAK))
        told = grants.all()
        if told is None:
            pytest.skip("the drive has to be asked entry by entry")
        each = [grant for path in (ROOT, FOLDER, FILE) for grant in grants.list(path)]

        assert sorted(map(_placed, each)) == sorted(map(_placed, told))
        assert len(each) > 2


class LinkContract(Base):
    """Links that are made, where the drive makes any."""

    @pytest.fixture
    def links(self, drive: Drive) -> Links:
        """The facet of a drive that makes links; a folder with a file in it is there."""
        if drive.links is None or not drive.profile.features.link_roles:
            pytest.skip("the drive makes no links")
        _furnish(drive)
        return drive.links

    def test_links_are_told_with_their_limits(
        self, open_drive: OpenDrive, drive: Drive, links: Links
    ) -> None:
        """Each limit that the profile names is told of the link as it was asked for; the URL is not."""
        made = [links.make(wanted, password=secret) for wanted, secret in _wishes(drive)]
        told = {link.id: link for link in open_drive().links.list(FILE)}  # type: ignore[union-attr]

        assert {link.id for link, _ in made} == told.keys()
        for (link, url), (wanted, secret) in zip(made, _wishes(drive), strict=True):
            expected = replace(wanted, id=link.id, has_password=secret is not None)
            assert _limits(expected) == _limits(link) == _limits(told[link.id])
            assert url
            assert url not in repr(told)
        assert len(made) == len({url for _, url in made})
        assert () == links.list(FOLDER)

    def test_limits_that_cannot_be_held_make_no_link(self, drive: Drive, links: Links) -> None:
        """A link without a limit that was asked for is never made."""
        features = drive.profile.features
        plain = Link(FILE, "", frozenset(), role=min(features.link_roles))
        wishes: list[tuple[Link, str | None]] = [
            (wanted, secret)
            for limit, wanted, secret in _limited(plain, drive)
            if limit not in features.links
        ]
        wishes += [(replace(plain, role=role), None) for role in set(Role) - features.link_roles]
        wishes.append((replace(plain, has_password=True), None))
        if features.end_until(LATE + 7) != LATE + 7:
            wishes.append((replace(plain, expires=LATE + 7), None))
        for wanted, secret in wishes:
            with pytest.raises(Unable):
                links.make(wanted, password=secret)

        assert () == links.list(FILE)

    def test_a_link_is_revoked(self, drive: Drive, links: Links) -> None:
        """A link that was revoked is told no more; the others stay, and twice is no error."""
        plain = Link(FILE, "", frozenset(), role=min(drive.profile.features.link_roles))
        first, second = (links.make(plain, password=None)[0] for _ in range(2))
        links.revoke(first)
        links.revoke(first)

        assert [second.id] == [link.id for link in links.list(FILE)]

    def test_links_on_nothing(self, drive: Drive, links: Links) -> None:
        """What is not there is not shared, neither is a version that is not there."""
        plain = Link(("none",), "", frozenset(), role=min(drive.profile.features.link_roles))
        with pytest.raises(NotFound):
            links.make(plain, password=None)
        with pytest.raises(NotFound):
            links.list(("none",))
        if "version" in drive.profile.features.links:
            for version in ("99", "no such", "9" * 30):
                with pytest.raises(NotFound):
                    links.make(replace(plain, path=FILE, version=version), password=None)

        assert () == links.list(FILE)

    def test_all_links_agree_with_each(self, drive: Drive, links: Links) -> None:
        """What is told of the whole drive is what each entry tells, without what was revoked."""
        plain = Link(FILE, "", frozenset(), role=min(drive.profile.features.link_roles))
        for path in (FILE, FOLDER, FILE):
            link, _ = links.make(replace(plain, path=path), password=None)
        links.revoke(link)
        told = links.all()
        if told is None:
            pytest.skip("the drive has to be asked entry by entry")
        each = {link.id: link for path in (FOLDER, FILE) for link in links.list(path)}

        assert each == {link.id: link for link in told}
        assert 2 == len(each)


def _furnish(drive: Drive) -> None:
    drive.make_folder(FOLDER)
    drive.write(FILE, [b"content"], expect=ABSENT)
    assert 2 == len(walked(drive))


def _needs(there: bool, what: str) -> None:
    if not there:
        pytest.skip(f"the drive cannot be given {what}")


def _refused(drive: Drive, grant: Grant) -> None:
    assert drive.grants is not None
    with pytest.raises(Unable):
        drive.grants.set(grant)
    assert [] == _of(drive, grant.path, grant.principal)


def _of(drive: Drive, path: Any, principal: Principal) -> list[tuple[Any, ...]]:
    assert drive.grants is not None
    return [_terms(one) for one in drive.grants.list(path) if one.principal.id == principal.id]


def _terms(grant: Grant) -> tuple[Any, ...]:
    return (grant.effect.value, int(grant.role), grant.reach.value, grant.expires or 0)


def _placed(grant: Grant) -> tuple[Any, ...]:
    return (
        grant.path,
        grant.principal.kind.value,
        grant.principal.id,
        *_terms(grant),
        grant.rank,
        grant.source,
    )


def _limited(plain: Link, drive: Drive) -> list[tuple[str, Link, str | None]]:
    """*plain* with one limit each, by the name of the limit."""
    version = "1" if drive.versions is None else next(iter(drive.versions.list(plain.path))).id
    return [
        ("password", plain, PASSWORD),
        ("expires", replace(plain, expires=drive.profile.features.end_until(LATE + 7)), None),
        ("limit", replace(plain, limit=3), None),
        ("version", replace(plain, version=version), None),
        ("inside", replace(plain, inside=True), None),
    ]


def _wishes(drive: Drive) -> list[tuple[Link, str | None]]:
    """A plain link with each role, one with each limit that can be held, and one with all of them."""
    features = drive.profile.features
    plain = Link(FILE, "", frozenset(), role=min(features.link_roles))
    limited = [(wanted, secret) for name, wanted, secret in _limited(plain, drive) if name in features.links]
    every, password = plain, None
    for wanted, secret in limited:
        changed = {
            name: getattr(wanted, name)
            for name in ("expires", "limit", "version", "inside")
            if getattr(wanted, name) != getattr(plain, name)
        }
        every, password = replace(every, **changed), secret or password
    roles = [(replace(plain, role=role), None) for role in sorted(features.link_roles)]
    return [*roles, *limited, (every, password)]


def _limits(link: Link) -> Link:
    return replace(link, rights=frozenset(), by="", created=None)
