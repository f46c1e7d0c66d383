"""
What a list of NTFS says, in the words of the vocabulary.

An entry is an allowance or a denial of single rights.  A role is told where one entry, or several to the same, hold
all that it needs; a denial is told as the lowest role that it takes something from.  So what is told is never
more than what the server gives: a right that is put together from entries to several groups is told of none of them,
and an allowance that wins over a denial from above is told as if it did not.

That the owner of a file may always change its list is not told as MANAGE: everybody who ever saved a file would come
to manage it in the next drive.  Nor is what the permissions of the share itself take away from everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from lading.connectors.profile import AccessRules, Features
from lading.connectors.smb import sids
from lading.connectors.smb.descriptor import (
    ALLOW,
    INHERITABLE,
    INHERITED,
    NOT_HERE,
    ONCE,
    Entry,
    Rights,
    handed_down,
)
from lading.model.access import ANYBODY, Effect, Grant, Principal, PrincipalKind, Reach, Role
from lading.model.paths import Path

FULL, MODIFY, READ_AND_RUN, READ = 0x1F01FF, 0x1301BF, 0x1200A9, 0x120089
_TEMPLATES = {FULL: "F", MODIFY: "M", READ_AND_RUN: "RX", READ: "R"}
_SINGLE = {
    0x1: "RD", 0x2: "WD", 0x4: "AD", 0x8: "REA", 0x10: "WEA", 0x20: "X", 0x40: "DC", 0x80: "RA",
    0x100: "WA", 0x10000: "DE", 0x20000: "RC", 0x40000: "WDAC", 0x80000: "WO", 0x100000: "S",
}  # fmt: skip
"""The words of `icacls`."""

NEEDED = {Role.MANAGE: 0x50007, Role.EDIT: 0x10007, Role.UPLOAD: 0x7, Role.DOWNLOAD: 0x1}
"""Rights without which nobody has a role: to change the list, to delete, to write and add, to read or list."""
_TRAVERSE = 0x20
_TAKEN = (
    # Without these nothing can be opened as programs open it.
    (0x120089, Role.PREVIEW),
    (0x6, Role.UPLOAD),
    (0x10150, Role.EDIT),
    (0xC0000, Role.MANAGE),
)
"""What a denial takes something from, the lowest first."""

GIVEN = {Role.DOWNLOAD: READ_AND_RUN, Role.EDIT: MODIFY, Role.MANAGE: FULL}
"""The rights that a role is given by."""

WORDS = (
    (Effect.ALLOW, Role.DOWNLOAD, ("R",)),
    (Effect.ALLOW, Role.DOWNLOAD, ("RX",)),
    (Effect.ALLOW, Role.EDIT, ("M",)),
    (Effect.ALLOW, Role.MANAGE, ("F",)),
    (Effect.DENY, Role.PASS, ("F",)),
    (Effect.DENY, Role.PREVIEW, ("F",)),
)
ACCESS = AccessRules(words=WORDS)
FEATURES = Features(
    roles=frozenset(GIVEN),
    effects=frozenset({Effect.ALLOW, Effect.RESET}),
    reaches=frozenset({Reach.ALL, Reach.HERE, Reach.BELOW}),
    principals=frozenset({PrincipalKind.PERSON, PrincipalKind.GROUP, PrincipalKind.EVERYBODY}),
)

Named = Callable[[str], Principal]


def words_of(mask: int) -> frozenset[str]:
    """*mask* in the words of `icacls`."""
    if mask in _TEMPLATES:
        return frozenset({_TEMPLATES[mask]})
    return frozenset(word for bit, word in _SINGLE.items() if mask & bit)


def allowed_role(mask: int, *, folder: bool) -> Role:
    """The highest role that the rights in *mask* hold whole."""
    for role, needed in NEEDED.items():
        if mask & needed == needed:
            return role
    return Role.PASS if folder and mask & _TRAVERSE else Role.NONE


def denied_role(mask: int, *, folder: bool) -> Role:
    """The lowest role that taking the rights in *mask* takes something from; NONE if there is no such."""
    if folder and mask & _TRAVERSE:
        return Role.PASS
    return next((role for bits, role in _TAKEN if mask & bits), Role.NONE)


def grants_of(
    path: Path, rights: Rights, above: Rights | None, *, folder: bool, named: Named
) -> Iterator[Grant]:
    """
    What *rights* say on *path*, in a folder with the rights *above* (None: nobody sees what is above).

    What comes from above is told there.  Where a list does not hold what the folder hands down today (it was
    moved here, or nobody passed a change on), it is told whole, as one that takes nothing from above.
    """
    whole = Reach.HERE if folder else Reach.ALL
    own, apart = own_entries(rights, above, folder=folder)
    if apart:
        yield Grant(path, ANYBODY, frozenset(), Effect.RESET, source="dacl")
    if rights.entries is None:
        everyone = named(sids.EVERYONE)
        yield Grant(path, everyone, words_of(FULL), reach=whole, source="no dacl", role=Role.MANAGE)
    for (sid, effect, reach), mask in _gathered(own, folder=folder).items():
        role = (allowed_role if effect is Effect.ALLOW else denied_role)(mask, folder=folder)
        if effect is Effect.ALLOW or role is not Role.NONE:
            yield Grant(path, named(sid), words_of(mask), effect, reach, "dacl", role)


def own_entries(rights: Rights, above: Rights | None, *, folder: bool) -> tuple[list[Entry], bool]:
    """The entries to be told on an entry itself, and whether nothing else holds there."""
    entries = [entry for entry in rights.entries or () if entry.counts]
    if above is None:
        return entries, False
    explicit = [entry for entry in entries if not entry.flags & INHERITED]
    inherited = [entry for entry in entries if entry.flags & INHERITED]
    expected = _expected(above, rights, folder=folder)
    if explicit and not inherited and {*map(_marked, explicit)} == expected:
        # Some servers mark nothing as inherited below a list that they made up themselves.
        explicit, inherited = [], [*map(_marked, explicit)]
    # Sets: servers leave out an entry that says what another says already.
    if rights.protected or rights.entries is None or {*inherited} != expected:
        return entries, True
    told_above = above._replace(entries=tuple(filter(reaches_all_below, above.entries or ())))
    known = _expected(told_above, rights, folder=folder)
    return [*explicit, *(entry for entry in inherited if entry not in known)], False


def reaches_all_below(entry: Entry) -> bool:
    """Whether *entry* holds on everything below its folder, at any depth, for the same principal."""
    flags = entry.flags & (INHERITABLE | ONCE)
    return flags == INHERITABLE and entry.sid not in (sids.CREATOR_OWNER, sids.CREATOR_GROUP)


def _marked(entry: Entry) -> Entry:
    return entry._replace(flags=entry.flags | INHERITED)


def _expected(above: Rights, rights: Rights, *, folder: bool) -> set[Entry]:
    return {*handed_down(above, folder=folder, owner=rights.owner, group=rights.group)}


def _gathered(entries: Iterable[Entry], *, folder: bool) -> dict[tuple[str, Effect, Reach], int]:
    """The rights of each principal by effect and reach; what reaches all adds to what holds here or below."""
    masks: dict[tuple[str, Effect, Reach], int] = {}
    for entry in entries:
        effect = Effect.ALLOW if entry.kind == ALLOW else Effect.DENY
        for reach in _reaches(entry, folder=folder):
            key = (entry.sid, effect, reach)
            masks[key] = masks.get(key, 0) | entry.mask
    return {
        (sid, effect, reach): mask
        | (masks.get((sid, effect, Reach.ALL), 0) if reach in (Reach.HERE, Reach.BELOW) else 0)
        for (sid, effect, reach), mask in masks.items()
    }


def _reaches(entry: Entry, *, folder: bool) -> tuple[Reach, ...]:
    here = not entry.flags & NOT_HERE and entry.sid not in (sids.CREATOR_OWNER, sids.CREATOR_GROUP)
    if not folder:
        return (Reach.ALL,) if here else ()
    if reaches_all_below(entry):
        return (Reach.ALL,) if here else (Reach.BELOW,)
    # What is for some of those below is told on each of them, as far as they are there.
    later = (Reach.LATER,) if entry.flags & INHERITABLE else ()
    return (Reach.HERE, *later) if here else later
