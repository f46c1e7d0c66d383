"""
What every drive promises when several are at work, or somebody goes away.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lading.connectors.conditions import ABSENT, ANYTHING, Precondition, Unchanged
from lading.model.entry import Entry
from lading.model.errors import AlreadyExists, Changed, DriveError, NotFound
from lading.testkit.sources import PATIENCE, ClientGone, breaks_after, hanging, meeting, pieces

from .support import Base, OpenDrive, content_of, drained, listed, paths, together, written

FILE = ("file.bin",)
CONTENTS = (b"first " * 3000, b"the second " * 2000)


class RaceContract(Base):
    """Several at once."""

    @pytest.mark.parametrize("shared", [True, False], ids=["one client", "two clients"])
    def test_two_writers_of_a_new_file(self, open_drive: OpenDrive, shared: bool) -> None:
        """Of two writers of a new file exactly one succeeds, and its content is there, whole."""
        outcomes = _race(open_drive, ABSENT, shared=shared)
        winners = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, Entry)]

        assert 1 == len(winners), outcomes
        assert isinstance(outcomes[1 - winners[0]], AlreadyExists)
        assert CONTENTS[winners[0]] == content_of(open_drive(), FILE)
        assert [FILE] == paths(open_drive())

    @pytest.mark.parametrize("shared", [True, False], ids=["one client", "two clients"])
    def test_two_writers_of_anything(self, open_drive: OpenDrive, shared: bool) -> None:
        """Of two writers who do not care one wins, whole."""
        open_drive().write(FILE, [b"old"], expect=ABSENT)
        outcomes = _race(open_drive, ANYTHING, shared=shared)

        assert any(isinstance(outcome, Entry) for outcome in outcomes), outcomes
        assert content_of(open_drive(), FILE) in CONTENTS
        assert [FILE] == paths(open_drive())

    def test_two_writers_who_know_the_file(self, open_drive: OpenDrive) -> None:
        """Of two writers who replace the same known content exactly one succeeds."""
        etag = written(open_drive(), FILE, [b"old"], expect=ABSENT).etag
        if etag is None:
            pytest.skip("the drive gives no etags")
        outcomes = _race(open_drive, Unchanged(etag), shared=False)
        winners = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, Entry)]

        assert 1 == len(winners), outcomes
        assert isinstance(outcomes[1 - winners[0]], Changed)
        assert CONTENTS[winners[0]] == content_of(open_drive(), FILE)

    def test_folder_made_by_many(self, open_drive: OpenDrive) -> None:
        """Many may make the same folder at once; it is one, and nobody fails."""
        drive = open_drive()
        outcomes = together(*(lambda: drive.make_folder(("folder",)).path for _ in range(8)))

        assert [("folder",)] * 8 == outcomes
        assert [("folder",)] == paths(open_drive())

    def test_file_removed_by_many(self, open_drive: OpenDrive) -> None:
        """Of many who remove a file at least one succeeds, the others find nothing."""
        drive = open_drive()
        drive.write(FILE, [b"x"], expect=ABSENT)
        outcomes = together(*(lambda: drive.remove(FILE, expect=ANYTHING) for _ in range(6)))

        assert None in outcomes
        assert all(outcome is None or isinstance(outcome, NotFound) for outcome in outcomes)
        assert [] == listed(open_drive())

    def test_two_moves_to_one_name(self, open_drive: OpenDrive) -> None:
        """Of two files moved to the same new name one arrives, and the other stays where it was."""
        moves = open_drive().moves
        if moves is None:
            pytest.skip("the drive offers no moves")
        names = (("one",), ("two",))
        for name, content in zip(names, CONTENTS, strict=True):
            open_drive().write(name, [content], expect=ABSENT)
        outcomes = together(*(lambda name=name: moves.move(name, FILE, expect=ABSENT) for name in names))
        winners = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, Entry)]

        assert 1 == len(winners), outcomes
        assert isinstance(outcomes[1 - winners[0]], AlreadyExists)
        assert CONTENTS[winners[0]] == content_of(open_drive(), FILE)
        assert CONTENTS[1 - winners[0]] == content_of(open_drive(), names[1 - winners[0]])
        assert sorted([FILE, names[1 - winners[0]]]) == paths(open_drive())

    def test_two_partials_for_one_name(self, open_drive: OpenDrive) -> None:
        """Of two partials finished as the same new file one appears, whole, and the other is still held."""
        partials = open_drive().partials
        if partials is None:
            pytest.skip("the drive offers no partials")
        for token, content in zip(("one", "two"), CONTENTS, strict=True):
            partials.append(token, [content], start=0)
        outcomes = together(
            *(lambda token=token: partials.finish(token, FILE, expect=ABSENT) for token in ("one", "two"))
        )
        winners = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, Entry)]

        assert 1 == len(winners), outcomes
        assert isinstance(outcomes[1 - winners[0]], AlreadyExists)
        assert CONTENTS[winners[0]] == content_of(open_drive(), FILE)
        assert len(CONTENTS[1 - winners[0]]) == partials.offset(("one", "two")[1 - winners[0]])

    def test_many_threads(self, open_drive: OpenDrive) -> None:
        """Threads that share a client write, list and read without mixing anything up."""
        drive = open_drive()

        def work(number: int) -> bytes:
            folder = (f"folder {number}",)
            drive.make_folder(folder)
            for step in range(5):
                drive.write((*folder, f"{step}"), pieces(b"%d-%d " % (number, step) * 500), expect=ABSENT)
            assert 5 == len(listed(drive, folder))
            return b"".join(content_of(drive, (*folder, f"{step}")) for step in range(5))

        found = together(*(lambda number=number: work(number) for number in range(8)))

        assert [b"".join(b"%d-%d " % (n, step) * 500 for step in range(5)) for n in range(8)] == found

    def test_content_replaced_while_read(self, open_drive: OpenDrive) -> None:
        """Who reads while a file is replaced gets the old content whole or an error, never a mixture."""
        old, new = b"o" * 3_000_000, b"n" * 3_000_000
        open_drive().write(FILE, pieces(old, 1 << 16), expect=ABSENT)
        try:
            with open_drive().read(FILE) as reader:
                begun = reader.read(1000)
                open_drive().write(FILE, pieces(new, 1 << 16), expect=ANYTHING)
                found = begun + drained(reader)
        except DriveError:
            found = old

        assert old == found
        assert new == content_of(open_drive(), FILE)

    def test_content_removed_while_read(self, open_drive: OpenDrive) -> None:
        """Who reads while a file is removed gets it whole or an error."""
        old = b"o" * 3_000_000
        open_drive().write(FILE, pieces(old, 1 << 16), expect=ABSENT)
        try:
            with open_drive().read(FILE) as reader:
                begun = reader.read(1000)
                open_drive().remove(FILE, expect=ANYTHING)
                found = begun + drained(reader)
        except DriveError:
            found = old

        assert old == found

    def test_writer_that_hangs(self, open_drive: OpenDrive) -> None:
        """A writer that stands still shows nothing and holds nobody up."""
        drive = open_drive()
        begun, release = threading.Event(), threading.Event()
        with ThreadPoolExecutor(1) as pool:
            try:
                source = hanging(CONTENTS[0], begun, release)
                hung = pool.submit(drive.write, FILE, source, expect=ABSENT)
                assert begun.wait(PATIENCE)
                assert [] == listed(drive)
                drive.write(("other",), [b"other"], expect=ABSENT)
                assert b"other" == content_of(open_drive(), ("other",))
                assert not hung.done()
            finally:
                release.set()

        assert len(CONTENTS[0]) == hung.result().size
        assert [FILE, ("other",)] == paths(open_drive())

    def test_client_that_goes_away(self, open_drive: OpenDrive) -> None:
        """Clients that are ended in the middle of writing leave nothing, and a name that can be used."""
        for _ in range(5):
            with pytest.raises(ClientGone):
                open_drive().write(FILE, breaks_after(50, ClientGone()), expect=ABSENT)
        drive = open_drive()
        assert [] == listed(drive)
        drive.write(FILE, [b"mine"], expect=ABSENT)

        assert b"mine" == content_of(open_drive(), FILE)

    def test_folder_can_go_after_a_failed_write(self, open_drive: OpenDrive) -> None:
        """A write that failed leaves nothing that would keep its folder from being removed."""
        drive = open_drive()
        drive.make_folder(("folder",))
        with pytest.raises(ClientGone):
            drive.write(("folder", "file"), breaks_after(50, ClientGone()), expect=ABSENT)
        drive.remove(("folder",), expect=ANYTHING)

        assert [] == listed(open_drive())


def _race(open_drive: OpenDrive, expect: Precondition, *, shared: bool) -> list[object]:
    barrier = threading.Barrier(2)
    first = open_drive()
    second = first if shared else open_drive()
    return together(
        lambda: first.write(FILE, meeting(CONTENTS[0], barrier), expect=expect),
        lambda: second.write(FILE, meeting(CONTENTS[1], barrier), expect=expect),
    )
