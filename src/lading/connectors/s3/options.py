"""
The options of a bucket's address.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from lading.connectors.address import REFERENCES, Address, secret
from lading.connectors.http.options import authorities_of, timeout_of
from lading.connectors.options import check_options
from lading.connectors.s3.signing import Keys
from lading.model.errors import BadAddress
from lading.model.text import Text

NAMES = (
    "endpoint",
    "key",
    "secret",
    "token",
    "region",
    "style",
    "ca",
    "timeout",
    "create",
    "role",
    "times",
    "people",
    "inventory",
)
_CHOICES = {
    "create": ("no", "yes"),
    "role": ("source", "target"),
    "style": ("path", "virtual"),
    "times": ("metadata", "server"),
}
_REGION = "us-east-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a bucket is used."""

    bucket: str
    prefix: str
    """What keys begin with; empty, or with a slash at its end."""
    endpoint: str
    """`scheme://host[:port]`."""
    keys: Keys | None
    """None: requests go out unsigned, to a public bucket."""
    region: str
    virtual: bool
    """The bucket stands in the name of the host."""
    authorities: str | None
    timeout: float
    create: bool
    may_write: bool
    """What the server can do may be found out by writing."""
    server_times: bool
    """The time that the server has of each object is the one that counts: no object is asked singly."""
    people: str | None
    inventory: str | None


def options_of(address: Address) -> Options:
    """
    The options of *address*.

    Raises:
        BadAddress: an option or its value is not known, or a secret is given in the open.
    """
    given = address.options
    check_options(address, given, Text("S3", "S3"), NAMES, _CHOICES)
    bucket, _, prefix = address.place.removeprefix("//").partition("/")
    if not bucket:
        raise BadAddress(str(address), Text("it names no bucket", "未指定存储桶"))
    region = given.get("region", _REGION)
    endpoint = _endpoint(address, region)
    create = given.get("create") == "yes"
    return Options(
        bucket=bucket,
        prefix=prefix if not prefix or prefix.endswith("/") else prefix + "/",
        endpoint=endpoint,
        keys=_keys(address),
        region=region,
        virtual=given.get("style", "path" if "endpoint" in given else "virtual") == "virtual",
        authorities=authorities_of(replace(address, place=endpoint)),
        timeout=timeout_of(address),
        create=create,
        may_write=create or given.get("role") == "target",
        server_times=given.get("times") == "server",
        people=given.get("people"),
        inventory=given.get("inventory"),
    )


def _endpoint(address: Address, region: str) -> str:
    url = address.options.get("endpoint", f"https://s3.{region}.amazonaws.com")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        said = Text("endpoint is http(s)://HOST[:PORT]", "endpoint 应为 http(s)://主机[:端口]")
        raise BadAddress(str(address), said)
    if "@" in parts.netloc:
        said = Text("no user or password in endpoint", "endpoint 中不得包含用户名或密码")
        raise BadAddress(str(address), said)
    return f"{parts.scheme}://{parts.netloc}"


def _keys(address: Address) -> Keys | None:
    given = address.options
    for name in ("key", "secret", "token"):
        if name in given and not given[name].startswith(REFERENCES):
            said = Text(
                f"{name} must be a reference: env:NAME, file:PATH or keyring:SERVICE/USER",
                f"{name} 必须是引用：env:NAME、file:PATH 或 keyring:SERVICE/USER",
            )
            raise BadAddress(str(address), said)
    if ("key" in given) != ("secret" in given):
        raise BadAddress(str(address), Text("key and secret go together", "key 与 secret 必须同时给出"))
    if "key" not in given:
        return None
    told = [secret(given[name]).strip() if name in given else "" for name in ("key", "secret", "token")]
    if any(not text.isprintable() for text in told):
        said = Text("key, secret or token contain control characters", "key、secret 或 token 含有控制字符")
        raise BadAddress(str(address), said)
    return Keys(*told)
