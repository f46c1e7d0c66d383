"""A person moves a drive of ours, with all that hangs on its files, to another one and to a plain WebDAV server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lading.connectors.address import Address
from lading.connectors.conditions import ANYTHING
from lading.connectors.lading import LadingDrive
from lading.connectors.lading import open as open_lading
from lading.model.access import ANYBODY, Effect, Grant, Link, Principal, PrincipalKind, Role, Version
from lading.testkit.servers import WsgiDavServer, require_server
from lading.testkit.servers.lading_drive import LOGIN, SPACE, LadingDriveServer
from lading.testkit.servers.local import HOST
from support.command import Answer, lading

OLD, NEW = "LADING_STORY_OLD", "LADING_STORY_NEW"
SECOND = 10**9
BOB = Principal(PrincipalKind.PERSON, "bob")
_PEOPLE = """
from lading.drive.actor import SYSTEM
from lading.drive.people import admins, principals
admins.give_admin_role(SYSTEM, principals.find("alice").id, "system")
principals.add(SYSTEM, "person", "bob", name="Bob", mail="bob@firm.example")
"""


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LadingDriveServer]:
    """A drive with three files, seven versions, rights and two links."""
    with LadingDriveServer(tmp_path_factory.mktemp("old")) as server:
        server.run(_PEOPLE)
        os.environ[OLD] = server.token
        with open_lading(place(server, "交易", OLD)) as drive:
            fill(drive)
        yield server


def fill(drive: LadingDrive) -> None:
    drive.make_folder(("shut",))
    for path, versions in ((("合同.docx",), 4), (("shut", "a"), 2), (("one",), 1)):
        for number in range(versions):
            content = f"{path}{number}".encode()
            at = (1_500_000_000 + number) * SECOND
            version = Version("", at, len(content), LOGIN, modified=at, label=f"v{number}")
            drive.versions.add(path, [content], version, expect=ANYTHING)
    drive.grants.set(Grant(("shut",), ANYBODY, frozenset(), Effect.BREAK))
    drive.grants.set(Grant(("one",), BOB, frozenset(), Effect.DENY, role=Role.PREVIEW))
    drive.grants.set(Grant((), BOB, frozenset(), role=Role.DOWNLOAD))
    for password in (None, "correct horse"):
        drive.links.make(Link(("one",), "", frozenset(), role=Role.DOWNLOAD, limit=3), password=password)


def place(server: LadingDriveServer, folder: str, token: str) -> Address:
    where = f"http://{HOST}:{server.port}/{SPACE}/{folder}"
    return Address("lading", where, {"token": f"env:{token}", "create": "yes"})


def written(file: Path, address: Address) -> Path:
    """The address in a file, as the command takes it."""
    options = "".join(f'{name} = "{value}"\n' for name, value in address.options.items())
    file.write_text(f'kind = "{address.kind}"\nplace = "{address.place}"\n{options}', encoding="utf-8")
    return file


def copied(source: Path, target: Path, folder: Path, *words: object) -> Answer:
    return lading("copy", source, target, "--state", folder / "state", "--with", "all", "--json", *words)


def test_all_of_it_arrives_on_a_drive_of_ours(old: LadingDriveServer, tmp_path: Path) -> None:
    """
    Versions, rights and links arrive as they were, the signed contract announces every loss, and a second pass finds
    all of it the same.
    """
    source = written(tmp_path / "old.toml", place(old, "交易", OLD))
    with LadingDriveServer(tmp_path / "new-home") as new:
        new.run(_PEOPLE)
        os.environ[NEW] = new.token
        target = written(tmp_path / "new.toml", place(new, "新", NEW))
        with open_lading(place(new, "新", NEW)):
            pass
        contract = tmp_path / "fidelity.json"
        promised = lading("fidelity", source, target, "-o", contract, "--json")
        first = copied(source, target, tmp_path, "--contract", contract)
        second = copied(source, target, tmp_path, "--contract", contract)
        with open_lading(place(old, "交易", OLD)) as ours, open_lading(place(new, "新", NEW)) as theirs:
            assert facts(ours) == facts(theirs)
            assert 2 == len(list(theirs.links.all()))

    assert promised.code in (0, 10), promised.err
    assert (0, 0) == (first.code, second.code), first.out + first.err
    features = second.json["account"]["features"]
    assert [7, 0] == [features["versions"]["buckets"][name] for name in ("same", "moved")]
    assert 2 == features["links"]["buckets"]["translated"]


def facts(drive: LadingDrive) -> tuple[Any, ...]:
    versions = {
        path: [(it.saved, it.size, it.author, it.modified, it.label, it.digests) for it in told]
        for path, told in drive.versions.all()
    }
    return versions, {
        (it.path, it.effect, it.principal.id, it.role)
        for it in drive.grants.all()
        if it.principal.id != LOGIN
    }


def test_a_plain_server_loses_what_was_announced(old: LadingDriveServer, tmp_path: Path) -> None:
    """
    On a plain WebDAV server everything but content is lost, exactly as the contract announced by code and count; a contract
    that announces less ends the command with its own exit code.
    """
    source = written(tmp_path / "old.toml", place(old, "交易", OLD))
    with require_server(WsgiDavServer) as server:
        target = written(tmp_path / "new.toml", dav(server))
        contract = tmp_path / "fidelity.json"
        promised = lading("fidelity", source, target, "-o", contract, "--json")
        done = copied(source, target, tmp_path, "--contract", contract, "--archive", tmp_path / "kept")
        short = contract.read_text("utf-8").replace(
            '"code":"version.none","count":4', '"code":"version.none","count":3'
        )
        contract.write_text(short, "utf-8")
        broken = copied(source, target, tmp_path, "--contract", contract)

    assert 10 == promised.code, promised.err
    assert 0 == done.code, done.out + done.err
    found = {code: n for one in done.json["account"]["features"].values() for code, n in one["codes"].items()}
    told = {
        line["code"]: line["count"]
        for one in promised.json["contract"]["accounts"]
        if one["feature"].startswith("version") or one["feature"] in ("grants", "denials", "breaks", "links")
        for line in one["lines"]
    }
    assert told == found
    assert 4 == found["version.none"]
    assert 4 == len([it for it in (tmp_path / "kept" / "contents").rglob("*") if it.is_file()])
    assert 14 == broken.code
    assert [{"code": "version.none", "count": 4, "allowed": 3}] == broken.json["account"]["contract"][
        "unannounced"
    ]


def dav(server: WsgiDavServer) -> Address:
    os.environ["LADING_STORY_DAV"] = server.password
    return Address("webdav", server.url, {"user": server.user, "password": "env:LADING_STORY_DAV"})
