"""Scanning drives that page, repeat themselves, refuse, run in circles or go away."""

from __future__ import annotations

import errno
import itertools
import json
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path as LocalPath
from typing import Any

import duckdb
import pytest

from lading.connectors.address import Address
from lading.connectors.api import Drive, Page
from lading.connectors.profile import Profile
from lading.manifest.engine import engine, insist
from lading.manifest.files import local_errors
from lading.manifest.read import Manifest, open_manifest
from lading.model.entry import Entry, Kind
from lading.model.errors import (
    BadManifest,
    BadRequest,
    Busy,
    CursorExpired,
    DriveError,
    Forbidden,
    LoginFailed,
    NoSpace,
    NotFound,
    ReadOnly,
    Unavailable,
    Unreadable,
    WorkerLost,
)
from lading.model.paths import ROOT, Path
from lading.model.progress import Progress
from support.scanning import ADDRESS, Inline, scan_of


class TinyDrive(Drive):
    """Files by path; `trouble` is asked before each call, `page` entries make a page."""

    def __init__(self, files: dict[Path, bytes], *, page: int = 100, local: bool = True) -> None:
        self.files = files
        self.page = page
        self.local = local
        self.trouble: Callable[[str, Path], None] = lambda call, path: None
        self.etag: str | None = "e"

    @property
    def profile(self) -> Profile:
        return Profile(kind="tiny", address="here", local=self.local, concurrency=4)

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        self.trouble("list", folder)
        below = {
            path[: len(folder) + 1] for path in self.files if path[: len(folder)] == folder and path != folder
        }
        start = int(cursor or 0)
        entries = [self._entry(path) for path in sorted(below)][start : start + self.page]
        end = start + self.page
        return Page(entries, str(end) if end < len(below) else None)

    def stat(self, path: Path) -> Entry:
        self.trouble("stat", path)
        return Entry(path, Kind.FOLDER)

    @contextmanager
    def read(self, path: Path, *, start: int = 0, expect: str | None = None) -> Iterator[BytesIO]:
        self.trouble("read", path)
        assert self.etag == expect
        yield BytesIO(self.files[path][start:])

    def _entry(self, path: Path) -> Entry:
        if path in self.files:
            return Entry(path, Kind.FILE, len(self.files[path]), 5, etag=self.etag)
        return Entry(path, Kind.FOLDER)

    def write(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    make_folder = remove = write


FILES = {(f"s{number % 3}", f"d{number % 7}", f"f{number}"): b"x" * number for number in range(60)} | {
    ("loose",): b"abc"
}


@pytest.fixture
def scanned(monkeypatch: pytest.MonkeyPatch, tmp_path: LocalPath) -> Callable[..., Manifest]:
    def run(drive: Drive, name: str = "m", **options: Any) -> Manifest:
        return scan_of(monkeypatch, drive, tmp_path / name, **options)

    return run


def paths(manifest: Manifest) -> list[Path]:
    return sorted(entry.path for entry, _ in manifest.entries())


def everything(files: dict[Path, bytes]) -> list[Path]:
    return sorted({path[:depth] for path in files for depth in range(1, len(path) + 1)})


def problems(manifest: Manifest) -> dict[Path, str | None]:
    return {entry.path: entry.problem for entry, _ in manifest.entries() if entry.problem}


@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize("page", [1, 3, 100])
def test_every_entry_stands_once(scanned: Any, page: int, local: bool) -> None:
    """
    However listings are paged, and with one thread or several, each entry is written down once.
    """
    manifest = scanned(TinyDrive(FILES, page=page, local=local))

    assert everything(FILES) == paths(manifest)
    assert {"objects": 61, "bytes": sum(range(60)) + 3} == manifest.counts["file"]
    assert {} == problems(manifest)
    assert not manifest.covers_content
    assert ["loose", "s0", "s1", "s2"] == [space.space for space in manifest.spaces()]


def test_small_budgets_give_the_same_manifest(scanned: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Many small tasks and one large one find the same, with the same fingerprint.
    """
    whole = scanned(TinyDrive(FILES), "whole")
    monkeypatch.setattr("lading.manifest.frontier.FIRST_BUDGET", 1)
    monkeypatch.setattr("lading.manifest.frontier.FULL_BUDGET", 3)
    pieces = scanned(TinyDrive(FILES), "pieces")

    assert whole.fingerprint == pieces.fingerprint
    assert paths(whole) == paths(pieces)
    assert 5 < len(pieces.parts)


def test_doubles_are_dropped(scanned: Any) -> None:
    """
    An entry that a drive tells twice, on one page or on two, is written down once.
    """

    class Stutters(TinyDrive):
        def list(self, folder: Path, *, cursor: str | None = None) -> Page:
            page = super().list(folder, cursor=cursor)
            again = super().list(folder).entries[:1]
            return Page(page.entries + page.entries[:1] + again, page.cursor)

    assert everything(FILES) == paths(scanned(Stutters(FILES, page=2)))


def test_folder_in_itself_has_an_end(scanned: Any) -> None:
    """
    A drive that runs in circles is left at the depth limit, and the manifest says so.
    """

    class Circle(TinyDrive):
        def list(self, folder: Path, *, cursor: str | None = None) -> Page:
            return Page([Entry((*folder, "again"), Kind.FOLDER), Entry((*folder, "file"), Kind.FILE, 1)])

    manifest = scanned(Circle({}))

    assert {("again",) * 257: "too_deep"} == problems(manifest)


def test_endless_listing_has_an_end(scanned: Any) -> None:
    """
    A listing whose cursor leads on for ever, or to itself, makes its folder a problem.
    """

    class Endless(TinyDrive):
        def list(self, folder: Path, *, cursor: str | None = None) -> Page:
            page = super().list(folder)
            if folder == ("s0",):
                return Page(page.entries, "same")
            return Page(page.entries, str(int(cursor or 0) + 1)) if folder == ("s1",) else page

    manifest = scanned(Endless(FILES))

    assert {("s0",): "bad_answer", ("s1",): "bad_answer"} == problems(manifest)


@pytest.mark.parametrize("stray", [("elsewhere", "x"), ("s0", ".."), ("s0", "a", "b"), ("s0",), ()])
def test_listing_cannot_lead_elsewhere(scanned: Any, stray: Path) -> None:
    """
    A listing that tells of entries outside its folder is not believed.
    """

    class Strays(TinyDrive):
        def list(self, folder: Path, *, cursor: str | None = None) -> Page:
            page = super().list(folder, cursor=cursor)
            return Page([*page.entries, Entry(stray, Kind.FILE)]) if folder == ("s0",) else page

    manifest = scanned(Strays(FILES))

    assert {("s0",): "bad_answer"} == problems(manifest)
    assert [path for path in everything(FILES) if path[0] != "s0" or path == ("s0",)] == paths(manifest)


@pytest.mark.parametrize("error", [Forbidden, NotFound, Unavailable])
def test_refused_folder_is_written_down(scanned: Any, error: type[DriveError]) -> None:
    """
    A folder that cannot be listed is an entry with the reason, and the scan goes on.
    """
    drive = TinyDrive(FILES)

    def trouble(call: str, path: Path) -> None:
        if call == "list" and path == ("s1", "d1"):
            raise error(path)

    drive.trouble = trouble
    manifest = scanned(drive)

    assert {("s1", "d1"): error.code} == problems(manifest)
    assert [path for path in everything(FILES) if path[:2] != ("s1", "d1") or path == ("s1", "d1")] == paths(
        manifest
    )
    assert 1 == manifest.problems


def test_expired_cursor_starts_again(scanned: Any) -> None:
    """
    A listing that expires half way is begun again, and nothing stands twice.
    """
    drive = TinyDrive(FILES, page=1)
    expired: list[Path] = []

    class Expires(TinyDrive):
        def list(self, folder: Path, *, cursor: str | None = None) -> Page:
            if cursor == "1" and expired.count(folder) < 2:
                expired.append(folder)
                raise CursorExpired(folder)
            return super().list(folder, cursor=cursor)

    drive = Expires(FILES, page=1)

    assert everything(FILES) == paths(scanned(drive))
    assert {} == problems(open_manifest(scanned(drive).directory))


@pytest.mark.parametrize("digest", [False, True])
def test_drive_that_goes_away_is_resumed(scanned: Any, monkeypatch: pytest.MonkeyPatch, digest: bool) -> None:
    """
    An error of the whole drive ends the scan with that error; run again, it ends as if nothing had been.
    """
    monkeypatch.setattr("lading.manifest.frontier.FIRST_BUDGET", 4)
    monkeypatch.setattr("lading.manifest.frontier.FULL_BUDGET", 4)
    monkeypatch.setattr("lading.manifest.content.SLICE_FILES", 2)
    whole = scanned(TinyDrive(FILES), "whole", digest=digest)
    calls = 0

    def trouble(call: str, path: Path) -> None:
        nonlocal calls
        calls += 1
        if calls % 9 == 0:
            raise LoginFailed(path)

    broken = TinyDrive(FILES)
    broken.trouble = trouble
    stops = 0
    while True:
        try:
            resumed = scanned(broken, "resumed", digest=digest)
            break
        except LoginFailed:
            stops += 1

    assert 1 < stops
    assert whole.fingerprint == resumed.fingerprint
    assert everything(FILES) == paths(resumed)
    assert digest == resumed.covers_content


def test_unavailable_drive_is_not_a_list_of_problems(scanned: Any) -> None:
    """
    When the root does not answer either, the scan ends; it does not call every folder unreadable.
    """
    drive = TinyDrive(FILES)

    def trouble(call: str, path: Path) -> None:
        if path != ROOT or call == "stat":
            raise Unavailable(path)

    drive.trouble = trouble
    with pytest.raises(Unavailable):
        scanned(drive)


def test_contents_are_read(scanned: Any) -> None:
    """
    With digests each file has the SHA-256 of its content, and the fingerprint covers it.
    """
    manifest = scanned(TinyDrive(FILES, local=False), digest=True)

    assert {path: sha256(content).digest() for path, content in FILES.items()} == {
        entry.path: content for entry, content in manifest.entries() if content
    }
    assert manifest.covers_content
    assert not (LocalPath(manifest.directory) / "contents").exists()


def test_unreadable_and_changed_files_are_problems(scanned: Any) -> None:
    """
    A file that cannot be read, or has another length than listed, has a problem and no digest.
    """
    drive = TinyDrive(dict(FILES))

    def trouble(call: str, path: Path) -> None:
        if call == "read" and path == ("s0", "d0", "f0"):
            raise Unreadable(path)
        if call == "read" and path == ("loose",):
            drive.files[path] = b"longer than before"

    drive.trouble = trouble
    manifest = scanned(drive, digest=True)

    assert {("s0", "d0", "f0"): "unreadable", ("loose",): "changed"} == problems(manifest)
    assert 59 == manifest.facts["digested"]
    assert not manifest.covers_content


def test_slices_are_bounded(scanned: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Files are read in slices of bounded bytes; one file larger than that is a slice by itself.
    """
    monkeypatch.setattr("lading.manifest.along.MOST_ALONG", -1)
    monkeypatch.setattr("lading.manifest.content.SLICE_BYTES", 50)
    told: list[Progress] = []
    manifest = scanned(TinyDrive(FILES), digest=True, publish=told.append)
    read = [0, *(progress.bytes for progress in told if progress.stage == "digest")]

    assert manifest.covers_content
    assert manifest.bytes == read[-1]
    assert 59 >= max(after - before for before, after in itertools.pairwise(read))


@pytest.mark.parametrize("most", [0, 20, 1 << 30])
def test_small_files_are_read_as_the_walk_goes(
    most: int, scanned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A walk reads contents until it has read enough; wherever that was, the manifest is the same and progress adds up.
    """
    apart = scanned(TinyDrive(FILES), "apart", digest=True)
    for module in ("along", "walk"):
        monkeypatch.setattr(f"lading.manifest.{module}.READ_ALONG", most)
    told: list[Progress] = []
    manifest = scanned(TinyDrive(FILES), digest=True, publish=told.append)
    read = [progress.bytes for progress in told if progress.stage == "digest"]

    assert apart.fingerprint == manifest.fingerprint
    assert manifest.covers_content
    assert sorted(read) == read and manifest.bytes == read[-1]


def test_secrets_stay_out(scanned: Any) -> None:
    """
    Neither a secret nor where it is kept gets into the manifest.
    """
    manifest = scanned(TinyDrive(FILES))
    text = (LocalPath(manifest.directory) / "manifest.json").read_text()

    assert "SECRET" not in text
    assert {"kind": "tiny", "place": "here", "options": {"user": "anna"}} == manifest.address
    assert (7.0, 7.0) == (manifest.facts["started"], manifest.facts["finished"])


def test_foreign_folders_are_refused(scanned: Any, tmp_path: LocalPath) -> None:
    """
    A folder with other things in it, a file, and the manifest of another drive are left alone.
    """
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    scanned(TinyDrive(FILES), "other")

    for name, address in (("full", ADDRESS), ("file", ADDRESS), ("other", Address("tiny", "there"))):
        with pytest.raises(BadManifest):
            scanned(TinyDrive(FILES), name, address=address)
    with pytest.raises(BadRequest):
        scanned(TinyDrive(FILES), "other", digest=True)
    assert ["letter.txt"] == [path.name for path in (tmp_path / "full").iterdir()]


def test_two_scans_do_not_meet(scanned: Any) -> None:
    """
    While one scan works in a folder, another is refused.
    """
    drive = TinyDrive(FILES)
    refused: list[str] = []

    def trouble(call: str, path: Path) -> None:
        if call == "list" and path == ROOT and not refused:
            refused.append("once")
            with pytest.raises(Busy):
                scanned(TinyDrive(FILES))

    drive.trouble = trouble
    scanned(drive)

    assert ["once"] == refused


def damage_part(folder: LocalPath) -> str:
    part = next((folder / "entries").iterdir())
    part.write_bytes(part.read_bytes()[:-1] + b"?")
    return part.name


def lose_part(folder: LocalPath) -> str:
    part = next((folder / "entries").iterdir())
    part.unlink()
    return part.name


def damage_spaces(folder: LocalPath) -> str:
    (folder / "spaces.parquet").write_bytes(b"")
    return "spaces.parquet"


def rewrite(**facts: Any) -> Callable[[LocalPath], str]:
    def change(folder: LocalPath) -> str:
        header = folder / "manifest.json"
        known = {**json.loads(header.read_text()), **facts}
        header.write_text(json.dumps({name: value for name, value in known.items() if value is not None}))
        return ""

    return change


def lose_header(folder: LocalPath) -> str:
    (folder / "manifest.json").unlink()
    return "manifest.json"


def cut_header(folder: LocalPath) -> str:
    (folder / "manifest.json").write_text('{"format": 2,')
    return "manifest.json"


@pytest.mark.parametrize(
    "harm",
    [damage_part, lose_part, damage_spaces, lose_header, cut_header, rewrite(format=1), rewrite(format=3), rewrite(finished=None), rewrite(parts=None),
     rewrite(parts=[{"name": "../x", "rows": 1, "bytes": 1, "sha256": ""}]), rewrite(counts=3), rewrite(fingerprint={})],
)  # fmt: skip
def test_damaged_manifests_are_refused(scanned: Any, harm: Callable[[LocalPath], str]) -> None:
    """
    A manifest with a damaged, missing or unknown piece is refused, and the piece is named.
    """
    folder = LocalPath(scanned(TinyDrive(FILES)).directory)
    name = harm(folder)
    with pytest.raises(BadManifest) as refused:
        open_manifest(folder)

    assert name in str(refused.value)


def test_lost_worker_ends_the_scan_with_a_sentence(scanned: Any) -> None:
    """
    A worker that the system killed ends the scan with an error of its own; the next run goes on.
    """

    class Dying(Inline):
        tasks = 0

        def submit(self, work: Callable[..., Any], *args: Any) -> Future[Any]:
            self.tasks += 1
            done: Future[Any] = super().submit(work, *args)
            if self.tasks == 3:
                done = Future()
                done.set_exception(BrokenExecutor())
            return done

    with pytest.raises(WorkerLost):
        scanned(TinyDrive(FILES, local=True), crew=Dying(), digest=True)

    assert everything(FILES) == paths(scanned(TinyDrive(FILES), digest=True))


@pytest.mark.parametrize(
    ("number", "error"), [(errno.ENOSPC, NoSpace), (errno.EROFS, ReadOnly), (errno.EACCES, Forbidden)]
)
def test_trouble_of_the_local_disk_is_told(number: int, error: type[DriveError]) -> None:
    """
    What the disk of the manifest refuses is an error about that place.
    """
    with pytest.raises(error, match="place"), local_errors("place"):
        raise OSError(number, "refused")


def test_memory_is_given_until_it_is_enough() -> None:
    """
    Work that runs out of memory is run again with the next limit, and ends in a sentence after the last.
    """
    tried: list[str] = []

    def greedy() -> str:
        tried.append("again")
        if len(tried) < 3:
            raise duckdb.OutOfMemoryException("Out of Memory Error: failed to pin block")
        return "done"

    with engine() as connection:
        with pytest.raises(NoSpace):
            insist(connection, greedy, "64MB", "128MB")

        assert "done" == insist(connection, greedy, "64MB")
        assert 3 == len(tried)
