"""
What tests do to a bucket past the connector: as another program would.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from lading.connectors.address import Address
from lading.connectors.http.line import Settings
from lading.connectors.http.login import Login
from lading.connectors.http.session import Answer, Session
from lading.connectors.s3.options import options_of
from lading.connectors.s3.wire import Ask, Wire
from lading.testkit.servers import SeaweedServer

KEY, SECRET = "LADING_TEST_KEY", "LADING_TEST_SECRET"
_VERSIONS = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"


def raw_wire(server: SeaweedServer, bucket: str = "") -> Wire:
    """Signed requests to a *bucket* of the *server*, its own by default."""
    os.environ[KEY], os.environ[SECRET] = server.user, server.password
    given = {"endpoint": server.url, "key": f"env:{KEY}", "secret": f"env:{SECRET}"}
    options = options_of(Address("s3", bucket or server.bucket, given))
    return Wire(Session(Settings(Login("none"), None, 60.0)), options)


def put(wire: Wire, key: str, content: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    """Put an object under exactly this key."""
    return wire.demand(Ask("PUT", key, headers=headers or {}, body=content))


def enable_versions(server: SeaweedServer, bucket: str = "") -> None:
    """Have the *bucket* keep versions; it is made if it is not there."""
    wire = raw_wire(server, bucket)
    if wire.call(Ask("HEAD", None)).status == 404:
        wire.demand(Ask("PUT", None))
    wire.demand(Ask("PUT", None, query=(("versioning", ""),), body=_VERSIONS))
    wire.session.close()
