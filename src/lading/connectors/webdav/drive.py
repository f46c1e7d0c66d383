"""
Any WebDAV server as a drive.

It is recognised when it is opened, and treated as what is known of its kind.
Nothing is written to a server that is only read.
"""

from __future__ import annotations

from lading.connectors.address import Address
from lading.connectors.dav.drive import DavDrive
from lading.connectors.dav.moving import WebdavMoves
from lading.connectors.dav.parts import Parts
from lading.connectors.dav.wire import Wire
from lading.connectors.dav.writing import Writing
from lading.connectors.profile import Profile
from lading.connectors.webdav.opening import opened, profile_of
from lading.connectors.webdav.options import options_of
from lading.connectors.webdav.partials import WebdavPartials, ranges_work


def open(address: Address) -> WebdavDrive:  # noqa: A001 — every connector is opened by this name
    """
    The folder at *address* of a WebDAV server as a drive.

    Its options: `user` and `password=REF`, or `token=REF`; `login=basic|digest|bearer|auto`;
    `ca=FILE` (PEM) for the firm's own authority; `timeout=SECONDS` without a sign of life;
    `create=yes` makes the folder if it is missing; `role=target` says that its profile may be
    found out by writing to it (so does `create=yes`).  Proxies are those of the environment.

    Raises:
        BadAddress: an option is not known, or the server says that its address is another.
        NotFound: there is no such folder.
        WrongKind: it is a file.
        LoginFailed, NotCertified, Unavailable, BadAnswer: as they say.
    """
    options = options_of(address)
    wire = opened(address, options)
    return WebdavDrive(wire, address, probe=options.may_write)


class WebdavDrive(DavDrive):
    """The drive behind *wire*, whose root has answered."""

    def __init__(self, wire: Wire, address: Address, *, probe: bool) -> None:
        parts = Parts(wire, address.owner)
        super().__init__(wire, parts, Writing(wire, parts))
        self._address = address
        self._probe = probe
        self._profile: Profile | None = None
        self.moves = WebdavMoves(wire, self._writing)
        self._partials: WebdavPartials | None = None
        self._untried = probe and wire.quirks.ranges_in_puts

    @property
    def profile(self) -> Profile:
        """Facts by the kind of server; an unknown one is also tried out, if it may be written to."""
        with self._lock:
            if self._profile is None:
                parts = self._parts if self._probe else None
                self._profile = profile_of(str(self._address), self._wire, parts)
                self._writing.profile = self._profile
            return self._profile

    @property
    def server(self) -> str:
        """Which server it was recognised as."""
        return self._wire.quirks.server

    @property
    def partials(self) -> WebdavPartials | None:  # type: ignore[override]
        """Where uploads can go on, found out when it is asked first; only a target is tried."""
        with self._lock:
            if self._untried:
                if ranges_work(self._wire, self._parts):
                    self._partials = WebdavPartials(self._wire, self._parts, self._writing)
                self._untried = False
            return self._partials
