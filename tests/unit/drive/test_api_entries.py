"""
Entries through the API: listing by pages, hostile names, moving, rights, links, trash, feed.
"""

import base64
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lading.drive.actor import SYSTEM
from lading.drive.audit import spool
from lading.drive.people import accounts, principals
from lading.model.paths import encode
from support.drive_api import Caller, Firm, firm


@pytest.fixture
def drive() -> Firm:
    return firm()


def pages(drive: Firm, path: str, limit: int) -> list[list[str]]:
    found, cursor = [], None
    while True:
        query = {"path": path, "limit": limit} | ({"cursor": cursor} if cursor else {})
        page = drive.ann("GET", f"{drive.at}/list", query=query).json
        found.append([entry["name"] for entry in page["entries"]])
        cursor = page["cursor"]
        if cursor is None:
            return found


def test_pages_hold_every_entry_once(drive: Firm):
    """
    Whatever the size of a page, all pages together are the folder, in the order of bytes.
    """
    names = [f"f{n}" for n in range(5)] + ["合同", "é", "e\u0301", "Z"]
    for name in names:
        drive.save(name)
    expected = sorted(names, key=lambda name: name.encode())

    for limit in (1, 2, 4, 9, 10_000):
        found = pages(drive, "", limit)
        assert expected == [name for page in found for name in page]
        assert all(len(page) <= limit for page in found)


@pytest.mark.parametrize("cursor", ["x", "", "a.b.c", "é", "\x00", "A" * 9000, "eyJhIjoxfQ:1u:abc"])
def test_a_forged_cursor_is_no_server_error(drive: Firm, cursor: str):
    """
    What we did not give out is refused; an empty one is the start.
    """
    answer = drive.ann("GET", f"{drive.at}/list", query={"cursor": cursor})

    assert answer.status in ((200,) if cursor == "" else (410, 422))


def test_a_cursor_is_of_its_own_listing(drive: Firm):
    """
    The cursor of one folder does not open another listing.
    """
    drive.folder("f")
    drive.save("a")
    cursor = drive.ann("GET", f"{drive.at}/list", query={"limit": 1}).json["cursor"]
    other = drive.ann("GET", f"{drive.at}/list", query={"path": "f", "cursor": cursor})

    assert (410, "cursor_expired") == (other.status, other.code)


names = st.text(min_size=1, max_size=40).filter(
    lambda name: name not in (".", "..") and "/" not in name and "\0" not in name
)
bytes_names = st.binary(min_size=1, max_size=30).map(
    lambda raw: raw.replace(b"/", b"_").replace(b"\0", b"_").decode("utf-8", "surrogateescape")
)


def test_any_name_comes_back_as_it_was(drive: Firm):
    """
    A name, also one that is no UTF-8, is the same in the answer, in the listing and as the way to its content.
    """

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given((names | bytes_names).filter(lambda name: name not in (".", "..")))
    def check(name: str) -> None:
        path = encode((name,))
        drive.save(path, b"x")
        listed = [
            entry["path"] for page in [drive.ann("GET", f"{drive.at}/list").json] for entry in page["entries"]
        ]
        content = drive.ann("GET", f"{drive.at}/content", query={"path": path})
        removed = drive.ann("DELETE", f"{drive.at}/entry", query={"path": path})

        assert ([path], b"x", 204) == (listed, content.body, removed.status)

    check()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("..", "name_refused"),
        ("a/../b", "name_refused"),
        ("/etc/passwd", "name_refused"),
        ("a//b", "name_refused"),
        ("a/", "name_refused"),
        (".", "name_refused"),
        ("a\x00b", "name_refused"),
        ("a\x0100b", "name_refused"),
        ("a\x012fb", "name_refused"),
        ("a\x0141", "unfit"),
        ("\x01zz", "unfit"),
        ("x" * 1001, "name_refused"),
        ("/".join("x" * 101), "too_deep"),
    ],
)
def test_ways_out_and_odd_forms_are_refused(drive: Firm, path: str, code: str):
    """
    Traversal, empty names, and a second spelling of a path: refused in reading and in writing.
    """
    made = drive.ann("PUT", f"{drive.at}/content", body=b"x", query={"path": path})
    folder = drive.ann("POST", f"{drive.at}/folders", {"path": path, "parents": True})

    assert (422, code) == (folder.status, folder.code)
    assert made.status in (404, 422)
    assert drive.ann("GET", f"{drive.at}/entry", query={"path": path}).status in (404, 422)


