"""Versions, trash, tags and comments of the double, with the traps that were measured."""

from collections.abc import Iterator

import pytest

from lading.testkit.nextcloud.asking import Asker
from lading.testkit.servers import NextcloudDouble, require_server

PEOPLE = [{"id": "alice", "password": "p", "tokens": ["a"]}, {"id": "bob", "password": "p", "tokens": ["b"]}]
VERSIONS = "/remote.php/dav/versions/alice/versions"
TRASH = "/remote.php/dav/trashbin/alice/trash"


@pytest.fixture(scope="module")
def server() -> Iterator[NextcloudDouble]:
    with require_server(lambda: NextcloudDouble(seed={"users": PEOPLE})) as running:
        yield running


@pytest.fixture
def alice(server: NextcloudDouble) -> Asker:
    return Asker(server.url, "alice", "a")


def history(asker: Asker, path: str) -> dict[str, dict[str, str]]:
    """What the list of versions tells, by id."""
    names = ("d:getcontentlength", "nc:version-label", "nc:version-author")
    told = asker.propfind(f"{VERSIONS}/{asker.one(path, 'oc:fileid')}", *names).properties
    return {path.rpartition("/")[2]: it for path, it in told.items() if "d:getcontentlength" in it}


def test_the_list_holds_the_present_content_too(alice: Asker) -> None:
    """Three contents of three seconds are three entries; ids are times, and each downloads its own content."""
    for second, content in enumerate((b"one", b"second", b"the third")):
        alice.file("PUT", "v1", content, X_OC_MTime=str(1500000000 + second))
    file = alice.one("v1", "oc:fileid")

    told = history(alice, "v1")

    assert {"1500000000": "3", "1500000001": "6", "1500000002": "9"} == {
        name: it["d:getcontentlength"] for name, it in told.items()
    }
    assert {"alice"} == {it["nc:version-author"] for it in told.values()}
    assert b"one" == alice.ask("GET", f"{VERSIONS}/{file}/1500000000").body
    assert b"the third" == alice.ask("GET", f"{VERSIONS}/{file}/1500000002").body
    assert 404 == alice.ask("GET", f"{VERSIONS}/{file}/1400000000").status


def test_contents_of_one_time_push_each_other_out(alice: Asker) -> None:
    """Three uploads with one and the same time leave one entry, and it downloads the second content."""
    for content in (b"one", b"second", b"the third"):
        alice.file("PUT", "v2", content, X_OC_MTime="1500000000")
    file = alice.one("v2", "oc:fileid")

    assert ["1500000000"] == list(history(alice, "v2"))
    assert b"second" == alice.ask("GET", f"{VERSIONS}/{file}/1500000000").body
    assert b"the third" == alice.file("GET", "v2").body


def test_quick_uploads_lose_versions(alice: Asker) -> None:
    """Many uploads leave at most one entry for each second they took."""
    for number in range(20):
        alice.file("PUT", "v3", str(number).encode())

    told = history(alice, "v3")

    assert max(map(int, told)) - min(map(int, told)) + 1 >= len(told)
    assert len(told) < 20 or max(map(int, told)) - min(map(int, told)) >= 19


def test_an_empty_content_leaves_no_version(alice: Asker) -> None:
    """What was empty before an upload is not kept."""
    alice.file("PUT", "v4", b"", X_OC_MTime="1500000000")
    alice.file("PUT", "v4", b"x", X_OC_MTime="1500000001")

    assert ["1500000001"] == list(history(alice, "v4"))


def test_a_version_is_restored_by_moving_it(alice: Asker) -> None:
    """The old content is the present one again, with its own time; the one before is kept as a version."""
    for second, content in enumerate((b"old", b"new")):
        alice.file("PUT", "v5", content, X_OC_MTime=str(1500000000 + second))
    file = alice.one("v5", "oc:fileid")
    restore = "/remote.php/dav/versions/alice/restore/target"

    assert 201 == alice.ask("MOVE", f"{VERSIONS}/{file}/1500000000", Destination=restore).status

    assert b"old" == alice.file("GET", "v5").body
    assert "Fri, 14 Jul 2017 02:40:00 GMT" == alice.one("v5", "d:getlastmodified")
    assert b"new" == alice.ask("GET", f"{VERSIONS}/{file}/1500000001").body


def test_a_version_can_be_named_and_removed(alice: Asker) -> None:
    """A label is set by PROPPATCH; an old version can be deleted, the present content cannot."""
    for second in range(2):
        alice.file("PUT", "v6", str(second).encode(), X_OC_MTime=str(1500000000 + second))
    address = f"{VERSIONS}/{alice.one('v6', 'oc:fileid')}"

    assert 207 == alice.set(f"{address}/1500000000", "nc:version-label", "as signed 签署").status
    assert "as signed 签署" == history(alice, "v6")["1500000000"]["nc:version-label"]
    assert 403 == alice.ask("DELETE", f"{address}/1500000001").status
    assert 204 == alice.ask("DELETE", f"{address}/1500000000").status
    assert ["1500000001"] == list(history(alice, "v6"))


