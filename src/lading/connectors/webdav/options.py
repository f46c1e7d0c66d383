"""
The options of a WebDAV server's address.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass

from lading.connectors.address import Address
from lading.connectors.webdav.login import Login, login_of
from lading.model.errors import BadAddress

NAMES = ("user", "password", "token", "login", "ca", "timeout", "create", "role")
_CHOICES = {"create": ("no", "yes"), "role": ("source", "target")}
# Where systems keep the authorities they trust; the library that we bring does not look there.
_SYSTEM_AUTHORITIES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_TIMEOUT = 120.0


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
        authorities=_authorities(address),
        timeout=_timeout(address),
        create=create,
        may_write=create or options.get("role") == "target",
    )


def _timeout(address: Address) -> float:
    text = address.options.get("timeout", str(_TIMEOUT))
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 86_400:
        raise BadAddress(str(address), f"timeout is a number of seconds, not {text}")
    return seconds


def _authorities(address: Address) -> str | None:
    named = address.options.get("ca")
    if named is not None:
        if not os.path.isfile(named) or not os.access(named, os.R_OK):
            raise BadAddress(str(address), f"ca={named} is no file that can be read")
        return named
    if not address.place.lower().startswith("https:"):
        return None
    known = (os.environ.get("SSL_CERT_FILE"), ssl.get_default_verify_paths().cafile, *_SYSTEM_AUTHORITIES)
    for file in known:
        if file and os.path.isfile(file):
            return file
    raise BadAddress(str(address), "no list of trusted authorities was found; name one with ca=FILE")
