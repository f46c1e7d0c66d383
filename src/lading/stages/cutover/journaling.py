"""
Journal what changes in NEW after the switch, and keep the contents.

Each run appends one sealed entry: lines that say what is at a path now, and which contents it had since the entry
before.  Run it often: what is saved twice or deleted between two runs is caught only where the drive keeps versions.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path as LocalPath
from typing import Any, NamedTuple

from lading.connectors.api import Drive
from lading.connectors.crew import Crew, drive_for
from lading.manifest.files import local_errors, sha256_of, write_json
from lading.manifest.obstacle import stands_in_the_way
from lading.manifest.scan import scan
from lading.model.access import Version
from lading.model.entry import Entry, Kind
from lading.model.errors import BadRollback, CursorExpired, DriveError, NotFound
from lading.model.failpoints import failpoint
from lading.model.paths import Path, decode, encode
from lading.model.progress import Progress, Publish, nobody_listens
from lading.model.text import Text
from lading.stages.cutover.changed import Seen, Sighting, differences
from lading.stages.cutover.contents import Contents
from lading.stages.cutover.marking import READING, WRITTEN
from lading.stages.cutover.state import Facts, Home, Lines, Mark, check_switch, lines_of, write_lines

NOTHING = "0" * 64
_BROKEN = Text("the chain of entries is broken", "日志条目链已断裂")


class Sealed(NamedTuple):
    """One entry of the journal."""

    number: int
    lines: LocalPath
    facts: Mapping[str, Any]


class Means(NamedTuple):
    """With what a journal is written."""

    crew: Crew
    publish: Publish = nobody_listens
    now: Callable[[], float] = time.time
    whole: bool = True
    """Scan NEW whole, even where it tells what changed."""


def entries(home: Home) -> list[Sealed]:
    """
    All sealed entries, in order.

    Raises:
        BadRollback: one was changed after it was sealed, or is missing.
    """
    found: list[Sealed] = []
    before = NOTHING
    while (seal := home.journal / f"{len(found) + 1:04d}.json").exists():
        try:
            facts = json.loads(seal.read_bytes())
            lines = home.journal / f"{len(found) + 1:04d}.jsonl"
            if facts["before"] != before or facts["sha256"] != sha256_of(os.fspath(lines)):
                raise BadRollback(str(seal), _BROKEN)
        except (ValueError, KeyError, TypeError, OSError) as problem:
            raise BadRollback(str(seal), repr(problem)) from None
        found.append(Sealed(len(found) + 1, lines, facts))
        before = sha256_of(os.fspath(seal))
    if any(int(it.stem) > len(found) for it in home.journal.glob("[0-9]*.json") if it.stem.isdecimal()):
        raise BadRollback(str(seal), _BROKEN)
    return found


def told(home: Home) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every line of the journal with the number of its entry, in order."""
    for entry in entries(home):
        for line in lines_of(entry.lines):
            yield entry.number, line


def write_entry(mark: Mark, means: Means) -> Sealed:
    """
    Append an entry with all that changed in NEW since the last one.

    Raises:
        DriveError: NEW is not there, or the disk is full; what was kept is used the next time.
    """
    home = mark.home
    check_switch(mark)
    earlier = entries(home)
    number = len(earlier) + 1
    drive = drive_for(mark.new, READING)
    draft = home.journal / f"{number:04d}.draft.jsonl"
    cut_off = _cut_off(home.journal, number)
    shutil.rmtree(home.journal / "scan", ignore_errors=True)
    at = means.now()
    cursor = earlier[-1].facts["cursor"] if earlier else mark.facts["cursor"]
    seen = Seen(home.base, (line for _, line in told(home)))
    following, changed = _changed(mark, drive, seen, cursor, means)
    failpoint("rollback.journal.scanned")
    problems = _note(_Noting(drive, home, mark, seen, draft, cut_off, means.publish), changed)
    return _seal(home, number, draft, earlier, {"at": at, "cursor": following, **problems})


def _changed(
    mark: Mark, drive: Drive, seen: Seen, cursor: str | None, means: Means
) -> tuple[str | None, list[Sighting]]:
    """The next cursor, and what is otherwise than it was."""
    feed = drive.changes
    if feed is not None and cursor is not None and not means.whole:
        try:
            changes, after = feed.since(cursor)
            return after, _looked(drive, seen, {change.path for change in changes})
        except CursorExpired:
            pass
    following = None if feed is None else feed.cursor()
    folder = mark.home.journal / "scan"
    now = scan(mark.new, READING, folder, crew=means.crew, features=WRITTEN, publish=means.publish)
    found = differences(seen, now)
    with local_errors(str(folder)):
        shutil.rmtree(mark.home.folder / "now", ignore_errors=True)
        os.replace(folder, mark.home.folder / "now")
    return following, found


