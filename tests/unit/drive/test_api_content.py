"""
Contents through the API: streams, ranges, conditions, and what breaks off.
"""

import hashlib

import pytest

from lading.drive.api.sending import disposition
from support.drive_api import Body, Firm, firm, pieces


@pytest.fixture
def drive() -> Firm:
    return firm()


def put(drive: Firm, path: str, body: bytes | Body, **headers: str):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return drive.ann("PUT", f"{drive.at}/content", body=body, query={"path": path}, headers=named)


def get(drive: Firm, path: str, **headers: str):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return drive.ann("GET", f"{drive.at}/content", query={"path": path}, headers=named)


def there(drive: Firm, path: str) -> bool:
    return drive.ann("GET", f"{drive.at}/entry", query={"path": path}).status == 200


@pytest.mark.parametrize("size", [0, 1, 4096, 3_000_000])
def test_what_was_saved_is_what_is_read(drive: Firm, size: int):
    """
    Content of any size comes back as it was, with its digest and tag; a second save is a version.
    """
    content = bytes(i % 251 for i in range(size))
    first, second = put(drive, "a.bin", content), put(drive, "a.bin", content)
    back = get(drive, "a.bin")

    assert (201, 200) == (first.status, second.status)
    assert content == back.body
    assert hashlib.sha256(content).hexdigest() == first.json["sha256"] == back.headers["x-content-sha256"]
    assert second.json["etag"] == back.headers["etag"] == second.headers["etag"]
    assert 2 == second.json["number"]


@pytest.mark.parametrize(
    ("wanted", "status", "expected", "told"),
    [
        ("bytes=0-0", 206, b"0", "bytes 0-0/10"),
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-30", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=5-2", 200, b"0123456789", None),
        ("bytes=0-1,4-5", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
        ("bytes=10-", 416, None, "bytes */10"),
        ("bytes=-0", 416, None, "bytes */10"),
    ],
)
def test_one_range_is_given_and_nonsense_is_ignored(drive: Firm, wanted, status, expected, told):
    """
    A single range gives that part; several, or what is no range, give the whole.
    """
    put(drive, "ten", b"0123456789")
    part = get(drive, "ten", Range=wanted)

    assert (status, told) == (part.status, part.headers.get("content-range"))
    assert part.headers["etag"]
    if expected is not None:
        assert expected == part.body


def test_a_range_of_another_content_is_not_mixed(drive: Firm):
    """
    With If-Range, who has an older content gets the new one whole.
    """
    old = put(drive, "a", b"0123456789").headers["etag"]
    new = put(drive, "a", b"abcdefghij").headers["etag"]

    assert b"abcdefghij" == get(drive, "a", Range="bytes=5-", If_Range=old).body
    assert b"fghij" == get(drive, "a", Range="bytes=5-", If_Range=new).body


def test_conditions_hold_reads_and_writes(drive: Firm):
    """
    If-None-Match and If-Match decide as RFC 9110 says, and a refused save changes nothing.
    """
    etag = put(drive, "a", b"one").headers["etag"]

    assert 304 == get(drive, "a", If_None_Match=etag).status
    assert 412 == get(drive, "a", If_Match='"1-1"').status
    assert "already_exists" == put(drive, "a", b"x", If_None_Match="*").code
    assert "changed" == put(drive, "a", b"x", If_Match='"9-9"').code
    assert 404 == put(drive, "none", b"x", If_Match="*").status
    assert 422 == put(drive, "a", b"x", If_None_Match=etag).status
    assert b"one" == get(drive, "a").body
    assert 200 == put(drive, "a", b"two", If_Match=etag).status


