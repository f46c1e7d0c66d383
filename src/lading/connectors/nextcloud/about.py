"""
What a Nextcloud says of itself beside files: its version, its apps, how much room is left, what is not entered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lading.connectors.facets import Room
from lading.connectors.nextcloud.cloud import Cloud
from lading.connectors.nextcloud.tree import DAV, asking
from lading.connectors.nextcloud.wire import FilesWire
from lading.model.entry import Entry, Kind
from lading.model.errors import BadAnswer, Forbidden, LoginFailed, NotFound, Unable, Unreadable
from lading.model.paths import ROOT
from lading.model.text import Text

_REFUSED = (Forbidden, LoginFailed, NotFound, Unable)
_QUOTA = asking("d:quota-available-bytes", "d:quota-used-bytes")
_OUTSIDE = Text(
    "{count} mounts at the top are not entered: {names}; see follow= in docs/manual/nextcloud.md",
    "顶层有 {count} 个挂载未进入：{names}；见 docs/manual/nextcloud.md 中的 follow=",
)
_SEALED = Text(
    "{count} folders at the top are encrypted at the ends and cannot be read: {names}",
    "顶层有 {count} 个文件夹为端到端加密，无法读取：{names}",
)
_MOST_NAMED = 5


class CloudCapacity:
    """The quota of the account, or of the team folder that the drive was opened in."""

    def __init__(self, wire: FilesWire) -> None:
        self._wire = wire

    def room(self) -> Room:
        """By RFC 4331; negative numbers of Nextcloud (-1 not computed, -2 unknown, -3 no limit) tell nothing."""
        url = self._wire.place.url(ROOT, folder=True)
        told = self._wire.cloud.ask("PROPFIND", url, _QUOTA, subject=ROOT, depth=0)
        if not told:
            raise BadAnswer(ROOT, "no quota is told")
        left, used = (_bytes(told[0].text(f"{DAV}quota-{name}-bytes")) for name in ("available", "used"))
        return Room(None if left is None or used is None else left + used, left)


def named(cloud: Cloud) -> str:
    """Product and version, and to an admin the apps that are switched on."""
    product = "ownCloud" if cloud.is_owncloud else "Nextcloud"
    name = " ".join([product, ".".join(map(str, cloud.version))]).strip()
    apps = sorted(_apps(cloud)) if cloud.is_admin else []
    return f"{name} ({len(apps)} apps: {', '.join(apps)})" if apps else name


def notes_of(entries: Iterable[Entry]) -> Iterator[Text]:
    """What of the top, whose *entries* these are, is not entered."""
    closed = [entry for entry in entries if entry.kind is Kind.SPECIAL]
    sealed = [entry.path[-1] for entry in closed if entry.problem == Unreadable.code]
    outside = [entry.path[-1] for entry in closed if not entry.problem]
    for text, names in ((_OUTSIDE, outside), (_SEALED, sealed)):
        if names:
            some = ", ".join(sorted(names)[:_MOST_NAMED]) + (" …" if len(names) > _MOST_NAMED else "")
            yield Text(*(said.format(count=len(names), names=some) for said in text))


def _apps(cloud: Cloud) -> list[str]:
    try:
        told = cloud.ocs("GET", "/ocs/v2.php/cloud/apps", {"filter": "enabled"}, subject=ROOT)
    except _REFUSED:
        return []
    apps = told.get("apps") if isinstance(told, dict) else None
    return [str(app) for app in (apps.values() if isinstance(apps, dict) else apps or ())]


def _bytes(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
