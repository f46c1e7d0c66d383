"""
Everything of one kind in the whole drive, and what may be changed by path.
"""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from lading.drive.actor import EVERYTHING, SYSTEM, Actor, Scope
from lading.drive.dav import locks
from lading.drive.models import Principal, Space
from lading.drive.people import principals
from lading.drive.survey import paging
from support.drive_api import Caller, Firm, firm, person, token_of


@pytest.fixture
def drive() -> Firm:
    return firm()


def grant(drive: Firm, path: str, key: str, role: str, **more: Any) -> Any:
    told = {"path": path, "principal": key, "role": role, **more}
    done = drive.ann("PUT", f"{drive.at}/grant", told)
    assert 200 == done.status, done.body
    return done.json


def everything(who: Caller, kind: str, name: str = "", **query: Any) -> list[Any]:
    """All pages of /kind."""
    found, cursor = [], None
    for _ in range(1000):
        asked = query if cursor is None else {**query, "cursor": cursor}
        page = who("GET", f"/{kind}", query=asked)
        assert 200 == page.status, page.body
        found += page.json[name or kind]
        cursor = page.json["cursor"]
        if cursor is None:
            return found
    raise AssertionError("the listing never ends")


def short(rows: list[Any]) -> set[tuple[str, str, str, bool]]:
    return {(row["path"], row["principal"]["key"], row["role"], row["deny"]) for row in rows}


def furnished(drive: Firm) -> None:
    """Grants, a denial, a break and links on a few entries."""
    drive.folder("a/b")
    drive.folder("c")
    drive.save("a/b/合同.pdf")
    grant(drive, "a", "bob", "upload")
    grant(drive, "a/b", "bob", "edit", deny=True)
    grant(drive, "a/b/合同.pdf", "everybody", "preview", expires=str(time.time_ns() + 10**12))
    drive.ann("PUT", f"{drive.at}/break", query={"path": "c"})
    for path in ("a/b", "a/b/合同.pdf"):
        drive.ann("POST", f"{drive.at}/links", {"path": path, "role": "preview"})


# -- grants and breaks


@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_all_grants_are_those_of_each_entry(drive: Firm, limit: int) -> None:
    """
    On pages of any size, what is told of the whole drive is what is told entry by entry.
    """
    furnished(drive)
    entries = [
        drive.ann("GET", f"{drive.at}/entry", query={"path": path}).json
        for path in ("", "a", "a/b", "a/b/合同.pdf", "c")
    ]
    expected = {
        (entry["path"], one["principal"]["key"], one["role"], one["deny"])
        for entry in entries
        for one in drive.ann("GET", f"/nodes/{entry['id']}/grants").json["grants"]
        if one["inherited_from"] is None
    }

    assert expected == short(everything(drive.ann, "grants", limit=limit))
    assert 5 == len(expected)
    assert ["c"] == [row["path"] for row in everything(drive.ann, "breaks", limit=limit)]
    assert {drive.space} == {row["space"] for row in everything(drive.ann, "grants", space=drive.space)}


def test_grants_are_told_to_who_manages(drive: Firm) -> None:
    """
    Who manages one folder is told the grants there, who only works in it none, an outsider none.
    """
    furnished(drive)
    person("eve")
    grant(drive, "a/b", "eve", "manage")
    eve = Caller(token_of("eve"))

    assert {"a/b", "a/b/合同.pdf"} == {path for path, *_ in short(everything(eve, "grants"))}
    assert {"a/b", "a/b/合同.pdf"} == {row["path"] for row in everything(eve, "links")}
    assert [] == everything(eve, "breaks")
    for kind in ("grants", "breaks", "links"):
        assert [] == everything(drive.bob, kind)
        assert [] == everything(Caller(token_of("ann", EVERYTHING - {Scope.SHARE})), kind)
        assert [] == everything(drive.admin("security"), kind)