@pytest.mark.parametrize("size", [10, 5_000_000])
@pytest.mark.parametrize("kept", [0, 1, 9])
def test_a_body_that_breaks_off_leaves_nothing(drive: Firm, size: int, kept: int):
    """
    Fewer bytes than announced are an error, not a shorter file, and an older version stays.
    """
    put(drive, "old", b"whole")
    body = Body([b"x" * (size * kept // 10)])
    new = put(drive, "new", body, Content_Length=str(size))
    over = put(drive, "old", Body([b"x"]), Content_Length=str(size))

    assert [("truncated", 400)] * 2 == [(one.code, one.status) for one in (new, over)]
    assert not there(drive, "new")
    assert b"whole" == get(drive, "old").body


def test_a_body_without_a_length_needs_a_proof_of_its_end(drive: Firm):
    """
    A server tells a cut connection from an end only by a length: without one there must be a digest behind it.
    """
    content = b"x" * 1_000_000
    digest = hashlib.sha256(content).digest()

    assert 411 == put(drive, "a", Body([content])).status
    assert (
        201 == put(drive, "a", Body(pieces(content + digest, 31, 32, 7)), X_Content_Trailer="sha256").status
    )
    assert content == get(drive, "a").body
    assert 201 == put(drive, "b", Body([content]), X_Content_SHA256=digest.hex()).status
    assert 201 == put(drive, "c", Body([content]), X_Expected_Entity_Length="1000000").status


@pytest.mark.parametrize("cut", [0, 1, 31, 32, 33, 500, 1031])
def test_a_trailer_that_is_not_whole_is_seen(drive: Firm, cut: int):
    """
    Wherever a body with a digest behind it breaks off, nothing is saved.
    """
    content = bytes(range(250)) * 4
    body = (content + hashlib.sha256(content).digest())[:cut]
    done = put(drive, "a", Body([body]), X_Content_Trailer="sha256")

    assert "truncated" == done.code
    assert not there(drive, "a")


def test_a_wrong_digest_is_seen(drive: Firm):
    """
    Content that is not the one announced is not saved.
    """
    done = put(drive, "a", b"text", X_Content_SHA256=hashlib.sha256(b"tex").hexdigest())

    assert "truncated" == done.code
    assert not there(drive, "a")


@pytest.mark.parametrize(
    "name", ["page.html", "脚本 x.svg", 'a"b\r\nSet-Cookie: x=1.xml', "\x1bname", "a%22.js"]
)
def test_nothing_runs_on_our_origin(drive: Firm, name: str):
    """
    Whatever it is called, content is an attachment without a type, and its name breaks no header.
    """
    put(drive, name, b"<script>alert(1)</script>")
    back = get(drive, name)

    assert 200 == back.status
    assert "application/octet-stream" == back.headers["content-type"]
    assert back.headers["content-disposition"].startswith('attachment; filename="')
    assert "nosniff" == back.headers["x-content-type-options"]
    assert "default-src 'none'; sandbox" == back.headers["content-security-policy"]
    assert all(value.isprintable() and value.isascii() for value in back.headers.values())


def test_a_name_is_told_as_rfc_6266_says():
    """
    Chinese names travel percent-encoded beside a plain one.
    """
    expected = "attachment; filename=\"__ 1.pdf\"; filename*=UTF-8''%E5%90%88%E5%90%8C%201.pdf"

    assert expected == disposition("合同 1.pdf")


def test_content_of_a_folder_and_of_a_missing_parent(drive: Firm):
    """
    A folder has no content; a file needs its folder.
    """
    drive.folder("f")

    assert "wrong_kind" == get(drive, "f").code
    assert "wrong_kind" == put(drive, "f", b"x").code
    assert "not_found" == put(drive, "g/x", b"x").code
    assert "wrong_kind" == put(drive, "", b"x").code


def test_a_frozen_space_and_a_full_one_say_so(drive: Firm):
    """
    The message of a freeze reaches who saves, be the content small or large; a quota is told as such.
    """
    drive.ann("PUT", f"{drive.at}/freeze", {"message": "Switch on Saturday"})
    frozen = [put(drive, "a", b"x" * size) for size in (1, 3_000_000)]
    drive.ann("DELETE", f"{drive.at}/freeze")
    drive.system("PATCH", drive.at, {"quota": 10})
    full = [put(drive, "a", b"x" * size) for size in (11, 3_000_000)]

    assert [423, 423, 507, 507] == [one.status for one in (*frozen, *full)]
    assert "Switch on Saturday" in frozen[0].json["message"]["en"]


def test_a_version_is_read_by_its_number(drive: Firm):
    """
    Old contents stay readable, with tags of their own.
    """
    put(drive, "a", b"one")
    node = put(drive, "a", b"two").json["id"]
    old = drive.ann("GET", f"/nodes/{node}/versions/1/content")

    assert (b"one", f'"{node}-1"') == (old.body, old.headers["etag"])
    assert 404 == drive.ann("GET", f"/nodes/{node}/versions/9/content").status
