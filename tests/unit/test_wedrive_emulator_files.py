"""The WeDrive emulator's spaces and files: names, paging, moving, deleting, who sees what."""

import base64
import hashlib
from collections.abc import Iterator

import pytest

from lading.testkit.servers import WeDriveEmulator, require_server
from lading.testkit.wedrive.caller import Caller
from lading.testkit.wedrive.names import numbered, units
from support.wedrive_emulator import NOON, as_at_the_start, calling


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


def folder(caller: Caller, spaceid: str, name: str, fatherid: str = "") -> str:
    asked = {"spaceid": spaceid, "fatherid": fatherid or spaceid, "file_type": 1, "file_name": name}
    return str(caller.call("file_create", **asked)["fileid"])


def code_of_upload(caller: Caller, spaceid: str, name: str) -> int:
    return int(caller.upload(spaceid, name, b"x")["errcode"])


def test_a_file_item_has_the_published_keys(caller: Caller) -> None:
    """No more and no fewer keys than section 3.3 has; the root is the spaceid; no url for a file."""
    spaceid = caller.space()
    fileid = caller.upload(spaceid, "融资租赁合同.pdf", b"lease")["fileid"]
    told = caller.call("file_info", fileid=fileid)["file_info"]

    assert {
        "fileid": fileid,
        "file_name": "融资租赁合同.pdf",
        "spaceid": spaceid,
        "fatherid": spaceid,
        "file_size": 5,
        "ctime": NOON,
        "mtime": NOON,
        "file_type": 2,
        "file_status": 1,
        "sha": hashlib.sha1(b"lease").hexdigest(),
        "md5": hashlib.md5(b"lease").hexdigest(),
    } == told


def test_replies_of_the_four_calls_have_their_own_keys(caller: Caller) -> None:
    """Rename answers `file`, info `file_info`, move and list `file_list.item`."""
    spaceid = caller.space()
    fileid = caller.upload(spaceid, "a.txt", b"x")["fileid"]
    inside = folder(caller, spaceid, "Deals")

    assert "b.txt" == caller.call("file_rename", fileid=fileid, new_name="b.txt")["file"]["file_name"]
    moved = caller.call("file_move", fileid=[fileid], fatherid=inside, replace=False)
    assert [inside] == [it["fatherid"] for it in moved["file_list"]["item"]]
    assert ["b.txt"] == caller.names(spaceid, inside)


def test_names_are_counted_in_units() -> None:
    """ASCII counts 1, anything else 2."""
    assert 255 == units("a" + "合" * 127)
    assert 4 == units("🙂é")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a" + "合" * 127, 0),
        ("合" * 128, 640009),
        ("a" * 255, 0),
        ("a" * 256, 640009),
        ("", 640009),
        ("..", 640009),
        ("a/b", 640009),
        ("tab\there", 640009),
        (" trailing. ", 0),
        ("🙂.txt", 0),
    ],
)
def test_names_are_checked(caller: Caller, name: str, code: int) -> None:
    """Too long, empty or forbidden is 640009."""
    assert code == code_of_upload(caller, caller.space(), name)


def test_twins_of_normal_forms_and_case_live_side_by_side(server: WeDriveEmulator, caller: Caller) -> None:
    """By default names are compared exactly; two other rules can be switched on."""
    spaceid = caller.space()
    for name in ("é.txt", "e\u0301.txt", "É.txt"):
        caller.upload(spaceid, name, b"x")
    assert {"é.txt", "e\u0301.txt", "É.txt"} == set(caller.names(spaceid))

    server.control("configure", names_equal="casefold")
    fileid = caller.upload(spaceid, "É.TXT", b"x")["fileid"]
    assert "É(1).TXT" == caller.call("file_info", fileid=fileid)["file_info"]["file_name"]


def test_a_number_goes_before_the_ending() -> None:
    """The platform's pattern for conflicts is name(1).ext."""
    assert "报告.v2(1).docx" == numbered("报告.v2.docx", 1)


@pytest.mark.parametrize(
    ("policy", "code", "names"),
    [
        ("rename", 0, ["a(1).txt", "a.txt"]),
        ("error", 640027, ["a.txt"]),
        ("overwrite", 0, ["a.txt"]),
        ("twins", 0, ["a.txt", "a.txt"]),
    ],
)
def test_a_name_conflict_follows_the_switch(
    server: WeDriveEmulator, caller: Caller, policy: str, code: int, names: list[str]
) -> None:
    """What happens on an upload to a taken name is not documented: four ways."""
    server.control("configure", conflict_upload=policy)
    spaceid = caller.space()
    caller.upload(spaceid, "a.txt", b"old")
    reply = caller.upload(spaceid, "a.txt", b"new")

    assert code == reply["errcode"]
    assert names == caller.names(spaceid)


