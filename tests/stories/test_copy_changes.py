"""
What people do to OLD between two passes, and while one is at work; each pass accounts for all of it.

Passes run inside the test, between two folders; `test_copy.py` runs the command itself.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.connectors.folder.reading import Reading
from lading.stages.transfer import ahead, content, perform
from support.passes import Passes, buckets, inside

__all__ = ["inside"]
pytestmark = pytest.mark.usefixtures("inside")
STOPPED = 1_600_000_000_000_000_000
BLOCK = 64 * 1024


class Case:
    """Two folders and the job between them."""

    def __init__(self, root: Path) -> None:
        self.old, self.new = root / "old", root / "new"
        self.old.mkdir(parents=True)
        target = Address("folder", str(self.new), {"create": "yes", "role": "target"})
        self.passes = Passes(Address("folder", str(self.old)), target, root / "state")

    def put(self, name: str, text: str = "x") -> Path:
        """Write a file of OLD."""
        file = self.old / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def run(self, **rules: object) -> dict[str, int]:
        """One pass; the buckets that are not empty.  What was found is held against the disk."""
        account = self.passes.run(**rules)  # type: ignore[arg-type]
        there = sum(len(folders) + len(files) for _, folders, files in os.walk(os.fsencode(self.old)))
        assert there == account["found"]["objects"]
        return buckets(account)

    def equal(self) -> bool:
        """Whether NEW has all that OLD has, byte for byte."""
        return digests(self.old).items() <= digests(self.new).items()


def digests(root: Path) -> dict[bytes, str]:
    """The digest of each file, and "folder" for a folder, by its exact path."""
    found: dict[bytes, str] = {}
    top = os.fsencode(root)
    for folder, folders, files in os.walk(top):
        for name in folders:
            found[os.path.relpath(os.path.join(folder, name), top)] = "folder"
        for name in files:
            path = os.path.join(folder, name)
            with open(path, "rb") as stream:
                found[os.path.relpath(path, top)] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """An empty OLD, and no NEW yet."""
    return Case(tmp_path)


def test_an_empty_drive_and_one_file(case: Case) -> None:
    """A drive without any object gives an account of nothing; the smallest that holds one arrives."""
    first, second = case.run(), case.run()
    case.put("only", "")

    assert ({}, {}) == (first, second)
    assert {"moved": 1} == case.run()
    assert case.equal()


def test_a_wide_folder_and_a_deep_one(case: Case) -> None:
    """5,000 entries side by side, 60 folders in each other, and many empty folders arrive."""
    for number in range(5_000):
        case.put(f"wide/{number:04d}", "")
    case.put("/".join(f"d{number}" for number in range(60)) + "/deepest", "down here")
    for number in range(300):
        (case.old / "empty" / f"{number:03d}").mkdir(parents=True)

    assert {"moved": 5_363} == case.run()
    assert case.equal()
    assert {"same": 5_363} == case.run()


NAMES = [
    "n" * 255, "名" * 85, "a'b\"; DROP TABLE o;--", "*?[", "[abc]", "part-00000.parquet", "p-0123456789abcdef",
    "manifest.json", ".part", ".tmp", "%", "\\", "-rf", " ", "~", "line\nbreak\x01\x7f", "re\u202eversed",
    unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "é"), "Case", "case", "dot.", "dot",
    "not-utf8-\udcff", "\\x2f", "NULL",
]  # fmt: skip


def test_hostile_names_survive_three_passes(case: Case) -> None:
    """Every name arrives as a file and as a folder, is the same next time, and follows its folder's new name."""
    for name in NAMES:
        case.put(f"files/{name}", name.encode("utf-8", "surrogateescape").hex())
        case.put(f"folders/{name}/in", "x")
    first, second = case.run(), case.run()
    (case.old / "files").rename(case.old / "it's; moved")
    third = case.run()
    count = len(NAMES)

    assert ({"moved": 3 * count + 2}, {"same": 3 * count + 2}) == (first, second)
    assert {"renamed": count + 1, "same": 2 * count + 1} == third
    assert case.equal()


def test_an_exclusion_is_a_pattern_and_nothing_else(case: Case) -> None:
    """Patterns full of signs break nothing, and exclude what they match with all below it and no more."""
    for name in ("[abc]", "a'; --", "plain.tmp", "plain", "deep/down/x.tmp"):
        case.put(f"d/{name}")
    excluded = case.run(exclude=("[", "'; --", "(", "/d/[[]abc]", "*/a'*", "*.tmp", "/d/deep/down"))

    assert {"moved": 3, "excluded": 5} == excluded
    assert {b"d", b"d/plain", b"d/deep"} == digests(case.new).keys()


