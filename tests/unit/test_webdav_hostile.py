"""Servers that lie, break off or send us away get a clear error, and never our password or a wrong content."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, repeat

import pytest

from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT, ANYTHING, Unchanged
from lading.connectors.dav.quirks import APACHE
from lading.connectors.webdav import WebdavDrive
from lading.connectors.webdav import open as open_webdav
from lading.model.entry import Kind
from lading.model.errors import (
    AlreadyExists,
    BadAddress,
    BadAnswer,
    Changed,
    CursorExpired,
    DriveError,
    Forbidden,
    LoginFailed,
    NameRefused,
    NoSpace,
    NotFound,
    Throttled,
    TooLarge,
    Truncated,
    Unavailable,
    WrongKind,
)

SECRET = "correct horse battery"
FOLDER = "<d:resourcetype><d:collection/></d:resourcetype>"
FILE = "<d:resourcetype/><d:getcontentlength>5</d:getcontentlength><d:getetag>&quot;t&quot;</d:getetag>"
SMALL, LARGE = [b"hello"], [b"x" * 1_000_000] * 4


class Server(ThreadingHTTPServer):
    """Answers as *rules* say (by method and path, else by method); remembers what it was asked."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.refuses_early: Callable[[Handler], bool] = lambda handler: False
        """Whether a request that expects `100 Continue` is answered without its body."""
        self.rules: dict[str, Callable[[Handler], None]] = {
            "OPTIONS": answer(200, b"", DAV="1"),
            "PROPFIND /": told(("/", FOLDER)),
            "PROPFIND": answer(404),
            "MKCOL": answer(201),
            "DELETE": answer(204),
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def methods(self) -> list[str]:
        return [f"{method} {path}" for method, path, _, _ in self.asked]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    body = b""
    takes_body = True

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def handle_expect_100(self) -> bool:
        self.takes_body = not self.server.refuses_early(self)
        return super().handle_expect_100() if self.takes_body else True

    def serve(self) -> None:
        self.body, self.takes_body = self.read_body() if self.takes_body else b"", True
        self.server.asked.append((self.command, self.path, dict(self.headers.items()), self.body))
        rules = self.server.rules
        (rules.get(f"{self.command} {self.path}") or rules.get(self.command) or answer(405))(self)

    def read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            found = b""
            while size := int(self.rfile.readline(), 16):
                found += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return found
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def log_message(self, *args: object) -> None:
        return


def answer(
    status: int, body: bytes = b"", *, length: int | None = None, **headers: str
) -> Callable[[Handler], None]:
    """An answer; *length* lies about its length, and then the connection ends."""

    def give(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        if "Transfer_Encoding" not in headers:
            handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)
        if length is not None:
            handler.close_connection = True

    return give


def told(*entries: tuple[str, str], end: str = "</d:multistatus>") -> Callable[[Handler], None]:
    """A multistatus about *entries*: href and properties."""
    parts = [
        f"<d:response><d:href>{href}</d:href><d:propstat><d:prop>{properties}</d:prop>"
        "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
        for href, properties in entries
    ]
    return answer(207, ('<d:multistatus xmlns:d="DAV:">' + "".join(parts) + end).encode())


def in_turn(*answers: Callable[[Handler], None]) -> Callable[[Handler], None]:
    """One answer after the other, the last for ever."""
    left = chain(answers, repeat(answers[-1]))
    return lambda handler: next(left)(handler)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()


@pytest.fixture
def opened(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., WebdavDrive]]:
    monkeypatch.setenv("LADING_TEST_PASSWORD", SECRET)
    drives = []

    def open_one(**options: str) -> WebdavDrive:
        given = {
            "user": "alice",
            "password": "env:LADING_TEST_PASSWORD",
            "login": "basic",
            "timeout": "5",
            **options,
        }
        drives.append(open_webdav(Address("webdav", server.url, given)))
        return drives[-1]

    yield open_one
    for drive in drives:
        drive.close()


@pytest.fixture
def drive(opened: Callable[..., WebdavDrive]) -> WebdavDrive:
    return opened()


# -- opening


@pytest.mark.parametrize(
    "there", ["https://elsewhere.example/dav/", "/dav/", "https://bob:pw@elsewhere.example/dav/?t=1"]
)
def test_a_root_elsewhere_is_named_and_not_followed(
    server: Server, opened: Callable[..., WebdavDrive], there: str
) -> None:
    """
    A root that redirects gives the right address, without secrets of the server's, and no request goes there.
    """
    server.rules["OPTIONS"] = answer(301, b"", Location=there)
    with pytest.raises(BadAddress) as caught:
        opened()

    assert "/dav/" in str(caught.value)
    assert "pw" not in str(caught.value)
    assert "t=1" not in str(caught.value)
    assert ["OPTIONS /"] == server.methods()


