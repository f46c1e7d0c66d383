"""
The options of a WebDAV server's address.
"""

from __future__ import annotations

from dataclasses import dataclass

from lading.connectors.address import Address
from lading.connectors.http.login import Login, login_of
from lading.connectors.http.options import authorities_of, timeout_of
from lading.connectors.options import check_options, check_owner
from lading.model.text import Text

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
    check_options(address, options, Text("WebDAV", "WebDAV"), NAMES, _CHOICES)
    check_owner(address, 200)
    create = options.get("create") == "yes"
    return Options(
        login=login_of(address),
        authorities=authorities_of(address),
        timeout=timeout_of(address),
        create=create,
        may_write=create or options.get("role") == "target",
    )
