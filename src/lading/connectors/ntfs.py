"""
Windows access lists (NTFS, SMB) as grants: pure translation, no drive.

A list is walked in its order and each right is decided by the first line that names it and somebody the
person is (MS-DTYP 2.5.3.2).  The vocabulary of `lading.model.access` knows roles, not single rights, so a
list is told in roles that are never wider than what Windows would allow:

* An allowance gives the highest role whose rights it holds whole; a denial takes the lowest role of which it takes
  anything.  As long as denials stand before allowances this says all: everything has rank 0.
* A denial after an allowance (an inherited denial below an allowance of the entry's own) starts a new
  rank: who is named earlier is decided there.  The entry states its whole list then, behind a `reset`.

`Traverse` and `ExecuteFile` make no role: Windows lets everybody pass through folders (the user right "bypass traverse
checking") unless an administrator took that away.  That the owner may change the list is not told as MANAGE either.
Rights bits: MS-DTYP 2.4.3, [MS-FSCC]; names: `System.Security.AccessControl.FileSystemRights`, and those of `icacls`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from lading.connectors.profile import AccessRules
from lading.model.access import ANYBODY, Effect, Grant, Principal, PrincipalKind, Reach, Role
from lading.model.paths import Path

READ, WRITE, APPEND, DELETE_CHILD = 0x1, 0x2, 0x4, 0x40
DELETE, WRITE_DAC, WRITE_OWNER = 0x10000, 0x40000, 0x80000
SYNCHRONIZE, FULL = 0x100000, 0x1F01FF

OBJECT_INHERIT, CONTAINER_INHERIT, NO_PROPAGATE, INHERIT_ONLY, INHERITED = 0x01, 0x02, 0x04, 0x08, 0x10
"""Flags of a line, as MS-DTYP 2.4.4.1 numbers them."""
_BOTH = OBJECT_INHERIT | CONTAINER_INHERIT

_COMPOSITE = {
    "FullControl": FULL,
    "Modify": 0x301BF,
    "ReadAndExecute": 0x200A9,
    "Read": 0x20089,
    "Write": 0x116,
}
_SINGLE = {
    "ReadData": READ,
    "WriteData": WRITE,
    "AppendData": APPEND,
    "ReadExtendedAttributes": 0x8,
    "WriteExtendedAttributes": 0x10,
    "ExecuteFile": 0x20,
    "DeleteSubdirectoriesAndFiles": DELETE_CHILD,
    "ReadAttributes": 0x80,
    "WriteAttributes": 0x100,
    "Delete": DELETE,
    "ReadPermissions": 0x20000,
    "ChangePermissions": WRITE_DAC,
    "TakeOwnership": WRITE_OWNER,
}
_ALSO = {
    "ListDirectory": READ,
    "CreateFiles": WRITE,
    "CreateDirectories": APPEND,
    "Traverse": 0x20,
    "Synchronize": SYNCHRONIZE,
    "None": 0,
}
# fmt: off
_LETTERS = {
    "N": 0, "F": FULL, "M": 0x301BF, "RX": 0x200A9, "R": 0x20089, "W": 0x116, "D": DELETE, "DE": DELETE,
    "RC": 0x20000, "WDAC": WRITE_DAC, "WO": WRITE_OWNER, "S": SYNCHRONIZE, "RD": READ, "WD": WRITE,
    "AD": APPEND, "REA": 0x8, "WEA": 0x10, "X": 0x20, "DC": DELETE_CHILD, "RA": 0x80, "WA": 0x100,
    "GR": 0x80000000, "GW": 0x40000000, "GE": 0x20000000, "GA": 0x10000000,
}
# fmt: on
_WORDS = {word.lower(): mask for word, mask in (*_COMPOSITE.items(), *_SINGLE.items(), *_ALSO.items())}
# MS-DTYP 2.4.3, with the mapping that file systems give: FILE_ALL_ACCESS and so on.
_GENERIC = ((0x10000000, FULL), (0x20000000, 0x1200A0), (0x40000000, 0x120116), (0x80000000, 0x120089))

_NEEDS = (
    (Role.MANAGE, READ | WRITE | APPEND | DELETE | WRITE_DAC),
    (Role.EDIT, READ | WRITE | APPEND | DELETE),
    (Role.UPLOAD, READ | WRITE | APPEND),
    (Role.DOWNLOAD, READ),
)
"""The rights that a role holds, highest role first."""
_TAKES = (
    (Role.PREVIEW, READ),
    (Role.UPLOAD, WRITE | APPEND),
    (Role.EDIT, DELETE | DELETE_CHILD),
    (Role.MANAGE, WRITE_DAC | WRITE_OWNER),
)
"""The rights whose denial takes something from a role, lowest role first."""

RULES = AccessRules(
    words=(
        (Effect.ALLOW, Role.DOWNLOAD, ("Read",)),
        (Effect.ALLOW, Role.DOWNLOAD, ("ReadAndExecute",)),
        (Effect.ALLOW, Role.EDIT, ("Modify",)),
        (Effect.ALLOW, Role.MANAGE, ("FullControl",)),
        (Effect.DENY, Role.PREVIEW, ("FullControl",)),
        (Effect.DENY, Role.PREVIEW, ("Modify",)),
        (Effect.DENY, Role.UPLOAD, ("Write",)),
    ),
)
"""How these grants work together, and which of the words are just a role."""

EVERYBODY = Principal(PrincipalKind.EVERYBODY, "S-1-1-0", "Everyone")
CREATOR = "S-1-3-0"
_EVERYBODY = frozenset(
    {"s-1-1-0", "s-1-5-11", "everyone", "authenticated users", "所有人", "经过身份验证的用户"}
)
_CREATOR = frozenset({"s-1-3-0", "s-1-3-1", "creator owner", "creator group"})

Who = Callable[[str], Principal]
"""The principal that a line names, by its SID or its name."""


class Ace(NamedTuple):
    """One line: *mask* are the bits of the rights, *flags* where it holds, *trustee* a SID or a name."""

    allow: bool
    trustee: str
    mask: int
    flags: int = _BOTH

    @property
    def inherited(self) -> bool:
        """Whether it comes from above."""
        return bool(self.flags & INHERITED)


class Acl(NamedTuple):
    """A list in its own order; *protected*: nothing is inherited from above."""

    aces: tuple[Ace, ...]
    protected: bool = False


def mask_of(text: str) -> int:
    """
    The bits that *text* says: a number, names as PowerShell writes them, or letters as `icacls` does.

    Raises:
        ValueError: a word is not known.
    """
    mask = 0
    for word in filter(None, re.split(r"[\s,;|()]+", text)):
        mask |= _bits(word)
    return spelled(mask)


def spelled(mask: int) -> int:
    """*mask* with generic rights (`GENERIC_ALL` and its like) as the rights on files that they mean."""
    mask &= 0xFFFFFFFF
    for bit, meant in _GENERIC:
        if mask & bit:
            mask = mask & ~bit | meant
    return mask


def words_of(mask: int) -> frozenset[str]:
    """*mask* in the fewest words that PowerShell has for it; `Synchronize`, which says nothing, is left out."""
    mask = spelled(mask)
    left, found = mask & ~SYNCHRONIZE, set()
    for word, bits in (*_COMPOSITE.items(), *_SINGLE.items()):
        bare = bits & ~SYNCHRONIZE
        if left & bare and mask & bare == bare:
            found.add(word)
            left &= ~bare
    return frozenset({*found, hex(left)} if left else found)


def flags_of(inheritance: str, propagation: str) -> int:
    """
    The flags that the columns `InheritanceFlags` and `PropagationFlags` say.

    Raises:
        ValueError: a word is not known.
    """
    known = {
        "none": 0,
        "containerinherit": CONTAINER_INHERIT,
        "objectinherit": OBJECT_INHERIT,
        "nopropagateinherit": NO_PROPAGATE,
        "inheritonly": INHERIT_ONLY,
    }
    flags = 0
    for word in filter(None, re.split(r"[\s,;|]+", f"{inheritance} {propagation}")):
        if word.lower() not in known:
            raise ValueError(word)
        flags |= known[word.lower()]
    return flags


def role_of(mask: int) -> Role:
    """The highest role whose rights *mask* holds whole; the same bits serve files and folders."""
    return next((role for role, needed in _NEEDS if mask & needed == needed), Role.NONE)


def denied_role(mask: int) -> Role:
    """The lowest role of which a denial of *mask* takes something; NONE: of none, it is about attributes alone."""
    return next((role for role, rights in _TAKES if mask & rights), Role.NONE)


def names_everybody(trustee: str) -> bool:
    """Whether *trustee* is everybody who can sign in, by SID or by name in English or Chinese."""
    return trustee.rpartition("\\")[2].strip().lower() in _EVERYBODY


def names_creator(trustee: str) -> bool:
    """Whether *trustee* stands for whoever will make something: about nobody who is there."""
    return trustee.rpartition("\\")[2].strip().lower() in _CREATOR


def grants_of(
    path: Path, own: Acl, who: Who, *, above: Acl | None = None, folder: bool = True, source: str = ""
) -> tuple[Grant, ...]:
    """
    What the list *own* of the entry at *path* adds to what the list *above*, of its folder, hands down.

    Nothing where it only inherits.  With *above* None (the root that a drive was opened at, or a folder
    whose list is not known) the whole list is told, since nobody else tells what comes from above.
    """
    aces = tuple(filter(_counts, own.aces))
    if above is None:
        return _told(path, aces, who, folder, source)
    handed = [_bare(ace) for ace in above.aces if _handed_down(ace)]
    inherited = [_bare(ace) for ace in aces if _goes_on(ace, folder)]
    missing = any(ace not in inherited for ace in handed)
    news = tuple(ace for ace in aces if not ace.inherited or _is_news(ace, handed, folder))
    late = _late_denials(aces) or _late_denials(filter(_counts, above.aces))
    if not (own.protected or missing or (news and late)):
        return _told(path, news, who, folder, source)
    reset = Grant(path, ANYBODY, frozenset(), Effect.RESET, source=source)
    return (reset, *_told(path, aces, who, folder, source))


def levels(aces: Iterable[Ace]) -> list[list[Ace]]:
    """*aces* cut into runs in which no denial stands after an allowance: each run can be read in any order."""
    runs: list[list[Ace]] = [[]]
    for ace in aces:
        if not ace.allow and any(one.allow for one in runs[-1]):
            runs.append([])
        runs[-1].append(ace)
    return [run for run in runs if run]


def untold(aces: Iterable[Ace]) -> int:
    """How many lines of *aces* say nothing that a role knows, and are not told: denials of attributes alone."""
    return sum(not _counts(ace) for ace in aces)


def _counts(ace: Ace) -> bool:
    return ace.allow or denied_role(ace.mask) is not Role.NONE


def _told(path: Path, aces: Sequence[Ace], who: Who, folder: bool, source: str) -> tuple[Grant, ...]:
    """*aces* as grants, one for each principal, effect, reach and rank."""
    told: dict[tuple[Principal, bool, Reach, int], int] = {}
    for rank, run in enumerate(levels(_without_moot(aces))):
        for ace in run:
            if (reach := _reach(ace, folder)) is not None:
                key = who(ace.trustee), ace.allow, reach, rank
                told[key] = told.get(key, 0) | ace.mask
    return tuple(
        Grant(
            path=path,
            principal=principal,
            rights=words_of(mask),
            effect=Effect.ALLOW if allow else Effect.DENY,
            reach=reach,
            source=source,
            role=role_of(mask) if allow else denied_role(mask),
            rank=rank,
        )
        for (principal, allow, reach, rank), mask in told.items()
    )


def _without_moot(aces: Sequence[Ace]) -> Iterator[Ace]:
    """*aces* without the denied rights that an earlier line has given to the very same principal, or to everybody."""
    given: list[Ace] = []
    for ace in aces:
        if ace.allow:
            given.append(ace)
            yield ace
        elif _counts(left := ace._replace(mask=ace.mask & ~_given_before(ace, given))):
            yield left


def _given_before(denial: Ace, given: Iterable[Ace]) -> int:
    mask = 0
    for ace in given:
        same = ace.trustee == denial.trustee or names_everybody(ace.trustee)
        if same and not (ace.flags ^ denial.flags) & ~INHERITED:
            mask |= ace.mask
    return mask


def _late_denials(aces: Iterable[Ace]) -> bool:
    return len(levels(aces)) > 1


def _bare(ace: Ace) -> tuple[bool, str, int]:
    return ace.allow, ace.trustee, ace.mask


def _handed_down(ace: Ace) -> bool:
    """Whether the grant made of *ace* reaches all below; see `_reach`."""
    if names_creator(ace.trustee) or not _counts(ace):
        return False
    if ace.allow:
        return ace.flags & _BOTH == _BOTH and not ace.flags & NO_PROPAGATE
    return bool(ace.flags & _BOTH)


def _goes_on(ace: Ace, folder: bool) -> bool:
    """Whether *ace* is inherited, holds here, and of a folder goes on to all below, as a grant from above does."""
    return ace.inherited and not ace.flags & INHERIT_ONLY and (not folder or _handed_down(ace))


def _is_news(ace: Ace, handed: Sequence[tuple[bool, str, int]], folder: bool) -> bool:
    """Whether the inherited *ace* says what the grants above do not: it came by a way that no reach has."""
    if names_creator(ace.trustee):
        return False
    if ace.flags & INHERIT_ONLY and not folder:
        return False
    return _bare(ace) not in handed


def _reach(ace: Ace, folder: bool) -> Reach | None:
    """
    Where the grant made of *ace* holds; None: nowhere.

    What reaches only folders, only files, or only one level has no word: an allowance holds on the
    entry alone then (those below state their own), a denial on all below.
    """
    if not folder:
        return None if ace.flags & INHERIT_ONLY or names_creator(ace.trustee) else Reach.ALL
    if names_creator(ace.trustee):
        return Reach.LATER
    wide, only_below = _handed_down(ace), ace.flags & INHERIT_ONLY
    if only_below:
        return Reach.BELOW if wide else None
    return Reach.ALL if wide else Reach.HERE


def _bits(word: str) -> int:
    if re.fullmatch(r"-?\d+|0[xX][0-9a-fA-F]+", word):
        return int(word, 0) & 0xFFFFFFFF
    # `RD` and `WD` mean other things than any name; names are never all in capitals.
    known = _LETTERS.get(word) if word.isupper() else _WORDS.get(word.lower())
    if known is None:
        raise ValueError(word)
    return known
