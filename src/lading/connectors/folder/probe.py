"""
The profile of a folder: by the type of its file system, and for a target by trying it out.

Trying out makes a handful of files in our own folder of unfinished ones and
removes them again.  A drive that is only read is never tried out: it is a
source, and nothing is written to a source.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from dataclasses import replace

from lading.connectors.folder.acl import WORDS
from lading.connectors.folder.draft import MODE, NEW
from lading.connectors.folder.facts import SECOND, WINDOWS_STEMS, Facts, facts_of
from lading.connectors.folder.mounts import type_of
from lading.connectors.folder.parts import Parts
from lading.connectors.folder.tree import Tree
from lading.connectors.profile import AccessRules, Case, Form, NameRules, Profile

_GRAINS = (1, 100, 1000, 1_000_000, 10_000_000, SECOND, 2 * SECOND)
# A moment with something in every decimal place, and an odd second.
_ODD = 1_700_000_001_987_654_321
# Beyond the clock of every file system that has an end: some 35,000 years.
_FAR = (1 << 40) * SECOND
_DOUBTFUL = ':?"*<>|\\'


def described(address: str, tree: Tree, parts: Parts | None) -> Profile:
    """The profile of *tree*; with *parts* it is tried out there, as far as the account may."""
    facts = facts_of(type_of(tree.root), _longest_name(tree.root))
    if parts is not None:
        # A target that cannot be written says so when it is written, not here.
        with contextlib.suppress(OSError):
            facts = tried(facts, parts.folder(), parts.fresh_name())
    return Profile(
        kind="folder",
        address=address,
        names=facts.names,
        clock_grain=facts.grain,
        modified_range=facts.range,
        size_limit=facts.size_limit,
        concurrency=_processors(),
        local=True,
        stable_ids=facts.stable_ids,
        # The time of change is in it, and mode, owner and ACL move that time.
        etag_covers_rights=True,
        grants_within=True,
        # Whoever may not pass a folder reaches nothing in it; each entry tells its whole list.
        access=AccessRules(passage=True, words=WORDS),
    )


def tried(facts: Facts, folder: int, stem: bytes) -> Facts:
    """
    *facts* corrected by what files in *folder* (a descriptor), named after *stem*, show.

    Raises:
        OSError: nothing can be written there.
    """
    with _file(folder, stem) as descriptor:
        grain = _grain(descriptor)
        span = _range(descriptor, facts.range)
        case = Case.FOLDED if _is_there(folder, stem.upper()) else Case.SENSITIVE
    form = _form(folder, stem)
    bytes_too = _holds(folder, stem + b"\xff\xfe")
    names = replace(facts.names, case=case, form=form, utf8_only=not bytes_too)
    return replace(facts, names=_with_refused(names, folder, stem), grain=grain, range=span)


def _grain(descriptor: int) -> int:
    kept = _kept(descriptor, _ODD)
    return next((grain for grain in _GRAINS if _ODD - _ODD % grain == kept), max(_GRAINS))


def _range(descriptor: int, believed: tuple[int, int] | None) -> tuple[int, int] | None:
    """
    Where times end: a kernel since Linux 5.4 holds those beyond inside, and so shows the end.

    Where it does not, what is believed of the file system stands.
    """
    first, last = _kept(descriptor, -_FAR), _kept(descriptor, _FAR)
    if (first, last) == (-_FAR, _FAR):
        return None
    for end, beyond in ((first, -SECOND), (last, SECOND)):
        if abs(end) != _FAR and _kept(descriptor, end + beyond) != end:
            return believed
    return (first, last) if first < last else believed


def _kept(descriptor: int, asked: int) -> int:
    try:
        os.utime(descriptor, ns=(asked, asked))
    except (OSError, OverflowError):
        return 0
    return os.fstat(descriptor).st_mtime_ns


def _form(folder: int, stem: bytes) -> Form:
    with _file(folder, stem + "\u00e9".encode()):
        return Form.FOLDED if _is_there(folder, stem + "e\u0301".encode()) else Form.EXACT


def _with_refused(rules: NameRules, folder: int, stem: bytes) -> NameRules:
    """*rules* with what the file system turns out to refuse or to store as something else."""
    refused = {sign for sign in _DOUBTFUL if not _holds(folder, stem + sign.encode() + b"x")}
    endings = {sign for sign in ". " if not _holds(folder, stem + sign.encode())}
    stems = set(rules.reserved_stems)
    if not _holds(folder, b"aux." + stem):
        stems |= WINDOWS_STEMS
    return replace(
        rules,
        characters=frozenset("/\0") | refused,
        endings=frozenset(endings),
        controls=_holds(folder, stem + b"\x01"),
        reserved_stems=frozenset(stems),
    )


def _holds(folder: int, name: bytes) -> bool:
    """Whether a file of that very name can be made."""
    try:
        with _file(folder, name):
            listing = os.open(b".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
            try:
                return name in map(os.fsencode, os.listdir(listing))
            finally:
                os.close(listing)
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            raise
        return False


def _is_there(folder: int, name: bytes) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _file(folder: int, name: bytes) -> Iterator[int]:
    descriptor = os.open(name, NEW, MODE, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
        os.unlink(name, dir_fd=folder)


def _longest_name(folder: int) -> int:
    try:
        return os.fpathconf(folder, "PC_NAME_MAX")
    except (OSError, ValueError):
        return 255


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
