"""
Reading and saving through the WebDAV door.
"""

import base64
import threading

import pytest
from django.db import connection, connections

from lading.drive.dav import put as put_lane
from lading.drive.models import Event, Grant, Node, Space, Version
from lading.drive.rights.roles import Role
from unit.drive.dav_ground import Client
from unit.drive.tree_ground import contents, deal, folder, look, person, rule, write

URL = "/Deal/a.txt"


@pytest.fixture
def alice():
    return person("alice")


@pytest.fixture
def space(alice):
    return deal(alice)


@pytest.fixture
def ask(alice, space):
    return Client(alice)


def test_what_is_saved_is_read_back_with_its_etag_and_time(ask):
    """
    201 for a new file, 204 for a version of one; the client's time is kept to the fraction.
    """
    first = ask("PUT", URL, b"one", X_OC_MTime="1700000000.25")
    second = ask("PUT", URL, b"two!", X_OC_MTime="-5")
    read = ask("GET", URL)

    assert (201, "accepted") == (first.status, first.headers["x-oc-mtime"])
    assert 204 == second.status
    assert (200, b"two!", second.headers["etag"]) == (read.status, read.body, read.headers["etag"])
    assert "Wed, 31 Dec 1969 23:59:55 GMT" == read.headers["last-modified"]
    assert [1_700_000_000_250_000_000, -5_000_000_000] == list(
        Version.objects.order_by("number").values_list("modified", flat=True)
    )


def test_a_large_content_is_streamed_both_ways(ask):
    """
    More than a block goes in and comes out in pieces, and is the same.
    """
    content = bytes(range(256)) * 20_000
    assert 201 == ask("PUT", "/Deal/big.bin", content).status

    read = ask("GET", "/Deal/big.bin")
    assert (content, str(len(content))) == (read.body, read.headers["content-length"])
    assert content[4_000_000:] == ask("GET", "/Deal/big.bin", Range="bytes=4000000-").body


@pytest.mark.parametrize(
    ("asked", "status", "body", "said"),
    [
        ("bytes=0-2", 206, b"012", "bytes 0-2/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 200, b"0123456789", None),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=10-", 416, None, "bytes */10"),
        ("bytes=-0", 416, None, "bytes */10"),
        ("bytes=5-2", 200, b"0123456789", None),
        ("bytes=0-1,4-5", 200, b"0123456789", None),
        ("lines=0-1", 200, b"0123456789", None),
        ("bytes=-", 200, b"0123456789", None),
    ],
)
def test_ranges(ask, asked, status, body, said):
    """
    One range is served; what is no range, or several, gets the whole; what lies behind the end 416.
    """
    ask("PUT", URL, b"0123456789")
    answer = ask("GET", URL, Range=asked)

    assert (status, said) == (answer.status, answer.headers.get("content-range"))
    assert body is None or body == answer.body


def test_a_range_of_another_version_is_not_mixed_in(ask):
    """
    If-Range with an old etag gets the whole new content.
    """
    old = ask("PUT", URL, b"0123456789").headers["etag"]
    new = ask("PUT", URL, b"abcdefghij").headers["etag"]

    assert (200, b"abcdefghij") == ask("GET", URL, Range="bytes=5-", If_Range=old)[::2]
    assert (206, b"fghij") == ask("GET", URL, Range="bytes=5-", If_Range=new)[::2]


def test_a_reader_who_has_it_gets_304_without_content(ask):
    """
    And HEAD has the headers of GET, without content.
    """
    tag = ask("PUT", URL, b"text").headers["etag"]
    unchanged, head = ask("GET", URL, If_None_Match=tag), ask("HEAD", URL)

    assert (304, b"", tag) == (unchanged.status, unchanged.body, unchanged.headers["etag"])
    assert (200, b"", "4") == (head.status, head.body, head.headers["content-length"])
    assert 412 == ask("GET", URL, If_Match='"0-0"').status


