"""The client for the bucket that the settings name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from obstore.store import S3Store

from lading.drive.store.bucket import BucketStore
from lading.model.errors import BadRequest
from lading.model.text import Text

# A person waits for the answer: better a clear one soon than a right one after minutes.
_RETRY: Any = {
    "max_retries": 3,
    "retry_timeout": timedelta(seconds=15),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=1), "base": 2},
}


def s3_store(said: Mapping[str, Any]) -> BucketStore:
    """
    The store in the bucket of *said*, the settings of the drive.

    `said["secret"]` turns a reference into the secret it points to.

    Raises:
        BadRequest: the address or a reference is wrong.
    """
    bucket, _, prefix = said["store"].removeprefix("s3://").partition("/")
    endpoint = said["store_endpoint"]
    if not bucket or (endpoint and not endpoint.startswith(("http://", "https://"))):
        raise BadRequest(
            said["store"],
            Text(
                "expected s3://BUCKET/PREFIX and an http(s) endpoint", "应为 s3://桶名/前缀 及 http(s) 接入点"
            ),
        )
    keys = {"access_key_id": "store_key", "secret_access_key": "store_secret"}
    known = {name: said["secret"](said[setting]) for name, setting in keys.items() if said[setting]}
    client: Any = S3Store(
        bucket,
        prefix=prefix.strip("/") or None,
        region=said["store_region"] or "us-east-1",
        client_options={
            "allow_http": endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=5),
            "read_timeout": timedelta(seconds=30),
            "timeout": timedelta(hours=12),
        },
        retry_config=_RETRY,
        **({"endpoint": endpoint} if endpoint else {}),
        **known,
    )
    return BucketStore(client)
