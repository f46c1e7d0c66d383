"""
What is known about file systems by their type, so that a drive can be described without touching it.
"""

from __future__ import annotations

from dataclasses import dataclass

from lading.connectors.folder.tree import PARTS
from lading.connectors.profile import Case, Form, NameRules, NameUnit

SECOND = 1_000_000_000
_WINDOWS_CHARACTERS = frozenset('/\0\\:*?"<>|')
WINDOWS_STEMS = frozenset({"con", "prn", "aux", "nul"}) | {
    f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What one type of file system can hold and keeps; times in nanoseconds."""

    names: NameRules
    grain: int = 1
    range: tuple[int, int] | None = None
    size_limit: int | None = None
    stable_ids: bool = False


def facts_of(kind: str, length: int) -> Facts:
    """What holds for a file system of type *kind* whose names have up to *length* bytes."""
    if kind in ("vfat", "msdos"):
        return Facts(
            names=_windows(), grain=2 * SECOND, range=_span(315532800, 4354819198), size_limit=(1 << 32) - 1
        )
    if kind == "exfat":
        return Facts(names=_windows(), grain=10_000_000, range=_span(315532800, 4354819199))
    if kind in ("ntfs", "ntfs3", "fuseblk"):
        return Facts(names=_windows(), grain=100, range=_NTFS)
    if kind in ("cifs", "smb2", "smb3", "smbfs"):
        return Facts(names=_windows(), grain=100, range=_NTFS)
    if kind in ("apfs", "hfs", "hfsplus"):
        names = NameRules(case=Case.FOLDED, form=Form.FOLDED, reserved=_RESERVED, length=length)
        # HFS+ counts seconds since 1904 in 32 bits.
        old = kind != "apfs"
        return Facts(
            names=names,
            grain=SECOND if old else 1,
            range=_span(-2082844800, 2212122495) if old else None,
            stable_ids=True,
        )
    names = NameRules(utf8_only=False, reserved=_RESERVED, length=length)
    return Facts(names=names, range=_RANGES.get(kind), stable_ids=kind in _STABLE)


def _span(first: int, last: int) -> tuple[int, int]:
    return first * SECOND, last * SECOND


def _windows() -> NameRules:
    return NameRules(
        case=Case.FOLDED,
        characters=_WINDOWS_CHARACTERS,
        controls=False,
        endings=frozenset(". "),
        reserved=_RESERVED,
        reserved_stems=WINDOWS_STEMS,
        length=255,
        unit=NameUnit.UTF16,
    )


_RESERVED = frozenset({PARTS})
# 1601 to 9999: a Windows file time, as far as calendars go.
_NTFS = _span(-11644473600, 253402300799)
_LOCAL = {
    "ext2",
    "ext3",
    "ext4",
    "xfs",
    "btrfs",
    "zfs",
    "tmpfs",
    "ramfs",
    "f2fs",
    "jfs",
    "reiserfs",
    "bcachefs",
}
_SHARED = {"nfs", "nfs4", "ceph", "gfs2", "ocfs2", "lustre"}
# Elsewhere inode numbers are made up when an entry is looked at.
_STABLE = frozenset(_LOCAL | _SHARED)
# ext4 with inodes of 256 bytes; see `probe` for smaller ones, and for XFS before `bigtime`.
_RANGES = {
    "ext2": _span(-(1 << 31), (1 << 31) - 1),
    "ext3": _span(-(1 << 31), (1 << 31) - 1),
    "ext4": _span(-(1 << 31), 0x37FFFFFFF),
    "xfs": _span(-(1 << 31), 16299260424),
    # NFS 3 has unsigned 32 bits; version 4 is told as nfs4 and has 64.
    "nfs": _span(0, (1 << 32) - 1),
}
