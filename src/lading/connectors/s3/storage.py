"""
Storage classes whose objects have to be thawed before they can be read.

Names and states are those of the `x-amz-storage-class`, `x-amz-restore` and `x-amz-archive-status` headers (API
reference of Amazon S3, HeadObject), and of Alibaba OSS, Tencent COS and Huawei OBS in their S3-compatible answers.
"""

from __future__ import annotations

from collections.abc import Mapping

from lading.model.errors import Unreadable

FROZEN = frozenset(
    {
        "GLACIER",
        "DEEP_ARCHIVE",
        "ARCHIVE",
        "COLDARCHIVE",
        "COLD_ARCHIVE",
        "DEEPCOLDARCHIVE",
        "DEEP_COLD_ARCHIVE",
        "COLD",
    }
)
"""Compared in capitals; `GLACIER_IR` (Instant Retrieval) and `STANDARD_IA` are read at once.  COLD is OBS's archive."""


def problem(headers: Mapping[str, str]) -> str | None:
    """The code of the error that stands before the content, by the *headers* of an answer to HEAD; None without."""
    if headers.get("x-amz-archive-status"):
        # Intelligent-Tiering says INTELLIGENT_TIERING and where below it the object is.
        return None if _thawed(headers) else Unreadable.code
    storage = headers.get("x-amz-storage-class") or headers.get("x-oss-storage-class") or ""
    return Unreadable.code if frozen(storage) and not _thawed(headers) else None


def frozen(storage: str) -> bool:
    """Whether objects of the class *storage* cannot be read as they are."""
    return storage.upper() in FROZEN


def _thawed(headers: Mapping[str, str]) -> bool:
    return 'ongoing-request="false"' in headers.get("x-amz-restore", headers.get("x-oss-restore", ""))