def test_an_empty_file_is_a_file(ask):
    """
    Zero bytes are kept and read.
    """
    assert 201 == ask("PUT", URL).status
    assert (200, b"", "0") == (*ask("GET", URL)[::2], ask("GET", URL).headers["content-length"])


@pytest.mark.parametrize(
    "name", ["a.html", "a.svg", "a.xml", "a.xhtml", "a.js", "a", "a.HTM", "a.mht", "a.unknown"]
)
def test_nothing_a_browser_could_run_is_shown_on_our_address(ask, name):
    """
    It is an attachment, in a sandbox, and its type is not guessed.
    """
    ask("PUT", f"/Deal/{name}", b"<script>alert(1)</script>")
    headers = ask("GET", f"/Deal/{name}").headers

    assert "attachment" == headers["content-disposition"]
    assert "nosniff" == headers["x-content-type-options"]
    assert "sandbox; default-src 'none'" == headers["content-security-policy"]


def test_pictures_and_text_may_be_shown_but_run_nothing(ask):
    """
    The sandbox is there all the same.
    """
    for name in ("a.png", "a.txt", "a.pdf"):
        ask("PUT", f"/Deal/{name}", b"x")
        headers = ask("GET", f"/Deal/{name}").headers

        assert "content-disposition" not in headers
        assert "sandbox; default-src 'none'" == headers["content-security-policy"]


@pytest.mark.parametrize("size", [10, 3_000_000])
@pytest.mark.parametrize("part", [0, 1, 9])
def test_an_upload_that_breaks_off_leaves_nothing_and_loses_nothing(ask, space, size, part):
    """
    Neither a new file nor a version, wherever it is cut; what was there stays.
    """
    ask("PUT", URL, b"old")
    cut = size * part // 10
    answers = [ask("PUT", address, b"x" * size, cut=cut).status for address in (URL, "/Deal/new.txt")]

    assert [400, 400] == answers
    assert (b"old", 404) == (ask("GET", URL).body, ask("GET", "/Deal/new.txt").status)
    assert 1 == Version.objects.count()
    assert 3 == Space.objects.get(id=space).used


def test_chunks_without_a_length_are_refused_and_with_one_are_held_to_it(ask):
    """
    A torn body in chunks looks like one that ended, so its length must be told.
    """
    assert 411 == ask("PUT", URL, b"text", chunked="1").status
    assert 201 == ask("PUT", URL, b"text", chunked="1", X_Expected_Entity_Length="4").status
    assert 400 == ask("PUT", URL, b"text", chunked="1", X_Expected_Entity_Length="5").status
    assert b"text" == ask("GET", URL).body


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Range": "bytes 0-1/4"}, 400),
        ({"Content_Encoding": "gzip"}, 415),
        ({"X_OC_MTime": "soon"}, 400),
        ({"If": "nonsense"}, 400),
    ],
)
def test_forms_of_a_save_that_are_not_known_are_refused(ask, headers, status):
    """
    A piece is never taken for the whole, and a time that is none is not guessed.
    """
    ask("PUT", URL, b"old")

    assert status == ask("PUT", URL, b"new!", **headers).status
    assert b"old" == ask("GET", URL).body


def test_preconditions_of_a_save(ask):
    """
    Nobody overwrites what they have not seen, if they say so.
    """
    assert 412 == ask("PUT", URL, b"x", If_Match="*").status
    first = ask("PUT", URL, b"one", If_None_Match="*").headers["etag"]
    assert 412 == ask("PUT", URL, b"x", If_None_Match="*").status
    second = ask("PUT", URL, b"two", If_Match=first).headers["etag"]
    assert 412 == ask("PUT", URL, b"x", If_Match=first).status
    assert 412 == ask("PUT", URL, b"x", If=f"([{first}])").status
    assert 204 == ask("PUT", URL, b"three", If=f"([{second}])").status
    assert b"three" == ask("GET", URL).body


