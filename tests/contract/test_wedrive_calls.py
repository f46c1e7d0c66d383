"""What the connector asks of WeDrive: how few calls, no cards, and what it makes of the answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path as LocalPath

import pytest

from lading.connectors.address import parse
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.facets import Upload
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.connectors.registry import open_drive
from lading.connectors.wedrive import WedriveDrive
from lading.connectors.wedrive import open as open_wedrive
from lading.connectors.wedrive.clock import CHINA
from lading.connectors.wedrive.digest import BLOCK
from lading.connectors.wrap.backoff import Means
from lading.connectors.wrap.policy import Policy, wrapped
from lading.model.access import Effect, PrincipalKind, Role
from lading.model.entry import Entry, Kind
from lading.model.errors import (
    AlreadyExists,
    BadAddress,
    BadAnswer,
    CallsUsedUp,
    Changed,
    DriveError,
    Forbidden,
    LoginFailed,
    NameRefused,
    NoFile,
    NoSpace,
    NotFound,
    Throttled,
    TooLarge,
    Unable,
    Unavailable,
)
from lading.stages.transfer.decide import Action
from lading.stages.transfer.journal import Journal
from lading.stages.transfer.perform import Performer, Row
from lading.testkit.contract.support import content_of, drained, paths, together
from lading.testkit.servers import require_server
from lading.testkit.servers.wedrive import WeDriveEmulator
from support.wedrive import CONTACTS, PATIENT, SECRET, Firm


@pytest.fixture(scope="module")
def server() -> Iterator[WeDriveEmulator]:
    """One emulator; each test has a space of its own."""
    with require_server(WeDriveEmulator) as server:
        yield server


@pytest.fixture
def firm(server: WeDriveEmulator, tmp_path: LocalPath) -> Iterator[Firm]:
    """The firm with default switches, no faults and no counts."""
    server.control("forgive")
    defaults = {"one_shot_card": True, "conflict_upload": "rename", "ranges": True, "time_unit": "seconds"}
    more = {"sha_case": "lower", "department_as": "number", "sparse": False, "contacts_list": False}
    paid = {"quota_paid": 10**9, "token_repeat": "same", "old_secret": "refused", "extra_userid": "ignored"}
    server.control("configure", **{**PATIENT, **defaults, **more, **paid})
    server.control("clock", now=None)
    firm = Firm(server, tmp_path / "state")
    yield firm


@pytest.fixture
def space(firm: Firm) -> str:
    """A fresh space, after which nothing is counted yet."""
    made = firm.space()
    firm.server.control("forget_counters")
    return made


@pytest.fixture
def drive(firm: Firm, space: str) -> Iterator[WedriveDrive]:
    """The drive in that space."""
    with open_wedrive(firm.address(space, contacts=f"env:{CONTACTS}")) as drive:
        yield drive


def put(firm: Firm, folder: str, name: str, content: bytes) -> str:
    """A file that somebody else puts there."""
    encoded = base64.b64encode(content).decode()
    return str(firm.server.control("file", fatherid=folder, name=name, content=encoded)["fileid"])


def entries_of(firm: Firm, space: str) -> list[dict[str, str]]:
    """What the emulator really holds in *space*."""
    return list(firm.server.control("truth", spaceid=space)["entries"])


# -- how few calls


def test_small_files_in_one_call_each(firm: Firm, space: str) -> None:
    """With `oneshot=yes` a small file costs a call, and one for its name; one listing does for all of them."""
    with open_wedrive(firm.address(space, oneshot="yes")) as drive:
        for number in range(7):
            drive.write((f"{number}.txt",), [b"%d" % number], expect=ABSENT)

    assert {"file_list": 1, "file_upload": 7, "file_info": 7} == firm.calls()


def test_muted_files_push_no_cards(firm: Firm, drive: WedriveDrive) -> None:
    """Without that option a small file costs three calls and one for its name, and nobody is sent a card, whatever is done with it."""
    for number in range(3):
        drive.write((f"{number}.txt",), [b"nobody has this yet: %d" % number], expect=ABSENT)

    expected = {"file_upload_init": 3, "file_upload_part": 3, "file_upload_finish": 3}
    assert {"file_list": 1, "file_info": 3, **expected} == firm.calls()
    drive.write(("0.txt",), [b"another"], expect=ANYTHING)
    assert drive.moves is not None
    drive.moves.move(("0.txt",), ("moved.txt",), expect=ABSENT)
    drive.remove(("1.txt",), expect=ANYTHING)
    assert 0 == firm.cards()


def test_a_large_file_costs_a_call_for_each_block_and_two(firm: Firm, drive: WedriveDrive) -> None:
    """Init, a call for each block of 2 MiB, finish, and one for its name; the content comes back, and its digest is told."""
    content = bytes(range(256)) * 8192 * 5 + b"and a little more"
    drive.write(("large",), [content], expect=ABSENT, size=len(content))

    blocks = -(-len(content) // BLOCK)
    expected = {"file_upload_init": 1, "file_upload_part": blocks, "file_upload_finish": 1}
    assert {**expected, "file_info": 1, "file_list": 1} == firm.calls()
    assert content == content_of(drive, ("large",))
    assert ["sha1"] == [algorithm for algorithm, _ in drive.stat(("large",)).digests]


@pytest.mark.parametrize(
    ("oneshot", "each"),
    [("no", ("file_upload_init", "file_upload_part", "file_upload_finish")), ("yes", ("file_upload",))],
)
def test_files_sent_together_cost_a_listing_for_each_folder(
    firm: Firm, space: str, oneshot: str, each: tuple[str, ...]
) -> None:
    """Sent together, no file costs a call for its name: one listing of each folder does for all that went into it."""
    for name in ("first", "second"):
        firm.server.control("folder", fatherid=space, name=name)
    with open_wedrive(firm.address(space, oneshot=oneshot)) as drive:
        for name in ("first", "second"):
            drive.list((name,))
        firm.server.control("forget_counters")
        uploads = [
            Upload((folder, f"{number}.txt"), f"{oneshot} {folder} {number}".encode(), ABSENT, None)
            for number in range(6)
            for folder in ("first", "second")
        ]
        answers = list(drive.batch.write(uploads))

        assert {"file_list": 2, **dict.fromkeys(each, 12)} == firm.calls()
        assert [it.path for it in uploads] == [it.path for it in answers if isinstance(it, Entry)]
        found = [*drive.list(("first",)).entries, *drive.list(("second",)).entries]
        assert sorted(found) == sorted(it for it in answers if isinstance(it, Entry))
        assert [it.content for it in uploads] == [content_of(drive, it.path) for it in uploads]


def test_files_sent_together_into_a_large_folder(firm: Firm, space: str) -> None:
    """Of a folder of several pages one is enough: what changed last stands first."""
    for number in range(1001):
        put(firm, space, f"{number:04}", b"x")
    firm.server.control("clock", advance=60)
    with open_wedrive(firm.address(space, oneshot="yes")) as drive:
        firm.server.control("forget_counters")
        names = ("new a", "new b", "zzz")
        answers = list(drive.batch.write(Upload((name,), name.encode(), ABSENT, None) for name in names))

        assert {"file_list": 1, "file_upload": 3} == firm.calls()
        assert [(name,) for name in names] == [it.path for it in answers if isinstance(it, Entry)]


def test_who_asks_at_once_is_told_by_one_listing(firm: Firm, space: str) -> None:
    """Threads that need the same folder make one call for it."""
    folder = firm.server.control("folder", fatherid=space, name="项目")["fileid"]
    for number in range(8):
        put(firm, folder, f"{number}.txt", b"%d" % number)
    with open_wedrive(firm.address(space)) as drive:
        firm.server.control("forget_counters")
        reads = (lambda name=f"{number}.txt": content_of(drive, ("项目", name)) for number in range(8))
        assert [b"%d" % number for number in range(8)] == together(*reads)

    assert {"file_list": 1, "file_download": 8} == firm.calls()


def test_what_wedrive_has_is_not_sent(firm: Firm, drive: WedriveDrive) -> None:
    """A content that WeDrive knows costs one call and one for its name, and is counted as an instant upload."""
    content = b"known " * 1_000_000
    drive.write(("first",), [content], expect=ABSENT)
    firm.server.control("forget_counters")
    drive.write(("second",), [content], expect=ABSENT)

    assert {"file_upload_init": 1, "file_info": 1} == firm.calls()
    assert 1 == drive.instant_uploads
    assert content == content_of(drive, ("second",))


def test_reading_costs_a_call_for_each_file(firm: Firm, drive: WedriveDrive, space: str) -> None:
    """A listing tells what reading needs: each file costs one more call, and its bytes none."""
    for number in range(5):
        put(firm, space, f"{number}.txt", b"content %d" % number)
    firm.server.control("forget_counters")
    found = [
        content_of(drive, entry.path)
        for entry in sorted(drive.list(()).entries)
        if drive.read(entry.path, expect=entry.etag)
    ]

    assert [b"content %d" % number for number in range(5)] == found
    assert {"file_list": 1, "file_download": 10} == firm.calls()


def test_pages_hold_a_thousand(firm: Firm, space: str) -> None:
    """A folder of 1,001 entries takes two pages, twice, since pages shift when somebody removes an entry."""
    for number in range(1001):
        put(firm, space, f"{number:04}", b"x")
    firm.server.control("forget_counters")
    with open_wedrive(firm.address(space)) as drive:
        assert 4 == firm.calls()["file_list"]
        assert [(f"{number:04}",) for number in range(1001)] == paths(drive)

    assert 8 == firm.calls()["file_list"]


# -- tokens


@pytest.mark.parametrize("gone", [{}, {"invalidate": True}], ids=["expired", "never given"])
def test_a_token_that_ended_is_got_anew(firm: Firm, drive: WedriveDrive, gone: dict[str, bool]) -> None:
    """A refused token is replaced by another, and the call made once more."""
    drive.write(("a",), [b"1"], expect=ABSENT)
    firm.server.control("expire_tokens", **gone)

    assert b"1" == content_of(drive, ("a",))
    assert 2 == firm.server.control("counters")["calls"]["gettoken"]["0"]


def test_clients_share_a_token(firm: Firm, space: str) -> None:
    """Fresh clients find the token in a file that nobody else can read; also where a new one ends the old one."""
    firm.server.control("configure", token_repeat="latest")
    for _ in range(3):
        with open_wedrive(firm.address(space)) as drive:
            assert [] == drive.list(()).entries
    kept = [file for file in firm.state.glob("token-*") if file.suffix != ".lock"]

    assert 1 == firm.server.control("counters")["calls"]["gettoken"]["0"]
    assert 1 == len(kept)
    assert {0o600} == {file.stat().st_mode & 0o777 for file in kept}
    assert firm.server.secret not in "".join(file.name + file.read_text() for file in kept)


def test_a_wrong_secret_is_told_without_it(firm: Firm, space: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong secret is a refused login; the secret is in no word of it."""
    monkeypatch.setenv(SECRET, "not-the-secret")
    with pytest.raises(LoginFailed) as caught:
        open_wedrive(firm.address(space))

    assert "40001" in str(caught.value)
    assert "not-the-secret" not in repr(caught.value) + str(caught.value.__cause__)


