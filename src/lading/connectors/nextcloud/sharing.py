"""
The sharing API, asked about the files that a drive was opened at.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from lading.connectors.nextcloud.cloud import Cloud
from lading.connectors.nextcloud.days import in_zone
from lading.connectors.nextcloud.shares import LINK, path_of_share
from lading.connectors.nextcloud.wire import FilesWire
from lading.model.entry import Entry
from lading.model.errors import BadAnswer, Forbidden, NotFound, Unable
from lading.model.paths import ROOT, Path, within
from lading.model.text import Text

_ROUTE = "/ocs/v2.php/apps/files_sharing/api/v1/shares"

Share = Mapping[str, Any]


class Sharing:
    """Shares of what lies below the root of *wire*, by their paths there."""

    def __init__(self, wire: FilesWire) -> None:
        self._wire = wire
        self._cloud: Cloud = wire.cloud

    @property
    def cloud(self) -> Cloud:
        """The server as this account sees it."""
        return self._cloud

    def of(self, path: Path) -> list[Share]:
        """
        The shares of this very entry.

        Raises:
            NotFound: nothing is there.
        """
        self._wire.stat(path)
        asked = {"path": self._spelled(path), "reshares": "true"}
        return [share for share in self._asked(asked, path) if self.place(share) == path]

    def all(self) -> Iterator[tuple[Path, Share]]:
        """Every share at or below the root, each once."""
        for share in self._everything():
            if (path := self.place(share)) is not None:
                yield path, share

    def above(self) -> list[Share]:
        """The shares of the folders above the root, which hold for it too."""
        root = self._wire.above
        if not root:
            return []
        shares = ((path_of_share(share), share) for share in self._everything())
        return [share for path, share in shares if path != root and within(root, path)]

    def place(self, share: Share) -> Path | None:
        """Where what was shared lies below the root; None if it does not."""
        path, root = path_of_share(share), self._wire.above
        if not within(path, root) or self._wire.is_elsewhere(path[len(root) :]):
            return None
        return path[len(root) :]

    def make(self, path: Path, form: Mapping[str, str]) -> Share:
        """Make a share of *path*."""
        asked = {"path": self._spelled(path), **form}
        return self._placed(_one(self._cloud.ocs("POST", _ROUTE, subject=path, form=asked), path))

    def change(self, share: str, form: Mapping[str, str], path: Path) -> Share:
        """Change the share of that id."""
        told = self._cloud.ocs("PUT", f"{_ROUTE}/{share}", subject=path, form=form)
        return self._placed(_one(told, path))

    def last_day(self, end: int, path: Path) -> str:
        """
        The day (YYYY-MM-DD) with which a share of *path* ends at *end*.

        Raises:
            Unable: that has passed, or no day stands for it.
        """
        if self._cloud.days is None or end <= time.time_ns():
            raise Unable(path, Text("it has ended already", "已经到期"))
        return self._cloud.days.day(end)

    def end(self, share: str, path: Path) -> None:
        """End the share of that id; what is not there is no error."""
        with suppress(NotFound):
            self._cloud.ocs("DELETE", f"{_ROUTE}/{share}", subject=path)

    @property
    def forces_ends(self) -> bool:
        """The server gives an end to every share that is asked for without one."""
        told = self._cloud.capability("files_sharing", "public", "expire_date_internal", "enforced")
        return bool(told)

    def entry(self, path: Path) -> Entry:
        """The entry at *path*."""
        return self._wire.stat(path)

    def _everything(self) -> list[Share]:
        return self._asked({"reshares": "true"}, ROOT)

    def _asked(self, query: Mapping[str, str], path: Path) -> list[Share]:
        told = self._cloud.ocs("GET", _ROUTE, query, subject=path)
        if not isinstance(told, list):
            raise BadAnswer(path, "the list of shares is none")
        seen: dict[str, Share] = {str(share["id"]): self._placed(share) for share in told}
        return list(seen.values())

    def _placed(self, share: Share) -> Share:
        """*share* with the end that it tells in its zone."""
        return {**share, "expiration": in_zone(share.get("expiration"), self._cloud.zone)}

    def _spelled(self, path: Path) -> str:
        return "/" + "/".join((*self._wire.above, *path))


def incoming(cloud: Cloud) -> list[tuple[Path, str]]:
    """Where the account has what others shared with it, and who these are."""
    if not cloud.capability("files_sharing", "api_enabled"):
        return []
    try:
        told = cloud.ocs("GET", _ROUTE, {"shared_with_me": "true"}, subject=ROOT)
    except NotFound:
        # The app is switched off.
        return []
    return [
        (
            _names(str(share.get("file_target") or "")),
            str(share.get("uid_file_owner") or share.get("uid_owner")),
        )
        for share in told or ()
    ]


def is_link(share: Share) -> bool:
    """Whether it is a share by URL."""
    return int(share["share_type"]) == LINK


def merged(shares: list[Share], others: Sequence[Sharing], path: Path) -> list[Share]:
    """*shares* of *path*, and what *others* are told beside these; who does not see the entry made none."""
    found = {str(share["id"]): share for share in shares}
    for other in others:
        with suppress(NotFound, Forbidden):
            found |= {str(share["id"]): share for share in other.of(path)}
    return list(found.values())


def everything(sharing: Sharing, others: Sequence[Sharing]) -> Iterator[tuple[Path, Share]]:
    """All that *sharing* and *others* are told, each share once."""
    seen: set[str] = set()
    for one in (sharing, *others):
        for path, share in one.all():
            if str(share["id"]) not in seen:
                seen.add(str(share["id"]))
                yield path, share


def found_by(shares: list[Share], wanted: Callable[[Share], bool]) -> Share | None:
    """The first share that is wanted."""
    return next((share for share in shares if wanted(share)), None)


def _names(text: str) -> Path:
    return tuple(name for name in text.split("/") if name)


def _one(told: object, path: Path) -> Share:
    # Changing a share answers with a list of one on some versions.
    if isinstance(told, list) and told:
        told = told[0]
    if not isinstance(told, dict):
        raise BadAnswer(path, "no share is told")
    return told
