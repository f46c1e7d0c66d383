"""Logins, brakes, maintenance, capabilities and restarts of the double."""

import json
from collections.abc import Iterator

import pytest

from lading.testkit.nextcloud.asking import Asker
from lading.testkit.servers import NextcloudDouble, ServerFailed, require_server

PEOPLE = [
    {"id": "alice", "password": "own password", "tokens": ["a"]},
    {"id": "gone", "password": "p", "tokens": ["g"], "enabled": False},
]


@pytest.fixture
def server() -> Iterator[NextcloudDouble]:
    seed, options = {"users": PEOPLE}, {"attempts": 3}
    with require_server(lambda: NextcloudDouble(seed=seed, options=options)) as running:
        yield running


@pytest.fixture
def alice(server: NextcloudDouble) -> Asker:
    return Asker(server.url, "alice", "a")


def test_app_passwords(server: NextcloudDouble) -> None:
    """The account's password gets one, an app password gets none; each of several works until it is revoked."""
    with_password = Asker(server.url, "alice", "own password")
    tokens = [with_password.ocs("GET", "core/getapppassword").data["apppassword"] for _ in range(2)]
    first, second = (Asker(server.url, "alice", it) for it in tokens)

    assert [72, 72] == [len(it) for it in tokens]
    assert 403 == first.ocs("GET", "core/getapppassword").status
    assert [207, 207] == [it.propfind(it.address("")).status for it in (first, second)]
    assert 200 == first.ocs("DELETE", "core/apppassword").status
    assert [401, 207] == [it.propfind(it.address("")).status for it in (first, second)]


def test_wrong_logins_are_braked(server: NextcloudDouble, alice: Asker) -> None:
    """401 until too many came from one address; then 429 for everybody there, until they are forgotten."""
    stranger = Asker(server.url, "alice", "wrong")

    assert [401, 401, 401, 429] == [stranger.propfind(stranger.address("")).status for _ in range(4)]
    assert 429 == alice.propfind(alice.address("")).status
    assert 429 == alice.ocs("GET", "cloud/user").status
    server.seed(forget=True)
    assert 207 == alice.propfind(alice.address("")).status


def test_who_may_not_come_in(server: NextcloudDouble) -> None:
    """A disabled account and a missing login are 401; OCS tells 997 in its own words."""
    gone = Asker(server.url, "gone", "g")
    answer = gone.ocs("GET", "cloud/user")

    assert (401, 997) == (answer.status, answer.code)
    assert 401 == gone.propfind(gone.address("")).status
    assert "Basic" in gone.propfind(gone.address("")).headers["WWW-Authenticate"]


def test_a_session_cookie_spares_the_password(server: NextcloudDouble) -> None:
    """A cookie works together with its login, and not with another's."""
    asker = Asker(server.url, "alice", "own password")
    cookie = asker.propfind(asker.address("")).headers["Set-Cookie"].split(";")[0]

    assert "Set-Cookie" not in asker.ask("OPTIONS", asker.address(""), Cookie=cookie).headers
    stranger = Asker(server.url, "alice", "wrong")
    assert 401 == stranger.ask("OPTIONS", asker.address(""), Cookie=cookie).status


def test_maintenance(server: NextcloudDouble, alice: Asker) -> None:
    """503 with its header everywhere, except in status.php, which says so."""
    server.seed(maintenance=True)
    answer = alice.propfind(alice.address(""))

    assert (503, "1") == (answer.status, answer.headers["X-Nextcloud-Maintenance-Mode"])
    assert json.loads(alice.ask("GET", "/status.php").body)["maintenance"] is True
    server.seed(maintenance=False)
    assert 207 == alice.propfind(alice.address("")).status


def test_capabilities_in_both_formats(alice: Asker) -> None:
    """Version and features by JSON and by XML; without its header OCS answers 412; unknown calls 404."""
    told = alice.ocs("GET", "cloud/capabilities").data
    as_xml = alice.ask("GET", "/ocs/v1.php/cloud/capabilities", OCS_APIRequest="true").xml

    assert 33 == told["version"]["major"]
    assert ("1.0", "1.0") == (
        told["capabilities"]["dav"]["chunking"],
        told["capabilities"]["dav"]["bulkupload"],
    )
    assert "100" == as_xml.findtext("meta/statuscode")
    assert "33" == as_xml.findtext("data/version/major")
    assert "1" == as_xml.findtext("data/capabilities/files/undelete")
    assert 412 == alice.ask("GET", "/ocs/v2.php/cloud/capabilities").status
    assert 404 == alice.ocs("GET", "cloud/nothing").status


