"""
The commands about our own drive, on a drive that is served meanwhile.
"""

import base64
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from support.command import Answer, lading
from support.served_drive import Served, serving

PEOPLE = """kind,key,name,department,groups
department,credit,信贷部,,
person,lin,林晓,credit,
person,zhao,赵敏,credit,
person,,nobody,credit,
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A drive with a firm of two people, and a space that one of them manages."""
    folder = tmp_path_factory.mktemp("commands")
    (folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
    with serving(folder / "home") as served:
        loaded = drive(served, "people", "load", folder / "people.csv", "--json")
        assert 11 == loaded.code, loaded.err
        assert (3, [5]) == (loaded.json["added"], [row["line"] for row in loaded.json["refused"]])
        assert 0 == drive(served, "space", "make", "项目融资", "--admin", "lin", "--quota", "1GiB").code
        yield served


def drive(served: Served, *words: object) -> Answer:
    """`lading drive WORDS` on the home of *served*."""
    return lading("drive", *words, environment={"LADING_DRIVE_HOME": str(served.home)})


def login(served: Served, key: str, *scopes: str) -> str:
    """An Authorization header of *key*."""
    chosen = [word for scope in scopes for word in ("--scope", scope)]
    token = drive(served, "token", "make", key, *chosen).out.strip()
    return "Basic " + base64.b64encode(f"{key}:{token}".encode()).decode()


def put(served: Served, name: str, content: bytes, who: str) -> int:
    return served.ask("PUT", f"/dav/%E9%A1%B9%E7%9B%AE%E8%9E%8D%E8%B5%84/{name}", content, Authorization=who)[
        0
    ]


def test_a_space_is_listed_with_what_it_holds(served: Served) -> None:
    """Key, name, bytes and quota, for programs and for people."""
    [space] = drive(served, "space", "list", "--json").json["spaces"]

    assert ("项目融资", 2**30, "") == (space["name"], space["quota"], space["frozen"])
    assert space["key"] in drive(served, "space", "list").out


def test_a_token_reaches_as_far_as_its_scopes_and_the_rights_of_its_person(served: Served) -> None:
    """Who manages may save with `write`, not with `read`; who has no role finds nothing until a manager grants one."""
    manager, reader = login(served, "lin", "read", "write"), login(served, "lin", "read")
    other = login(served, "zhao", "read", "write")

    assert (201, 403) == (put(served, "a.txt", b"a", manager), put(served, "b.txt", b"b", reader))
    assert 409 == put(served, "c.txt", b"c", other)  # as in a folder that is not there
    assert 0 == drive(served, "grant", "项目融资", "/", "credit", "edit", "--by", "lin").code
    assert 201 == put(served, "c.txt", b"c", other)


def test_only_a_manager_grants(served: Served) -> None:
    """A grant in the name of somebody who manages nothing is refused, and so is one to nobody."""
    refused = drive(served, "grant", "项目融资", "/", "zhao", "manage", "--by", "zhao", "--json")
    nobody = drive(served, "grant", "项目融资", "/", "x", "edit", "--by", "lin", "--json")

    assert (27, 21) == (refused.code, nobody.code)


def test_a_frozen_space_tells_its_message_until_it_is_thawed(served: Served) -> None:
    """The freeze takes effect in the running server at once, and so does its end."""
    manager = login(served, "lin", "read", "write")
    assert 0 == drive(served, "freeze", "项目融资", "--message", "周六切换").code
    status, said = served.ask(
        "PUT", "/dav/%E9%A1%B9%E7%9B%AE%E8%9E%8D%E8%B5%84/f.txt", b"x", Authorization=manager
    )
    listed = drive(served, "space", "list", "--json").json["spaces"][0]["frozen"]
    assert 0 == drive(served, "thaw", "项目融资").code

    assert 400 <= status < 500 and "周六切换" in said.decode()
    assert "周六切换" == listed
    assert 201 == put(served, "f.txt", b"x", manager)


def test_an_invitation_is_an_address(served: Served) -> None:
    """With a login a person gets an account, and an address to choose the password at."""
    added = drive(served, "person", "add", "wang", "--name", "王芳", "--login", "wang", "--json").json
    path = "/first/" + added["invitation"].rpartition("/")[2]

    assert 200 == served.ask("GET", path)[0]
    assert 22 == drive(served, "person", "add", "wang").code


def test_two_spaces_of_one_name_are_told_apart_by_key(served: Served) -> None:
    """A name that several spaces have is refused with their keys."""
    keys = [drive(served, "space", "make", "Twins", "--admin", "lin", "--json").json["key"] for _ in range(2)]
    said = drive(served, "freeze", "Twins", "--message", "x", "--json")

    assert 2 == said.code
    assert all(key in said.json["error"]["message"]["en"] for key in keys)
    assert 0 == drive(served, "freeze", keys[1], "--message", "x").code


def test_check_tidy_and_audit_are_content_with_a_drive_at_work(served: Served) -> None:
    """Nothing is wrong with it, nothing is due, and every record holds."""
    put(served, "g.txt", b"g" * 100, login(served, "lin", "read", "write"))

    checked = drive(served, "check", "--read-data", "--json")
    assert (0, True) == (checked.code, checked.json["sound"]), checked.out
    assert 0 == drive(served, "tidy").code
    verified = drive(served, "audit", "verify", "--json")
    assert 0 == verified.code, verified.err
    assert 0 == drive(served, "audit", "verify", "--head", verified.json["head"]).code


def test_the_audit_is_exported_to_an_audit_admin_only(served: Served, tmp_path: Path) -> None:
    """In the name of anybody else nothing is written to the file."""
    said = drive(served, "audit", "export", "-o", tmp_path / "out.jsonl", "--by", "lin", "--json")

    assert (27, "forbidden") == (said.code, said.json["error"]["code"])
    assert not (tmp_path / "out.jsonl").exists()


def test_damage_is_found(tmp_path: Path) -> None:
    """A flipped bit in a content and a changed event end with exit codes 10 and 41, each with a sentence in Chinese."""
    with serving(tmp_path / "home") as served:
        token = served.mover()
        who = "Basic " + base64.b64encode(f"mover:{token}".encode()).decode()
        served.ask("PUT", "/dav/deals/a.bin", os.urandom(5000), Authorization=who)
        assert 0 == lading("drive", "audit", "verify", served.home).code
        served.stop()
    [content] = [path for path in (served.home / "store" / "objects").rglob("*") if path.is_file()]
    damaged = bytearray(content.read_bytes())
    damaged[100] ^= 1
    content.chmod(0o600)
    content.write_bytes(damaged)
    with closing(sqlite3.connect(served.home / "drive.sqlite")) as tables:
        tables.execute("UPDATE drive_event SET actor = 'somebody else' WHERE kind = 'file.saved'")
        tables.commit()

    checked = lading("drive", "check", served.home, "--read-data", environment={"LADING_LANG": "zh"})
    verified = lading("drive", "audit", "verify", served.home, environment={"LADING_LANG": "zh"})
    assert (10, 41) == (checked.code, verified.code)
    assert "损坏" in checked.out and "[bad_ledger]" in verified.err
    json.loads(lading("drive", "check", served.home, "--json").out)
