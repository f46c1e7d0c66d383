"""The WeDrive emulator agrees with the published facts: digests, tokens, limits, quotas, messages."""

import hashlib
import json
import re
from collections.abc import Iterator

import pytest

from lading.testkit.servers import WeDriveEmulator, require_server
from lading.testkit.servers.wedrive import ControlRefused
from lading.testkit.wedrive.caller import Caller
from lading.testkit.wedrive.digest import PlainState, block_digests
from lading.testkit.wedrive.endpoints import WEDRIVE
from support.wedrive_emulator import BLOCK, NOON, as_at_the_start, blocks, calling

VECTORS = [
    (b"\0", ["5ba93c9db0cff93f52b521d7420e43f6eda2784f"]),
    (bytes(BLOCK - 1), ["f17019cb3e912ef093a92c496a5233043e52ffce"]),
    (bytes(BLOCK), ["7d76d48d64d7ac5411d714a4bb83f37e3e5b8df6"]),
    (
        bytes(BLOCK + 1),
        ["0e555f3d864fa4796ebc5c499da6fc8bcc0408bf", "69d5b930d94540c401a9b9b21ef0d3f66e985d81"],
    ),
    (
        bytes(2 * BLOCK),
        ["0e555f3d864fa4796ebc5c499da6fc8bcc0408bf", "2bccbd2f38f15c13eb7d5a89fd9d85f595e23bc3"],
    ),
    (
        "\r\n".join(["1234567890"] * 500_000).encode(),
        [
            "5186fee37e9f7e77a1f6bea8d4e32638d5186d44",
            "cf540965f3190bc0c6367147ab0ac64dc9eff6a0",
            "bda1e884e1cb23a5cbdea73d2e00e23baa72d2f5",
        ],
    ),
    (
        b"a" * 5_000_000,
        [
            "d7a690d1b94baf0819425a2fd7530988754204d2",
            "92042107d3a99022396f607199aa87c066eca603",
            "d841752c53531553b4d0acb2321458c866b981d5",
        ],
    ),
    (
        bytes(range(256)) * 16_384,
        ["b8d8619566388433f1c4164bb5e2097a6cd86191", "d697024ed93ff625330d050391ade99cd5cbddad"],
    ),
]


@pytest.fixture(scope="module")
def running() -> Iterator[WeDriveEmulator]:
    with require_server(WeDriveEmulator) as server:
        yield server


@pytest.fixture
def server(running: WeDriveEmulator) -> WeDriveEmulator:
    return as_at_the_start(running)


@pytest.fixture
def caller(server: WeDriveEmulator) -> Iterator[Caller]:
    yield from calling(server)


@pytest.mark.parametrize(("content", "expected"), VECTORS, ids=lambda it: str(len(it)))
def test_block_digests_are_those_of_the_vendor(content: bytes, expected: list[str]) -> None:
    """The digests agree with the demo of the vendor and with values computed apart."""
    assert expected == block_digests(blocks(content))


def test_the_plain_digest_agrees_with_the_library() -> None:
    """Where libcrypto is missing the loop in Python finds the same chaining state."""
    plain = PlainState()
    plain.update(bytes(64 * 50))

    first, _ = block_digests([bytes(64 * 50), b"rest"])

    assert first == b"".join(it.to_bytes(4, "little") for it in plain.words()).hex()


def test_there_are_31_addresses_and_no_invented_ones(caller: Caller) -> None:
    """All calls of the official list exist; those of unofficial wrappers do not."""
    assert 31 == len(WEDRIVE)

    for invented in ("file_copy", "file_share_url", "space_delete", "space_list"):
        assert 0 != caller.call(invented)["errcode"]


def test_a_token_lives_two_hours_and_is_the_same_until_then(server: WeDriveEmulator, caller: Caller) -> None:
    """Asking again gives the same token; after 7,200 s it is refused with 42001 and there is a new one."""
    first = caller.login()
    server.control("clock", advance=100)
    again = caller.login()

    assert (7200, 7100) == (first["expires_in"], again["expires_in"])
    assert first["access_token"] == again["access_token"]
    assert len(first["access_token"]) <= 512

    server.control("clock", advance=7100)
    assert 42001 == caller.call("mng_capacity")["errcode"]
    assert first["access_token"] != caller.login()["access_token"]
    assert 0 == caller.call("mng_capacity")["errcode"]


