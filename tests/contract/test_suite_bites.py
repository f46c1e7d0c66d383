"""
The contract suite notices: each test named here passes on an honest drive and fails on a faulty one.
"""

from __future__ import annotations

import inspect
import unicodedata
from contextlib import contextmanager

import pytest

from lading.connectors.api import Page
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.memory.memory import MemoryMoves, MemoryPartials
from lading.model.entry import Entry
from lading.model.errors import DriveError, NotFound, Unavailable
from lading.testkit.contract import DriveContract
from lading.testkit.sources import SourceBroke


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
    store = MemoryStore(page_size=50)
    method = getattr(DriveContract(), test)
    needed = set(inspect.signature(method).parameters) - given.keys()
    known = {"open_drive": lambda: kind(store), "drive": kind(store), "filled": lambda: kind(store)}
    known |= {"reading": known["drive"], "partials": known["drive"].partials, "moves": known["drive"].moves}
    if needed & {"entries", "file", "folder", "moves", "reading"}:
        known |= _furnished(MemoryDrive(store))
    if "entries" in needed:
        known["entries"] = known["drive"].list(()).entries
    method(**{name: known[name] for name in needed}, **given)


def _furnished(drive: MemoryDrive) -> dict[str, Entry]:
    file = drive.write(("a.txt",), [b"content of a"], expect=ABSENT, modified=10**18)
    drive.write(("b.txt",), [b"b"], expect=ABSENT)
    drive.make_folder(("to",))
    return {"file": file, "folder": drive.make_folder(("from",))}
