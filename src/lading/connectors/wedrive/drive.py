"""
A space of WeCom WeDrive, a folder in one, or several spaces, as a drive.
"""

from __future__ import annotations

from collections.abc import Iterable

from lading.connectors.address import Address
from lading.connectors.api import Drive, Page
from lading.connectors.conditions import Absent, Precondition
from lading.connectors.http.headers import SECOND
from lading.connectors.names import check_holdable, check_names
from lading.connectors.profile import AccessRules, Features, NameRules, NameUnit, Profile
from lading.connectors.wedrive.batch import SMALL, WedriveBatch
from lading.connectors.wedrive.content import LARGEST
from lading.connectors.wedrive.ground import Ground
from lading.connectors.wedrive.items import entry_of
from lading.connectors.wedrive.moving import WedriveMoves
from lading.connectors.wedrive.options import options_of
from lading.connectors.wedrive.people import WedrivePeople
from lading.connectors.wedrive.reading import Reading, reading
from lading.connectors.wedrive.rights import WORDS, WedriveGrants, WedriveLinks
from lading.connectors.wedrive.settings import WedriveCapacity, WedriveSettings
from lading.connectors.wedrive.tree import PARTS
from lading.connectors.wedrive.wire import Wire
from lading.model.access import Effect, PrincipalKind, Role
from lading.model.entry import Entry, Kind
from lading.model.errors import AlreadyExists, DriveError, Forbidden, NameRefused, NotFound, WrongKind
from lading.model.paths import ROOT, Path
from lading.model.text import Text

NAMES = NameRules(
    length=255,
    unit=NameUnit.HALVES,
    reserved=frozenset({PARTS}),
    characters=frozenset('\\/:*?"<>|\0') | frozenset(map(chr, range(0x80, 0xA0))),
    controls=False,
)
"""Only the length is documented; the characters are those that the Windows client could not keep."""
FEATURES = Features(
    roles=frozenset({Role.DOWNLOAD}),
    effects=frozenset({Effect.ALLOW}),
    principals=frozenset({PrincipalKind.PERSON, PrincipalKind.DEPARTMENT}),
)
"""Members can be given downloading and nothing else; a link is one for each file, without limits of its own."""
CALLS_PER_SECOND = 40.0
"""Below 10,000 calls a minute and 150,000 an hour for each kind of call."""
_SPACES_ONLY = Text("the top holds spaces only", "顶层仅包含空间")
_A_FOLDER = Text("it is a folder", "它是文件夹")


def open(address: Address) -> WedriveDrive:  # noqa: A001 — every connector is opened by this name
    """
    A WeDrive: `wedrive:SPACEID[/FOLDER…]`, or `wedrive:@CORPID` with `spaces=` for several spaces as folders.

    Its options: `corp=CORPID` and `secret=REF` of the app; `contacts=REF` for the directory;
    `edition=userid` with `user=USERID`; `spaces=FILE` or ids; `quota=paid|free|none|NUMBER` calls a month, counted in
    `state=FOLDER`; `oneshot=yes` sends small files in one call; `host=URL`; `ca`, `timeout`, `create`, `role`.

    Raises:
        BadAddress: an option is not known or makes no sense.
        NotFound: there is no such space or folder.
        WrongKind: it is a file.
        CallsUsedUp, LoginFailed, NotCertified, Unavailable, BadAnswer: as they say.
    """
    options = options_of(address)
    wire = Wire(options)
    ground = Ground(wire, options)
    try:
        _meet(ground)
    except DriveError as problem:
        ground.close()
        raise problem.about(str(address)) from problem
    except BaseException:
        ground.close()
        raise
    return WedriveDrive(ground, address)


