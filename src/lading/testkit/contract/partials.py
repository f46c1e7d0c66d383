"""
What the facet for files written in several sittings promises.
"""

from __future__ import annotations

import pytest

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING, Unchanged
from lading.connectors.facets import Partials
from lading.model.errors import AlreadyExists, Changed, NameRefused, NotFound
from lading.testkit.sources import ClientGone, SourceBroke, breaks_after, pieces

from .support import Base, OpenDrive, content_of, drained, listed, paths, written

TOKEN = "a" * 60 + "Z019"
CONTENT = b"0123456789" * 1000
TIME = 1_500_000_000_000_000_000


class PartialContract(Base):
    """Partials, where the drive offers them."""

    @pytest.fixture
    def partials(self, drive: Drive) -> Partials:
        """The facet."""
        if drive.partials is None:
            pytest.skip("the drive offers no partials")
        return drive.partials

    def test_unknown_token(self, drive: Drive, partials: Partials) -> None:
        """Of an unknown token nothing is held; it can be neither read nor finished."""
        assert 0 == partials.offset(TOKEN)
        with pytest.raises(NotFound):
            partials.finish(TOKEN, ("file",), expect=ABSENT)
        with pytest.raises(NotFound), partials.read(TOKEN):
            pass

        assert [] == listed(drive)

    def test_several_sittings(self, open_drive: OpenDrive, partials: Partials) -> None:
        """A file is put together by several clients, and appears at the end, whole."""
        for start in range(0, len(CONTENT), 3000):
            sitting = _partials(open_drive())
            assert start == sitting.offset(TOKEN)
            end = sitting.append(TOKEN, pieces(CONTENT[start : start + 3000], 700), start=start)
            assert min(start + 3000, len(CONTENT)) == end
            assert [] == listed(open_drive())
        drive = open_drive()
        entry = partials.finish(TOKEN, ("file",), expect=ABSENT, modified=TIME)

        assert (("file",), len(CONTENT)) == (entry.path, entry.size)
        assert [drive.stat(("file",))] == listed(drive)
        assert CONTENT == content_of(drive, ("file",))
        if drive.profile.keeps_modified:
            assert drive.profile.kept_time(TIME) == entry.modified
        assert 0 == _partials(drive).offset(TOKEN)

    @pytest.mark.parametrize("error", [SourceBroke, ClientGone, OSError])
    def test_broken_source_keeps_what_arrived(
        self, open_drive: OpenDrive, partials: Partials, error: type[BaseException]
    ) -> None:
        """What a source gave before it failed stays, and the next sitting goes on after it."""
        problem = error()
        with pytest.raises(error) as caught:
            partials.append(TOKEN, breaks_after(3, problem, piece=CONTENT[:1000]), start=0)

        assert problem is caught.value
        again = _partials(open_drive())
        assert 3000 == again.offset(TOKEN)
        assert 4000 == again.append(TOKEN, [CONTENT[:1000]], start=3000)
        again.finish(TOKEN, ("file",), expect=ABSENT)
        assert CONTENT[:4000] == content_of(open_drive(), ("file",))

    def test_wrong_start(self, partials: Partials) -> None:
        """Who goes on beyond the end of a partial has another one in mind."""
        partials.append(TOKEN, [b"x" * 100], start=0)
        for start in (101, 10_000):
            with pytest.raises(Changed):
                partials.append(TOKEN, [b"y"], start=start)
        with pytest.raises(Changed):
            partials.append("unknown", [b"y"], start=5)

        assert (100, 0) == (partials.offset(TOKEN), partials.offset("unknown"))

    def test_going_on_from_an_earlier_byte(self, open_drive: OpenDrive, partials: Partials) -> None:
        """Who goes on before the end of a partial gives up what was held beyond."""
        partials.append(TOKEN, pieces(CONTENT[:3000], 700), start=0)
        partials.append(TOKEN, [b"again"], start=1000)
        again = _partials(open_drive())
        again.append("other", [b"held"], start=0)
        again.append("other", (), start=0)

        assert (1005, 0) == (again.offset(TOKEN), again.offset("other"))
        again.finish(TOKEN, ("file",), expect=ABSENT)
        assert CONTENT[:1000] + b"again" == content_of(open_drive(), ("file",))

    def test_reading_back(self, partials: Partials) -> None:
        """What is held can be read while more is to come."""
        for end in (1000, 2500):
            held = partials.offset(TOKEN)
            partials.append(TOKEN, pieces(CONTENT[held:end]), start=held)
            with partials.read(TOKEN) as reader:
                assert CONTENT[:end] == drained(reader, 300)
                assert end == reader.entry.size

    def test_finish_honours_what_is_there(self, drive: Drive, partials: Partials) -> None:
        """A partial replaces only what was expected; one that cannot be finished stays."""
        etag = written(drive, ("file",), [b"old"], expect=ABSENT).etag
        partials.append(TOKEN, [b"new"], start=0)
        with pytest.raises(AlreadyExists):
            partials.finish(TOKEN, ("file",), expect=ABSENT)
        with pytest.raises(Changed):
            partials.finish(TOKEN, ("file",), expect=Unchanged('"another"'))
        with pytest.raises(NotFound):
            partials.finish(TOKEN, ("none", "file"), expect=ABSENT)
        with pytest.raises(NameRefused):
            partials.finish(TOKEN, ("..", "file"), expect=ABSENT)
        assert b"old" == content_of(drive, ("file",))
        assert 3 == partials.offset(TOKEN)

        partials.finish(TOKEN, ("file",), expect=Unchanged(etag) if etag else ANYTHING)
        assert b"new" == content_of(drive, ("file",))
        assert [("file",)] == paths(drive)

    def test_partial_is_read_back(self, open_drive: OpenDrive, drive: Drive, partials: Partials) -> None:
        """What is read back while it is added is held like all else: it grows, is cut, and gets its name."""
        if drive.read_back is None:
            pytest.skip("the drive does not read back what it stores")
        source = iter([b"0123", b"", b"x" * 300_000])
        if (held := drive.read_back.append("token", source, start=0)) is None:
            assert [b"0123", b"", b"x" * 300_000] == list(source)
            assert 0 == partials.offset("token")
            pytest.skip("the drive cannot do so here")
        assert 300_004 == held == partials.offset("token")
        with pytest.raises(Changed):
            drive.read_back.append("token", [b"beyond"], start=300_005)
        again = open_drive()
        assert again.read_back is not None and again.partials is not None
        assert 6 == again.read_back.append("token", [b"45"], start=4)
        again.partials.finish("token", ("file",), expect=ABSENT)

        assert b"012345" == content_of(drive, ("file",))
        assert 0 == partials.offset("token")

    def test_tokens_do_not_mix(self, drive: Drive, partials: Partials) -> None:
        """Two partials grow side by side; tokens that differ in case only are two."""
        partials.append("token", [b"small"], start=0)
        partials.append("TOKEN", [b"LARGE ONE"], start=0)
        partials.append("token", [b"er"], start=5)
        partials.finish("TOKEN", ("large",), expect=ABSENT)
        partials.finish("token", ("small",), expect=ABSENT)

        assert b"LARGE ONE" == content_of(drive, ("large",))
        assert b"smaller" == content_of(drive, ("small",))

    def test_sweep(self, drive: Drive, partials: Partials) -> None:
        """Sweeping removes what is not kept, and nothing else."""
        drive.write(("file",), [b"stays"], expect=ABSENT)
        for token in ("one", "two", "three"):
            partials.append(token, [token.encode()], start=0)

        assert 2 == partials.sweep({"two", "never seen"})
        assert [0, 3, 0] == [partials.offset(token) for token in ("one", "two", "three")]
        with partials.read("two") as reader:
            assert b"two" == drained(reader)
        assert (1, 0) == (partials.sweep(()), partials.sweep(()))
        assert [("file",)] == paths(drive)


def _partials(drive: Drive) -> Partials:
    assert drive.partials is not None
    return drive.partials