# -- what goes wrong

CODES = {
    -1: Unavailable,
    6000: Unavailable,
    40035: Unable,
    45009: Throttled,
    45033: Throttled,
    48002: Forbidden,
    60020: LoginFailed,
    640001: NotFound,
    640004: Forbidden,
    640006: NoSpace,
    640007: NoSpace,
    640009: NameRefused,
    640017: LoginFailed,
    640018: LoginFailed,
    640019: CallsUsedUp,
    640028: Unable,
    640999: DriveError,
}


@pytest.mark.parametrize("code", CODES)
def test_codes_are_errors_of_the_family(firm: Firm, drive: WedriveDrive, code: int) -> None:
    """Each family of codes is an error with its own advice, about the very path, made in one attempt."""
    firm.server.control("forget_counters")
    firm.server.control("force", endpoint="file_create", code=code)
    with pytest.raises(DriveError) as caught:
        drive.make_folder(("项目",))

    assert CODES[code] is type(caught.value)
    assert "/项目" == caught.value.subject
    told = firm.server.control("counters")["calls"]
    assert {str(code): 1} == next(codes for name, codes in told.items() if "file_create" in name)


def test_the_server_knows_better_that_the_calls_are_used_up(firm: Firm, drive: WedriveDrive) -> None:
    """Other programs make calls, too: when WeDrive says that none are left, it is believed, until the next month."""
    firm.server.control("force", endpoint="file_list", code=640019)
    with pytest.raises(CallsUsedUp, match="the server says so; we made 2 in") as caught:
        drive.list(())

    assert caught.value.until.endswith("-01 00:00 (UTC+8)")


