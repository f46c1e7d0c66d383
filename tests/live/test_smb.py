"""What only a real server shows of SMB: logins, open files, lines that break, rights that are passed on."""

from __future__ import annotations

import contextlib
import os
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT, ANYTHING, Unchanged
from lading.connectors.smb import SmbDrive, packets
from lading.connectors.smb import open as open_smb
from lading.connectors.smb.descriptor import ALLOW, DENY, INHERITABLE, NOT_HERE, Entry, Rights, encoded
from lading.connectors.smb.grants import SmbGrants
from lading.connectors.smb.rights import FULL, MODIFY
from lading.connectors.smb.sids import CREATOR_OWNER
from lading.model.access import ANYBODY, Effect, Grant, Label, Principal, PrincipalKind, Reach, Role
from lading.model.entry import Kind
from lading.model.errors import (
    BadAddress,
    DriveError,
    Forbidden,
    LoginFailed,
    NotFound,
    Unable,
    Unavailable,
    Unreadable,
    WrongKind,
)
from lading.model.paths import ROOT
from lading.testkit.servers import SambaServer, require_server
from lading.testkit.servers.samba import account

pytestmark = pytest.mark.live

DOMAIN = "S-1-5-21-1004336348-1177238915-682003330"
ANNA = Principal(PrincipalKind.PERSON, f"{DOMAIN}-1101")
STAFF = Principal(PrincipalKind.GROUP, f"{DOMAIN}-1201")
FILE = ("合同.docx",)
PATIENCE = 30.0

Open = Callable[..., SmbDrive]


@pytest.fixture(scope="module")
def server() -> Iterator[SambaServer]:
    """A server whose share may be asked to encrypt."""
    settings = {"vfs objects": "acl_xattr streams_xattr", "smb encrypt": "desired"}
    with require_server(lambda: SambaServer(settings=settings)) as server:
        yield server


@pytest.fixture
def place(server: SambaServer, request: pytest.FixtureRequest) -> Path:
    """A folder of the share, as the server's disk has it."""
    return server.root / request.node.name.split("[")[0]