def test_a_query_that_is_not_utf8_is_refused(drive: Firm):
    """
    Bytes that are no text do not silently become another path; a parameter stands once.
    """
    from support.drive_api import answer, environ

    for text in ("path=%FF", "path=a&path=b", "path=%ED%A0%80", "&".join(f"a{n}=1" for n in range(2000))):
        asked = environ("GET", f"{drive.at}/entry", drive.ann.token, None, {}, {}) | {"QUERY_STRING": text}
        assert 422 == answer(asked).status


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 422),
        (b"", "application/json", 422),
        (b"[]", "application/json", 422),
        (b'{"path":"a","path2":1}', "application/json", 422),
        (b'{"path":"\\ud800"}', "application/json", 422),
        (b'{"path":' + b"[" * 100_000, "application/json", 422),
        (b'{"path":NaN}', "application/json", 422),
        (b'{"path":' + b"9" * 5000 + b"}", "application/json", 422),
        (b'{"path":"a","modified":1}', "application/json", 422),
        (b'{"path":"a","modified":"99999999999999999999"}', "application/json", 422),
        (b'{"path":"a","modified":"0x1"}', "application/json", 422),
        (b'{"path":"a","parents":"yes"}', "application/json", 422),
        (b'{"path":"a"}', "text/plain", 415),
        (b'{"path":"a"}', "", 415),
        (b'{"path":"a"}' + b" " * 10_000_000, "application/json", 413),
        ("{'path'}".encode("utf-16"), "application/json", 422),
    ],
)
def test_bodies_that_make_no_sense_are_refused(drive: Firm, body: bytes, kind: str, status: int):
    """
    Each gets a clear answer in both languages, and nothing is made.
    """
    answer = drive.ann("POST", f"{drive.at}/folders", body=body, headers={"Content-Type": kind})

    assert status == answer.status, answer.body
    assert {"en", "zh"} == set(answer.json["message"]) == set(answer.json["remedy"])
    assert [] == drive.ann("GET", f"{drive.at}/list").json["entries"]


def test_an_entry_keeps_its_id_through_moves_and_copies_share_versions(drive: Firm):
    """
    Move and copy as their `expect` says; the copy brings its versions unless told otherwise.
    """
    drive.save("a", b"1")
    node = drive.save("a", b"2")["id"]
    drive.save("taken")
    drive.folder("f")
    moved = drive.ann("POST", f"{drive.at}/move", {"from": "a", "to": "f/b"})
    copied = drive.ann("POST", f"{drive.at}/copy", {"from": "f/b", "to": "c"})
    single = drive.ann("POST", f"{drive.at}/copy", {"from": "f/b", "to": "d", "versions": False})

    def versions(entry: Any) -> int:
        return len(drive.ann("GET", f"/nodes/{entry['id']}/versions").json["versions"])

    assert (200, node, "f/b") == (moved.status, moved.json["id"], moved.json["path"])
    assert (201, 2, 1) == (copied.status, versions(copied.json), versions(single.json))
    assert "already_exists" == drive.ann("POST", f"{drive.at}/move", {"from": "c", "to": "taken"}).code
    assert "wrong_kind" == drive.ann("POST", f"{drive.at}/move", {"from": "f", "to": "f/f"}).code
    assert "wrong_kind" == drive.ann("POST", f"{drive.at}/move", {"from": "c", "to": ""}).code
    assert (
        200
        == drive.ann("POST", f"{drive.at}/move", {"from": "c", "to": "taken", "expect": "anything"}).status
    )


def test_deleting_heeds_its_conditions_and_comes_back(drive: Firm):
    """
    A full folder stays with `empty_only`, a changed file with If-Match; the trash gives back.
    """
    drive.folder("f")
    old = drive.save("f/a")["etag"]
    drive.save("f/a", b"new")
    at = f"{drive.at}/entry"

    assert "not_empty" == drive.ann("DELETE", at, query={"path": "f", "empty_only": "true"}).code
    assert 412 == drive.ann("DELETE", at, query={"path": "f/a"}, headers={"If-Match": old}).status
    assert 403 == drive.ann("DELETE", at, query={"path": ""}).status
    assert 204 == drive.ann("DELETE", at, query={"path": "f"}).status
    (trashed,) = drive.ann("GET", "/trash").json["trash"]
    assert [] == drive.bob("GET", "/trash").json["trash"]
    assert 200 == drive.ann("POST", f"/trash/{trashed['id']}/restore").status
    assert b"new" == drive.ann("GET", f"{drive.at}/content", query={"path": "f/a"}).body


