"""
Listing, copying, moving, deleting, locking and describing through the WebDAV door.
"""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lading.drive.actor import Actor
from lading.drive.dav import locks
from lading.drive.models import Lock, Node, Principal, Property, Space, Trash, Version
from lading.drive.rights.roles import Role
from lading.drive.tree.row import FOLDER
from unit.drive.dav_ground import HOST, Client, names
from unit.drive.tree_ground import contents, deal, folder, look, person, rule, write

URL = "/Deal/a.txt"
HREF = f"http://{HOST}/dav"


@pytest.fixture
def alice():
    return person("alice")


@pytest.fixture
def space(alice):
    return deal(alice)


@pytest.fixture
def ask(alice, space):
    return Client(alice)


def colleague(space, alice, role=Role.EDIT):
    """Bob, with *role* on the space."""
    bob = person("bob")
    rule(look(alice, space).row.id, bob, role)
    return Client(bob)


def token(said):
    return said.headers["lock-token"].strip("<>")


def test_the_root_lists_the_spaces_of_the_viewer(ask, alice):
    """
    Equal names are told apart; spaces of others are not there.
    """
    second = deal(alice)
    deal(person("eve"), name="Secret")
    key = Space.objects.get(id=second).key

    assert ["/dav/", "/dav/Deal/", f"/dav/Deal%20%28{key}%29/"] == ask("PROPFIND", "/", Depth="1").hrefs()
    assert 404 == ask("PROPFIND", "/Secret", Depth="0").status


def test_a_folder_is_listed_with_what_was_asked_for(ask, alice, space):
    """
    Properties that are there are 200, others 404, each in its place.
    """
    folder(alice, space, "sub")
    ask("PUT", URL, b"text", X_OC_MTime="0")
    said = ask("PROPFIND", "/Deal/", names("getcontentlength", "nothing", "resourcetype"), Depth="1")

    assert 207 == said.status
    assert ["/dav/Deal/", "/dav/Deal/a.txt", "/dav/Deal/sub/"] == said.hrefs()
    assert "<D:getcontentlength>4</D:getcontentlength><D:resourcetype/>" in said.text
    assert 3 == said.text.count("<D:nothing/>") == said.text.count("404 Not Found")


def test_all_properties_and_their_names(ask):
    """
    allprop gives values, propname names; dead properties are among them, quotas are not told unasked.
    """
    ask("PUT", URL, b"text")
    patch(ask, URL, '<x:colour xmlns:x="urn:x">green &amp; blue</x:colour>')
    everything = ask("PROPFIND", URL, Depth="0").text
    only_names = ask("PROPFIND", URL, b'<propfind xmlns="DAV:"><propname/></propfind>', Depth="0").text

    assert "green &amp; blue" in everything
    assert "quota" not in everything
    assert "<D:getetag/>" in only_names
    assert 'xmlns:x="urn:x"/>' in only_names


def test_a_listing_of_a_whole_tree_is_refused_with_its_precondition(ask):
    """
    Also without a Depth header, which means infinity; of a file there is no tree.
    """
    ask("PUT", URL, b"x")
    for headers in ({"Depth": "infinity"}, {}):
        said = ask("PROPFIND", "/Deal/", **headers)

        assert 403 == said.status
        assert said.find("{DAV:}propfind-finite-depth") is not None
    assert 207 == ask("PROPFIND", URL).status
    assert 400 == ask("PROPFIND", URL, Depth="2").status


def test_a_large_folder_takes_as_many_queries_as_a_small_one(ask, alice, space):
    """
    One per thousand entries, with locks and dead properties; all are listed once.
    """
    root = look(alice, space).row
    Node.objects.bulk_create(
        Node(
            space_id=space, parent_id=root.id, name=f"f{n:04d}", kind=2, trail=root.inside, saved=1, created=1
        )
        for n in range(2500)
    )
    with CaptureQueriesContext(
        connection,
    ) as heard:
        said = ask("PROPFIND", "/Deal/", Depth="1")

    assert 2501 == len(said.hrefs()) == len(set(said.hrefs()))
    assert len(heard) < 15


