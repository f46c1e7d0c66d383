"""
What every drive promises to those who read: facts, listings, entries, content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

import pytest

from lading.connectors.api import Drive
from lading.connectors.kinds import FACETS, told
from lading.connectors.profile import Profile
from lading.connectors.registry import CONNECTORS
from lading.model.entry import Entry, Kind
from lading.model.errors import (
    Changed,
    CursorExpired,
    DriveError,
    NameRefused,
    NotFound,
    WrongKind,
)
from lading.model.paths import ROOT, Path

from .sparing import SpareContract
from .support import OpenDrive, content_of, drained, listed, pages, refused, together, walked
from .telling import TellContract

NO_NAMES = ("", ".", "..", "/", "/etc", "a/b", "../x", "a\0b", "\0")
NO_PATHS: tuple[Path, ...] = (
    *((name,) for name in NO_NAMES),
    ("..", "..", "..", "etc", "passwd"),
    ("", "etc", "passwd"),
)


class ReadContract(TellContract, SpareContract):
    """
    The reading half.

    `filled` is a drive that holds at least two files of some bytes and a folder that is
    not empty.  What the suite finds there by walking is what it holds the drive to.
    """

    @pytest.fixture
    def filled(self, open_drive: OpenDrive) -> OpenDrive:
        """Like `open_drive`, with something in the drive."""
        return open_drive

    @pytest.fixture
    def reading(self, filled: OpenDrive) -> Iterator[Drive]:
        """One client of the filled drive."""
        with filled() as drive:
            yield drive

    @pytest.fixture
    def entries(self, reading: Drive) -> list[Entry]:
        """What walking finds."""
        return walked(reading)

    @pytest.fixture
    def file(self, entries: list[Entry]) -> Entry:
        """A file of at least four bytes."""
        return next(entry for entry in entries if entry.is_file and entry.size >= 4 and not entry.problem)

    @pytest.fixture
    def folder(self, entries: list[Entry]) -> Entry:
        """A folder."""
        return next(entry for entry in entries if entry.is_folder)

    # -- facts

    def test_profile_stays(self, filled: OpenDrive) -> None:
        """The profile is the same at each access and for each client."""
        first, second = filled(), filled()
        profile = first.profile

        assert isinstance(profile, Profile)
        assert profile == first.profile == second.profile

    def test_profile_makes_sense(self, reading: Drive) -> None:
        """The facts can be worked with: a grain, room for names, a known kind."""
        profile = reading.profile

        assert profile.kind
        assert profile.clock_grain >= 1
        assert profile.concurrency >= 1
        assert profile.names.length >= 16
        assert {"/", "\0"} <= profile.names.characters

    def test_closing_twice_is_no_error(self, filled: OpenDrive) -> None:
        """A drive may be closed twice, and other clients do not notice."""
        first, second = filled(), filled()
        first.close()
        first.close()

        assert second.stat(ROOT).is_folder

    # -- listings

    def test_each_entry_is_listed_once(self, reading: Drive, entries: list[Entry]) -> None:
        """Over all pages each entry comes exactly once, directly below its folder."""
        folders = [ROOT, *(entry.path for entry in entries if entry.is_folder)][:20]
        for folder in folders:
            found = [entry.path for page in pages(reading, folder) for entry in page]

            assert len(set(found)) == len(found)
            assert {path[:-1] for path in found} <= {folder}

    def test_listing_and_stat_agree(self, reading: Drive, entries: list[Entry]) -> None:
        """`stat` tells an entry as `list` does."""
        for entry in entries[:50]:
            assert entry == reading.stat(entry.path)

    def test_listings_of_clients_agree(self, filled: OpenDrive, entries: list[Entry]) -> None:
        """A fresh client sees the same entries."""
        assert sorted(entries) == sorted(walked(filled()))

    def test_entries_make_sense(self, entries: list[Entry]) -> None:
        """Folders have no size, ids are unique, digests are lower-case hex of known length."""
        ids = [entry.id for entry in entries if entry.id is not None]

        assert len(set(ids)) == len(ids)
        for entry in entries:
            assert isinstance(entry.kind, Kind)
            assert entry.size >= 0 if entry.is_file else entry.size == 0
            for _, digest in entry.digests:
                assert bytes.fromhex(digest).hex() == digest

    def test_root_is_a_folder(self, reading: Drive) -> None:
        """The root has the empty path and is a folder."""
        root = reading.stat(ROOT)

        assert (ROOT, Kind.FOLDER) == (root.path, root.kind)

    def test_list_of_nothing(self, reading: Drive) -> None:
        """A folder that does not exist cannot be listed."""
        with refused(("no such folder",), NotFound):
            reading.list(("no such folder",))

    def test_list_of_a_file(self, reading: Drive, file: Entry) -> None:
        """A file cannot be listed."""
        with refused(file.path, WrongKind):
            reading.list(file.path)

    def test_list_below_a_file(self, reading: Drive, file: Entry) -> None:
        """Nothing lies below a file."""
        with pytest.raises((NotFound, WrongKind)):
            reading.list((*file.path, "below"))

    def test_expired_cursor(
        self, reading: Drive, entries: list[Entry], expire_cursors: Callable[[], None] | None
    ) -> None:
        """A cursor that the drive has forgotten raises `CursorExpired`, and a new listing is whole."""
        if expire_cursors is None:
            pytest.skip("nobody can make this drive forget a cursor")
        folder, cursor = next(
            (path, cursor)
            for path in [ROOT, *(entry.path for entry in entries if entry.is_folder)]
            if (cursor := reading.list(path).cursor) is not None
        )
        before = sorted(entry.path for entry in entries if entry.path[:-1] == folder)
        expire_cursors()

        with refused(folder, CursorExpired):
            reading.list(folder, cursor=cursor)
        assert before == sorted(entry.path for entry in listed(reading, folder))

    # -- entries

    def test_stat_of_nothing(self, reading: Drive, folder: Entry) -> None:
        """What is not there is `NotFound`, in the root, in a folder and in no folder."""
        for path in [("no such",), (*folder.path, "no such"), ("no such", "at all")]:
            with refused(path, NotFound):
                reading.stat(path)

    def test_stat_below_a_file(self, reading: Drive, file: Entry) -> None:
        """Nothing lies below a file, and that is no fault of the drive."""
        with refused((*file.path, "below"), NotFound):
            reading.stat((*file.path, "below"))

    @pytest.mark.parametrize("path", NO_PATHS, ids=ascii)
    def test_no_names_reach_nothing(self, reading: Drive, path: Path) -> None:
        """What is no name is refused by every reading call, before anything is looked at."""
        for asked in (path, (*path, "x"), ("x", *path)):
            with refused(asked, NameRefused):
                reading.stat(asked)
            with refused(asked, NameRefused):
                reading.list(asked)
            with refused(asked, NameRefused), reading.read(asked):
                pass

    # -- content

    def test_content_has_the_listed_size(self, reading: Drive, entries: list[Entry]) -> None:
        """Reading gives as many bytes as the listing said, and the announced entry says so too."""
        for entry in [entry for entry in entries if entry.is_file and not entry.problem][:20]:
            with reading.read(entry.path) as reader:
                announced, content = reader.entry, drained(reader, 777)

            assert (entry.path, entry.size) == (announced.path, announced.size)
            assert entry.size == len(content)

    def test_reading_twice_gives_the_same(self, filled: OpenDrive, file: Entry) -> None:
        """Two clients read the same bytes."""
        assert content_of(filled(), file.path) == content_of(filled(), file.path)

    def test_reading_from_anywhere(self, reading: Drive, file: Entry) -> None:
        """Reading from a byte on gives the rest of the content; at the end there is none."""
        whole = content_of(reading, file.path)
        for start in (0, 1, file.size // 2, file.size - 1, file.size):
            assert whole[start:] == content_of(reading, file.path, start=start)

    def test_reading_beyond_the_end(self, reading: Drive, file: Entry) -> None:
        """A start beyond the end says that the file is not the one we knew."""
        with refused(file.path, Changed), reading.read(file.path, start=file.size + 1):
            pass

    def test_the_announced_size_is_of_the_whole(self, reading: Drive, file: Entry) -> None:
        """Reading a part announces the entry, not the part."""
        with reading.read(file.path, start=2) as reader:
            assert file.size == reader.entry.size

    def test_end_stays_the_end(self, reading: Drive, file: Entry) -> None:
        """After the end `b""` comes again and again."""
        with reading.read(file.path) as reader:
            drained(reader)

            assert [b"", b""] == [reader.read(10), reader.read(10)]

    def test_small_and_large_pieces(self, reading: Drive, file: Entry) -> None:
        """A read never gives more than was asked, whatever is asked."""
        with reading.read(file.path, start=max(0, file.size - 100)) as reader:
            while piece := reader.read(3):
                assert len(piece) <= 3
        with reading.read(file.path) as reader:
            assert len(reader.read(1 << 30)) <= file.size

    def test_leaving_early(self, reading: Drive, file: Entry) -> None:
        """A reader may leave at once or half way, as often as it likes."""
        for _ in range(20):
            with reading.read(file.path) as reader:
                reader.read(1)
            with reading.read(file.path):
                pass

        assert file.size == len(content_of(reading, file.path))

    def test_leaving_by_an_error(self, reading: Drive, file: Entry) -> None:
        """An error of the caller passes through the context as it is."""
        with pytest.raises(ZeroDivisionError), reading.read(file.path) as reader:
            reader.read(1)
            raise ZeroDivisionError

    def test_dropped_readers(self, reading: Drive, file: Entry) -> None:
        """Readers that are opened and forgotten do not block those that come after."""
        for _ in range(20):
            dropped = reading.read(file.path)
            dropped.__enter__().read(1)
            del dropped

        assert file.size == len(content_of(reading, file.path))

    def test_reading_what_was_expected(self, reading: Drive, file: Entry) -> None:
        """With the right etag content is read, with another one it is not."""
        if file.etag is None:
            pytest.skip("the drive gives no etags")
        with reading.read(file.path, expect=file.etag) as reader:
            assert file.size == len(drained(reader))

        with refused(file.path, Changed), reading.read(file.path, expect='"no-such-etag"') as reader:
            drained(reader)

    def test_reading_nothing(self, reading: Drive) -> None:
        """What is not there cannot be read."""
        with refused(("no such",), NotFound), reading.read(("no such",)):
            pass

    def test_reading_a_folder(self, reading: Drive, folder: Entry) -> None:
        """A folder has no content."""
        for path in (folder.path, ROOT):
            with refused(path, WrongKind), reading.read(path):
                pass

    def test_reading_at_once(self, reading: Drive, entries: list[Entry]) -> None:
        """Threads that share a client each get their own content."""
        files = [entry for entry in entries if entry.is_file and not entry.problem][:4]
        expected: Mapping[Path, bytes] = {entry.path: content_of(reading, entry.path) for entry in files}
        asked = [entry.path for entry in files] * 4

        found = together(*(lambda path=path: content_of(reading, path, piece=500) for path in asked))

        assert [expected[path] for path in asked] == found

    def test_reading_and_listing_at_once(self, reading: Drive, file: Entry) -> None:
        """Other calls may be made while a reader is open, also by the same thread."""
        with reading.read(file.path) as reader:
            first = reader.read(1)
            listed(reading)
            again = content_of(reading, file.path)

            assert again == first + drained(reader)

    # -- facets that read; more of them in `telling`

    def test_facets_are_there_or_none(self, reading: Drive) -> None:
        """A facet that is offered has its calls; the others are None."""
        calls = {
            "brief": ("list",),
            "ranges": ("read",),
            "moves": ("move",),
            "partials": ("offset", "append", "read", "finish", "sweep"),
            "settle": ("settle",),
            "versions": ("list", "all", "read", "add"),
            "grants": ("list", "all", "set", "unset"),
            "links": ("list", "all", "make", "revoke"),
            "people": ("principals", "members", "memberships"),
            "locks": ("all",),
            "labels": ("all",),
            "comments": ("all",),
            "settings": ("list", "all"),
            "capacity": ("room",),
            "changes": ("cursor", "since"),
            "freeze": ("freeze", "thaw", "frozen"),
            "batch": ("write", "read"),
            "retention": ("keep", "until"),
            "written": ("all",),
        }
        for name, needed in calls.items():
            facet = getattr(reading, name)
            assert facet is None or all(callable(getattr(facet, call)) for call in needed)

    def test_kind_tells_what_its_drives_can_do(self, reading: Drive) -> None:
        """`lading drives` names every facet that a drive of the kind has, and all that it can be given."""
        kind = reading.profile.kind
        if kind not in CONNECTORS:
            pytest.skip("the drive has no kind that an address can name")
        said = told(kind, CONNECTORS[kind])

        assert {name for name in FACETS if getattr(reading, name) is not None} <= set(said.facets)
        if (most := said.features) is not None:
            features = reading.profile.features
            for name in ("versions", "roles", "effects", "reaches", "principals", "links", "link_roles"):
                assert getattr(features, name) <= getattr(most, name)

    def test_versions(self, reading: Drive, file: Entry) -> None:
        """The current version is the last one and has the content of the file."""
        if reading.versions is None:
            pytest.skip("the drive offers no versions")
        known = list(reading.versions.list(file.path))
        with reading.versions.read(file.path, known[-1].id) as reader:
            content = drained(reader)

        assert content_of(reading, file.path) == content
        assert sorted(version.saved for version in known) == [version.saved for version in known]

    def test_errors_stay_in_the_family(self, reading: Drive) -> None:
        """Whatever a name looks like, asking for it raises a drive error or nothing."""
        for name in ("\udcff", "\ud800", "x" * 5000, "融" * 2000, "a\nb", "%2e%2e", "..\\..", "C:", "~", "-"):
            with suppress(DriveError):
                reading.stat((name,))
            with suppress(DriveError), reading.read((name, name)) as reader:
                drained(reader)
