"""
What a drive promises that tells what hangs on its files: grants, links, people, locks, labels, comments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

import pytest

from lading.connectors.api import Drive
from lading.model.access import ANYBODY, Comment, Effect, Grant, Label, Link, Lock, PrincipalKind, Role
from lading.model.entry import Entry
from lading.model.errors import DriveError, NotFound
from lading.model.paths import ROOT, Path

from .support import Base

MARKS: dict[str, type[Lock | Label | Comment]] = {"locks": Lock, "labels": Label, "comments": Comment}


class TellContract(Base):
    """The reading half of the facets; `reading` and `entries` are those of `ReadContract`."""

    def test_grants(self, reading: Drive, entries: list[Entry]) -> None:
        """Grants come as a tuple, are about the very entry, and say what they do in the words of the vocabulary."""
        if reading.grants is None:
            pytest.skip("the drive offers no grants")
        assert reading.profile.access is not None
        for path in (ROOT, *(entry.path for entry in entries[:20])):
            grants = reading.grants.list(path)

            assert isinstance(grants, tuple)
            assert all(isinstance(grant, Grant) and grant.path == path for grant in grants)
            for grant in grants:
                names_nobody = grant.effect in (Effect.BREAK, Effect.RESET)
                assert names_nobody == (grant.principal == ANYBODY)
                assert grant.effect is not Effect.DENY or grant.role is not Role.NONE
        with pytest.raises(DriveError):
            reading.grants.list(("no such",))

    def test_grants_within(self, reading: Drive, entries: list[Entry]) -> None:
        """Asked together, the entries of a folder tell what each tells alone; what is not there is an error in its place."""
        within = getattr(reading.grants, "within", None)
        if reading.grants is None or within is None or within(ROOT, []) is None:
            pytest.skip("the drive has no quicker way")
        for folder, group in groupby(sorted(_paths(entries)), key=lambda path: path[:-1]):
            names = [path[-1] for path in group if path]
            told = within(folder, [*names, "no such"])
            alone = [reading.grants.list((*folder, name)) for name in names]

            assert [tuple(replace(it, path=ROOT) for it in grants) for grants in told[:-1]] == [
                tuple(replace(it, path=ROOT) for it in grants) for grants in alone
            ]
            assert isinstance(told[-1], DriveError)
        with pytest.raises(DriveError):
            within(("no such",), ["a"])

    def test_all_grants(self, reading: Drive, entries: list[Entry]) -> None:
        """Telling all grants tells those of each entry, each once."""
        told = None if reading.grants is None else reading.grants.all()
        if reading.grants is None or told is None:
            pytest.skip("the drive has to be asked entry by entry")
        each = [grant for path in _paths(entries) for grant in reading.grants.list(path)]

        assert _counted(each) == _counted(told)

    def test_links(self, reading: Drive, entries: list[Entry]) -> None:
        """Links are about the very entry, and telling all tells those of each entry, each once."""
        if reading.links is None:
            pytest.skip("the drive offers no links")
        each: list[Link] = []
        for path in _paths(entries):
            links = reading.links.list(path)
            assert all(isinstance(link, Link) and link.path == path for link in links)
            each.extend(links)
        told = reading.links.all()

        assert len(each) == len({link.id for link in each})
        assert told is None or _counted(each) == _counted(told)

    def test_all_versions(self, reading: Drive, entries: list[Entry]) -> None:
        """Telling all versions tells each file once, as it tells itself."""
        told = None if reading.versions is None else reading.versions.all()
        if reading.versions is None or told is None:
            pytest.skip("the drive has to be asked file by file")
        each = {entry.path: tuple(reading.versions.list(entry.path)) for entry in entries if entry.is_file}

        assert sorted(each.items()) == sorted(told)

    def test_people(self, reading: Drive) -> None:
        """Ids of principals are unique, and those they name are there."""
        if reading.people is None:
            pytest.skip("the drive offers no people")
        people = list(reading.people.principals())
        by_id = {one.id: one for one in people}

        assert len(people) == len(by_id)
        for one in people:
            assert one.parent is None or by_id[one.parent].kind is PrincipalKind.DEPARTMENT
            assert one.owner is None or by_id[one.owner].kind is PrincipalKind.PERSON

    def test_memberships_agree_with_members(self, reading: Drive) -> None:
        """Telling all memberships tells the members of each group and department, each once."""
        if reading.people is None:
            pytest.skip("the drive offers no people")
        units = (PrincipalKind.GROUP, PrincipalKind.DEPARTMENT)
        groups = [one.id for one in reading.people.principals() if one.kind in units]
        each = [(group, member.id) for group in groups for member in reading.people.members(group)]
        told = [(one.group, one.member) for one in reading.people.memberships()]

        assert sorted(each) == sorted(told)
        assert len(told) == len(set(told))
        with pytest.raises(NotFound):
            list(reading.people.members("no-such-group-anywhere"))

    @pytest.mark.parametrize("name", MARKS)
    def test_marks_are_about_entries(self, reading: Drive, name: str) -> None:
        """Locks, labels and comments are about what is there."""
        facet = getattr(reading, name)
        if facet is None:
            pytest.skip(f"the drive offers no {name}")
        for mark in facet.all():
            assert isinstance(mark, MARKS[name])
            reading.stat(mark.path)


def _paths(entries: list[Entry]) -> Iterator[Path]:
    yield ROOT
    yield from (entry.path for entry in entries)


def _counted(rows: Any) -> list[str]:
    return sorted(map(repr, rows))
