"""Shares, team folders, mounts and accounts of the double."""

from collections.abc import Iterator
from typing import Any

import pytest

from lading.testkit.nextcloud.asking import Answer, Asker
from lading.testkit.servers import NextcloudDouble, require_server

SEED: dict[str, Any] = {
    "users": [
        {"id": "alice", "password": "p", "tokens": ["a"], "groups": ["deals"], "name": "Alice 李"},
        {"id": "bob", "password": "p", "tokens": ["b"], "groups": ["deals"], "email": "bob@example.com"},
        {"id": "carol", "password": "p", "tokens": ["c"], "groups": ["audit"], "subadmin": ["audit"]},
        {"id": "idle", "password": "p"},
    ],
    "circles": [{"id": "circle1", "name": "Deal team", "owner": "alice", "members": ["carol"]}],
    "teamfolders": [
        {"mount": "Deals", "groups": {"deals": 31}, "acl": True, "managers": [["user", "alice"]]},
        {"mount": "Reports", "groups": {"deals": 1, "audit": 31}, "quota": 100},
    ],
    "external": [{"mount": "Old server", "users": ["bob"]}],
    "encrypted": [{"user": "alice", "path": "sealed"}],
}
SHARES = "apps/files_sharing/api/v1/shares"


@pytest.fixture(scope="module")
def server() -> Iterator[NextcloudDouble]:
    with require_server(lambda: NextcloudDouble(seed=SEED)) as running:
        yield running


@pytest.fixture
def alice(server: NextcloudDouble) -> Asker:
    return Asker(server.url, "alice", "a")


@pytest.fixture
def bob(server: NextcloudDouble) -> Asker:
    return Asker(server.url, "bob", "b")


@pytest.fixture
def carol(server: NextcloudDouble) -> Asker:
    return Asker(server.url, "carol", "c")


@pytest.fixture
def boss(server: NextcloudDouble) -> Asker:
    return Asker(server.url, server.user, server.password)


def share(asker: Asker, path: str, **about: Any) -> Answer:
    return asker.ocs("POST", SHARES, {"path": f"/{path}", **about})


def listed(asker: Asker, path: str = "") -> set[str]:
    return {it.rstrip("/").rpartition("/")[2] for it in asker.props(path, depth="1")}


def test_nobody_reads_the_files_of_others(alice: Asker, boss: Asker) -> None:
    """404 for the administrator too."""
    alice.file("PUT", "private", b"x")

    assert 404 == boss.ask("GET", alice.address("private")).status
    assert 404 == boss.propfind(alice.address("")).status


def test_a_received_share_lies_in_the_root(alice: Asker, bob: Asker) -> None:
    """It is mounted with the letters of its bits, can be renamed and left by the receiver, and is the same file."""
    alice.file("MKCOL", "one")
    alice.file("PUT", "one/a", b"x")
    made = share(alice, "one", shareType=0, shareWith="bob", permissions=1)
    (told,) = bob.props("one", "oc:permissions", "nc:mount-type", "oc:owner-id", "oc:fileid").values()

    assert 200 == made.status == made.code
    assert {"oc:permissions": "SGDNV", "nc:mount-type": "shared", "oc:owner-id": "alice"} == {
        name: it for name, it in told.items() if name != "oc:fileid"
    }
    assert told["oc:fileid"] == alice.one("one", "oc:fileid")
    assert 403 == bob.file("PUT", "one/a", b"y").status == bob.file("DELETE", "one/a").status
    assert 201 == bob.file("MOVE", "one", Destination="mine").status
    assert b"x" == bob.file("GET", "mine/a").body == alice.file("GET", "one/a").body
    assert 204 == bob.file("DELETE", "mine").status
    assert b"x" == alice.file("GET", "one/a").body
    assert [] == alice.ocs("GET", f"{SHARES}?path=/one").data


def test_a_change_below_a_share_is_seen_by_its_receiver(alice: Asker, bob: Asker) -> None:
    """The etag of the receiver's root changes with a file in what was shared."""
    alice.file("MKCOL", "seen")
    share(alice, "seen", shareType=1, shareWith="deals", permissions=15)
    before = bob.one("", "d:getetag")

    alice.file("PUT", "seen/new", b"x")

    assert before != bob.one("", "d:getetag")
    assert 204 == bob.file("PUT", "seen/new", b"by bob").status
    assert b"by bob" == alice.file("GET", "seen/new").body