def test_a_minute_of_waiting_is_named(firm: Firm, drive: WedriveDrive) -> None:
    """Who calls too often is told to wait for the window of a minute."""
    firm.server.control("force", endpoint="file_list", code=45009)
    with pytest.raises(Throttled) as caught:
        drive.list(())

    assert 60.0 == caught.value.after


def test_a_dropped_connection_and_a_page_of_a_proxy(firm: Firm, drive: WedriveDrive) -> None:
    """What answers no JSON, or nothing, may be asked again."""
    firm.server.control("force", endpoint="file_list", drop=True, times=2)
    with pytest.raises((Unavailable, BadAnswer)):
        drive.list(())
    firm.server.control("forgive")
    firm.server.control("force", endpoint="file_list", status=502)
    with pytest.raises(Unavailable):
        drive.list(())


@pytest.mark.parametrize("lies", ["file_upload_init", "file_upload_part", "file_upload_finish", "file_info"])
def test_an_answer_that_lies_about_an_upload(firm: Firm, space: str, lies: str) -> None:
    """Where WeDrive did it and says that it is busy, trying again ends with one file of that content."""
    content = f"stored by a call that lied: {lies}".encode()
    firm.server.control("force", endpoint=lies, code=-1, after=True)
    means = Means(sleep=lambda _: None)
    with wrapped(open_wedrive(firm.address(space)), Policy(), means=means) as drive:
        entry = drive.write(("a.txt",), [content], expect=ABSENT)

        assert [entry.id] == [one.id for one in drive.list(()).entries]
        assert content == content_of(drive, ("a.txt",))


