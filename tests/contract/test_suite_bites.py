"""
The contract suite notices: each test named here passes on an honest drive and fails on a faulty one.
"""

from __future__ import annotations

import inspect
import time
import unicodedata
from contextlib import contextmanager
from dataclasses import replace

import pytest

from lading.connectors.api import Page
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.facets import Wanted
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.memory.access import MemoryGrants, MemoryLinks, MemoryPeople
from lading.connectors.memory.batch import MemoryBatch
from lading.connectors.memory.memory import MemoryMoves, MemoryPartials
from lading.connectors.memory.versions import MemoryVersions
from lading.model.access import Effect, Reach
from lading.model.entry import Entry
from lading.model.errors import DriveError, NotFound, Unavailable
from lading.testkit.contract import DriveContract
from lading.testkit.contract.granting import FILE as GIVEN
from lading.testkit.contract.granting import FOLDER
from lading.testkit.sources import SourceBroke
from support.people import PEOPLE, peopled


class ShowsHalves(MemoryDrive):
    def write(self, path, source, *, expect, size=None, modified=None):
        so_far = []
        for piece in source:
            so_far.append(piece)
            super().write(path, so_far, expect=ANYTHING if so_far[1:] else expect)
        return super().write(path, so_far, expect=ANYTHING if so_far else expect, modified=modified)


class BelievesLengths(MemoryDrive):
    def write(self, path, source, *, expect, size=None, modified=None):
        return super().write(path, source, expect=expect, modified=modified)


class LosesTheEnd(MemoryDrive):
    def write(self, path, source, *, expect, size=None, modified=None):
        return super().write(path, [b"".join(source)[:-1]], expect=expect, modified=modified)


class TranslatesTooMuch(MemoryDrive):
    def write(self, path, source, **kwargs):
        try:
            return super().write(path, source, **kwargs)
        except SourceBroke as problem:
            raise Unavailable(path, str(problem)) from problem


class ForgetsPreconditions(MemoryDrive):
    def write(self, path, source, *, expect, size=None, modified=None):
        return super().write(path, source, expect=ANYTHING, size=size, modified=modified)


class ChecksTooEarly(MemoryDrive):
    def write(self, path, source, *, expect, size=None, modified=None):
        super().write(path, [b""], expect=expect)
        self.remove(path, expect=ANYTHING)
        return super().write(path, source, expect=ANYTHING, size=size, modified=modified)


class Composes(MemoryDrive):
    def write(self, path, source, **kwargs):
        return super().write(tuple(unicodedata.normalize("NFC", name) for name in path), source, **kwargs)


class StripsNames(MemoryDrive):
    def write(self, path, source, **kwargs):
        return super().write(tuple(name.rstrip(" .") or name for name in path), source, **kwargs)


class FollowsDots(MemoryDrive):
    def write(self, path, source, **kwargs):
        return super().write(tuple(name for name in path if name not in ("", ".", "..")), source, **kwargs)


class LeavesOneOut(MemoryDrive):
    def list(self, folder, *, cursor=None):
        page = super().list(folder, cursor=cursor)
        return Page(page.entries[1:] if cursor else page.entries, page.cursor)


class TellsTwice(MemoryDrive):
    def list(self, folder, *, cursor=None):
        page = super().list(folder, cursor=cursor)
        return Page(page.entries * 2, page.cursor)


class CoarseEtags(MemoryDrive):
    def stat(self, path):
        entry = super().stat(path)
        return entry._replace(etag=f"{entry.size}-{entry.modified}" if entry.is_file else None)

    def write(self, path, source, **kwargs):
        super().write(path, source, **kwargs)
        return self.stat(path)


class ReadsMixtures(MemoryDrive):
    @contextmanager
    def read(self, path, *, start=0, expect=None):
        with super().read(path, start=start, expect=expect) as first:
            yield _Mixture(super(), path, first)


class _Mixture:
    def __init__(self, drive, path, first):
        self.drive, self.path, self.entry, self.at = drive, path, first.entry, 0

    def read(self, size, /):
        with self.drive.read(self.path, start=self.at) as reader:
            found = reader.read(size)
        self.at += len(found)
        return found


