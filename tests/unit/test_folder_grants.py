"""
Mode bits and POSIX ACLs, read as grants; and what a file gets from its folder.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.folder import FolderDrive, acl
from lading.connectors.folder import open as open_folder
from lading.connectors.folder.acl import GROUP, GROUP_OBJ, MASK, OTHER, USER, USER_OBJ, Owned, Rule
from lading.connectors.folder.people import Group, People, User
from lading.model.access import Effect, Grant, Reach, Role
from lading.model.errors import Unable

RULES = st.lists(
    st.builds(
        Rule,
        st.sampled_from([USER_OBJ, USER, GROUP_OBJ, GROUP, MASK, OTHER]),
        st.integers(0, 7),
        st.integers(0, 2**32 - 1),
    )
)


@given(RULES)
def test_acl_attributes_round_trip(rules: list[Rule]) -> None:
    """Every ACL is decoded to the rules that it was encoded from."""
    assert tuple(rules) == acl.decoded(acl.encoded(tuple(rules)))


@given(st.binary(max_size=60))
def test_any_attribute_is_decoded_or_refused(raw: bytes) -> None:
    """Whatever stands in the attribute, it is understood or refused with a `ValueError`."""
    try:
        rules = acl.decoded(raw)
    except ValueError:
        return
    assert raw == acl.encoded(rules)


def test_layout_of_the_kernel() -> None:
    """Version 2, then eight bytes for each rule: tag, permissions, id, all little-endian."""
    raw = struct.pack("<I", 2) + struct.pack("<HHI", 2, 6, 1000) + struct.pack("<HHI", 0x20, 4, 0xFFFFFFFF)

    assert (Rule(USER, 6, 1000), Rule(OTHER, 4)) == acl.decoded(raw)


PEOPLE = People(
    (User(10, "owner", "Owner", (20,)), User(30, "li", "李伟", (40, 20))),
    (Group(20, "staff"), Group(40, "deal")),
)


def told(
    rules: tuple[Rule, ...], *, folder: bool = True, source: str = "acl"
) -> list[tuple[str, int, str, Role]]:
    """Grants in short: id, rank, rights, role."""
    owned = Owned(10, 20, folder)
    return [short(grant) for grant in acl.grants_of(("x",), rules, owned, source, PEOPLE)]


def short(grant: Grant) -> tuple[str, int, str, Role]:
    """One grant in short."""
    assert grant.effect is Effect.ALLOW
    return grant.principal.id, grant.rank, "".join(sorted(grant.rights)), grant.role


@pytest.mark.parametrize(
    ("mode", "folder", "expected"),
    [
        (0o750, True, [Role.EDIT, Role.DOWNLOAD, Role.NONE]),
        (0o711, True, [Role.EDIT, Role.PASS, Role.PASS]),
        # Names without a way to what they name, and a drop box of which nothing can be read.
        (0o463, True, [Role.NONE, Role.NONE, Role.PASS]),
        (0o644, False, [Role.EDIT, Role.DOWNLOAD, Role.DOWNLOAD]),
        (0o713, False, [Role.EDIT, Role.NONE, Role.NONE]),
        (0o604, False, [Role.EDIT, Role.NONE, Role.DOWNLOAD]),
        (0o000, False, [Role.NONE] * 3),
    ],
)
def test_roles_of_modes(mode: int, folder: bool, expected: list[Role]) -> None:
    """Mode bits become a grant each to owner, group and everybody, of what they hold whole, also of nothing."""
    found = told(acl.of_mode(mode), folder=folder, source="mode")

    assert [("10", 0), ("g20", 2), ("everybody", 3)] == [(who, rank) for who, rank, *_ in found]
    assert expected == [role for *_, role in found]


def test_mask_limits_all_but_owner_and_others() -> None:
    """Rights that the mask takes away are not granted; a user who is named with none gets none."""
    rules = (
        Rule(USER_OBJ, 7),
        Rule(USER, 7, 30),
        Rule(USER, 0, 31),
        Rule(GROUP_OBJ, 7),
        Rule(GROUP, 6, 40),
        Rule(MASK, 5),
        Rule(OTHER, 0),
    )

    assert [
        ("10", 0, "rwx", Role.EDIT),
        ("30", 1, "rx", Role.DOWNLOAD),
        ("31", 1, "", Role.NONE),
        ("g20", 2, "rx", Role.DOWNLOAD),
        ("g40", 2, "r", Role.NONE),
        ("everybody", 3, "", Role.NONE),
    ] == told(rules)


BITS = st.integers(0, 7)


@given(
    named=st.dictionaries(st.sampled_from([10, 30, 50]), BITS, max_size=3),
    units=st.dictionaries(st.sampled_from([40, 60]), BITS, max_size=2),
    bits=st.tuples(BITS, BITS, BITS, BITS),
    who=st.sampled_from([10, 30, 50, 70]),
    inside=st.sets(st.sampled_from([20, 40, 60])),
    folder=st.booleans(),
)
def test_the_first_rule_that_names_somebody_decides(
    named: dict[int, int],
    units: dict[int, int],
    bits: tuple[int, int, int, int],
    who: int,
    inside: set[int],
    folder: bool,
) -> None:
    """The lowest rank that names a person gives no role whose rights the kernel would refuse them."""
    owner, group, mask, other = bits
    rules = (
        Rule(USER_OBJ, owner),
        *(Rule(USER, each, number) for number, each in named.items()),
        Rule(GROUP_OBJ, group),
        *(Rule(GROUP, each, number) for number, each in units.items()),
        Rule(MASK, mask),
        Rule(OTHER, other),
    )
    mine = {str(who), "everybody", *(f"g{number}" for number in inside)}
    grants = [one for one in told(rules, folder=folder) if one[0] in mine]
    lowest = min(rank for _, rank, *_ in grants)
    role = max(role for _, rank, _, role in grants if rank == lowest)
    allowed = kernel(rules, who, inside)

    needed = {Role.NONE: 0, Role.PASS: 1, Role.DOWNLOAD: 5 if folder else 4, Role.EDIT: 7 if folder else 6}
    assert any(needed[role] & ~one == 0 for one in allowed)
    assert not any(
        needed[higher] & ~one == 0
        for one in allowed
        for higher in needed
        if higher > role and (folder or higher is not Role.PASS)
    )


def kernel(rules: tuple[Rule, ...], who: int, inside: set[int]) -> list[int]:
    """The rights of which one set is enough, as acl(5) says under ACCESS CHECK ALGORITHM."""
    by_tag = {rule.tag: rule.permissions for rule in rules}
    if who == 10:
        return [by_tag[USER_OBJ]]
    for rule in rules:
        if rule.tag == USER and rule.id == who:
            return [rule.permissions & by_tag[MASK]]
    groups = [rule for rule in rules if rule.tag == GROUP and rule.id in inside]
    groups += [rule for rule in rules if rule.tag == GROUP_OBJ and 20 in inside]
    return [rule.permissions & by_tag[MASK] for rule in groups] or [by_tag[OTHER]]


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[FolderDrive]:
    """A folder on a file system with ACLs, set by the tool that administrators use."""
    if not shutil.which("setfacl"):
        pytest.skip("setfacl is missing (Debian package acl)")
    if subprocess.run(["setfacl", "-m", "u:4242:r", str(tmp_path)], capture_output=True).returncode:
        pytest.skip("this file system has no ACLs")
    subprocess.run(["setfacl", "-b", str(tmp_path)], check=True)
    with open_folder(Address("folder", str(tmp_path))) as drive:
        yield drive


def test_acls_of_the_administrators_tool(drive: FolderDrive, tmp_path: Path) -> None:
    """What setfacl sets comes out as grants, by number and by name; default ACLs inherit."""
    (tmp_path / "folder").mkdir(mode=0o750)
    rules = "u:4242:rwx,g:4343:r-x,u:nobody:---,m::rwx,d:u:4242:rx,d:g::---,d:o::---"
    subprocess.run(["setfacl", "-m", rules, str(tmp_path / "folder")], check=True)
    grants = drive.grants.list(("folder",))
    here = {short(grant) for grant in grants if grant.reach is Reach.HERE}
    later = {short(grant) for grant in grants if grant.reach is Reach.LATER}
    names = {grant.principal.id: grant.principal.name for grant in grants}

    assert {("4242", 1, "rwx", Role.EDIT), ("g4343", 2, "rx", Role.DOWNLOAD)} <= here
    assert ("everybody", 3, "", Role.NONE) in here
    assert "nobody" in names.values()
    assert ("4242", 1, "rx", Role.DOWNLOAD) in later
    assert "4242" == names["4242"]
    assert {"acl", "default acl"} == {grant.source for grant in grants}


def test_rights_are_never_set(drive: FolderDrive) -> None:
    """Whoever tries is told that this drive cannot, and nothing changes."""
    before = drive.grants.list(())
    for call in (drive.grants.set, drive.grants.unset):
        with pytest.raises(Unable):
            call(before[0])

    assert before == drive.grants.list(())
    assert drive.grants.all() is None  # type: ignore[func-returns-value]
    assert not drive.profile.features.effects


def test_symlinks_have_no_grants(drive: FolderDrive, tmp_path: Path) -> None:
    """The rights of a symlink are those of nobody: it is not followed to ask."""
    (tmp_path / "link").symlink_to("/etc")

    assert () == drive.grants.list(("link",))
    assert drive.grants.list(())


@pytest.mark.parametrize("nameless", [True, False])
@pytest.mark.parametrize("expect", [ABSENT, ANYTHING])
def test_files_inherit_as_if_made_there(
    drive: FolderDrive, tmp_path: Path, nameless: bool, expect: object
) -> None:
    """A file we write has the very ACL of one that a program makes in that folder, by every way."""
    drive._parts.nameless = nameless
    for number, rules in enumerate(("d:u:4242:rwx,d:g::r-x,d:o::---", "d:u::rwx,d:g::rx,d:o::x", "u:4242:r")):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        subprocess.run(["setfacl", "-m", rules, str(folder)], check=True)
        (folder / "usual").touch()
        drive.write((f"{number}", "file"), [b"x"], expect=expect)  # type: ignore[arg-type]
        drive.partials.append("token", [b"x"], start=0)
        drive.partials.finish("token", (f"{number}", "large"), expect=expect)  # type: ignore[arg-type]
        expected = attributes(folder / "usual")

        assert expected == attributes(folder / "file")
        assert expected == attributes(folder / "large")


def test_defaults_of_the_root_do_not_spread(drive: FolderDrive, tmp_path: Path) -> None:
    """A default ACL of the root does not reach files that go to folders without one."""
    (tmp_path / "folder").mkdir()
    subprocess.run(["setfacl", "-m", "d:u:4242:rwx", str(tmp_path)], check=True)
    drive._parts.nameless = False
    (tmp_path / "folder" / "usual").touch()
    drive.write(("folder", "file"), [b"x"], expect=ABSENT)

    assert attributes(tmp_path / "folder" / "usual") == attributes(tmp_path / "folder" / "file")


def attributes(file: Path) -> tuple[int, bytes | None]:
    """Mode and ACL of *file*."""
    try:
        rules = os.getxattr(file, acl.ACCESS)
    except OSError:
        rules = None
    return os.stat(file).st_mode, rules
