"""
The options of a Nextcloud address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lading.connectors.address import Address
from lading.connectors.http.login import Login, login_of
from lading.connectors.http.options import authorities_of, timeout_of
from lading.connectors.nextcloud.days import zone_of
from lading.connectors.options import check_options, check_owner
from lading.model.errors import BadAddress
from lading.model.text import Text

NAMES = ("user", "password", "token", "login", "ca", "timeout", "create", "role", "follow", "users", "zone")
FOLLOWED = ("team", "shared", "external")
"""Kinds of mounts that `follow` can name."""
_CHOICES = {"create": ("no", "yes"), "role": ("source", "target"), "login": ("auto", "basic", "bearer")}
# The two forms in which Nextcloud makes app passwords: by a client, and on the page of the settings.
_APP_PASSWORD = re.compile(r"[A-Za-z0-9]{72}|([A-Za-z0-9]{5}-){4}[A-Za-z0-9]{5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a server is used."""

    login: Login
    authorities: str | None
    timeout: float
    create: bool
    """Make the root if it is not there."""
    may_write: bool
    """It may be found out by writing to it what it can do."""
    follow: frozenset[str]
    """Mounts that are entered; others are told as special entries."""
    users: str
    """A file of further accounts to act for; empty: the account alone."""
    zone: str
    """The time zone of accounts that have none of their own; empty: not known."""


def options_of(address: Address) -> Options:
    """
    The options of *address*.

    Raises:
        BadAddress: an option or its value is not known, or the owner is no plain name.
    """
    options = address.options
    check_options(address, options, Text("Nextcloud", "Nextcloud"), NAMES, _CHOICES)
    check_owner(address, 100)
    create = options.get("create") == "yes"
    return Options(
        login=_login(address),
        authorities=authorities_of(address),
        timeout=timeout_of(address),
        create=create,
        may_write=create or options.get("role") == "target",
        follow=_followed(address),
        users=options.get("users", ""),
        zone=_zone(address),
    )


def is_app_password(secret: str) -> bool:
    """
    Whether *secret* has the form of an app password.

    An account password costs the server about 0.6 s of its processor on every call, an app password
    0.05 to 0.08 s (Nextcloud 33, PHP 8.2).
    """
    return _APP_PASSWORD.fullmatch(secret) is not None


def _login(address: Address) -> Login:
    login = login_of(address)
    if login.way == "none":
        said = Text("Nextcloud needs user and password, or a token", "Nextcloud 需要用户名和密码，或令牌")
        raise BadAddress(str(address), said)
    return Login("basic", login.user, login.secret) if login.way == "auto" else login


def _zone(address: Address) -> str:
    name = address.options.get("zone", "")
    if name and zone_of(name) is None:
        raise BadAddress(str(address), f"zone is a time zone such as Asia/Shanghai, not {name}")
    return name


def _followed(address: Address) -> frozenset[str]:
    named = [word for word in address.options.get("follow", "team,shared").split(",") if word]
    if strange := sorted(set(named) - set(FOLLOWED)):
        raise BadAddress(str(address), f"follow names {', '.join(FOLLOWED)}, not {', '.join(strange)}")
    return frozenset(named)
