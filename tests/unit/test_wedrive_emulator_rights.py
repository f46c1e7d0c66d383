"""The WeDrive emulator's rights, settings, links, editions, accounts and directory."""

from collections.abc import Iterator

import pytest

from lading.testkit.servers import WeDriveEmulator, require_server
from lading.testkit.wedrive.caller import Caller
from support.wedrive_emulator import as_at_the_start, calling


@pytest.fixture(scope="module")
def running() -> Iterator[WeDriveEmulator]:
    with require_server(WeDriveEmulator) as server:
        server.control("department", id=7, name="法务部", parentid=1)
        server.control("department", id=8, name="合同组", parentid=7)
        server.control("department", id=9, name="财务部", parentid=1)
        for userid, home in (("AliceWang", 8), ("bob", 9), ("carol", 9), ("dave", 9), ("eve", 9)):
            server.control("person", userid=userid, name=userid.title(), departments=[home])
        yield server


@pytest.fixture
def server(running: WeDriveEmulator) -> WeDriveEmulator:
    return as_at_the_start(running)


@pytest.fixture
def caller(server: WeDriveEmulator) -> Iterator[Caller]:
    yield from calling(server)


@pytest.fixture
def bob(server: WeDriveEmulator) -> Iterator[Caller]:
    """The old edition, acting as the member bob."""
    server.control("configure", old_secret="works")
    yield from calling(server, server.old_secret, userid="bob")


def person(userid: str, **auth: int) -> dict[str, object]:
    return {"type": 1, "userid": userid, **auth}


def department(number: int | str, **auth: int) -> dict[str, object]:
    return {"type": 2, "departmentid": number, **auth}


def test_members_are_told_in_an_object(server: WeDriveEmulator, caller: Caller) -> None:
    """`auth_list` is an object with `auth_info`; userids keep the spelling of the directory."""
    spaceid = caller.space()
    given = [person("ALICEWANG", auth=7), department("9", auth=1)]
    assert 0 == caller.call("space_acl_add", spaceid=spaceid, auth_info=given)["errcode"]
    told = caller.call("space_info", spaceid=spaceid)["space_info"]

    assert [person("AliceWang", auth=7), department(9, auth=1)] == told["auth_list"]["auth_info"]
    server.control("configure", department_as="string")
    told = caller.call("space_info", spaceid=spaceid)["space_info"]
    assert "9" == told["auth_list"]["auth_info"][1]["departmentid"]


@pytest.mark.parametrize(
    ("member", "code"),
    [
        (person("bob", auth=1), 0),
        (person("bob", auth=7), 0),
        (person("bob", auth=2), 640020),
        (person("bob", auth=4), 640020),
        (person("bob"), 640020),
        (department(9, auth=7), 640020),
        (person("nobody", auth=1), 640012),
        (department(99, auth=1), 640013),
        ({"type": 3, "userid": "bob", "auth": 1}, 640027),
    ],
)
def test_the_api_gives_download_and_admin_only(caller: Caller, member: dict[str, object], code: int) -> None:
    """No edit right for members, no department as admin, nobody who does not exist."""
    spaceid = caller.space()

    assert code == caller.call("space_acl_add", spaceid=spaceid, auth_info=[member])["errcode"]


def test_three_admins_and_no_fourth(caller: Caller) -> None:
    """Those that are there count; the refused call changes nothing."""
    spaceid = caller.space()
    admins = [person(it, auth=7) for it in ("AliceWang", "bob", "carol")]
    caller.call("space_acl_add", spaceid=spaceid, auth_info=admins)
    reply = caller.call(
        "space_acl_add", spaceid=spaceid, auth_info=[person("eve", auth=1), person("dave", auth=7)]
    )

    assert 640027 == reply["errcode"]
    told = caller.call("space_info", spaceid=spaceid)["space_info"]["auth_list"]["auth_info"]
    assert {"AliceWang", "bob", "carol"} == {it["userid"] for it in told}
    four = [*admins, person("dave", auth=7)]
    assert 640027 == caller.call("space_create", space_name="four", auth_info=four)["errcode"]


def test_a_space_has_so_many_members(server: WeDriveEmulator, caller: Caller) -> None:
    """640010 beyond the limit of the console."""
    server.control("configure", member_limit=1)
    spaceid = caller.space()
    two = [person("bob", auth=1), person("carol", auth=1)]

    assert 640010 == caller.call("space_acl_add", spaceid=spaceid, auth_info=two)["errcode"]