def _looked(drive: Drive, seen: Seen, paths: Iterable[Path]) -> list[Sighting]:
    """What stands at *paths* and below them, where it is otherwise than it was."""
    found: dict[Path, Sighting] = {}
    for path in sorted(paths):
        if not path:
            continue
        try:
            entry: Entry | None = drive.stat(path)
        except NotFound:
            entry = None
        below = {} if entry is None else {it.path: it for it in _walk(drive, entry)}
        for place in {path, *below, *seen.below(path)}:
            now = below.get(place)
            facts = None if now is None or now.kind not in (Kind.FILE, Kind.FOLDER) else facts_of(now)
            was = seen.at(place)
            if facts is None if was is None else facts is not None and facts.same(was):
                continue
            found[place] = Sighting(place, facts, was)
    return list(found.values())


def _walk(drive: Drive, entry: Entry) -> Iterator[Entry]:
    yield entry
    if entry.kind is not Kind.FOLDER:
        return
    cursor = None
    while True:
        page = drive.list(entry.path, cursor=cursor)
        for below in page.entries:
            yield from _walk(drive, below)
        if (cursor := page.cursor) is None:
            return


def facts_of(entry: Entry) -> Facts:
    """What a drive says about *entry*."""
    return Facts(entry.kind.value, entry.size, entry.modified, entry.etag, entry.id)


class _Noting(NamedTuple):
    drive: Drive
    home: Home
    mark: Mark
    seen: Seen
    draft: LocalPath
    cut_off: Mapping[str, Mapping[str, Any]]
    """Lines of sittings that did not come to their end, by their path."""
    publish: Publish


def _cut_off(journal: LocalPath, number: int) -> dict[str, dict[str, Any]]:
    """
    What earlier sittings noted for the entry *number* and did not seal, by path.

    It is put together into one file first: what they caught may be gone from NEW by now.
    """
    earlier = journal / f"{number:04d}.earlier.jsonl"
    others = (journal / f"{number:04d}.jsonl", journal / f"{number:04d}.draft.jsonl")
    found: dict[str, dict[str, Any]] = {}
    for file in (earlier, *others):
        for line in lines_of(file):
            found[line["path"]] = _together(found.get(line["path"]), line)
    if found:
        write_lines(earlier, found.values())
    with local_errors(str(journal)):
        for file in others:
            file.unlink(missing_ok=True)
    return found


def _together(before: Mapping[str, Any] | None, line: dict[str, Any]) -> dict[str, Any]:
    """*line* with the contents that the line *before* told of the same path; where it is gone by now, that one."""
    caught = (before or {}).get("contents", [])
    if not caught:
        return line
    if "gone" in line:
        return dict(before or {})
    contents = line.get("contents", [])
    known = {content["sha256"] for content in contents}
    return {**line, "contents": [it for it in caught if it["sha256"] not in known] + contents}


def _vanished(it: _Noting, changed: list[Sighting]) -> Iterator[dict[str, Any]]:
    """Lines for what an earlier sitting caught, and which is no file any more."""
    now = {encode(sight.path): sight.now for sight in changed}
    for path, line in it.cut_off.items():
        facts = now.get(path)
        if not line.get("contents") or (facts is not None and facts.kind == Kind.FILE):
            continue
        if path in now or it.seen.at(decode(path)) is None:
            yield {name: line[name] for name in ("path", "now", "contents")}
        if path not in now and it.seen.at(decode(path)) is None:
            yield {"path": path, "gone": True, "kind": Kind.FILE.value}


def _note(it: _Noting, changed: list[Sighting]) -> dict[str, Any]:
    """Write the lines of *changed* into the draft; contents that an earlier sitting kept are not read again."""
    contents = Contents(it.home.contents)
    vanished = {sight.was.id: sight for sight in changed if sight.now is None and sight.was and sight.was.id}
    lines = Lines(it.draft)
    unread, size = [], 0
    try:
        lines.add(*_vanished(it, changed))
        for number, sight in enumerate(sorted(changed, key=lambda sight: (len(sight.path), sight.path))):
            line = _line(it, sight, vanished, contents)
            lines.add(line)
            failpoint("rollback.journal.noted")
            unread += [{"path": line["path"], "code": line["unread"]}] if "unread" in line else []
            size += sum(content["size"] for content in line.get("contents", ()))
            it.publish(Progress("journal", number + 1, size, len(changed)))
    finally:
        lines.close()
    return {"changes": len(changed), "bytes": size, "unread": unread}


