"""
What the libraries that read archives raise, as errors of a drive.
"""

from __future__ import annotations

import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from lading.connectors.export.table import BadTable
from lading.model.errors import DriveError, Forbidden, NotFound, Unreadable
from lading.model.paths import Path

DAMAGE: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    struct.error,
    UnicodeDecodeError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    ValueError,
)
"""`zipfile` raises RuntimeError for what is encrypted, NotImplementedError for a method it does not know."""


@contextmanager
def translated(subject: Path | str) -> Iterator[None]:
    """Tell what goes wrong inside as an error about *subject*."""
    try:
        yield
    except (DriveError, BadTable):
        raise
    except FileNotFoundError as problem:
        raise NotFound(subject, problem.strerror or "") from problem
    except PermissionError as problem:
        raise Forbidden(subject, problem.strerror or "") from problem
    except OSError as problem:
        raise Unreadable(subject, problem.strerror or str(problem)) from problem
    except DAMAGE as problem:
        raise Unreadable(subject, str(problem) or type(problem).__name__) from problem
