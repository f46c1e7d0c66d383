"""
Which rules of a firewall an upgrade needs: a list that a network team can apply.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from lading.connectors.address import Address
from lading.model.text import Text

_PORTS = {"https": 443, "http": 80}
_DRIVE = Text("files, rights and links of the drive", "网盘的文件、权限与链接")
_COUNTERPART = Text(
    "the counterpart of lading probe: round trips, losses, packets",
    "lading probe 对端：往返时延、丢包、包大小",
)
_HOSTS = {
    "wedrive": ("qyapi.weixin.qq.com", 443),
}
"""Kinds whose host does not stand in the address; WeCom's published address of its API."""


class FirewallRule(NamedTuple):
    """One rule; *direction* is as seen from where Lading runs."""

    host: str
    port: int
    protocol: str
    direction: str
    why: Text


def rules_of(drives: Iterable[Address], probes: Iterable[str] = ()) -> tuple[FirewallRule, ...]:
    """The rules for *drives*, and for the counterparts at the URLs *probes*; a folder of this machine needs none."""
    places = [place for drive in drives if (place := _place(drive))]
    found = [FirewallRule(host, port, "tcp", "out", _DRIVE) for host, port in places]
    for url in probes:
        split = urlsplit(url)
        port = split.port or _PORTS.get(split.scheme, 443)
        found += [FirewallRule(split.hostname or "", port, it, "out", _COUNTERPART) for it in ("tcp", "udp")]
    return tuple(dict.fromkeys(found))


def _place(drive: Address) -> tuple[str, int] | None:
    if drive.kind in _HOSTS:
        return _HOSTS[drive.kind]
    if drive.kind == "s3":
        url = drive.options.get("endpoint", "")
    elif drive.kind == "smb":
        url = drive.place if "://" in drive.place else f"smb://{drive.place.lstrip('/')}"
    else:
        url = drive.place
    split = urlsplit(url)
    if not split.hostname:
        return None
    return split.hostname, split.port or (445 if drive.kind == "smb" else _PORTS.get(split.scheme, 443))
