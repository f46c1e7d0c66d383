"""
The profile of a Nextcloud server, from what it says of itself.

Pure functions over its capabilities.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from lading.connectors.dav.quirks import NEXTCLOUD, Quirks
from lading.connectors.http.headers import SECOND
from lading.connectors.nextcloud.cloud import Cloud
from lading.connectors.nextcloud.days import DAY
from lading.connectors.nextcloud.shares import WORDS
from lading.connectors.profile import AccessRules, Features, NameRules, Profile
from lading.model.access import Effect, PrincipalKind, Reach, Role

# Where the login costs 0.6 s of a processor on every call, more calls at once only wait for each other.
_DEAR_CALLS = 2


def quirks_of(cloud: Cloud) -> Quirks:
    """How the server behaves: Nextcloud, with the name rules that this one has."""
    locking = bool(cloud.capability("files", "locking"))
    return replace(NEXTCLOUD, names=names_of(cloud), momentary_locks=not locking)


def names_of(cloud: Cloud) -> NameRules:
    """
    Which names the server takes.

    Nextcloud from version 30 on tells its forbidden names, stems, characters and endings; before, only names.
    """
    files = cloud.capability("files") or {}
    names = _words(files.get("forbidden_filenames", files.get("blacklisted_files", ())))
    stems = _words(files.get("forbidden_filename_basenames", ()))
    endings = _words(files.get("forbidden_filename_extensions", (".part", ".filepart")))
    characters = {one for one in files.get("forbidden_filename_characters", ()) if len(one) == 1}
    rules = NEXTCLOUD.names
    return replace(
        rules,
        characters=rules.characters | characters,
        reserved=frozenset(
            {".htaccess", *names, *(" " * count for count in range(1, 9)), ". ", " .", " ..", ".. "}
        ),
        reserved_stems=frozenset(stems),
        endings=frozenset(one for one in endings if len(one) == 1),
        reserved_endings=frozenset(one for one in endings if len(one) > 1) | {".part"},
    )


def features_of(cloud: Cloud) -> Features:
    """What the server can be given beside content."""
    sharing = cloud.capability("files_sharing") or {}
    shares = bool(sharing.get("api_enabled"))
    groups = shares and bool(sharing.get("group_sharing", True))
    roles = {Role.DOWNLOAD, Role.EDIT} | ({Role.MANAGE} if sharing.get("resharing", True) else set())
    public = sharing.get("public") or {}
    makes_links = shares and bool(public.get("enabled"))
    days = cloud.days if shares else None
    limits = {"password"} | ({"expires"} if days else set())
    return Features(
        versions=_version_facts(cloud),
        roles=frozenset(roles) if shares else frozenset(),
        effects=frozenset({Effect.ALLOW}) if shares else frozenset(),
        reaches=frozenset({Reach.ALL}),
        principals=_receivers(shares, groups),
        expiry=days is not None and _shares_end(sharing, groups),
        expiry_grain=DAY if days else 1,
        expiry_offset=days.offset if days else 0,
        links=frozenset(limits) if makes_links else frozenset(),
        link_roles=_link_roles(makes_links, bool(public.get("upload"))),
    )


def profile_of(address: str, cloud: Cloud, quirks: Quirks, *, dear: bool) -> Profile:
    """
    The facts, but for whether the account is told all grants; *dear*: the login makes every call cost 0.6 s.
    """
    return Profile(
        kind="nextcloud",
        address=address,
        names=quirks.names,
        keeps_modified=True,
        keeps_folder_times=True,
        clock_grain=SECOND,
        modified_range=quirks.modified_range,
        concurrency=_DEAR_CALLS if dear else quirks.concurrency,
        stable_ids=True,
        access=AccessRules(words=WORDS),
        features=features_of(cloud),
    )


def _shares_end(sharing: Mapping[str, Any], groups: bool) -> bool:
    """Whether shares to all that can be given one can end."""
    kinds = ("user", "group") if groups else ("user",)
    told = [(sharing.get(kind) or {}).get("expire_date") for kind in kinds]
    return all(isinstance(it, Mapping) and bool(it.get("enabled")) for it in told)


def _version_facts(cloud: Cloud) -> frozenset[str]:
    if not cloud.capability("files", "versioning"):
        return frozenset()
    labels = cloud.capability("files", "version_labeling")
    return frozenset({"order", "label"} if labels else {"order"})


def _receivers(shares: bool, groups: bool) -> frozenset[PrincipalKind]:
    kinds = {PrincipalKind.PERSON} if shares else set()
    return frozenset(kinds | ({PrincipalKind.GROUP} if groups else set()))


def _link_roles(links: bool, upload: bool) -> frozenset[Role]:
    if not links:
        return frozenset()
    return frozenset({Role.DOWNLOAD, Role.EDIT} if upload else {Role.DOWNLOAD})


def _words(told: object) -> frozenset[str]:
    return frozenset(str(one).casefold() for one in told) if isinstance(told, Iterable) else frozenset()
