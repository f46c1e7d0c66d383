"""The double of Nextcloud does with files what was measured at the real one, and what its documentation says."""

import base64
import hashlib
import socket
import unicodedata
from collections.abc import Iterator

import pytest

from lading.testkit.nextcloud.asking import Asker
from lading.testkit.servers import NextcloudDouble, require_server

PEOPLE = [
    {"id": "alice", "password": "own password", "tokens": ["a"]},
    {"id": "small", "password": "own password", "tokens": ["s"], "quota": 1000},
]


@pytest.fixture(scope="module")
def server() -> Iterator[NextcloudDouble]:
    with require_server(lambda: NextcloudDouble(seed={"users": PEOPLE})) as running:
        yield running


@pytest.fixture
def alice(server: NextcloudDouble) -> Asker:
    """Somebody whose files are gone before each test."""
    asker = Asker(server.url, "alice", "a")
    for path in asker.propfind(asker.address(""), depth="1").properties:
        name = path.removeprefix("/remote.php/dav/files/alice/")
        if name:
            asker.file("DELETE", name)
    return asker


def test_a_file_comes_back_as_it_was_put(alice: Asker) -> None:
    """201 then 204, the etag changes with the content, ranges answer 206, the time is the one that was sent."""
    first = alice.file("PUT", "报告 #1 %.txt", b"hello", X_OC_MTime="1500000000", X_OC_CTime="1400000000")
    second = alice.file("PUT", "报告 #1 %.txt", b"world", X_OC_MTime="1500000001")

    assert [201, 204] == [first.status, second.status]
    assert "accepted" == first.headers["X-OC-MTime"]
    assert first.headers["OC-FileId"] == second.headers["OC-FileId"]
    assert first.headers["ETag"] != second.headers["ETag"]
    assert b"world" == alice.file("GET", "报告 #1 %.txt").body
    assert (b"", "5") == (
        alice.file("HEAD", "报告 #1 %.txt").body,
        alice.file("HEAD", "报告 #1 %.txt").headers["Content-Length"],
    )
    part = alice.file("GET", "报告 #1 %.txt", Range="bytes=1-2")
    assert (206, b"or", "bytes 1-2/5") == (part.status, part.body, part.headers["Content-Range"])
    assert 416 == alice.file("GET", "报告 #1 %.txt", Range="bytes=9-").status
    assert "Fri, 14 Jul 2017 02:40:01 GMT" == alice.one("报告 #1 %.txt", "d:getlastmodified")
    assert "1400000000" == alice.one("报告 #1 %.txt", "nc:creation_time")


def test_every_property_that_is_told_of_a_file_and_of_a_folder(alice: Asker) -> None:
    """What the product has is under 200; what it has not is under 404 and so missing here."""
    alice.file("MKCOL", "dir")
    alice.file("PUT", "dir/a.txt", b"12345", OC_Checksum="SHA1:0000")
    names = [
        "oc:fileid",
        "oc:id",
        "oc:size",
        "oc:permissions",
        "oc:checksums",
        "oc:favorite",
        "nc:has-preview",
    ]
    names += [
        "nc:creation_time",
        "nc:mount-type",
        "oc:share-types",
        "nc:sharees",
        "oc:owner-id",
        "nc:acl-list",
    ]
    names += [
        "d:quota-available-bytes",
        "d:getcontentlength",
        "d:getcontenttype",
        "d:resourcetype",
        "nc:upload_time",
    ]

    folder, file = alice.props("dir", *names, depth="1").values()

    assert ("RGDNVCK", "RGDNVW") == (folder["oc:permissions"], file["oc:permissions"])
    assert ("5", "5", "5") == (folder["oc:size"], file["oc:size"], file["d:getcontentlength"])
    assert ("SHA1:0000", "alice", "0") == (
        file["oc:checksums"],
        file["oc:owner-id"],
        file["nc:creation_time"],
    )
    assert file["oc:id"].startswith(f"{int(file['oc:fileid']):08d}oc")
    assert ("-3", "") == (folder["d:quota-available-bytes"], file["nc:mount-type"])
    assert {"oc:checksums", "nc:acl-list", "d:getcontentlength", "nc:upload_time"}.isdisjoint(folder)
    assert {"nc:acl-list", "d:quota-available-bytes"}.isdisjoint(file)