def hard_link(case: Case) -> dict[str, int]:
    os.link(case.old / "a", case.old / "twin")
    return {"moved": 1, "same": 3}


def swap(case: Case) -> dict[str, int]:
    (case.old / "a").rename(case.old / "t")
    (case.old / "b").rename(case.old / "a")
    (case.old / "t").rename(case.old / "b")
    return {"moved": 2, "same": 1}


def chain(case: Case) -> dict[str, int]:
    (case.old / "c").rename(case.old / "d")
    (case.old / "b").rename(case.old / "c")
    (case.old / "a").rename(case.old / "b")
    return {"moved": 3}


def rename_case_only(case: Case) -> dict[str, int]:
    (case.old / "a").rename(case.old / "A")
    return {"renamed": 1, "same": 2}


def into_a_new_folder(case: Case) -> dict[str, int]:
    (case.old / "new" / "deep").mkdir(parents=True)
    (case.old / "a").rename(case.old / "new" / "deep" / "a")
    return {"moved": 2, "renamed": 1, "same": 2}


def saved_anew(case: Case) -> dict[str, int]:
    case.put("~a", "9999").rename(case.old / "a")
    return {"moved": 1, "same": 2}


def same_size_and_time(case: Case) -> dict[str, int]:
    os.utime(case.put("a", "9999"), ns=(0, STOPPED))
    return {"moved": 1, "same": 2}


def number_given_again(case: Case) -> dict[str, int]:
    (case.old / "a").unlink()
    os.utime(case.put("z", "9999"), ns=(0, STOPPED))
    return {"moved": 1, "same": 2}