@pytest.fixture
def drive_of(server: SambaServer, place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens clients onto that folder."""
    monkeypatch.setenv("LADING_TEST_PASSWORD", server.password)
    drives: list[SmbDrive] = []

    def open_one(**more: str) -> SmbDrive:
        options = {"user": server.user, "password": "env:LADING_TEST_PASSWORD", "create": "yes", **more}
        drives.append(open_smb(Address("smb", f"{server.place}/{place.name}", options, "live")))
        return drives[-1]

    yield open_one
    for drive in drives:
        drive.close()


@pytest.fixture
def drive(drive_of: Open) -> SmbDrive:
    """One client."""
    return drive_of()


def held(drive: SmbDrive, path: tuple[str, ...], *, share: int) -> Any:
    """*path*, held open by a program that lets others do *share*."""
    handle, _ = drive._wire.open(path, packets.READ_DATA | packets.WRITE_DATA, share=share)
    return handle


def content(drive: SmbDrive, path: tuple[str, ...]) -> bytes:
    with drive.read(path) as reader:
        return b"".join(iter(lambda: reader.read(1 << 16), b""))


def brief(drive: SmbDrive, path: tuple[str, ...], *who: Principal) -> list[tuple[str, Role, Reach]]:
    assert drive.grants is not None
    wanted = {one.id for one in who} | {""}
    told = drive.grants.list(path)
    return [(one.effect.value, one.role, one.reach) for one in told if one.principal.id in wanted]


# -- logins


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"user": "nobody-here"}, LoginFailed),
        ({"password": "env:WRONG"}, LoginFailed),
        ({"user": "nobody", "domain": "NOWHERE", "password": "env:WRONG"}, LoginFailed),
    ],
)
def test_refused_logins(
    drive_of: Open, monkeypatch: pytest.MonkeyPatch, options: dict[str, str], error: type[DriveError]
) -> None:
    """A wrong name or password is told as that, and the password stands in no message."""
    monkeypatch.setenv("WRONG", "a wrong secret")
    with pytest.raises(error) as caught:
        drive_of(**options)

    assert "secret" not in str(caught.value)


def test_no_such_place(server: SambaServer, drive_of: Open) -> None:
    """A share or a folder that is not there, and a server that does not answer, are told apart."""
    drive_of()
    options = {"user": server.user, "password": "env:LADING_TEST_PASSWORD"}
    for place, error in (
        (f"127.0.0.1:{server.port}/no-such-share", NotFound),
        (f"{server.place}/no such folder", NotFound),
        ("127.0.0.1:1/drive", Unavailable),
    ):
        with pytest.raises(error):
            open_smb(Address("smb", place, options))
    with pytest.raises(BadAddress):
        open_smb(Address("smb", server.place, {}))


def test_encrypted_and_signed(drive_of: Open) -> None:
    """What is written over an encrypted line is read over a signed one."""
    drive_of(encrypt="yes").write(FILE, [b"secret" * 50_000], expect=ABSENT)

    assert b"secret" * 50_000 == content(drive_of(encrypt="no"), FILE)


def test_a_process_with_very_many_open_files(drive_of: Open, tmp_path: Path) -> None:
    """A descriptor beyond the 1,024th is no reason to fail: servers of many drives have them."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit[1] != resource.RLIM_INFINITY and limit[1] < 4_000:
        pytest.skip("this account may not open so many files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(limit[0], 4_000), limit[1]))
    with contextlib.ExitStack() as many:
        for _ in range(1_100):
            many.enter_context((tmp_path / "one").open("wb"))
        drive = drive_of()
        drive.write(FILE, [b"x"], expect=ABSENT)

        assert b"x" == content(drive, FILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, limit)


# -- open files


def test_file_that_is_held_open(drive_of: Open, drive: SmbDrive) -> None:
    """A file that a program keeps for itself is told as in use, by reading and replacing, and stays as it is."""
    drive.write(FILE, [b"old"], expect=ABSENT)
    other = drive_of()
    handle = held(other, FILE, share=0)
    with pytest.raises(Unreadable, match="a program holds it open"), drive.read(FILE):
        pass
    with pytest.raises(DriveError):
        drive.remove(FILE, expect=ANYTHING)
    other._wire.close(handle)

    assert b"old" == content(drive, FILE)


def test_read_only_files(drive: SmbDrive, place: Path) -> None:
    """A file with the attribute read-only is not replaced and not removed, and the reason is told."""
    drive.write(FILE, [b"old"], expect=ABSENT)
    opening = packets.create(drive._wire.name(FILE), packets.WRITE_ATTRIBUTES)
    attributes = bytes(32) + (1).to_bytes(8, "little")
    assert drive._wire.once(FILE, opening, packets.set_info(packets.BASIC, attributes))[1].ok
    with pytest.raises(Forbidden):
        drive.remove(FILE, expect=ANYTHING)

    assert b"old" == content(drive, FILE)
    assert drive.labels is not None
    assert [Label(FILE, "read-only")] == list(drive.labels.all())


def test_streams_are_told(drive: SmbDrive) -> None:
    """Alternate data streams are told as labels, of files and folders; the content is none."""
    drive.make_folder(("folder",))
    for path in (FILE, ("folder",)):
        if path == FILE:
            drive.write(path, [b"x"], expect=ABSENT)
        name = drive._wire.name(path) + ":Zone.Identifier"
        opening = packets.create(name, packets.WRITE_DATA, disposition=packets.OPEN_IF)
        assert drive._wire.once(path, opening, packets.write(packets.SAME_FILE, 0, b"[ZoneTransfer]"))[1].ok
    assert drive.labels is not None

    assert {Label(path, "stream Zone.Identifier") for path in (FILE, ("folder",))} == set(drive.labels.all())


# -- lines that break


def test_line_that_breaks(drive: SmbDrive) -> None:
    """After the connection has broken a call or two fail as such, and then the drive goes on."""
    drive.write(FILE, [b"x" * 300_000], expect=ABSENT)
    with drive.read(FILE) as reader:
        reader.read(10)
        drive._wire.line()._connection.transport.close()
        with pytest.raises(Unavailable):
            for _ in range(100):
                reader.read(1 << 16)

    for _ in range(3):
        try:
            found = content(drive, FILE)
        except Unavailable:
            continue
        break
    assert b"x" * 300_000 == found


def test_client_that_dies(drive_of: Open, drive: SmbDrive, place: Path) -> None:
    """A client whose connection ends in the middle of a file leaves nothing, not even on the server's disk."""

    def source() -> Iterator[bytes]:
        yield b"x" * 3_000_000
        dying._wire.line()._connection.transport.close()
        yield b"y" * 3_000_000

    dying = drive_of()
    with pytest.raises(Unavailable):
        dying.write(FILE, source(), expect=ABSENT)
    # The server removes it when it sees the connection end.
    until = time.monotonic() + PATIENCE
    while os.listdir(place) and time.monotonic() < until:
        drive.stat(ROOT)

    assert [] == drive.list(ROOT).entries
    assert [] == os.listdir(place)


def test_nothing_is_left_behind(drive_of: Open, place: Path) -> None:
    """After a drive that has used everything is closed, only what was written is there."""
    with drive_of() as drive:
        assert drive.partials is not None
        etag = drive.write(FILE, [b"1"], expect=ABSENT).etag
        drive.write(FILE, [b"2"], expect=Unchanged(etag or ""))
        drive.partials.append("token", [b"3"], start=0)
        drive.partials.finish("token", ("other",), expect=ABSENT)

    assert ["other", FILE[0]] == sorted(os.listdir(place))


def test_links_to_other_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a share of DFS everything works as elsewhere; a link to another server is told and never followed."""
    with require_server(lambda: SambaServer(settings={"msdfs root": "yes"})) as server:
        (server.root / "link").symlink_to("msdfs:other\\\\share")
        monkeypatch.setenv("LADING_TEST_PASSWORD", server.password)
        options = {"user": server.user, "password": "env:LADING_TEST_PASSWORD"}
        with open_smb(Address("smb", server.place, options)) as drive:
            drive.make_folder(("folder",))
            drive.write(("folder", "file"), [b"x"], expect=ABSENT)
            drive.moves.move(("folder", "file"), FILE, expect=ABSENT)
            assert drive._wire.line().prefix
            told = {entry.path: entry.kind for entry in drive.list(ROOT).entries}

            assert {FILE: Kind.FILE, ("folder",): Kind.FOLDER, ("link",): Kind.SYMLINK} == told
            assert Kind.SYMLINK is drive.stat(("link",)).kind
            assert b"x" == content(drive, FILE)
            for path in (("link",), ("link", "below")):
                with pytest.raises((WrongKind, NotFound)):
                    drive.list(path)
                with pytest.raises((WrongKind, NotFound)), drive.read(path):
                    pass


# -- rights


@pytest.fixture
def ruled(drive: SmbDrive) -> SmbDrive:
    """A drive whose root hands down: staff may edit, who makes something may do everything with it."""
    rights = (
        Entry(ALLOW, INHERITABLE, MODIFY, STAFF.id),
        Entry(ALLOW, INHERITABLE | NOT_HERE, FULL, CREATOR_OWNER),
    )
    owner = next(one for one in drive.grants.list(ROOT) if one.role is Role.MANAGE)  # type: ignore[union-attr]
    rights = (*rights, Entry(ALLOW, INHERITABLE, FULL, owner.principal.id))
    opening = packets.create(drive._wire.name(ROOT), packets.WRITE_DAC)
    raw = encoded(Rights("", rights))
    setting = packets.set_info(0, raw, kind=packets.INFO_SECURITY, more=packets.DACL)
    assert drive._wire.once(ROOT, opening, setting)[1].ok
    drive.make_folder(("deal",))
    drive.make_folder(("deal", "inner"))
    drive.write(("deal", "inner", "file"), [b"x"], expect=ABSENT)
    return drive


def test_rights_are_told_where_they_were_given(ruled: SmbDrive) -> None:
    """What a server hands down itself is told on the root only."""
    assert [("allow", Role.EDIT, Reach.ALL)] == brief(ruled, ROOT, STAFF)
    for depth in (1, 2, 3):
        assert [] == brief(ruled, ("deal", "inner", "file")[:depth], STAFF)


def test_grants_reach_what_is_there(ruled: SmbDrive) -> None:
    """A grant on a folder is passed on to all below it, as Windows does, and taken back from all."""
    grant = Grant(("deal",), ANNA, frozenset(), role=Role.DOWNLOAD)
    assert ruled.grants is not None
    ruled.grants.set(grant)
    below = [ruled.grants._read(("deal", "inner", "file")[:depth])[0] for depth in (2, 3)]  # type: ignore[attr-defined]
    told = [brief(ruled, ("deal", "inner", "file")[:depth], ANNA) for depth in (1, 2, 3)]
    ruled.grants.unset(grant)
    after = [ruled.grants._read(("deal", "inner", "file")[:depth])[0] for depth in (2, 3)]  # type: ignore[attr-defined]

    assert [[("allow", Role.DOWNLOAD, Reach.ALL)], [], []] == told
    assert all(any(entry.sid == ANNA.id for entry in rights.entries or ()) for rights in below)
    assert not any(entry.sid == ANNA.id for rights in after for entry in rights.entries or ())


def test_a_folder_that_is_closed_off(ruled: SmbDrive) -> None:
    """A reset ends what came from above, for all below too; taking it back brings that again."""
    assert ruled.grants is not None
    ruled.grants.set(Grant(("deal", "inner"), ANNA, frozenset(), role=Role.EDIT))
    reset = Grant(("deal", "inner"), ANYBODY, frozenset(), Effect.RESET)
    ruled.grants.set(reset)
    told = brief(ruled, ("deal", "inner"), ANNA, STAFF)
    below, _ = ruled.grants._read(("deal", "inner", "file"))  # type: ignore[attr-defined]
    ruled.grants.unset(reset)

    assert [("reset", Role.NONE, Reach.ALL), ("allow", Role.EDIT, Reach.ALL)] == told
    assert STAFF.id not in {entry.sid for entry in below.entries or ()}
    assert [("allow", Role.EDIT, Reach.ALL)] == brief(ruled, ("deal", "inner"), ANNA, STAFF)
    assert [] == brief(ruled, ("deal", "inner", "file"), ANNA, STAFF)


@pytest.mark.skipif(os.geteuid() != 0, reason="only a server that runs as root has such accounts")
def test_who_restores_backups_is_not_kept_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that may back up and restore works on in a folder whose list names nobody, and opens it again."""
    with require_server(lambda: SambaServer(settings={"admin users": account()})) as server:
        monkeypatch.setenv("LADING_TEST_PASSWORD", server.password)
        options = {"user": server.user, "password": "env:LADING_TEST_PASSWORD"}
        with open_smb(Address("smb", server.place, options)) as drive:
            assert drive.grants is not None
            drive.make_folder(("deal",))
            for own in drive.grants.list(("deal",)):
                drive.grants.unset(own)
            reset = Grant(("deal",), ANYBODY, frozenset(), Effect.RESET)
            drive.grants.set(reset)
            told = [grant.effect for grant in drive.grants.list(("deal",))]
            drive.write(("deal", "later"), [b"x"], expect=ABSENT)
            drive.grants.unset(reset)

            assert [Effect.RESET] == told
            assert b"x" == content(drive, ("deal", "later"))


def test_moved_files_keep_their_rights_and_say_so(ruled: SmbDrive) -> None:
    """A file that was moved has the rights of its old folder: it is told with its whole list."""
    assert ruled.grants is not None
    ruled.grants.set(Grant(("deal",), ANNA, frozenset(), role=Role.DOWNLOAD))
    ruled.moves.move(("deal", "inner", "file"), ("moved",), expect=ABSENT)
    told = brief(ruled, ("moved",), ANNA, STAFF)

    assert [("reset", Role.NONE), ("allow", Role.DOWNLOAD), ("allow", Role.EDIT)] == sorted(
        [(effect, role) for effect, role, _ in told], key=lambda one: (one[0] != "reset", one[1])
    )


def test_partials_are_for_their_owner_alone(ruled: SmbDrive) -> None:
    """While a file is being put together, those who may read the root may not read it."""
    assert ruled.grants is not None
    ruled.partials.append("token", [b"x"], start=0)
    owner = ruled.grants._read(ROOT)[0].owner  # type: ignore[attr-defined]
    held = ruled.partials._place("token")
    rights = [ruled.grants._read(path)[0] for path in (held[:-1], held)]  # type: ignore[attr-defined]

    assert [{owner}, {owner}] == [{entry.sid for entry in one.entries or ()} for one in rights]


def test_partials_get_the_rights_of_their_folder(ruled: SmbDrive) -> None:
    """A file that was written elsewhere has, once it appears, what any new file there has."""
    assert ruled.grants is not None
    ruled.grants.set(Grant(("deal",), ANNA, frozenset(), role=Role.DOWNLOAD))
    ourselves = next(
        one for one in ruled.grants.list(ROOT) if (one.role, one.reach) == (Role.MANAGE, Reach.ALL)
    )
    ruled.grants.set(replace(ourselves, path=("deal",), rights=frozenset(), reach=Reach.ALL))
    ruled.grants.set(Grant(("deal",), ANYBODY, frozenset(), Effect.RESET))
    ruled.partials.append("token", [b"x"], start=0)
    ruled.partials.finish("token", ("deal", "partial"), expect=ABSENT)
    ruled.write(("deal", "plain"), [b"x"], expect=ABSENT)
    partial, plain = (ruled.grants.list(("deal", name)) for name in ("partial", "plain"))

    assert plain == tuple(replace(grant, path=("deal", "plain")) for grant in partial)
    assert not any(grant.effect is Effect.RESET for grant in plain)


def test_denials_stand_first_and_are_told_as_they_were_set(ruled: SmbDrive) -> None:
    """A denial comes before the allowances of its list, is passed on, told back, and taken away from all."""
    grants = cast("SmbGrants", ruled.grants)
    for path in (("deal", "inner", "file"), ("deal", "inner")):
        for own in grants.list(path):
            grants.unset(own)
    grants.set(Grant(("deal",), STAFF, frozenset(), role=Role.DOWNLOAD))
    for role in (Role.PASS, Role.PREVIEW, Role.UPLOAD, Role.MANAGE):
        denial = Grant(("deal",), ANNA, frozenset(), Effect.DENY, role=role)
        for _ in range(2):
            grants.set(denial)
        own, below = (grants._read(path)[0].entries or () for path in (("deal",), ("deal", "inner", "file")))

        assert [("deny", role, Reach.ALL)] == brief(ruled, ("deal",), ANNA)
        assert (DENY, ANNA.id) == (own[0].kind, own[0].sid)
        assert [DENY] == [it.kind for it in below if it.sid == ANNA.id]
    grants.unset(denial)

    assert [] == [it for it in grants._read(("deal", "inner", "file"))[0].entries or () if it.sid == ANNA.id]


def test_denials_that_would_not_hold_are_refused(ruled: SmbDrive) -> None:
    """Where something below allows by itself, or no list says just that, nothing is set."""
    grants = cast("SmbGrants", ruled.grants)
    file = ("deal", "inner", "file")
    grants.set(Grant(file, STAFF, frozenset(), role=Role.DOWNLOAD))
    before = grants._read(("deal",))
    for grant in (
        Grant(("deal",), ANNA, frozenset(), Effect.DENY, role=Role.UPLOAD),
        Grant(("deal",), ANNA, frozenset(), Effect.DENY, role=Role.DOWNLOAD, reach=Reach.HERE),
        Grant(("deal",), ANNA, frozenset(), Effect.DENY, role=Role.EDIT, reach=Reach.HERE),
        Grant(file, ANNA, frozenset(), Effect.DENY, role=Role.PASS),
    ):
        with pytest.raises(Unable):
            grants.set(grant)
    assert before == grants._read(("deal",))

    grants.set(Grant(("deal",), ANNA, frozenset(), Effect.DENY, role=Role.UPLOAD, reach=Reach.HERE))
    assert [("deny", Role.UPLOAD, Reach.HERE)] == brief(ruled, ("deal",), ANNA)


# -- previous versions


def test_previous_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each content that a snapshot holds is told once, oldest first, and read whole; nothing is added to one."""

    def keeping_snapshots() -> SambaServer:
        server = SambaServer(settings={"vfs objects": "shadow_copy2 acl_xattr"})
        server.settings |= {"shadow:snapdir": f"{server.root}/.snapshots", "shadow:basedir": str(server.root)}
        return server

    with require_server(keeping_snapshots) as server:
        monkeypatch.setenv("LADING_TEST_PASSWORD", server.password)
        contents = {1: b"draft", 2: b"draft", 3: b"signed, stamped", 4: None}
        for month, raw in contents.items():
            folder = server.root / ".snapshots" / f"@GMT-2026.0{month}.01-00.00.00" / "deal"
            folder.mkdir(parents=True)
            if raw is not None:
                (folder / FILE[0]).write_bytes(raw)
                os.utime(folder / FILE[0], (1000 + len(raw), 1000 + len(raw)))
        server.settle()
        options = {"user": server.user, "password": "env:LADING_TEST_PASSWORD", "create": "yes"}
        with open_smb(Address("smb", f"{server.place}/deal", options)) as drive:
            drive.write(FILE, [b"final"], expect=ABSENT)
            drive.write(("new",), [b"x"], expect=ABSENT)
            versions = drive.versions
            assert versions is not None
            told = list(versions.list(FILE))
            read = [content_at(drive, one.id) for one in told]
            alone = list(versions.list(("new",)))
            with pytest.raises(Unable):
                versions.add(FILE, [b"x"], told[0], expect=ANYTHING)
            with pytest.raises(NotFound):
                versions.list(("nothing",))
            with pytest.raises(NotFound):
                versions.read(FILE, "@GMT-1999.01.01-00.00.00")

    assert [b"draft", b"signed, stamped", b"final"] == read
    assert ["@GMT-2026.01.01-00.00.00", "@GMT-2026.03.01-00.00.00", "present"] == [one.id for one in told]
    assert [(1005 * 10**9, 5), (1015 * 10**9, 15)] == [(one.saved, one.size) for one in told[:2]]
    assert ["present"] == [one.id for one in alone]


def content_at(drive: SmbDrive, version: str) -> bytes:
    assert drive.versions is not None
    with drive.versions.read(FILE, version) as reader:
        return b"".join(iter(lambda: reader.read(1 << 16), b""))


def test_a_share_without_snapshots_has_no_versions(drive: SmbDrive) -> None:
    """There the facet is missing."""
    assert drive.versions is None


@pytest.mark.parametrize(("setting", "words"), [("yes", ("only read", "只允许该账号读取")), ("no", ())])
def test_the_permissions_of_the_share_are_told(
    monkeypatch: pytest.MonkeyPatch, setting: str, words: tuple[str, ...]
) -> None:
    """A share that lets the account only read is said to, before anything fails."""
    with require_server(lambda: SambaServer(settings={"read only": setting})) as server:
        monkeypatch.setenv("LADING_TEST_PASSWORD", server.password)
        options = {"user": server.user, "password": "env:LADING_TEST_PASSWORD"}
        with open_smb(Address("smb", server.place, options)) as drive:
            notes = drive.notes

    assert bool(words) == bool(notes)
    assert all(word in "".join(notes[0]) for word in words)
