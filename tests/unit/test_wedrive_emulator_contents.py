"""The WeDrive emulator's contents: one-shot and block uploads, instant uploads, cards, downloads."""

import base64
import hashlib
import http.client
from collections.abc import Iterator

import pytest

from lading.testkit.servers import WeDriveEmulator, require_server
from lading.testkit.wedrive.caller import Caller, Reply
from lading.testkit.wedrive.digest import block_digests
from support.wedrive_emulator import BLOCK, as_at_the_start, blocks, calling

CONTENT = bytes(range(256)) * 8192 * 2 + b"tail"  # three blocks, the last of four bytes


@pytest.fixture(scope="module")
def running() -> Iterator[WeDriveEmulator]:
    with require_server(WeDriveEmulator) as server:
        yield server


@pytest.fixture
def server(running: WeDriveEmulator) -> WeDriveEmulator:
    running.control("forget_contents")
    return as_at_the_start(running)


@pytest.fixture
def caller(server: WeDriveEmulator) -> Iterator[Caller]:
    yield from calling(server)


def begin(caller: Caller, content: bytes = CONTENT, **more: object) -> Reply:
    """The reply of `file_upload_init` for *content* as big.bin in a new space."""
    spaceid = caller.space()
    asked = {
        "spaceid": spaceid,
        "fatherid": spaceid,
        "file_name": "big.bin",
        "size": len(content),
        "block_sha": block_digests(blocks(content)),
        "skip_push_card": True,
    }
    return caller.call("file_upload_init", **{**asked, **more})


def downloaded(caller: Caller, fileid: str) -> bytes:
    return caller.fetch(caller.call("file_download", fileid=fileid))[1]


def test_parts_may_come_in_any_order_and_twice(caller: Caller) -> None:
    """Index from 1, any order, a part sent again replaces the first; the content is the announced one."""
    opened = begin(caller)
    key = opened["upload_key"]
    cut = list(blocks(CONTENT))
    assert 0 == caller.part(key, 2, bytes(BLOCK))["errcode"]
    for index in (3, 1, 2):
        assert 0 == caller.part(key, index, cut[index - 1])["errcode"]
    fileid = caller.call("file_upload_finish", upload_key=key)["fileid"]

    assert False is opened["hit_exist"]
    assert CONTENT == downloaded(caller, fileid)
    told = caller.call("file_info", fileid=fileid)["file_info"]
    assert (hashlib.sha1(CONTENT).hexdigest(), "") == (told["sha"], told["md5"])


def test_a_part_has_the_length_of_its_block(caller: Caller) -> None:
    """Index 0, one beyond the last, a short block and a long last one are refused."""
    key = begin(caller)["upload_key"]

    assert 640027 == caller.part(key, 0, bytes(BLOCK))["errcode"]
    assert 640027 == caller.part(key, 4, b"tail")["errcode"]
    assert 640027 == caller.part(key, 1, bytes(BLOCK - 1))["errcode"]
    assert 640027 == caller.part(key, 3, b"tails")["errcode"]
    assert 640022 == caller.part(key, 3, b"")["errcode"]


def test_a_missing_part_is_refused_and_can_follow(server: WeDriveEmulator, caller: Caller) -> None:
    """Finish answers the switched code, nothing appears; with the part it succeeds."""
    server.control("configure", finish_incomplete=640011)
    key = begin(caller)["upload_key"]
    cut = list(blocks(CONTENT))
    for index in (1, 3):
        caller.part(key, index, cut[index - 1])

    assert 640011 == caller.call("file_upload_finish", upload_key=key)["errcode"]
    caller.part(key, 2, cut[1])
    assert 0 == caller.call("file_upload_finish", upload_key=key)["errcode"]
    assert 640027 == caller.call("file_upload_finish", upload_key=key)["errcode"]


@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_each_digest_is_checked(caller: Caller, wrong: int) -> None:
    """One wrong digest in the list, also an inner one, and finish refuses."""
    digests = block_digests(blocks(CONTENT))
    digests[wrong] = "0" * 40
    key = begin(caller, block_sha=digests)["upload_key"]
    for index, block in enumerate(blocks(CONTENT), start=1):
        caller.part(key, index, block)

    assert 640027 == caller.call("file_upload_finish", upload_key=key)["errcode"]


def test_hashes_of_single_blocks_are_wrong(caller: Caller) -> None:
    """The trap of the digest: SHA-1 of each block on its own is not what is asked for."""
    each = [hashlib.sha1(it).hexdigest() for it in blocks(CONTENT)]
    key = begin(caller, block_sha=each)["upload_key"]
    for index, block in enumerate(blocks(CONTENT), start=1):
        caller.part(key, index, block)

    assert 640027 == caller.call("file_upload_finish", upload_key=key)["errcode"]