def test_a_quota_is_told_to_who_asks(ask, alice):
    """
    RFC 4331: used and left; where there is no limit nothing is left to tell.
    """
    said = ask("PROPFIND", "/Deal/", names("quota-used-bytes", "quota-available-bytes"), Depth="0").text
    assert "<D:quota-used-bytes>0<" in said
    assert "<D:quota-available-bytes/>" in said
    Space.objects.update(quota=100)
    ask("PUT", URL, b"x" * 40)

    said = ask("PROPFIND", "/Deal/", names("quota-used-bytes", "quota-available-bytes"), Depth="0").text
    assert "<D:quota-used-bytes>40<" in said
    assert "<D:quota-available-bytes>60<" in said


def test_what_is_hidden_is_404_for_every_method(ask, alice, space):
    """
    Not forbidden, not conflicting: the same words as for what is not there, and not in a listing.
    """
    bob = colleague(space, alice)
    folder(alice, space, "wall")
    write(alice, space, "wall", "s.txt")
    rule(look(alice, space, "wall").row.id, person_of("bob"), Role.PREVIEW, deny=True)

    for hidden, missing in (("/Deal/wall/s.txt", "/Deal/none/s.txt"), ("/Deal/wall", "/Deal/none")):
        for method, more in (
            ("GET", {}),
            ("PROPFIND", {"Depth": "0"}),
            ("PROPFIND", {"Depth": "1"}),
            ("DELETE", {}),
            ("COPY", {"Destination": "/dav/Deal/copy"}),
            ("MOVE", {"Destination": "/dav/Deal/moved"}),
            ("PROPPATCH", {}),
            ("UNLOCK", {"Lock_Token": "<x>"}),
        ):
            real, other = bob(method, hidden, **more), bob(method, missing, **more)
            assert (404, real.text.replace("wall", "none")) == (other.status, other.text), method
            assert 404 == real.status
    assert [409, 409] == [bob("PUT", f"/Deal/{name}/new", b"x").status for name in ("wall", "none")]
    assert [409, 409] == [bob("MKCOL", f"/Deal/{name}/new").status for name in ("wall", "none")]
    assert [409, 409] == [bob.lock(f"/Deal/{name}/new").status for name in ("wall", "none")]
    assert ["/dav/Deal/"] == bob("PROPFIND", "/Deal/", Depth="1").hrefs()
    assert 409 == bob("COPY", "/Deal/", Destination="/dav/Deal/wall/x").status


def person_of(key):
    return Actor(Principal.objects.get(key=key).id, key)


def test_copies_and_moves_keep_versions_and_properties(ask):
    """
    A copy has the versions of its source, a moved file is the same node.
    """
    ask("PUT", URL, b"one")
    ask("PUT", URL, b"two")
    patch(ask, URL, '<c xmlns="urn:x">green</c>')
    before = Node.objects.get(name="a.txt").id
    assert 201 == ask("COPY", URL, Destination=HREF + "/Deal/b.txt").status
    assert 201 == ask("MOVE", URL, Destination=HREF + "/Deal/c.txt").status

    copied, moved = Node.objects.get(name="b.txt"), Node.objects.get(name="c.txt")
    assert ["one", "two"] == contents(copied.id) == contents(moved.id)
    assert before == moved.id
    assert 2 == Property.objects.filter(value__contains="green").count()


@pytest.mark.parametrize("method", ["COPY", "MOVE"])
@pytest.mark.parametrize(("source", "target"), [("f", "g"), ("f", "d"), ("d", "f"), ("d", "e")])
def test_what_is_replaced_goes_to_the_trash(ask, alice, space, method, source, target):
    """
    Whatever kinds meet: F is 412 and changes nothing, T is 204 and loses nothing, folders are not merged.
    """
    for one in ("f", "g"):
        write(alice, space, one, content=one)
    for one in ("d", "e"):
        folder(alice, space, one)
        write(alice, space, one, f"in-{one}", content=one)
    address, goal = f"/Deal/{source}", f"/dav/Deal/{target}"

    assert 412 == ask(method, address, Destination=goal, Overwrite="F").status
    assert 0 == Trash.objects.count()
    assert 204 == ask(method, address, Destination=goal, Overwrite="T").status
    assert [target] == list(Trash.objects.values_list("name", flat=True))
    assert (200 if method == "COPY" else 404) == ask("GET", address).status
    if source == "d":
        found = ask("PROPFIND", f"/Deal/{target}/", Depth="1").hrefs()
        assert [f"{goal}/", f"{goal}/in-d"] == found
    else:
        assert b"f" == ask("GET", f"/Deal/{target}").body