def test_an_answer_that_lies_about_a_replacement(firm: Firm, space: str) -> None:
    """The same for what is moved over another file: it is there once, and nothing else goes."""
    means = Means(sleep=lambda _: None)
    with wrapped(open_wedrive(firm.address(space)), Policy(), means=means) as drive:
        drive.write(("a.txt",), [b"the content of before"], expect=ABSENT)
        firm.server.control("force", endpoint="file_move", code=-1, after=True)
        firm.server.control("forget_counters")
        drive.write(("a.txt",), [b"the content of after"], expect=ANYTHING)
        assert "file_delete" not in firm.calls()

        assert b"the content of after" == content_of(drive, ("a.txt",))
        assert [("a.txt",)] == paths(drive)


@pytest.mark.parametrize("lies", ["file_upload_init", "file_upload_part", "file_upload_finish", "file_list"])
def test_an_answer_that_lies_about_files_sent_together(firm: Firm, space: str, lies: str) -> None:
    """The same for several at once: each is there once, with its content."""
    contents = {(f"{number}.txt",): f"one of several: {lies} {number}".encode() for number in range(3)}
    means = Means(sleep=lambda _: None)
    with wrapped(open_wedrive(firm.address(space)), Policy(), means=means) as drive:
        firm.server.control("force", endpoint=lies, code=-1, after=True)
        assert drive.batch is not None
        answers = list(drive.batch.write(Upload(path, it, ABSENT, None) for path, it in contents.items()))

        assert [*contents] == [it.path for it in answers if isinstance(it, Entry)]
        assert [*contents] == paths(drive)
        assert contents == {path: content_of(drive, path) for path in contents}


def test_an_empty_file_is_never_lost_silently(firm: Firm, drive: WedriveDrive) -> None:
    """WeDrive takes no empty files: each is told, and only the first is tried."""
    firm.server.control("forget_counters")
    for name in ("a", "b"):
        with pytest.raises(Unable, match="empty"):
            drive.write((name,), [], expect=ABSENT)
    tried = firm.server.control("counters")["calls"]

    assert 1 == sum(sum(codes.values()) for name, codes in tried.items() if name.endswith("file_upload"))
    assert [] == drive.list(()).entries


