"""Tables that people write: managed devices, and who works where."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lading.manifest.files import local_errors
from lading.model.errors import BadTable
from lading.model.text import Text

_YES = frozenset({"1", "yes", "y", "true", "x", "是", "关键"})
_NO = frozenset({"", "0", "no", "n", "false", "否", "-"})


@dataclass(frozen=True, slots=True)
class Person:
    """Where somebody works; *critical* names the wave that cannot do without them, "" if there is none."""

    department: str = ""
    branch: str = ""
    critical: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """A managed device with its system, and one program on it."""

    device: str
    login: str
    system: str
    system_version: str
    program: str
    program_version: str


def people_in(file: str) -> dict[str, Person]:
    """
    The people of a table with the columns `login`, `department`, `branch`, `critical`, by login in lower case.

    Raises:
        DriveError: it cannot be read.
        BadTable: it has no column `login`, or is no text in UTF-8.
    """
    found = {}
    for row in _rows(file, "login"):
        said = row.get("critical", "")
        critical = "" if said.lower() in _NO else "yes" if said.lower() in _YES else said
        found[row["login"].lower()] = Person(row.get("department", ""), row.get("branch", ""), critical)
    return found


def devices_in(file: str) -> tuple[Device, ...]:
    """
    The devices of a table with the columns `device`, `login`, `system`, `system_version`, `program`, `program_version`.

    Raises:
        DriveError: it cannot be read.
        BadTable: it has no column `device`, or is no text in UTF-8.
    """
    names = ("device", "login", "system", "system_version", "program", "program_version")
    return tuple(Device(*(row.get(name, "") for name in names)) for row in _rows(file, "device"))


def _rows(file: str, needed: str) -> Iterator[Mapping[str, str]]:
    with local_errors(file), open(file, encoding="utf-8-sig", newline="") as stream:
        try:
            table = csv.DictReader(stream)
            columns = [(it or "").strip().lower() for it in table.fieldnames or ()]
            if needed not in columns:
                raise BadTable(file, Text(f"it has no column {needed!r}", f"没有“{needed}”列"))
            table.fieldnames = columns
            for row in table:
                plain = {
                    name: value.strip() for name, value in row.items() if name and isinstance(value, str)
                }
                if plain.get(needed):
                    yield plain
        except UnicodeDecodeError:
            raise BadTable(file, Text("it is not UTF-8", "不是 UTF-8 编码")) from None
        except csv.Error as problem:
            raise BadTable(file, str(problem)) from None
