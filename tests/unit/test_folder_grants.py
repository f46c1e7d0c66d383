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
from lading.connectors.folder.acl import GROUP, GROUP_OBJ, MASK, OTHER, USER, USER_OBJ, WORDS, Owners, Rule
from lading.connectors.profile import AccessRules
from lading.model.access import Effect, Grant, PrincipalKind, Reach, Role
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


Short = tuple[str, str, int, Role, str]


def told(rules: tuple[Rule, ...], *, folder: bool = False) -> set[Short]:
    """Grants in short: kind, id, rank, role, rights."""
    return {short(grant) for grant in acl.grants_of(("x",), rules, Owners(10, 20), "acl", folder=folder)}


def short(grant: Grant) -> Short:
    """One grant in short."""
    assert grant.effect is Effect.ALLOW
    who = grant.principal
    return who.kind.value, who.id, grant.rank, grant.role, "".join(sorted(grant.rights))


@pytest.mark.parametrize(
    ("mode", "folder", "expected"),
    [
        (0o750, True, {("person", "10", 0, Role.EDIT, "rwx"), ("group", "20", 2, Role.DOWNLOAD, "rx")}),
        (0o750, False, {("person", "10", 0, Role.EDIT, "rwx"), ("group", "20", 2, Role.DOWNLOAD, "rx")}),
        (
            0o644,
            False,
            {
                ("person", "10", 0, Role.EDIT, "rw"),
                ("group", "20", 2, Role.DOWNLOAD, "r"),
                ("everybody", "everybody", 3, Role.DOWNLOAD, "r"),
            },
        ),
        # Names without a way in, a way in without names, a drop box.
        (
            0o413,
            True,
            {
                ("person", "10", 0, Role.NONE, "r"),
                ("group", "20", 2, Role.PASS, "x"),
                ("everybody", "everybody", 3, Role.PASS, "wx"),
            },
        ),
        (0o012, False, {("person", "10", 0, Role.NONE, ""), ("group", "20", 2, Role.NONE, "x"), ("everybody", "everybody", 3, Role.NONE, "w")}),
        # Who stands earlier and has less does not fall through to those after.
        (0o070, True, {("person", "10", 0, Role.NONE, ""), ("group", "20", 2, Role.EDIT, "rwx")}),
    ],
)  # fmt: skip
def test_grants_of_modes(mode: int, folder: bool, expected: set[Short]) -> None:
    """Mode bits become grants to owner, group and everybody, in the order in which they decide."""
    assert expected == told(acl.of_mode(mode), folder=folder)


def test_mask_limits_all_but_owner_and_others() -> None:
    """Rights that the mask takes away are not granted."""
    rules = (
        Rule(USER_OBJ, 7),
        Rule(USER, 7, 30),
        Rule(GROUP_OBJ, 7),
        Rule(GROUP, 6, 40),
        Rule(MASK, 5),
        Rule(OTHER, 0),
    )

    assert {
        ("person", "10", 0, Role.EDIT, "rwx"),
        ("person", "30", 1, Role.DOWNLOAD, "rx"),
        ("group", "20", 2, Role.DOWNLOAD, "rx"),
        ("group", "40", 2, Role.DOWNLOAD, "r"),
    } == told(rules)


def test_named_user_without_rights_is_named() -> None:
    """A user who is named with no rights is told, so that what everybody else has is not theirs."""
    rules = (Rule(USER_OBJ, 6), Rule(USER, 0, 30), Rule(GROUP_OBJ, 4), Rule(MASK, 4), Rule(OTHER, 4))

    assert ("person", "30", 1, Role.NONE, "") in told(rules)


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
    below = {short(grant) for grant in grants if grant.reach is Reach.LATER}
    names = {grant.principal.id: grant.principal.name for grant in grants}

    assert {
        ("person", "4242", 1, Role.EDIT, "rwx"),
        ("group", "4343", 2, Role.DOWNLOAD, "rx"),
    } <= here
    assert "nobody" in names.values()
    assert ("person", "4242", 1, Role.DOWNLOAD, "rx") in below
    assert "4242" == names["4242"]
    assert {"acl", "default acl"} == {grant.source for grant in grants}
    assert not any(grant.principal.kind is PrincipalKind.EVERYBODY for grant in grants)


def test_rights_are_not_set(drive: FolderDrive) -> None:
    """A folder refuses to take a grant or to take one away, and tells no list of everything."""
    grant = drive.grants.list(())[0]
    for refused in (drive.grants.set, drive.grants.unset):
        with pytest.raises(Unable):
            refused(grant)

    assert drive.grants.all() is None
    assert drive.profile.access == AccessRules(passage=True, words=WORDS)


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
    drive._parts._nameless = nameless
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
    drive._parts._nameless = False
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
