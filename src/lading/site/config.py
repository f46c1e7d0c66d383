"""
The configuration of a drive: one folder, its *home*, and `drive.toml` in it.

    address = "https://drive.example.com"      # what people type; links are made with it
    listen = "127.0.0.1:8480"
    database = "postgresql://lading@db:5432/lading"      # without: SQLite in the home
    database_password = "env:LADING_DB"                  # a reference, never the password itself
    store = "s3://bucket/prefix"                         # without: the folder `store` in the home
    store_endpoint = "https://s3.example.com"
    store_key = "env:STORE_KEY"
    store_secret = "file:/etc/lading/store-secret"
    workers = 4
    proxies = "127.0.0.1"                                # believed about who asks (X-Forwarded-For)
    audit_days = 365

An empty folder is a good home: everything has a default.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, fields
from typing import Any

from lading.model.errors import BadRequest
from lading.model.text import Text
from lading.site.proxies import networks

FILE = "drive.toml"
HOME = "LADING_DRIVE_HOME"
DEFAULT_HOST = "127.0.0.1"
_LAST_PORT = 65535
_KINDS: dict[type[Any], Text] = {
    str: Text("a text in quotes", "带引号的文本"),
    int: Text("a whole number", "整数"),
    bool: Text("true or false", "true 或 false"),
}
# Audit records are kept for 180 days at least, whatever the file says.
_LEAST = {"audit_days": 180, "trash_days": 0, "admin_trash_days": 0, "workers": 1, "threads": 1}


@dataclass(frozen=True, slots=True)
class DriveConfig:
    """What `drive.toml` says; secrets are references."""

    home: str
    address: str = ""
    listen: str = "127.0.0.1:8480"
    proxies: str = ""
    """Addresses or networks of proxies that are believed about who asks, with commas between."""
    database: str = ""
    database_password: str = ""
    store: str = ""
    store_endpoint: str = ""
    store_key: str = ""
    store_secret: str = ""
    store_region: str = ""
    audit_days: int = 180
    trash_days: int = 30
    admin_trash_days: int = 30
    sync: bool = True
    """Whether contents and the database reach the disk before an answer is given."""
    workers: int = 2
    """Processes that answer requests."""
    threads: int = 32
    """Requests that one of them answers at a time; more wait their turn."""


def load(home: str) -> DriveConfig:
    """
    The configuration of the drive in *home*.

    Raises:
        BadRequest: `drive.toml` cannot be read, names a setting that does not exist, or gives one a
            value that it cannot have.
    """
    path = os.path.join(home, FILE)
    try:
        with open(path, "rb") as stream:
            said = tomllib.load(stream)
    except FileNotFoundError:
        said = {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise BadRequest(path, str(problem)) from None
    if wrong := _wrong(said):
        raise BadRequest(path, wrong)
    return DriveConfig(home=os.path.abspath(home), **said)


def endpoint(listen: str) -> tuple[str, int]:
    """
    The host and port of *listen*, which is `HOST:PORT`, `[IPV6]:PORT` or `:PORT`; port 0 is any free one.

    Raises:
        BadRequest: it is none of these.
    """
    host, colon, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or DEFAULT_HOST
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > _LAST_PORT:
        raise BadRequest(
            "listen", Text(f"expected HOST:PORT, not {listen!r}", f"应为 主机:端口，而不是 {listen!r}")
        )
    return host, int(port)


def _wrong(said: dict[str, Any]) -> Text | None:
    """Why a file that says *said* cannot be used; None if it can."""
    kinds: dict[str, type[Any]] = {
        field.name: type(field.default) for field in fields(DriveConfig) if field.name != "home"
    }
    if unknown := sorted(said.keys() - kinds):
        return Text(f"there is no setting {', '.join(unknown)}", f"没有设置项 {', '.join(unknown)}")
    for name, value in said.items():
        if type(value) is not kinds[name]:
            what: Text = _KINDS[kinds[name]]
            return Text(f"{name} must be {what.en}", f"{name} 应为{what.zh}")
        least = _LEAST.get(name)
        if least is not None and value < least:
            return Text(f"{name} must be at least {least}", f"{name} 不得小于 {least}")
    if (address := said.get("address")) and not address.startswith(("http://", "https://")):
        return Text("address must begin with https:// or http://", "address 应以 https:// 或 http:// 开头")
    try:
        networks(said.get("proxies", ""))
    except BadRequest as problem:
        return Text(f"proxies: {problem.details.en}", f"proxies：{problem.details.zh}")
    return None