def test_a_checksum_is_stored_as_sent_and_never_verified(alice: Asker) -> None:
    """A wrong SHA1 is taken and told again; the next upload without one forgets it."""
    assert 201 == alice.file("PUT", "a", b"x", OC_Checksum="SHA1:beef").status
    assert "SHA1:beef" == alice.one("a", "oc:checksums")
    assert "SHA1:beef" == alice.file("GET", "a").headers["OC-Checksum"]

    alice.file("PUT", "a", b"y")

    assert alice.one("a", "oc:checksums") is None


def test_preconditions_are_held(alice: Asker) -> None:
    """If-None-Match: * on what exists, a wrong If-Match, and Overwrite: F answer 412 and change nothing."""
    etag = alice.file("PUT", "a", b"one").headers["ETag"]
    alice.file("PUT", "b", b"two")

    assert 412 == alice.file("PUT", "a", b"x", If_None_Match="*").status
    assert 412 == alice.file("PUT", "a", b"x", If_Match='"nothing"').status
    assert 412 == alice.file("PUT", "missing", b"x", If_Match="*").status
    assert 412 == alice.file("MOVE", "b", Destination="a", Overwrite="F").status
    assert 412 == alice.file("COPY", "b", Destination="a", Overwrite="F").status
    assert (b"one", etag) == (alice.file("GET", "a").body, alice.file("GET", "a").headers["ETag"])
    assert 204 == alice.file("PUT", "a", b"x", If_Match=etag).status
    assert 304 == alice.file("GET", "b", If_None_Match=alice.file("GET", "b").headers["ETag"]).status


def test_statuses_of_folders(alice: Asker) -> None:
    """MKCOL: 405 where something is, 409 below nothing, 415 with a body; PUT below nothing 409, on a folder 409."""
    assert 201 == alice.file("MKCOL", "dir").status

    assert 405 == alice.file("MKCOL", "dir").status
    assert 409 == alice.file("MKCOL", "no/dir").status
    assert 415 == alice.file("MKCOL", "other", b"<x/>").status
    assert 409 == alice.file("PUT", "no/file", b"").status
    assert 409 == alice.file("PUT", "dir", b"").status
    assert 404 == alice.file("DELETE", "nothing").status
    assert 404 == alice.file("PROPFIND", "nothing").status
    assert 501 == alice.file("LOCK", "dir").status
    assert "1, 3" == alice.file("OPTIONS", "dir").headers["DAV"]


@pytest.mark.parametrize(
    ("name", "put", "delete"),
    [
        (".htaccess", 500, 500),
        ("a.part", 400, 404),
        ("back\\slash", 400, 404),
        ("control\x01", 400, 404),
        ("长" * 84, 400, 404),  # 252 bytes
        ("长" * 83, 201, 204),
        ("space at the end ", 201, 204),
        ("dot at the end.", 201, 204),
        ("# % ? : *", 201, 204),
        ("😀", 201, 204),
        ("%2F", 201, 204),
    ],
)
def test_names(alice: Asker, name: str, put: int, delete: int) -> None:
    """The names that are taken and those that are not answer as measured."""
    assert put == alice.file("PUT", name, b"x").status
    assert delete == alice.file("DELETE", name).status


def test_both_spellings_of_a_name_are_one_file(alice: Asker) -> None:
    """A name in NFD is stored in NFC: the twin overwrites, and both addresses find it."""
    composed, apart = "Müller.txt", unicodedata.normalize("NFD", "Müller.txt")

    assert [201, 204] == [alice.file("PUT", composed, b"1").status, alice.file("PUT", apart, b"2").status]
    assert b"2" == alice.file("GET", composed).body == alice.file("GET", apart).body
    assert alice.address(composed) not in alice.props("", depth="1")  # keys are decoded
    assert "/remote.php/dav/files/alice/Müller.txt" in alice.props("", depth="1")