def test_a_wrong_password(server: Server, opened: Callable[..., WebdavDrive]) -> None:
    """
    A refused login is said at the opening, without the password.
    """
    server.rules["OPTIONS"] = answer(401, b"", WWW_Authenticate='Basic realm="x"')
    with pytest.raises(LoginFailed) as caught:
        opened()

    assert SECRET not in f"{caught.value!r} {caught.value}"


def test_no_password_before_it_is_asked_for(server: Server, opened: Callable[..., WebdavDrive]) -> None:
    """
    With `login=auto` the server is asked first by nobody, and then gets what it wants.
    """
    server.rules["PROPFIND /"] = in_turn(
        answer(401, b"", WWW_Authenticate='Basic realm="x"'), told(("/", FOLDER))
    )
    opened(login="auto")

    assert "Authorization" not in server.asked[0][2]
    assert server.asked[1][2]["Authorization"].startswith("Basic ")


def test_a_token_is_sent_as_bearer(
    server: Server, opened: Callable[..., WebdavDrive], monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A token goes out as it is, with each request.
    """
    monkeypatch.setenv("LADING_TEST_TOKEN", "abc.def")
    open_webdav(Address("webdav", server.url, {"token": "env:LADING_TEST_TOKEN"})).close()

    assert {"Bearer abc.def"} == {headers.get("Authorization") for _, _, headers, _ in server.asked}


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        (answer(200, b"<html>Please log in</html>"), BadAnswer),
        (answer(207, b"<!DOCTYPE html><html/>"), BadAnswer),
        (told(("/", FOLDER), end=""), BadAnswer),
        (told(("/", FILE)), WrongKind),
        (answer(404), NotFound),
        (answer(403), Forbidden),
        (answer(503, b"", Retry_After="3"), Throttled),
        (answer(502), Unavailable),
    ],
)
def test_what_is_no_drive(
    server: Server,
    opened: Callable[..., WebdavDrive],
    rule: Callable[[Handler], None],
    error: type[DriveError],
) -> None:
    """
    Login pages, files and refusals in the place of a drive are said at the opening.
    """
    server.rules["PROPFIND /"] = rule
    with pytest.raises(error) as caught:
        opened()

    assert server.url in str(caught.value)


def test_only_the_listing_is_elsewhere(server: Server, opened: Callable[..., WebdavDrive]) -> None:
    """
    A server that redirects PROPFIND alone names the right address, too.
    """
    server.rules["PROPFIND /"] = answer(302, b"", Location="https://elsewhere.example/dav/")
    for login in ("basic", "auto"):
        with pytest.raises(BadAddress, match=r"https://elsewhere\.example/dav/"):
            opened(login=login)


def test_the_proxy_of_the_environment_is_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Requests go to the proxy that the environment names, with the whole URL.
    """
    monkeypatch.setenv("http_proxy", server.url)
    server.rules["PROPFIND"] = told(("/dav/", FOLDER), ("/dav/a", FILE))
    with open_webdav(Address("webdav", "http://drive.invalid/dav/")) as drive:
        assert [("a",)] == [entry.path for entry in drive.list(()).entries]

    assert "PROPFIND http://drive.invalid/dav/" in server.methods()


def test_tags_with_line_ends_are_not_sent(server: Server, drive: WebdavDrive) -> None:
    """
    A tag that would smuggle a header into our request is compared here and never sent.
    """
    drive._wire.quirks = APACHE
    server.rules["PROPFIND /a"] = told(
        (
            "/a",
            "<d:resourcetype/><d:getcontentlength>5</d:getcontentlength><d:getetag>a&#13;&#10;X-Evil: 1</d:getetag>",
        )
    )
    server.rules["PUT"] = server.rules["DELETE"]
    server.rules["HEAD"] = answer(200, b"hello")
    etag = drive.stat(("a",)).etag
    assert etag is not None
    drive.write(("a",), SMALL, expect=Unchanged(etag))
    drive.remove(("a",), expect=Unchanged(etag))

    assert ["PUT /a", "DELETE /a"] == [
        asked for asked in server.methods() if asked[0] in "PD" and "PROP" not in asked
    ]
    assert not any("X-Evil" in headers for _, _, headers, _ in server.asked)


@pytest.mark.parametrize(
    "options",
    [
        {"colour": "red"},
        {"timeout": "soon"},
        {"timeout": "0"},
        {"ca": "/no/such/file"},
        {"login": "magic"},
        {"login": "bearer"},
        {"token": "env:LADING_TEST_PASSWORD"},
        {"user": "al:ice"},
        {"role": "both"},
    ],
)
def test_options_that_make_no_sense(
    opened: Callable[..., WebdavDrive], server: Server, options: dict[str, str]
) -> None:
    """
    A wrong option is refused before anything is asked.
    """
    with pytest.raises(BadAddress):
        opened(**options)

    assert [] == server.asked


def test_a_source_is_not_written_to(server: Server, drive: WebdavDrive) -> None:
    """
    Reading the profile and the facets of a drive that is no target changes nothing there.
    """
    assert (False, None) == (drive.profile.keeps_modified, drive.partials)
    drive.close()

    assert {"OPTIONS", "PROPFIND"} == {method for method, _, _, _ in server.asked}


# -- listing


def test_hostile_names_are_told_and_go_nowhere(server: Server, drive: WebdavDrive) -> None:
    """
    Names that would be paths are listed as special entries with a problem; the others are whole.
    """
    server.rules["PROPFIND /"] = told(
        ("/", FOLDER), ("/ok", FILE), ("/a%2F..%2Fb", FILE), ("/%2e%2e", FOLDER), ("/x%00", FILE)
    )
    entries = {entry.path[-1]: entry for entry in drive.list(()).entries}

    assert {"ok", "a%2F..%2Fb", "%2e%2e", "x%00"} == entries.keys()
    assert (Kind.FILE, None) == (entries["ok"].kind, entries["ok"].problem)
    assert {(Kind.SPECIAL, NameRefused.code)} == {
        (entry.kind, entry.problem) for name, entry in entries.items() if name != "ok"
    }


@pytest.mark.parametrize(
    "rule",
    [
        told(("/", FOLDER), ("/a", FILE), ("/a", FILE)),
        told(("/", FOLDER), ("/other/a", FILE)),
        told(("/", FOLDER), ("/../a", FILE)),
        told(("/", FOLDER), ("/a", FILE), end=""),
        answer(207, b"<d:multistatus xmlns:d='DAV:'>", length=9999),
        answer(207, b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"),
    ],
)
def test_listings_that_cannot_be_believed(
    server: Server, drive: WebdavDrive, rule: Callable[[Handler], None]
) -> None:
    """
    A listing that is cut, doubles a name or tells of other folders is no listing.
    """
    server.rules["PROPFIND /"] = rule
    with pytest.raises((BadAnswer, Truncated)):
        drive.list(())


def test_a_length_that_is_not_told_is_asked_for(server: Server, drive: WebdavDrive) -> None:
    """
    A file without a length in the listing gets it from HEAD; without that it has a problem.
    """
    server.rules["PROPFIND /"] = told(("/a", "<d:resourcetype/>"), ("/b", "<d:resourcetype/>"))
    server.rules["HEAD /a"] = answer(200, b"12345")
    server.rules["HEAD /b"] = answer(404)
    first, second = drive.list(()).entries

    assert (5, None, 0) == (first.size, first.problem, second.size)
    assert second.problem


def test_a_proxy_that_rewrites(server: Server, opened: Callable[..., WebdavDrive]) -> None:
    """
    A server that calls its root otherwise than we do is understood.
    """
    server.rules["PROPFIND /"] = in_turn(
        told(("http://inner:81/remote/", FOLDER)), told(("/remote", FOLDER), ("/remote/a%20b", FILE))
    )

    assert [("a b",)] == [entry.path for entry in opened().list(()).entries]


def test_large_folders_come_in_pages(server: Server, drive: WebdavDrive) -> None:
    """
    More entries than a page holds come over several, each once, the last page saying so.
    """
    server.rules["PROPFIND /"] = told(("/", FOLDER), *((f"/{number}", FILE) for number in range(20_001)))
    found, page = [], drive.list(())
    sizes = [len(page.entries)]
    found += page.entries
    while page.cursor:
        page = drive.list((), cursor=page.cursor)
        sizes.append(len(page.entries))
        found += page.entries

    assert [10_000, 10_000, 1] == sizes
    assert 20_001 == len({entry.path for entry in found})


def test_a_listing_that_is_cut_off_between_pages(server: Server, drive: WebdavDrive) -> None:
    """
    A listing that breaks after its first page makes the cursor expire, and so does a cursor of nobody's.
    """
    server.rules["PROPFIND /"] = told(
        ("/", FOLDER), *((f"/{number}", FILE) for number in range(15_000)), end=""
    )
    cursor = drive.list(()).cursor
    assert cursor is not None

    for asked in (cursor, cursor, "nobody's"):
        with pytest.raises(CursorExpired):
            drive.list((), cursor=asked)


# -- reading


def content_of(drive: WebdavDrive, start: int = 0, expect: str | None = None) -> bytes:
    with drive.read(("a",), start=start, expect=expect) as reader:
        return b"".join(iter(lambda: reader.read(3), b""))


def test_a_server_without_ranges(server: Server, drive: WebdavDrive) -> None:
    """
    Where the whole content comes in spite of a range, the beginning is left out.
    """
    server.rules["GET"] = answer(200, b"hello", ETag='"t"')
    server.rules["PROPFIND /a"] = told(("/a", FILE))

    assert [b"lo", b""] == [content_of(drive, 3), content_of(drive, 5)]
    with pytest.raises(Changed):
        content_of(drive, 6)


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        (answer(200, b"hell", length=5, ETag='"t"'), Truncated),
        (answer(200, b"\x1f\x8b", ETag='"t"', Content_Encoding="gzip"), BadAnswer),
        (answer(206, b"hello", ETag='"t"'), BadAnswer),
        (answer(200, b"hello", ETag='"other"'), Changed),
        (answer(200, b"HELLO!", ETag='W/"t"'), Changed),
        (answer(403), Forbidden),
        (answer(423), Forbidden),
        (answer(500), Unavailable),
        (answer(302, b"", Location="http://elsewhere.example/"), BadAnswer),
    ],
)
def test_content_that_cannot_be_trusted(
    server: Server, drive: WebdavDrive, rule: Callable[[Handler], None], error: type[DriveError]
) -> None:
    """
    Short, encoded, exchanged and unasked-for content is refused, and so is a file that has another size at the end.
    """
    server.rules["GET"] = rule
    server.rules["PROPFIND /a"] = told(("/a", FILE))
    with pytest.raises(error):
        content_of(drive, expect='"t"')