def test_the_announcement_has_to_fit_the_size(caller: Caller) -> None:
    """Number and form of the digests, size zero, and more than 20 GiB."""
    for wrong in (
        {"block_sha": block_digests(blocks(CONTENT))[:2]},
        {"block_sha": ["xyz"] * 3},
        {"block_sha": []},
        {"size": 0, "block_sha": [hashlib.sha1(b"").hexdigest()]},
        {"size": 21_474_836_481, "block_sha": ["0" * 40] * 10_241},
    ):
        assert 640027 == begin(caller, **wrong)["errcode"]
    allowed = begin(caller, size=21_474_836_480, block_sha=["0" * 40] * 10_240)
    assert 0 == allowed["errcode"]


def test_known_content_is_there_at_once(server: WeDriveEmulator, caller: Caller) -> None:
    """The second upload of a content hits: `fileid` and no `upload_key`; it costs one call."""
    spaceid = caller.space()
    caller.upload(spaceid, "first.bin", CONTENT)
    used = server.control("counters")["quota_used"]
    reply = begin(caller, spaceid=spaceid, fatherid=spaceid)

    assert (True, False) == (reply["hit_exist"], "upload_key" in reply)
    assert CONTENT == downloaded(caller, reply["fileid"])
    assert used + 3 == server.control("counters")["quota_used"]  # space, init, download
    server.control("configure", instant=False)
    assert "upload_key" in begin(caller)


def test_a_key_has_an_end(server: WeDriveEmulator, caller: Caller) -> None:
    """After its life it is refused, and its blocks can be swept away."""
    key = begin(caller)["upload_key"]
    caller.part(key, 3, b"tail")
    server.control("clock", advance=86_401)
    caller.login()

    assert 640027 == caller.part(key, 1, CONTENT[:BLOCK])["errcode"]
    assert 1 <= server.control("sweep_uploads")["swept"]
    assert 0 == server.control("counters")["open_uploads"]
    assert [] == list((server.root / "uploads").iterdir())


def test_an_upload_outlives_a_kill(server: WeDriveEmulator, caller: Caller) -> None:
    """Parts that were answered are there after SIGKILL; the rest completes them."""
    key = begin(caller)["upload_key"]
    cut = list(blocks(CONTENT))
    caller.part(key, 1, cut[0])
    server.kill()
    server.restart()
    caller.close()
    for index in (2, 3):
        assert 0 == caller.part(key, index, cut[index - 1])["errcode"]

    assert 0 == caller.call("file_upload_finish", upload_key=key)["errcode"]


def test_parts_cost_quota_unless_switched_off(server: WeDriveEmulator, caller: Caller) -> None:
    """Nobody says whether part calls count; both can be had."""
    key = begin(caller)["upload_key"]
    before = server.control("counters")["quota_used"]
    caller.part(key, 3, b"tail")
    assert before + 1 == server.control("counters")["quota_used"]

    server.control("configure", count_parts=False)
    caller.part(key, 3, b"tail")
    assert before + 1 == server.control("counters")["quota_used"]


def test_cards_are_counted_with_their_people(server: WeDriveEmulator, caller: Caller) -> None:
    """Without `skip_push_card` a card goes to each member when the file appears; with it none does."""
    server.control("person", userid="AliceWang")
    server.control("department", id=7, name="法务部")
    server.control("person", userid="bob", departments=[7])
    spaceid = caller.space()
    auth = [{"type": 2, "departmentid": 7, "auth": 1}, {"type": 1, "userid": "AliceWang", "auth": 7}]
    caller.call("space_acl_add", spaceid=spaceid, auth_info=auth)
    for mute in (True, False):
        key = begin(caller, spaceid=spaceid, fatherid=spaceid, skip_push_card=mute)["upload_key"]
        for index, block in enumerate(blocks(CONTENT), start=1):
            caller.part(key, index, block)
        caller.call("file_upload_finish", upload_key=key)
        server.control("forget_contents")
    cards = server.control("counters")["cards"]

    assert [("file_upload_finish", ["alicewang", "bob"])] == [(it["endpoint"], it["people"]) for it in cards]


def test_one_shot_uploads_push_cards_unless_switched_off(server: WeDriveEmulator, caller: Caller) -> None:
    """There is no field to mute `file_upload`; whether it pushes a card nobody says."""
    spaceid = caller.space()
    caller.upload(spaceid, "a", b"x")
    assert ["file_upload"] == [it["endpoint"] for it in server.control("counters")["cards"]]

    server.control("configure", one_shot_card=False)
    caller.upload(spaceid, "b", b"x")
    assert 1 == len(server.control("counters")["cards"])


def test_one_shot_has_a_limit(server: WeDriveEmulator, caller: Caller) -> None:
    """10 MiB pass, one byte more does not; with the decimal reading neither does."""
    spaceid = caller.space()
    full = bytes(10 * 1024 * 1024)
    assert 0 == caller.upload(spaceid, "full", full)["errcode"]
    assert 640027 == caller.upload(spaceid, "over", full + b"x")["errcode"]

    server.control("configure", one_shot=10_000_000)
    assert 640027 == caller.upload(spaceid, "full", full)["errcode"]