def test_shares_are_told_by_both_sides(alice: Asker, bob: Asker) -> None:
    """The owner's list, the receiver's, that of a path, of what is in a folder, and of a single share."""
    alice.file("MKCOL", "two")
    alice.file("PUT", "two/a", b"x")
    made = share(
        alice, "two/a", shareType=0, shareWith="bob", permissions=19, note="看", expireDate="2099-01-31"
    ).data

    assert ("2099-01-31 23:59:59", "看", 19) == (made["expiration"], made["note"], made["permissions"])
    assert ("alice", "Alice 李", "bob") == (made["uid_owner"], made["displayname_owner"], made["share_with"])
    by_path = {"mine": alice.ocs("GET", f"{SHARES}?path=/two/a").data}
    by_path["inside"] = alice.ocs("GET", f"{SHARES}?path=/two&subfiles=true").data
    by_path["received"] = bob.ocs("GET", f"{SHARES}?shared_with_me=true&path=/a").data
    assert {name: [made["id"]] for name in by_path} == {
        name: [it["id"] for it in found] for name, found in by_path.items()
    }
    assert made["id"] == bob.ocs("GET", f"{SHARES}/{made['id']}").data[0]["id"]
    assert ["0", "bob"] == [
        alice.one("two/a", "oc:share-types"),
        (alice.one("two/a", "nc:sharees") or "")[:3],
    ]
    assert 400 == alice.ocs("GET", f"{SHARES}?path=/two/a&subfiles=true").status
    assert 404 == alice.ocs("GET", f"{SHARES}?path=/nothing").status


def test_a_link_has_all_its_limits(server: NextcloudDouble, alice: Asker) -> None:
    """Label, password, end and hidden download are told, and held at the public door."""
    alice.file("PUT", "public.txt", b"open")
    made = share(alice, "public.txt", shareType=3, label="for 银行", password="sesame").data
    nobody = Asker(server.url, "anonymous", "sesame")
    address = f"/public.php/dav/files/{made['token']}"

    assert ("for 银行", made["token"]) == (made["label"], made["url"].rpartition("/")[2])
    assert (200, b"open") == (nobody.ask("GET", address).status, nobody.ask("GET", address).body)
    assert 401 == Asker(server.url, "", "").ask("GET", address).status
    assert 401 == Asker(server.url, made["token"], "").ask("GET", "/public.php/webdav").status
    changed = alice.ocs("PUT", f"{SHARES}/{made['id']}", {"hideDownload": "true", "expireDate": "2099-12-31"})
    assert (1, "2099-12-31 23:59:59") == (changed.data["hide_download"], changed.data["expiration"])
    assert 403 == nobody.ask("GET", address).status
    assert 404 == alice.ocs("PUT", f"{SHARES}/{made['id']}", {"expireDate": "2001-01-01"}).status
    assert 200 == alice.ocs("DELETE", f"{SHARES}/{made['id']}").status
    assert 404 == nobody.ask("GET", address).status


def test_shares_of_all_types(alice: Asker, carol: Asker) -> None:
    """Group, mail, federated and circle shares are listed; unknown people and types are refused."""
    alice.file("PUT", "all", b"x")
    for kind, name in ((1, "deals"), (4, "x@example.com"), (6, "y@cloud.example.com"), (7, "circle1")):
        assert 200 == share(alice, "all", shareType=kind, shareWith=name).status

    assert {1, 4, 6, 7} == {it["share_type"] for it in alice.ocs("GET", f"{SHARES}?path=/all").data}
    assert b"x" == carol.file("GET", "all").body
    assert 404 == share(alice, "all", shareType=0, shareWith="nobody").status
    assert 404 == share(alice, "all", shareType=1, shareWith="nothing").status
    assert 403 == share(alice, "all", shareType=1, shareWith="deals").status
    assert 403 == share(alice, "all", shareType=0, shareWith="alice").status
    assert 404 == share(alice, "nothing", shareType=0, shareWith="bob").status


def test_a_share_without_download_is_not_read(alice: Asker, bob: Asker) -> None:
    """The attribute permissions/download=false answers the receiver's GET with 403."""
    alice.file("PUT", "watched", b"x")
    attributes = '[{"scope": "permissions", "key": "download", "value": false}]'
    made = share(alice, "watched", shareType=0, shareWith="bob", permissions=1, attributes=attributes).data

    assert '"value": false' in made["attributes"]
    assert 403 == bob.file("GET", "watched").status
    assert b"x" == alice.file("GET", "watched").body