def test_a_grant_opens_and_its_removal_closes_at_once(drive: Firm):
    """
    The one who gets a role sees the entry and the way to it, nothing beside; access is explained.
    """
    node = drive.save("f.txt")["id"]
    drive.save("secret.txt")
    grant = drive.ann("POST", f"/nodes/{node}/grants", {"principal": "bob", "role": "download"})
    listed = [entry["name"] for entry in drive.bob("GET", f"{drive.at}/list").json["entries"]]
    access = drive.ann("GET", f"/nodes/{node}/access").json["access"]

    assert ["f.txt"] == listed
    assert 403 == drive.bob("PUT", f"{drive.at}/content", body=b"x", query={"path": "f.txt"}).status
    assert {"ann": "manage", "bob": "download"} == {one["principal"]["key"]: one["role"] for one in access}
    assert 204 == drive.ann("DELETE", f"/nodes/{node}/grants/{grant.json['id']}").status
    assert 404 == drive.bob("GET", f"{drive.at}/list").status


def test_a_link_opens_to_nobody_in_particular_and_tells_little(drive: Firm):
    """
    Its URL is told once; opened, it tells of the file but not of the space; revoked, it is gone.
    """
    node = drive.save("f.txt")["id"]
    link = drive.ann("POST", f"/nodes/{node}/links", {"role": "download", "password": "open sesame 7"}).json
    token = link["url"].rpartition("/")[2]
    ask = {"token": token, "password": "open sesame 7"}
    opened = Caller()("POST", "/links/open", ask)

    assert (200, "f.txt", "download") == (opened.status, opened.json["name"], opened.json["role"])
    assert drive.space.encode() not in opened.body
    assert b"ann" not in opened.body
    assert 401 == Caller()("POST", "/links/open", {"token": token}).status
    assert [None] == [one["url"] for one in drive.ann("GET", f"/nodes/{node}/links").json["links"]]
    assert 204 == drive.ann("DELETE", f"/links/{link['key']}").status
    assert 410 == Caller()("POST", "/links/open", ask).status


def test_walled_spaces_are_in_no_list_count_or_error(drive: Firm):
    """
    Who is on one side of a wall gets of the other side what was never there.
    """
    other = drive.system("POST", "/spaces", {"name": "Rival", "admins": ["bob"]}).json
    wall = drive.admin("security")("POST", "/walls", {"name": "w", "sides": [[drive.space], [other["key"]]]})
    node = drive.bob("GET", f"/spaces/{other['key']}/entry").json["id"]
    refused = drive.bob("POST", f"/nodes/{node}/grants", {"principal": "ann", "role": "preview"})

    assert 201 == wall.status
    assert [drive.space] == [space["key"] for space in drive.ann("GET", "/spaces").json["spaces"]]
    assert "walled" == refused.code
    assert 404 == drive.ann("GET", f"/nodes/{node}").status
    assert (
        other["key"].encode()
        not in drive.ann("GET", "/trash").body + drive.ann("GET", f"{drive.at}/changes").body
    )


def test_the_feed_tells_what_changed_since(drive: Firm):
    """
    From a cursor on, each change once and in order; a forged cursor is refused.
    """
    drive.save("before")
    start = drive.ann("GET", f"{drive.at}/changes").json["cursor"]
    drive.save("a")
    drive.ann("POST", f"{drive.at}/move", {"from": "a", "to": "b"})
    told = drive.ann("GET", f"{drive.at}/changes", query={"since": start}).json
    rest = drive.ann("GET", f"{drive.at}/changes", query={"since": told["cursor"]}).json

    assert [("a", True), ("b", False)] == [(one["path"], one["removed"]) for one in told["changes"]][-2:]
    assert [] == rest["changes"]
    assert 410 == drive.ann("GET", f"{drive.at}/changes", query={"since": "1.2:x"}).status
    assert "b" in [one["path"] for one in drive.ann("GET", f"{drive.at}/activity").json["changes"]]


def test_an_upload_goes_on_where_it_broke_off(drive: Firm):
    """
    Pieces in order; a refusal or a lost answer at the end loses nothing; the name is taken only once whole.
    """
    from support.drive_api import Body

    at, place = "/uploads/tok", {"space": drive.space, "path": "big", "expect": "absent"}
    cut = drive.ann("PUT", at, body=Body([b"abc"]), query={"start": 0}, headers={"Content-Length": "6"})
    size = drive.ann("GET", at).json["size"]
    wrong = drive.ann("PUT", at, body=b"x", query={"start": 9})
    drive.ann("PUT", at, body=b"def", query={"start": size})
    held = drive.ann("GET", f"{at}/content").body
    drive.save("big", b"in the way")
    refused = drive.ann("POST", f"{at}/finish", place)
    done = drive.ann(
        "POST", f"{at}/finish", {**place, "path": "b2", "modified": "5"}, headers={"Idempotency-Key": "k"}
    )
    again = drive.ann(
        "POST", f"{at}/finish", {**place, "path": "b2", "modified": "5"}, headers={"Idempotency-Key": "k"}
    )

    assert (400, 3, 412) == (cut.status, size, wrong.status)
    assert b"abcdef" == held
    assert ("already_exists", 201, "5") == (refused.code, done.status, done.json["modified"])
    assert done.json == again.json
    assert b"abcdef" == drive.ann("GET", f"{drive.at}/content", query={"path": "b2"}).body
    assert 404 == drive.bob("GET", f"{at}/content").status
    assert 404 == drive.ann("POST", f"{at}/finish", place).status


