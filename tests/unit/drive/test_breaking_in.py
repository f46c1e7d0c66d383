"""
An attacker with an ordinary account: what is hidden answers as what is not there, byte for byte.
"""

from types import SimpleNamespace

import pytest

from lading.drive.actor import EVERYTHING, SYSTEM, Scope
from lading.drive.api import frames
from lading.drive.models import Principal, Property, Space
from lading.drive.people import tokens
from lading.drive.rights.roles import Role
from lading.drive.tree.spaces import freeze, set_quota
from support.drive_api import Answer, Caller
from unit.drive.dav_ground import Client, Said
from unit.drive.tree_ground import deal, folder, look, person, rule, write

HIDDEN, MISSING = "hid.txt", "mis.txt"


@pytest.fixture
def alice():
    return person("alice")


@pytest.fixture
def space(alice):
    """A folder with a visible file and one that is denied to Bob."""
    space = deal(alice, name="Deal")
    folder(alice, space, "F")
    write(alice, space, "F", HIDDEN)
    write(alice, space, "F", "vis.txt")
    return space


def bob_with(role, alice, space):
    """Bob, who has *role* on the space, by both doors."""
    bob = person("bob")
    rule(look(alice, space).row.id, bob, role)
    rule(look(alice, space, "F", HIDDEN).row.id, bob, Role.PREVIEW, deny=True)
    return SimpleNamespace(who=bob, dav=Client(bob), api=api_of(bob))


def api_of(actor):
    return Caller(tokens.make_token(SYSTEM, "t", EVERYTHING, None, of=actor.principal)[1])


def at(space):
    return f"/spaces/{Space.objects.values_list('key', flat=True).get(id=space)}"


def neutral(said: Said | Answer, name: str):
    """*said* with the one name that may differ, for one of equal length."""
    headers = {key: value for key, value in said.headers.items() if key != "date"}
    return said.status, headers, said.body.replace(name.encode(), b"*")


def lock_hidden(alice):
    """Alice locks what is hidden from Bob; the token."""
    said = Client(alice).lock(f"/Deal/F/{HIDDEN}")
    assert 200 == said.status
    return said.headers["lock-token"]