def test_a_time_before_2_january_1970_is_refused_after_the_content_was_stored(alice: Asker) -> None:
    """1969 and what is no number answer 500, yet the file is there; 2106 is kept."""
    assert 500 == alice.file("PUT", "old", b"x", X_OC_MTime="-1000").status
    assert 500 == alice.file("PUT", "odd", b"x", X_OC_MTime="yesterday").status
    assert 201 == alice.file("PUT", "new", b"x", X_OC_MTime="4294967296").status

    assert b"x" == alice.file("GET", "old").body == alice.file("GET", "odd").body
    assert "Sun, 07 Feb 2106 06:28:16 GMT" == alice.one("new", "d:getlastmodified")


def test_folders_change_when_something_below_does(alice: Asker) -> None:
    """Etags of all folders above change with a file far below; a folder's own time can be set afterwards."""
    for folder in ("a", "a/b", "a/b/c"):
        alice.file("MKCOL", folder)
    before = [alice.one(path, "d:getetag") for path in ("", "a", "a/b", "a/b/c")]

    alice.file("PUT", "a/b/c/file", b"x")
    after = [alice.one(path, "d:getetag") for path in ("", "a", "a/b", "a/b/c")]

    assert all(old != new for old, new in zip(before, after, strict=True))
    assert 207 == alice.set(alice.address("a"), "d:lastmodified", "1500000000").status
    assert "Fri, 14 Jul 2017 02:40:00 GMT" == alice.one("a", "d:getlastmodified")


def test_properties_can_be_set(alice: Asker) -> None:
    """A favorite, and a property of anybody's own; what the server computes is refused."""
    alice.file("PUT", "a", b"x")
    alice.set(alice.address("a"), "oc:favorite", "1")
    alice.set(alice.address("a"), "oc:mine", "what I <d:b>like</d:b> &amp; love")
    answer = alice.set(alice.address("a"), "oc:fileid", "1")

    assert "1" == alice.one("a", "oc:favorite")
    assert "what I like & love" == alice.one("a", "oc:mine")
    assert b"403" in answer.body


def test_moving_keeps_the_id_and_copying_makes_another(alice: Asker) -> None:
    """MOVE and COPY answer 201 or 204; a folder takes along what is in it."""
    alice.file("MKCOL", "from")
    alice.file("PUT", "from/a", b"x")
    moved = alice.one("from/a", "oc:fileid")

    assert 201 == alice.file("MOVE", "from", Destination="to 文件").status
    assert 201 == alice.file("COPY", "to 文件", Destination="copy").status
    assert 204 == alice.file("COPY", "to 文件/a", Destination="copy/a").status
    assert moved == alice.one("to 文件/a", "oc:fileid") != alice.one("copy/a", "oc:fileid")
    assert 404 == alice.file("GET", "from/a").status
    assert 409 == alice.file("MOVE", "copy", Destination="nowhere/copy").status
    assert 409 == alice.file("MOVE", "copy", Destination="copy/inside").status
    assert 403 == alice.file("MOVE", "copy", Destination="copy").status
    assert 400 == alice.file("MOVE", "copy").status
    assert b"x" == alice.file("GET", "copy/a").body


def test_depth(alice: Asker) -> None:
    """0, 1 and infinity are obeyed, and no header means 1."""
    for folder in ("a", "a/b"):
        alice.file("MKCOL", folder)

    assert [1, 2, 3] == [len(alice.props("", depth=depth)) for depth in ("0", "1", "infinity")]
    assert 2 == len(alice.ask("PROPFIND", alice.address("")).properties)


def test_hrefs_are_escaped_differently_by_call(alice: Asker) -> None:
    """The same path comes with upper-case hex in one answer and with lower-case in another."""
    alice.file("MKCOL", "é")

    single = alice.propfind(alice.address("é"), depth="0").body
    listed = alice.propfind(alice.address(""), depth="1").body

    assert b"%C3%A9" in single
    assert b"%c3%a9" in listed


