"""
The file server of the generated firm: a folder with POSIX lists of its people and groups, and the table of its accounts.

The numbers need not exist on this machine; whoever runs the test owns all of it.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lading.testkit.firm import Firm, team_key
from lading.testkit.world.deals import DEALS

_COLUMNS = ("kind", "id", "name", "login", "mail", "groups")
_FIRST_USER, _FIRST_GROUP = 20_000, 30_000


@dataclass(frozen=True)
class Share:
    """
    The folder *root*, the CSV of its *accounts*, and at how many *pairs* of person and file somebody has access at least.

    *worker* is one of the accounts, *worker_key* who that is in the firm.
    """

    root: Path
    accounts: Path
    pairs: int
    worker: str
    worker_key: str


def posix_share(home: Path, firm: Firm) -> Share:
    """
    A share in *home* with a folder for each deal, open to its team.

    In each a file that one of the team may not have, one that another alone may read beside the team, a folder closed to
    all but two, and a folder that lets nobody through to open files.
    """
    _need_lists(home)
    root, accounts = home / "share", home / "accounts.csv"
    users = {it.key: _FIRST_USER + number for number, it in enumerate(firm.people)}
    groups = {team_key(deal): _FIRST_GROUP + number for number, deal in enumerate(DEALS)}
    with accounts.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([_COLUMNS, *_accounts(firm, users, groups)])
    pairs = 0
    for deal in DEALS:
        team = [users[it.key] for it in firm.team(deal)]
        _fill(root / deal.folder, groups[team_key(deal)], team)
        pairs += 4 * len(team)
    root.chmod(0o755)
    worker = firm.team(DEALS[0])[-1].key
    return Share(root, accounts, pairs, str(users[worker]), worker)


def _need_lists(home: Path) -> None:
    if not shutil.which("setfacl"):
        pytest.skip("setfacl is missing (Debian package acl)")
    if subprocess.run(["setfacl", "-m", "u:4242:r", str(home)], capture_output=True, check=False).returncode:
        pytest.skip(f"the file system of {home} keeps no POSIX lists")
    subprocess.run(["setfacl", "-b", str(home)], check=True)


def _accounts(firm: Firm, users: dict[str, int], groups: dict[str, int]) -> Iterator[tuple[object, ...]]:
    names = {group.key: group.name for group in firm.groups}
    yield "person", os.getuid(), "File server", "fileserver", "", ""
    yield from (("group", f"g{number}", names[key], "", "", "") for key, number in groups.items())
    for it in firm.people:
        inside = " ".join(f"g{groups[key]}" for key in it.groups if key in groups)
        yield "person", users[it.key], it.name, it.login, it.mail, inside


def _fill(deal: Path, group: int, team: list[int]) -> None:
    """The folder of a *deal*; lists as `setfacl` writes them, by path below it."""
    first, second, third = team[:3]
    lists = {
        "": (0o700, f"g:{group}:rwx"),
        "合同 Contracts": (0o700, f"g:{group}:rwx,u:{first}:rx"),
        "合同 Contracts/Facility.docx": (0o600, f"g:{group}:rw"),
        "合同 Contracts/Fees.xlsx": (0o600, f"g:{group}:rw,u:{second}:-"),
        "合同 Contracts/Notes.txt": (0o600, f"g:{group}:r,u:{third}:rw"),
        "闭门 Closed": (0o700, f"u:{first}:rwx,u:{third}:rx"),
        "闭门 Closed/Board.docx": (0o644, f"g:{group}:rw"),
        "公开 Open": (0o755, f"g:{group}:rwx"),
        "公开 Open/Teaser.pdf": (0o644, f"g:{group}:rw"),
        "公开 Open/Index.csv": (0o644, f"g:{group}:rw"),
    }
    for name, (mode, rules) in lists.items():
        path = deal / name
        if path.suffix:
            path.write_text(f"{deal.name} {name}", encoding="utf-8")
        else:
            path.mkdir(parents=True)
        path.chmod(mode)
        subprocess.run(["setfacl", "-m", rules, str(path)], check=True)