def test_two_who_save_at_once_both_get_a_version(alice, space):
    """
    Twenty saves of ten threads are twenty versions, and each answer has an etag of its own.
    """
    asks = [Client(alice) for _ in range(10)]
    tags: list[str] = []

    def work(number):
        try:
            said = [asks[number]("PUT", URL, f"{number}-{turn}".encode()) for turn in range(2)]
            tags.extend(one.headers["etag"] for one in said)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    file = Node.objects.get(name="a.txt")
    assert sorted(f"{number}-{turn}" for number in range(10) for turn in range(2)) == sorted(
        contents(file.id)
    )
    assert 20 == len(set(tags)) == file.number


def test_one_bad_save_among_many_fails_alone(alice, space):
    """
    Saves that were gathered into one transaction each get their own answer.
    """
    asks = [Client(alice) for _ in range(8)]
    said: dict[int, int] = {}
    asks[0]("PUT", "/Deal/taken", b"x")

    def work(number):
        try:
            address = f"/Deal/{'taken' if number % 2 else f'f{number}'}"
            said[number] = asks[number]("PUT", address, b"new", If_None_Match="*").status
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert {number: 412 if number % 2 else 201 for number in range(8)} == said


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/Deal/missing/a.txt", 409),
        ("/Deal/a.txt/b.txt", 409),
        ("/Deal/sub", 405),
        ("/Deal", 403),
        ("/", 403),
        ("/Other/a.txt", 409),
        ("/Deal/../Deal/b", 400),
        ("/Deal/%2e%2e/b", 400),
        ("/Deal/a%00b", 400),
        ("/Deal/..%2f..%2fetc", 400),
        ("/Deal/" + "n" * 1001, 400),
    ],
)
def test_places_where_nothing_can_be_saved(ask, alice, space, address, status):
    """
    Each is a clear 4xx and changes nothing.
    """
    ask("PUT", URL, b"old")
    folder(alice, space, "sub")

    assert status == ask("PUT", address, b"new").status
    assert 1 == Version.objects.count()


@pytest.mark.parametrize(
    "name",
    [
        "a%5Cb",
        "a.",
        "%20a%20",
        "%F0%9F%98%80",
        "a%FFb",
        "%01%0A%7F",
        "%E7%94%B5" * 85,
        "CON",
        "a%253Fb",
        "e%CC%81",
    ],
)
def test_hostile_names_are_only_names(ask, name):
    """
    They are saved, listed under the same bytes, copied, moved and deleted.
    """
    assert 201 == ask("PUT", f"/Deal/{name}", b"x").status
    listed = ask("PROPFIND", "/Deal/", Depth="1").hrefs()
    assert 1 == sum(ask("GET", one.removeprefix("/dav")).body == b"x" for one in listed[1:])
    assert 201 == ask("COPY", f"/Deal/{name}", Destination=f"/dav/Deal/{name}2").status
    assert 201 == ask("MOVE", f"/Deal/{name}2", Destination=f"/dav/Deal/{name}3").status
    assert b"x" == ask("GET", f"/Deal/{name}3").body
    assert 204 == ask("DELETE", f"/Deal/{name}").status
    assert 404 == ask("GET", f"/Deal/{name}").status


def test_a_frozen_space_is_read_and_says_why_it_is_not_written(ask, alice, space):
    """
    403 with the message of the freeze, in the language of the reader first.
    """
    ask("PUT", URL, b"old")
    Space.objects.filter(id=space).update(frozen="Switch on Saturday 周六切换")
    refused = ask("PUT", URL, b"new", Accept_Language="zh-CN")

    assert 403 == refused.status
    assert refused.text.index("目前为只读") < refused.text.index("read-only")
    assert "周六切换" in refused.text
    assert [403, 403, 403, 403] == [
        ask("DELETE", URL).status,
        ask("MKCOL", "/Deal/new").status,
        ask("MOVE", URL, Destination="/dav/Deal/b").status,
        ask.lock(URL).status,
    ]
    assert b"old" == ask("GET", URL).body