def test_a_right_cannot_be_handed_on_that_is_not_held(alice: Asker, bob: Asker) -> None:
    """A receiver without the reshare bit shares nothing; with it no more than was given."""
    alice.file("MKCOL", "limits")
    share(alice, "limits", shareType=0, shareWith="bob", permissions=1)
    assert 403 == share(bob, "limits", shareType=0, shareWith="carol").status
    alice.file("MKCOL", "limits2")
    share(alice, "limits2", shareType=0, shareWith="bob", permissions=17)

    assert 404 == share(bob, "limits2", shareType=0, shareWith="carol", permissions=31).status
    made = share(bob, "limits2", shareType=0, shareWith="carol", permissions=1)
    assert (200, "alice", "bob") == (made.status, made.data["uid_file_owner"], made.data["uid_owner"])
    assert {"bob"} == {
        it["uid_owner"] for it in alice.ocs("GET", f"{SHARES}?path=/limits2&reshares=true").data
    } - {"alice"}


def test_a_team_folder_is_mounted_for_its_groups(alice: Asker, bob: Asker, carol: Asker) -> None:
    """Each member has it in the root with its group's bits; its root stays where it is; its quota is held."""
    names = ("oc:permissions", "nc:mount-type", "nc:group-folder-id", "d:quota-available-bytes")
    (told,) = alice.props("Reports", *names).values()

    assert "Reports" in listed(bob)
    assert "Deals" not in listed(carol)
    assert ["MG", "group", "2", "100"] == list(told.values())
    assert "RMGCK" == carol.one("Reports", "oc:permissions")
    assert 403 == alice.file("PUT", "Reports/a", b"x").status
    assert 201 == carol.file("PUT", "Reports/a", b"x").status
    assert 507 == carol.file("PUT", "Reports/big", b"x" * 200).status
    assert "RMGDNVW" == carol.one("Reports/a", "oc:permissions")
    assert (
        403
        == carol.file("DELETE", "Reports").status
        == carol.file("MOVE", "Reports", Destination="Mine").status
    )


def rule(kind: str, name: str, mask: int, bits: int) -> str:
    parts = {"mapping-type": kind, "mapping-id": name, "mask": str(mask), "permissions": str(bits)}
    return (
        "<nc:acl>" + "".join(f"<nc:acl-{key}>{it}</nc:acl-{key}>" for key, it in parts.items()) + "</nc:acl>"
    )


def test_a_denied_folder_is_missing_and_only_a_manager_is_told_why(alice: Asker, bob: Asker) -> None:
    """Mask 3 with permissions 0 hides a folder; the other member's list of rules on it is empty where it sees it."""
    for folder in ("Deals/board", "Deals/board/deep", "Deals/open"):
        alice.file("MKCOL", folder)
    assert 207 == alice.set(alice.address("Deals/board"), "nc:acl-list", rule("user", "bob", 3, 0)).status
    assert 207 == alice.set(alice.address("Deals/open"), "nc:acl-list", rule("user", "carol", 31, 1)).status

    assert "board" not in listed(bob, "Deals")
    assert 404 == bob.propfind(bob.address("Deals/board/deep")).status
    assert 404 == bob.ask("GET", bob.address("Deals/board/deep")).status
    names = ("nc:acl-enabled", "nc:acl-can-manage", "nc:acl-list")
    (told,), (hidden,) = (it.props("Deals/open", *names).values() for it in (alice, bob))
    assert {"nc:acl-enabled": "1", "nc:acl-can-manage": "1", "nc:acl-list": "usercarolcarol311"} == told
    assert {"nc:acl-enabled": "1", "nc:acl-can-manage": "", "nc:acl-list": ""} == hidden
    assert "userbobbob30" == alice.one("Deals/board/deep", "nc:inherited-acl-list")
    assert b"403" in bob.set(bob.address("Deals/open"), "nc:acl-list", rule("user", "bob", 31, 31)).body
    assert 400 == alice.set(alice.address("Deals/open"), "nc:acl-list", rule("user", "alice", 1, 0)).status
    assert 207 == alice.set(alice.address("Deals/board"), "nc:acl-list", "").status
    assert "board" in listed(bob, "Deals")