def test_everything_is_there_after_a_kill(server: NextcloudDouble, alice: Asker) -> None:
    """Files, their ids, versions and shares outlive the process, also when it is killed."""
    for second in range(2):
        alice.file("PUT", "报告", str(second).encode(), X_OC_MTime=str(1500000000 + second))
    alice.ocs("POST", "apps/files_sharing/api/v1/shares", {"path": "/报告", "shareType": 3})
    before = alice.props("报告", "oc:id", "d:getetag", "oc:share-types")

    server.kill()
    server.restart()

    assert before == alice.props("报告", "oc:id", "d:getetag", "oc:share-types")
    assert b"1" == alice.file("GET", "报告").body
    file = alice.one("报告", "oc:fileid")
    assert b"0" == alice.ask("GET", f"/remote.php/dav/versions/alice/versions/{file}/1500000000").body


def test_slow_passwords_can_be_switched_on(server: NextcloudDouble, alice: Asker) -> None:
    """The account's password still works when it is made slow; the app password is not touched."""
    server.seed(options={"slow_passwords": True})

    assert 207 == Asker(server.url, "alice", "own password").propfind(alice.address("")).status
    assert 207 == alice.propfind(alice.address("")).status


def test_lenient_pieces(server: NextcloudDouble, alice: Asker) -> None:
    """As on a server without Redis: any names and sizes, Destination only at the end; still nothing can be read back."""
    server.seed(options={"lenient_chunks": True})
    upload = "/remote.php/dav/uploads/alice/one"

    assert 201 == alice.ask("MKCOL", upload).status
    for name in ("00000000", "00000007"):
        assert 201 == alice.ask("PUT", f"{upload}/{name}", name.encode()).status
    assert [405, 405] == [alice.ask("GET", f"{upload}/{name}").status for name in ("00000000", ".file")]
    server.seed(options={"readable_chunks": True})
    assert b"0000000000000007" == alice.ask("GET", f"{upload}/.file").body
    assert 201 == alice.ask("MOVE", f"{upload}/.file", Destination=alice.address("x")).status
    assert b"0000000000000007" == alice.file("GET", "x").body


def test_only_who_knows_the_secret_seeds(server: NextcloudDouble, alice: Asker) -> None:
    """The seeding door is shut without its secret, also for somebody with a login."""
    assert 404 == alice.ask("POST", "/control", "{}", X_Control="guess").status
    server.secret = "guess"
    with pytest.raises(ServerFailed):
        server.seed(maintenance=True)


def test_other_ways_to_log_in(server: NextcloudDouble) -> None:
    """A mail address stands for its account, and so does an app password alone as a bearer token."""
    server.seed(users=[{"id": "u1", "password": "p", "tokens": ["t1"], "email": "one@example.com"}])
    by_mail = Asker(server.url, "one@example.com", "t1")

    assert "u1" == by_mail.ocs("GET", "cloud/user").data["id"]
    assert 404 == by_mail.propfind(by_mail.address("")).status
    assert 207 == by_mail.propfind("/remote.php/dav/files/u1/").status
    assert "u1" == by_mail.ocs("GET", "cloud/user", Authorization="Bearer t1").data["id"]


def test_capabilities_are_told_to_strangers(server: NextcloudDouble) -> None:
    """Version and features need no login; a wrong one is refused all the same."""
    headers = {"OCS_APIRequest": "true", "Authorization": ""}
    stranger = Asker(server.url, "alice", "wrong")

    assert 200 == stranger.ask("GET", "/ocs/v2.php/cloud/capabilities", **headers).status
    assert 401 == stranger.ocs("GET", "cloud/capabilities").status


def test_calls_are_counted(server: NextcloudDouble, alice: Asker) -> None:
    """Each door with how often it was asked, since the last look."""
    server.calls()
    for _ in range(2):
        alice.propfind(alice.address(""))
    alice.ocs("GET", "cloud/user")

    assert {"PROPFIND remote.php/dav/files": 2, "GET ocs/v2.php/cloud": 1} == server.calls()
    assert {} == server.calls()
