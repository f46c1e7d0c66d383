"""
What the kernel says, in the words of the interface.

The one place where an `OSError` becomes a `DriveError`.
"""

from __future__ import annotations

import errno
import os

from lading.model.errors import (
    AlreadyExists,
    DriveError,
    Forbidden,
    NameRefused,
    NoSpace,
    NotEmpty,
    NotFound,
    ReadOnly,
    TooLarge,
    Unavailable,
    Unreadable,
    WrongKind,
)
from lading.model.paths import Path

_KINDS: dict[int, type[DriveError]] = {
    errno.ENOENT: NotFound,
    errno.EEXIST: AlreadyExists,
    errno.ENOTEMPTY: NotEmpty,
    errno.EACCES: Forbidden,
    errno.EPERM: Forbidden,
    errno.EROFS: ReadOnly,
    errno.ENOSPC: NoSpace,
    errno.EDQUOT: NoSpace,
    errno.EFBIG: TooLarge,
    errno.ENAMETOOLONG: NameRefused,
    errno.EILSEQ: NameRefused,
    errno.EINVAL: NameRefused,
    errno.ENOTDIR: WrongKind,
    errno.EISDIR: WrongKind,
    # A symlink where a file or folder was asked for: it is never followed.
    errno.ELOOP: WrongKind,
    # Opening a socket or a device without driver.
    errno.ENXIO: WrongKind,
    errno.ENODEV: WrongKind,
    errno.EIO: Unreadable,
    # A damaged file system (EUCLEAN on ext4 and XFS, EBADMSG for a failed checksum).
    errno.EUCLEAN: Unreadable,
    errno.EBADMSG: Unreadable,
    # A mounted share whose server went away.
    errno.ESTALE: Unavailable,
    errno.ETIMEDOUT: Unavailable,
    errno.EHOSTDOWN: Unavailable,
    errno.EHOSTUNREACH: Unavailable,
    errno.ECONNRESET: Unavailable,
    errno.ECONNABORTED: Unavailable,
    errno.ENOTCONN: Unavailable,
    errno.ENETDOWN: Unavailable,
    errno.ENETUNREACH: Unavailable,
    # Another program holds a lease (Samba does); asking for the file made the kernel call it back.
    errno.EAGAIN: Unavailable,
    errno.EBUSY: Unavailable,
    errno.ETXTBSY: Unavailable,
    errno.EMFILE: Unavailable,
    errno.ENFILE: Unavailable,
    errno.ENOMEM: Unavailable,
}


def translated(problem: OSError, subject: Path | str) -> DriveError:
    """The `DriveError` that says what *problem* says, about *subject*."""
    number = problem.errno or 0
    return _KINDS.get(number, DriveError)(subject, os.strerror(number) if number else str(problem))