def test_native_documents_are_listed_with_their_problem(firm: Firm, drive: WedriveDrive, space: str) -> None:
    """Documents of WeCom stand in the listing with what is in the way; of kinds nobody knows, too."""
    for number, kind in enumerate((3, 4, 5, 6, 10)):
        firm.server.control("document", fatherid=space, name=f"文档{number}", file_type=kind)
    entries = drive.list(()).entries

    assert 5 == len(entries)
    assert {(Kind.FILE, "no_file")} == {(entry.kind, entry.problem) for entry in entries}
    firm.server.control("forget_counters")
    with pytest.raises(NoFile), drive.read(entries[0].path):
        pass
    assert {} == firm.calls()


def test_two_files_of_one_name_are_both_there(firm: Firm, drive: WedriveDrive, space: str) -> None:
    """Where WeDrive holds twins, the older keeps the name and the younger gets a mark that stays."""
    firm.server.control("configure", conflict_upload="twins")
    for content in ("first", "second"):
        encoded = base64.b64encode(content.encode()).decode()
        firm.call(
            "file_upload", spaceid=space, fatherid=space, file_name="a.txt", file_base64_content=encoded
        )
        firm.server.control("clock", advance=5)
    found = sorted(entry.path for entry in drive.list(()).entries)

    assert ("a.txt",) in found
    assert 2 == len(set(found))
    assert {b"first", b"second"} == {content_of(drive, path) for path in found}
    assert [drive.stat(path).path for path in found] == found


@pytest.mark.parametrize("conflict", ["error", "rename"])
def test_a_name_that_somebody_took_meanwhile(
    firm: Firm, drive: WedriveDrive, space: str, conflict: str
) -> None:
    """A name that was taken since we looked is told as that, also where WeDrive gives ours another one; theirs stays."""
    firm.server.control("configure", conflict_upload=conflict)
    drive.list(())
    put(firm, space, "a.txt", b"theirs")
    with pytest.raises(AlreadyExists):
        drive.write(("a.txt",), [b"ours"], expect=ABSENT)

    assert b"theirs" == content_of(drive, ("a.txt",))
    assert [("a.txt",)] == paths(drive)


@pytest.mark.parametrize("conflict", ["error", "rename", "twins"])
def test_a_name_that_somebody_took_while_files_were_sent_together(
    firm: Firm, drive: WedriveDrive, space: str, conflict: str
) -> None:
    """The one whose name was taken is told and taken back, also where WeDrive keeps both; theirs and the others stay."""
    firm.server.control("configure", conflict_upload=conflict)
    drive.list(())
    put(firm, space, "b.txt", b"theirs")
    firm.server.control("clock", advance=5)
    uploads = [Upload((f"{name}.txt",), name.encode(), ABSENT, None) for name in "abc"]
    answers = list(drive.batch.write(uploads))

    assert [Entry, AlreadyExists, Entry] == list(map(type, answers))
    expected = {("a.txt",): b"a", ("b.txt",): b"theirs", ("c.txt",): b"c"}
    assert expected == {path: content_of(drive, path) for path in paths(drive)}


def test_what_somebody_saves_while_files_are_sent_together_is_theirs(
    firm: Firm, drive: WedriveDrive, space: str
) -> None:
    """Who saves a file that came a moment ago keeps what they saved; what is removed is not told as stored."""

    def uploads() -> Iterator[Upload]:
        for name in ("saved", "removed", "kept"):
            yield Upload((name,), name.encode(), ABSENT, None)
        # The last is under way, and nothing was looked at yet.
        ids = {it["path"].strip("/"): it["fileid"] for it in entries_of(firm, space)}
        firm.server.control("clock", advance=5)
        firm.server.control("change", fileid=ids["saved"], content=base64.b64encode(b"by somebody").decode())
        firm.call("file_delete", fileid=[ids["removed"]])

    answers = list(drive.batch.write(uploads()))

    assert [Changed, Unavailable, Entry] == list(map(type, answers))
    expected = {("kept",): b"kept", ("saved",): b"by somebody"}
    assert expected == {path: content_of(drive, path) for path in paths(drive)}


def test_a_folder_that_somebody_made_meanwhile(firm: Firm, drive: WedriveDrive, space: str) -> None:
    """A folder that was made since we looked is that folder, and no second one."""
    drive.list(())
    theirs = firm.server.control("folder", fatherid=space, name="项目")["fileid"]

    assert theirs == drive.make_folder(("项目",)).id
    assert [("项目",)] == paths(drive)


