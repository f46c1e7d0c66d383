"""
The options of a WebDAV server's address.
"""

from __future__ import annotations

from dataclasses import dataclass

from lading.connectors.address import Address
from lading.connectors.http.login import Login, login_of
from lading.connectors.http.options import authorities_of, timeout_of
from lading.model.errors import BadAddress

NAMES = ("user", "password", "token", "login", "ca", "timeout", "create", "role")
_CHOICES = {"create": ("no", "yes"), "role": ("source", "target")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a server is used."""

    login: Login
    authorities: str | None
    timeout: float
    create: bool
    """Make the root if it is not there."""
    may_write: bool
    """Its profile may be found out by writing to it."""


def options_of(address: Address) -> Options:
    """
    The options of *address*.

    Raises:
        BadAddress: an option or its value is not known, or the owner is no plain name.
    """
    options = address.options
    for name, value in options.items():
        if name not in NAMES:
            raise BadAddress(str(address), f"WebDAV has no option {name}; it has {', '.join(NAMES)}")
        if name in _CHOICES and value not in _CHOICES[name]:
            raise BadAddress(str(address), f"{name} is {' or '.join(_CHOICES[name])}, not {value}")
    owner = address.owner
    if owner in ("", ".", "..") or not owner.isprintable() or "/" in owner or len(owner.encode()) > 200:
        raise BadAddress(str(address), "the owner is no plain name")
    create = options.get("create") == "yes"
    return Options(
        login=login_of(address),
        authorities=authorities_of(address),
        timeout=timeout_of(address),
        create=create,
        may_write=create or options.get("role") == "target",
    )