@pytest.mark.parametrize("encoded", ["", None, "data:text/plain;base64,eA==", "eA=", "ä"])
def test_bad_base64_is_refused(caller: Caller, encoded: str | None) -> None:
    """Empty, with a prefix, or broken: 640022."""
    spaceid = caller.space()
    asked = {"spaceid": spaceid, "fatherid": spaceid, "file_name": "a"}

    assert 640022 == caller.call("file_upload", **asked, file_base64_content=encoded)["errcode"]


def test_empty_files_can_be_switched_on(server: WeDriveEmulator, caller: Caller) -> None:
    """By default a file without a byte is refused both ways; the other reading takes it."""
    spaceid = caller.space()
    assert 640022 == caller.upload(spaceid, "empty", b"")["errcode"]

    server.control("configure", empty_file="accepted")
    fileid = caller.upload(spaceid, "empty", b"")["fileid"]
    assert b"" == downloaded(caller, fileid)
    assert True is begin(caller, b"")["hit_exist"]
    server.control("forget_contents")
    key = begin(caller, b"")["upload_key"]
    assert 0 == caller.part(key, 1, b"")["errcode"]
    assert 0 == caller.call("file_upload_finish", upload_key=key)["errcode"]


@pytest.mark.parametrize(("told", "right"), [("blank", False), ("wrong", False), ("right", True)])
def test_md5_after_parts_is_not_to_be_trusted(
    server: WeDriveEmulator, caller: Caller, told: str, right: bool
) -> None:
    """Blank or wrong by switch after a block upload; right after a one-shot one."""
    server.control("configure", md5_of_parts=told)
    key = begin(caller)["upload_key"]
    for index, block in enumerate(blocks(CONTENT), start=1):
        caller.part(key, index, block)
    fileid = caller.call("file_upload_finish", upload_key=key)["fileid"]
    md5 = caller.call("file_info", fileid=fileid)["file_info"]["md5"]

    assert right is (md5 == hashlib.md5(CONTENT).hexdigest())
    assert (told == "blank") is (md5 == "")


def test_a_download_needs_its_cookie_in_time(server: WeDriveEmulator, caller: Caller) -> None:
    """403 without the cookie or with another one, and after two hours; a fresh address works."""
    spaceid = caller.space()
    fileid = caller.upload(spaceid, "a", b"content")["fileid"]
    told = caller.call("file_download", fileid=fileid)

    assert (200, b"content") == caller.fetch(told)
    assert 403 == caller.fetch({**told, "cookie_value": "other"})[0]
    line = http.client.HTTPConnection("127.0.0.1", server.port)
    line.request("GET", told["download_url"].partition(str(server.port))[2])
    assert 403 == line.getresponse().status
    line.close()
    server.control("clock", advance=7_200)
    assert 403 == caller.fetch(told)[0]
    caller.login()
    assert 200 == caller.fetch(caller.call("file_download", fileid=fileid))[0]


def test_a_range_is_honoured_unless_switched_off(server: WeDriveEmulator, caller: Caller) -> None:
    """206 with the part, 416 beyond the end; with the switch off the whole comes with 200."""
    spaceid = caller.space()
    told = caller.call("file_download", fileid=caller.upload(spaceid, "a", b"0123456789")["fileid"])

    assert (206, b"345") == caller.fetch(told, Range="bytes=3-5")
    assert (206, b"89") == caller.fetch(told, Range="bytes=-2")
    assert (206, b"9") == caller.fetch(told, Range="bytes=9-")
    assert 416 == caller.fetch(told, Range="bytes=10-")[0]
    server.control("configure", ranges=False)
    assert (200, b"0123456789") == caller.fetch(told, Range="bytes=3-5")


def test_damage_does_not_show_in_the_digest(server: WeDriveEmulator, caller: Caller) -> None:
    """A byte that has changed on the disk: the listing says what was uploaded, the download differs."""
    spaceid = caller.space()
    fileid = caller.upload(spaceid, "a", b"never seen before")["fileid"]
    server.control("damage", fileid=fileid)
    sha = caller.call("file_info", fileid=fileid)["file_info"]["sha"]

    assert hashlib.sha1(b"never seen before").hexdigest() == sha
    assert sha != hashlib.sha1(downloaded(caller, fileid)).hexdigest()


def test_a_fetch_can_fail(server: WeDriveEmulator, caller: Caller) -> None:
    """A status ordered for the address of a content comes once."""
    spaceid = caller.space()
    told = caller.call("file_download", fileid=caller.upload(spaceid, "a", b"x")["fileid"])
    server.control("force", endpoint="download_url", status=502)

    assert 502 == caller.fetch(told)[0]
    assert (200, b"x") == caller.fetch(told)


def test_a_dropped_answer_may_have_happened(server: WeDriveEmulator, caller: Caller) -> None:
    """A connection that ends after the work leaves the file behind: look before sending again."""
    spaceid = caller.space()
    server.control("force", endpoint="file_upload", drop=True, after=True)
    asked = base64.b64encode(b"x").decode()
    with pytest.raises((http.client.HTTPException, OSError)):
        caller.call(
            "file_upload", spaceid=spaceid, fatherid=spaceid, file_name="a", file_base64_content=asked
        )
    caller.close()

    assert ["a"] == caller.names(spaceid)
