"""
The first words with a server: who it is, whether it lets us in, and what its drive is like.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from lading.connectors.address import Address
from lading.connectors.dav.href import Place, path_of, place_of
from lading.connectors.dav.multistatus import FILE_ID, MODIFIED
from lading.connectors.dav.parts import Parts
from lading.connectors.dav.quirks import recognised
from lading.connectors.dav.wire import Wire
from lading.connectors.http.headers import SECOND, moment
from lading.connectors.http.line import Request, Settings
from lading.connectors.http.login import Login, settled
from lading.connectors.http.session import Answer, Session
from lading.connectors.profile import Profile
from lading.connectors.webdav.options import Options
from lading.model.errors import BadAddress, BadAnswer, DriveError, NotFound, WrongKind
from lading.model.paths import ROOT
from lading.model.text import Text

_TRIAL_TIME = 1_000_000_000


def opened(address: Address, options: Options) -> Wire:
    """
    The server at *address*, recognised and logged in to.

    Raises:
        BadAddress: it says that its address is another.
        NotFound, WrongKind, LoginFailed, NotCertified, Unavailable, BadAnswer: as they say.
    """
    place = place_of(address.place)
    login = options.login
    if login.way == "auto":
        login = _asked(address, place, options)
    wire = Wire(Session(Settings(login, options.authorities, options.timeout)), place)
    try:
        _meet(wire, address, options)
    except DriveError as problem:
        wire.session.close()
        raise problem.about(str(address)) from problem
    except BaseException:
        wire.session.close()
        raise
    return wire


def profile_of(address: str, wire: Wire, parts: Parts | None) -> Profile:
    """The facts; with *parts* an unknown server is tried out with a file there."""
    quirks = wire.quirks
    keeps = quirks.keeps_modified
    if keeps is None:
        keeps = parts is not None and _keeps_modified(wire, parts)
    return Profile(
        kind="webdav",
        address=address,
        names=quirks.names,
        keeps_modified=keeps,
        keeps_folder_times=quirks.keeps_folder_times,
        clock_grain=SECOND,
        modified_range=quirks.modified_range,
        digests=("md5", "sha1") if quirks.own_digests else (),
        concurrency=quirks.concurrency,
        stable_ids=wire.rich,
    )


def _asked(address: Address, place: Place, options: Options) -> Login:
    """The login that the server asks for, when it is asked for its root by nobody."""
    session = Session(Settings(Login("none"), options.authorities, options.timeout))
    try:
        answer = session.call(Request("PROPFIND", place.url(ROOT), str(address), ("Depth: 0",)))
        _demand_here(answer, place, address)
        challenges = answer.headers.get("www-authenticate", "")
        return settled(options.login, challenges, secure=place.origin.startswith("https:"))
    finally:
        session.close()


def _meet(wire: Wire, address: Address, options: Options) -> None:
    answer = wire.call("OPTIONS", ROOT)
    _demand_here(answer, wire.place, address)
    if answer.status in (401, 407):
        raise wire.error(answer, ROOT)
    wire.rich = True
    try:
        told = wire.tell(ROOT, folder=True)
    except NotFound:
        if not options.create:
            raise NotFound(ROOT, Text("the server has no such folder", "服务器上没有该文件夹")) from None
        wire.demand("MKCOL", ROOT, folder=True)
        told = wire.tell(ROOT, folder=True)
    except BadAnswer:
        _demand_here(wire.call("PROPFIND", ROOT, ("Depth: 0",)), wire.place, address)
        raise
    if told.folder is not True:
        raise WrongKind(ROOT, "not a folder")
    file_id = told.properties.get(FILE_ID)
    wire.rich = bool(file_id)
    wire.root = path_of(told.href)
    wire.quirks = recognised(answer.headers, file_id)


def _demand_here(answer: Answer, place: Place, address: Address) -> None:
    """
    Refuse to be sent elsewhere: the login is for this place only.

    Raises:
        BadAddress: with the address that the server names, without anything secret in it.
    """
    if not 300 <= answer.status < 400:
        return
    parts = urlsplit(answer.headers.get("location", ""))
    host = parts.netloc.rpartition("@")[2]
    named = f"{parts.scheme}://{host}{parts.path}" if host else place.origin + parts.path
    text = Text(f"the server says that the address is {named}", f"服务器称正确的地址是 {named}")
    raise BadAddress(str(address), text)


def _keeps_modified(wire: Wire, parts: Parts) -> bool:
    """Whether `X-OC-MTime` has an effect, tried with a file that nobody else sees."""
    trial = parts.fresh()
    try:
        wire.demand("PUT", trial, (f"X-OC-MTime: {_TRIAL_TIME}", "Content-Type:"), b"trial")
        told = wire.tell(trial)
        return moment(told.properties.get(MODIFIED)) == _TRIAL_TIME * SECOND
    finally:
        parts.remove(trial)