def test_what_is_hidden_from_a_manager_stays_hidden(drive: Firm) -> None:
    """
    A denial below, and a break, hide names and grants also from who manages the space.
    """
    furnished(drive)
    person("eve")
    grant(drive, "", "eve", "manage")
    grant(drive, "a/b", "eve", "preview", deny=True)
    eve = Caller(token_of("eve"))

    assert {"", "a"} == {path for path, *_ in short(everything(eve, "grants"))}
    assert [] == everything(eve, "links")


def test_what_is_over_is_not_told(drive: Firm) -> None:
    """
    Expired grants, revoked links, and what lies in a trash or in a deleted space are left out.
    """
    furnished(drive)
    soon = time.time_ns() + 10**8
    grant(drive, "c", "bob", "edit", expires=str(soon))
    link = drive.ann("POST", f"{drive.at}/links", {"path": "c", "role": "preview"}).json
    drive.ann("DELETE", f"/links/{link['key']}")
    drive.ann("DELETE", f"{drive.at}/entry", query={"path": "a"})
    while time.time_ns() <= soon:
        time.sleep(0.01)

    assert {("", "ann", "manage", False), ("c", "ann", "manage", False)} == short(
        everything(drive.ann, "grants")
    )
    assert [] == everything(drive.ann, "links")
    drive.system("DELETE", drive.at)
    assert [] == everything(drive.ann, "grants")
    assert [] == everything(drive.ann, "breaks")


def test_a_cursor_is_good_for_its_own_listing(drive: Firm) -> None:
    """
    A cursor of the grants of all spaces is none of another kind or space.
    """
    furnished(drive)
    other = drive.system("POST", "/spaces", {"name": "Other", "admins": ["bob"]}).json["key"]
    cursor = drive.ann("GET", "/grants", query={"limit": 1}).json["cursor"]

    assert 410 == drive.ann("GET", "/links", query={"cursor": cursor}).status
    assert 410 == drive.ann("GET", "/grants", query={"cursor": cursor, "space": drive.space}).status
    assert 404 == drive.ann("GET", "/grants", query={"space": other}).status


