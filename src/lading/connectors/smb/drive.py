"""
The SMB drive: the six calls over a share.
"""

from __future__ import annotations

import contextlib

from lading.connectors.address import Address
from lading.connectors.api import Drive, Page
from lading.connectors.conditions import Precondition, Unchanged, check
from lading.connectors.profile import Profile
from lading.connectors.smb import packets
from lading.connectors.smb.facts import entry_of, is_link, steps
from lading.connectors.smb.grants import SmbGrants
from lading.connectors.smb.listing import Listings
from lading.connectors.smb.marks import SmbLabels
from lading.connectors.smb.moving import SmbMoves
from lading.connectors.smb.opening import keeps_rights, met, notes_of, profile_of
from lading.connectors.smb.options import Options, options_of, place_of
from lading.connectors.smb.partials import SmbPartials
from lading.connectors.smb.parts import Parts
from lading.connectors.smb.reading import Reading, reading
from lading.connectors.smb.settling import SmbSettle
from lading.connectors.smb.trouble import NOT_A_DIRECTORY, error_of
from lading.connectors.smb.versions import SmbVersions, Snapshot, snapshots_of
from lading.connectors.smb.wire import Wire, check_not_ours
from lading.connectors.smb.writing import Source, Writing
from lading.model.entry import Entry
from lading.model.errors import Changed, Forbidden, NotFound, Unreadable, WrongKind
from lading.model.paths import Path
from lading.model.text import Text


def open(address: Address) -> SmbDrive:  # noqa: A001 — every connector is opened by this name
    """
    The share, or folder of a share, at *address*; docs/manual/smb.md has its options.

    Raises:
        BadAddress: the address or an option makes no sense, or `lading[smb]` is not installed.
        NotFound, WrongKind, Forbidden, LoginFailed, Unavailable: as they say.
    """
    options = options_of(address)
    wire = Wire(place_of(address), options)
    try:
        met(wire, str(address), options)
        return SmbDrive(wire, address, options)
    except BaseException:
        wire.hang_up()
        raise


class SmbDrive(Drive):
    """
    The folder that *wire* leads to.

    May be used by several threads at once; they share its connection.
    """

    def __init__(self, wire: Wire, address: Address, options: Options) -> None:
        self._wire = wire
        self._address = address
        self._options = options
        self._profile: Profile | None = None
        self._snapshots: tuple[Snapshot, ...] | None = None
        self._parts = Parts(wire, address.owner)
        self._listings = Listings(wire)
        self.settle = SmbSettle(wire)
        self._writing = Writing(wire, self._parts, lambda: self.profile, self.settle.wrote)
        self.moves = SmbMoves(wire, self._parts, self._writing, self.settle.moved)
        self.partials = SmbPartials(wire, self._parts, self._writing)
        if options.people.listed:
            self.people = options.people
        self.labels = SmbLabels(wire, self._listings.page)
        if keeps_rights(wire):
            self.grants = SmbGrants(wire, options.people, lambda: self.profile, self._listings.page)

    @property
    def profile(self) -> Profile:
        """Facts that the server tells, and those that are tried out."""
        if self._profile is None:
            self._profile = profile_of(self._wire, str(self._address), self._options)
        return self._profile

    @property
    def notes(self) -> tuple[Text, ...]:
        """What the permissions of the share keep this account from."""
        return notes_of(self._wire)

    @property
    def versions(self) -> SmbVersions | None:  # type: ignore[override]
        """Previous versions, where the server keeps snapshots of the share; it is asked once."""
        if self._snapshots is None:
            self._snapshots = snapshots_of(self._wire)
        return SmbVersions(self._wire, self._snapshots) if self._snapshots else None

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        """Entries in the order of the server; see `Drive.list`."""
        check_not_ours(folder)
        return self._listings.page(folder, cursor)

    def stat(self, path: Path) -> Entry:
        """The entry at *path*, as `list` would tell it."""
        check_not_ours(path)
        return entry_of(path, self._wire.look(path))

    def read(self, path: Path, *, start: int = 0, expect: str | None = None) -> Reading:
        """Open a file; see `Drive.read`."""
        check_not_ours(path)
        return reading(self._wire, path, start, expect)

    def write(
        self,
        path: Path,
        source: Source,
        *,
        expect: Precondition,
        size: int | None = None,
        modified: int | None = None,
    ) -> Entry:
        """Store *source*; see `Drive.write`."""
        return self._writing.write(path, source, expect=expect, size=size, modified=modified)

    def make_folder(self, path: Path, *, modified: int | None = None) -> Entry:
        """
        Make sure that *path* is a folder.

        Whatever is made in a folder later changes its time again: set it last.
        """
        if path:
            self._writing.check_name(path)
        access = packets.READ_ATTRIBUTES | (0 if modified is None else packets.WRITE_ATTRIBUTES)
        then = () if modified is None else (packets.set_written(steps(self.profile.kept_time(modified))),)
        try:
            handle, answers = self._wire.open(
                path,
                access,
                disposition=packets.OPEN_IF if path else packets.OPEN,
                options=packets.DIRECTORY | packets.THE_LINK_ITSELF,
                then=then,
                making=True,
            )
        except WrongKind:
            raise self._no_folder(path) from None
        facts = self._wire.close(handle)
        for answer in answers:
            if not answer.ok:
                raise error_of(answer.status, path)
        if facts is None or facts.attributes & packets.A_REPARSE:
            facts = self._wire.look(path)
            if is_link(facts):
                raise WrongKind(path, "something else has that name")
        return entry_of(path, facts)

    def remove(self, path: Path, *, expect: Precondition) -> None:
        """Remove a file, a link (never what it stands for), or an empty folder."""
        check_not_ours(path)
        if not path:
            raise Forbidden(path, "the root stays")
        if not isinstance(expect, Unchanged):
            return self._remove(path, expect)
        self._found(path, expect)
        with self._parts.turn(path):
            return self._remove(path, expect)

    def close(self) -> None:
        """Hang up, and remove our own folder if nothing is left in it."""
        self._listings.close()
        with contextlib.suppress(Exception):
            self._parts.tidy()
        self._wire.hang_up()

    def __del__(self) -> None:
        # A drive that somebody forgot to close must not hold its connection until the process ends.
        with contextlib.suppress(Exception):
            self._wire.hang_up()

    def _remove(self, path: Path, expect: Precondition) -> None:
        found = self._found(path, expect)
        opening = packets.create(
            self._wire.name(path),
            packets.DELETE | packets.READ_ATTRIBUTES,
            options=packets.THE_LINK_ITSELF | (packets.DIRECTORY if found.is_folder else 0),
        )
        for answer in self._wire.once(path, opening, packets.set_disposition(gone=True)):
            if not answer.ok:
                error = error_of(answer.status, path)
                raise Changed(path, error.details) if isinstance(error, Unreadable) else error

    def _found(self, path: Path, expect: Precondition) -> Entry:
        found = self._wire.found(path)
        if found is None:
            raise NotFound(path, "nothing to remove")
        check(expect, found, path)
        return found

    def _no_folder(self, path: Path) -> WrongKind | NotFound:
        if self._wire.found(path) is None:
            return NotFound(path, "what it would lie in is not a folder")
        return WrongKind(path, error_of(NOT_A_DIRECTORY, path).details)
