"""
The options of a WeDrive's address.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path as LocalPath
from urllib.parse import unquote, urlsplit

from lading.connectors.address import REFERENCES, Address, secret
from lading.connectors.http.options import authorities_of, timeout_of
from lading.connectors.names import check_names
from lading.connectors.options import check_options
from lading.connectors.wedrive.quota import FREE, PAID
from lading.model.errors import BadAddress, NameRefused
from lading.model.paths import Path
from lading.model.text import Text

HOST = "https://qyapi.weixin.qq.com"
NAMES = (
    "corp",
    "secret",
    "contacts",
    "edition",
    "user",
    "spaces",
    "quota",
    "state",
    "oneshot",
    "host",
    "ca",
    "timeout",
    "create",
    "role",
)
_CHOICES = {
    "create": ("no", "yes"),
    "role": ("source", "target"),
    "edition": ("app", "userid"),
    "oneshot": ("yes", "no"),
}
_QUOTAS = {"paid": PAID, "free": FREE, "none": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a WeDrive is used."""

    host: str
    corp: str
    secret: str = field(repr=False)
    contacts: str | None = field(repr=False)
    """The secret for the directory, where it is another one."""
    user: str | None
    """In the old edition the member on whose behalf everything is done; None: the app acts itself."""
    space: str
    """The id of the one space that was opened; empty: several of the firm, as folders."""
    root: Path
    """The folder within that space."""
    spaces: str
    """A file that lists spaces, or their ids separated by commas."""
    limit: int | None
    """Calls allowed in a month; None: they are only counted."""
    state: LocalPath
    """The folder for counts, tokens and spaces."""
    oneshot: bool
    """Small files are sent in one call, which may push a card to the members."""
    create: bool
    """Make the root if it is not there."""
    authorities: str | None
    timeout: float


def options_of(address: Address) -> Options:
    """
    The options of *address*: `wedrive:SPACEID[/FOLDER…]`, or `wedrive:@CORPID` for several spaces.

    Raises:
        BadAddress: an option or its value is not known, one is missing, or a secret is not there.
    """
    given = address.options
    _check(address)
    host = given.get("host", HOST).rstrip("/")
    if urlsplit(host).scheme not in ("http", "https") or not urlsplit(host).netloc:
        raise BadAddress(str(address), Text("host is an http(s) URL", "host 应为 http(s) 网址"))
    space, root = _place(address)
    there = replace(address, place=host)
    contacts = given.get("contacts")
    return Options(
        host=host,
        corp=given.get("corp") or address.place.removeprefix("@"),
        secret=_secret(address, "secret"),
        contacts=None if contacts is None else _secret(address, "contacts"),
        user=given.get("user") if given.get("edition") == "userid" else None,
        space=space,
        root=root,
        spaces=given.get("spaces", ""),
        limit=_limit(address),
        state=LocalPath(given.get("state") or _state()),
        oneshot=given.get("oneshot") == "yes",
        create=given.get("create") == "yes",
        authorities=authorities_of(there),
        timeout=timeout_of(address),
    )


def _check(address: Address) -> None:
    given, about = address.options, str(address)
    check_options(address, given, Text("WeDrive", "企业微盘"), NAMES, _CHOICES)
    needed = ("secret",) if address.place.startswith("@") else ("corp", "secret")
    for name in needed:
        if not given.get(name):
            said = Text(
                f"{name} is missing: corp=CORPID secret=env:NAME", f"缺少 {name}：corp=企业ID secret=env:名称"
            )
            raise BadAddress(about, said)
    if (given.get("edition") == "userid") != bool(given.get("user")):
        raise BadAddress(
            about,
            Text("edition=userid and user=USERID go together", "edition=userid 须与 user=成员 同时给出"),
        )


def _place(address: Address) -> tuple[str, Path]:
    """The id of the space, `""` for several, and the folder in it."""
    if address.place.startswith("@"):
        if address.options.get("corp", address.place[1:]) != address.place[1:]:
            said = Text("corp is another firm than the address names", "corp 与地址中的企业不同")
            raise BadAddress(str(address), said)
        if not address.options.get("spaces") and address.options.get("create") != "yes":
            said = Text(
                "WeDrive lists no spaces: name them with spaces=FILE",
                "微盘接口无法列出空间：请用 spaces=文件 列明",
            )
            raise BadAddress(str(address), said)
        return "", ()
    space, _, path = address.place.partition("/")
    root = tuple(unquote(name) for name in path.split("/") if name)
    try:
        check_names(root)
    except NameRefused as problem:
        raise BadAddress(str(address), problem.details) from None
    if not space:
        said = Text(
            "expected wedrive:SPACEID, or wedrive:@CORPID with spaces=FILE",
            "应为 wedrive:空间ID，或 wedrive:@企业ID 并给出 spaces=文件",
        )
        raise BadAddress(str(address), said)
    return unquote(space), root


def _secret(address: Address, name: str) -> str:
    reference = address.options[name]
    if not reference.startswith(REFERENCES):
        # What was given is not told: it may be the secret itself.
        said = Text(
            f"{name} must be a reference: env:NAME, file:PATH or keyring:SERVICE/USER",
            f"{name} 必须是引用：env:NAME、file:PATH 或 keyring:SERVICE/USER",
        )
        raise BadAddress(str(address), said)
    return secret(reference)


def _limit(address: Address) -> int | None:
    text = address.options.get("quota", "paid")
    if text in _QUOTAS:
        return _QUOTAS[text]
    if text.isascii() and text.isdecimal() and 0 < int(text) < 10**12:
        return int(text)
    raise BadAddress(str(address), f"quota is paid, free, none or a number of calls, not {text}")


def _state() -> str:
    home = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return os.path.join(home, "lading", "wedrive")
