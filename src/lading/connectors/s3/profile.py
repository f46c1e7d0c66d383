"""
What is known of a bucket as a drive.
"""

from __future__ import annotations

from lading.connectors.profile import AccessRules, Features, NameRules, NameUnit, Profile
from lading.connectors.s3.ability import Ability
from lading.connectors.s3.batch import CONTENT_LIMIT
from lading.connectors.s3.multipart import LARGEST
from lading.connectors.s3.options import Options
from lading.connectors.s3.people import S3People
from lading.connectors.s3.wire import AT_ONCE

KEY = 1024
"""Bytes of a key, in UTF-8 (Amazon S3: "Naming Amazon S3 objects")."""
CONCURRENCY = 16
_SEAWEED = "SeaweedFS"
"""Takes a backslash for a slash, and keeps the versions of `a` in a folder `a.versions` (tried: 4.x)."""
_BY_FILES = (_SEAWEED, "MinIO")
"""Servers that keep each name between slashes as the name of a file, of 255 bytes at most."""
SITTING = 256 << 20
"""Bytes of a file up to which it goes out in parts at once rather than in sittings."""


def rules_of(prefix: str, server: str, *, versioned: bool) -> NameRules:
    """Which names can stand below *prefix* on what calls itself *server*; *versioned* as the bucket is."""
    room = KEY - len(prefix.encode("utf-8", "surrogateescape"))
    by_files = server.startswith(_BY_FILES)
    length = min(room - 1, 255) if by_files else room - 1
    characters = frozenset("/\0")
    if server.startswith(_SEAWEED):
        characters |= {"\\"}
        length = min(length, 255 - (len(".versions") if versioned else 0))
    return NameRules(length=max(16, length), path_length=room, unit=NameUnit.BYTES, characters=characters)


VERSION_FACTS = frozenset({"order", "saved", "modified", "label"})
"""What is kept of a version; of its author too, where people are told."""


def features_of(versioning: str, options: Options, people: S3People | None) -> Features:
    """What can be given beside content: versions where the bucket keeps them."""
    if versioning != "Enabled" or options.server_times:
        return Features()
    return Features(versions=VERSION_FACTS | {"author"} if people is not None else VERSION_FACTS)


def profile_of(
    address: str, rules: NameRules, options: Options, ability: Ability | None, features: Features
) -> Profile:
    """The facts; those that were not tried (*ability* None) are told as of a bucket that is read."""
    return Profile(
        kind="s3",
        address=address,
        names=rules,
        keeps_modified=not options.server_times,
        keeps_folder_times=ability is None or ability.folder_times,
        size_limit=LARGEST,
        digests=("md5", "sha256"),
        concurrency=CONCURRENCY,
        access=AccessRules(complete=False),
        features=features,
        sitting=SITTING,
        batch_content=CONTENT_LIMIT,
        batch_at_once=AT_ONCE,
    )