def test_a_quota_is_held(server: NextcloudDouble) -> None:
    """What would not fit answers 507, for a PUT and for the first piece of an upload that says its length."""
    small = Asker(server.url, "small", "s")
    assert 201 == small.file("PUT", "a", b"x" * 600).status
    assert "400" == small.one("", "d:quota-available-bytes")

    assert 507 == small.file("PUT", "b", b"x" * 500).status
    assert 404 == small.file("GET", "b").status
    upload, target = "/remote.php/dav/uploads/small/one", small.address("b")
    assert 201 == small.ask("MKCOL", upload, Destination=target).status
    piece = small.ask("PUT", f"{upload}/1", b"x", Destination=target, OC_Total_Length="500")
    assert 507 == piece.status


def test_an_upload_in_pieces(alice: Asker) -> None:
    """Pieces are told by PROPFIND, joined in the order of their numbers, and the sum is held against what was said."""
    upload, target = "/remote.php/dav/uploads/alice/one", alice.address("big.bin")
    first, last = b"a" * (5 << 20), b"the end"
    assert 201 == alice.ask("MKCOL", upload, Destination=target).status
    for name, content in (("10", last), ("9", first)):
        assert 201 == alice.ask("PUT", f"{upload}/{name}", content, Destination=target).status

    told = alice.propfind(f"{upload}/", "d:getcontentlength").properties
    wrong = alice.ask("MOVE", f"{upload}/.file", Destination=target, OC_Total_Length="7")
    size = str(len(first) + len(last))
    right = alice.ask(
        "MOVE", f"{upload}/.file", Destination=target, OC_Total_Length=size, X_OC_MTime="1500000000"
    )

    assert {"9": str(len(first)), "10": "7", ".file": size} == {
        path.rpartition("/")[2]: it["d:getcontentlength"] for path, it in told.items() if it
    }
    assert (400, 201, "accepted") == (wrong.status, right.status, right.headers["X-OC-MTime"])
    whole = alice.file("GET", "big.bin").body
    assert hashlib.sha256(first + last).digest() == hashlib.sha256(whole).digest()
    assert 404 == alice.propfind(f"{upload}/").status


def test_pieces_have_rules(alice: Asker) -> None:
    """Without Destination 400, names other than 1 to 10000 400, a small piece before the last 500 when joined."""
    upload, target = "/remote.php/dav/uploads/alice/two", alice.address("b")

    assert 400 == alice.ask("MKCOL", upload).status
    assert 201 == alice.ask("MKCOL", upload, Destination=target).status
    assert 405 == alice.ask("MKCOL", upload, Destination=target).status
    assert 400 == alice.ask("PUT", f"{upload}/1", b"x").status
    for name in ("0", "10001", "first"):
        assert 400 == alice.ask("PUT", f"{upload}/{name}", b"x", Destination=target).status
    for name in ("1", "2"):
        assert 201 == alice.ask("PUT", f"{upload}/{name}", b"x", Destination=target).status
    assert 405 == alice.ask("GET", f"{upload}/1").status
    assert 500 == alice.ask("MOVE", f"{upload}/.file", Destination=target).status
    assert 204 == alice.ask("DELETE", upload).status
    assert 404 == alice.file("GET", "b").status


def _part(path: str, content: bytes, **headers: str) -> bytes:
    told = {
        "X-File-Path": path,
        "X-File-MD5": hashlib.md5(content).hexdigest(),
        "Content-Length": str(len(content)),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**told, **headers}.items())
    return f"--B\r\n{lines}\r\n".encode() + content + b"\r\n"


