"""
What the API takes.

A member that is not described, or of another type, is refused: a typing mistake must not
become a change that nobody meant.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from lading.drive.api.frames import RECORDS
from lading.drive.api.values import (
    Author,
    Expectation,
    Key,
    Nanos,
    PathText,
    RoleName,
    ScopeName,
    Secret,
    Sentence,
    UploadToken,
    Words,
)

Bytes = Annotated[int, Field(ge=0, le=2**62)]
VersionNumber = Annotated[int, Field(ge=1, le=2**31 - 1)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]


class Asked(BaseModel):
    """What all requests share."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SignIn(Asked):
    login: Annotated[Secret, Field(max_length=200)]
    password: Secret


class KeepRule(Asked):
    count: Count | None = None
    days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    thin: bool = False


class NewSpace(Asked):
    name: Words
    admins: Annotated[list[Key], Field(min_length=1, max_length=1000)]
    quota: Bytes | None = None


class SpaceChange(Asked):
    name: Words | None = None
    quota: Bytes | None = None
    keep: KeepRule | None = None


class Freeze(Asked):
    message: Words


class Touch(Asked):
    modified: Nanos


class NewFolder(Asked):
    path: PathText
    modified: Nanos | None = None
    parents: bool = False
    existing_ok: bool = False


class Move(Asked):
    source: PathText = Field(alias="from")
    target: PathText = Field(alias="to")
    to_space: Key | None = None
    expect: Expectation = "absent"


class Copy(Move):
    versions: bool = True


class ReadOne(Asked):
    path: PathText
    version: VersionNumber | None = None


class BatchRead(Asked):
    """*most* are the bytes of the largest content that is wanted; larger ones are told as `too_large`."""

    most: Bytes | None = None
    files: Annotated[list[ReadOne], Field(max_length=RECORDS)]


class Record(Asked):
    """The header of a record of a batch that is written."""

    path: PathText
    size: Bytes
    modified: Nanos | None = None
    saved: Nanos | None = None
    author: Author | None = None
    label: Annotated[str, Field(max_length=100)] | None = None
    expect: Expectation = "anything"
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    parents: bool = False


class Label(Asked):
    label: Annotated[Sentence, Field(max_length=100)]


class NewGrant(Asked):
    principal: Key
    role: RoleName
    deny: bool = False
    expires: Nanos | None = None


class GrantAt(NewGrant):
    path: PathText


class NewLink(Asked):
    role: Literal["preview", "download"]
    password: Secret | None = None
    expires: Nanos | None = None
    limit: Count | None = None
    version: VersionNumber | None = None
    inside: bool = False


class LinkAt(NewLink):
    path: PathText


class OpenLink(Asked):
    token: Secret
    password: Secret | None = None


class NewHold(Asked):
    reason: Words


class Finish(Asked):
    space: Key
    path: PathText
    expect: Expectation = "anything"
    modified: Nanos | None = None
    saved: Nanos | None = None
    author: Author | None = None
    label: Annotated[Sentence, Field(max_length=100)] = ""


class Sweep(Asked):
    keep: Annotated[list[UploadToken], Field(max_length=10_000)]
    prefix: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{0,64}$")] = ""


class NewPrincipal(Asked):
    key: Key
    kind: Literal["person", "guest", "department", "group"]
    name: Words
    mail: Annotated[Sentence, Field(max_length=320)] = ""
    parent: Key | None = None
    owner: Key | None = None
    until: Nanos | None = None


class PrincipalChange(Asked):
    name: Words | None = None
    mail: Annotated[Sentence, Field(max_length=320)] | None = None
    parent: Key | None = None
    owner: Key | None = None
    until: Nanos | None = None
    active: bool | None = None


class NewToken(Asked):
    name: Words
    scopes: Annotated[list[ScopeName], Field(min_length=1, max_length=5)]
    expires: Nanos | None = None


class NewAccount(Asked):
    principal: Key
    login: Annotated[Secret, Field(max_length=200)]
    password: Secret


class Password(Asked):
    password: Secret
    old: Secret | None = None


class AdminRole(Asked):
    admin: Literal["", "system", "security", "audit"]


class NewWall(Asked):
    name: Annotated[Words, Field(max_length=200)]
    sides: Annotated[list[Annotated[list[Key], Field(min_length=1)]], Field(min_length=2, max_length=2)]


class NewGlass(Asked):
    space: Key
    reason: Annotated[Sentence, Field(min_length=10, max_length=1000)]
    minutes: Annotated[int, Field(ge=1, le=240)]