def test_a_full_space_is_507(alice):
    """
    And nothing of the content becomes a version.
    """
    deal(alice, quota=10)
    ask = Client(alice)
    ask("PUT", URL, b"12345678")

    assert 507 == ask("PUT", "/Deal/b", b"123").status
    assert 404 == ask("GET", "/Deal/b").status
    assert 507 == ask("COPY", URL, Destination="/dav/Deal/c").status


def test_roles_at_the_door(alice, space):
    """
    Preview reads no bytes, download changes nothing, upload adds but does not overwrite.
    """
    bob = person("bob")
    ask = Client(bob)
    write(alice, space, "a.txt")
    root = look(alice, space).row.id

    def tried():
        return [
            ask("GET", URL).status,
            ask("PUT", "/Deal/new.txt", b"x").status,
            ask("PUT", URL, b"x").status,
            ask("DELETE", URL).status,
        ]

    assert [404, 409, 409, 404] == tried()
    for role, statuses in (
        (Role.PREVIEW, [403, 403, 403, 403]),
        (Role.DOWNLOAD, [200, 403, 403, 403]),
        (Role.UPLOAD, [200, 201, 403, 403]),
    ):
        Grant.objects.filter(principal=bob.principal).delete()
        rule(root, bob, role)
        assert statuses == tried()


def test_reads_and_saves_are_told_to_the_audit(ask, home):
    """
    A save is an event of its transaction, a read a line in the spool.
    """
    ask("PUT", URL, b"text")
    ask("GET", URL)
    lines = "".join(one.read_text() for one in (home / "audit" / "spool").iterdir())

    assert ["file.saved"] == list(
        Event.objects.filter(kind__startswith="file.").values_list("kind", flat=True)
    )
    assert 1 == lines.count('"file.read"')


def test_who_is_not_signed_in_gets_a_challenge_and_nothing_else(ask):
    """
    No login, a forged token and a broken header are 401.
    """
    for login in ("", "Basic ###", "Basic YWxpY2U6bGFkaW5nX2ZvcmdlZA==", "Bearer lading_forged", "Digest x"):
        ask.login = login
        said = ask("PROPFIND", "/", Depth="1")

        assert 401 == said.status
        assert said.headers["www-authenticate"].startswith("Basic ")


def test_a_bearer_and_a_password_are_logins_too(ask, alice):
    """
    A token works with Bearer as it does as a password.
    """
    token = base64.b64decode(ask.login.split()[1]).decode().partition(":")[2]
    ask("PUT", URL, b"x")
    ask.login = f"Bearer {token}"

    assert b"x" == ask("GET", URL).body


def test_a_lost_database_is_503_and_heals(ask):
    """
    The connection is dropped, and the next request has a new one.
    """
    ask("PUT", URL, b"text")
    connection.ensure_connection()
    connection.connection.close()
    lost = ask("GET", URL)

    assert (503, "2") == (lost.status, lost.headers["retry-after"])
    assert b"text" == ask("GET", URL).body


def test_an_unknown_method_is_405(ask):
    """
    POST and PATCH do nothing here.
    """
    assert [405, 405] == [ask("POST", URL, b"x").status, ask("PATCH", URL, b"x").status]
    assert "PROPFIND" in ask("POST", URL).headers["allow"]


def test_large_and_small_meet_at_the_same_limit(ask):
    """
    A content exactly at the limit of the fast lane, and one more byte, are both whole.
    """
    for size in (put_lane.SMALL, put_lane.SMALL + 1):
        content = b"z" * size
        assert 201 == ask("PUT", f"/Deal/{size}", content).status
        assert content == ask("GET", f"/Deal/{size}").body


def test_spaces_are_not_made_or_removed_here(ask):
    """
    The list of spaces is the administrators' matter.
    """
    assert [403, 403, 403] == [
        ask("MKCOL", "/New").status,
        ask("DELETE", "/Deal").status,
        ask("MOVE", "/Deal", Destination="/dav/New").status,
    ]