@pytest.mark.parametrize("told_range", ["bytes 0-4/5", "bytes 3-4/5", "bytes 2-3/5", "pages 2-4/5"])
def test_another_range_than_asked(server: Server, drive: WebdavDrive, told_range: str) -> None:
    """
    A part is believed only if it begins where it was asked to and is as long as it says.
    """
    server.rules["GET"] = answer(206, b"llo", ETag='"t"', Content_Range=told_range)
    server.rules["PROPFIND /a"] = told(("/a", FILE))
    with pytest.raises(BadAnswer):
        content_of(drive, 2)


def test_content_is_asked_for_unencoded(server: Server, drive: WebdavDrive) -> None:
    """
    No compression is offered to the server.
    """
    server.rules["GET"] = answer(200, b"hello", ETag='"t"')
    server.rules["PROPFIND /a"] = told(("/a", FILE))
    content_of(drive)

    assert {"identity"} == {
        headers["Accept-Encoding"] for method, _, headers, _ in server.asked if method == "GET"
    }


# -- writing on a server that nobody knows


@pytest.fixture
def target(server: Server, opened: Callable[..., WebdavDrive]) -> WebdavDrive:
    """A target on an unknown server that stores one part and moves it."""
    stored: dict[str, bytes] = {}

    def put(handler: Handler) -> None:
        stored[handler.path] = handler.body
        answer(201)(handler)

    def move(handler: Handler) -> None:
        target = "/" + handler.headers["Destination"].split("/", 3)[3]
        if handler.headers["Overwrite"] == "F" and target in stored:
            return answer(412)(handler)
        stored[target] = stored.pop(handler.path)
        return answer(201)(handler)

    def propfind(handler: Handler) -> None:
        if handler.path not in stored:
            return answer(404)(handler)
        size = len(stored[handler.path])
        return told((handler.path, f"<d:getcontentlength>{size}</d:getcontentlength><d:resourcetype/>"))(
            handler
        )

    def delete(handler: Handler) -> None:
        answer(204 if stored.pop(handler.path, None) is not None else 404)(handler)

    server.rules |= {"PUT": put, "MOVE": move, "PROPFIND": propfind, "DELETE": delete}
    drive = opened()
    drive.stored = stored  # type: ignore[attr-defined]
    return drive


