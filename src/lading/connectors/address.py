"""
Where a drive is and how to log in: the one description everything opens drives from.

An address is text a person types; a secret is never part of it, only a
reference to where the secret is kept.  The description is plain data, so it
can be handed to other processes and written into records.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as LocalPath
from urllib.parse import urlsplit, urlunsplit

from lading.model.errors import BadAddress

SECRET_OPTIONS = frozenset({"password", "token"})
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

    `https://host/dav/` is a WebDAV server, `KIND:PLACE` names the connector, a file that
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
    if kind == "webdav":
        place, user = _without_user(place)
        if user:
            given.setdefault("user", user)
    for name in SECRET_OPTIONS & given.keys():
        if not given[name].startswith(REFERENCES):
            raise BadAddress(
                str(Address(kind, place)),
                f"{name} must be a reference: env:NAME, file:PATH or keyring:SERVICE/USER",
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
            raise BadAddress(reference, f"the secret cannot be read: {type(problem).__name__}") from None
    if scheme == "keyring":
        return _from_keyring(rest, reference)
    raise BadAddress(reference, "the secret is not there")


def _from_keyring(place: str, reference: str) -> str:
    try:
        import keyring  # noqa: PLC0415 — an optional dependency
    except ImportError:
        raise BadAddress(reference, "install lading[keyring] to use the keyring") from None
    service, _, user = place.partition("/")
    value = keyring.get_password(service, user)
    if value is None:
        raise BadAddress(reference, "the keyring holds no such secret")
    return str(value)


def _split(text: str) -> tuple[str, str]:
    scheme, colon, rest = text.partition(":")
    if scheme in ("http", "https"):
        return "webdav", text
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
        raise BadAddress(file, "it names no place")
    kind, place = (str(facts.pop("kind")), place) if "kind" in facts else _split(place)
    return kind, place, {name: str(value) for name, value in facts.items()}


def _without_user(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    if parts.password:
        raise BadAddress(parts.hostname or "", "a password must not stand in a URL; use password=env:NAME")
    if parts.username is None:
        return url, ""
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=host)), parts.username