def test_listing_goes_on_where_it_was_told_to(caller: Caller) -> None:
    """Pages of two: `has_more` until the last, `next_start` from reply to reply."""
    spaceid = caller.space()
    for name in ("a", "b", "c", "d", "e"):
        caller.upload(spaceid, name, b"x")
    found, start, more = [], 0, True
    while more:
        page = caller.call("file_list", spaceid=spaceid, fatherid=spaceid, sort_type=2, start=start, limit=2)
        found += [it["file_name"] for it in page["file_list"]["item"]]
        start, more = page["next_start"], page["has_more"]

    assert ["e", "d", "c", "b", "a"] == found
    assert 5 == start


def test_a_page_has_at_most_a_thousand(caller: Caller) -> None:
    """A larger limit, none, or an unknown order is refused."""
    spaceid = caller.space()
    asked = {"spaceid": spaceid, "fatherid": spaceid, "sort_type": 1, "start": 0}

    assert 640027 == caller.call("file_list", **asked, limit=1001)["errcode"]
    assert 640027 == caller.call("file_list", **asked)["errcode"]
    assert 640027 == caller.call("file_list", **{**asked, "sort_type": 7}, limit=1)["errcode"]
    assert 640011 == caller.call("file_list", **asked, limit="100")["errcode"]


def test_sizes_and_times_sort(server: WeDriveEmulator, caller: Caller) -> None:
    """Orders 3 to 6."""
    spaceid = caller.space()
    for name, size in (("big", 9), ("small", 1), ("middle", 5)):
        caller.upload(spaceid, name, bytes(size))
        server.control("clock", advance=1)

    assert ["small", "middle", "big"] == caller.names(spaceid, sort_type=3)
    assert ["big", "middle", "small"] == caller.names(spaceid, sort_type=4)
    assert ["big", "small", "middle"] == caller.names(spaceid, sort_type=5)
    assert ["middle", "small", "big"] == caller.names(spaceid, sort_type=6)


def test_moving_renames_or_replaces(caller: Caller) -> None:
    """`replace` false numbers the name, true removes the file that was there."""
    spaceid = caller.space()
    target = folder(caller, spaceid, "target")
    for name in ("a.txt", "b.txt"):
        caller.upload(spaceid, name, b"there", target)
    ids = [caller.upload(spaceid, name, b"new")["fileid"] for name in ("a.txt", "b.txt")]

    caller.call("file_move", fileid=ids[:1], fatherid=target, replace=False)
    assert ["a(1).txt", "a.txt", "b.txt"] == caller.names(spaceid, target)
    caller.call("file_move", fileid=ids[1:], fatherid=target, replace=True)
    assert ["a(1).txt", "a.txt", "b.txt"] == caller.names(spaceid, target)
    assert "b.txt" == caller.call("file_info", fileid=ids[1])["file_info"]["file_name"]


def test_a_folder_cannot_move_into_itself(caller: Caller) -> None:
    """Nor into what is below it; nothing has moved afterwards."""
    spaceid = caller.space()
    outer = folder(caller, spaceid, "outer")
    inner = folder(caller, spaceid, "inner", outer)

    assert 640021 == caller.call("file_move", fileid=[outer], fatherid=inner, replace=False)["errcode"]
    assert ["outer"] == caller.names(spaceid)


def test_moving_is_all_or_nothing(caller: Caller) -> None:
    """One unknown id in the array and nothing moves."""
    spaceid = caller.space()
    target = folder(caller, spaceid, "target")
    fileid = caller.upload(spaceid, "a.txt", b"x")["fileid"]
    reply = caller.call("file_move", fileid=[fileid, "unknown"], fatherid=target, replace=False)

    assert 640002 == reply["errcode"]
    assert [] == caller.names(spaceid, target)


def test_another_space_is_out_of_reach_until_switched(server: WeDriveEmulator, caller: Caller) -> None:
    """Moving across spaces is not documented."""
    here, there = caller.space(), caller.space()
    fileid = caller.upload(here, "a.txt", b"x")["fileid"]
    asked = {"fileid": [fileid], "fatherid": there, "replace": False}
    assert 640027 == caller.call("file_move", **asked)["errcode"]

    server.control("configure", move_across=True)
    moved = caller.call("file_move", **asked)["file_list"]["item"]
    assert [there] == [it["spaceid"] for it in moved]


