"""
The first words with a Nextcloud server: where it is, whether it lets us in, and what it can hold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from lading.connectors.address import Address
from lading.connectors.dav.href import Place, path_of, place_of
from lading.connectors.http.line import Request, Settings
from lading.connectors.http.login import Login
from lading.connectors.http.session import Session
from lading.connectors.nextcloud.cloud import MAINTENANCE, Cloud, error_of
from lading.connectors.nextcloud.days import zone_of
from lading.connectors.nextcloud.drive import NextcloudDrive
from lading.connectors.nextcloud.options import Options, is_app_password
from lading.connectors.nextcloud.rules import profile_of, quirks_of
from lading.connectors.nextcloud.sharing import Sharing
from lading.connectors.nextcloud.wire import FilesWire
from lading.model.errors import BadAddress, BadAnswer, DriveError, NotFound, Unavailable, WrongKind
from lading.model.paths import ROOT, Path, name_from
from lading.model.text import Text

_DEPTH = 8
"""How many names of the address may belong to the server itself."""


class Server(NamedTuple):
    """Where a server is (`https://host/nextcloud`, escaped), and what of the address lies below its files."""

    base: str
    path: Path


def joined(address: Address, options: Options, login: Login, like: Cloud | None = None) -> FilesWire:
    """
    The files of the account of *login* at *address*, which have answered.

    *like* is the same server as another account sees it: what is the same for all is not asked again.

    Raises:
        BadAddress, NotFound, WrongKind, LoginFailed, NotCertified, Unavailable, BadAnswer: as `open` says.
    """
    session = Session(Settings(login, options.authorities, options.timeout))
    try:
        server = Server(like.base, ()) if like else found_server(address, session)
        cloud = known(server, session, like, zone=options.zone)
        wire = FilesWire(cloud, server.path, quirks_of(cloud), options.follow)
        met(wire, create=options.create)
        return wire
    except DriveError as problem:
        session.close()
        raise problem.about(str(address)) from problem
    except BaseException:
        session.close()
        raise


def drive_on(
    address: Address,
    wire: FilesWire,
    login: Login,
    *,
    probe: bool = False,
    others: Sequence[Sharing] = (),
    admin: Cloud | None = None,
) -> NextcloudDrive:
    """
    The drive of what *wire* reaches.

    *probe*: it may be written to, to find out what it can do.  *others* are further accounts that see the same files, *admin* one that is told more of team folders.
    """
    dear = login.way == "basic" and not is_app_password(login.secret)
    profile = profile_of(str(address), wire.cloud, wire.quirks, dear=dear)
    return NextcloudDrive(wire, profile, address.owner, dear=dear, probe=probe, others=others, admin=admin)


def known(server: Server, session: Session, like: Cloud | None = None, *, zone: str = "") -> Cloud:
    """
    The server as the account of *session* sees it; what it can do is asked for, unless *like* knows it.

    *zone* is that of accounts that have none of their own.
    """
    cloud = Cloud(session, server.base)
    me = cloud.ocs("GET", "/ocs/v2.php/cloud/user", subject=ROOT)
    capabilities: Any = like.capabilities if like else None
    if like is None:
        told = cloud.ocs("GET", "/ocs/v2.php/cloud/capabilities", subject=ROOT)
        capabilities = told.get("capabilities") if isinstance(told, dict) else None
        cloud.version = _version(told)
    else:
        cloud.version = like.version
    if not isinstance(me, dict) or not isinstance(capabilities, Mapping) or not me.get("id"):
        raise BadAnswer(ROOT, Text("the server does not say who we are", "服务器未说明账号身份"))
    cloud.zone = zone_of(str(me.get("timezone") or zone))
    # A login may be a mail address or a name of another service; paths have the id.
    cloud.user, cloud.name = str(me["id"]), str(me.get("display-name") or me.get("displayname") or "")
    cloud.is_admin = "admin" in (me.get("groups") or ())
    cloud.capabilities = capabilities
    return cloud


def _version(told: object) -> tuple[int, ...]:
    """The three numbers of the server's version; none if it does not tell them."""
    named = told.get("version") if isinstance(told, dict) else None
    if not isinstance(named, dict):
        return ()
    numbers = [str(named.get(name)) for name in ("major", "minor", "micro")]
    return tuple(map(int, numbers)) if all(map(str.isdecimal, numbers)) else ()


def found_server(address: Address, session: Session) -> Server:
    """
    The server that *address* is about: it may lie in a folder of its host, and the rest names a folder of files.

    Raises:
        BadAddress: no Nextcloud answers there.
        Unavailable: it is in maintenance mode.
    """
    place = place_of(address.place)
    names = [name for name in place.prefix.split("/") if name]
    if "remote.php" in names:
        at = names.index("remote.php")
        return Server(_base(place, names[:at]), _decoded(names[at + 4 :]))
    plain = [name for name in names if name != "index.php"]
    for count in range(min(len(plain), _DEPTH) + 1):
        base = _base(place, plain[:count])
        if _is_server(session, base, address):
            return Server(base, _decoded(plain[count:]))
    said = Text("no Nextcloud answers there (status.php)", "该处没有 Nextcloud 响应（status.php）")
    raise BadAddress(str(address), said)


def _is_server(session: Session, base: str, address: Address) -> bool:
    answer = session.call(Request("GET", f"{base}/status.php", str(address), ("Accept-Encoding: identity",)))
    if answer.status in (429, 503):
        raise error_of(answer, str(address))
    if answer.status != 200:
        return False
    try:
        told = json.loads(answer.body)
    except ValueError:
        return False
    if not isinstance(told, dict) or "installed" not in told:
        return False
    if told.get("maintenance") is True:
        raise Unavailable(str(address), MAINTENANCE)
    return True


def met(wire: FilesWire, *, create: bool = False) -> None:
    """Have the root of *wire* answer, and make it if that is asked for."""
    try:
        told = wire.tell(ROOT, folder=True)
    except NotFound:
        if not create:
            raise NotFound(ROOT, Text("the server has no such folder", "服务器上没有该文件夹")) from None
        wire.demand("MKCOL", ROOT, folder=True)
        told = wire.tell(ROOT, folder=True)
    if told.folder is not True:
        raise WrongKind(ROOT, "not a folder")
    wire.root = path_of(told.href)


def _base(place: Place, names: list[str]) -> str:
    return "/".join([place.origin, *names])


def _decoded(names: list[str]) -> Path:
    return tuple(name_from(unquote_to_bytes(name)) for name in names)