def test_an_unknown_server_gets_temporary_names(server: Server, target: WebdavDrive) -> None:
    """
    On a server that nobody knows no PUT ever goes to a final name.
    """
    target.write(("a",), SMALL, expect=ABSENT)
    with pytest.raises(AlreadyExists):
        target.write(("a",), [b"other"], expect=ABSENT)
    target.write(("a",), LARGE, expect=ANYTHING)

    assert {"/a": b"".join(LARGE)} == target.stored  # type: ignore[attr-defined]
    assert all(path.startswith("/.lading-parts/") for method, path, _, _ in server.asked if method == "PUT")


def test_what_was_left_behind_long_ago_is_removed(server: Server, target: WebdavDrive) -> None:
    """
    Unfinished files of a killed process go after a week; younger ones, partials and other owners' stay.
    """
    old, young = (f"w-{int(time.time() - age):x}-{'0' * 16}" for age in (8 * 86_400, 60))
    folder = "/.lading-parts/lading/"
    server.rules[f"PROPFIND {folder}"] = told(
        (folder, FOLDER), *((folder + name, FILE) for name in (old, young, "p-token", "w-1-0"))
    )
    target.write(("a",), SMALL, expect=ABSENT)

    assert [f"DELETE {folder}{old}"] == [asked for asked in server.methods() if asked.startswith("DELETE")]


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
def test_a_server_that_swallows_bytes(server: Server, target: WebdavDrive, content: list[bytes]) -> None:
    """
    What arrives shorter than it was sent never gets the final name, and is removed.
    """

    def swallow(handler: Handler) -> None:
        target.stored[handler.path] = handler.body[:-1]  # type: ignore[attr-defined]
        answer(201)(handler)

    server.rules["PUT"] = swallow
    with pytest.raises(Truncated):
        target.write(("a",), content, expect=ABSENT)

    assert {} == target.stored  # type: ignore[attr-defined]