def test_a_long_search_ends_with_a_cursor(drive: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Who may be told little among much gets short pages rather than waiting, and all of it in the end.
    """
    monkeypatch.setattr(paging, "LOOKS", 1)
    other = drive.system("POST", "/spaces", {"name": "Other", "admins": ["bob"]}).json
    furnished(drive)
    told = drive.bob("POST", f"/spaces/{other['key']}/links", {"path": "", "role": "preview"})
    page = drive.bob("GET", "/links", query={"limit": 1}).json

    assert 201 == told.status
    assert ([], False) == (page["links"], page["cursor"] is None)
    assert [other["key"]] == [row["space"] for row in everything(drive.bob, "links", limit=1)]


# -- changing by path


def test_a_grant_may_be_set_and_dropped_twice(drive: Firm) -> None:
    """
    The second time changes nothing, and a grant takes the place of the one of its sort.
    """
    drive.folder("a")
    for role in ("edit", "preview", "preview"):
        grant(drive, "a", "bob", role)
    grant(drive, "a", "bob", "upload", deny=True)
    given = short(everything(drive.ann, "grants"))
    dropped = [
        drive.ann("DELETE", f"{drive.at}/grant", query={"path": "a", "principal": key}).status
        for key in ("bob", "bob", "nobody")
    ]

    root = ("", "ann", "manage", False)
    assert {root, ("a", "bob", "preview", False), ("a", "bob", "upload", True)} == given
    assert [204] * 3 == dropped
    assert {root, ("a", "bob", "upload", True)} == short(everything(drive.ann, "grants"))


def test_the_last_manager_stays(drive: Firm) -> None:
    """
    By path nobody gets rid of the last manager either.
    """
    done = drive.ann("DELETE", f"{drive.at}/grant", query={"principal": "ann"})

    assert (403, 1) == (done.status, len(everything(drive.ann, "grants")))


def test_a_break_may_be_set_and_lifted_twice(drive: Firm) -> None:
    """
    The second time changes nothing.
    """
    drive.folder("a")
    done = []
    for method in ("PUT", "PUT", "DELETE", "DELETE"):
        status = drive.ann(method, f"{drive.at}/break", query={"path": "a"}).status
        done.append((status, len(everything(drive.ann, "breaks"))))

    assert [(204, 1), (204, 1), (204, 0), (204, 0)] == done


def test_links_are_told_with_all_limits_and_without_url(drive: Firm) -> None:
    """
    What a link was made with is what the list says, but for its URL and password.
    """
    drive.save("a.txt")
    end = str(time.time_ns() + 10**12)
    limits = {"role": "download", "expires": end, "limit": 7, "version": 1, "inside": True}
    made = drive.ann("POST", f"{drive.at}/links", {"path": "a.txt", "password": "a long secret", **limits})
    told = everything(drive.ann, "links")[0]

    assert limits == {name: told[name] for name in limits}
    assert (True, 0, "ann", made.json["key"]) == tuple(
        told[name] for name in ("has_password", "used", "by", "key")
    )
    assert made.json["url"] and "url" not in told


# -- versions


def test_versions_of_all_files(drive: Firm) -> None:
    """
    Each file is told once, as if it were asked for its versions, also one with a single content.
    """
    drive.save("once.txt")
    for content in (b"1", b"22", b"333"):
        drive.save("合同.pdf", content)
        drive.save("b.txt", content)
    drive.ann("PATCH", f"/nodes/{drive.save('b.txt', b'4')['id']}/versions/2", {"label": "signed"})
    found = everything(drive.ann, "versions", "files", limit=1)

    assert ["once.txt", "合同.pdf", "b.txt"] == [file["path"] for file in found]
    for file in found:
        assert drive.ann("GET", f"/nodes/{file['id']}/versions").json["versions"] == file["versions"]


def test_a_file_left_with_one_version_is_told_with_it(drive: Firm) -> None:
    """
    After its earlier versions were removed a file is told with the one that is left.
    """
    node = drive.save("a.txt")["id"]
    drive.save("a.txt", b"new")
    drive.ann("DELETE", f"/nodes/{node}/versions/1")

    [file] = everything(drive.ann, "versions", "files")
    assert [2] == [version["number"] for version in file["versions"]]


def test_versions_are_for_who_may_download(drive: Firm) -> None:
    """
    Who sees previews alone, or nothing, is told no versions.
    """
    for path in ("seen.txt", "given.txt", "hidden.txt"):
        drive.save(path)
        drive.save(path, b"new")
    grant(drive, "seen.txt", "bob", "preview")
    grant(drive, "given.txt", "bob", "download")

    assert ["given.txt"] == [file["path"] for file in everything(drive.bob, "versions", "files")]


# -- locks and people


def lock(drive: Firm, path: tuple[str, ...], key: str = "ann", seconds: int = 600) -> None:
    owner = Principal.objects.get(key=key)
    place = locks.Place(drive.space_id, path)
    wish = locks.Held("", "", owner.id, key, "", True, False, seconds, 0)
    locks.take(Actor(owner.id, key), place, wish, time.time_ns())


def test_locks_are_told_where_something_is_seen(drive: Firm) -> None:
    """
    A lock is told with its holder to who sees the entry; one on a free address, or that has ended, is not.
    """
    drive.folder("deal/深")
    drive.save("deal/深/合同.pdf")
    drive.save("top.txt")
    for path in (("deal", "深", "合同.pdf"), ("top.txt",), ("free.txt",), ("deal", "none", "x")):
        lock(drive, path)
    grant(drive, "deal/深/合同.pdf", "bob", "preview")
    found = everything(drive.ann, "locks", limit=1)

    assert ["deal/深/合同.pdf", "top.txt"] == [one["path"] for one in found]
    assert {("ann", drive.space, True, False)} == {
        (one["holder"], one["space"], one["exclusive"], one["deep"]) for one in found
    }
    assert ["deal/深/合同.pdf"] == [one["path"] for one in everything(drive.bob, "locks", space=drive.space)]


def test_memberships_agree_with_members(drive: Firm) -> None:
    """
    An admin is told all, an ordinary person those of departments and of their own groups.
    """
    for kind, key in (("group", "deal-9"), ("group", "deal-10"), ("department", "legal")):
        drive.system("POST", "/principals", {"kind": kind, "key": key, "name": key})
    for group, member in (
        ("deal-9", "ann"),
        ("deal-9", "bob"),
        ("deal-10", "ann"),
        ("legal", "bob"),
        ("deal-10", "deal-9"),
    ):
        assert 204 == drive.system("PUT", f"/principals/{group}/members/{member}").status
    for who in (drive.system, drive.ann, drive.bob):
        groups = [
            one["key"] for one in everything(who, "principals") if one["kind"] in ("group", "department")
        ]
        expected = {
            (group, member["key"])
            for group in groups
            for member in who("GET", f"/principals/{group}/members").json["members"]
        }
        assert expected == {(one["group"], one["member"]) for one in everything(who, "memberships", limit=1)}
    assert 5 == len(everything(drive.system, "memberships"))
    drive.system("POST", "/principals", {"kind": "group", "key": "deal-11", "name": "x"})
    drive.system("PUT", "/principals/deal-11/members/ann")
    assert ("deal-11", "ann") not in {
        (one["group"], one["member"]) for one in everything(drive.bob, "memberships")
    }


def test_logins_are_for_admins(drive: Firm) -> None:
    """
    What somebody signs in with is told to admins, and to nobody else.
    """
    told = {
        who: {one["key"]: one["login"] for one in everything(who, "principals")}
        for who in (drive.system, drive.ann)
    }

    assert "system-admin" == told[drive.system]["system-admin"]
    assert {None} == set(told[drive.ann].values())


def test_spaces_say_whether_all_can_be_told(drive: Firm) -> None:
    """
    A space is told as shared by who may read all its grants, and as not by others.
    """
    grant(drive, "", "bob", "edit")
    shares = [
        who("GET", "/spaces").json["spaces"][0]["shares"]
        for who in (
            drive.ann,
            drive.bob,
            Caller(token_of("ann", {Scope.READ, Scope.SHARE})),
            Caller(token_of("ann", {Scope.READ})),
        )
    ]

    assert [True, False, True, False] == shares


# -- cost


def counted(ask: Callable[[], Any]) -> int:
    """How many statements *ask* takes on SQLite."""
    seen: list[str] = []
    connection.ensure_connection()
    connection.connection.set_trace_callback(seen.append)
    try:
        ask()
    finally:
        connection.connection.set_trace_callback(None)
    return len(seen)


def test_a_page_costs_the_same_number_of_queries_however_long(drive: Firm) -> None:
    """
    Nothing is asked row by row.
    """
    if connection.vendor != "sqlite":
        pytest.skip("statements are counted on SQLite")
    kinds = ("grants", "breaks", "links", "versions", "locks", "memberships")

    def cost() -> dict[str, int]:
        everything(drive.ann, "grants")  # what is kept in the process is there now
        return {kind: counted(lambda kind=kind: drive.ann("GET", f"/{kind}")) for kind in kinds}  # type: ignore[misc]

    principals.add(SYSTEM, "group", "g", name="g")
    group = principals.find("g").id
    costs = []
    for count in (2, 20):
        for number in range(count):
            path = f"f{count}/g{number}"
            drive.folder(path)
            for content in (b"1", b"2"):
                drive.save(f"{path}/x", content)
            grant(drive, path, "bob", "edit")
            drive.ann("PUT", f"{drive.at}/break", query={"path": path})
            drive.ann("POST", f"{drive.at}/links", {"path": path, "role": "preview"})
            lock(drive, (f"f{count}", f"g{number}", "x"))
            principals.join(SYSTEM, person(f"p{count}-{number}").id, group)
        costs.append(cost())

    assert costs[0] == costs[1]
    assert Space.objects.count() == 1
