"""
A Windows file server moves by its export: files, versions and access lists in tables, into our drive; by the commands that
the manual tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as LocalPath

import pytest

from lading.model.access import Effect, Role
from lading.testkit.firm import Firm, build_firm
from lading.testkit.world.deals import DEALS
from support.command import Answer, lading
from support.firm_cargo import SPACES
from support.firm_drive import MOVERS, FirmDrive, firm_drive
from support.ntfs_oracle import role_by
from support.windows_share import WindowsShare, windows_share

pytestmark = pytest.mark.slow
DEAL = DEALS[3]
SPACE = SPACES[3]
HANGING = ("version", "version_time", "version_author", "version_label", "grant", "denial", "break", "link")
TOLERATED = "".join(
    f'[[gain]]\nperson = "{person}"\npath = "{path}"\nrole = "{role}"\nreason = "{reason}"\n'
    for person, path, role, reason in (
        (MOVERS[0], "/", "manage", "the account of the move"),
        (
            MOVERS[1],
            "/公开 Open",
            "download",
            "only the new drive knows this account, and everybody means it, too",
        ),
        (
            "guard",
            "/公开 Open",
            "download",
            "only the new drive knows this account, and everybody means it, too",
        ),
    )
)


@dataclass(frozen=True)
class Moved:
    """The move, and what each command said."""

    firm: Firm
    share: WindowsShare
    new: FirmDrive
    promised: Answer
    done: Answer
    diff: Answer
    same: Answer


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    """The export of the deal's share, carried into its space."""
    home = tmp_path_factory.mktemp("export")
    firm = build_firm(people=60)
    share = windows_share(home, firm, DEAL)
    old, tolerated = share.described(home / "old.toml"), home / "tolerated.toml"
    tolerated.write_text(TOLERATED, encoding="utf-8")
    with firm_drive(home / "home", firm) as new:
        target = new.named(MOVERS[0], (SPACE,))
        sides = _scanned(home, old, "old"), _scanned(home, target, "new")
        people = home / "map.csv"
        lading("identity", *sides, "--write", people)
        contract = home / "fidelity.json"
        promised = lading("fidelity", *sides, "--map", people, "-o", contract, "--json")
        along = ("--with", "versions,grants", "--map", people, "--contract", contract)
        done = lading("copy", old, target, "--state", home / "state", *along, "--json")
        sides = _scanned(home, old, "old-1"), _scanned(home, target, "new-1")
        diff = lading("access", "diff", *sides, "--people", people, "--tolerate", tolerated, "--json")
        same = lading("verify", old, target, "--state", home / "state", "--json")
        yield Moved(firm, share, new, promised, done, diff, same)


def _scanned(home: LocalPath, drive: LocalPath, name: str) -> LocalPath:
    done = lading("scan", drive, "--with", "all", "-o", home / name)
    assert 0 == done.code, done.err
    return home / name


def test_the_contract_told_what_is_lost(moved: Moved) -> None:
    """The pass ends well, loses just what was announced, by code and count, and both sides hold the same content."""
    accounts = moved.promised.json["contract"]["accounts"]
    announced = {line["code"]: line["count"] for it in accounts for line in it["lines"]}
    features = moved.done.json["account"]["features"]
    found = {code: count for it in features.values() for code, count in it["codes"].items()}

    assert (0, 0) == (moved.done.code, moved.same.code), moved.done.out + moved.same.out
    assert found == {code: announced[code] for code in announced if code.split(".")[0] in HANGING}
    assert "group.missing" in announced


def test_nobody_gains(moved: Moved) -> None:
    """Not one person may do more than before, and those of the team still work there."""
    moments = moved.diff.json["moments"]

    assert moved.diff.code in (0, 10), moved.diff.out
    assert 0 == sum(it["gained"] for it in moments)
    assert 4 * len(moved.firm.team(DEAL)) <= moments[0]["same"]


def test_people_have_what_windows_gave_them(moved: Moved) -> None:
    """
    On each file everybody has in NEW what the lists of Windows come to, line by line.  But who is allowed by name below a
    denial stays denied: our drive lets denials pass, and the contract and the comparison said so.
    """
    with moved.new.opened(MOVERS[0], (SPACE,)) as drive:
        tree = {path: drive.grants.list(path) for path in moved.share.lists}
    different = set()
    for path, acl in moved.share.lists.items():
        for one in moved.firm.people:
            names = {f"FIRM\\{one.login}", "Everyone", *(f"FIRM\\{key}" for key in one.groups)}
            expected, found = role_by(acl, names), _role(tree, path, {one.key, "everybody", *one.groups})
            if expected != found:
                different.add((path[-1], one.login, expected, found))

    exception = ("For you.txt", moved.firm.team(DEAL)[1].login, Role.DOWNLOAD, Role.NONE)
    assert {exception} == different
    assert "break.denials" in moved.promised.out
    assert "For you.txt" in moved.diff.out


def _role(tree: dict, path: tuple[str, ...], keys: set[str]) -> Role:
    """By the rules of our drive: the highest allowed, cut to below the lowest denied; a break ends what is allowed above."""
    allowed, denied = Role.NONE, len(Role)
    for depth in range(len(path) + 1):
        grants = tree[path[:depth]]
        if any(grant.effect is Effect.BREAK for grant in grants):
            allowed = Role.NONE
        for grant in grants:
            if grant.principal.id in keys and grant.effect is Effect.ALLOW:
                allowed = max(allowed, grant.role)
            elif grant.principal.id in keys and grant.effect is Effect.DENY:
                denied = min(denied, grant.role)
    role = Role(min(allowed, denied - 1))
    return Role.NONE if role is Role.PASS else role


def test_versions_arrive(moved: Moved) -> None:
    """Both contents of the contract are there in their order, with author, times and label; members that held them are no files."""
    first, second = (one.key for one in moved.firm.team(DEAL)[:2])
    path = ("合同 Contracts", "Facility.docx")
    with moved.new.opened(MOVERS[0], (SPACE,)) as drive:
        told = list(drive.versions.list(path))
        names = sorted(entry.path for entry in drive.list(()).entries)
        with drive.versions.read(path, told[0].id) as reader:
            content = reader.read(100)

    assert [(second, "first draft"), (first, "as signed")] == [(it.author, it.label) for it in told]
    assert b"content of Facility v1.docx" == content
    assert told[0].modified < told[0].saved < told[1].saved
    assert [("公开 Open",), ("合同 Contracts",), ("闭门 Closed",)] == names