def test_a_folder_alone_is_copied_with_depth_0(ask, alice, space):
    """
    RFC 4918, 9.8.3: the folder and its properties, not what it holds.
    """
    folder(alice, space, "d")
    write(alice, space, "d", "x")
    patch(ask, "/Deal/d", '<c xmlns="urn:x">green</c>')

    assert 201 == ask("COPY", "/Deal/d", Destination="/dav/Deal/e", Depth="0").status
    assert ["/dav/Deal/e/"] == ask("PROPFIND", "/Deal/e", Depth="1").hrefs()
    assert "green" in ask("PROPFIND", "/Deal/e", Depth="0").text


@pytest.mark.parametrize(
    ("source", "goal", "status"),
    [
        ("/Deal/d", "/dav/Deal/d", 403),
        ("/Deal/d", "/dav/Deal/d/inside", 403),
        ("/Deal/d/x", "/dav/Deal/d", 409),
        ("/Deal/d", "/dav/Deal/none/d", 409),
        ("/Deal/d", "/dav/None/d", 409),
        ("/Deal/d", "/dav/New", 403),
        ("/Deal/d", "http://other.example/dav/Deal/e", 502),
        ("/Deal/d", "/elsewhere/e", 502),
        ("/Deal/d", "/dav/Deal/../e", 400),
        ("/Deal/d", "/dav/Deal/%2e%2e/e", 400),
        ("/Deal/d", "/dav/Deal/e%00", 400),
        ("/Deal/d", "", 400),
        ("/Deal/none", "/dav/Deal/e", 404),
    ],
)
@pytest.mark.parametrize("method", ["COPY", "MOVE"])
def test_copies_and_moves_that_cannot_be(ask, alice, space, method, source, goal, status):
    """
    Each is refused with its status; nothing is changed and nothing goes to the trash.
    """
    folder(alice, space, "d")
    write(alice, space, "d", "x")

    assert status == ask(method, source, **({"Destination": goal} if goal else {})).status
    assert 0 == Trash.objects.count()
    assert 200 == ask("GET", "/Deal/d/x").status


def test_a_deleted_folder_lies_in_the_trash_with_all_it_held(ask, alice, space):
    """
    DELETE loses no version.
    """
    folder(alice, space, "d")
    write(alice, space, "d", "x")

    assert 204 == ask("DELETE", "/Deal/d").status
    assert 404 == ask("GET", "/Deal/d/x").status
    assert (1, 1) == (Trash.objects.count(), Version.objects.count())


def test_folders_are_made_one_by_one(ask):
    """
    405 where something is, 409 without a parent, 415 with a body.
    """
    assert 201 == ask("MKCOL", "/Deal/d/").status
    assert 405 == ask("MKCOL", "/Deal/d/").status
    assert 409 == ask("MKCOL", "/Deal/x/y").status
    assert 415 == ask("MKCOL", "/Deal/z", b"body").status
    assert [FOLDER] == list(Node.objects.filter(name="d").values_list("kind", flat=True))


def test_a_lock_keeps_others_out_and_lets_its_token_in(ask, alice, space):
    """
    423 for everybody without the token, also for its own holder.
    """
    bob = colleague(space, alice)
    ask("PUT", URL, b"one")
    locked = ask.lock(URL)
    mine = {"If": f"(<{token(locked)}>)"}

    assert 200 == locked.status
    assert "Someone &amp; co" in locked.text
    for who in (ask, bob):
        assert [423] * 5 == [
            who("PUT", URL, b"x").status,
            who("DELETE", URL).status,
            who("MOVE", URL, Destination="/dav/Deal/b").status,
            who.lock(URL).status,
            patch(who, URL, "<c/>").status,
        ]
    assert [423, 403] == [
        bob("PUT", URL, b"x", **mine).status,
        bob("UNLOCK", URL, Lock_Token=f"<{token(locked)}>").status,
    ]
    assert 200 == bob("GET", URL).status
    assert 204 == ask("PUT", URL, b"two", **mine).status
    assert 204 == ask("UNLOCK", URL, Lock_Token=f"<{token(locked)}>").status
    assert 204 == bob("PUT", URL, b"three").status


