"""
The file server of the generated firm as an administrator exports it: the files, their versions, and the access lists as
PowerShell writes them, handed down the way Windows does.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lading.connectors.ntfs import (
    CONTAINER_INHERIT,
    INHERIT_ONLY,
    NO_PROPAGATE,
    OBJECT_INHERIT,
    Ace,
    Acl,
    mask_of,
)
from lading.model.access import Role
from lading.testkit.firm import Firm, team_key
from lading.testkit.world.deals import Deal
from support.ntfs_oracle import handed_down

MODIFY, READ, FULL = (
    mask_of("Modify, Synchronize"),
    mask_of("ReadAndExecute, Synchronize"),
    mask_of("FullControl"),
)
_RIGHTS = {MODIFY: "Modify, Synchronize", READ: "ReadAndExecute, Synchronize", FULL: "FullControl"}
_ACL = (
    "Path", "Protected", "IdentityReference", "FileSystemRights", "AccessControlType", "IsInherited",
    "InheritanceFlags", "PropagationFlags",
)  # fmt: skip
_FACTS = ("path", "version", "author", "saved", "modified", "content", "label")
ROLES = {MODIFY: Role.EDIT, READ: Role.DOWNLOAD, FULL: Role.MANAGE}


@dataclass(frozen=True)
class WindowsShare:
    """Where the export stands, and the whole list of each path below the share."""

    root: Path
    facts: Path
    acl: Path
    people: Path
    lists: dict[tuple[str, ...], Acl]

    def described(self, file: Path) -> Path:
        """A file with the address of the export."""
        lines = {
            "kind": "export",
            "place": self.root,
            "facts": self.facts,
            "acl": self.acl,
            "people": self.people,
        }
        file.write_text("".join(f'{name} = "{value}"\n' for name, value in lines.items()), encoding="utf-8")
        return file


def windows_share(home: Path, firm: Firm, deal: Deal) -> WindowsShare:
    """The share of *deal* in *home*: open to its team, with a closed folder, a denial, and one exception to it."""
    share = WindowsShare(home / "share", home / "facts.csv", home / "acl.csv", home / "people.csv", {})
    first, second, third = (f"FIRM\\{one.login}" for one in firm.team(deal)[:3])
    team = f"FIRM\\{team_key(deal)}"
    own = {
        (): (Ace(True, "BUILTIN\\Administrators", FULL), Ace(True, team, MODIFY)),
        ("合同 Contracts",): (Ace(True, first, FULL),),
        ("合同 Contracts", "Facility.docx"): (),
        ("合同 Contracts", "Fees.xlsx"): (Ace(False, second, MODIFY, 0),),
        ("闭门 Closed",): (Ace(True, first, MODIFY), Ace(True, third, READ)),
        ("闭门 Closed", "Board.docx"): (),
        ("公开 Open",): (Ace(False, second, MODIFY), Ace(True, "Everyone", READ)),
        ("公开 Open", "Teaser.pdf"): (),
        ("公开 Open", "For you.txt"): (Ace(True, second, READ, 0),),
    }
    for path, aces in own.items():
        protected = path == ("闭门 Closed",)
        above = share.lists[path[:-1]] if path and not protected else Acl(())
        folder = "." not in "".join(path)
        share.lists[path] = Acl((*aces, *handed_down(above.aces, folder)), protected)
        _make(share.root.joinpath(*path), folder)
    _write(share.acl, _ACL, _acl_rows(share))
    _write(share.people, ("kind", "id", "name", "login", "mail", "groups"), _people_rows(firm))
    old = share.root / "旧版" / "Facility v1.docx"
    _make(old, folder=False)
    _write(share.facts, _FACTS, _fact_rows(firm, deal, share))
    return share


def _make(place: Path, folder: bool) -> None:
    if folder:
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"content of {place.name}", encoding="utf-8")


def _write(file: Path, head: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> None:
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([head, *rows])


def _acl_rows(share: WindowsShare) -> Iterator[tuple[object, ...]]:
    for path, acl in share.lists.items():
        for ace in acl.aces:
            yield (
                "\\".join(("D:", "Share", *path)), acl.protected, ace.trustee, _RIGHTS[ace.mask],
                "Allow" if ace.allow else "Deny", ace.inherited,
                _flags(ace, {CONTAINER_INHERIT: "ContainerInherit", OBJECT_INHERIT: "ObjectInherit"}),
                _flags(ace, {INHERIT_ONLY: "InheritOnly", NO_PROPAGATE: "NoPropagateInherit"}),
            )  # fmt: skip


def _flags(ace: Ace, names: dict[int, str]) -> str:
    return ", ".join(name for flag, name in names.items() if ace.flags & flag) or "None"


def _people_rows(firm: Firm) -> Iterator[tuple[object, ...]]:
    names = {group.key: group.name for group in firm.groups}
    yield from (("group", f"FIRM\\{key}", name, "", "", "") for key, name in names.items())
    for it in firm.people:
        inside = ";".join(f"FIRM\\{key}" for key in it.groups if key in names)
        yield "user", f"FIRM\\{it.login}", it.name, it.login, it.mail, inside


def _fact_rows(firm: Firm, deal: Deal, share: WindowsShare) -> Iterator[tuple[object, ...]]:
    first, second = (one.login for one in firm.team(deal)[:2])
    for path in share.lists:
        name = "/".join(path)
        if path == ("合同 Contracts", "Facility.docx"):
            yield (
                name,
                1,
                second,
                "2024-03-05T08:00:00Z",
                "2024-03-05T07:00:00Z",
                "旧版/Facility v1.docx",
                "first draft",
            )
            yield name, 2, first, "2024-03-06T08:00:00Z", "2024-03-06T07:00:00Z", "", "as signed"
        elif path:
            yield name, "", first, "", "2024-01-02T03:04:05Z", "", ""