CHANGES = [
    hard_link, swap, chain, rename_case_only, into_a_new_folder, saved_anew, same_size_and_time, number_given_again,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_files_change_names_and_contents(change: Callable[[Case], dict[str, int]], case: Case) -> None:
    """Files of the same size and time are never taken for each other, whatever names they swap."""
    for name, text in (("a", "1111"), ("b", "2222"), ("c", "3333")):
        os.utime(case.put(name, text), ns=(0, STOPPED))
    case.run()
    expected = change(case)

    assert expected == case.run()
    assert case.equal()
    assert {"same": sum(expected.values())} == case.run()


def test_hard_links_stay_two_files(case: Case) -> None:
    """Two names of one file are two files in NEW, and removing one of them is no rename."""
    os.link(case.put("a", "1111"), case.old / "b")
    first = case.run()
    (case.old / "a").unlink()

    assert {"moved": 2} == first
    assert {"same": 1} == case.run()
    assert case.equal()


def test_a_renamed_folder_with_edits_inside(case: Case) -> None:
    """What came along with a folder and was edited is replaced; what somebody edited in NEW is not."""
    for name in ("same", "edited", "resaved", "longer", "theirs", "deep/er/x"):
        case.put(f"A/{name}", "1111")
    case.run()
    (case.old / "A").rename(case.old / "B")
    case.put("B/edited", "9999")
    case.put("B/~", "8888").rename(case.old / "B" / "resaved")
    case.put("B/longer", "11112222")
    case.put("B/theirs", "7777")
    (case.new / "A" / "theirs").write_text("somebody's")

    assert {"moved": 3, "renamed": 5, "failed": 1} == case.run()
    assert ["/B/theirs"] == [row["path"] for row in case.passes.lines("failures")]
    assert "somebody's" == (case.new / "B" / "theirs").read_text()
    assert {"moved": 1, "same": 8} == case.run(overwrite=True)
    assert case.equal()


def test_an_edit_the_pass_after_its_folder_was_renamed(case: Case) -> None:
    """What came along with a folder counts as ours in all later passes."""
    case.put("A/x", "1111")
    case.run()
    (case.old / "A").rename(case.old / "B")
    renamed = case.run()
    case.put("B/x", "9999")

    assert {"renamed": 2} == renamed
    assert {"moved": 1, "same": 1} == case.run()
    assert case.equal()


def test_a_renamed_folder_and_a_new_one_under_its_name(case: Case) -> None:
    """The old folder's content and the new one's do not mix."""
    case.put("A/x", "1111")
    case.put("A/y", "2222")
    case.run()
    (case.old / "A").rename(case.old / "B")
    case.put("A/x", "other")
    case.run()

    assert case.equal()
    assert {"same": 5} == case.run()


def test_nested_folders_are_renamed_at_once(case: Case) -> None:
    """Folders renamed at three levels in one go are moved, not copied."""
    case.put("a/b/c/file", "1111")
    case.put("a/b/other", "2222")
    case.run()
    (case.old / "a" / "b" / "c").rename(case.old / "a" / "b" / "C")
    (case.old / "a" / "b").rename(case.old / "a" / "B")
    (case.old / "a").rename(case.old / "A")

    assert {"renamed": 5} == case.run()
    assert case.equal()
    assert not (case.new / "a").exists()


def test_a_folder_becomes_a_file_and_a_file_a_folder(case: Case) -> None:
    """What changed its kind is reported and NEW keeps what it has; once that is cleared away, it is moved."""
    case.put("a", "1")
    case.put("d/x", "2")
    case.run()
    (case.old / "a").unlink()
    case.put("a/in", "3")
    shutil.rmtree(case.old / "d")
    case.put("d", "file")
    reported = case.run()
    kept = (case.new / "a").read_text(), (case.new / "d" / "x").read_text()
    (case.new / "a").unlink()
    shutil.rmtree(case.new / "d")

    assert {"failed": 3} == reported
    assert ("1", "2") == kept
    assert {"moved": 3} == case.run()
    assert case.equal()


def test_new_is_gone_between_two_passes(case: Case) -> None:
    """If NEW was removed, all is moved again."""
    case.put("a/x", "1111")
    case.run()
    shutil.rmtree(case.new)

    assert {"moved": 2} == case.run()
    assert case.equal()


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large files are small here: the way they take is the same."""
    for module in (ahead, content, perform):
        monkeypatch.setattr(module, "BLOCK", BLOCK, raising=False)
        monkeypatch.setattr(module, "CHUNK", BLOCK // 4, raising=False)


@pytest.mark.usefixtures("small_blocks")
def test_files_of_a_block_and_a_byte_more_or_less(case: Case) -> None:
    """At the edges of blocks and pieces nothing is lost or doubled."""
    edges = (0, BLOCK // 4, BLOCK, 2 * BLOCK, 5 * BLOCK)
    sizes = [edge + more for edge in edges for more in (-1, 0, 1) if edge + more >= 0]
    for size in sizes:
        (case.old / str(size)).write_bytes(random.Random(size).randbytes(size))

    assert {"moved": len(sizes)} == case.run()
    assert case.equal()


def append(file: Path) -> None:
    with open(file, "ab") as stream:
        stream.write(b"more")


def shorten(file: Path) -> None:
    os.truncate(file, 100)


def replace(file: Path) -> None:
    file.with_name("~").write_bytes(file.read_bytes()[::-1])
    file.with_name("~").rename(file)


def rewrite(file: Path) -> None:
    with open(file, "r+b") as stream:
        stream.seek(-10, os.SEEK_END)
        stream.write(b"0123456789")


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("change", [append, shorten, replace, rewrite, os.unlink])
@pytest.mark.parametrize("size", [BLOCK - 1, 5 * BLOCK])
def test_a_file_that_changes_while_it_is_copied(
    change: Callable[[Path], None], size: int, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails, or one whole state of it arrives, never a mixture; the next pass brings the later one."""
    earlier = random.Random(1).randbytes(size)
    file = case.old / "file"
    file.write_bytes(earlier)
    reads, read = iter(range(1000)), Reading.read

    def disturbed(reading: Reading, count: int) -> bytes:
        # In the middle: some of it has been read, the end has not.
        if reading._path == ("file",) and next(reads) == 2:
            change(file)
        return read(reading, count)

    monkeypatch.setattr(Reading, "read", disturbed)
    accounted = buckets(case.passes.run())
    landed = (case.new / "file").read_bytes() if (case.new / "file").exists() else None
    again = buckets(case.passes.run())

    later = None if change is os.unlink else file.read_bytes()
    assert accounted in ({"failed": 1}, {"moved": 1})
    assert ("moved" in accounted) == (landed is not None)
    assert landed in (None, earlier, later)
    assert again in ([{}] if later is None else [{"moved": 1}, {"same": 1}])
    assert later is None or later == (case.new / "file").read_bytes()
