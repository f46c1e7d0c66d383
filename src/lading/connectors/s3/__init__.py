"""
Amazon S3 and what speaks its language: buckets as drives.

`open` is the way in.
"""

from lading.connectors.s3.drive import S3Drive, open  # noqa: A004 — every connector is opened by this name

__all__ = ["S3Drive", "open"]
