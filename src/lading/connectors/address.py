"""
Where a drive is and how to log in: the one description everything opens drives from.

An address is text a person types; a secret is never part of it, only a
reference to where the secret is kept.  The description is plain data, so it
can be handed to other processes and written into records.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as LocalPath
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from lading.model.errors import BadAddress
from lading.model.loading import on_use
from lading.model.text import Text

if TYPE_CHECKING:
    import tomllib
else:
    tomllib = on_use("tomllib")

SECRET_OPTIONS = frozenset({"password", "token", "key", "secret", "contacts"})
_WITH_USERS = ("lading", "nextcloud", "webdav")
_WITH_QUERIES = ("nextcloud", "s3", "wedrive")
"""Kinds whose options may stand behind a question mark in the address."""
REFERENCES = ("env:", "file:", "keyring:")


@dataclass(frozen=True, slots=True)
class Address:
    """
    The kind of a drive, its place and its options.

    *owner* names the work on whose behalf the drive is opened: unfinished files
    are kept apart by it, so that one run never touches another's.
    """

    kind: str
    place: str
    options: Mapping[str, str] = field(default_factory=dict)
    owner: str = "lading"

    def __str__(self) -> str:
        return self.place if self.kind in ("folder", "webdav") else f"{self.kind}:{self.place}"


def parse(text: str, options: Mapping[str, str] | None = None, *, owner: str = "lading") -> Address:
    """
    The address that a person typed as *text*, with *options* beside it.

    `https://host/dav/` is a WebDAV server, `KIND:PLACE` names the connector
    (`lading:https://host/SPACE` is a drive of ours, `s3:BUCKET/PREFIX?endpoint=URL&key=env:NAME` a bucket), a file that
    ends in `.toml` describes a drive (`kind`, `place`, and its options), anything else is a
    local folder.

    Raises:
        BadAddress: a secret stands in the text or an option, or the file cannot be read.
    """
    given = dict(options or {})
    if text.endswith(".toml") and LocalPath(text).is_file():
        kind, place, described = _described(text)
        given = {**described, **given}
    else:
        kind, place = _split(text)
        if kind in _WITH_QUERIES:
            place, _, query = place.partition("?")
            given = {**dict(parse_qsl(query, keep_blank_values=True)), **given}
    if kind != "folder":
        bare, user = _without_user(kind, place)
        if kind in _WITH_USERS and user:
            place = bare
            given.setdefault("user", user)
    for name in SECRET_OPTIONS & given.keys():
        if not given[name].startswith(REFERENCES):
            raise BadAddress(
                str(Address(kind, place)),
                Text(
                    f"{name} must be a reference: env:NAME, file:PATH or keyring:SERVICE/USER",
                    f"{name} 必须是引用：env:NAME、file:PATH 或 keyring:SERVICE/USER",
                ),
            )
    return Address(kind, place, given, owner)


def secret(reference: str) -> str:
    """
    The secret that *reference* points to: `env:NAME`, `file:PATH` (first line) or `keyring:SERVICE/USER`.

    Raises:
        BadAddress: nothing is there.
    """
    scheme, _, rest = reference.partition(":")
    if scheme == "env" and (value := os.environ.get(rest)) is not None:
        return value
    if scheme == "file":
        try:
            return LocalPath(rest).read_text(encoding="utf-8").split("\n", 1)[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as problem:
            why = type(problem).__name__
            said = Text(f"the secret cannot be read: {why}", f"无法读取密钥：{why}")
            raise BadAddress(reference, said) from None
    if scheme == "keyring":
        return _from_keyring(rest, reference)
    raise BadAddress(reference, Text("the secret is not there", "找不到该密钥"))


def _from_keyring(place: str, reference: str) -> str:
    try:
        import keyring  # noqa: PLC0415 — an optional dependency
    except ImportError:
        said = Text("install lading[keyring] to use the keyring", "请安装 lading[keyring] 以使用钥匙串")
        raise BadAddress(reference, said) from None
    service, _, user = place.partition("/")
    try:
        value = keyring.get_password(service, user)
    except keyring.errors.KeyringError as problem:
        why = type(problem).__name__
        said = Text(f"the keyring cannot be read: {why}", f"无法读取钥匙串：{why}")
        raise BadAddress(reference, said) from None
    if value is None:
        raise BadAddress(reference, Text("the keyring holds no such secret", "钥匙串中没有该密钥"))
    return str(value)


def _split(text: str) -> tuple[str, str]:
    scheme, colon, rest = text.partition(":")
    if scheme.lower() in ("http", "https"):
        return "webdav", f"{scheme.lower()}:{rest}"
    if colon and len(scheme) > 1 and scheme.isalnum() and not os.path.lexists(text):
        return scheme, rest
    return "folder", os.path.abspath(text)


def _described(file: str) -> tuple[str, str, dict[str, str]]:
    try:
        with open(file, "rb") as stream:
            facts = tomllib.load(stream)
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise BadAddress(file, str(problem)) from None
    place = facts.pop("place", None)
    if not isinstance(place, str):
        raise BadAddress(file, Text("it names no place", "其中没有 place"))
    kind, place = (str(facts.pop("kind")), place) if "kind" in facts else _split(place)
    return kind, place, {name: str(value) for name, value in facts.items()}


def _without_user(kind: str, url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        # Neither the URL nor the reason is told: a password may stand in them.
        raise BadAddress(
            kind, Text("the host or port of the URL makes no sense", "URL 的主机或端口无效")
        ) from None
    if parts.password:
        said = Text(
            "a password must not stand in a URL; use password=env:NAME",
            "URL 中不得包含密码；请使用 password=env:NAME",
        )
        raise BadAddress(parts.hostname or "", said)
    if parts.username is None:
        return url, ""
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host)), parts.username
