"""
Amazon S3 and what speaks its language: buckets as drives.

`open` is the way in.
"""

from lading.connectors.kinds import DriveKind
from lading.connectors.profile import Features
from lading.connectors.s3.drive import S3Drive, open  # noqa: A004 — every connector is opened by this name
from lading.connectors.s3.profile import VERSION_FACTS
from lading.model.text import Text

KIND = DriveKind(
    about=Text("A bucket of S3 or a compatible service.", "S3 或兼容服务的存储桶。"),
    features=Features(versions=VERSION_FACTS | {"author"}),
)

__all__ = ["KIND", "S3Drive", "open"]