class ReadsBeyondTheEnd(MemoryDrive):
    @contextmanager
    def read(self, path, *, start=0, expect=None):
        with super().read(path, start=min(start, self.stat(path).size), expect=expect) as reader:
            yield reader


class RemovesTrees(MemoryDrive):
    def remove(self, path, *, expect):
        for entry in self.list(path).entries if self.stat(path).is_folder else ():
            self.remove(entry.path, expect=ANYTHING)
        super().remove(path, expect=expect)


class MakesParents(MemoryDrive):
    def make_folder(self, path, *, modified=None):
        for depth in range(1, len(path)):
            super().make_folder(path[:depth])
        return super().make_folder(path, modified=modified)


class WholeSeconds(MemoryDrive):
    def write(self, path, source, *, modified=None, **kwargs):
        return super().write(path, source, modified=modified and modified // 10**9 * 10**9, **kwargs)


class LosesFolderTimes(MemoryDrive):
    def make_folder(self, path, *, modified=None):
        return super().make_folder(path)


class Reissues(MemoryDrive):
    """Moves by copying."""

    def __init__(self, store):
        super().__init__(store)
        drive = self

        class Moves(MemoryMoves):
            def move(self, source, target, *, expect):
                with drive.read(source) as reader:
                    content = reader.read(1 << 20)
                entry = drive.write(target, [content], expect=expect)
                drive.remove(source, expect=ANYTHING)
                return entry

        self.moves = Moves(store)


class ForgetsSittings(MemoryDrive):
    def __init__(self, store):
        super().__init__(store)

        class Partials(MemoryPartials):
            def append(self, token, source, *, start):
                return super().append(token, [b"".join(source)], start=start)

        self.partials = Partials(store, "lading")


class FinishesOverAnything(MemoryDrive):
    def __init__(self, store):
        super().__init__(store)

        class Partials(MemoryPartials):
            def finish(self, token, path, *, expect, modified=None):
                return super().finish(token, path, expect=ANYTHING, modified=modified)

        self.partials = Partials(store, "lading")


class SweepsAll(MemoryDrive):
    def __init__(self, store):
        super().__init__(store)

        class Partials(MemoryPartials):
            def sweep(self, keep):
                return super().sweep(())

        self.partials = Partials(store, "lading")


def hung(facet, kind, **methods):
    """A drive whose *facet* is of class *kind* with other *methods*."""

    class Lying(MemoryDrive):
        def __init__(self, store):
            super().__init__(store)
            setattr(self, facet, type("Facet", (kind,), methods)(store))

    return Lying


def reversed_versions(self, path):
    return iter([*MemoryVersions.list(self, path)][::-1])


def by_the_account(self, path, source, version, *, expect):
    return MemoryVersions.add(self, path, source, replace(version, author="1002"), expect=expect)


def by_nobody_if_unknown(self, path, source, version, *, expect):
    known = version.author in self._store.people
    return MemoryVersions.add(
        self, path, source, version if known else replace(version, author=""), expect=expect
    )


def dated_now(self, path, source, version, *, expect):
    return MemoryVersions.add(self, path, source, replace(version, saved=time.time_ns()), expect=expect)


def without_label(self, path, source, version, *, expect):
    return MemoryVersions.add(self, path, source, replace(version, label=""), expect=expect)


def over_anything(self, path, source, version, *, expect):
    return MemoryVersions.add(self, path, source, version, expect=ANYTHING)


def of_any_length(self, path, source, version, *, expect):
    content = b"".join(source)
    return MemoryVersions.add(self, path, [content], replace(version, size=len(content)), expect=expect)


def all_but_the_first(self):
    return iter([*super(type(self), self).all()][1:])


def all_without_singles(self):
    return iter([pair for pair in MemoryVersions.all(self) if len(pair[1]) > 1])


def also_inherited(self, path):
    return tuple(
        replace(one, path=path) for end in range(len(path) + 1) for one in MemoryGrants.list(self, path[:end])
    )


def as_allowance(self, grant):
    MemoryGrants.set(self, replace(grant, effect=Effect.ALLOW) if grant.effect is Effect.DENY else grant)


def twice_over(self, grant):
    self._store.hang(replace(grant, rights=frozenset({"x"})))


def for_ever(self, grant):
    MemoryGrants.set(self, replace(grant, expires=None))


def everywhere(self, grant):
    MemoryGrants.set(self, replace(grant, reach=Reach.ALL))


def to_members(self, grant):
    pairs = [one.member for one in self._store.members if one.group == grant.principal.id]
    for principal in [self._store.people[one] for one in pairs] or [grant.principal]:
        MemoryGrants.set(self, replace(grant, principal=principal))


def to_namesakes(self, grant):
    same = [one for one in self._store.people.values() if one.kind is grant.principal.kind]
    MemoryGrants.set(self, replace(grant, principal=same[-1]))


def to_strangers(self, grant):
    self._store.know(grant.principal)
    MemoryGrants.set(self, grant)


def the_nearest_role(self, grant):
    roles = self._store.profile.features.roles
    MemoryGrants.set(self, grant if grant.role in roles else replace(grant, role=max(roles)))


def break_kept(self, grant):
    if grant.effect is not Effect.BREAK:
        MemoryGrants.unset(self, grant)


def without_password(self, link, *, password):
    return MemoryLinks.make(self, replace(link, has_password=False), password=None)


def without_limits(self, link, *, password):
    return MemoryLinks.make(self, replace(link, limit=None, inside=False), password=password)


def of_the_newest(self, link, *, password):
    return MemoryLinks.make(self, replace(link, version=None), password=password)


def never_gone(self, link):
    return None


def flattened(self):
    return (one for one in MemoryPeople.memberships(self) if one.member[0] != "d")


class TellsOnlyCurrent(MemoryDrive):
    """Its batch gives the newest content, whatever version is asked for."""

    def __init__(self, store):
        super().__init__(store)
        drive = self

        class Batch(MemoryBatch):
            def read(self, wanted):
                return super().read([Wanted(one.path) for one in wanted])

        self.batch = Batch(drive, store)


class ForgetsEtags(MemoryDrive):
    """Its batch gives what is there, whatever content is expected."""

    def __init__(self, store):
        super().__init__(store)
        drive = self

        class Batch(MemoryBatch):
            def read(self, wanted):
                return super().read([one._replace(etag=None) for one in wanted])

        self.batch = Batch(drive, store)


class FillsGaps(MemoryDrive):
    """Its batch stores what comes after a version that failed."""

    def __init__(self, store):
        super().__init__(store)
        drive = self

        class Batch(MemoryBatch):
            def write(self, uploads):
                for upload in uploads:
                    yield from super().write([upload])

        self.batch = Batch(drive, store)


class SortsBatches(MemoryDrive):
    """Its batch answers, and stores, in the order of the times of the versions."""

    def __init__(self, store):
        super().__init__(store)
        drive = self

        class Batch(MemoryBatch):
            def write(self, uploads):
                return super().write(sorted(uploads, key=lambda one: one.version.saved))

        self.batch = Batch(drive, store)


class SkipsErrors(MemoryDrive):
    """Its batch leaves out what it cannot give."""

    def __init__(self, store):
        super().__init__(store)
        drive = self

        class Batch(MemoryBatch):
            def read(self, wanted):
                return (one for one in super().read(wanted) if isinstance(one, bytes))

        self.batch = Batch(drive, store)


class Raw(MemoryDrive):
    def stat(self, path):
        try:
            return super().stat(path)
        except DriveError as problem:
            raise KeyError(path) from problem


class Anonymous(MemoryDrive):
    def stat(self, path):
        try:
            return super().stat(path)
        except NotFound:
            raise NotFound("somewhere", "not there") from None


BITES = [
    (ShowsHalves, "test_broken_source_leaves_nothing", {"count": 3, "error": SourceBroke}),
    (ShowsHalves, "test_broken_source_leaves_the_old_content", {"size": None}),
    (ShowsHalves, "test_unfinished_files_are_not_listed", {}),
    (BelievesLengths, "test_lying_length", {"size": 1}),
    (BelievesLengths, "test_lying_length", {"size": 10 << 20}),
    (LosesTheEnd, "test_what_is_written_is_read", {"size": 1000}),
    (TranslatesTooMuch, "test_broken_source_leaves_nothing", {"count": 3, "error": SourceBroke}),
    (ForgetsPreconditions, "test_absent", {}),
    (ForgetsPreconditions, "test_unchanged", {}),
    (ForgetsPreconditions, "test_unchanged_of_nothing", {}),
    (ForgetsPreconditions, "test_two_writers_who_know_the_file", {}),
    (ChecksTooEarly, "test_two_writers_of_a_new_file", {"shared": False}),
    (Composes, "test_hostile_names", {"name": "Cafe\u0301.pdf"}),
    (Composes, "test_twins", {"twins": ("Caf\u00e9", "Cafe\u0301")}),
    (StripsNames, "test_hostile_names", {"name": "trailing space "}),
    (FollowsDots, "test_no_names_make_nothing", {"path": ("..", "..", "x")}),
    (LeavesOneOut, "test_many_entries", {}),
    (TellsTwice, "test_many_entries", {}),
    (TellsTwice, "test_each_entry_is_listed_once", {}),
    (CoarseEtags, "test_etag_follows_the_content", {}),
    (CoarseEtags, "test_listing_and_stat_agree", {}),
    (ReadsMixtures, "test_content_replaced_while_read", {}),
    (ReadsBeyondTheEnd, "test_reading_beyond_the_end", {}),
    (RemovesTrees, "test_only_empty_folders_are_removed", {}),
    (MakesParents, "test_folder_without_parent", {}),
    (WholeSeconds, "test_times_are_kept", {"modified": 1_700_000_000_123_456_789}),
    (LosesFolderTimes, "test_times_are_set_again", {}),
    (Reissues, "test_file_is_moved", {}),
    (ForgetsSittings, "test_broken_source_keeps_what_arrived", {"error": SourceBroke}),
    (FinishesOverAnything, "test_finish_honours_what_is_there", {}),
    (SweepsAll, "test_sweep", {}),
    (Raw, "test_stat_of_nothing", {}),
    (Anonymous, "test_stat_of_nothing", {}),
    (hung("versions", MemoryVersions, list=reversed_versions), "test_versions_keep_order_and_facts", {}),
    (hung("versions", MemoryVersions, add=by_the_account), "test_versions_keep_order_and_facts", {}),
    (hung("versions", MemoryVersions, add=dated_now), "test_versions_keep_order_and_facts", {}),
    (hung("versions", MemoryVersions, add=without_label), "test_versions_keep_order_and_facts", {}),
    (hung("versions", MemoryVersions, add=by_nobody_if_unknown), "test_unknown_authors_are_refused", {}),
    (hung("versions", MemoryVersions, add=over_anything), "test_versions_honour_what_is_there", {}),
    (hung("versions", MemoryVersions, add=of_any_length), "test_a_version_that_breaks_off_is_none", {}),
    (hung("versions", MemoryVersions, all=all_but_the_first), "test_all_versions_agree_with_each", {}),
    (hung("versions", MemoryVersions, all=all_without_singles), "test_all_versions_agree_with_each", {}),
    (SortsBatches, "test_a_batch_adds_versions_in_order", {}),
    (FillsGaps, "test_after_a_failed_version_none_follows", {}),
    (SkipsErrors, "test_a_batch_gives_contents_in_order", {}),
    (TellsOnlyCurrent, "test_a_batch_gives_versions", {}),
    (ForgetsEtags, "test_a_batch_gives_the_content_that_is_expected", {}),
    (ForgetsEtags, "test_a_batch_gives_nothing_for_a_strange_etag", {}),
    (hung("grants", MemoryGrants, all=all_but_the_first), "test_all_grants_agree_with_each", {}),
    (hung("grants", MemoryGrants, list=also_inherited), "test_all_grants_agree_with_each", {}),
    (hung("grants", MemoryGrants, set=as_allowance), "test_a_denial_stands_beside_an_allowance", {}),
    (hung("grants", MemoryGrants, set=twice_over), "test_each_role_is_given_and_taken", {}),
    (hung("grants", MemoryGrants, unset=never_gone), "test_each_role_is_given_and_taken", {}),
    (hung("grants", MemoryGrants, set=for_ever), "test_grants_end_when_they_say", {}),
    (
        hung("grants", MemoryGrants, set=everywhere),
        "test_each_reach_is_kept_or_refused",
        {"reach": Reach.HERE},
    ),
    (hung("grants", MemoryGrants, set=to_members), "test_all_kinds_of_principals", {}),
    (hung("grants", MemoryGrants, set=to_namesakes), "test_all_kinds_of_principals", {}),
    (hung("grants", MemoryGrants, set=to_strangers), "test_grants_of_nobody_and_on_nothing", {}),
    (hung("grants", MemoryGrants, set=the_nearest_role), "test_what_cannot_be_held_is_refused", {}),
    (
        hung("grants", MemoryGrants, unset=break_kept),
        "test_inheritance_ends_and_comes_back",
        {"effect": Effect.BREAK},
    ),
    (hung("links", MemoryLinks, make=without_password), "test_links_are_told_with_their_limits", {}),
    (hung("links", MemoryLinks, make=without_limits), "test_links_are_told_with_their_limits", {}),
    (hung("links", MemoryLinks, make=of_the_newest), "test_links_are_told_with_their_limits", {}),
    (hung("links", MemoryLinks, make=without_password), "test_limits_that_cannot_be_held_make_no_link", {}),
    (hung("links", MemoryLinks, revoke=never_gone), "test_a_link_is_revoked", {}),
    (hung("links", MemoryLinks, all=all_but_the_first), "test_all_links_agree_with_each", {}),
    (hung("people", MemoryPeople, memberships=flattened), "test_memberships_agree_with_members", {}),
]


@pytest.mark.parametrize(("kind", "test", "given"), BITES, ids=lambda value: getattr(value, "__name__", None))
def test_the_suite_notices(kind, test, given):
    """
    An honest drive passes, the faulty one does not.
    """
    _call(MemoryDrive, test, given)

    with pytest.raises((AssertionError, pytest.fail.Exception, DriveError, SourceBroke, KeyError)):
        _call(kind, test, given)


def _call(kind, test, given):
    store = peopled(MemoryStore(page_size=50))
    suite = DriveContract()
    method = getattr(suite, test)
    needed = set(inspect.signature(method).parameters) - given.keys()
    drive, honest = kind(store), MemoryDrive(store)
    known = {
        "open_drive": lambda: kind(store),
        "drive": drive,
        "filled": lambda: kind(store),
        "reading": drive,
    }
    known |= {facet: getattr(drive, facet) for facet in ("partials", "moves", "grants", "links")}
    known |= {"history": drive.versions, "together": drive.batch, "somebody": PEOPLE[0]}
    known["sent"] = DriveContract.sent.__wrapped__(suite, PEOPLE)
    known["known"] = PEOPLE
    if needed & {"grants", "links"}:
        _shared(honest)
    if needed & {"entries", "file", "folder", "moves", "reading"}:
        known |= _furnished(honest)
    if "entries" in needed:
        known["entries"] = known["drive"].list(()).entries
    method(**{name: known[name] for name in needed}, **given)


def _shared(drive: MemoryDrive) -> None:
    drive.make_folder(FOLDER)
    drive.write(GIVEN, [b"content"], expect=ABSENT)


def _furnished(drive: MemoryDrive) -> dict[str, Entry]:
    file = drive.write(("a.txt",), [b"content of a"], expect=ABSENT, modified=10**18)
    drive.write(("b.txt",), [b"b"], expect=ABSENT)
    drive.make_folder(("to",))
    return {"file": file, "folder": drive.make_folder(("from",))}