def test_what_a_killed_run_left_is_removed_after_a_week(firm: Firm, space: str) -> None:
    """Replacements that wait for ever are not seen, and go when the next one waits a week later."""
    parts = firm.call("file_create", spaceid=space, fatherid=space, file_type=1, file_name=".lading-parts")
    left = firm.call("file_create", spaceid=space, fatherid=parts["fileid"], file_type=1, file_name="left")
    put(firm, left["fileid"], "a.txt", b"half way")
    for _ in range(2):
        with open_wedrive(firm.address(space)) as drive:
            for content in (b"one", b"two"):
                drive.write(("a.txt",), [content], expect=ANYTHING)
            assert [("a.txt",)] == paths(drive)
        before = [it["path"] for it in firm.server.control("truth", spaceid=space)["entries"]]
        firm.server.control("clock", advance=8 * 86_400)

    assert ["/.lading-parts", "/a.txt"] == sorted("/" + path.removeprefix("/") for path in before)


def test_content_that_changed_since_the_listing(firm: Firm, drive: WedriveDrive, space: str) -> None:
    """Who reads what somebody saved over since the listing is told, by the digest that the listing told."""
    kept = put(firm, space, "a.txt", b"as listed")
    entry = drive.list(()).entries[0]
    content = base64.b64encode(b"as saved!").decode()
    firm.server.control("change", fileid=kept, content=content)
    with pytest.raises(Changed):
        content_of(drive, ("a.txt",))
    with pytest.raises(Changed), drive.read(("a.txt",), start=3, expect=entry.etag):
        pass

    assert b"as saved!" == content_of(drive, ("a.txt",))
    firm.server.control("change", fileid=kept, content=base64.b64encode(b"longer than before").decode())
    assert b"longer than before" == content_of(drive, ("a.txt",))


def test_content_that_changes_while_a_part_of_it_is_read(firm: Firm, drive: WedriveDrive, space: str) -> None:
    """Who reads from the middle on is told at the end that the file was saved over meanwhile."""
    kept = put(firm, space, "a.bin", bytes(3 << 20))
    drive.list(())
    with drive.read(("a.bin",), start=1 << 20) as reader:
        reader.read(1000)
        firm.server.control("change", fileid=kept, content=base64.b64encode(b"x" * (3 << 20)).decode())
        with pytest.raises(Changed):
            drained(reader)


def test_a_large_file_leaves_by_one_call(
    firm: Firm, drive: WedriveDrive, space: str, tmp_path: LocalPath
) -> None:
    """Copied out of WeDrive, it is asked for once: what was read was held against the digest of the listing."""
    content = bytes(range(256)) * 40_000
    put(firm, space, "large", content)
    (old,) = drive.list(()).entries
    new = MemoryDrive(MemoryStore())
    row = Row(
        0,
        Action.COPY,
        old.path,
        old.path,
        Kind.FILE,
        old.size,
        old.modified,
        old.etag,
        None,
        False,
        None,
        None,
        False,
    )
    firm.server.control("forget_counters")
    with Journal(tmp_path / "part.jsonl") as journal:
        outcome = Performer(drive, new, journal, lambda _: None).perform(row)

    assert ("moved", {"file_download": 1}) == (outcome.bucket, firm.calls())
    assert content == content_of(new, ("large",))


@pytest.mark.parametrize("ranges", [True, False])
def test_reading_goes_on_with_and_without_ranges(
    firm: Firm, drive: WedriveDrive, space: str, *, ranges: bool
) -> None:
    """From any byte on the rest is read, whether the server of the content knows ranges or not."""
    firm.server.control("configure", ranges=ranges)
    put(firm, space, "a.bin", bytes(range(256)) * 4000)

    assert bytes(range(256)) * 2 == content_of(drive, ("a.bin",), start=3998 * 256)


def test_odd_ways_of_telling_values(firm: Firm, drive: WedriveDrive, space: str) -> None:
    """Milliseconds, digests in upper case, departments as text: the same entry."""
    put(firm, space, "a.txt", b"content")
    before = drive.list(()).entries
    firm.server.control("configure", time_unit="milliseconds", sha_case="upper", department_as="string")

    assert before == drive.list(()).entries


