"""
The home of a drive: made, opened, and held by one server.

`open_home` points Django at a home; it works once per process, as Django does.
`made_home` also makes what is missing: the folder, the key, the tables.  A
folder that holds other things is never turned into a home.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from lading.model.errors import BadRequest, Busy, Forbidden, NoSpace, NotFound
from lading.model.text import Text
from lading.site import config, secret_key
from lading.site.config import DriveConfig
from lading.site.errors import NoDatabase

LOCK = "serve.lock"
_LEAST_ROOM = 1 << 16
"""Bytes without which SQLite cannot open a database."""
_OURS = (config.FILE, secret_key.FILE)
_NOT_OURS = Text(
    "it holds other things; name an empty folder, or put a drive.toml into it",
    "其中有其他内容；请指定空文件夹，或在其中放置 drive.toml",
)
_NO_DRIVE = Text(
    "there is no drive in this folder; lading drive serve makes one",
    "此文件夹中没有网盘；可用 lading drive serve 创建",
)
_NO_TABLES = Text(
    "its tables are not made yet; start lading drive serve once",
    "其数据表尚未建立；请先启动一次 lading drive serve",
)
_OLD_TABLES = Text(
    "its tables are those of another version; start lading drive serve once",
    "其数据表属于其他版本；请先启动一次 lading drive serve",
)


@contextmanager
def made_home(home: str) -> Iterator[DriveConfig]:
    """
    The drive in *home*, which is made where it is not there yet; held as its only server.

    Raises:
        BadRequest: the folder holds other things, or `drive.toml` is wrong.
        Busy: another server holds it.
        Forbidden: the folder cannot be written.
        NoDatabase: the database does not answer.
    """
    with _refusals(home):
        _make_folder(home)
        known = config.load(home)
        lock = os.open(os.path.join(home, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _hold(home, lock)
        with _refusals(home):
            secret_key.make_secret_key(home)
        _make_tables(home)
        yield known
    finally:
        os.close(lock)


def open_home(home: str) -> DriveConfig:
    """
    The drive that is in *home*; Django serves it from now on.

    Raises:
        NotFound: there is none.
        BadRequest: `drive.toml` is wrong.
        NoDatabase: the database does not answer, or its tables are not those of this version.
    """
    if not os.path.isfile(os.path.join(home, secret_key.FILE)):
        raise NotFound(home, _NO_DRIVE)
    known = config.load(home)
    start_django(home)
    with answering():
        executor = MigrationExecutor(connections["default"])
        if not executor.loader.applied_migrations:
            raise NoDatabase(home, _NO_TABLES)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise NoDatabase(home, _OLD_TABLES)
    return known


def start_django(home: str) -> None:
    """
    Let Django serve the drive in *home*: once per process, as Django does.

    Raises:
        BadRequest: `drive.toml` is wrong, or the driver of its database is not installed.
    """
    os.environ[config.HOME] = home
    os.environ["DJANGO_SETTINGS_MODULE"] = "lading.site.settings"
    try:
        django.setup()
    except ImproperlyConfigured as problem:
        raise BadRequest(
            "database",
            Text(
                f"install lading[postgresql] ({problem.args[0].splitlines()[0]})",
                f"请安装 lading[postgresql]（{problem.args[0].splitlines()[0]}）",
            ),
        ) from problem


@contextmanager
def held(home: str) -> Iterator[None]:
    """
    Hold *home* as its only server.

    Raises:
        Busy: another server holds it.
    """
    descriptor = os.open(os.path.join(home, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Busy(home, Text("it is being served", "该网盘正在提供服务")) from None
    try:
        yield
    finally:
        os.close(descriptor)


@contextmanager
def answering() -> Iterator[None]:
    """
    Say in one sentence that the database cannot be used.

    Raises:
        NoDatabase: it does not answer, or it is no database.
        NoSpace: it lies in the home, whose disk is full.
        BadRequest: its driver is not installed.
    """
    try:
        yield
    except DatabaseError as problem:
        # SQLite calls it a fault of the disk when it cannot make the files beside its own.
        if not settings.LADING_DRIVE["database"] and _is_full(settings.LADING_DRIVE["home"]):
            raise NoSpace(_database_name(), Text("its disk is full", "其所在磁盘已满")) from problem
        raise NoDatabase(_database_name(), " ".join(str(problem).split())[:300]) from problem
    except ImproperlyConfigured as problem:
        raise BadRequest("database", " ".join(str(problem).split())[:300]) from problem


def _is_full(folder: str) -> bool:
    return shutil.disk_usage(folder).free < _LEAST_ROOM


def _database_name() -> str:
    said: dict[str, Any] = settings.LADING_DRIVE
    return str(said["database"] or os.path.join(said["home"], "drive.sqlite"))


def _make_folder(home: str) -> None:
    if not os.path.isdir(home):
        os.makedirs(home, 0o700)
    there = set(os.listdir(home))
    if there and not there & set(_OURS):
        raise BadRequest(home, _NOT_OURS)
    if not there:
        os.chmod(home, 0o700)


def _hold(home: str, lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Busy(home, Text("it is being served", "该网盘正在提供服务")) from None


def _make_tables(home: str) -> None:
    start_django(home)
    with answering():
        # SQLite is made by the first connection: nobody else may read it.
        mask = os.umask(0o077)
        try:
            call_command("migrate", verbosity=0, interactive=False)
        finally:
            os.umask(mask)
            connections.close_all()


@contextmanager
def _refusals(home: str) -> Iterator[None]:
    try:
        yield
    except (FileExistsError, NotADirectoryError):
        raise BadRequest(home, Text("it is not a folder", "它不是文件夹")) from None
    except OSError as problem:
        raise Forbidden(home, problem.strerror or str(problem)) from None