def test_a_token_can_end_early(server: WeDriveEmulator, caller: Caller) -> None:
    """The platform may take a token back before its time: 40014."""
    caller.login()
    server.control("expire_tokens", invalidate=True)

    assert 40014 == caller.call("mng_capacity")["errcode"]


def test_a_wrong_corpid_or_secret_is_told_apart(server: WeDriveEmulator, caller: Caller) -> None:
    """40013 is the corpid, 40001 the secret."""
    assert 40013 == caller.get("gettoken", corpid="ww0", corpsecret=server.secret)["errcode"]
    assert 40001 == caller.get("gettoken", corpid=server.corpid, corpsecret="wrong")["errcode"]


def test_many_failing_logins_block_for_an_hour(server: WeDriveEmulator, caller: Caller) -> None:
    """After too many failures the right secret is refused too, until the block ends."""
    server.control("configure", bad_tokens_per_hour=3)
    for _ in range(4):
        caller.get("gettoken", corpid=server.corpid, corpsecret="wrong")

    assert 45009 == caller.login()["errcode"]
    server.control("clock", advance=3600)
    assert 0 == caller.login()["errcode"]


def test_a_message_has_the_shape_seen_in_public(caller: Caller) -> None:
    """Short text, hint in brackets, address of the caller, page with the code."""
    caller.token = "never-given"
    said = caller.call("mng_capacity")["errmsg"]

    assert re.fullmatch(
        r"invalid access_token, hint: \[\d+\], from ip: 127\.0\.0\.1, more info at https://\S+\?e=40014", said
    )


def test_json_that_is_none_is_remarked(caller: Caller) -> None:
    """Nothing of it is understood, so its fields are missing; the message carries the platform's remark."""
    reply = caller.send("space_info", b"{spaceid: 'x'}")

    assert 640026 == reply["errcode"]
    assert "Warning: wrong json format." in reply["errmsg"]


def test_only_a_trusted_address_may_call(server: WeDriveEmulator, caller: Caller) -> None:
    """With a list of trusted addresses any other one gets 60020."""
    server.control("configure", trusted_ips="10.1.1.1")
    assert 60020 == caller.login()["errcode"]

    server.control("configure", trusted_ips="10.1.1.1, 127.0.0.1")
    assert 0 == caller.login()["errcode"]


def test_an_app_outside_the_list_is_forbidden(server: WeDriveEmulator) -> None:
    """An app that is not in the WeDrive allow list, and the contacts secret, get 48002."""
    other = server.control("app", name="other", allowed=False)["secret"]
    for secret in (other, server.contacts_secret, server.old_secret):
        caller = Caller(server.url, server.corpid, secret)
        assert 48002 == caller.call("mng_capacity")["errcode"]
        caller.close()


def test_the_month_has_an_end(server: WeDriveEmulator, caller: Caller) -> None:
    """The free edition has 1,000 calls in a calendar month of China; then 640019 until the month ends."""
    server.control("configure", plan="free")
    for _ in range(1000):
        assert 0 == caller.call("mng_capacity")["errcode"]

    assert 640019 == caller.call("mng_capacity")["errcode"]
    told = server.control("counters")
    assert (1000, 0, {"0": 1000, "640019": 1}) == (
        told["quota_used"],
        told["quota_left"],
        told["calls"]["mng_capacity"],
    )

    server.control("clock", now=1_780_243_199)  # 31 May, 23:59:59 in China
    caller.login()
    assert 640019 == caller.call("mng_capacity")["errcode"]
    server.control("clock", advance=1)
    assert 0 == caller.call("mng_capacity")["errcode"]


def test_directory_and_login_cost_no_quota(server: WeDriveEmulator, caller: Caller) -> None:
    """The monthly quota is that of WeDrive alone."""
    caller.login()
    caller.ask("department/simplelist")

    assert 0 == server.control("counters")["quota_used"]


def test_a_lock_of_thirty_days_can_be_asked_for(server: WeDriveEmulator, caller: Caller) -> None:
    """With the other reading of the pages a new calendar month does not help."""
    server.control("configure", plan="free", quota_free=1, quota_window="30_days")
    caller.call("mng_capacity")
    assert 640019 == caller.call("mng_capacity")["errcode"]

    server.control("clock", advance=29 * 86_400)
    caller.login()
    assert 640019 == caller.call("mng_capacity")["errcode"]
    server.control("clock", advance=86_400)
    caller.login()
    assert 0 == caller.call("mng_capacity")["errcode"]