def test_thinning_leaves_named_versions(server: NextcloudDouble, alice: Asker) -> None:
    """The background job keeps one unnamed version a week of what is years old."""
    for second in range(4):
        alice.file("PUT", "v7", str(second).encode(), X_OC_MTime=str(1500000000 + second))
    alice.set(f"{VERSIONS}/{alice.one('v7', 'oc:fileid')}/1500000000", "nc:version-label", "kept")

    assert server.seed(thin=True)["thinned"] >= 1

    assert {"1500000000", "1500000002", "1500000003"} == set(history(alice, "v7"))


def test_what_is_deleted_lies_in_the_trash_and_comes_back_with_its_versions(alice: Asker) -> None:
    """The trash tells name, place and time; restoring puts file, id and versions back."""
    alice.file("MKCOL", "dir")
    for second in range(2):
        alice.file("PUT", "dir/gone.txt", str(second).encode(), X_OC_MTime=str(1500000000 + second))
    file = alice.one("dir/gone.txt", "oc:fileid")
    assert 204 == alice.file("DELETE", "dir/gone.txt").status
    names = (
        "nc:trashbin-filename",
        "nc:trashbin-original-location",
        "nc:trashbin-deletion-time",
        "oc:fileid",
    )

    ((path, told),) = [
        it for it in alice.propfind(TRASH, *names).properties.items() if it[1].get("oc:fileid") == file
    ]
    assert ("gone.txt", "dir/gone.txt") == (
        told["nc:trashbin-filename"],
        told["nc:trashbin-original-location"],
    )
    assert path.endswith(f"/gone.txt.d{told['nc:trashbin-deletion-time']}")
    assert b"1" == alice.ask("GET", path).body
    assert 201 == alice.ask("MOVE", path, Destination="/remote.php/dav/trashbin/alice/restore/gone").status

    assert file == alice.one("dir/gone.txt", "oc:fileid")
    assert {"1500000000", "1500000001"} == set(history(alice, "dir/gone.txt"))
    assert not [
        it for it in alice.propfind(TRASH, "oc:fileid").properties.values() if it.get("oc:fileid") == file
    ]


def test_what_lost_its_folder_comes_back_in_the_root(alice: Asker) -> None:
    """A taken name gets an addition, a folder that is gone is not made again."""
    alice.file("MKCOL", "lost")
    alice.file("PUT", "lost/lone.txt", b"deleted")
    alice.file("PUT", "lone.txt", b"there")
    alice.file("DELETE", "lost/lone.txt")
    alice.file("DELETE", "lost")
    (path,) = [it for it in alice.propfind(TRASH).properties if "/lone.txt.d" in it]

    alice.ask("MOVE", path, Destination="/remote.php/dav/trashbin/alice/restore/lone.txt")

    assert b"there" == alice.file("GET", "lone.txt").body
    assert b"deleted" == alice.file("GET", "lone (restored).txt").body


def test_tags_hang_on_files(alice: Asker) -> None:
    """A tag is made once, tied to a file and told with it."""
    alice.file("PUT", "tagged", b"x")
    file = alice.one("tagged", "oc:fileid")
    made = alice.ask(
        "POST", "/remote.php/dav/systemtags", '{"name": "密 级"}', Content_Type="application/json"
    )
    again = alice.ask(
        "POST", "/remote.php/dav/systemtags", '{"name": "密 级"}', Content_Type="application/json"
    )
    tag = made.headers["Content-Location"].rpartition("/")[2]

    assert [201, 409] == [made.status, again.status]
    address = f"/remote.php/dav/systemtags-relations/files/{file}"
    assert [201, 409] == [alice.ask("PUT", f"{address}/{tag}").status for _ in range(2)]
    told = alice.propfind(address, "oc:id", "oc:display-name").properties
    assert {"oc:id": tag, "oc:display-name": "密 级"} == told[f"{address}/{tag}"]
    assert 204 == alice.ask("DELETE", f"{address}/{tag}").status


def test_comments_have_the_time_of_the_server(server: NextcloudDouble, alice: Asker) -> None:
    """A comment is told with author and text; only its author changes it; nobody else sees those of a foreign file."""
    alice.file("PUT", "noted", b"x")
    address = f"/remote.php/dav/comments/files/{alice.one('noted', 'oc:fileid')}"
    body = '{"actorType": "users", "verb": "comment", "message": "看 <b>", "creationDateTime": "1999"}'
    made = alice.ask("POST", address, body.encode(), Content_Type="application/json")
    told = alice.propfind(address, "oc:message", "oc:actorId", "oc:creationDateTime").properties

    assert 201 == made.status
    (comment,) = [it for it in told.values() if it]
    assert ("看 <b>", "alice") == (comment["oc:message"], comment["oc:actorId"])
    assert "1999" not in comment["oc:creationDateTime"]
    assert 404 == Asker(server.url, "bob", "b").propfind(address).status
