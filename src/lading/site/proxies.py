"""
What a proxy in front says about who asks, believed only if the proxy is one of ours.

Without it all people behind a proxy seem to be one, and somebody who guesses
passwords would have everybody wait.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from lading.model.errors import BadRequest
from lading.model.text import Text

_SCHEMES = ("http", "https")
Network = IPv4Network | IPv6Network


def networks(said: str) -> tuple[Network, ...]:
    """
    The networks that *said* lists: addresses or networks, with commas between.

    Raises:
        BadRequest: one is neither.
    """
    try:
        return tuple(ip_network(part.strip(), strict=False) for part in said.split(",") if part.strip())
    except ValueError as problem:
        raise BadRequest("proxies", Text(str(problem), f"无法识别的地址（{problem}）")) from None


def believing(said: str) -> Callable[[dict[str, Any]], None]:
    """What corrects a WSGI environment for the proxies *said*; with none it does nothing."""
    known = networks(said)

    def correct(environ: dict[str, Any]) -> None:
        if not known or not _within(environ.get("REMOTE_ADDR", ""), known):
            return
        if (scheme := environ.get("HTTP_X_FORWARDED_PROTO")) in _SCHEMES:
            environ["wsgi.url_scheme"] = scheme
        # The nearest proxy writes last; whatever stands before the last stranger can be invented.
        for address in reversed(environ.get("HTTP_X_FORWARDED_FOR", "").split(",")):
            address = address.strip()
            if not _is_address(address):
                return
            environ["REMOTE_ADDR"] = address
            if not _within(address, known):
                return

    return correct


def _within(address: str, known: tuple[Network, ...]) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in known)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