def test_one_api_has_a_frequency(server: WeDriveEmulator, caller: Caller) -> None:
    """Over the minute's limit that API is blocked for a minute, another one is not."""
    server.control("configure", per_minute=5)
    codes = [caller.call("mng_capacity")["errcode"] for _ in range(6)]

    assert [0] * 5 + [45009] == codes
    assert 0 == caller.call("mng_pro_info")["errcode"]
    server.control("clock", advance=59)
    assert 45009 == caller.call("mng_capacity")["errcode"]
    server.control("clock", advance=1)
    assert 0 == caller.call("mng_capacity")["errcode"]


def test_an_hour_blocks_for_an_hour(server: WeDriveEmulator, caller: Caller) -> None:
    """Over the hour's limit the block lasts 60 minutes."""
    server.control("configure", per_hour=2)
    codes = [caller.call("mng_capacity")["errcode"] for _ in range(3)]

    assert [0, 0, 45009] == codes
    server.control("clock", advance=3599)
    assert 45009 == caller.call("mng_capacity")["errcode"]
    server.control("clock", advance=1)
    assert 0 == caller.call("mng_capacity")["errcode"]


def test_errors_come_when_they_are_ordered(server: WeDriveEmulator, caller: Caller) -> None:
    """Busy for the second and third call; the fourth is answered."""
    server.control("force", endpoint="mng_capacity", code=-1, skip=1, times=2)

    assert [0, -1, -1, 0] == [caller.call("mng_capacity")["errcode"] for _ in range(4)]


def test_an_answer_can_lie(server: WeDriveEmulator, caller: Caller) -> None:
    """An error after the work: the space is there although the caller was told that it failed."""
    server.control("force", endpoint="file_create", code=-1, after=True)
    spaceid = caller.space()
    asked = {"spaceid": spaceid, "fatherid": spaceid, "file_type": 1, "file_name": "Lease"}

    assert -1 == caller.call("file_create", **asked)["errcode"]
    assert ["Lease"] == caller.names(spaceid)


def test_too_many_calls_at_once(server: WeDriveEmulator, caller: Caller) -> None:
    """While as many calls are under way as may be, one more gets 45033."""
    server.control("configure", concurrent=1)
    server.control("force", endpoint="mng_pro_info", delay=3600.0)
    slow = Caller(server.url, server.corpid, server.secret)
    slow.login()
    slow._line.request("POST", f"/cgi-bin/wedrive/mng_pro_info?access_token={slow.token}", b"{}")
    # The slow call may still be on its way, so the first ones may pass.
    refused = any(caller.call("mng_capacity")["errcode"] == 45033 for _ in range(9_000))
    slow.close()

    assert refused
    server.control("configure", concurrent=0)
    assert 0 == caller.call("mng_capacity")["errcode"]


def test_state_outlives_a_kill() -> None:
    """Spaces, contents, tokens, the clock and the quota are there after SIGKILL and a restart."""
    with require_server(WeDriveEmulator) as server:
        server.control("clock", now=NOON)
        before = Caller(server.url, server.corpid, server.secret)
        spaceid = before.space()
        fileid = before.upload(spaceid, "a.txt", b"contents")["fileid"]
        server.kill()
        server.restart()
        after = Caller(server.url, server.corpid, server.secret)
        after.token = before.token

        told = after.call("file_download", fileid=fileid)
        assert (200, b"contents") == after.fetch(told)
        assert (
            hashlib.sha1(b"contents").hexdigest()
            == after.call("file_info", fileid=fileid)["file_info"]["sha"]
        )
        assert 4 == server.control("counters")["quota_used"]


def test_answers_carry_the_date_of_the_emulator(server: WeDriveEmulator, caller: Caller) -> None:
    """Every answer says what time it is by the clock that the test has set."""
    caller._line.request("GET", "/cgi-bin/gettoken")
    answer = caller._line.getresponse()
    answer.read()

    assert "Thu, 28 May 2026 20:26:40 GMT" == answer.headers["Date"]


def test_the_control_door_is_locked(server: WeDriveEmulator, caller: Caller) -> None:
    """Without the secret it does nothing; an unknown order or switch is refused with a reason."""
    caller._line.request("POST", "/control/clock", json.dumps({"now": 0}), {"X-Control-Secret": "guess"})
    answer = caller._line.getresponse()
    answer.read()

    assert 403 == answer.status
    with pytest.raises(ControlRefused, match="no_such_switch"):
        server.control("configure", no_such_switch=1)
    with pytest.raises(ControlRefused, match="no such order"):
        server.control("explode")