def test_a_lock_of_a_folder_reaches_all_below_it(ask, alice, space):
    """
    Depth infinity covers what is there and what is to be; depth 0 the members' coming and going.
    """
    bob = colleague(space, alice)
    for name in ("deep", "flat"):
        folder(alice, space, name)
        folder(alice, space, name, "sub")
        write(alice, space, name, "sub", "x")
        write(alice, space, name, "y")
    ask.lock("/Deal/deep")
    ask.lock("/Deal/flat", Depth="0")

    assert [423, 423, 423, 423] == [
        bob("PUT", "/Deal/deep/sub/x", b"1").status,
        bob("PUT", "/Deal/deep/sub/new", b"1").status,
        bob("MKCOL", "/Deal/deep/sub/d").status,
        bob("COPY", "/Deal/flat/y", Destination="/dav/Deal/deep/z").status,
    ]
    assert [204, 201, 204, 423, 423, 423] == [
        bob("PUT", "/Deal/flat/sub/x", b"1").status,
        bob("PUT", "/Deal/flat/sub/new", b"1").status,
        bob("PUT", "/Deal/flat/y", b"1").status,
        bob("PUT", "/Deal/flat/new", b"1").status,
        bob("DELETE", "/Deal/flat/y").status,
        bob("DELETE", "/Deal/flat").status,
    ]


def test_a_lock_below_keeps_the_folder_where_it_is(ask, alice, space):
    """
    Who holds the lock and says so may move the folder; the lock ends with the address.
    """
    bob = colleague(space, alice)
    folder(alice, space, "d")
    write(alice, space, "d", "x")
    locked = ask.lock("/Deal/d/x")

    assert [423, 423] == [
        bob("DELETE", "/Deal/d").status,
        bob("MOVE", "/Deal/d", Destination="/dav/Deal/e").status,
    ]
    mine = f"<{HREF}/Deal/d/x> (<{token(locked)}>)"
    assert 201 == ask("MOVE", "/Deal/d", Destination="/dav/Deal/e", If=mine).status
    assert 0 == Lock.objects.count()
    assert 204 == bob("PUT", "/Deal/e/x", b"1").status


def test_shared_locks_go_together_and_exclusive_ones_do_not(ask, alice, space):
    """
    Two share; a third who wants it alone does not get it, nor does anybody write without a token.
    """
    bob = colleague(space, alice)
    ask("PUT", URL, b"x")

    assert [200, 200, 423] == [
        ask.lock(URL, scope="shared").status,
        bob.lock(URL, scope="shared").status,
        bob.lock(URL).status,
    ]
    assert 423 == bob("PUT", URL, b"y").status
    assert 2 == ask("PROPFIND", URL, names("lockdiscovery"), Depth="0").text.count("<D:activelock>")


def test_a_lock_on_a_name_that_is_free_makes_an_empty_file(ask, alice, space):
    """
    And none where the lock is refused.
    """
    bob = colleague(space, alice)
    made = ask.lock("/Deal/new.txt")
    assert 201 == made.status
    assert b"" == bob("GET", "/Deal/new.txt").body
    ask.lock("/Deal", Depth="0")

    assert 423 == bob.lock("/Deal/other.txt").status
    assert 404 == bob("GET", "/Deal/other.txt").status


def test_locks_expire_and_are_refreshed(ask, alice, space):
    """
    What has expired holds nobody; a refresh is for its holder, with its token.
    """
    bob = colleague(space, alice)
    ask("PUT", URL, b"x")
    locked = ask.lock(URL, Timeout="Second-100, Infinite")
    assert 100 == Lock.objects.get().timeout
    mine = f"(<{token(locked)}>)"
    assert [412, 412, 200] == [
        bob("LOCK", URL, If=mine).status,
        ask("LOCK", URL, If="(<urn:uuid:none>)").status,
        ask("LOCK", URL, If=mine, Timeout="Infinite").status,
    ]
    assert locks.LONGEST == Lock.objects.get().timeout
    Lock.objects.update(expires=time.time_ns() - 1)

    assert 204 == bob("PUT", URL, b"y").status
    assert 412 == ask("LOCK", URL, If=mine).status
    assert 200 == bob.lock(URL).status
    assert 1 == Lock.objects.count()


def test_who_may_not_edit_takes_no_lock(ask, alice, space):
    """
    A reader cannot keep others from writing.
    """
    ask("PUT", URL, b"x")
    bob = colleague(space, alice, Role.UPLOAD)

    assert [403, 403, 403] == [bob.lock(URL).status, bob.lock("/Deal/new").status, bob.lock("/").status]
    assert 0 == Lock.objects.count()


def test_who_manages_may_break_the_lock_of_another(ask, alice, space):
    """
    A colleague on holiday blocks nobody for good.
    """
    bob = colleague(space, alice)
    bob("PUT", URL, b"x")
    locked = bob.lock(URL)

    assert 204 == ask("UNLOCK", URL, Lock_Token=locked.headers["lock-token"]).status
    assert 409 == bob("UNLOCK", URL, Lock_Token=locked.headers["lock-token"]).status


