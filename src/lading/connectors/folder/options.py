"""
The options of a folder's address.
"""

from __future__ import annotations

from dataclasses import dataclass

from lading.connectors.address import Address
from lading.connectors.folder.people import BadPeople, People, from_lists
from lading.connectors.options import check_options
from lading.model.errors import BadAddress
from lading.model.text import Text

_CHOICES = {
    "create": ("no", "yes"),
    "fsync": ("no", "file"),
    "role": ("source", "target"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a folder is used."""

    create: bool
    """Make the root if it is not there."""
    sync_files: bool
    """Every file survives a power cut as soon as its `write` returns; `settle` does that for all at once."""
    may_write: bool
    """Its profile may be found out by writing to it."""
    people: People | None
    """Whose numbers stand on the files; None: those of this machine."""


def options_of(address: Address) -> Options:
    """
    The options of *address*.

    Raises:
        BadAddress: an option or its value is not known, a list of people cannot be read, or the owner is no plain name.
    """
    given = dict(address.options)
    people = given.pop("people", None)
    check_options(address, given, Text("a folder", "文件夹"), (*_CHOICES, "people"), _CHOICES)
    owner = address.owner
    if owner in ("", ".", "..") or "/" in owner or "\0" in owner or len(owner.encode()) > 200:
        raise BadAddress(str(address), "the owner is no plain name")
    create = address.options.get("create") == "yes"
    return Options(
        create=create,
        sync_files=address.options.get("fsync") == "file",
        may_write=create or address.options.get("role") == "target",
        people=None if people is None else _people(address, people),
    )


def _people(address: Address, place: str) -> People:
    try:
        return from_lists(place)
    except BadPeople as problem:
        raise BadAddress(str(address), problem.said) from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise BadAddress(
            str(address), Text(f"people: {place}: {reason}", f"people：{place}：{reason}")
        ) from None
