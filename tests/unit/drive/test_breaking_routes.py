"""
Every route of the API, asked by those who may not: outsiders, guests, admins of another kind, tokens that reach less far.
"""

import json
import re
import time

import pytest

from lading.drive.actor import EVERYTHING, SYSTEM, Actor, Scope
from lading.drive.api.routing import OPEN
from lading.drive.api.urls import MATTERS
from lading.drive.models import Event, Node, Space
from lading.drive.people import accounts, principals, tokens
from lading.drive.tree.spaces import make_space
from lading.drive.versions.holds import set_hold
from support.drive_api import Caller, token_of

SECRET = "Neptune"
ROWS = [row for matter in MATTERS for row in matter.rows]
BODIES = {
    "change_space": {"name": "n"},
    "freeze_space": {"message": "m"},
    "touch_entry": {"modified": "1"},
    "make_folder": {"path": "x"},
    "move_entry": {"from": "a", "to": "b"},
    "copy_entry": {"from": "a", "to": "b"},
    "read_batch": {"files": [{"path": "a"}]},
    "finish_upload": {"space": "s", "path": "a"},
    "sweep_uploads": {"keep": []},
    "add_grant": {"principal": "outsider", "role": "manage"},
    "put_grant": {"path": "a", "principal": "outsider", "role": "manage"},
    "make_link_at": {"path": "a", "role": "download"},
    "set_hold": {"reason": "because of it"},
    "label_version": {"label": "l"},
    "make_link": {"role": "download"},
    "add_principal": {"key": "new", "kind": "person", "name": "n"},
    "change_principal": {"name": "n"},
    "make_account": {"principal": "outsider", "login": "other", "password": "long enough, this"},
    "set_password": {"password": "long enough, this"},
    "give_admin_role": {"admin": "system"},
    "make_wall": {"name": "w", "sides": [["a"], ["b"]]},
    "break_glass": {"space": "s", "reason": "because of the fire", "minutes": 5},
    "make_space": {"name": "n", "admins": ["outsider"]},
    "make_token": {"name": "t", "scopes": ["read"]},
    "sign_in": {"login": "a", "password": "b"},
    "open_shared": {"token": "x"},
}


class World:
    """A space of Ann's with one of everything, of which nobody else may know."""

    def __init__(self):
        self.admins = {}
        self.ann = self.person("ann")
        number = make_space(SYSTEM, SECRET, admins=[principals.find("ann").id])
        self.space = Space.objects.get(id=number).key
        at = f"/spaces/{self.space}"
        self.file = self.save(f"{SECRET}.txt")
        node = self.file["id"]
        self.link = self.ann("POST", f"/nodes/{node}/links", {"role": "download"}).json["key"]
        gone = self.save("gone.txt")
        assert 204 == self.ann("DELETE", f"{at}/entry", query={"path": "gone.txt"}).status
        self.binned = gone["id"]
        self.trash = self.ann("GET", "/trash").json["trash"][0]["id"]
        principals.add(SYSTEM, "group", "project-neptune", name=SECRET)
        self.hold = str(set_hold(self.admin("security"), int(node), "a reason that stands"))
        self.token = str(tokens.list_tokens(SYSTEM, principals.find("ann").id)[0].id)

    def person(self, key):
        who = principals.add(SYSTEM, "person", key, name=key.title())
        accounts.make_account(SYSTEM, who.id, key, "long enough, this")
        return Caller(token_of(key))

    def save(self, path):
        return self.ann("PUT", f"/spaces/{self.space}/content", body=b"text", query={"path": path}).json

    def admin(self, role):
        key = f"{role}-admin"
        who = principals.add(SYSTEM, "person", key, name=key)
        accounts.make_account(SYSTEM, who.id, key)
        accounts.give_admin_role(SYSTEM, who.id, role)
        self.admins[role] = Caller(token_of(key))
        return Actor(who.id, key, admin=role)

    def there(self):
        """What stands in the places of a route: what is there and hidden, and what never was."""
        real = {
            "space": self.space, "node": self.file["id"], "trashed": self.trash, "hold": self.hold, "key": "project-neptune",
            "grant": "1", "number": "1", "login": "ann", "wall": "1", "member": "ann", "token": self.token,
            "link": self.link,
        }  # fmt: skip
        free = {
            "space": "s" + "0" * 16, "node": "999999", "trashed": "999999", "hold": "999999", "key": "project-nessuno",
            "grant": "999999", "number": "1", "login": "zoe", "wall": "999999", "member": "zoe", "token": "999999",
            "link": "0" * 16,
        }  # fmt: skip
        return real, free


@pytest.fixture
def world():
    return World()