def _line(
    it: _Noting,
    sight: Sighting,
    vanished: Mapping[str, Sighting],
    contents: Contents,
) -> dict[str, Any]:
    line: dict[str, Any] = {"path": encode(sight.path)}
    if sight.now is None:
        return {**line, "gone": True, "kind": sight.was.kind if sight.was else ""}
    line["now"] = list(sight.now)
    source = vanished.get(sight.now.id) if sight.now.id and sight.was is None else None
    if source is not None and source.was is not None and source.was.kind == sight.now.kind:
        unchanged = (source.was.size, source.was.modified) == (sight.now.size, sight.now.modified)
        # A number of a local folder is given again to another file once its own is gone.
        if unchanged or not it.drive.profile.local:
            line["from"] = encode(source.path)
        if unchanged or sight.now.kind == Kind.FOLDER:
            return line
    if sight.now.kind == Kind.FOLDER:
        return line
    kept = it.cut_off.get(line["path"])
    if kept is not None and kept.get("now") == line["now"] and "contents" in kept:
        return {**line, "contents": kept["contents"]}
    try:
        return _together(kept, {**line, "contents": _kept(it, sight, source, contents)})
    except DriveError as error:
        if stands_in_the_way(it.drive, error):
            raise
        return {**line, "unread": error.code}


def _kept(it: _Noting, sight: Sighting, source: Sighting | None, contents: Contents) -> list[dict[str, Any]]:
    """The contents since the last entry, oldest first, each kept; the newest is last."""
    drive, was = it.drive, sight.was or (source.was if source else None)
    assert sight.now is not None
    found = []
    versions = [] if drive.versions is None else list(drive.versions.list(sight.path))
    for version in since(versions, was, it.mark.facts["marked"]):
        told_digest = dict(version.digests).get("sha256")
        if told_digest is None or not contents.holds(told_digest):
            assert drive.versions is not None
            told_digest, size = contents.keep(drive.versions.read(sight.path, version.id))
            failpoint("rollback.journal.content")
        else:
            size = version.size
        found.append(_content(told_digest, size, version.saved, version.modified, version.author))
    if not versions:
        sha256, size = contents.keep(drive.read(sight.path))
        failpoint("rollback.journal.content")
        found.append(_content(sha256, size, sight.now.modified or 0, sight.now.modified, ""))
    return found


def since(versions: list[Version], was: Facts | None, marked: float) -> list[Version]:
    """
    Of *versions*, oldest first, those that came after what the drive said before: *was*; the newest always.

    Where it is not known which one that was, those saved since *marked* (seconds since 1970 UTC): only then does the clock
    of the drive matter.
    """
    if was is None:
        return versions
    then = (was.size, was.modified)
    for at in range(len(versions) - 2, -1, -1):
        if (versions[at].size, versions[at].modified) == then:
            return versions[at + 1 :]
    return [it for it in versions[:-1] if it.saved >= marked * 1e9] + versions[-1:]


def _content(sha256: str, size: int, saved: int, modified: int | None, author: str) -> dict[str, Any]:
    return {"sha256": sha256, "size": size, "saved": saved, "modified": modified, "author": author}


def _seal(
    home: Home, number: int, draft: LocalPath, earlier: list[Sealed], facts: Mapping[str, Any]
) -> Sealed:
    lines = home.journal / f"{number:04d}.jsonl"
    seal = home.journal / f"{number:04d}.json"
    before = sha256_of(os.fspath(home.journal / f"{earlier[-1].number:04d}.json")) if earlier else NOTHING
    with local_errors(str(lines)):
        os.replace(draft, lines)
        failpoint("rollback.journal.before_seal")
        sealed = {
            "format": 1,
            "entry": number,
            "before": before,
            "sha256": sha256_of(os.fspath(lines)),
            **facts,
        }
        write_json(os.fspath(seal), sealed)
        (home.journal / f"{number:04d}.earlier.jsonl").unlink(missing_ok=True)
    failpoint("rollback.journal.sealed")
    return Sealed(number, lines, sealed)