# -- the calls of a month


def test_the_month_ends_and_another_begins(firm: Firm, space: str) -> None:
    """What is left of a month is used, then the drive stops; with the server's next month it goes on."""
    now = datetime(2026, 11, 30, 12, tzinfo=CHINA)
    firm.server.control("clock", now=now.timestamp())
    address = firm.address(space, quota="5")
    with open_wedrive(address) as drive:
        for number in range(2):
            drive.make_folder((f"{number}",))
        with pytest.raises(CallsUsedUp) as caught:
            drive.make_folder(("more",))
    with pytest.raises(CallsUsedUp):
        open_wedrive(address)
    firm.server.control("clock", now=(now + timedelta(days=1)).timestamp())
    with open_wedrive(address) as drive:
        drive.make_folder(("more",))

    assert "2026-12-01 00:00 (UTC+8)" == caught.value.until
    (kept,) = firm.state.glob("calls-*.json")
    assert {"month": "2026-12", "calls": 3} == json.loads(kept.read_text())


def test_files_sent_together_at_the_end_of_the_month(firm: Firm, space: str) -> None:
    """What was stored is answered for before it is told that no more can be, and can be read back in the same month."""
    answers: list[Entry | Exception] = []
    with open_wedrive(firm.address(space, quota="15")) as drive:
        uploads = (Upload((f"{number}",), b"of the month: %d" % number, ABSENT, None) for number in range(9))
        with pytest.raises(CallsUsedUp):
            for answer in drive.batch.write(uploads):
                answers.append(answer)  # noqa: PERF402 — what came before the error counts

        assert [("0",), ("1",), ("2",)] == [it.path for it in answers if isinstance(it, Entry)]
        assert [b"of the month: %d" % number for number in range(3)] == [
            content_of(drive, (f"{number}",)) for number in range(3)
        ]


def test_a_file_that_does_not_fit_into_the_month(firm: Firm, space: str) -> None:
    """A large file is not begun when its blocks cannot all be sent; one that fits into no month is too large."""
    content = bytes(12 * BLOCK)
    with open_wedrive(firm.address(space, quota="12")) as drive, pytest.raises(TooLarge):
        drive.write(("large",), [content], expect=ABSENT)
    with open_wedrive(firm.address(space, quota="15")) as drive, pytest.raises(CallsUsedUp):
        drive.write(("large",), [content], expect=ABSENT)

    assert {"file_list": 2} == firm.calls()


# -- spaces, people, rights


def test_spaces_are_folders_of_the_top(firm: Firm, tmp_path: LocalPath) -> None:
    """Several spaces stand side by side by their names; one that is made is remembered."""
    first, second = firm.space("合同"), firm.space("财务")
    file = tmp_path / "spaces.txt"
    file.write_text(f"# ours\n{first}\n{second}\t报表 Reports\n", encoding="utf-8")
    opened = [
        open_wedrive(firm.address("@" + firm.server.corpid, spaces=str(file), create="yes")) for _ in "12"
    ]
    with opened[0] as drive, opened[1] as other:
        assert 2 == len(other.list(()).entries)
        drive.make_folder(("新空间",))
        drive.write(("新空间", "a.txt"), [b"a"], expect=ABSENT)
        with pytest.raises(NameRefused):
            drive.write(("no space.txt",), [b"a"], expect=ABSENT)
        with pytest.raises(Forbidden):
            drive.remove(("合同",), expect=ANYTHING)
        # One that was opened before the space was made finds it, too.
        other.write(("新空间", "b.txt"), [b"b"], expect=ABSENT)
        other.make_folder(("新空间",))
    with open_wedrive(firm.address("@" + firm.server.corpid, spaces=str(file))) as drive:
        assert [("合同",), ("报表 Reports",), ("新空间",)] == sorted(
            (entry.path for entry in drive.list(()).entries), key=lambda path: path[0][0] == "新"
        )
        assert b"a" == content_of(drive, ("新空间", "a.txt"))