def test_uploads_are_swept_but_those_to_keep(drive: Firm):
    """
    Only tokens with the prefix are looked at.
    """
    for token in ("a1", "a2", "b1"):
        drive.ann("PUT", f"/uploads/{token}", body=b"x")
    swept = drive.ann("POST", "/uploads/sweep", {"keep": ["a1"], "prefix": "a"})

    assert {"removed": 1} == swept.json
    assert [1, 0, 1] == [drive.ann("GET", f"/uploads/{token}").json["size"] for token in ("a1", "a2", "b1")]


def test_signing_in_gives_a_token_and_basic_works(drive: Firm):
    """
    A password opens the API by sign-in and by Basic; a wrong one says nothing of which part was wrong.
    """
    accounts.make_account(SYSTEM, principals.find("ann").id, "ann", "correct horse 9 battery")
    signed = Caller()("POST", "/sign-in", {"login": "ann", "password": "correct horse 9 battery"}).json
    basic = base64.b64encode(b"ann:correct horse 9 battery").decode()
    wrong = [Caller()("POST", "/sign-in", {"login": who, "password": "x"}).json for who in ("ann", "nobody")]

    assert "ann" == Caller(signed["token"])("GET", "/me").json["principal"]["key"]
    assert int(signed["expires"]) > time.time_ns()
    assert 200 == Caller()("GET", "/me", headers={"Authorization": f"Basic {basic}"}).status
    assert wrong[0]["message"] == wrong[1]["message"]
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)):
        asked = {"Authorization": f"Basic {basic}", "Sec-Fetch-Site": site}
        assert status == Caller()("GET", "/me", headers=asked).status
    for odd in ("Basic ???", "Basic " + base64.b64encode(b"no colon").decode(), "Digest x", "Bearer"):
        assert 401 == Caller()("GET", "/me", headers={"Authorization": odd}).status


def test_the_audit_tells_of_reads_and_holds(drive: Firm):
    """
    An audit admin reads who read what, exports it, and has it verified; others do not.
    """
    drive.save("a")
    drive.ann("GET", f"{drive.at}/content", query={"path": "a"})
    spool.let_go()
    auditor = drive.admin("audit")
    read = auditor("GET", "/audit/events", query={"kind": "file.read"}).json["events"]
    first = auditor("GET", "/audit/events", query={"limit": 2}).json
    after = auditor("GET", "/audit/events", query={"limit": 2, "cursor": first["cursor"]}).json

    assert ["ann"] == [event["actor"] for event in read]
    numbers = [int(event["number"]) for event in first["events"] + after["events"]]
    assert sorted(set(numbers)) == numbers
    assert 4 == len(numbers)
    assert 3 < len(auditor("GET", "/audit/export").lines)
    assert auditor("POST", "/audit/verify").json["holds"] is True


def test_no_answer_tells_of_our_own_faults(drive: Firm, monkeypatch: pytest.MonkeyPatch):
    """
    What nobody foresaw is a problem of code `internal`: no traceback, no name of a file of ours.
    """
    from lading.drive.api.routes import entries

    monkeypatch.setattr(entries, "seen_at", lambda *_: 1 / 0)
    answer = drive.ann("GET", f"{drive.at}/entry")

    assert (500, "internal") == (answer.status, answer.code)
    assert b"Traceback" not in answer.body
    assert b"division" not in answer.body


def test_unknown_addresses_and_methods_are_problems_too(drive: Firm):
    """
    Also what no route answers is a problem document; a wrong method names the right ones.
    """
    wrong = drive.ann("DELETE", "/about")

    assert (404, "not_found") == (drive.ann("GET", "/no/such").status, drive.ann("GET", "/no/such").code)
    assert (405, "GET") == (wrong.status, wrong.headers["allow"])
    assert "application/problem+json" == wrong.headers["content-type"]
    assert "3.1.0" == Caller()("GET", "/openapi.json").json["openapi"]
