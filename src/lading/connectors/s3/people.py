"""
The people whose names stand in a bucket as authors: S3 itself knows none, so a file names them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping

from lading.model.access import Membership, Principal, PrincipalKind
from lading.model.errors import BadAddress, NotFound
from lading.model.text import Text

COLUMNS = ("id", "name", "mail", "login")


class S3People:
    """The persons of *known*, by id."""

    def __init__(self, known: Mapping[str, Principal]) -> None:
        self.known = known

    def principals(self) -> Iterator[Principal]:
        """All of them."""
        return iter(self.known.values())

    def members(self, group: str) -> Iterator[Principal]:
        """There are no groups."""
        raise NotFound(group, Text("a bucket knows no groups", "存储桶没有用户组"))

    def memberships(self) -> Iterator[Membership]:
        """There are none."""
        return iter(())


def people_in(file: str, address: str) -> S3People:
    """
    The people in the CSV *file* with the columns `id`, `name`, `mail`, `login`; only `id` is needed.

    Raises:
        BadAddress: it cannot be read, or names somebody twice or nobody.
    """
    try:
        with open(file, encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise BadAddress(address, f"people={file}: {type(problem).__name__}") from None
    known: dict[str, Principal] = {}
    for row in rows:
        told = {name: (row.get(name) or "").strip() for name in COLUMNS}
        if not told["id"] or told["id"] in known:
            said = Text(f"people={file}: an id is missing or twice", f"people={file}：id 缺失或重复")
            raise BadAddress(address, said)
        known[told["id"]] = Principal(
            PrincipalKind.PERSON, told["id"], told["name"], told["mail"], told["login"]
        )
    return S3People(known)