def test_a_rule_takes_and_gives_single_rights(alice: Asker, bob: Asker) -> None:
    """A group's denial of writing is lifted for one person by a rule of its own, at once and below."""
    alice.file("MKCOL", "Deals/rules")
    alice.file("MKCOL", "Deals/rules/in")
    rules = rule("group", "deals", 6, 0) + rule("user", "alice", 6, 6)
    alice.set(alice.address("Deals/rules"), "nc:acl-list", rules)

    assert 403 == bob.file("PUT", "Deals/rules/in/x", b"x").status
    assert 201 == alice.file("PUT", "Deals/rules/in/x", b"x").status
    assert "RMGD" == bob.one("Deals/rules/in/x", "oc:permissions")


def test_a_team_folder_without_default_rights(
    server: NextcloudDouble, alice: Asker, bob: Asker, boss: Asker
) -> None:
    """Members see nothing until a rule lets them; a manager can look, and then give."""
    closed = {"mount": "Closed", "groups": {"deals": 31}, "acl": True, "acl_default_no_permission": True}
    (folder,) = server.seed(teamfolders=[{**closed, "managers": [["user", "alice"]]}])["teamfolders"]

    assert "Closed" in listed(alice)
    assert "Closed" not in listed(bob)
    assert "MG" == alice.one("Closed", "oc:permissions")
    told = boss.ocs("GET", f"/index.php/apps/groupfolders/folders/{folder}").data
    assert told["acl_default_no_permission"] is True
    alice.set(alice.address("Closed"), "nc:acl-list", rule("user", "bob", 31, 5))
    assert "MGCK" == bob.one("Closed", "oc:permissions")


def test_no_rules_are_told_in_two_ways(alice: Asker, bob: Asker) -> None:
    """Who manages the rules has no property where there are none; a plain member has an empty one."""
    alice.file("MKCOL", "Deals/plain")

    assert alice.one("Deals/plain", "nc:acl-list") is None
    assert "" == bob.one("Deals/plain", "nc:acl-list")


def test_a_folder_stays_while_something_in_it_may_not_be_deleted(alice: Asker, bob: Asker) -> None:
    """A denial of deleting far below, even one that hides its folder, keeps the folder above from going."""
    for folder in ("Deals/kept", "Deals/kept/in", "Deals/kept/in/hidden"):
        alice.file("MKCOL", folder)
    alice.set(alice.address("Deals/kept/in/hidden"), "nc:acl-list", rule("user", "bob", 31, 0))

    assert 403 == bob.file("DELETE", "Deals/kept").status
    assert 204 == alice.file("DELETE", "Deals/kept").status


def test_team_folders_are_told_with_statuscode_100(alice: Asker, boss: Asker, carol: Asker) -> None:
    """The administrator is told all; members those of their groups, with these groups only."""
    address = "/index.php/apps/groupfolders/folders"
    told = boss.ocs("GET", address)

    assert (200, 100) == (told.status, told.code)
    assert {"1", "2"} <= set(told.data)
    assert {"deals": 31} == told.data["1"]["groups"]
    assert (True, -3, 100) == (told.data["1"]["acl"], told.data["1"]["quota"], told.data["2"]["quota"])
    assert ["2"] == list(carol.ocs("GET", address).data)
    assert {"audit": 31} == carol.ocs("GET", f"{address}/2").data["groups"]
    made = boss.ocs("POST", address, {"mountpoint": "New 项目"}).data
    boss.ocs("POST", f"{address}/{made['id']}/groups", {"group": "audit"})
    boss.ocs("POST", f"{address}/{made['id']}/groups/audit", {"permissions": 3})
    assert "New 项目" in listed(carol)
    assert {"audit": 3} == boss.ocs("GET", f"{address}/{made['id']}").data["groups"]
    assert 100 == boss.ocs("DELETE", f"{address}/{made['id']}").code
    assert "New 项目" not in listed(carol)
    assert 412 == boss.ask("GET", address).status


def test_other_mounts(alice: Asker, bob: Asker) -> None:
    """An external storage is in the root of those it is for; an end-to-end encrypted folder says what it is."""
    (told,) = bob.props("Old server", "nc:mount-type", "oc:permissions").values()

    assert ["external", "RMGCK"] == list(told.values())
    assert "Old server" not in listed(alice)
    assert ["1", "0"] == [alice.one("sealed", "nc:is-encrypted"), alice.one("", "nc:is-encrypted")]


