"""
Where a share is, and the options of its address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lading.connectors.address import Address
from lading.connectors.http.options import timeout_of
from lading.connectors.names import check_names
from lading.connectors.options import check_options
from lading.connectors.smb.people import BadPeople, People, from_csv
from lading.model.errors import BadAddress, NameRefused
from lading.model.paths import Path
from lading.model.text import Text

NAMES = (
    "user", "password", "domain", "login", "signing", "encrypt", "timeout", "create", "role", "people",
)  # fmt: skip
_CHOICES = {
    "create": ("no", "yes"),
    "role": ("source", "target"),
    "login": ("ntlm", "kerberos", "negotiate"),
    "signing": ("required", "optional"),
    "encrypt": ("no", "yes"),
}
PORT = 445
_EXPECTED = Text("expected smb:SERVER[:PORT]/SHARE[/FOLDER…]", "应为 smb:服务器[:端口]/共享[/文件夹…]")
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:@\[\]]+)(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of a share."""

    server: str
    port: int
    share: str
    root: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a share is used."""

    user: str | None
    """With its domain, if one is given."""
    password: str | None
    """A reference to it."""
    login: str
    sign: bool
    encrypt: bool
    timeout: float
    create: bool
    may_write: bool
    people: People


def place_of(address: Address) -> Place:
    """
    The place that *address* names; nothing in it is percent-encoded.

    Raises:
        BadAddress: it names no server and share, or carries a login.
    """
    text = address.place.replace("\\", "/").lstrip("/")
    authority, *parts = text.split("/")
    if "@" in authority:
        said = Text("give the user by user=NAME", "用户请以 user=名称 给出")
        raise BadAddress(authority.rpartition("@")[2], said)
    found = _AUTHORITY.fullmatch(authority)
    names = [part for part in parts if part]
    port = int(found["port"] or PORT) if found else 0
    if found is None or not names or not 0 < port < 65_536:
        raise BadAddress(str(address), _EXPECTED)
    try:
        check_names(tuple(names))
    except NameRefused:
        raise BadAddress(str(address), _EXPECTED) from None
    return Place(found["host"].strip("[]"), port, names[0], tuple(names[1:]))


def options_of(address: Address) -> Options:
    """
    The options of *address*.

    Raises:
        BadAddress: an option or its value is not known, a list of people cannot be read, or the owner is no plain name.
    """
    given = address.options
    check_options(address, given, Text("SMB", "SMB"), NAMES, _CHOICES)
    if not re.fullmatch(r"[\w. -]{1,80}(?<![. ])", address.owner):
        raise BadAddress(str(address), "the owner is no plain name")
    login = given.get("login", "ntlm")
    if login == "ntlm" and not ("user" in given and "password" in given):
        said = Text("user and password=env:NAME are needed", "需要 user 和 password=env:NAME")
        raise BadAddress(str(address), said)
    create = given.get("create") == "yes"
    return Options(
        user=_user(given.get("user"), given.get("domain")),
        password=given.get("password"),
        login=login,
        sign=given.get("signing", "required") == "required",
        encrypt=given.get("encrypt") == "yes",
        timeout=timeout_of(address),
        create=create,
        may_write=create or given.get("role") == "target",
        people=_people(address, given.get("people")),
    )


def _user(user: str | None, domain: str | None) -> str | None:
    return f"{domain}\\{user}" if user and domain else user


def _people(address: Address, place: str | None) -> People:
    if place is None:
        return People(())
    try:
        return from_csv(place)
    except BadPeople as problem:
        raise BadAddress(str(address), problem.said) from None
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or type(problem).__name__
        said = Text(f"people: {place}: {reason}", f"people：{place}：{reason}")
        raise BadAddress(str(address), said) from None
