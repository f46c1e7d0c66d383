"""
Options that every address of a server has: how long to wait, whom to trust.
"""

from __future__ import annotations

import os
import ssl

from lading.connectors.address import Address
from lading.model.errors import BadAddress

# Where systems keep the authorities they trust; the library that we bring does not look there.
_SYSTEM_AUTHORITIES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_TIMEOUT = 120.0


def timeout_of(address: Address) -> float:
    """
    Seconds without a sign of life, by the option `timeout`.

    Raises:
        BadAddress: it is no number of seconds.
    """
    text = address.options.get("timeout", str(_TIMEOUT))
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 86_400:
        raise BadAddress(str(address), f"timeout is a number of seconds, not {text}")
    return seconds


def authorities_of(address: Address) -> str | None:
    """
    The PEM file of certificates to trust, by the option `ca` or the system; None without encryption.

    Raises:
        BadAddress: there is none, or it cannot be read.
    """
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