def test_who_is_removed_beside_a_department_has_quit(caller: Caller) -> None:
    """A person whose department stays is told under `quit_userid` until added again."""
    spaceid = caller.space()
    both = [department(7, auth=1), person("AliceWang", auth=1), person("bob", auth=1)]
    caller.call("space_acl_add", spaceid=spaceid, auth_info=both)
    gone = [person("AliceWang"), person("bob")]
    caller.call("space_acl_del", spaceid=spaceid, auth_info=gone)

    told = caller.call("space_info", spaceid=spaceid)["space_info"]["auth_list"]
    assert {"auth_info": [department(7, auth=1)], "quit_userid": ["AliceWang"]} == told
    caller.call("space_acl_add", spaceid=spaceid, auth_info=[person("AliceWang", auth=1)])
    assert [] == caller.call("space_info", spaceid=spaceid)["space_info"]["auth_list"]["quit_userid"]


def test_preview_needs_professional_accounts(server: WeDriveEmulator, caller: Caller) -> None:
    """640015 without them; `space_create` takes the right on its page."""
    asked = {"space_name": "preview", "auth_info": [person("bob", auth=4)]}
    assert 640015 == caller.call("space_create", **asked)["errcode"]

    server.control("configure", professional=True)
    assert 0 == caller.call("space_create", **asked)["errcode"]


def test_settings_keep_what_is_left_out(caller: Caller) -> None:
    """Six switches; the others are accepted and ignored; a watermark needs professional accounts."""
    spaceid = caller.space()
    assert 0 == caller.call("space_setting", spaceid=spaceid, default_file_scope=2)["errcode"]
    caller.call("space_setting", spaceid=spaceid, enable_confidential_mode=True, enable_share_url=True)
    told = caller.call("new_space_info", spaceid=spaceid)["space_info"]["secure_setting"]

    assert 12 == len(told)
    assert (2, True, False) == (
        told["default_file_scope"],
        told["enable_confidential_mode"],
        told["enable_share_url"],
    )
    assert 640016 == caller.call("space_setting", spaceid=spaceid, enable_watermark=True)["errcode"]
    wrong = caller.call("space_setting", spaceid=spaceid, share_url_no_approve_default_auth=7)
    assert 640020 == wrong["errcode"]


def test_the_link_of_a_space_is_off_until_an_admin_acts(server: WeDriveEmulator, caller: Caller) -> None:
    """640028 until the console switches it on."""
    spaceid = caller.space()
    assert 640028 == caller.call("space_share", spaceid=spaceid)["errcode"]

    server.control("console", spaceid=spaceid, enable_share_url=True)
    assert caller.call("space_share", spaceid=spaceid)["space_share_url"].startswith("http")


def test_bad_ids_and_names_of_spaces(caller: Caller) -> None:
    """640026 empty, 640001 unknown, 640025 without a name."""
    assert 640026 == caller.call("space_info")["errcode"]
    assert 640001 == caller.call("space_info", spaceid="s.unknown")["errcode"]
    assert 640025 == caller.call("space_create", space_name="")["errcode"]
    assert 0 == caller.call("space_rename", spaceid=caller.space(), space_name="新名")["errcode"]


def test_rights_of_a_file_are_readable(server: WeDriveEmulator, caller: Caller) -> None:
    """Own members, those of the path and the link's range; sparse replies leave out what is empty."""
    spaceid = caller.space()
    caller.call("space_acl_add", spaceid=spaceid, auth_info=[department(9, auth=1)])
    fileid = caller.upload(spaceid, "a", b"x")["fileid"]
    assert 0 == caller.call("file_acl_add", fileid=fileid, auth_info=[person("AliceWang", auth=1)])["errcode"]
    assert 640020 == caller.call("file_acl_add", fileid=fileid, auth_info=[person("bob", auth=2)])["errcode"]
    caller.call("file_setting", fileid=fileid, auth_scope=2, auth=1)
    told = caller.call("get_file_permission", fileid=fileid)

    assert [person("AliceWang", auth=1)] == told["member_list"]
    assert [department(9, auth=1)] == told["inherit_father_auth"]["auth_list"]
    assert (True, 1, False, 255) == (
        told["share_range"]["enable_corp_internal"],
        told["share_range"]["corp_internal_auth"],
        told["share_range"]["enable_corp_external"],
        told["share_range"]["corp_external_auth"],
    )
    caller.call("file_acl_del", fileid=fileid, auth_info=[person("AliceWang")])
    server.control("configure", sparse=True)
    assert "member_list" not in caller.call("get_file_permission", fileid=fileid)