WAYS = {
    "MKCOL": lambda ask, name: ask("MKCOL", f"/Deal/F/{name}/"),
    "PUT": lambda ask, name: ask("PUT", f"/Deal/F/{name}", b"x"),
    "LOCK": lambda ask, name: ask.lock(f"/Deal/F/{name}"),
    "DELETE": lambda ask, name: ask("DELETE", f"/Deal/F/{name}"),
    "UNLOCK": lambda ask, name: ask("UNLOCK", f"/Deal/F/{name}", Lock_Token="<urn:x>"),
    "COPY": lambda ask, name: ask("COPY", "/Deal/F/vis.txt", Destination=f"/dav/Deal/F/{name}"),
    "MOVE": lambda ask, name: ask("MOVE", "/Deal/F/vis.txt", Destination=f"/dav/Deal/F/{name}"),
    "COPY folder": lambda ask, name: ask("COPY", "/Deal/F/", Destination=f"/dav/Deal/F/{name}"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("role", [Role.PREVIEW, Role.DOWNLOAD])
@pytest.mark.parametrize("locked", [False, True])
def test_a_reader_cannot_try_out_names_by_webdav(alice, space, way, role, locked):
    """
    Who may add nothing gets the same answer at a hidden name, locked or not, as at a free one.
    """
    bob = bob_with(role, alice, space)
    if locked:
        lock_hidden(alice)

    hidden, missing = (neutral(WAYS[way](bob.dav, name), name) for name in (HIDDEN, MISSING))

    assert missing == hidden


METHODS = [
    "GET", "HEAD", "OPTIONS", "PUT", "DELETE", "MKCOL", "PROPFIND", "PROPPATCH", "COPY", "MOVE", "LOCK", "UNLOCK", "POST", "PATCH",
    "REPORT", "SEARCH", "TRACE", "ACL",
]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("addresses", [("/Deal", "/Dear"), ("/Deal/F/vis.txt", "/Dear/F/vis.txt")])
def test_a_space_of_others_is_no_space_by_webdav(alice, space, method, addresses):
    """
    Nothing that an outsider can send tells a space of others from one that never was.
    """
    spy = Client(person("eve"))
    folder(alice, space, "G")
    bodies = {"PUT": b"x", "PROPPATCH": describe("v"), "LOCK": LOCKINFO}
    headers = {"Depth": "0", "Lock_Token": "<urn:x>"}

    def tried(address):
        goal = f"/dav{address}-2" if method in ("COPY", "MOVE") else "/dav/x"
        said = spy(method, address, bodies.get(method, b""), Destination=goal, **headers)
        return neutral(said, address.split("/")[1])

    hidden, missing = map(tried, addresses)

    assert missing == hidden


@pytest.mark.parametrize("verb", ["move", "copy"])
@pytest.mark.parametrize("role", [Role.PREVIEW, Role.DOWNLOAD])
@pytest.mark.parametrize("expect", ["absent", "anything", '"1-1"'])
def test_a_reader_cannot_try_out_names_by_the_api(alice, space, verb, role, expect):
    """
    A move or copy onto a hidden name is refused as one onto a free name.
    """
    bob = bob_with(role, alice, space)

    def tried(name):
        told = {"from": "F/vis.txt", "to": f"F/{name}", "expect": expect}
        return neutral(bob.api("POST", f"{at(space)}/{verb}", told), name)

    assert tried(MISSING) == tried(HIDDEN)


@pytest.mark.parametrize("way", ["MKCOL", "PUT", "LOCK", "COPY", "MOVE"])
def test_who_holds_the_lock_of_something_hidden_is_told_to_nobody(alice, space, way):
    """
    Who may add files learns that a name is taken, and neither that it is locked nor by whom.
    """
    bob = bob_with(Role.EDIT, alice, space)
    before = neutral(WAYS[way](bob.dav, HIDDEN), HIDDEN)
    lock_hidden(alice)

    after = WAYS[way](bob.dav, HIDDEN)

    assert before == neutral(after, HIDDEN)
    assert (400, True) == (after.status, b"name_refused" in after.body)


@pytest.mark.parametrize("method", ["DELETE", "MOVE", "LOCK"])
def test_a_lock_below_a_folder_names_nobody(alice, space, method):
    """
    A reader of a folder is refused alike whether something in it is locked; an editor is not told by whom.
    """
    bob = bob_with(Role.DOWNLOAD, alice, space)

    def tried():
        if method == "LOCK":
            return bob.dav.lock("/Deal/F")
        return bob.dav(method, "/Deal/F", Destination="/dav/Deal/G")

    free = tried()
    lock_hidden(alice)
    assert neutral(free, "-") == neutral(tried(), "-")

    rule(look(alice, space, "F").row.id, bob.who, Role.EDIT)
    refused = tried()
    assert (423, False) == (refused.status, b"alice" in refused.body)


def test_the_lock_token_of_something_hidden_proves_nothing(alice, space):
    """
    An `If` header about a hidden address finds no lock there, though the token is the right one.
    """
    bob = bob_with(Role.DOWNLOAD, alice, space)
    token = lock_hidden(alice)

    def tried(name):
        return bob.dav("PROPFIND", "/Deal/F/vis.txt", Depth="0", If=f"</dav/Deal/F/{name}> ({token})").status

    assert (412, 412) == (tried(MISSING), tried(HIDDEN))


def test_a_full_space_is_no_measure_for_who_may_not_fill_it(alice, space):
    """
    What is left of a quota tells of what is hidden: a reader is refused the same way at any size.
    """
    bob = bob_with(Role.DOWNLOAD, alice, space)
    set_quota(SYSTEM, space, 20)

    def tried(size):
        return bob.api("PUT", f"{at(space)}/content", body=b"x" * size, query={"path": "F/new"})

    assert neutral(tried(1), "-") == neutral(tried(1000), "-")
    assert 403 == tried(1000).status


@pytest.mark.parametrize("parents", [False, True])
def test_a_batch_is_no_measure_either(alice, space, parents):
    """
    So it is in a batch, also where folders are to be made.
    """
    bob = bob_with(Role.DOWNLOAD, alice, space)
    set_quota(SYSTEM, space, 20)

    def tried(size):
        path = "F/new/a" if parents else "F/a"
        body = frames.encode({"path": path, "parents": parents}, b"x" * size)
        kind = {"Content-Type": frames.MEDIA_TYPE}
        return bob.api("POST", f"{at(space)}/batch/write", body=body, headers=kind).lines[0]

    assert tried(1) == tried(1000)
    assert "forbidden" == tried(1000)["code"]


@pytest.mark.parametrize("role", [Role.DOWNLOAD, Role.EDIT])
def test_nobody_finds_groups_by_naming_them_as_authors(alice, space, role):
    """
    Groups are named after deals: an author who is there and one who is not get one answer.
    """
    bob = bob_with(role, alice, space)
    Principal.objects.create(kind="group", key="project-x", name="X", created=1)

    def tried(author):
        query = {"path": "F/new", "author": author}
        return neutral(bob.api("PUT", f"{at(space)}/content", body=b"x", query=query), author)

    assert tried("project-y") == tried("project-x")


def test_nobody_finds_groups_by_authors_in_a_batch(alice, space):
    """
    The same in a batch.
    """
    bob = bob_with(Role.EDIT, alice, space)
    Principal.objects.create(kind="group", key="project-x", name="X", created=1)

    def tried(author):
        body = frames.encode({"path": "F/new", "author": author}, b"x")
        kind = {"Content-Type": frames.MEDIA_TYPE}
        return bob.api("POST", f"{at(space)}/batch/write", body=body, headers=kind).lines[0]

    assert tried("project-y") == tried("project-x")
    assert "forbidden" == tried("project-x")["code"]


def test_a_frozen_space_tells_its_name_to_no_admin(alice, space):
    """
    A system admin who meets a freeze learns the key of the space, not what the deal is called.
    """
    root = person("root", admin="system")
    name = "Project Neptune"
    hidden = deal(alice, name=name)
    made = write(alice, hidden, "a.txt").seen
    api_of(alice)("DELETE", f"{at(hidden)}/entry", query={"path": "a.txt"})
    trash = api_of(alice)("GET", "/trash", query={"space": at(hidden)[8:]}).json["trash"][0]["id"]
    assert 204 == api_of(alice)("DELETE", f"/trash/{trash}").status
    freeze(SYSTEM, hidden, "closed for now")

    said = api_of(root)("DELETE", f"/admin/trash/{trash}")

    assert made
    assert (423, False) == (said.status, name.encode() in said.body)


def describe(value: str, prolog: str = "") -> bytes:
    return (
        f'<?xml version="1.0"?>{prolog}<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>'
        f'<x:a xmlns:x="u:x">{value}</x:a></D:prop></D:set></D:propertyupdate>'
    ).encode()


LOCKINFO = (
    b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'
)


@pytest.mark.parametrize(
    "prolog", ['<!DOCTYPE d [<!ENTITY e "v">]>', '<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>']
)
def test_no_property_makes_a_listing_unreadable(alice, space, prolog):
    """
    An entity that a property names would be unknown in every listing: no document type is taken.
    """
    ask = Client(alice)

    said = ask("PROPPATCH", "/Deal/F/vis.txt", describe("&e;", prolog))

    assert 400 == said.status
    assert [] == list(Property.objects.all())
    assert 3 == len(ask("PROPFIND", "/Deal/F", Depth="1").hrefs())


@pytest.mark.parametrize("method", ["PROPPATCH", "COPY", "MOVE", "MKCOL", "DELETE"])
def test_no_body_of_a_small_request_fills_the_memory(alice, space, method):
    """
    A body beyond a megabyte is refused before it is read.
    """
    said = Client(alice)(method, "/Deal/F/new", b" " * (1 << 20) + b"x", Destination="/dav/Deal/F/z")

    assert 413 == said.status


def test_what_nests_too_deep_is_refused(alice, space):
    """
    Neither an owner of a lock nor a property nests deeper than the parser goes.
    """
    deep = "<a>" * 5000 + "</a>" * 5000
    owner = (
        '<lockinfo xmlns="DAV:"><lockscope><shared/></lockscope><locktype><write/></locktype>'
        f"<owner>{deep}</owner></lockinfo>"
    )
    ask = Client(alice)

    assert 400 == ask("LOCK", "/Deal/F/vis.txt", owner.encode()).status
    assert 400 == ask("PROPPATCH", "/Deal/F/vis.txt", describe(deep)).status


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=0-" + "9" * 5000},
        {"Range": "bytes=" + "9" * 5000 + "-"},
        {"Range": "bytes=-" + "9" * 5000},
        {"Range": "bytes=\u0663-\u0664"},
    ],
)
def test_a_number_without_end_is_no_range(alice, space, headers):
    """
    What is no range of bytes gets the whole content.
    """
    said = Client(alice)("GET", "/Deal/F/vis.txt", **headers)

    assert (200, b"text") == (said.status, said.body)


