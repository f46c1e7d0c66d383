"""
What both authors of a conflict are to be told; sending it is not done here.

A conflict is noted with what was carried because of it, in one line, so no kill parts the two.  The messages are made of
these notes at the end of whichever run comes to its end, each once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from lading.connectors.api import Drive
from lading.manifest.obstacle import stands_in_the_way
from lading.model.errors import DriveError
from lading.model.paths import Path, decode, encode, shown
from lading.model.text import Language, Text
from lading.stages.cutover.deeds import Because, Deed

NOTE = "conflict"
"""The key of a conflict in the lines of what was carried."""

_SAYS: Mapping[Because, Text] = {
    Because.BOTH_EDITED: Text(
        "{path} was changed on both drives after the switch. Both are kept: {place} holds what was done on the new drive."
        " Please look at both and decide which one to go on with.",
        "{path} 在切换后于新旧网盘上均有修改。两份内容均已保留：{place} 为在新网盘上完成的内容。请核对两份内容并决定以哪一份为准。",
    ),
    Because.NAME_TAKEN: Text(
        "The old drive had another object at the place of {path}. Both are kept: {place} holds what was done on the new drive.",
        "旧网盘中 {path} 的位置已有其他对象。两者均已保留：{place} 为在新网盘上完成的内容。",
    ),
    Because.BOTH_RENAMED: Text(
        "{path} was renamed on both drives after the switch. It keeps its name on the old drive: {place}.",
        "{path} 在切换后于新旧网盘上均有改名，现保留旧网盘中的名称：{place}。",
    ),
}


class Conflict(NamedTuple):
    """What two people have to be told; *theirs* is where OLD has what its author did, *author* an id of NEW."""

    id: str
    about: Because
    path: Path
    place: Path
    theirs: Path
    author: str

    def to_json(self) -> dict[str, Any]:
        """As a line holds it."""
        paths = {name: encode(getattr(self, name)) for name in ("path", "place", "theirs")}
        return {"id": self.id, "about": self.about.value, **paths, "author": self.author}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Conflict:
        """The conflict that `to_json` wrote."""
        path, place, theirs = (decode(told[name]) for name in ("path", "place", "theirs"))
        return cls(told["id"], Because(told["about"]), path, place, theirs, told["author"])


def conflict_of(deed: Deed) -> Conflict | None:
    """What is to be told about *deed*, under an id that stays the same however often it is planned; or nothing."""
    about, it = deed.conflict, deed.traced
    if about is None or it is None:
        return None
    named = "\0".join((about, encode(deed.path), encode(deed.target), str(it.upto)))
    author = it.contents[-1].author if it.contents else ""
    id_ = hashlib.sha256(named.encode()).hexdigest()[:16]
    return Conflict(id_, about, deed.path, deed.target, deed.source or deed.target, author)


def noted(lines: Iterable[Mapping[str, Any]]) -> dict[str, Conflict]:
    """The conflicts in the *lines* of what was carried, by their ids."""
    found = (Conflict.from_json(line[NOTE]) for line in lines if NOTE in line)
    return {it.id: it for it in found}


def messages(
    drive: Drive, people: Mapping[str, str], conflicts: Iterable[Conflict]
) -> Iterator[dict[str, Any]]:
    """
    One message for each of the two authors of each of *conflicts*.

    The author in NEW is told by their id in OLD where *people* knows it.  An empty id: the drive does not tell who it was.
    """
    for it in conflicts:
        keys = (f"{kind}:{it.author}" for kind in ("person", "guest"))
        known = next((people[key] for key in keys if key in people), "")
        yield _message("new", known.partition(":")[2] or it.author, it)
        yield _message("old", _author(drive, it.theirs), it)


def _author(drive: Drive, path: Path) -> str:
    """Who saved what OLD holds at *path*."""
    if drive.versions is None:
        return ""
    try:
        return ([""] + [version.author for version in drive.versions.list(path)])[-1]
    except DriveError as error:
        if stands_in_the_way(drive, error):
            raise
        return ""


def _message(side: str, person: str, it: Conflict) -> dict[str, Any]:
    text, facts = _SAYS[it.about], {"path": shown(it.path), "place": shown(it.place)}
    return {
        "id": it.id,
        "side": side,
        "to": person,
        "about": it.about.value,
        **facts,
        "message": {language.value: text.to(language, **facts) for language in Language},
    }
