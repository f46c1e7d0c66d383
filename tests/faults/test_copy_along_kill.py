"""
A copy with versions, rights and links that is killed comes to the same end as one that was not.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.facets import Upload
from lading.connectors.lading import LadingDrive
from lading.connectors.lading import open as open_lading
from lading.model.access import ANYBODY, Effect, Grant, Link, Principal, PrincipalKind, Role, Version
from lading.model.entry import Entry
from lading.model.failpoints import ALONG
from lading.testkit.servers.lading_drive import LOGIN, SPACE, LadingDriveServer
from lading.testkit.servers.local import HOST

FILES, VERSIONS, LINKS = 60, 4, 12
LARGE = 300_000
SECOND = 10**9
FAR = 4_000_000_000 * SECOND
OLD, NEW = "LADING_KILL_OLD", "LADING_KILL_NEW"
ALICE = Principal(PrincipalKind.PERSON, LOGIN)
BOB = Principal(PrincipalKind.PERSON, "bob")
_BOB = """
from lading.drive.actor import SYSTEM
from lading.drive.people import admins, principals
admins.give_admin_role(SYSTEM, principals.find("alice").id, "system")
principals.add(SYSTEM, "person", "bob", name="Bob")
"""
EVERYBODY = Principal(PrincipalKind.EVERYBODY, "everybody")
TIMES = {
    "version.before_add": 2,
    "version.after_add": 3,
    "rounds.before_write": 2,
    "rounds.after_write": 2,
    "grants.set": 2,
    "links.before_make": 5,
    "links.made": 4,
    "links.noted": 6,
    "archive.kept": 50,
}
POINTS = [
    *(point for point in ALONG if not point.startswith("archive.")),
    "account.landed",
    "ledger.after_finish",
]


@pytest.fixture(scope="module")
def servers(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[LadingDriveServer, LadingDriveServer]]:
    """OLD with versions, rights and links in it, and NEW."""
    homes = [tmp_path_factory.mktemp(name) for name in ("old", "new")]
    with LadingDriveServer(homes[0]) as old, LadingDriveServer(homes[1]) as new:
        os.environ |= {OLD: old.token, NEW: new.token}
        for server in (old, new):
            server.run(_BOB)
        with open_lading(_address(old, "deal", OLD)) as drive:
            _fill(drive)
        yield old, new


def _fill(drive: LadingDrive) -> None:
    drive.make_folder(("shut",))
    uploads = []
    for number in range(FILES):
        for ordinal in range(VERSIONS):
            size = LARGE if number == 7 else 100 + ordinal
            content = f"{number}.{ordinal}".encode().ljust(size, b".")
            at = (1_600_000_000 + number * 10 + ordinal) * SECOND
            version = Version("", at, size, LOGIN, modified=at, label=f"v{ordinal}")
            path = ("shut",) * (number % 2) + (f"f{number:03d}",)
            uploads.append(Upload(path, content, ANYTHING if ordinal else ABSENT, at, version))
    assert all(isinstance(answer, Entry) for answer in drive.batch.write(uploads))
    drive.grants.set(Grant(("shut",), ANYBODY, frozenset(), Effect.BREAK))
    drive.grants.set(Grant(("shut",), ALICE, frozenset(), role=Role.MANAGE))
    drive.grants.set(Grant((), EVERYBODY, frozenset(), role=Role.DOWNLOAD))
    drive.grants.set(Grant(("f000",), BOB, frozenset(), Effect.DENY, role=Role.PREVIEW))
    for number in range(LINKS):
        link = Link((f"f{number // 2 * 2:03d}",), "", frozenset(), FAR, role=Role.DOWNLOAD, limit=5)
        drive.links.make(link, password="secret word" if number % 2 else None)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the state is."""
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_point(point: str, servers: Any, place: Path) -> None:
    """
    Killed at any point the copy goes on to the same end: no version twice and none missing, no link without its
    URL, nothing allowed before what restricts it.
    """
    target = f"new {point}"
    killed = _copy(servers, target, place, kill_at=f"{point}:{TIMES.get(point, 1)}")
    with open_lading(_address(servers[1], target, NEW)) as drive:
        _check_never_wider(drive)
    ended = _copy(servers, target, place)
    again = _copy(servers, target, place)

    assert -signal.SIGKILL == killed.returncode, killed.stdout
    assert 0 == ended.returncode, ended.stdout
    assert 0 == again.returncode, again.stdout
    with (
        open_lading(_address(servers[0], "deal", OLD)) as old,
        open_lading(_address(servers[1], target, NEW)) as new,
    ):
        _check_same(old, new, place)
    features = json.loads(again.stdout)["account"]["features"]
    for name in ("versions", "grants", "denials", "breaks"):
        assert features[name]["found"] == features[name]["buckets"]["same"]
    assert LINKS == features["links"]["buckets"]["translated"]