def test_what_a_receiver_deletes_lies_in_both_bins(alice: Asker, bob: Asker) -> None:
    """The owner has the file itself, the receiver a copy."""
    alice.file("MKCOL", "both")
    alice.file("PUT", "both/bin", b"x")
    share(alice, "both", shareType=0, shareWith="bob", permissions=15)
    file = alice.one("both/bin", "oc:fileid")
    assert 204 == bob.file("DELETE", "both/bin").status

    told = {
        it.user: it.propfind(f"/remote.php/dav/trashbin/{it.user}/trash", "oc:fileid") for it in (alice, bob)
    }
    ids = {
        user: [props["oc:fileid"] for path, props in it.properties.items() if "/bin.d" in path]
        for user, it in told.items()
    }
    assert [file] == ids["alice"]
    assert 1 == len(ids["bob"])
    assert ids["alice"] != ids["bob"]


def test_mounts_give_way(server: NextcloudDouble, alice: Asker, boss: Asker, carol: Asker) -> None:
    """Two shares of one name are both there, as is a folder that had a team folder's name before; folders above are made."""
    for owner in (alice, boss):
        owner.file("MKCOL", "same")
        owner.file("PUT", f"same/{owner.user}", b"x")
        assert 200 == share(owner, "same", shareType=1, shareWith="audit", permissions=1).status
    carol.file("MKCOL", "Later")
    carol.file("PUT", "Later/mine", b"x")
    server.seed(teamfolders=[{"mount": it, "groups": {"audit": 31}} for it in ("Later", "Year/2026")])

    assert {"same", "same (2)", "Later", "Later (1)", "Year"} <= listed(carol)
    assert {"alice", "boss"} <= listed(carol, "same") | listed(carol, "same (2)")
    assert b"x" == carol.file("GET", "Later (1)/mine").body
    assert "2026" in listed(carol, "Year")
    assert 201 == carol.file("PUT", "Year/2026/a", b"x").status
    assert "group" == carol.one("Year/2026", "nc:mount-type")


def test_what_is_only_for_links(alice: Asker) -> None:
    """A readable link gets the reshare bit; an update leaves attributes behind; others ignore label and password."""
    alice.file("MKCOL", "links")
    alice.file("PUT", "links/a", b"x")
    bits = [share(alice, "links/a", shareType=3, **it).data["permissions"] for it in ({}, {"permissions": 1})]
    drop = share(alice, "links", shareType=3, permissions=4).data
    wrong = [share(alice, "links", shareType=3, permissions=it).status for it in (8, 16)]

    assert [17, 17] == bits
    assert (4, None) == (drop["permissions"], drop["attributes"])
    assert [400, 400] == wrong
    changed = alice.ocs("PUT", f"{SHARES}/{drop['id']}", {"note": "n"}).data
    assert ("n", "[]") == (changed["note"], changed["attributes"])
    hidden = alice.ocs("PUT", f"{SHARES}/{drop['id']}", {"hideDownload": "true"}).data
    assert '"value": false' in hidden["attributes"]
    person = share(
        alice, "links", shareType=0, shareWith="carol", label="x", password="y", permissions=1
    ).data
    assert (None, False) == (person["label"], "password" in person)
    assert 400 == alice.ocs("PUT", f"{SHARES}/{person['id']}", {"nothing": "x"}).status
    assert 500 == share(alice, "links", shareType=1, shareWith="audit", attributes=[]).status


def test_shares_that_come_from_above_and_those_that_were_left(alice: Asker, bob: Asker) -> None:
    """A file in a shared folder tells by which folder; who leaves a group's share finds it among the deleted."""
    alice.file("MKCOL", "above")
    alice.file("PUT", "above/in", b"x")
    made = share(alice, "above", shareType=1, shareWith="deals", permissions=31).data

    (told,) = alice.ocs("GET", f"{SHARES}/inherited?path=/above/in").data
    assert (made["id"], "/above") == (told["id"], told["via_path"])
    assert 200 == bob.ocs("DELETE", f"{SHARES}/{made['id']}").status
    assert "above" not in listed(bob)
    assert made["id"] in [it["id"] for it in bob.ocs("GET", "apps/files_sharing/api/v1/deletedshares").data]
    assert [made["id"]] == [it["id"] for it in alice.ocs("GET", f"{SHARES}?path=/above").data]


