"""
The first words with a drive of ours: is it one, who are we, and is the root there.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from lading.connectors.address import Address
from lading.connectors.http.line import Settings
from lading.connectors.http.login import Login, login_of
from lading.connectors.http.options import authorities_of, timeout_of
from lading.connectors.http.session import Session
from lading.connectors.lading.batch import MOST_BYTES
from lading.connectors.lading.place import place_of
from lading.connectors.lading.wire import Wire, route
from lading.connectors.profile import AccessRules, Features, NameRules, NameUnit, Profile
from lading.model.access import Effect, PrincipalKind, Role
from lading.model.errors import BadAddress, BadAnswer, DriveError, NotFound, WrongKind
from lading.model.paths import ROOT, encode
from lading.model.text import Text

NAMES = ("user", "password", "token", "ca", "timeout", "create", "role")
_CHOICES = {"create": ("no", "yes"), "role": ("source", "target")}
_NO_LADING = Text("what answers there is no Lading drive", "该地址应答的不是 Lading 网盘")


def opened(address: Address) -> Wire:
    """
    The drive at *address*, whose root is there.

    Raises:
        BadAddress: an option makes no sense, or the owner is no plain name.
        NotFound: there is no such folder, and it was not to be made.
        WrongKind: it is a file.
        LoginFailed, NotCertified, Unavailable, BadAnswer: as they say.
    """
    _check(address)
    place = place_of(address)
    wire = Wire(Session(Settings(_login(address), authorities_of(address), timeout_of(address))), place)
    try:
        _meet(wire, create=address.options.get("create") == "yes")
    except DriveError as problem:
        wire.session.close()
        raise problem.about(str(address)) from problem
    except BaseException:
        wire.session.close()
        raise
    return wire


def profile_of(address: Address, wire: Wire) -> Profile:
    """Facts about the drive behind *wire*: exact names, times in nanoseconds, SHA-256 computed by the server."""
    place = wire.place
    return Profile(
        kind="lading",
        address=str(address),
        names=NameRules(
            utf8_only=False,
            length=1000,
            unit=NameUnit.BYTES,
            depth=100 + (1 if not place.root else 1 - len(place.root)),
        ),
        clock_grain=1,
        modified_range=(-(2**63), 2**63 - 1),
        digests=("sha256",),
        concurrency=8,
        stable_ids=True,
        access=AccessRules(
            caps=((PrincipalKind.GUEST, Role.EDIT), (PrincipalKind.EVERYBODY, Role.DOWNLOAD)),
            owned_guests=True,
            complete=_told_all(wire),
        ),
        features=_features(wire.scopes),
        batch_content=MOST_BYTES,
    )


def _features(scopes: Collection[str]) -> Features:
    """What can be given with *scopes*: back-dated versions with `import`, grants and links with `share`."""
    versions = {"order", "modified", "label"} | ({"saved", "author"} if "import" in scopes else set())
    if "share" not in scopes:
        return Features(versions=frozenset(versions))
    return Features(
        versions=frozenset(versions),
        roles=frozenset({Role.PREVIEW, Role.DOWNLOAD, Role.UPLOAD, Role.EDIT, Role.MANAGE}),
        effects=frozenset({Effect.ALLOW, Effect.DENY, Effect.BREAK}),
        expiry=True,
        principals=frozenset(PrincipalKind),
        links=frozenset({"password", "expires", "limit", "version", "inside"}),
        link_roles=frozenset({Role.PREVIEW, Role.DOWNLOAD}),
    )


EVERYTHING = _features(frozenset({"import", "share"}))
"""What an account with all scopes can give."""


def _told_all(wire: Wire) -> bool:
    """Whether the account is told every grant in our root."""
    root, spaces = wire.place.root, wire.spaces()
    if not root:
        return all(space["shares"] for space in spaces)
    if any(space["shares"] for space in spaces if space["key"] == wire.space(root[0], ROOT)):
        return True
    return "share" in wire.scopes and _looked(wire, len(root))["role"] == Role.MANAGE.name.lower()


def _meet(wire: Wire, *, create: bool) -> None:
    about = wire.ask("GET", "/about", {}, ROOT)
    if not isinstance(about, dict) or about.get("name") != "lading":
        raise BadAnswer(ROOT, _NO_LADING)
    wire.server = f"lading {about.get('version', '')}".strip()
    wire.scopes = frozenset(wire.ask("GET", "/me", {}, ROOT)["scopes"])
    wire.spaces()
    root = wire.place.root
    if not root:
        return
    if create:
        _make(wire)
    if _looked(wire, len(root)).get("kind") != "folder":
        raise WrongKind(ROOT, Text("not a folder", "不是文件夹"))


def _make(wire: Wire) -> None:
    """Make the space, which only a system admin may, and the folders in it, as far as they are missing."""
    root = wire.place.root
    try:
        wire.space(root[0], ROOT)
    except NotFound:
        myself = wire.ask("GET", "/me", {}, ROOT)["principal"]["key"]
        told = {"name": encode(root[:1]), "admins": [myself], "quota": None}
        wire.ask("POST", "/spaces", {}, ROOT, told=told)
        wire.spaces()
    for depth in range(2, len(root) + 1):
        try:
            _looked(wire, depth)
        except NotFound:
            folder = {"path": encode(root[1:depth]), "existing_ok": True}
            wire.ask("POST", route("spaces", wire.space(root[0], ROOT), "folders"), {}, ROOT, told=folder)


def _looked(wire: Wire, depth: int) -> dict[str, Any]:
    """What the drive says about the first *depth* names of our root."""
    root = wire.place.root
    space = wire.space(root[0], ROOT)
    told = wire.ask("GET", route("spaces", space, "entry"), {"path": encode(root[1:depth])}, ROOT)
    return dict(told)


def _login(address: Address) -> Login:
    login = login_of(address)
    # The drive offers nothing but basic beside tokens, so nobody has to ask first.
    return Login("basic", login.user, login.secret) if login.way == "auto" else login


def _check(address: Address) -> None:
    for name, value in address.options.items():
        if name not in NAMES:
            raise BadAddress(str(address), f"a Lading drive has no option {name}; it has {', '.join(NAMES)}")
        if name in _CHOICES and value not in _CHOICES[name]:
            raise BadAddress(str(address), f"{name} is {' or '.join(_CHOICES[name])}, not {value}")