def test_ranges_and_watermarks_of_files(server: WeDriveEmulator, caller: Caller) -> None:
    """`auth_scope` 1 to 5; the watermark needs professional accounts and keeps what is left out."""
    spaceid = caller.space()
    fileid = caller.upload(spaceid, "a", b"x")["fileid"]
    codes = [caller.call("file_setting", fileid=fileid, auth_scope=it)["errcode"] for it in (0, 1, 5, 6)]
    assert [640023, 0, 0, 640023] == codes
    assert 640015 == caller.call("file_setting", fileid=fileid, auth_scope=2, auth=4)["errcode"]
    mark = {"text": "机密"}
    assert 640016 == caller.call("file_secure_setting", fileid=fileid, watermark=mark)["errcode"]

    server.control("configure", professional=True)
    caller.call("file_secure_setting", fileid=fileid, watermark=mark)
    caller.call("file_secure_setting", fileid=fileid, watermark={"margin_type": 2})
    told = caller.call("get_file_permission", fileid=fileid)["watermark"]
    assert ("机密", 2) == (told["text"], told["margin_type"])
    assert caller.call("file_share", fileid=fileid)["share_url"]


def test_the_old_secret_is_refused_until_it_works(server: WeDriveEmulator) -> None:
    """Whether tenants can still use it is the reference's most valuable open question."""
    caller = Caller(server.url, server.corpid, server.old_secret, userid="bob")
    assert 48002 == caller.call("space_create", space_name="old")["errcode"]
    caller.close()


def test_the_old_edition_acts_as_a_member(server: WeDriveEmulator, bob: Caller) -> None:
    """Spaces made by people open according to the member's right; without a userid nothing goes."""
    spaceid = server.control("space", name="Alice's", by="AliceWang")["spaceid"]
    inside = server.control("file", fatherid=spaceid, name="a", content="eA==", by="AliceWang")["fileid"]
    assert 640005 == bob.call("file_list", spaceid=spaceid, fatherid=spaceid)["errcode"]
    assert 640012 == bob.call("space_info", spaceid=spaceid, userid="")["errcode"]

    server.control("member", holder=spaceid, departmentid=9, auth=4)
    assert ["a"] == bob.names(spaceid)
    assert 640004 == bob.call("file_download", fileid=inside)["errcode"]
    server.control("member", holder=spaceid, departmentid=9, auth=1)
    assert (200, b"x") == bob.fetch(bob.call("file_download", fileid=inside))
    assert 640008 == bob.upload(spaceid, "b", b"y")["errcode"]
    server.control("member", holder=spaceid, userid="bob", auth=2)
    assert 0 == bob.upload(spaceid, "b", b"y")["errcode"]
    assert 640008 == bob.call("space_rename", spaceid=spaceid, space_name="Bob's")["errcode"]


def test_the_old_edition_has_its_own_rights_and_calls(bob: Caller) -> None:
    """Edit and preview instead of admin, ranges 1 to 3, no newer calls, the remaining capacity is told."""
    spaceid = bob.space()
    assert 0 == bob.call("space_acl_add", spaceid=spaceid, auth_info=[person("carol", auth=2)])["errcode"]
    assert 640020 == bob.call("space_acl_add", spaceid=spaceid, auth_info=[person("eve", auth=7)])["errcode"]
    fileid = bob.upload(spaceid, "a", b"x")["fileid"]

    assert 640023 == bob.call("file_setting", fileid=fileid, auth_scope=4)["errcode"]
    assert 48002 == bob.call("new_space_info", spaceid=spaceid)["errcode"]
    assert "rest_capacity_for_all" in bob.call("mng_capacity")


def test_the_old_console_can_be_off_or_read_only(server: WeDriveEmulator, bob: Caller) -> None:
    """640017 switched off, 640018 for changes while read-only."""
    server.control("configure", old_console="off")
    assert 640017 == bob.call("mng_capacity")["errcode"]

    server.control("configure", old_console="read")
    assert 640018 == bob.call("space_create", space_name="x")["errcode"]
    assert 0 == bob.call("mng_capacity")["errcode"]