def test_deleting_takes_all_below(caller: Caller) -> None:
    """Deleted is 640003, never known is 640002, and an id has to be in an array."""
    spaceid = caller.space()
    outer = folder(caller, spaceid, "outer")
    fileid = caller.upload(spaceid, "a.txt", b"x", outer)["fileid"]

    assert 640011 == caller.call("file_delete", fileid=outer)["errcode"]
    assert 0 == caller.call("file_delete", fileid=[outer])["errcode"]
    assert 640003 == caller.call("file_info", fileid=fileid)["errcode"]
    assert 640002 == caller.call("file_info", fileid="unknown")["errcode"]
    assert 640024 == caller.call("file_info", fileid="")["errcode"]
    assert [] == caller.names(spaceid)


def test_a_dismissed_space_is_gone(caller: Caller) -> None:
    """With all that was in it."""
    spaceid = caller.space()
    fileid = caller.upload(spaceid, "a.txt", b"x")["fileid"]

    assert 0 == caller.call("space_dismiss", spaceid=spaceid)["errcode"]
    assert 640001 == caller.call("space_info", spaceid=spaceid)["errcode"]
    assert 0 != caller.call("file_info", fileid=fileid)["errcode"]


def test_what_people_make_is_invisible(server: WeDriveEmulator, caller: Caller) -> None:
    """A space of a person is 48002 or 640004 for the app, by switch, with all its files."""
    server.control("person", userid="AliceWang", name="王丽")
    spaceid = server.control("space", name="Alice's", by="AliceWang")["spaceid"]
    content = base64.b64encode(b"private").decode()
    fileid = server.control("file", fatherid=spaceid, name="a.txt", content=content, by="AliceWang")["fileid"]

    assert 48002 == caller.call("space_info", spaceid=spaceid)["errcode"]
    assert 48002 == caller.call("file_download", fileid=fileid)["errcode"]
    server.control("configure", foreign_space=640004)
    assert 640004 == caller.call("space_info", spaceid=spaceid)["errcode"]


def test_a_ticket_opens_one_place(server: WeDriveEmulator, caller: Caller) -> None:
    """With a picker ticket the app uploads to and downloads from what people made, and nothing else is named."""
    server.control("person", userid="AliceWang")
    spaceid = server.control("space", name="Alice's", by="AliceWang")["spaceid"]
    ticket = server.control("ticket", spaceid=spaceid)["selected_ticket"]
    asked = {"selected_ticket": ticket, "file_name": "a.txt", "file_base64_content": "eA=="}

    reply = caller.call("file_upload", **asked)
    assert 0 == reply["errcode"]
    assert 640027 == caller.call("file_upload", **asked, spaceid=spaceid, fatherid=spaceid)["errcode"]
    assert 640027 == caller.call("file_upload", file_name="a", file_base64_content="eA==")["errcode"]
    for_file = server.control("ticket", fileid=reply["fileid"])["selected_ticket"]
    assert (200, b"x") == caller.fetch(caller.call("file_download", selected_ticket=for_file))


def test_documents_are_made_and_listed_but_not_downloaded(server: WeDriveEmulator, caller: Caller) -> None:
    """Sheet and doc can be created and have an address; no other kind can; folders and documents are 640029."""
    spaceid = caller.space()
    asked = {"spaceid": spaceid, "fatherid": spaceid}
    sheet = caller.call("file_create", **asked, file_type=4, file_name="台账")
    mind_map = server.control("document", fatherid=spaceid, name="map", file_type=7)["fileid"]

    assert sheet["url"] == caller.call("file_info", fileid=sheet["fileid"])["file_info"]["url"]
    assert 640027 == caller.call("file_create", **asked, file_type=5, file_name="form")["errcode"]
    assert 7 == caller.call("file_info", fileid=mind_map)["file_info"]["file_type"]
    for fileid in (sheet["fileid"], mind_map, folder(caller, spaceid, "folder")):
        assert 640029 == caller.call("file_download", fileid=fileid)["errcode"]