@pytest.mark.parametrize("status", [411, 400, 501])
def test_a_server_without_chunks(server: Server, target: WebdavDrive, status: int) -> None:
    """
    Where a body of unknown length is refused, it is sent again with its length, from a source read once.
    """
    plain = server.rules["PUT"]

    def put(handler: Handler) -> None:
        if "Content-Length" in handler.headers:
            plain(handler)
        else:
            handler.close_connection = True
            answer(status)(handler)

    server.rules["PUT"] = put
    server.refuses_early = lambda handler: "Transfer-Encoding" in handler.headers
    for name in ("a", "b"):
        target.write((name,), iter(LARGE), expect=ABSENT)

    assert {"/a": b"".join(LARGE), "/b": b"".join(LARGE)} == target.stored  # type: ignore[attr-defined]
    assert 1 == sum(
        "Transfer-Encoding" in headers for method, _, headers, _ in server.asked if method == "PUT"
    )


@pytest.mark.parametrize(
    ("status", "error"), [(413, TooLarge), (507, NoSpace), (401, LoginFailed), (403, Forbidden)]
)
def test_a_refusal_comes_before_the_body(
    server: Server, target: WebdavDrive, status: int, error: type[DriveError]
) -> None:
    """
    A large body that is refused is not sent: the source is hardly touched.
    """

    def refuse(handler: Handler) -> None:
        handler.close_connection = True
        answer(status)(handler)

    server.rules["PUT"] = refuse
    server.refuses_early = lambda handler: True
    pulled = []
    source = (pulled.append(block) or block for block in repeat(b"x" * 1_000_000, 200))
    with pytest.raises(error):
        target.write(("a",), source, expect=ABSENT, size=200_000_000)

    assert len(pulled) < 10


def test_a_name_that_only_this_server_refuses(server: Server, target: WebdavDrive) -> None:
    """
    A name that the server calls bad, without anything else being wrong, is `NameRefused` and not tried for ever.
    """
    server.rules["MOVE"] = answer(400)
    with pytest.raises(NameRefused):
        target.write(("a.part",), SMALL, expect=ABSENT)

    assert {} == target.stored  # type: ignore[attr-defined]


def test_a_folder_is_never_replaced_by_a_move(server: Server, target: WebdavDrive) -> None:
    """
    Where a folder stands no MOVE is sent: it would take the folder away with all it holds.
    """
    server.rules["PROPFIND /a"] = told(("/a/", FOLDER))
    with pytest.raises(WrongKind):
        target.write(("a",), SMALL, expect=ANYTHING)

    assert not any(method == "MOVE" for method, _, _, _ in server.asked)


def test_a_silent_server_is_given_up(server: Server, opened: Callable[..., WebdavDrive]) -> None:
    """
    A server that takes a request and says nothing is `Unavailable` after the timeout.
    """
    drive, release = opened(timeout="0.3"), threading.Event()
    server.rules["PROPFIND"] = lambda handler: (release.wait(10), answer(404)(handler))[1]
    try:
        with pytest.raises(Unavailable):
            drive.stat(("a",))
    finally:
        release.set()
