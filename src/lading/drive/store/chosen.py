"""Which store the drive of this process has."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import connection

from lading.drive.store.base import Store
from lading.drive.store.folder import FolderStore, is_store, lost
from lading.model.errors import BadRequest
from lading.model.text import Text

FOLDER = "store"

_last: tuple[Mapping[str, Any], int, Store] | None = None


def store() -> Store:
    """
    The store that the settings name; the same object as long as they and the process stay the same.

    Raises:
        BadRequest: the settings name no store that exists.
        NoSpace, Unavailable, ReadOnly: its folders cannot be made.
    """
    global _last
    last, said = _last, settings.LADING_DRIVE
    if last is not None and last[0] is said and last[1] == os.getpid():
        return last[2]
    made = _make(said)
    _last = (said, os.getpid(), made)
    return made


def _make(said: Mapping[str, Any]) -> Store:
    place = said["store"]
    if not place:
        return FolderStore(os.path.join(said["home"], FOLDER), sync=said["sync"])
    if os.path.isabs(place):
        if not is_store(place) and _anything_recorded():
            raise lost()
        return FolderStore(place, sync=said["sync"])
    if place.startswith("s3://"):
        try:
            # Only a drive on a bucket needs the client for it.
            from lading.drive.store.bucket_client import s3_store  # noqa: PLC0415
        except ImportError:
            raise BadRequest(place, Text("install lading[s3]", "请安装 lading[s3]")) from None
        return s3_store(said)
    raise BadRequest(place, Text("expected s3://BUCKET/PREFIX or a folder", "应为 s3://桶名/前缀 或文件夹"))


def _anything_recorded() -> bool:
    # A drive that has contents has a store: an empty folder is most often a disk that is not mounted.
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM drive_content LIMIT 1")
        return cursor.fetchone() is not None
