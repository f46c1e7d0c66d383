"""
The generated firm in an emulated WeDrive: its people in the directory, a space for each of a few deals, files and
folders in them, and the little that a WeDrive holds of rights.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as LocalPath

from lading.model.paths import Path
from lading.testkit.firm import Firm as Staff
from lading.testkit.world.deals import DEALS
from support.firm_cargo import SPACES, Cargo
from support.wedrive import CONTACTS, Firm

MOVED = SPACES[3:5]
"""The deals that work in WeDrive: none of them behind a wall."""
NATIVE = (MOVED[0], "会议纪要")
"""A document that lives in WeDrive alone."""


@dataclass(frozen=True)
class Stored:
    """What was put there: the content of each file, the folders, the id of each space by its name."""

    files: dict[Path, bytes]
    folders: frozenset[Path]
    spaces: dict[str, str]

    @property
    def entries(self) -> int:
        """Files, folders and the native document, spaces included."""
        return len(self.files) + len(self.folders) + len(self.spaces) + 1

    def named(self, firm: Firm, folder: LocalPath, **more: str) -> LocalPath:
        """A file with the address of all the spaces, as the commands take it."""
        spaces = folder / "spaces.txt"
        spaces.write_text("".join(f"{it}\t{name}\n" for name, it in self.spaces.items()), encoding="utf-8")
        told = firm.options(spaces=str(spaces), contacts=f"env:{CONTACTS}", **more)
        file = folder / "wedrive.toml"
        lines = [f"{name} = {json.dumps(value)}\n" for name, value in told.items()]
        head = f'kind = "wedrive"\nplace = "@{firm.server.corpid}"\n'
        file.write_text("".join([head, *lines]), encoding="utf-8")
        return file


def settle(firm: Firm, cargo: Cargo) -> Stored:
    """Put the people of *cargo* into the directory, and what they keep in the deals of `MOVED` into spaces."""
    numbers = _people(firm, cargo.firm)
    spaces = {name: firm.space(name) for name in MOVED}
    files = {one.path: one.content for one in cargo.saved if one.path[0] in spaces and one.content}
    folders = frozenset(path for path in cargo.folders if path[0] in spaces)
    ids: dict[Path, str] = {(name,): it for name, it in spaces.items()}
    for folder in sorted(folders):
        told = firm.server.control("folder", fatherid=ids[folder[:-1]], name=folder[-1])
        ids[folder] = told["fileid"]
    for path, content in files.items():
        encoded = base64.b64encode(content).decode()
        ids[path] = firm.server.control("file", fatherid=ids[path[:-1]], name=path[-1], content=encoded)[
            "fileid"
        ]
    firm.server.control("document", fatherid=spaces[NATIVE[0]], name=NATIVE[1], file_type=3)
    for holder, who in _members(cargo, ids, numbers):
        firm.server.control("member", holder=holder, **who)
    return Stored(files, folders, spaces)


def _people(firm: Firm, staff: Staff) -> dict[str, int]:
    """The number of each department by its key; the firm itself is the root."""
    numbers: dict[str, int] = {}
    for number, it in enumerate(staff.departments, 1):
        numbers[it.key] = number
        above = numbers[it.parent] if it.parent else 0
        firm.server.control("department", id=number, name=it.name, parentid=above)
    for person in staff.people:
        homes = [numbers[key] for key in person.departments]
        firm.server.control("person", userid=person.login, name=person.name, departments=homes)
    return numbers


def _members(
    cargo: Cargo, ids: dict[Path, str], numbers: dict[str, int]
) -> Iterator[tuple[str, dict[str, object]]]:
    """Who was given what by hand: an admin and an editor of each space, a department that reads, and one folder more."""
    for deal in DEALS:
        if deal.folder not in MOVED:
            continue
        lead, second, third = (it.login for it in cargo.firm.team(deal)[:3])
        top = ids[deal.folder,]
        yield top, {"userid": lead, "auth": 7}
        yield top, {"userid": second, "auth": 2}
        yield top, {"departmentid": numbers["risk"], "auth": 1}
        shelf = min(path for path in ids if len(path) == 2 and path[0] == deal.folder)
        yield ids[shelf], {"userid": third, "auth": 1}
