"""
A folder of one Nextcloud account as a drive.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from lading.connectors.dav.drive import DavDrive
from lading.connectors.dav.moving import WebdavMoves
from lading.connectors.dav.parts import Parts
from lading.connectors.listing import list_all
from lading.connectors.nextcloud.about import CloudCapacity, named, notes_of
from lading.connectors.nextcloud.changes import CloudChanges
from lading.connectors.nextcloud.cloud import Cloud
from lading.connectors.nextcloud.denials import TeamDenials
from lading.connectors.nextcloud.grants import CloudGrants
from lading.connectors.nextcloud.links import CloudLinks
from lading.connectors.nextcloud.marks import CloudComments, CloudLabels, CloudLocks
from lading.connectors.nextcloud.partials import CloudPartials
from lading.connectors.nextcloud.people import CloudPeople, owner_of
from lading.connectors.nextcloud.sharing import Sharing, incoming
from lading.connectors.nextcloud.teams import Teams
from lading.connectors.nextcloud.uploads import Uploads
from lading.connectors.nextcloud.versions import CloudVersions
from lading.connectors.nextcloud.wire import FilesWire
from lading.connectors.nextcloud.writing import FilesWriting
from lading.connectors.profile import Profile
from lading.model.errors import DriveError
from lading.model.paths import ROOT, within
from lading.model.text import Text

DEAR = Text(
    "this login is an account password: every call costs the server about 0.6 s; make an app password",
    "此登录使用的是账号密码：每次调用约耗费服务器 0.6 秒；请改用应用密码",
)


class NextcloudDrive(DavDrive):
    """The drive behind *wire*, whose root has answered."""

    def __init__(
        self,
        wire: FilesWire,
        profile: Profile,
        owner: str,
        *,
        dear: bool = False,
        probe: bool = False,
        others: Sequence[Sharing] = (),
        admin: Cloud | None = None,
    ) -> None:
        parts, uploads = Parts(wire, owner), Uploads(wire.cloud, wire)
        writing = FilesWriting(wire, parts, uploads)
        super().__init__(wire, parts, writing)
        self._facts = writing.profile = profile
        self._profile: Profile | None = None
        self._server: str | None = None
        self._teams = Teams(wire, admin)
        self._dear = dear
        self.capacity = CloudCapacity(wire)
        self.moves = WebdavMoves(wire, writing)
        self._uploads = uploads
        self._held = CloudPartials(uploads, writing, owner, wire.above)
        self._offers_partials = None if probe else False
        cloud, features = wire.cloud, profile.features
        if cloud.capability("files", "versioning"):
            self.versions = CloudVersions(wire, writing, profile)
        self.wire = wire
        self.sharing = sharing = Sharing(wire)
        if features.effects:
            self.grants = CloudGrants(
                sharing, self._teams, TeamDenials(wire, self._teams), owner_of(cloud), features, others
            )
            self.links = CloudLinks(sharing, features, others)
        self.people = CloudPeople(cloud, sharing)
        self.labels = CloudLabels(wire)
        self.comments = CloudComments(wire)
        if "external" not in wire.follow:
            # What changes there behind its back Nextcloud does not notice.
            self.changes = CloudChanges(wire)
        if cloud.capability("files", "locking"):
            self.locks = CloudLocks(wire)

    @property
    def profile(self) -> Profile:
        """Facts by what the server says of itself; whether the account is told all grants is asked first."""
        if self._profile is None:
            access = self._facts.access
            complete = self._teams.complete() and not self._holds_foreign()
            self._profile = replace(self._facts, access=access and replace(access, complete=complete))
        return self._profile

    @property
    def server(self) -> str:
        """Product and version; to an admin with its apps, which is asked once."""
        if self._server is None:
            self._server = named(self.wire.cloud)
        return self._server

    @property
    def notes(self) -> tuple[Text, ...]:
        """That the login is dear, and what of the top is not entered."""
        found = [DEAR] if self._dear else []
        with suppress(DriveError):
            # What cannot be listed is told by whoever lists it.
            found += notes_of(list_all(self, ROOT))
        return tuple(found)

    @property
    def partials(self) -> CloudPartials | None:  # type: ignore[override]
        """Uploads that go on, where the server gives back what is held; only a target is tried."""
        with self._lock:
            if self._offers_partials is None:
                self._offers_partials = self._uploads.can_be_read()
            return self._held if self._offers_partials else None

    def _holds_foreign(self) -> bool:
        """Whether files of others are among those of the drive: what else they gave on these nobody tells us."""
        wire = self.wire
        return "shared" in wire.follow and any(
            (within(path, wire.above) or within(wire.above, path)) and path not in wire.elsewhere
            for path, _ in incoming(wire.cloud)
        )
