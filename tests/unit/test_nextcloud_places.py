"""Mounts, team folders with rules, many accounts and what a Nextcloud does that no other server does, on its double."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path as LocalPath
from typing import cast

import pytest

from lading.connectors.address import parse
from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING, Unchanged
from lading.connectors.http.line import Request
from lading.connectors.nextcloud.drive import NextcloudDrive
from lading.connectors.nextcloud.tree import setting
from lading.connectors.registry import open_drive
from lading.model.access import Effect, Grant, Link, Principal, PrincipalKind, Reach, Role, Version
from lading.model.entry import Kind
from lading.model.errors import (
    BadAddress,
    Changed,
    DriveError,
    Forbidden,
    LoginFailed,
    NameRefused,
    NotFound,
    Unable,
    Unavailable,
)
from lading.model.paths import ROOT, Path
from lading.testkit.contract.support import content_of, drained, listed, paths
from lading.testkit.servers import require_server
from lading.testkit.servers.nextcloud import NextcloudDouble

SECOND = 10**9
NEW_YEAR = 1_704_067_200 * SECOND
_COUNT = itertools.count()
_PEOPLE = [
    {"id": "wang", "password": "1", "name": "王芳", "groups": ["deals"], "tokens": ["t-wang"]},
    {"id": "li", "password": "2", "groups": ["deals", "staff"], "tokens": ["t-li"]},
    {"id": "zhao", "password": "3", "groups": ["staff"], "tokens": ["t-zhao"]},
    {"id": "gone", "password": "4", "enabled": False},
]
_SEED = {
    "users": _PEOPLE,
    "teamfolders": [
        {"mount": "项目", "groups": {"deals": 31, "staff": 1}, "acl": True, "managers": [["user", "wang"]]},
        {"mount": "Board/2024", "groups": {"board": 31}},
    ],
    "external": [{"mount": "NAS", "users": ["wang"]}],
    "encrypted": [{"user": "wang", "path": "sealed"}],
    "circles": [
        {
            "id": "c1",
            "name": "融资组",
            "owner": "wang",
            "members": ["li"],
            "inner": [["group", "staff"], ["mail", "x@bank"]],
        },
        {"id": "c2", "name": "Closed", "owner": "zhao"},
    ],
    "rooms": [{"token": "r1", "name": "签约", "members": ["wang", "zhao"]}],
}


@pytest.fixture(scope="module")
def server() -> Iterator[NextcloudDouble]:
    """The double with people, team folders, a mount from outside and a folder encrypted at the ends."""
    with require_server(lambda: NextcloudDouble(seed=_SEED, options={"lenient_chunks": True})) as server:
        yield server


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch, server: NextcloudDouble) -> None:
    """Every password where references point to."""
    for user in ("wang", "li", "zhao"):
        monkeypatch.setenv(user.upper(), f"t-{user}")
    monkeypatch.setenv("BOSS", server.password)
    monkeypatch.setenv("WRONG", "no such password")


@pytest.fixture
def drives(secrets: None) -> Iterator[list[Drive]]:
    """What the test opened, closed afterwards."""
    opened: list[Drive] = []
    yield opened
    for drive in opened:
        drive.close()


def opened(server: NextcloudDouble, drives: list[Drive], user: str, place: str = "", **options: str) -> Drive:
    """The files of *user*."""
    given = {"user": user, "password": f"env:{user.upper()}", **options}
    drives.append(open_drive(parse(f"nextcloud:{server.url}{place}", given)))
    return drives[-1]


def home(server: NextcloudDouble, drives: list[Drive], user: str = "wang") -> Drive:
    """A folder of *user* that no other test uses."""
    return opened(server, drives, user, f"own {next(_COUNT)}", create="yes")


def many(server: NextcloudDouble, drives: list[Drive], folder: LocalPath, *rows: str) -> Drive:
    """The drive of all accounts that *rows* name, seen from the admin."""
    file = folder / "users.csv"
    file.write_text("\n".join(["user,password", *rows]) + "\n", encoding="utf-8")
    return opened(server, drives, "boss", users=str(file))


def rule(drive: Drive, path: Path, *rules: tuple[str, str, int, int]) -> None:
    """Set the rules of an entry of a team folder: kind, id, mask, permissions."""
    rows = "".join(
        f"<nc:acl><nc:acl-mapping-type>{kind}</nc:acl-mapping-type><nc:acl-mapping-id>{id_}</nc:acl-mapping-id>"
        f"<nc:acl-mask>{mask}</nc:acl-mask><nc:acl-permissions>{bits}</nc:acl-permissions></nc:acl>"
        for kind, id_, mask, bits in rules
    )
    wire = cast("NextcloudDrive", drive).wire
    body = setting(f"<nc:acl-list>{rows}</nc:acl-list>")
    wire.cloud.dav("PROPPATCH", wire.place.url(path), subject=path, body=body)


def told(grants: object) -> list[tuple[Path, str, str, Role, str]]:
    """Grants in a form that can be compared."""
    return sorted(
        (one.path, one.effect.value, one.principal.id, one.role, one.source)
        for one in cast("Iterator[Grant]", grants)
    )


# -- addresses and logins


def test_the_address_of_the_web_page_will_do(server: NextcloudDouble, drives: list[Drive]) -> None:
    """Server and folder, a WebDAV address, and options in the query all lead to the same folder."""
    drive = home(server, drives)
    drive.write(("文件",), [b"x"], expect=ABSENT)
    name = drive.profile.address.rpartition("/")[2]
    for place in (name, f"remote.php/dav/files/wang/{name}", f"index.php/{name}"):
        assert [("文件",)] == paths(opened(server, drives, "wang", place))
    drives.append(open_drive(parse(f"nextcloud:{server.url}{name}?user=wang&password=env:WANG")))

    assert [("文件",)] == paths(drives[-1])


def test_a_secret_in_the_query_is_refused(server: NextcloudDouble) -> None:
    """A password that is no reference is not taken, and not repeated."""
    with pytest.raises(BadAddress) as caught:
        parse(f"nextcloud:{server.url}?user=wang&password=hunter2")

    assert "hunter2" not in str(caught.value)


def test_what_is_no_nextcloud_is_said(server: NextcloudDouble, drives: list[Drive]) -> None:
    """Wrong options, logins and folders each get their error."""
    with pytest.raises(LoginFailed):
        opened(server, drives, "wang", password="env:WRONG")
    with pytest.raises(NotFound):
        opened(server, drives, "wang", "none")
    for options in ({"follow": "everything"}, {"colour": "blue"}, {"login": "digest"}):
        with pytest.raises(BadAddress):
            opened(server, drives, "wang", **options)


def test_maintenance_is_said_in_a_sentence(server: NextcloudDouble, drives: list[Drive]) -> None:
    """While an admin works on the server it is unavailable, and the message says why."""
    drive = home(server, drives)
    server.seed(maintenance=True)
    try:
        with pytest.raises(Unavailable, match="maintenance mode"):
            drive.list(ROOT)
        with pytest.raises(Unavailable, match="maintenance mode"):
            opened(server, drives, "wang")
    finally:
        server.seed(maintenance=False)

    assert [] == listed(drive)


def test_an_account_password_is_told_to_be_dear(server: NextcloudDouble, drives: list[Drive]) -> None:
    """What has not the form of an app password gives a notice, and fewer calls at once."""
    drive = cast("NextcloudDrive", home(server, drives))

    assert any("app password" in note.en for note in drive.notes)
    assert 2 == drive.profile.concurrency


# -- what other servers do not do


@pytest.mark.parametrize("name", [".htaccess", "x.part", "back\\slash", "e\u0301", "  ", "融" * 84])
def test_names_that_the_server_cannot_hold(server: NextcloudDouble, drives: list[Drive], name: str) -> None:
    """They are refused before the server answers 500, and are simply not there when asked for."""
    drive = home(server, drives)
    with pytest.raises(NameRefused):
        drive.write((name,), [b"x"], expect=ABSENT)
    with pytest.raises(DriveError):
        drive.remove((name,), expect=ANYTHING)
    with pytest.raises(NotFound):
        drive.stat((name,))

    assert [] == listed(drive)


def test_contents_of_one_second_are_versions_all_the_same(
    server: NextcloudDouble, drives: list[Drive]
) -> None:
    """Saves without a time get a second each, so that none takes the place of another."""
    drive = home(server, drives)
    assert drive.versions is not None
    contents = [b"first", b"second!", b"third", b"fourth..."]
    for content in contents:
        drive.write(("a",), [content], expect=ANYTHING)
    found = list(drive.versions.list(("a",)))

    assert contents == [drained_version(drive, ("a",), version.id) for version in found]


def test_versions_are_added_in_order(server: NextcloudDouble, drives: list[Drive]) -> None:
    """Times that ascend are kept, one that does not gets the next free second; labels stay, order too."""
    drive = home(server, drives)
    assert drive.versions is not None
    sent = [
        (b"one", 0, "草稿"),
        (b"two", 3600, ""),
        (b"three", 1800, "签署版 <signed> & sealed"),
        (b"four", 7200, ""),
    ]
    for content, after, label in sent:
        version = Version("", NEW_YEAR, len(content), modified=NEW_YEAR + after * SECOND, label=label)
        drive.versions.add(("a",), [content], version, expect=ANYTHING)
    found = list(drive.versions.list(("a",)))

    assert [content for content, _, _ in sent] == [drained_version(drive, ("a",), one.id) for one in found]
    assert [NEW_YEAR + after * SECOND for after in (0, 3600, 3601, 7200)] == [one.modified for one in found]
    assert [label for _, _, label in sent] == [one.label for one in found]
    assert {"wang"} == {one.author for one in found}
    assert [3, 3, 5, 4] == [one.size for one in found]


def test_a_back_dated_content_is_the_last_version(server: NextcloudDouble, drives: list[Drive]) -> None:
    """The present content is told last, also when its time lies before that of an earlier one."""
    drive = home(server, drives)
    assert drive.versions is not None
    drive.write(("a",), [b"late"], expect=ABSENT, modified=NEW_YEAR + 100 * SECOND)
    drive.write(("a",), [b"early"], expect=ANYTHING, modified=NEW_YEAR)
    found = list(drive.versions.list(("a",)))

    assert [b"late", b"early"] == [drained_version(drive, ("a",), one.id) for one in found]
    assert sorted(one.saved for one in found) == [one.saved for one in found]


def test_a_large_content_keeps_id_and_history(server: NextcloudDouble, drives: list[Drive]) -> None:
    """What goes up in pieces replaces the file, not its id; a wrong expectation is refused at the end."""
    drive = home(server, drives)
    assert drive.versions is not None
    large = bytes(range(256)) * (80 << 10)
    first = drive.write(("a",), [b"small"], expect=ABSENT, modified=NEW_YEAR)
    second = drive.write(("a",), [large], expect=Unchanged(first.etag or ""), modified=NEW_YEAR + SECOND)
    with pytest.raises(Changed):
        drive.write(("a",), [large], expect=Unchanged(first.etag or ""))

    assert (first.id, len(large)) == (second.id, second.size)
    assert large == content_of(drive, ("a",), piece=1 << 20)
    assert [5, len(large)] == [one.size for one in drive.versions.list(("a",))]


def test_links_have_the_password_that_was_asked_for(server: NextcloudDouble, drives: list[Drive]) -> None:
    """A link tells that it has a password; an expiry to the nanosecond cannot be held, and makes no link."""
    drive = home(server, drives)
    assert drive.links is not None
    drive.write(("a",), [b"x"], expect=ABSENT)
    link = Link(("a",), "", frozenset(), has_password=True, role=Role.DOWNLOAD)
    made, url = drive.links.make(link, password="一个 long enough secret")
    with pytest.raises(Unable):
        drive.links.make(Link(("a",), "", frozenset(), expires=4 * 10**18, role=Role.DOWNLOAD), password=None)

    assert url.startswith(server.url)
    assert [(made.id, True, "wang")] == [
        (one.id, one.has_password, one.by) for one in drive.links.list(("a",))
    ]


# -- mounts


def test_mounts_from_outside_are_told_and_not_entered(server: NextcloudDouble, drives: list[Drive]) -> None:
    """An external storage is a special entry unless it is asked for; an encrypted folder says that it cannot be read."""
    plain = {entry.path: entry for entry in listed(opened(server, drives, "wang"))}
    followed = {entry.path: entry for entry in listed(opened(server, drives, "wang", follow="external"))}

    assert Kind.SPECIAL is plain[("NAS",)].kind
    assert (Kind.SPECIAL, "unreadable") == (plain[("sealed",)].kind, plain[("sealed",)].problem)
    assert (Kind.FOLDER, None) == (followed[("NAS",)].kind, followed[("NAS",)].problem)
    assert Kind.SPECIAL is followed[("项目",)].kind


# -- team folders


def test_rules_of_team_folders_are_told(server: NextcloudDouble, drives: list[Drive]) -> None:
    """Groups on the folder, denials on entries, and the list told anew where a denial is taken back."""
    wang, boss = opened(server, drives, "wang"), f"rules {next(_COUNT)}"
    folder: Path = ("项目", boss)
    wang.make_folder(folder)
    wang.make_folder((*folder, "open"))
    rule(wang, folder, ("group", "staff", 3, 0), ("user", "li", 8, 0))
    rule(wang, (*folder, "open"), ("group", "staff", 1, 1))
    assert wang.grants is not None
    here, below = wang.grants.list(folder), wang.grants.list((*folder, "open"))
    every = wang.grants.all()

    assert [
        (folder, "deny", "group:staff", Role.PASS, "rule"),
        (folder, "deny", "li", Role.EDIT, "rule"),
    ] == told(here)
    assert [Effect.RESET] == [one.effect for one in below][:1]
    assert {("group:staff", Effect.DENY, Role.EDIT), ("li", Effect.DENY, Role.EDIT)} <= {
        (one.principal.id, one.effect, one.role) for one in below
    }
    assert set(told(here)) | set(told(below)) <= set(told(every))


STAFF, LI = Principal(PrincipalKind.GROUP, "group:staff"), Principal(PrincipalKind.PERSON, "li")


@pytest.mark.parametrize("role", [Role.PASS, Role.UPLOAD, Role.EDIT, Role.MANAGE])
def test_denials_are_set_as_rules(server: NextcloudDouble, drives: list[Drive], role: Role) -> None:
    """A denial is told as it was set, in the place of one before, beside those of others; others see it work."""
    wang, name = opened(server, drives, "wang"), f"denied {next(_COUNT)}"
    path: Path = ("项目", name)
    wang.make_folder(path)
    rule(wang, path, ("user", "li", 16, 0))
    assert wang.grants is not None
    for wanted in (Role.MANAGE, role, role):
        wang.grants.set(Grant(path, STAFF, frozenset(), Effect.DENY, role=wanted))
    both = told(wang.grants.list(path))
    seen = name in {entry.path[-1] for entry in opened(server, drives, "zhao").list(("项目",)).entries}
    for _ in range(2):
        wang.grants.unset(Grant(path, STAFF, frozenset(), Effect.DENY, role=role))

    assert [(path, "deny", "group:staff", role, "rule"), (path, "deny", "li", Role.MANAGE, "rule")] == both
    assert seen is (role is not Role.PASS)
    assert [(path, "deny", "li", Role.MANAGE, "rule")] == told(wang.grants.list(path))


def test_a_denial_that_no_rule_says_is_refused(server: NextcloudDouble, drives: list[Drive]) -> None:
    """Roles, reaches, ends and principals without a rule, one that another rule stands against, and other places."""
    wang, name = opened(server, drives, "wang"), f"refused {next(_COUNT)}"
    path: Path = ("项目", name)
    for folder in (path, (name,)):
        wang.make_folder(folder)
    rule(wang, path, ("user", "li", 16, 16), ("group", "deals", 8, 8))
    assert wang.grants is not None
    before = told(wang.grants.list(path))
    plain = Grant(path, STAFF, frozenset(), Effect.DENY, role=Role.MANAGE)
    guest = Principal(PrincipalKind.GUEST, "mail:li@bank.example")
    wishes = [
        *(replace(plain, role=one) for one in (Role.NONE, Role.PREVIEW, Role.DOWNLOAD)),
        *(replace(plain, reach=one) for one in set(Reach) - {Reach.ALL}),
        replace(plain, expires=4 * 10**18),
        replace(plain, rank=1),
        replace(plain, principal=guest),
        plain,
        replace(plain, principal=LI),
        replace(plain, path=(name,)),
        replace(plain, path=(), principal=LI),
    ]
    for wish in wishes:
        with pytest.raises(Unable):
            wang.grants.set(wish)
    wang.grants.unset(replace(plain, principal=LI))
    wang.grants.unset(replace(plain, path=("项目", "none")))

    assert before == told(wang.grants.list(path))


def test_only_who_manages_rules_sets_them(server: NextcloudDouble, drives: list[Drive]) -> None:
    """A plain member sets and takes away none, and nobody takes reading away from himself."""
    wang, name = opened(server, drives, "wang"), f"managed {next(_COUNT)}"
    path: Path = ("项目", name)
    wang.make_folder(path)
    rule(wang, path, ("user", "li", 8, 0))
    li = opened(server, drives, "li")
    assert li.grants is not None
    assert wang.grants is not None
    denial = Grant(path, LI, frozenset(), Effect.DENY, role=Role.EDIT)
    for act in (li.grants.set, li.grants.unset):
        with pytest.raises(Unable):
            act(denial)
    own = replace(denial, principal=Principal(PrincipalKind.PERSON, "wang"), role=Role.PASS)
    with pytest.raises(Unable):
        wang.grants.set(own)

    assert [(path, "deny", "li", Role.EDIT, "rule")] == told(wang.grants.list(path))


def test_who_may_not_manage_rules_does_not_know_all(server: NextcloudDouble, drives: list[Drive]) -> None:
    """A plain member is told the rules about himself alone: the profile says that this is not all."""
    wang, name = opened(server, drives, "wang"), f"hidden {next(_COUNT)}"
    wang.make_folder(("项目", name))
    rule(wang, ("项目", name), ("user", "zhao", 1, 0))
    li = opened(server, drives, "li")
    assert li.grants is not None

    assert () == li.grants.list(("项目", name))
    assert li.profile.access is not None
    assert not li.profile.access.complete
    alone = home(server, drives, "li").profile.access
    assert alone is not None
    assert alone.complete


def test_what_is_handed_down_to_the_root_is_told(server: NextcloudDouble, drives: list[Drive]) -> None:
    """A drive opened within a team folder, or within a shared folder, tells on its root what holds from above."""
    wang, name = opened(server, drives, "wang"), f"inner {next(_COUNT)}"
    for path in (("项目", name), ("项目", name, "deep"), (name,), (name, "deep")):
        wang.make_folder(path)
    rule(wang, ("项目", name), ("group", "staff", 31, 0))
    assert wang.grants is not None
    li = Principal(PrincipalKind.PERSON, "li")
    wang.grants.set(Grant((name,), li, frozenset(), role=Role.EDIT))
    team = opened(server, drives, "wang", f"项目/{name}/deep")
    shared = opened(server, drives, "wang", f"{name}/deep")
    assert team.grants is not None
    assert shared.grants is not None

    assert (ROOT, "deny", "group:staff", Role.PASS, "inherited") in told(team.grants.list(ROOT))
    assert (ROOT, "allow", "group:deals", Role.MANAGE, "inherited") in told(team.grants.list(ROOT))
    assert [
        (ROOT, "allow", "li", Role.EDIT, "inherited"),
        (ROOT, "allow", "wang", Role.MANAGE, "owner"),
    ] == told(shared.grants.list(ROOT))
    assert told(shared.grants.list(ROOT)) == told(shared.grants.all())


# -- many accounts


def test_many_accounts_are_one_drive(
    server: NextcloudDouble, drives: list[Drive], tmp_path: LocalPath
) -> None:
    """Homes and team folders stand side by side, each content once; who cannot be acted for stands there with a problem."""
    drive = many(server, drives, tmp_path, "wang,env:WANG", "li,env:LI", "zhao,env:WRONG")
    tops = {entry.path[0]: entry.problem for entry in listed(drive)}

    assert {
        "boss": None,
        "wang": None,
        "li": None,
        "项目 [team 1]": None,
        "2024 [team 2]": "forbidden",
        "zhao": "forbidden",
        "gone": "forbidden",
    } == tops
    with pytest.raises(Forbidden, match="refuses the login"):
        drive.list(("zhao",))
    with pytest.raises(Forbidden, match="admin cannot read"):
        drive.list(("gone",))
    with pytest.raises(NotFound):
        drive.list(("nobody",))
    assert drive.profile.access is not None
    assert not drive.profile.access.complete


def test_each_content_is_seen_once(server: NextcloudDouble, drives: list[Drive], tmp_path: LocalPath) -> None:
    """What two accounts see is told with its owner, and in the team folder, never twice."""
    wang, name = opened(server, drives, "wang"), f"once {next(_COUNT)}"
    wang.write((name,), [b"mine"], expect=ABSENT)
    wang.write(("项目", name), [b"ours"], expect=ABSENT)
    assert wang.grants is not None
    wang.grants.set(Grant((name,), Principal(PrincipalKind.PERSON, "li"), frozenset(), role=Role.EDIT))
    drive = many(server, drives, tmp_path, "wang,env:WANG", "li,env:LI")
    tops = [entry.path for entry in listed(drive) if not entry.problem]
    found = [path for top in tops for path in paths(drive, top) if path[-1] == name]
    assert drive.grants is not None

    assert [("wang", name), ("项目 [team 1]", name)] == sorted(found)
    assert b"ours" == content_of(drive, ("项目 [team 1]", name))
    assert [("wang", name)] == [one.path for one in drive.grants.all() or () if one.path[-1:] == (name,)]
    assert paths(opened(server, drives, "li"))


def test_changes_go_to_the_account_that_holds_the_place(
    server: NextcloudDouble, drives: list[Drive], tmp_path: LocalPath
) -> None:
    """Files are written as their owner; nothing is made at the top, nothing moved between accounts."""
    drive, name = many(server, drives, tmp_path, "wang,env:WANG"), f"kept {next(_COUNT)}"
    drive.write(("wang", name), [b"x"], expect=ABSENT)
    assert drive.moves is not None
    assert drive.versions is not None
    with pytest.raises(Unable):
        drive.moves.move(("wang", name), ("boss", name), expect=ABSENT)
    for call in (
        lambda: drive.write(("new",), [b"x"], expect=ABSENT),
        lambda: drive.make_folder(("new",)),
        lambda: drive.remove(("wang",), expect=ANYTHING),
    ):
        with pytest.raises(Forbidden):
            call()
    with pytest.raises(NotFound) as caught:
        drive.stat(("wang", "none", "at all"))

    assert "/wang/none/at all" == caught.value.subject
    assert b"x" == content_of(opened(server, drives, "wang"), (name,))
    assert ["wang"] == [one.author for one in drive.versions.list(("wang", name))]


def test_a_file_of_users_that_makes_no_sense(
    server: NextcloudDouble, drives: list[Drive], tmp_path: LocalPath
) -> None:
    """A secret in the file, a line without one, somebody twice: each is refused, and no secret is repeated."""
    for rows in (["wang,hunter2"], ["wang"], ["wang,env:WANG", "wang,env:LI"], [",env:WANG"]):
        with pytest.raises(BadAddress) as caught:
            many(server, drives, tmp_path, *rows)
        assert "hunter2" not in str(caught.value)
    with pytest.raises(BadAddress):
        opened(server, drives, "boss", users=str(tmp_path / "none.csv"))


def drained_version(drive: Drive, path: Path, version: str) -> bytes:
    """The content of one version."""
    assert drive.versions is not None
    with drive.versions.read(path, version) as reader:
        return drained(reader)


# -- what hangs on files


def test_marks_are_told(server: NextcloudDouble, drives: list[Drive]) -> None:
    """Tags of the server, favourites of the account, comments and locks stand where they belong."""
    drive = cast("NextcloudDrive", home(server, drives))
    drive.make_folder(("deep",))
    entry = drive.write(("deep", "文件"), [b"x"], expect=ABSENT)
    cloud, id_ = drive.wire.cloud, entry.id or ""
    url = drive.wire.place.url(entry.path)
    as_json = ("Content-Type: application/json",)
    made = cloud.whole(
        Request(
            "POST",
            cloud.url("systemtags"),
            "",
            as_json,
            json.dumps({"name": f"签署 {id_}", "userVisible": True, "userAssignable": True}).encode(),
        )
    )
    tag = made.headers["content-location"].rpartition("/")[2]
    cloud.dav("PUT", cloud.url("systemtags-relations", "files", id_, tag), subject="", body=b"")
    said = {"actorType": "users", "verb": "comment", "message": "请核对 & confirm"}
    cloud.whole(Request("POST", cloud.url("comments", "files", id_), "", as_json, json.dumps(said).encode()))
    cloud.dav("PROPPATCH", url, subject="", body=setting("<oc:favorite>1</oc:favorite>"))
    assert drive.labels is not None
    assert drive.comments is not None

    assert [(entry.path, "favorite", "wang"), (entry.path, f"签署 {id_}", "")] == sorted(
        (label.path, label.label, label.by) for label in drive.labels.all()
    )
    comments = list(drive.comments.all())
    assert [(entry.path, "wang", "请核对 & confirm")] == [
        (one.path, one.author, one.text) for one in comments
    ]
    assert abs(comments[0].at - time.time_ns()) < 3600 * SECOND


def test_people_named_by_shares_alone_are_told(server: NextcloudDouble, drives: list[Drive]) -> None:
    """An ordinary account is told of itself, and knows whom it shared with; an admin is told all."""
    wang, boss = home(server, drives), home(server, drives, "boss")
    wang.write(("a",), [b"x"], expect=ABSENT)
    assert wang.grants is not None
    assert wang.people is not None
    assert boss.people is not None
    wang.grants.set(Grant(("a",), Principal(PrincipalKind.PERSON, "zhao"), frozenset(), role=Role.DOWNLOAD))
    seen = {one.id: one for one in wang.people.principals()}
    every = {one.id: one for one in boss.people.principals()}

    assert {"wang", "zhao"} <= seen.keys()
    assert "gone" not in seen
    assert {"boss", "wang", "li", "zhao", "gone", "group:admin", "group:deals", "group:staff"} <= every.keys()
    assert not every["gone"].active
    assert "王芳" == every["wang"].name


# -- teams, rooms, other servers


def share(drive: Drive, path: Path, kind: int, with_: str) -> None:
    """Share *path* past the connector, as the web page would."""
    wire = cast("NextcloudDrive", drive).wire
    place = "/" + "/".join((*wire.above, *path))
    form = {"path": place, "shareType": str(kind), "shareWith": with_, "permissions": "1"}
    wire.cloud.ocs("POST", "/ocs/v2.php/apps/files_sharing/api/v1/shares", subject=path, form=form)


def test_members_of_teams_and_rooms_are_told(server: NextcloudDouble, drives: list[Drive]) -> None:
    """Persons, groups and outside guests of a team, and who is in a room: by those who are in it."""
    drive = home(server, drives)
    drive.make_folder(("deal",))
    share(drive, ("deal",), 7, "c1")
    share(drive, ("deal",), 10, "r1")
    people, grants = drive.people, drive.grants
    assert people is not None and grants is not None
    known = {one.id: one for one in people.principals()}
    inside = {(one.group, one.member) for one in people.memberships() if one.group[:4] in ("team", "room")}

    assert {"team:c1", "room:r1"} <= {grant.principal.id for grant in grants.list(("deal",))}
    assert {
        ("team:c1", "wang"), ("team:c1", "li"), ("team:c1", "group:staff"), ("team:c1", "mail:x@bank"),
        ("room:r1", "wang"), ("room:r1", "zhao"),
    } == inside  # fmt: skip
    assert {member for _, member in inside} <= known.keys()
    assert ("融资组", PrincipalKind.GUEST) == (known["team:c1"].name, known["mail:x@bank"].kind)
    assert "team:c2" not in known
    for group in ("team:c1", "room:r1"):
        assert {it for it in inside if it[0] == group} == {(group, it.id) for it in people.members(group)}
    with pytest.raises(NotFound):
        people.members("team:c2")


def test_a_team_is_asked_of_whoever_is_in_it(
    server: NextcloudDouble, drives: list[Drive], tmp_path: LocalPath
) -> None:
    """With many accounts no team is closed whose member is among them; the admin alone is told of none."""
    drive = many(server, drives, tmp_path, "wang,env:WANG", "zhao,env:ZHAO")
    assert drive.people is not None
    found = {(one.group, one.member) for one in drive.people.memberships() if one.group == "team:c2"}

    assert {("team:c2", "zhao")} == found


def test_the_server_is_named_with_its_room_and_what_is_closed(
    server: NextcloudDouble, drives: list[Drive]
) -> None:
    """Version, apps for an admin, quota, and the mounts and sealed folders that are not entered."""
    drive = opened(server, drives, "wang")
    assert drive.capacity is not None
    server.seed(users=[{**_PEOPLE[0], "quota": 1 << 30}])
    try:
        room = opened(server, drives, "wang").capacity.room()  # type: ignore[union-attr]
    finally:
        server.seed(users=_PEOPLE)
    boss = opened(server, drives, server.user, password="env:BOSS")

    assert (None, None) == drive.capacity.room()
    assert (1 << 30) == room.total and room.left is not None and room.left <= 1 << 30
    assert "Nextcloud 33.0.1" == drive.server
    assert "Nextcloud 33.0.1" in boss.server and "files_external" in boss.server
    said = " ".join(note.en for note in drive.notes)
    assert "NAS" in said and "sealed" in said
    assert all(note.zh for note in drive.notes)