def test_many_small_files_in_one_request(alice: Asker) -> None:
    """Each path is answered for itself: those that can be stored are, the others say so."""
    body = (
        _part("/一.txt", b"one", **{"X-File-Mtime": "1500000000"})
        + _part("/no/dir.txt", b"two")
        + b"--B--\r\n"
    )

    answer = alice.ask("POST", "/remote.php/dav/bulk", body, Content_Type="multipart/related; boundary=B")

    assert 200 == answer.status
    assert b'"/no/dir.txt": {"error": true' in answer.body
    assert b'"error": false' in answer.body
    assert b"one" == alice.file("GET", "一.txt").body
    assert "Fri, 14 Jul 2017 02:40:00 GMT" == alice.one("一.txt", "d:getlastmodified")


def test_a_wrong_md5_ends_a_bulk_upload(alice: Asker) -> None:
    """400 and what was written until then; what follows is not looked at."""
    body = _part("/1", b"1") + _part("/2", b"2", **{"X-File-MD5": "0"}) + _part("/3", b"3") + b"--B--\r\n"

    answer = alice.ask("POST", "/remote.php/dav/bulk", body, Content_Type='multipart/related; boundary="B"')

    assert 400 == answer.status
    assert b"/1" in answer.body
    assert [200, 404, 404] == [alice.file("GET", name).status for name in "123"]


def test_search_and_filters(alice: Asker) -> None:
    """SEARCH finds by name, size and time with upper-case hex in its hrefs; a REPORT finds favorites."""
    alice.file("MKCOL", "求")
    for name, size in (("a.pdf", 1), ("b.pdf", 20), ("c.txt", 300)):
        alice.file("PUT", f"求/{name}", b"x" * size)
    alice.set(alice.address("求/b.pdf"), "oc:favorite", "1")
    term = "<d:{0}><d:prop><{1}/></d:prop><d:literal>{2}</d:literal></d:{0}>".format
    terms = term("like", "d:displayname", "%.PDF") + term("gt", "oc:size", "5")
    terms += term("eq", "oc:fileid", alice.one("求/b.pdf", "oc:id")) + term(
        "gt", "d:getlastmodified", "2020-01-01T00:00:00Z"
    )
    where = f"<d:and>{terms}</d:and>"
    scope = "<d:scope><d:href>/files/alice</d:href><d:depth>infinity</d:depth></d:scope>"
    query = (
        f"<d:select><d:prop><oc:size/></d:prop></d:select><d:from>{scope}</d:from><d:where>{where}</d:where>"
    )
    spaces = 'xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"'

    hits = alice.ask(
        "SEARCH",
        "/remote.php/dav/",
        f"<d:searchrequest {spaces}><d:basicsearch>{query}</d:basicsearch></d:searchrequest>",
    )
    rules = "<oc:filter-rules><oc:favorite>1</oc:favorite></oc:filter-rules>"
    marked = alice.file("REPORT", "", f"<oc:filter-files {spaces}>{rules}</oc:filter-files>")

    assert {"/remote.php/dav/files/alice/求/b.pdf": {"oc:size": "20"}} == hits.properties
    assert b"%E6%B1%82" in hits.body
    assert ["/remote.php/dav/files/alice/求/b.pdf"] == list(marked.properties)


def test_a_file_that_is_being_written_is_locked(server: NextcloudDouble, alice: Asker) -> None:
    """423 while the lock is there, and then no more."""
    alice.file("PUT", "busy", b"x")
    server.seed(locked=[{"user": "alice", "path": "busy"}])

    assert 423 == alice.file("PUT", "busy", b"y").status == alice.file("DELETE", "busy").status
    server.seed(locked=[])
    assert 204 == alice.file("PUT", "busy", b"y").status


def test_an_upload_that_breaks_off_leaves_nothing(server: NextcloudDouble, alice: Asker) -> None:
    """Less content than was announced answers 400, and the name stays free."""
    login = base64.b64encode(b"alice:a").decode()
    head = f"PUT {alice.address('cut')} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {login}\r\nContent-Length: 1000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
        line.sendall(head.encode() + b"only this")
        line.shutdown(socket.SHUT_WR)
        answer = line.recv(1000)

    assert b" 400 " in answer.partition(b"\r\n")[0]
    assert 404 == alice.file("GET", "cut").status