class WedriveDrive(Drive):
    """
    The drive on *ground*, whose root has answered.

    May be used by several threads at once.
    """

    def __init__(self, ground: Ground, address: Address) -> None:
        self._ground = ground
        self._profile = Profile(
            kind="wedrive",
            address=str(address),
            names=NAMES,
            keeps_modified=False,
            keeps_folder_times=False,
            clock_grain=SECOND,
            size_limit=LARGEST,
            digests=("sha1",),
            calls_per_second=CALLS_PER_SECOND,
            concurrency=8,
            stable_ids=True,
            access=AccessRules(complete=False, words=WORDS),
            features=FEATURES,
            reads_surely=True,
            batch_content=SMALL,
            batch_small=SMALL,
        )
        self.moves = WedriveMoves(ground, NAMES)
        self.people = WedrivePeople(ground.wire)
        self.grants = WedriveGrants(ground, self.people, FEATURES)
        self.links = WedriveLinks(self.grants, FEATURES)
        self.capacity = WedriveCapacity(ground.wire)
        if ground.options.user is None:
            # The old edition has no call for either kind of switches.
            self.settings = WedriveSettings(ground, self.grants)
        self.batch = WedriveBatch(self, ground, NAMES)

    @property
    def profile(self) -> Profile:
        """The published facts."""
        return self._profile

    @property
    def instant_uploads(self) -> int:
        """Uploads through this drive whose content WeDrive had already."""
        return self._ground.hits()

    def list(self, folder: Path, *, cursor: str | None = None) -> Page:
        """All entries on one page, however many the server needed; see `Drive.list`."""
        check_names(folder)
        if self._ground.spaces is not None and not folder:
            return Page(
                [Entry((name,), Kind.FOLDER, id=space) for name, space in self._ground.spaces.all().items()]
            )
        spot = self._ground.spot(folder)
        found = spot.tree.folder(spot.within, folder)
        try:
            children = spot.tree.listed(found.id, folder)
        except NotFound:
            # Another folder may have taken its place.
            spot.tree.known.forget()
            children = spot.tree.listed(spot.tree.folder(spot.within, folder).id, folder)
        return Page([entry_of(item, (*folder, name)) for name, item in children.items()])

    def stat(self, path: Path) -> Entry:
        """The entry at *path*; of the top above several spaces it is not asked whether they are still there."""
        check_names(path)
        if self._ground.is_top(path):
            return Entry(ROOT, Kind.FOLDER)
        spot = self._ground.spot(path)
        item = spot.tree.look(spot.within) if spot.within else spot.tree.answers(path)
        if item is None:
            raise NotFound(path, Text("nothing is there", "该处没有内容"))
        return entry_of(item, path)

    def read(self, path: Path, *, start: int = 0, expect: str | None = None) -> Reading:
        """Open a file; see `Drive.read`."""
        check_names(path)
        if path == ROOT:
            raise WrongKind(path, _A_FOLDER)
        spot = self._ground.spot(path)
        return reading(spot.tree, spot.within, path, start, expect)

    def write(
        self,
        path: Path,
        source: Iterable[bytes],
        *,
        expect: Precondition,
        size: int | None = None,
        modified: int | None = None,
    ) -> Entry:
        """Store *source*; WeDrive takes no time from us.  See `Drive.write`."""
        check_holdable(path, NAMES)
        if path == ROOT or self._ground.is_space(path):
            self._refuse_space(path, expect)
        spot = self._ground.spot(path)
        return spot.writing.write(spot.within, path, source, expect, size)

    def make_folder(self, path: Path, *, modified: int | None = None) -> Entry:
        """Make sure that *path* is a folder; at the top above spaces, a space is made."""
        check_holdable(path, NAMES)
        if path == ROOT:
            return self.stat(path)
        if self._ground.spaces is not None and len(path) == 1:
            self._ground.make_space(path[0], path)
            return self.stat(path)
        spot = self._ground.spot(path)
        return spot.writing.make_folder(spot.within, path)

    def remove(self, path: Path, *, expect: Precondition) -> None:
        """Remove a file or an empty folder; spaces stay."""
        check_names(path)
        if path == ROOT or self._ground.is_space(path):
            raise Forbidden(path, Text("spaces are dismissed by their admins", "空间由其管理员解散"))
        spot = self._ground.spot(path)
        spot.writing.remove(spot.within, path, expect)

    def close(self) -> None:
        """Give back connections, and what was kept in the spaces for our own work."""
        self._ground.close()

    def _refuse_space(self, path: Path, expect: Precondition) -> None:
        if path and self._ground.spaces is not None and path[0] not in self._ground.spaces.all():
            raise NameRefused(path, _SPACES_ONLY)
        raise (AlreadyExists if isinstance(expect, Absent) else WrongKind)(path, _A_FOLDER)


def _meet(ground: Ground) -> None:
    """Look whether the root is there, or make it."""
    if ground.spaces is not None:
        ground.spaces.all()
        return
    spot = ground.spot(ROOT)
    if not spot.within:
        # One call, and the first that a copy needs anyway.
        spot.tree.listed(spot.tree.space, ROOT)
        return
    for depth in range(1, len(spot.within) + 1):
        within = spot.within[:depth]
        found = spot.tree.find(within)
        if found is None and ground.options.create:
            spot.writing.make_folder(within, within)
        elif found is None:
            raise NotFound(ROOT, Text("there is no such folder", "没有该文件夹"))
        elif not found.is_folder:
            raise WrongKind(ROOT, Text("it is a file", "它是文件"))
