"""
What both authors of a conflict are to be told; sending it is not done here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lading.connectors.api import Drive
from lading.manifest.obstacle import stands_in_the_way
from lading.model.errors import DriveError
from lading.model.paths import Path, shown
from lading.model.text import Language, Text
from lading.stages.cutover.performing import Done
from lading.stages.cutover.planning import Because, Deed

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


def messages(drive: Drive, people: Mapping[str, str], done: Iterable[Done]) -> Iterator[dict[str, Any]]:
    """
    One message for each of the two authors of each conflict that was *done*.

    The author in NEW is told by their id in OLD where *people* knows it.  An empty id: the drive does not tell who it was.
    """
    for it in done:
        if it.code or it.deed.because not in _SAYS:
            continue
        deed = it.deed
        author = deed.contents[-1].author if deed.contents else ""
        known = next(
            (people[key] for kind in ("person", "guest") if (key := f"{kind}:{author}") in people), ""
        )
        yield _message("new", known.partition(":")[2] or author, deed)
        yield _message("old", _author(drive, deed.source or deed.target), deed)


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


def _message(side: str, person: str, deed: Deed) -> dict[str, Any]:
    text, facts = _SAYS[deed.because], {"path": shown(deed.path), "place": shown(deed.target)}
    return {
        "side": side,
        "to": person,
        "about": deed.because.value,
        **facts,
        "message": {language.value: text.to(language, **facts) for language in Language},
    }