@pytest.mark.parametrize(
    "body",
    [
        b"nonsense",
        b'<lockinfo xmlns="DAV:"/>',
        b'<lockinfo xmlns="DAV:"><lockscope><exclusive/><shared/></lockscope><locktype><write/></locktype></lockinfo>',
        b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><read/></locktype></lockinfo>',
        b'<!DOCTYPE x [<!ENTITY a "b">]><lockinfo xmlns="DAV:"/>',
    ],
)
def test_a_wish_for_a_lock_that_makes_no_sense_is_refused(ask, body):
    """
    And makes no empty file.
    """
    assert 400 == ask("LOCK", "/Deal/new", body).status
    assert 404 == ask("GET", "/Deal/new").status


def patch(ask, address, *values, remove=()):
    """Set and remove properties."""
    sets = "".join(f"<D:set><D:prop>{one}</D:prop></D:set>" for one in values)
    gone = "".join(f"<D:remove><D:prop>{one}</D:prop></D:remove>" for one in remove)
    body = f'<D:propertyupdate xmlns:D="DAV:">{sets}{gone}</D:propertyupdate>'
    return ask("PROPPATCH", address, body.encode())


def test_properties_are_set_and_removed_together_or_not_at_all(ask):
    """
    A protected one among them keeps the others from being set (RFC 4918, 9.2).
    """
    ask("PUT", URL, b"x")
    said = patch(ask, URL, '<a xmlns="urn:x">1</a>', "<D:getetag>2</D:getetag>")
    assert 207 == said.status
    assert "424" in said.text
    assert "403" in said.text
    assert 0 == Property.objects.count()

    assert 207 == patch(ask, URL, '<a xmlns="urn:x">1</a>', '<b xmlns="urn:x">2</b>').status
    assert 207 == patch(ask, URL, '<b xmlns="urn:x">3</b>', remove=['<a xmlns="urn:x"/>']).status
    assert ["{urn:x}b"] == list(Property.objects.values_list("name", flat=True))


@pytest.mark.parametrize(
    "element",
    [
        '<Win32LastModifiedTime xmlns="urn:schemas-microsoft-com:">Thu, 01 Jan 1970 00:01:40 GMT</Win32LastModifiedTime>',
        "<D:getlastmodified>Thu, 01 Jan 1970 00:01:40 GMT</D:getlastmodified>",
        "<D:lastmodified>100</D:lastmodified>",
    ],
)
def test_clients_set_the_time_of_a_file_in_three_ways(ask, element):
    """
    Windows, gio and rclone each have their own.
    """
    ask("PUT", URL, b"x")

    assert "200 OK" in patch(ask, URL, element).text
    assert "Thu, 01 Jan 1970 00:01:40 GMT" == ask("GET", URL).headers["last-modified"]


def test_too_much_of_a_property_is_refused(ask):
    """
    They are for small things; a store they are not.
    """
    ask("PUT", URL, b"x")
    said = patch(ask, URL, f'<a xmlns="urn:x">{"x" * 70_000}</a>')

    assert 0 == Property.objects.count()
    assert "200 OK" not in said.text


def test_a_role_decides_about_properties_too(ask, alice, space):
    """
    Who only reads describes nothing.
    """
    ask("PUT", URL, b"x")
    bob = colleague(space, alice, Role.DOWNLOAD)
    said = patch(bob, URL, '<a xmlns="urn:x">1</a>')

    assert 403 == said.status
    assert 0 == Property.objects.count()


def test_options_tell_what_the_door_can(ask):
    """
    Clients look for class 2 before they write.
    """
    said = ask("OPTIONS", "/Deal/")

    assert (200, "1,2", "DAV") == (said.status, said.headers["dav"], said.headers["ms-author-via"])


def test_a_refused_property_says_why_in_both_languages(ask):
    """
    Inside a 207, where no problem of ours would be looked for; and nothing of our insides.
    """
    ask("PUT", URL, b"x")
    Space.objects.update(frozen="周六切换 Switch on Saturday")
    said = patch(ask, URL, '<a xmlns="urn:x">1</a>')

    assert 207 == said.status
    assert "只读：周六切换" in said.text
    assert "read-only for now" in said.text
    assert "exception" not in said.text
    assert 0 == Property.objects.count()