def test_a_folder_may_be_the_root(firm: Firm, space: str) -> None:
    """A folder in a space is opened by its path; with `create=yes` it is made, without it is missed."""
    text = f"wedrive:{space}/项目/2026?" + "&".join(f"{k}={v}" for k, v in firm.options().items())
    with pytest.raises(NotFound):
        open_drive(parse(text))
    with open_drive(parse(text, {"create": "yes"})) as drive:
        drive.write(("a.txt",), [b"a"], expect=ABSENT)
    with open_drive(parse(text)) as drive:
        assert [("a.txt",)] == paths(drive)
    with open_drive(parse(f"wedrive:{space}", firm.options())) as drive:
        assert b"a" == content_of(drive, ("项目", "2026", "a.txt"))


def test_a_secret_never_stands_in_an_address(firm: Firm) -> None:
    """The secret itself is refused, and not repeated."""
    with pytest.raises(BadAddress) as caught:
        parse(f"wedrive:s.1?corp={firm.server.corpid}&secret=hunter2hunter2")

    assert "hunter2" not in str(caught.value)


def test_people_and_departments(firm: Firm, drive: WedriveDrive) -> None:
    """Members and nested departments are told, also where departments have to be asked one by one."""
    firm.server.control("department", id=20, name="项目融资部", parentid=1)
    firm.server.control("department", id=21, name="一处", parentid=20)
    firm.server.control("person", userid="zhang", name="张敏", departments=[20, 21])
    assert drive.people is not None
    people = {one.id: one for one in drive.people.principals()}

    assert (PrincipalKind.PERSON, "张敏", "zhang") == (
        people["zhang"].kind,
        people["zhang"].name,
        people["zhang"].login,
    )
    assert ("一处", "department:20") == (people["department:21"].name, people["department:21"].parent)
    assert {"zhang", "department:21"} == {one.id for one in drive.people.members("department:20")}
    firm.server.control("configure", contacts_list=True)
    with open_wedrive(drive_address(firm, drive)) as other:
        assert other.people is not None
        assert people == {one.id: one for one in other.people.principals()}


def drive_address(firm: Firm, drive: WedriveDrive) -> object:
    """The address of *drive*, with the secret of the directory."""
    return firm.address(drive.profile.address.removeprefix("wedrive:"), contacts=f"env:{CONTACTS}")


def test_rights_that_people_gave_by_hand(firm: Firm, drive: WedriveDrive, space: str) -> None:
    """What was given in the client is told as what it holds, on the space and on its entries."""
    for userid in ("zhang", "li"):
        firm.server.control("person", userid=userid, name=userid)
    firm.server.control("member", holder=space, userid="zhang", auth=2)
    folder = firm.server.control("folder", fatherid=space, name="项目")["fileid"]
    firm.server.control("member", holder=folder, userid="li", auth=1)
    assert drive.grants is not None
    whole = {(one.principal.id, one.role) for one in drive.grants.list(()) if one.effect is Effect.ALLOW}
    on_folder = {(one.principal.id, one.role) for one in drive.grants.list(("项目",))}

    assert ("zhang", Role.EDIT) in whole
    assert {("li", Role.DOWNLOAD)} == on_folder
    assert drive.profile.access is not None
    assert not drive.profile.access.complete


def test_links_tell_how_far_a_file_is_shared(firm: Firm, drive: WedriveDrive, space: str) -> None:
    """The one link of a file is told by its reach, and none is made."""
    kept = put(firm, space, "a.txt", b"a")
    firm.call("file_setting", fileid=kept, auth_scope=2, auth=1)
    assert drive.links is not None
    (link,) = drive.links.list(("a.txt",))

    assert (True, Role.DOWNLOAD) == (link.inside, link.role)
    with pytest.raises(Unable):
        drive.links.make(link, password=None)


def test_the_old_edition_names_the_member(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `edition=userid` a member's own space is read, on their behalf."""
    firm.server.control("configure", old_secret="works")
    firm.server.control("person", userid="owner", name="Owner")
    theirs = firm.server.control("space", by="owner", name="Theirs")["spaceid"]
    firm.server.control(
        "file", by="owner", fatherid=theirs, name="a.txt", content=base64.b64encode(b"a").decode()
    )
    monkeypatch.setenv(SECRET, firm.server.old_secret)
    with open_wedrive(firm.address(theirs, edition="userid", user="owner")) as drive:
        assert b"a" == content_of(drive, ("a.txt",))
