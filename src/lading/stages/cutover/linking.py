"""
Links that changed in NEW: a link gets another URL in OLD, so each that is made is written down for whoever hands it out.

The URL is told once.  That a link is about to be made is noted before, with the links that are there; what a run that
was cut off made and could not note is ended, because nobody knows its URL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lading.connectors.api import Drive
from lading.connectors.profile import Features
from lading.manifest.read import Manifest
from lading.manifest.translate.links import new_password
from lading.manifest.translate.target import at_most
from lading.model.access import Grant, Link
from lading.model.failpoints import failpoint
from lading.model.paths import Path, encode, shown
from lading.stages.cutover.rights import Change, Point, says
from lading.stages.cutover.state import Home, Lines, lines_of


class Sharing:
    """Makes and ends links on *drive* as points say; *then* is OLD at the switch, *now* in nanoseconds since 1970 UTC."""

    def __init__(
        self, drive: Drive, home: Home, then: Manifest, people: Mapping[str, str], *, now: int
    ) -> None:
        self._drive, self._home, self._then, self._people, self._now = drive, home, then, people, now

    def carry(self, point: Point, place: Path) -> str:
        """
        Do *point* about the entry *place* of OLD; empty if it was done, else the reason why not, as a code.

        Raises:
            DriveError: the drive refuses, or is not there any more.
        """
        if code := foreseen(self._drive, point, now=self._now):
            return code
        noted = [line for line in lines_of(self._home.links) if line["id"] == point.id]
        if any("url" in line for line in noted):
            return ""
        if isinstance(point.was, Link) and (code := self._end(point.was, place)):
            return code
        if isinstance(point.now, Link) and not _over(point.now, self._now):
            known = next((line["known"] for line in noted if "known" in line), None)
            self._make(point, fitted(point.now, self._drive.profile.features, place), place, known)
        return ""

    def _end(self, was: Link, place: Path) -> str:
        """End the link of OLD that *was* is; where several could be it, a person has to."""
        assert self._drive.links is not None
        then = {it.id for it in self._then.values("links")} if self._then.has("links") else set()
        there = [it for it in self._drive.links.list(place) if it.id in then]
        alike = [it for it in there if says(it) == says(was)]
        if len(alike) == 1:
            self._drive.links.revoke(alike[0])
            return ""
        return "by_hand" if there else ""

    def _make(self, point: Point, link: Link, place: Path, known: list[str] | None) -> None:
        assert self._drive.links is not None
        there = self._drive.links.list(place)
        for it in there if known is not None else ():
            if it.id not in (known or ()) and says(it) == says(link):
                self._drive.links.revoke(it)
        notes = Lines(self._home.links)
        try:
            if known is None:
                notes.add({"id": point.id, "known": [it.id for it in there]})
                notes.sync()
            password = new_password() if link.has_password else None
            made, url = self._drive.links.make(link, password=password)
            failpoint("rollback.link_made")
            told = {"path": shown(place), "place": encode(place), "by": self._maker(point.it), "url": url}
            limits = {"expires": link.expires, "limit": link.limit, "inside": link.inside}
            notes.add({"id": point.id, "link": made.id, **told, "password": password, **limits})
        finally:
            notes.close()

    def _maker(self, it: Grant | Link) -> str:
        """Who of OLD made the link in NEW, if anybody there is known to be them."""
        by = it.by if isinstance(it, Link) else ""
        named = (self._people.get(f"{kind}:{by}", "") for kind in ("person", "guest"))
        return next((name.partition(":")[2] for name in named if name), "")


def foreseen(drive: Drive, point: Point, *, now: int) -> str:
    """Why *drive* cannot do *point* about a link, as a code, without asking it; empty: it can."""
    if drive.links is None:
        return "unable"
    link = point.now
    if point.change is Change.TAKEN or not isinstance(link, Link) or _over(link, now):
        return ""
    if link.version is not None:
        return "by_hand"  # which of OLD's versions it is nobody knows for sure
    features = drive.profile.features
    limits = {
        "password": link.has_password,
        "expires": link.expires is not None,
        "limit": link.limit is not None,
        "inside": link.inside,
    }
    held = all(name in features.links for name, wanted in limits.items() if wanted)
    return "" if held and at_most(link.role, features.link_roles) else "unable"


def fitted(link: Link, features: Features, place: Path) -> Link:
    """*link* as OLD can hold it at *place*: never more, never longer than NEW gives it."""
    role = at_most(link.role, features.link_roles)
    assert role is not None
    ends = None if link.expires is None else features.end_until(link.expires)
    rest = None if link.limit is None else link.limit - link.used
    return replace(
        link,
        path=place,
        id="",
        rights=frozenset(),
        role=role,
        expires=ends,
        limit=rest,
        used=0,
        by="",
        created=None,
    )


def _over(link: Link, now: int) -> bool:
    """Whether it gives nothing any more."""
    ended = link.expires is not None and link.expires <= now
    return ended or (link.limit is not None and link.used >= link.limit)