def test_a_length_without_end_is_refused(alice, space):
    """
    A length of thousands of digits is no length.
    """
    length = {"X_Expected_Entity_Length": "9" * 5000}

    assert 411 == Client(alice)("PUT", "/Deal/F/n.txt", b"x", Chunked="1", **length).status


@pytest.mark.parametrize("moment", ["9" * 5000, "9" * 30, "\u00b2", "-"])
def test_a_time_that_is_none_is_a_conflict(alice, space, moment):
    """
    A `lastmodified` that no clock can show is refused.
    """
    body = (
        '<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>'
        f"<D:lastmodified>{moment}</D:lastmodified></D:prop></D:set></D:propertyupdate>"
    )
    said = Client(alice)("PROPPATCH", "/Deal/F/vis.txt", body.encode())

    assert 207 == said.status
    assert b"200 OK" not in said.body


def test_of_a_folder_one_passes_through_only_the_name_is_told(alice, space):
    """
    What is hung on a folder is not for those who only pass through it, neither in listings nor with a copy.
    """
    ask = Client(alice)
    assert 207 == ask("PROPPATCH", "/Deal/F/", describe("the secret")).status
    eve = person("eve")
    rule(look(alice, space, "F", "vis.txt").row.id, eve, Role.DOWNLOAD)
    rule(look(alice, deal(alice, name="Own")).row.id, eve, Role.MANAGE)
    spy = Client(eve)

    for depth, address in (("0", "/Deal/F"), ("1", "/Deal/F"), ("1", "/Deal")):
        assert b"secret" not in spy("PROPFIND", address, Depth=depth).body
    for depth in ("0", "infinity"):
        spy("COPY", "/Deal/F/", Destination="/dav/Own/F", Depth=depth)
        assert b"secret" not in spy("PROPFIND", "/Own/F", Depth="0").body