def ask(caller, row, places, path=""):
    name = row.view.__name__.rstrip("_")
    told = BODIES.get(name)
    if told:
        words = {"s": places["space"], "a": path or "a"}
        told = {
            key: words.get(value, value) if isinstance(value, str) else value for key, value in told.items()
        }
    places = dict(places)
    if "/links/{key}" in row.path:
        places["key"] = places["link"]
    address = re.sub(r"\{(\w+)\}", lambda found: str(places[found[1]]), row.path)
    query = {"path": path} if name in QUERIED else {}
    if name == "drop_grant":
        query["principal"] = "outsider"
    body, headers = None, {}
    if name in ("save_content", "add_to_upload"):
        body = b"x"
    if name == "write_batch":
        body, headers = b"", {"Content-Type": "application/vnd.lading.batch"}
    if name == "load_principals":
        body, headers = b"kind,key,name\n", {"Content-Type": "text/csv"}
    return caller(row.method, address, told, body=body, query=query, headers=headers)


QUERIED = {
    "read_content", "save_content", "read_entry", "touch_entry", "delete_entry", "list_folder", "drop_grant",
    "put_break", "drop_break",
}  # fmt: skip


def neutral(said, words):
    """*said* without what was asked for, which is all that may differ."""
    text = said.body.decode("utf-8", "replace")
    for word in sorted(words, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "*", text)
    headers = {key: value for key, value in said.headers.items() if key not in ("content-length", "date")}
    return said.status, headers, text


WITH_PLACES = [row for row in ROWS if "{" in row.path and "uploads" not in row.path]


@pytest.mark.parametrize("who", ["outsider", "guest"])
def test_what_is_hidden_answers_as_what_never_was(world, who):
    """
    Status, headers and body are the same but for what was asked, on every route with an id in it.
    """
    world.person("outsider")
    if who == "guest":
        owner = principals.find("outsider").id
        principals.add(SYSTEM, "guest", "guest", name="G", owner=owner, until=time.time_ns() + 10**15)
    caller = Caller(token_of(who))
    real, free = world.there()
    places = ("space", "node", "trashed", "hold", "key", "login", "link", "member", "token")
    words = {str(found[place]) for found in (real, free) for place in places}

    for row in WITH_PLACES:
        hidden = ask(caller, row, real, f"{SECRET}.txt")
        missing = ask(caller, row, free, f"{SECRET}.txt")
        assert neutral(missing, words) == neutral(hidden, words), (row.method, row.path)
        assert hidden.status >= 400 or "{link}" in row.path, (row.method, row.path)


def test_a_token_reaches_no_further_than_its_scopes(world):
    """
    A token with all other scopes than the one of the route gets nowhere, and without a token nobody does.
    """
    real, _ = world.there()
    callers = {scope: Caller(token_of("ann", EVERYTHING - {scope})) for scope in Scope}

    for row in ROWS:
        if row.needs != OPEN:
            assert 401 == ask(Caller(), row, real).status, (row.method, row.path)
        if isinstance(row.needs, Scope):
            said = ask(callers[row.needs], row, real)
            assert (403, "forbidden") == (said.status, said.code), (row.method, row.path)


UNTRIED = (
    "delete_space",
    "purge_space",
    "load_principals",
    "break_glass",
    "make_token",
    "revoke_token",
    "set_password_",
)


@pytest.mark.parametrize("role", ["system", "security", "audit"])
def test_no_admin_role_gives_a_name_or_a_content(world, role):
    """
    What an admin may do by their role names no file and gives no content of a space that is not theirs.
    """
    if role != "security":
        world.admin(role)
    real, _ = world.there()

    for row in ROWS:
        if row.view.__name__ in UNTRIED:
            continue
        said = ask(world.admins[role], row, real)
        body = said.body.decode("utf-8", "replace")
        assert row.path.startswith(("/principals", "/audit")) or SECRET not in body, (row.method, row.path)
        assert said.status < 500 and body != "text", (row.method, row.path)


def test_no_answer_and_no_record_holds_a_secret(world, home):
    """
    Neither hash nor text of a password or token is in the audit, its spool or the answers of the directory.
    """
    secret = "a password nobody knows"
    who = principals.add(SYSTEM, "person", "zed", name="Zed")
    accounts.make_account(SYSTEM, who.id, "zed", secret)
    nobody = Caller()
    made = nobody("POST", "/sign-in", {"login": "zed", "password": secret}).json["token"]
    nobody("POST", "/sign-in", {"login": secret, "password": "zed"})
    node = world.file["id"]
    link = world.ann("POST", f"/nodes/{node}/links", {"role": "download", "password": secret}).json["url"]
    token = link.rpartition("/")[2]
    nobody("POST", "/links/open", {"token": token, "password": secret})
    nobody("POST", "/links/open", {"token": token, "password": secret + "x"})
    world.admin("audit")
    audit = world.admins["audit"]
    exported = audit("GET", "/audit/export").body

    written = [path.read_bytes() for path in (home / "audit").rglob("*") if path.is_file()]
    told = json.dumps(list(Event.objects.values("kind", "path", "facts")), default=str).encode()
    assert exported
    for text in (secret, made, token, "argon2"):
        assert not [1 for one in [*written, told, exported] if text.encode() in one], text


def test_moves_into_the_bin_hide_the_id(world):
    """
    What lies in a trash has no facts under its id, not even for who put it there.
    """
    assert Node.objects.filter(id=world.binned).exists()
    said = world.ann("GET", f"/nodes/{world.binned}")
    assert (404, "not_found") == (said.status, said.code)
