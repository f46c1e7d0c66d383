"""
System calls that Python does not offer, and what to do where the kernel lacks them.

Each call raises `OSError` like its neighbours in `os`; `UNSUPPORTED` are the
errors that say "not on this file system" rather than "not this time".
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
from typing import Any

_OPENAT2 = 437
# include/uapi/linux/openat2.h
_RESOLVE_NO_SYMLINKS = 0x04
_RESOLVE_BENEATH = 0x08
# include/uapi/linux/fs.h
_RENAME_NOREPLACE = 1
# include/uapi/linux/fcntl.h
_AT_EMPTY_PATH = 0x1000
# Longer paths go name by name: the kernel takes 4,095 bytes at once.
_LONGEST = 4000

PATH_ONLY: int = getattr(os, "O_PATH", os.O_RDONLY)
FOLDER_ONLY = PATH_ONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
UNSUPPORTED = frozenset(
    {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EPERM, errno.EISDIR, errno.ENOTTY}
)

_libc: Any = ctypes.CDLL(None, use_errno=True)


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


_HOW_SIZE = ctypes.sizeof(_How)


class _Switch:
    """Which calls this kernel has turned out to lack."""

    openat2 = os.uname().sysname == "Linux"
    renameat2: Any = getattr(_libc, "renameat2", None)
    syncfs: Any = getattr(_libc, "syncfs", None)
    linkat: Any = getattr(_libc, "linkat", None) if openat2 else None


_syscall = _libc.syscall
_syscall.restype = ctypes.c_long
_syscall.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t)
if _Switch.renameat2 is not None:
    _Switch.renameat2.argtypes = (
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_uint,
    )
if _Switch.linkat is not None:
    _Switch.linkat.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int)


def open_beneath(root: int, names: bytes, flags: int) -> int:
    """
    Open *names* (joined by slashes, none of them `..`) below the folder *root*.

    A symlink at any place, the last name included, is refused (ELOOP or ENOTDIR) unless
    *flags* hold both O_PATH and O_NOFOLLOW: then the last name may be one, and it is opened
    itself.  Where the kernel has `openat2` (Linux 5.6), this is one call that no renaming
    meanwhile can lead astray; elsewhere every name is opened on its own.
    """
    flags |= os.O_CLOEXEC | os.O_NOFOLLOW
    if _Switch.openat2 and len(names) < _LONGEST:
        how = _how(flags)[0]
        while True:
            opened: int = _syscall(_OPENAT2, root, names, how, _HOW_SIZE)
            if opened >= 0:
                return opened
            number = ctypes.get_errno()
            if number == errno.EINTR:
                continue
            # EPERM: a sandbox that does not know the call; EAGAIN: a race the kernel cannot judge.
            if number in (errno.ENOSYS, errno.EPERM, errno.EINVAL, errno.EAGAIN):
                break
            raise OSError(number, os.strerror(number))
        if number == errno.ENOSYS:
            _Switch.openat2 = False
    return _open_each(root, names, flags)


def rename_new(source: int, old: bytes, target: int, new: bytes) -> None:
    """
    Rename *old* in the folder *source* to *new* in the folder *target*, where nothing may be.

    Raises:
        FileExistsError: something is there.
        OSError: one of `UNSUPPORTED`, where the file system cannot promise that.
    """
    if _Switch.renameat2 is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if _Switch.renameat2(source, old, target, new, _RENAME_NOREPLACE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def link_open(descriptor: int, folder: int, name: bytes) -> None:
    """
    Give what *descriptor* has open, a file without a name, the *name* in *folder*, where nothing may be.

    Before Linux 6.10 only the privileged may have that directly (open(2)); the way through `/proc`, which has to
    find the descriptor again by a path, is open to all.
    """
    linkat = _Switch.linkat
    if linkat is not None:
        if linkat(descriptor, b"", folder, name, _AT_EMPTY_PATH) == 0:
            return
        number = ctypes.get_errno()
        # ENOENT says "not you", or that the folder was removed: the other way tells which.
        if number not in UNSUPPORTED and number != errno.ENOENT:
            raise OSError(number, os.strerror(number))
    os.link(by_descriptor(descriptor), name, dst_dir_fd=folder, follow_symlinks=True)
    _Switch.linkat = None


def sync_file_system(descriptor: int) -> None:
    """Return when all that was written to the file system of *descriptor* is on its disk."""
    if _Switch.syncfs is None:
        os.sync()
    elif _Switch.syncfs(descriptor) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def by_descriptor(descriptor: int) -> str:
    """A path to what *descriptor* has open, for calls that want a path."""
    return f"/proc/self/fd/{descriptor}"


@functools.cache
def _how(flags: int) -> tuple[int, _How]:
    """The address of what says how to open, and the thing itself, which has to stay."""
    how = _How(flags, 0, _RESOLVE_NO_SYMLINKS | _RESOLVE_BENEATH)
    return ctypes.addressof(how), how


def _open_each(root: int, names: bytes, flags: int) -> int:
    *folders, last = names.split(b"/")
    at = os.dup(root)
    try:
        for name in folders:
            below = os.open(name, FOLDER_ONLY, dir_fd=at)
            os.close(at)
            at = below
        return os.open(last or b".", flags, dir_fd=at)
    finally:
        os.close(at)
