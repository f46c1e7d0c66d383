"""
What a drive promises that takes versions of the past, singly and in batches, and gives many contents at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING, Unchanged
from lading.connectors.facets import Batch, Upload, Versions, Wanted
from lading.model.access import Principal, PrincipalKind, Version
from lading.model.entry import Entry
from lading.model.errors import (
    AlreadyExists,
    Changed,
    DriveError,
    NotFound,
    TooLarge,
    Truncated,
    Unable,
    WrongKind,
)
from lading.model.paths import Path
from lading.testkit.sources import SourceBroke, breaks_after, pieces

from .support import Base, OpenDrive, content_of, drained, paths, reads

FILE = ("合同.docx",)
SECOND = 1_000_000_000
BEGIN = 1_420_070_400 * SECOND
CONTENTS = (b"first", b"", b"third " * 3000, b"first")
PEOPLE = (PrincipalKind.PERSON, PrincipalKind.GUEST)


class AddContract(Base):
    """Versions that are added, where the drive takes any."""

    @pytest.fixture
    def history(self, drive: Drive) -> Versions:
        """The facet of a drive that takes versions."""
        if drive.versions is None or not drive.profile.features.versions:
            pytest.skip("the drive takes no versions")
        return drive.versions

    @pytest.fixture
    def together(self, drive: Drive, history: Versions) -> Batch:
        """The batch of a drive that takes versions."""
        if drive.batch is None:
            pytest.skip("the drive offers no batch")
        return drive.batch

    @pytest.fixture
    def sent(self, known: Sequence[Principal]) -> list[Version]:
        """Facts of versions, the third back-dated before the second, by those who are known and by nobody."""
        authors = [one.id for one in known if one.kind in PEOPLE and one.active][:2] or [""]
        days = (0, 20, 10, 30)
        return [
            Version(
                id="",
                saved=BEGIN + day * 86_400 * SECOND + 123_456_789,
                size=len(content),
                author="" if number == 1 else authors[number % len(authors)],
                modified=BEGIN + day * 3600 * SECOND,
                label="签署版 signed" if number == 2 else "",
            )
            for number, (day, content) in enumerate(zip(days, CONTENTS, strict=True))
        ]

    def test_versions_keep_order_and_facts(
        self, open_drive: OpenDrive, drive: Drive, history: Versions, sent: list[Version]
    ) -> None:
        """Added versions come back in the order added, with what the profile promises, whole."""
        for version, content in zip(sent, CONTENTS, strict=True):
            entry = history.add(FILE, pieces(content), version, expect=ANYTHING)
            assert (FILE, len(content)) == (entry.path, entry.size)

        told = list(history.list(FILE))
        assert [kept(drive, version) for version in sent] == [kept(drive, version) for version in told]
        assert len(told) == len({version.id for version in told})
        for version, content in zip(told, CONTENTS, strict=True):
            with history.read(FILE, version.id) as reader:
                assert content == drained(reader)
            for algorithm, digest in version.digests:
                assert hashlib.new(algorithm, content).hexdigest() == digest
        assert CONTENTS[-1] == content_of(open_drive(), FILE)
        if "modified" in drive.profile.features.versions and drive.profile.keeps_modified:
            assert drive.profile.kept_time(sent[-1].modified or 0) == open_drive().stat(FILE).modified

    def test_all_versions_agree_with_each(self, drive: Drive, history: Versions, sent: list[Version]) -> None:
        """What is told of all files is what each file tells, one with a single content among them."""
        for name in ("one", "two"):
            drive.make_folder((name,))
            for version, content in list(zip(sent, CONTENTS, strict=True))[: 1 if name == "one" else 3]:
                history.add((name, "x"), [content], version, expect=ANYTHING)
        told = history.all()
        if told is None:
            pytest.skip("the drive has to be asked file by file")

        files = (("one", "x"), ("two", "x"))
        assert {file: tuple(history.list(file)) for file in files} == dict(told)

    def test_unknown_authors_are_refused(self, drive: Drive, history: Versions, sent: list[Version]) -> None:
        """What was saved by somebody unknown is not stored under another name."""
        if "author" not in drive.profile.features.versions:
            pytest.skip("the drive keeps no authors")
        stranger = Version("", sent[0].saved, 3, author="nobody-of-this-id")
        with pytest.raises(NotFound):
            history.add(FILE, [b"abc"], stranger, expect=ABSENT)

        assert [] == paths(drive)

    def test_a_version_that_breaks_off_is_none(
        self, drive: Drive, history: Versions, sent: list[Version]
    ) -> None:
        """A source that fails, or gives another length than was told, adds nothing."""
        history.add(FILE, [CONTENTS[0]], sent[0], expect=ABSENT)
        with pytest.raises(SourceBroke):
            history.add(FILE, breaks_after(2), Version("", sent[1].saved, 10 << 20), expect=ANYTHING)
        for size in (1, 50_000_000):
            with pytest.raises(Truncated):
                history.add(FILE, [b"abc"], Version("", sent[1].saved, size), expect=ANYTHING)

        assert 1 == len(list(history.list(FILE)))
        assert CONTENTS[0] == content_of(drive, FILE)

    def test_versions_honour_what_is_there(
        self, drive: Drive, history: Versions, sent: list[Version]
    ) -> None:
        """The preconditions of a write hold for an addition."""
        version = sent[0]
        history.add(FILE, [CONTENTS[0]], version, expect=ABSENT)
        with pytest.raises(AlreadyExists):
            history.add(FILE, [CONTENTS[0]], version, expect=ABSENT)
        with pytest.raises(Changed):
            history.add(FILE, [CONTENTS[0]], version, expect=Unchanged('"another"'))
        with pytest.raises(NotFound):
            history.add(("none", "x"), [CONTENTS[0]], version, expect=ABSENT)
        drive.make_folder(("folder",))
        with pytest.raises(WrongKind):
            history.add(("folder",), [CONTENTS[0]], version, expect=ANYTHING)

        assert 1 == len(list(history.list(FILE)))

    def test_versions_stay_through_a_move(self, drive: Drive, history: Versions, sent: list[Version]) -> None:
        """A file that is moved keeps its versions."""
        if drive.moves is None:
            pytest.skip("the drive offers no moves")
        for version, content in zip(sent, CONTENTS, strict=True):
            history.add(FILE, [content], version, expect=ANYTHING)
        before = [kept(drive, version) for version in history.list(FILE)]
        drive.moves.move(FILE, ("moved",), expect=ABSENT)

        assert before == [kept(drive, version) for version in history.list(("moved",))]

    def test_a_drive_that_takes_no_versions_says_so(self, drive: Drive) -> None:
        """Where the profile promises nothing, an addition is refused and leaves nothing."""
        if drive.versions is None or drive.profile.features.versions:
            pytest.skip("the drive takes versions, or has none")
        with pytest.raises(Unable):
            drive.versions.add(FILE, [b"abc"], Version("", BEGIN, 3), expect=ABSENT)

        assert [] == paths(drive)

    # -- in batches

    def test_a_batch_adds_versions_in_order(
        self, drive: Drive, history: Versions, together: Batch, sent: list[Version]
    ) -> None:
        """Several versions of several paths, mixed, come back in the order sent, with their facts."""
        other = ("other.docx",)
        uploads = [
            Upload(path, content, ABSENT if number == 0 else ANYTHING, version.modified, version)
            for number, (version, content) in enumerate(zip(sent, CONTENTS, strict=True))
            for path in (FILE, other)
        ]
        answers = list(together.write(uploads))

        assert [Entry] * len(uploads) == list(map(type, answers))
        for path in (FILE, other):
            told = list(history.list(path))
            assert [kept(drive, version) for version in sent] == [kept(drive, version) for version in told]
            for version, content in zip(told, CONTENTS, strict=True):
                with history.read(path, version.id) as reader:
                    assert content == drained(reader)

    def test_after_a_failed_version_none_follows(
        self, drive: Drive, history: Versions, together: Batch, sent: list[Version]
    ) -> None:
        """None takes the place of a version that failed; other paths are stored."""
        drive.write(FILE, [b"there"], expect=ABSENT)
        uploads = [
            Upload(path, content, ABSENT if number == 0 else ANYTHING, version.modified, version)
            for number, (version, content) in enumerate(zip(sent, CONTENTS, strict=True))
            for path in (FILE, ("other",))
        ]
        answers = list(together.write(uploads))

        assert [AlreadyExists, Entry] * len(sent) == list(map(type, answers))
        assert 1 == len(list(history.list(FILE)))
        assert len(sent) == len(list(history.list(("other",))))

    def test_a_batch_gives_contents_in_order(self, drive: Drive) -> None:
        """Each content comes in its place, and what failed for one touches no other."""
        batch = reads(drive)
        drive.make_folder(("inner",))
        expected: dict[Path, bytes] = {("inner", f"文件 {number}"): b"x" * number for number in range(30)}
        for path, content in expected.items():
            drive.write(path, [content], expect=ABSENT)
        wanted = [Wanted(path) for path in expected]
        wanted[3:3] = [Wanted(("none",)), Wanted(("..", "x")), Wanted(("inner",)), Wanted(())]
        answers = list(batch.read(iter(wanted)))

        assert len(wanted) == len(answers)
        assert list(expected.values()) == [answer for answer in answers if isinstance(answer, bytes)]
        assert [3, 4, 5, 6] == [at for at, answer in enumerate(answers) if isinstance(answer, DriveError)]
        assert isinstance(answers[3], NotFound)
        assert [] == list(batch.read(()))

    def test_a_batch_gives_versions(self, drive: Drive) -> None:
        """An earlier content is given as it was; a version that is not there is told in its place."""
        batch = reads(drive)
        if drive.versions is None:
            pytest.skip("the drive offers no versions")
        for content in CONTENTS:
            drive.write(FILE, [content], expect=ANYTHING)
        wanted = [Wanted(FILE, version.id) for version in drive.versions.list(FILE)]
        strange = [Wanted(FILE, version) for version in ("no such", "0", "99999999999999", "..", "-1")]
        answers = list(batch.read([*wanted, *strange, Wanted(FILE)]))

        assert [*CONTENTS, CONTENTS[-1]] == [answer for answer in answers if isinstance(answer, bytes)]
        assert 5 == sum(isinstance(answer, DriveError) for answer in answers)

    def test_a_batch_gives_small_contents(self, drive: Drive) -> None:
        """What is larger than the profile says is refused in its place, what is as large is given."""
        batch = reads(drive)
        most = drive.profile.batch_content
        if most > 16 << 20:
            pytest.skip("the drive gives contents too large for a test")
        for name, size in (("fits", most), ("large", most + 1), ("small", 1)):
            drive.write((name,), [bytes(size)], expect=ABSENT)
        answers = list(batch.read([Wanted((name,)) for name in ("fits", "large", "small")]))

        assert isinstance(answers[1], TooLarge)
        assert [most, 1] == [len(answer) for answer in answers if isinstance(answer, bytes)]


def kept(drive: Drive, version: Version) -> tuple[object, ...]:
    """What the profile of *drive* promises to keep of *version*."""
    facts, profile = drive.profile.features.versions, drive.profile
    return (
        version.size,
        profile.kept_time(version.saved) if "saved" in facts else None,
        profile.kept_time(version.modified or 0) if "modified" in facts else None,
        version.author if "author" in facts else None,
        version.label if "label" in facts else None,
    )
