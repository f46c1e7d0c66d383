"""
The people of a file server: those of this machine, of lists as below `/etc`, or of a CSV file.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.connectors.folder import open as open_folder
from lading.connectors.folder.people import People, from_lists, of_this_machine
from lading.model.access import Membership, Principal, PrincipalKind
from lading.model.errors import BadAddress, NotFound

PASSWD = """# accounts
root:x:0:0:root:/root:/bin/bash
li:x:1001:100:李伟,Room 5,,:/home/li:/usr/sbin/nologin
wang:x:1002:100::/home/wang:/bin/sh
twin:x:1002:200:The same number:/:/bin/sh
+@nis
"""
GROUP = """root:x:0:
users:x:100:
deal:x:200:li,wang,li,gone
"""
CSV = """kind,id,name,login,mail,groups
person,1001,李伟,li,li@firm.example,100 g200
person,1002,Wang,wang,,100
group,100,users,,,
group,200,deal,,,
"""


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    (tmp_path / "passwd").write_text(PASSWD, encoding="utf-8")
    (tmp_path / "group").write_text(GROUP, encoding="utf-8")
    return tmp_path


def test_lists_of_a_file_server(lists: Path) -> None:
    """Accounts and groups are told apart though they share numbers; of two accounts with one number the first counts."""
    people = from_lists(str(lists))
    told = {(one.kind.value, one.id, one.name, one.login) for one in people.principals()}

    assert {
        ("person", "0", "root", "root"),
        ("person", "1001", "李伟", "li"),
        ("person", "1002", "wang", "wang"),
        ("group", "g0", "root", ""),
        ("group", "g100", "users", ""),
        ("group", "g200", "deal", ""),
        ("everybody", "everybody", "", ""),
    } == told
    expected = {("g0", "0"), ("g100", "1001"), ("g100", "1002"), ("g200", "1001"), ("g200", "1002")}
    assert expected == {(one.group, one.member) for one in people.memberships()}
    assert ["1001", "1002"] == sorted(one.id for one in people.members("g200"))
    with pytest.raises(NotFound):
        people.members("g999")


def test_people_of_a_csv(tmp_path: Path) -> None:
    """A CSV names mail too, and the groups of each person."""
    (tmp_path / "people.csv").write_text(CSV, encoding="utf-8-sig")
    people = from_lists(str(tmp_path / "people.csv"))

    assert Principal(PrincipalKind.PERSON, "1001", "李伟", "li@firm.example", "li") in list(
        people.principals()
    )
    expected = [Membership("g100", "1001"), Membership("g100", "1002"), Membership("g200", "1001")]
    assert expected == list(people.memberships())


def test_people_of_this_machine() -> None:
    """Whoever runs this is known by name, and a number that nobody has is told as it is."""
    people = of_this_machine()
    me = os.getuid()

    assert pwd.getpwuid(me).pw_name == people.person(me).login
    assert Principal(PrincipalKind.PERSON, "3999999999", "3999999999") == people.person(3_999_999_999)
    assert Principal(PrincipalKind.GROUP, "g3999999999", "3999999999") == people.group(3_999_999_999)
    assert "3999999999" not in {one.id for one in people.principals()}


def test_given_people_are_not_asked_of_this_machine(lists: Path, tmp_path: Path) -> None:
    """With lists of another server its numbers get the names there, and none of ours."""
    root = tmp_path / "root"
    root.mkdir()
    with open_folder(Address("folder", str(root), {"people": str(lists)})) as drive:
        names = {one.login for one in drive.people.principals()}
        owner = drive.grants.list(())[0].principal

    assert {"root", "li", "wang", ""} == names
    assert str(os.getuid()) == owner.id
    assert People((), ()).person(0).login == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("passwd", "li:x:1001:100:short\n"),
        ("passwd", "li:x:abc:100:::\n"),
        ("passwd", "li:x:99999999999:100:::\n"),
        ("group", "users:x:\n"),
        ("people.csv", "name,number\nx,1\n"),
        ("people.csv", "kind,id,colour\nperson,1,red\n"),
        ("people.csv", "kind,id\nrobot,1\n"),
        ("people.csv", "kind,id,groups\nperson,1,² x\n"),
        ("people.csv", "kind,id\nperson,-1\n"),
        ("people.csv", "kind,id\nperson," + "1" * 200_000),
        ("people.csv", ""),
        ("people.csv", "kind,id\n\x00,\x00\n"),
    ],
)
def test_lists_that_cannot_be_read_are_refused(lists: Path, name: str, text: str) -> None:
    """A mistake is told with its place when the drive is opened, in both languages, and never taken for something else."""
    (lists / name).write_text(text, encoding="utf-8")
    place = str(lists / name) if name.endswith("csv") else str(lists)
    with pytest.raises(BadAddress) as caught:
        open_folder(Address("folder", str(lists), {"people": place}))

    assert name in caught.value.details.en
    assert name in caught.value.details.zh
    assert caught.value.details.en != caught.value.details.zh


def test_lists_that_are_not_there_are_refused(tmp_path: Path) -> None:
    """A place that does not exist is told as such."""
    with pytest.raises(BadAddress, match="No such file"):
        open_folder(Address("folder", str(tmp_path), {"people": str(tmp_path / "none")}))
