"""
Real servers on loopback, started from a temporary folder.

``with ApacheServer() as server:`` gives ``url``, ``root``, ``user`` and
``password``, and ``stop``, ``kill``, ``restart``.  A server that is not
installed raises `ServerMissing`; tests ask through `require_server`.
"""

from .apache import ApacheOptions, ApacheServer
from .local import LocalServer, ServerFailed, ServerMissing
from .nextcloud import NextcloudDouble
from .postgres import PostgresServer
from .rclone import RcloneServer
from .requirement import require_server
from .samba import SambaServer
from .seaweed import SeaweedServer
from .wedrive import WeDriveEmulator
from .wsgidav import WsgiDavServer

__all__ = [
    "ApacheOptions",
    "ApacheServer",
    "LocalServer",
    "NextcloudDouble",
    "PostgresServer",
    "RcloneServer",
    "SambaServer",
    "SeaweedServer",
    "ServerFailed",
    "ServerMissing",
    "WeDriveEmulator",
    "WsgiDavServer",
    "require_server",
]