def test_an_extra_userid_is_ignored_or_refused(server: WeDriveEmulator, caller: Caller) -> None:
    """In the current edition, by switch."""
    assert 0 == caller.call("space_create", space_name="x", userid="bob")["errcode"]

    server.control("configure", extra_userid="refused")
    assert 640027 == caller.call("space_create", space_name="x", userid="bob")["errcode"]


def test_capacity_has_no_rest_any_more(caller: Caller) -> None:
    """The current edition tells totals only."""
    assert {"errcode", "errmsg", "total_capacity_for_all", "total_capacity_for_vip"} == set(
        caller.call("mng_capacity")
    )


def test_professional_accounts_are_given_out(server: WeDriveEmulator, caller: Caller) -> None:
    """As many as there are; who has one succeeds again; the unknown fail; lists have pages."""
    server.control("configure", professional=True, professional_accounts=2)
    given = caller.call("vip/batch_add", userid_list=["AliceWang", "nobody", "bob", "carol"])
    assert (["AliceWang", "bob"], ["nobody", "carol"]) == (
        given["succ_userid_list"],
        given["fail_userid_list"],
    )
    assert ["bob"] == caller.call("vip/batch_add", userid_list=["bob"])["succ_userid_list"]
    told = caller.call("mng_pro_info")
    assert (True, 2, 2) == (told["is_pro"], told["total_vip_acct_num"], told["use_vip_acct_num"])

    first = caller.call("vip/list", limit=1)
    assert (True, ["AliceWang"]) == (first["has_more"], first["userid_list"])
    assert ["bob"] == caller.call("vip/list", limit=1, cursor=first["next_cursor"])["userid_list"]
    assert 640027 == caller.call("vip/batch_del", userid_list=["bob"] * 101)["errcode"]
    assert [] != caller.call("vip/batch_del", userid_list=["AliceWang", "bob"])["succ_userid_list"]
    assert [] == caller.call("vip/list")["userid_list"]


def test_ids_are_listed_for_the_contacts_secret_only(server: WeDriveEmulator, caller: Caller) -> None:
    """One row for each member and department, in pages; an app gets 48002."""
    contacts = Caller(server.url, server.corpid, server.contacts_secret)
    first = contacts.send("user/list_id", b'{"limit": 2}', prefix="")
    cursor = first["next_cursor"].encode()
    rest = contacts.send("user/list_id", b'{"limit": 10000, "cursor": "%s"}' % cursor, prefix="")

    assert [("AliceWang", 8), ("bob", 9)] == [(it["userid"], it["department"]) for it in first["dept_user"]]
    assert ("", 3) == (rest["next_cursor"], len(rest["dept_user"]))
    assert 48002 == contacts.ask("department/list")["errcode"]
    assert 48002 == caller.send("user/list_id", b"{}", prefix="")["errcode"]
    contacts.close()


def test_the_directory_is_seen_within_the_visible_range(server: WeDriveEmulator, caller: Caller) -> None:
    """An app of one department sees it and what is below it; the rest is 60011."""
    secret = server.control("app", name="narrow", visible=[7])["secret"]
    narrow = Caller(server.url, server.corpid, secret)
    assert [7, 8] == [it["id"] for it in narrow.ask("department/simplelist")["department_id"]]
    assert 60011 == narrow.ask("user/get", userid="bob")["errcode"]
    assert 60011 == narrow.ask("user/simplelist", department_id=9)["errcode"]
    narrow.close()

    assert [1, 7, 8, 9] == [it["id"] for it in caller.ask("department/list")["department"]]
    assert "合同组" == caller.ask("department/get", id=8)["department"]["name"]
    assert [] == caller.ask("user/simplelist", department_id=7)["userlist"]
    people = caller.ask("user/simplelist", department_id=8)["userlist"]
    assert [{"userid": "AliceWang", "name": "Alicewang", "department": [8]}] == people
    assert 0 == caller.ask("user/get", userid="ALICEWANG")["errcode"]


def test_the_verb_matters(caller: Caller) -> None:
    """WeDrive calls are POST, directory calls GET."""
    assert 0 != caller.ask("wedrive/mng_capacity")["errcode"]
    assert 0 != caller.send("department/simplelist", b"{}", prefix="")["errcode"]
