"""What WebDAV servers say is understood piece by piece, and what is no answer is refused."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.connectors.dav.facts import digests_of, entry_told, opaque, sendable
from lading.connectors.dav.multistatus import Garbled, Multistatus, Told
from lading.connectors.dav.quirks import APACHE, NEXTCLOUD, OPENCLOUD, RCLONE, UNKNOWN, WSGIDAV, recognised
from lading.connectors.http.headers import SECOND, content_range, length_of, moment
from lading.connectors.http.trouble import refused, retry_after
from lading.model.entry import Kind
from lading.model.errors import (
    Forbidden,
    LoginFailed,
    NameRefused,
    NoSpace,
    NotFound,
    Throttled,
    TooLarge,
    Unavailable,
    known,
)
from lading.model.text import Language

ANSWER = b"""<?xml version="1.0" encoding="utf-8"?>
<D:multistatus xmlns:D="DAV:" xmlns:oc="http://owncloud.org/ns">
<D:response><D:href>/a/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype>
<D:lockdiscovery><D:activelock><D:lockroot><D:href>/other</D:href></D:lockroot></D:activelock></D:lockdiscovery>
</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>
<D:response><D:href>/a/b&amp;c</D:href><D:propstat><D:prop><D:resourcetype/>
<D:getcontentlength> 12 </D:getcontentlength><D:getetag>W/"tag"</D:getetag><oc:fileid>77</oc:fileid>
<oc:checksums><oc:checksum>SHA1:ABCDEF0123456789abcdef0123456789abcdef01 MD5:short</oc:checksum></oc:checksums>
<D:getlastmodified>Wed, 31 Dec 1969 23:00:00 GMT</D:getlastmodified></D:prop>
<D:status>HTTP/1.1 200 OK</D:status></D:propstat>
<D:propstat><D:prop><D:getcontentlength>999</D:getcontentlength></D:prop>
<D:status>HTTP/1.1 404 Not Found</D:status></D:propstat></D:response>
<D:response><D:href>/a/secret</D:href><D:status>HTTP/1.1 403 Forbidden</D:status></D:response>
</D:multistatus>"""


def parsed(text: bytes, step: int = 1 << 20) -> list[Told]:
    parser = Multistatus()
    for start in range(0, len(text), step):
        parser.feed(text[start : start + step])
    parser.feed(b"")
    return parser.told


@pytest.mark.parametrize("step", [1, 7, 100, 1 << 20])
def test_an_answer_in_pieces(step: int) -> None:
    """However an answer is cut into pieces, it says the same."""
    folder, file, secret = parsed(ANSWER, step)
    entry = entry_told(("x",), file, digests=True)

    assert ("/a/", True) == (folder.href, folder.folder)
    assert ("/a/b&c", Kind.FILE, 12) == (file.href, entry.kind, entry.size)
    assert (-3600 * SECOND, "tag", "77") == (entry.modified, entry.etag, entry.id)
    assert (("sha1", "abcdef0123456789" * 2 + "abcdef01"),) == entry.digests
    assert Forbidden.code == entry_told(("y",), secret).problem


def test_digests_of_others_do_not_count() -> None:
    """Checksums that the server only repeats are left out."""
    assert () == entry_told(("x",), parsed(ANSWER)[1]).digests


@given(st.integers(0, len(ANSWER) - 1))
def test_a_cut_answer_is_garbled(end: int) -> None:
    """An answer that ends early is never taken for a whole one."""
    with pytest.raises(Garbled):
        parsed(ANSWER[:end])


@pytest.mark.parametrize(
    "text",
    [
        b"<!DOCTYPE html><html><body>Please log in</body></html>",
        b"<html><body>Please log in</body></html>",
        b'<?xml version="1.0"?><!DOCTYPE m [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><m>&b;</m>',
        b'<?xml version="1.0"?><!DOCTYPE m SYSTEM "file:///etc/passwd"><m/>',
        b"<multistatus xmlns='DAV:'>" + b"<a>" * 1000,
        b"<multistatus xmlns='DAV:'><response><href>" + b"x" * 100_000,
        b"<multistatus><response/></multistatus>",
        b"",
        b"\x00\x01",
    ],
)
def test_what_is_no_answer(text: bytes) -> None:
    """Login pages, entities, endless texts and bottomless nesting are refused."""
    with pytest.raises(Garbled):
        parsed(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
        ("Sun, 07 Feb 2106 06:28:16 GMT", 1 << 32),
        ("Sat, 31 Dec 2016 23:59:60 GMT", 1483228800),
        ("Sunday, 06 Nov 1994 08:49:37 GMT", 784111777),
        ("Sun, 06 Nov 1994 08:49:37 +0000", 784111777),
    ],
)
def test_moments(text: str, seconds: int) -> None:
    """Dates of RFC 1123 before 1970, after 2038 and in leap seconds are told in nanoseconds."""
    assert seconds * SECOND == moment(text)


@pytest.mark.parametrize(
    "text", [None, "", "yesterday", "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT", "0"]
)
def test_what_is_no_moment(text: str | None) -> None:
    """A date that cannot be understood is unknown."""
    assert moment(text) is None


def test_tags() -> None:
    """Weakness and quotes make no other tag; what would break out of a header is not sent."""
    assert ["a b", "a b", "a b", None, None] == [opaque(t) for t in ('"a b"', 'W/"a b"', "a b", "", None)]
    assert [True, True, False, False, False, False] == [
        sendable(t) for t in ("a", "12-34:x", "", 'a"b', "a\r\nX: y", "é")
    ]


def test_lengths_and_ranges() -> None:
    """Only plain numbers are lengths; ranges tell first, last and total."""
    assert [0, 12, None, None, None, None] == [length_of(t) for t in ("0", "12", "-1", "1e3", "١", None)]
    assert (2, 9, 10) == content_range("bytes 2-9/10")
    assert (2, 9, None) == content_range("bytes 2-9/*")
    assert (None, None, 10) == content_range("bytes */10")
    assert content_range("bytes 2-") is None


@given(st.text())
def test_garbage_raises_nothing(text: str) -> None:
    """No header text makes the readers of headers fail."""
    moment(text), length_of(text), opaque(text), content_range(text), digests_of(text)
    retry_after({"retry-after": text}, 0.0)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, LoginFailed),
        (403, Forbidden),
        (404, NotFound),
        (413, TooLarge),
        (414, NameRefused),
        (423, Forbidden),
        (500, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
        (504, Unavailable),
        (507, NoSpace),
        (429, Throttled),
    ],
)
def test_statuses(status: int, kind: type[Exception]) -> None:
    """Each refusal becomes the error that tells what to do, in both languages and with the path."""
    error = refused(status, {}, ("合同", "a"))

    assert kind is type(error)
    assert error.subject == "/合同/a"
    assert error.message(Language.EN) != error.message(Language.ZH)


@given(st.integers(100, 999))
def test_every_status_has_an_error(status: int) -> None:
    """No status is without an error of the family."""
    assert type(refused(status, {}, ("a",))) in known().values()


def test_waiting_as_told() -> None:
    """`Retry-After` is a number or a date, held against the clock of the server where it tells one."""
    date = {"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}
    throttled = refused(503, {"retry-after": "7"}, ("a",))

    assert isinstance(throttled, Throttled)
    assert 7.0 == throttled.after
    assert 90.0 == retry_after(date, 10.0)
    assert 40.0 == retry_after({**date, "date": "Thu, 01 Jan 1970 00:01:00 GMT"}, time.time())
    assert 0.0 == retry_after(date, 1e9)
    assert retry_after({}, 0.0) is None


def test_servers_are_recognised() -> None:
    """Servers are told apart by what they say, also behind a proxy that calls itself otherwise."""
    apache = {"server": "nginx", "dav": "1,2, <http://apache.org/dav/propset/fs/1>"}

    assert APACHE is recognised(apache, None)
    assert WSGIDAV is recognised({"server": "WsgiDAV/4.4.0 Cheroot/11", "dav": "1,2"}, None)
    assert RCLONE is recognised({"server": "rclone/v1.75.2", "dav": "1, 2"}, None)
    assert NEXTCLOUD is recognised({"server": "Apache", "dav": "1, 3, extended-mkcol, access-control"}, "123")
    assert OPENCLOUD is recognised({"dav": "1, 2"}, "storage$space!node")
    assert UNKNOWN is recognised({"server": "Apache/2.4"}, None)
    assert UNKNOWN is recognised({}, None)
