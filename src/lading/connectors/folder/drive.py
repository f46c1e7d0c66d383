"""
The folder drive: the six calls over the local file system.

Nothing is cached between calls but the descriptor of the root, so what other
programs do is seen at once.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import nullcontext, suppress

from lading.connectors.address import Address
from lading.connectors.api import Drive, Page
from lading.connectors.conditions import Precondition, Unchanged, check
from lading.connectors.folder.acl import PosixGrants
from lading.connectors.folder.entries import Listing, Listings, barred, entry_of
from lading.connectors.folder.moving import FolderMoves
from lading.connectors.folder.options import Options, options_of
from lading.connectors.folder.partials import FolderPartials
from lading.connectors.folder.parts import Parts
from lading.connectors.folder.people import LazyPeople, People, of_this_machine
from lading.connectors.folder.probe import described
from lading.connectors.folder.read_back import FolderReadBack
from lading.connectors.folder.reading import Reading
from lading.connectors.folder.settling import FolderSettle
from lading.connectors.folder.tree import PARTS, Tree, joined, target
from lading.connectors.folder.trouble import translated
from lading.connectors.folder.writing import Source, Writing, found_in
from lading.connectors.profile import Profile
from lading.model.entry import Entry
from lading.model.errors import DriveError, Forbidden, NotFound, WrongKind
from lading.model.paths import ROOT, Path


def open(address: Address) -> FolderDrive:  # noqa: A001 — every connector is opened by this name
    """
    The folder at *address* as a drive.

    Its options: `create=yes` makes the folder if it is missing; `role=target` says that its
    profile may be found out by writing to it (so does `create=yes`); `fsync=file` makes every
    file last as soon as it is written; `people=PLACE` names the people whose numbers stand on the
    files, where they are not those of this machine: a folder with `passwd` and `group`, or a CSV file.

    Raises:
        BadAddress: an option is not known, or the list of people cannot be read.
        NotFound: there is no such folder.
        WrongKind: it is a file.
        Forbidden: the account may not enter it.
    """
    options = options_of(address)
    try:
        place = os.fsencode(address.place)
        if options.create:
            os.makedirs(place, exist_ok=True)
        root = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileExistsError:
        raise WrongKind(address.place, "not a folder") from None
    except OSError as problem:
        raise translated(problem, address.place) from problem
    except ValueError as problem:
        raise NotFound(address.place, str(problem)) from problem
    return FolderDrive(root, address, options)


class FolderDrive(Drive):
    """
    The folder that *root* (a descriptor, closed with the drive) has open.

    May be used by several threads at once.
    """

    def __init__(self, root: int, address: Address, options: Options) -> None:
        mark = secrets.token_hex(6)
        self._address = address
        self._options = options
        self._profile: Profile | None = None
        self._people = options.people
        self._tree = Tree(root)
        self._parts = Parts(self._tree, address.owner, mark)
        self._listings = Listings(mark)
        self._writing = Writing(self._tree, self._parts, lambda: self.profile, sync=options.sync_files)
        self.moves = FolderMoves(self._tree, self._parts, self._writing)
        self.partials = FolderPartials(self._parts, self._writing, self._tree.device)
        self.read_back = FolderReadBack(self._writing, self.partials)
        self.settle = FolderSettle(self._tree)
        self.grants = PosixGrants(self._tree, self._named)
        self.people = LazyPeople(self._named)

    @property
    def profile(self) -> Profile:
        """Facts by the type of the file system; a target is also tried out, by writing to it."""
        if self._profile is None:
            parts = self._parts if self._options.may_write else None
            self._profile = described(str(self._address), self._tree, parts)
        return self._profile

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        """Entries in the order of the file system; see `Drive.list`."""
        try:
            if PARTS in folder:
                raise NotFound(folder, "reserved for unfinished files")
            if cursor is None:
                descriptor = self._tree.reading(folder, os.O_DIRECTORY)
                listing = Listing(folder, descriptor, self._tree.device)
            else:
                listing = self._listings.take(cursor, folder)
            return self._page(listing)
        except OSError as problem:
            raise self._missing_or(problem, folder) from problem

    def stat(self, path: Path) -> Entry:
        """The entry at *path*, as `list` would tell it."""
        try:
            return self._stat(path)
        except OSError as problem:
            raise self._below_nothing(problem, path) from problem

    def read(self, path: Path, *, start: int = 0, expect: str | None = None) -> Reading:
        """Open a file; see `Drive.read`."""
        try:
            descriptor = self._tree.reading(path)
        except OSError as problem:
            raise self._missing_or(problem, path) from problem
        try:
            return Reading(path, descriptor, self._tree.device).begin(start, expect)
        except OSError as problem:
            raise translated(problem, path) from problem

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
        name = self._writing.name_for(path) if path else b"."
        try:
            parent = self._tree.parent(path)
        except OSError as problem:
            raise translated(problem, path) from problem
        try:
            if path:
                _make(name, parent, path)
            if modified is not None:
                times = (self._writing.kept(modified),) * 2
                os.utime(name, ns=times, dir_fd=parent, follow_symlinks=False)
            facts = os.stat(name, dir_fd=parent, follow_symlinks=False)
            return entry_of(path, facts, self._tree.device, barred(facts, name, parent))
        except OSError as problem:
            raise translated(problem, path) from problem
        finally:
            os.close(parent)

    def remove(self, path: Path, *, expect: Precondition) -> None:
        """Remove a file, a symlink (never what it points to), or an empty folder."""
        if not path:
            raise Forbidden(path, "the root stays")
        name = target(path)
        try:
            parent = self._tree.parent(path)
        except OSError as problem:
            raise self._below_nothing(problem, path) from problem
        alone = self._parts.one_at_a_time() if isinstance(expect, Unchanged) else nullcontext()
        try:
            with alone:
                found = found_in(parent, name, path, self._tree.device)
                if found is None:
                    raise NotFound(path, "nothing to remove")
                check(expect, found, path)
                (os.rmdir if found.is_folder else os.unlink)(name, dir_fd=parent)
        except OSError as problem:
            raise translated(problem, path) from problem
        finally:
            os.close(parent)

    def close(self) -> None:
        """Give back the descriptors, and remove our own folder if nothing is left in it."""
        self._listings.close()
        self._parts.close()
        self._tree.close()

    def __del__(self) -> None:
        # A drive that somebody forgot to close must not hold its descriptors until the process ends.
        with suppress(AttributeError, OSError, DriveError):
            self.close()

    def _named(self) -> People:
        """The people whose numbers stand on the files; asked of this machine once, since that may take long."""
        if self._people is None:
            self._people = of_this_machine()
        return self._people

    def _page(self, listing: Listing) -> Page:
        try:
            entries = listing.page()
        except BaseException:
            listing.close()
            raise
        if listing.ended:
            listing.close()
            return Page(entries)
        return Page(entries, self._listings.keep(listing))

    def _stat(self, path: Path) -> Entry:
        if not path:
            facts = os.fstat(self._tree.root)
            return entry_of(ROOT, facts, self._tree.device)
        name = joined(path).rpartition(b"/")[2]
        parent = self._tree.parent(path)
        try:
            facts = os.stat(name, dir_fd=parent, follow_symlinks=False)
            if path[-1] == PARTS and stat.S_ISDIR(facts.st_mode):
                raise NotFound(path, "reserved for unfinished files")
            return entry_of(path, facts, self._tree.device, barred(facts, name, parent))
        finally:
            os.close(parent)

    def _below_nothing(self, problem: OSError, path: Path) -> DriveError:
        if problem.errno in (errno.ENOTDIR, errno.ELOOP):
            return NotFound(path, "what it would lie in is not a folder")
        return translated(problem, path)

    def _missing_or(self, problem: OSError, path: Path) -> DriveError:
        """What *problem* says about *path*: the kernel does not tell whether a folder above is to blame."""
        if problem.errno in (errno.ENOTDIR, errno.ELOOP, errno.ENXIO):
            return WrongKind(path, self.stat(path).kind.value)
        return translated(problem, path)


def _make(name: bytes, parent: int, path: Path) -> None:
    try:
        os.mkdir(name, dir_fd=parent)
    except FileExistsError:
        facts = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if not stat.S_ISDIR(facts.st_mode):
            raise WrongKind(path, "something else has that name") from None