def test_the_trash_of_a_team_folder(alice: Asker, bob: Asker) -> None:
    """All members see what one deleted, with the folder in its place, and each can bring it back."""
    alice.file("PUT", "Deals/thrown", b"x")
    bob.file("DELETE", "Deals/thrown")
    names = ("nc:trashbin-original-location", "nc:trashbin-deleted-by-id")
    told = alice.propfind("/remote.php/dav/trashbin/alice/trash", *names).properties
    (path,) = [it for it in told if "/thrown.d" in it]

    assert ["Deals/thrown", "bob"] == list(told[path].values())
    assert 201 == alice.ask("MOVE", path, Destination="/remote.php/dav/trashbin/alice/restore/thrown").status
    assert b"x" == bob.file("GET", "Deals/thrown").body


def test_accounts_and_groups(alice: Asker, boss: Asker, carol: Asker) -> None:
    """An administrator lists all, a group's administrator its own group, everybody itself."""
    details = boss.ocs("GET", "cloud/users/details").data["users"]

    assert {"alice", "bob", "carol", "idle", boss.user} == set(details)
    assert ("Alice 李", ["deals"], -3) == (
        details["alice"]["displayname"],
        details["alice"]["groups"],
        details["alice"]["quota"]["quota"],
    )
    assert {"quota": "none", "used": 0} == details["idle"]["quota"]
    assert ["bob"] == boss.ocs("GET", "cloud/users?limit=1&offset=1&search=").data["users"]
    assert ["carol"] == carol.ocs("GET", "cloud/users").data["users"]
    assert ["alice", "bob"] == boss.ocs("GET", "cloud/groups/deals/users").data["users"]
    assert ["carol"] == boss.ocs("GET", "cloud/groups/audit/subadmins").data
    assert "alice" == alice.ocs("GET", "cloud/users/alice").data["id"]
    assert [403, 404] == [alice.ocs("GET", f"cloud/users{it}").status for it in ("", "/bob")]
    assert 404 == boss.ocs("GET", "cloud/groups/none/users").status
    assert {"audit", "deals", "admin"} <= set(alice.ocs("GET", "cloud/groups").data["groups"])
    assert "groupfolders" in boss.ocs("GET", "cloud/apps").data["apps"]
    assert 403 == alice.ocs("GET", "cloud/apps").status


def test_whom_one_may_share_with(alice: Asker) -> None:
    """An exact hit stands apart; the asker is never in the list."""
    exact = alice.ocs("GET", "apps/files_sharing/api/v1/sharees?search=bob&itemType=file").data["exact"]

    assert ["bob"] == [it["value"]["shareWith"] for it in exact["users"]]
    all_of_them = alice.ocs("GET", "apps/files_sharing/api/v1/sharees?search=&itemType=file").data
    assert {"bob", "carol", "boss", "idle"} == {it["value"]["shareWith"] for it in all_of_them["users"]}
    assert {"circle1"} == {it["value"]["shareWith"] for it in all_of_them["circles"]}


def test_the_activity_log(alice: Asker, bob: Asker) -> None:
    """Newest first by default, from a number on with sort=asc; neighbours of a kind are one entry; 304 at the end."""
    alice.file("MKCOL", "log")
    last = int(alice.ocs("GET", "apps/activity/api/v2/activity").headers["X-Activity-Last-Given"])
    newest = alice.ocs("GET", "apps/activity/api/v2/activity?limit=1").headers["X-Activity-Last-Given"]
    for name in "abc":
        alice.file("PUT", f"log/{name}", b"x")
    since = f"apps/activity/api/v2/activity?since={newest}&sort=asc"
    told = alice.ocs("GET", since)

    assert last <= int(newest)
    (entry,) = told.data
    assert ["/log/a", "/log/b", "/log/c"] == list(entry["objects"].values())
    assert ("file_created", "alice", "files") == (entry["type"], entry["user"], entry["object_type"])
    assert 304 == alice.ocs("GET", since, If_None_Match=told.headers["ETag"]).status
    end = told.headers["X-Activity-Last-Given"]
    assert 304 == alice.ocs("GET", f"apps/activity/api/v2/activity?since={end}&sort=asc").status
    first = alice.ocs("GET", f"{since}&limit=2")
    assert 2 == len(first.data[0]["objects"])
    assert 'rel="next"' in first.headers["Link"]
