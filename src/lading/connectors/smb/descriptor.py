"""
Security descriptors: the list of who may do what on a file, as bytes and as values.

The layouts are those of [MS-DTYP]: 2.4.6 the descriptor, 2.4.5 the list, 2.4.4 its entries.  Only entries that allow
and deny are told apart by what they say; others stay as the bytes they are, so that writing a list back loses none.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from lading.connectors.smb import sids

ALLOW, DENY = 0, 1
_AUDITS = frozenset({2, 3, 7, 8, 0x0D, 0x0E, 0x0F, 0x10, 0x11, 0x12, 0x13})
"""Kinds of entries that give and take nothing."""

FOR_FILES, FOR_FOLDERS, ONCE, NOT_HERE, INHERITED = 1, 2, 4, 8, 0x10
"""Flags: files and folders below get it; not those below them; it does not hold here; it comes from above."""
INHERITABLE = FOR_FILES | FOR_FOLDERS

PRESENT, PROTECTED, AUTO_INHERITED, SELF_RELATIVE = 0x0004, 0x1000, 0x0400, 0x8000
_ASKED = 0x0100

_GENERIC = ((0x80000000, 0x120089), (0x40000000, 0x120116), (0x20000000, 0x1200A0), (0x10000000, 0x1F01FF))
"""Generic rights and what they mean on files ([MS-DTYP] 2.4.3, [MS-SMB2] 2.2.13.1.1)."""
_HEAD = struct.Struct("<BBHIIII")
_LIST = struct.Struct("<BBHHH")
_ENTRY = struct.Struct("<BBHI")


class Entry(NamedTuple):
    """
    One line: whom (*sid*) it allows or denies what (*mask*), and where (*flags*).

    *raw* holds the bytes of an entry of another kind, whose *sid* is empty.
    """

    kind: int
    flags: int
    mask: int
    sid: str
    raw: bytes = b""

    @property
    def counts(self) -> bool:
        """Whether it is one of those that are understood, and not one that only reports."""
        return self.kind in (ALLOW, DENY)


class Rights(NamedTuple):
    """
    Who may do what: the owner and their group, and the list, first line first.

    *entries* is None where there is no list at all: then everybody may do everything.  A *protected* list takes
    nothing from above.
    """

    owner: str
    entries: tuple[Entry, ...] | None
    protected: bool = False
    group: str = ""


def control_of(raw: bytes) -> int:
    """The flags of the descriptor *raw*."""
    return int.from_bytes(raw[2:4], "little")


def decoded(raw: bytes) -> Rights:
    """
    The descriptor *raw*, with generic rights as what they mean.

    Raises:
        ValueError: it is broken, or has entries whose meaning depends on more than a list.
    """
    if len(raw) < _HEAD.size or raw[0] != 1:
        raise ValueError("no security descriptor")
    _, _, control, owner_at, group_at, _, list_at = _HEAD.unpack_from(raw)
    owner = sids.decoded(raw, owner_at)[0] if owner_at else ""
    group = sids.decoded(raw, group_at)[0] if group_at else ""
    protected = bool(control & PROTECTED)
    if not control & PRESENT or not list_at:
        return Rights(owner, None, protected, group)
    return Rights(owner, _entries(raw, list_at), protected, group)


def encoded(rights: Rights) -> bytes:
    """The descriptor that sets the list of *rights*; the owner stays out of it."""
    if rights.entries is None:
        raise ValueError("there is no list")
    lines = [_line(entry) for entry in rights.entries]
    size = _LIST.size + sum(map(len, lines))
    if size > 0xFFFF:
        raise ValueError("a list of more than 64 KiB")
    # Without these two marks servers do not mark what new files inherit from here.
    control = SELF_RELATIVE | PRESENT | AUTO_INHERITED | _ASKED | (PROTECTED if rights.protected else 0)
    head = _HEAD.pack(1, 0, control, 0, 0, 0, _HEAD.size)
    return head + _LIST.pack(2, 0, size, len(lines), 0) + b"".join(lines)


def specific(mask: int) -> int:
    """*mask* with generic rights replaced by those that they stand for."""
    for generic, meaning in _GENERIC:
        if mask & generic:
            mask = mask & ~generic | meaning
    return mask


def _entries(raw: bytes, at: int) -> tuple[Entry, ...]:
    if len(raw) < at + _LIST.size:
        raise ValueError("a list of broken length")
    _, _, size, count, _ = _LIST.unpack_from(raw, at)
    end, at = at + size, at + _LIST.size
    found = []
    for _ in range(count):
        if len(raw) < at + 4:
            raise ValueError("an entry of broken length")
        length = int.from_bytes(raw[at + 2 : at + 4], "little")
        if length < 4 or at + length > min(end, len(raw)):
            raise ValueError("an entry of broken length")
        found.append(_entry(raw[at : at + length]))
        at += length
    return tuple(found)


def _entry(raw: bytes) -> Entry:
    kind, flags = raw[0], raw[1]
    if kind in (ALLOW, DENY):
        mask = int.from_bytes(raw[4:8], "little")
        return Entry(kind, flags, specific(mask), sids.decoded(raw, 8)[0])
    if kind in _AUDITS:
        return Entry(kind, flags, 0, "", raw)
    # Conditions and objects: what they give cannot be told without what they ask.
    raise ValueError(f"an entry of kind {kind}, whose meaning depends on conditions")


def _line(entry: Entry) -> bytes:
    if entry.raw:
        return entry.raw
    sid = sids.encoded(entry.sid)
    return _ENTRY.pack(entry.kind, entry.flags, _ENTRY.size + len(sid), entry.mask) + sid


def handed_down(above: Rights, *, folder: bool, owner: str, group: str) -> tuple[Entry, ...]:
    """
    What a folder with the rights *above* hands down to a file or *folder* in it that *owner* has made.

    As [MS-DTYP] 2.5.3.4.2 says: the creator becomes the owner by name, their group likewise; a folder also keeps
    what it hands down itself.
    """
    creators = {sids.CREATOR_OWNER: owner, sids.CREATOR_GROUP: group}
    found: list[Entry] = []
    for entry in above.entries or ():
        if entry.counts:
            found.extend(_passed_on(entry, creators, folder=folder))
    return tuple(found)


def _passed_on(entry: Entry, creators: dict[str, str], *, folder: bool) -> list[Entry]:
    holds = bool(entry.flags & (FOR_FOLDERS if folder else FOR_FILES))
    further = entry.flags & INHERITABLE if folder and not entry.flags & ONCE else 0
    if not holds:
        # What is for files only goes through folders, without holding on them.
        return [entry._replace(flags=further | NOT_HERE | INHERITED)] if further else []
    if entry.sid not in creators:
        return [entry._replace(flags=further | INHERITED)]
    named = creators[entry.sid]
    here = [entry._replace(flags=INHERITED, sid=named)] if named else []
    return [*here, entry._replace(flags=further | NOT_HERE | INHERITED)] if further else here