def test_a_space_that_has_just_gone_leaves_the_others_listed(alice, space, monkeypatch):
    """
    A label that is remembered for a space nothing of which is visible by now breaks no listing.
    """
    eve = person("eve")
    own = deal(eve, name="Own")
    monkeypatch.setattr("lading.drive.dav.propfind.label_ids", lambda _: {"Deal": space, "Own": own})

    said = Client(eve)("PROPFIND", "/", Depth="1")

    assert (207, ["/dav/", "/dav/Own/"]) == (said.status, said.hrefs())


@pytest.mark.parametrize("scopes", [[Scope.READ], sorted(EVERYTHING - {Scope.ADMIN})])
def test_a_token_for_less_manages_no_tokens(alice, scopes):
    """
    Who was given a token that reads until tomorrow makes none that reads for ever, and ends none of the others.
    """
    number = tokens.make_token(SYSTEM, "whole", EVERYTHING, None, of=alice.principal)[0].id
    limited = Caller(tokens.make_token(SYSTEM, "less", scopes, None, of=alice.principal)[1])

    tried = [
        limited("POST", "/tokens", {"name": "t", "scopes": ["read"]}).status,
        limited("GET", "/tokens").status,
        limited("DELETE", f"/tokens/{number}").status,
    ]

    assert [403, 403, 403] == tried


def test_no_rename_tries_out_the_names_beside_a_file(alice, space):
    """
    Who may edit one file of a folder cannot find its hidden neighbours by renaming it.
    """
    eve = person("eve")
    rule(look(alice, space, "F", "vis.txt").row.id, eve, Role.EDIT)

    def tried(name):
        told = {"from": "F/vis.txt", "to": f"F/{name}", "expect": "absent"}
        return neutral(api_of(eve)("POST", f"{at(space)}/move", told), name)

    assert tried(HIDDEN) == tried(MISSING)
    assert 403 == tried(MISSING)[0]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_freeze_tells_of_nothing_in_the_trash(alice, space, method):
    """
    In a frozen space too, an entry of the trash that is not for somebody is one that is not there.
    """
    bob = bob_with(Role.EDIT, alice, space)
    own = api_of(alice)
    assert 204 == own("DELETE", f"{at(space)}/entry", query={"path": f"F/{HIDDEN}"}).status
    trash = own("GET", "/trash").json["trash"][0]["id"]
    freeze(SYSTEM, space, "closed for now")

    def tried(number):
        address = f"/trash/{number}/restore" if method == "POST" else f"/trash/{number}"
        said = bob.api(method, address)
        return said.status, said.code

    assert [(404, "not_found")] * 2 == [tried("999999"), tried(trash)]
