"""
Real servers on loopback, started from a temporary folder.

``with ApacheServer() as server:`` gives ``url``, ``root``, ``user`` and
``password``, and ``stop``, ``kill``, ``restart``.  A server that is not
installed raises `ServerMissing`; tests ask through `require_server`.
"""

from .apache import ApacheOptions, ApacheServer
from .local import LocalServer, ServerFailed, ServerMissing
from .postgres import PostgresServer
from .rclone import RcloneServer
from .requirement import require_server
from .seaweed import SeaweedServer
from .wedrive import WeDriveEmulator
from .wsgidav import WsgiDavServer

__all__ = [
    "ApacheOptions",
    "ApacheServer",
    "LocalServer",
    "PostgresServer",
    "RcloneServer",
    "SeaweedServer",
    "ServerFailed",
    "ServerMissing",
    "WeDriveEmulator",
    "WsgiDavServer",
    "require_server",
]