def test_a_father_has_to_be_a_folder_of_the_space(caller: Caller) -> None:
    """640021 for a file, for a folder elsewhere and for nothing."""
    spaceid, other = caller.space(), caller.space()
    fileid = caller.upload(spaceid, "a.txt", b"x")["fileid"]
    elsewhere = folder(caller, other, "elsewhere")
    codes = {caller.upload(spaceid, "b.txt", b"x", it)["errcode"] for it in (fileid, elsewhere, "unknown")}

    assert {640021} == codes


def test_values_are_told_as_switched(server: WeDriveEmulator, caller: Caller) -> None:
    """Milliseconds, capitals in `sha`, and a fileid for the root, except where rename says spaceid."""
    server.control("configure", time_unit="milliseconds", sha_case="upper", root_fatherid="fileid")
    spaceid = caller.space()
    fileid = caller.upload(spaceid, "a.txt", b"x")["fileid"]
    told = caller.call("file_info", fileid=fileid)["file_info"]

    assert (NOON * 1000, True) == (told["mtime"], told["sha"].isupper())
    assert spaceid != told["fatherid"]
    assert 0 == caller.upload(spaceid, "b.txt", b"x", told["fatherid"])["errcode"]
    assert spaceid == caller.call("file_rename", fileid=fileid, new_name="c")["file"]["fatherid"]


def test_limits_of_the_tree_can_be_switched_on(server: WeDriveEmulator, caller: Caller) -> None:
    """Depth, entries of a folder, and spaces."""
    server.control("configure", depth_limit=1, folder_limit=2)
    spaceid = caller.space()
    outer = folder(caller, spaceid, "outer")
    asked = {"spaceid": spaceid, "fatherid": outer, "file_type": 1, "file_name": "inner"}

    assert 640027 == caller.call("file_create", **asked)["errcode"]
    assert [0, 640027] == [code_of_upload(caller, spaceid, it) for it in ("a", "b")]
    server.control("configure", space_limit=1)
    assert 640027 == caller.call("space_create", space_name="one more")["errcode"]


def test_capacity_ends_and_comes_back(server: WeDriveEmulator, caller: Caller) -> None:
    """640007 when the corporation is full, 640006 when the creator is; deleting gives room."""
    spaceid = caller.space()
    fileid = caller.upload(spaceid, "a", bytes(1000))["fileid"]
    server.control("configure", capacity_member=1500)
    assert 640006 == caller.upload(spaceid, "b", bytes(501) + bytes(500_000))["errcode"]

    server.control("configure", capacity=1, capacity_member=0)
    assert 640007 == caller.upload(spaceid, "b", b"x")["errcode"]
    server.control("configure", capacity=1 << 40)
    assert 0 == caller.call("file_delete", fileid=[fileid])["errcode"]


def test_people_change_files_behind_our_back(server: WeDriveEmulator, caller: Caller) -> None:
    """A saved file stays the same file with another sha; the truth is readable apart from the API."""
    spaceid = caller.space()
    inside = folder(caller, spaceid, "Deals")
    fileid = caller.upload(spaceid, "a.txt", b"old", inside)["fileid"]
    before = caller.call("file_info", fileid=fileid)["file_info"]
    server.control("clock", advance=60)
    server.control("change", fileid=fileid, content=base64.b64encode(b"newer").decode())
    after = caller.call("file_info", fileid=fileid)["file_info"]

    assert (3, 5, 60) == (before["file_size"], after["file_size"], after["mtime"] - before["mtime"])
    paths = {it["path"]: it["sha"] for it in server.control("truth", spaceid=spaceid)["entries"]}
    assert {"Deals": "", "Deals/a.txt": after["sha"]} == paths


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"spaceid": "\\ud800"}', 640011),
        (b'{"spaceid": 7}', 640011),
        (b'{"spaceid": null}', 640026),
        (b"[]", 640011),
        (b"", 640026),
        (b"\xff\xfe", 640026),
    ],
)
def test_strange_bodies_are_refused(caller: Caller, body: bytes, code: int) -> None:
    """Half a surrogate pair, other kinds of values, no object, no JSON: a code, never a broken connection."""
    assert code == caller.send("space_info", body)["errcode"]


def test_numbers_beyond_all_bounds_are_refused(caller: Caller) -> None:
    """A cursor that no integer of 64 bits holds."""
    spaceid = caller.space()
    asked = {"spaceid": spaceid, "fatherid": spaceid, "sort_type": 1, "limit": 1}

    assert 640011 == caller.call("file_list", **asked, start=1 << 80)["errcode"]
    assert [] == caller.call("file_list", **asked, start=1 << 40)["file_list"]["item"]