@pytest.mark.slow
@pytest.mark.parametrize("point", [point for point in ALONG if point.startswith("archive.")])
def test_killed_while_versions_are_archived(point: str, servers: Any, place: Path) -> None:
    """
    Killed at any point, the archive has each earlier content of OLD at last, once, under its digest.
    """
    source = _toml(place / "old.toml", _address(servers[0], "deal", OLD))
    words = [
        source,
        place / "new",
        "--with",
        "versions",
        "--archive",
        place / "archive",
        "--state",
        place / "state",
    ]
    killed = _lading(*words, kill_at=f"{point}:{TIMES.get(point, 1)}")
    ended = _lading(*words)
    with open_lading(_address(servers[0], "deal", OLD)) as drive:
        wanted = {dict(it.digests)["sha256"] for _, told in drive.versions.all() for it in told[:-1]}
    files = [file for file in (place / "archive" / "contents").rglob("*") if file.is_file()]

    assert -signal.SIGKILL == killed.returncode, killed.stdout
    assert 0 == ended.returncode, ended.stdout
    assert FILES * (VERSIONS - 1) == len(wanted) == len(files)
    assert wanted == {file.name for file in files}
    assert all(file.name == hashlib.sha256(file.read_bytes()).hexdigest() for file in files)


def _check_never_wider(drive: LadingDrive) -> None:
    """Whatever was done when it was killed: an allowance stands only where all restrictions stand."""
    grants = list(drive.grants.all())
    allowed = [
        it
        for it in grants
        if it.principal.kind is PrincipalKind.EVERYBODY and it.effect is Effect.ALLOW and it.role
    ]
    if allowed:
        assert {Effect.BREAK, Effect.DENY} <= {it.effect for it in grants}


def _check_same(old: LadingDrive, new: LadingDrive, place: Path) -> None:
    def versions(drive: LadingDrive) -> dict[Any, list[Any]]:
        return {
            path: [(it.saved, it.size, it.author, it.modified, it.label, it.digests) for it in told]
            for path, told in drive.versions.all()
        }

    def grants(drive: LadingDrive, *, above: bool) -> set[Any]:
        found = (it for it in drive.grants.all() if above or not it.source)
        return {(it.path, it.effect, it.principal.id, it.role) for it in found}

    assert versions(old) == versions(new)
    # What is handed down to the root of OLD stands on that of NEW itself.
    assert grants(old, above=True) == grants(new, above=False)
    links = list(new.links.all())
    assert sorted((it.path, it.has_password, it.expires, it.limit) for it in old.links.all()) == sorted(
        (it.path, it.has_password, it.expires, it.limit) for it in links
    )
    [job] = (place / "state").iterdir()
    listed = (job / "links.csv").read_text("utf-8-sig").splitlines()[1:]
    assert {it.id for it in links} == {line.rsplit(",", 1)[1] for line in listed}
    assert not list(job.rglob("*.secret"))


def _copy(servers: Any, target: str, place: Path, *, kill_at: str = "") -> subprocess.CompletedProcess[str]:
    old, new = (
        _toml(place / f"{name}.toml", _address(server, folder, token))
        for name, server, folder, token in zip(
            ("old", "new"), servers, ("deal", target), (OLD, NEW), strict=True
        )
    )
    return _lading(old, new, "--state", place / "state", "--with", "all", "--by", "id", kill_at=kill_at)


def _lading(*words: object, kill_at: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lading", "copy", *map(str, words), "--workers", "2", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "LADING_KILL_AT": kill_at},
        start_new_session=True,
        check=False,
    )


def _toml(file: Path, address: Address) -> Path:
    options = "".join(f'{name} = "{value}"\n' for name, value in address.options.items())
    file.write_text(f'kind = "lading"\nplace = "{address.place}"\n{options}', encoding="utf-8")
    return file


def _address(server: LadingDriveServer, folder: str, token: str) -> Address:
    return Address(
        "lading", f"http://{HOST}:{server.port}/{SPACE}/{folder}", {"token": f"env:{token}", "create": "yes"}
    )
