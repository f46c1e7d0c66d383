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
    audit_days = 365

An empty folder is a good home: everything has a default.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, fields

from lading.model.errors import BadRequest
from lading.model.text import Text

FILE = "drive.toml"
HOME = "LADING_DRIVE_HOME"


@dataclass(frozen=True, slots=True)
class DriveConfig:
    """What `drive.toml` says; secrets are references."""

    home: str
    address: str = ""
    listen: str = "127.0.0.1:8480"
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


def load(home: str) -> DriveConfig:
    """
    The configuration of the drive in *home*.

    Raises:
        BadRequest: `drive.toml` cannot be read or names a setting that does not exist.
    """
    path = os.path.join(home, FILE)
    try:
        with open(path, "rb") as stream:
            said = tomllib.load(stream)
    except FileNotFoundError:
        said = {}
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise BadRequest(path, str(problem)) from None
    known = {field.name for field in fields(DriveConfig)} - {"home"}
    if unknown := sorted(said.keys() - known):
        raise BadRequest(
            path, Text(f"there is no setting {', '.join(unknown)}", f"没有设置项 {', '.join(unknown)}")
        )
    return DriveConfig(home=os.path.abspath(home), **said)
