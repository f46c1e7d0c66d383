"""
What a drive promises that lists with fewer questions, or gives parts of one content at once.
"""

from __future__ import annotations

from itertools import pairwise

import pytest

from lading.connectors.api import Drive
from lading.connectors.facets import Ranges
from lading.manifest.read import entry_of
from lading.model.entry import Entry
from lading.model.errors import Changed, NotFound, WrongKind
from lading.model.paths import ROOT

from .support import Base, content_of, listed, refused, walked


class SpareContract(Base):
    """Brief listings and ranges; `reading`, `entries`, `file` and `folder` are those of `ReadContract`."""

    def test_brief_listings_tell_the_same_entries(self, reading: Drive, entries: list[Entry]) -> None:
        """A brief listing leaves out no more than times and digests of files; whoever reads a file is told its time."""
        if (brief := reading.brief) is None:
            pytest.skip("the drive offers no brief listings")
        folders = [ROOT, *(entry.path for entry in entries if entry.is_folder)]
        told = [it for folder in folders for it in listed(reading, folder, ask=brief.list)]

        assert sorted(map(_briefly, walked(reading))) == sorted(map(_briefly, told))
        assert all(it.etag is not None for it in told if it.is_file)
        for entry in [it for it in entries if it.is_file and not it.problem][:20]:
            with reading.read(entry.path) as reader:
                assert entry.modified == reader.entry.modified

    def test_what_is_written_down_is_what_listings_tell(self, reading: Drive, entries: list[Entry]) -> None:
        """Every entry that a walk meets, as the walk meets it, each once, and no content is said to have been read."""
        if (written := reading.written) is None:
            pytest.skip("the drive is not written down")
        rows = [row for batch in written.all().entries for row in batch.to_pylist()]
        told = {entry.path: entry for entry in map(entry_of, rows)}

        assert len(rows) == len(told)
        met = walked(reading)
        assert met == [told[entry.path] for entry in met]
        assert {None} == {row["sha256"] for row in rows}
        some = ["digests", "kind", "path"]
        assert [[row[name] for name in some] for row in rows] == [
            list(row.values()) for batch in written.all(some).entries for row in batch.to_pylist()
        ]

    @pytest.mark.parametrize("at_once", [1, 3])
    def test_ranges_are_parts_of_the_content(self, reading: Drive, file: Entry, at_once: int) -> None:
        """Each part comes whole and in its place, however many are on their way; who leaves early disturbs nobody."""
        ranges, etag = _ranged(reading, file)
        whole = content_of(reading, file.path)
        cuts = [0, 1, file.size // 2, file.size - 1, file.size]
        spans = [*pairwise(cuts), (0, file.size), (1, 2), (0, 1)] * 5
        for _ in ranges.read(file.path, iter(spans), expect=etag, at_once=at_once):
            break

        assert [whole[start:end] for start, end in spans] == [
            *ranges.read(file.path, iter(spans), expect=etag, at_once=at_once)
        ]
        assert [] == [*ranges.read(file.path, (), expect=etag, at_once=at_once)]

    def test_ranges_of_another_content(self, reading: Drive, file: Entry, folder: Entry) -> None:
        """What is not there, is a folder, ends before, or has another etag is told; no byte of it comes."""
        ranges, etag = _ranged(reading, file)
        for path, kinds in (
            (("no such",), (NotFound,)),
            (folder.path, (WrongKind, NotFound, Changed)),
            (ROOT, (WrongKind,)),
        ):
            with refused(path, *kinds):
                next(ranges.read(path, [(0, 1)], expect=etag, at_once=2))
        for span in ((0, file.size + 1), (file.size, file.size + 1), (file.size + 5, file.size + 9)):
            with refused(file.path, Changed):
                next(ranges.read(file.path, [span], expect=etag, at_once=2))
        for strange in ("0", '"none"', "没有", "a\r\nb", "x" * 300):
            with refused(file.path, Changed):
                next(ranges.read(file.path, [(0, 1)], expect=strange, at_once=2))


def _ranged(drive: Drive, file: Entry) -> tuple[Ranges, str]:
    """The ranges of *drive*, if it offers any, and the etag of *file*."""
    if drive.ranges is None or file.etag is None:
        pytest.skip("the drive offers no ranges")
    return drive.ranges, file.etag


def _briefly(entry: Entry) -> Entry:
    """*entry* without what a brief listing may leave out."""
    return entry._replace(modified=None, digests=()) if entry.is_file else entry
