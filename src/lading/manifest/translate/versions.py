"""
A version of a file, as a new drive can keep it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from lading.manifest.translate.target import Target
from lading.model.access import Version


class CarriedVersion(NamedTuple):
    """
    What to store for a version of OLD, or None; *losses* are codes, of the version and of each of its facts.

    *new* has the author's id of NEW, and nothing in it that NEW does not keep.
    """

    new: Version | None
    losses: tuple[str, ...]


def carry_version(version: Version, newer: int, to: Target) -> CarriedVersion:
    """What becomes of *version*, before which *newer* ones of the same file come; 0: it is the current content."""
    keeps, limit = to.features.versions, to.profile.size_limit
    gone = ""
    if newer and not keeps:
        gone = "version.none"
    elif newer and to.features.version_limit is not None and newer >= to.features.version_limit:
        gone = "version.limit"
    elif newer and limit is not None and version.size > limit:
        gone = "version.too_large"
    if gone:
        return CarriedVersion(None, (gone, *facts_gone(version)))
    codes = ["version.order"] if newer and "order" not in keeps else []
    codes += _times(version, newer, to)
    author = _author(version, to, codes)
    label = version.label if "label" in keeps else ""
    codes += ["version_label.lost"] if version.label and not label else []
    modified = version.modified if _keeps_modified(newer, to) else None
    return CarriedVersion(
        replace(version, id="", author=author, label=label, modified=modified), tuple(codes)
    )


def facts_gone(version: Version) -> tuple[str, ...]:
    """Codes of what goes with a version that does not arrive."""
    told = (("author", version.author), ("label", version.label))
    return ("version_time.gone", *(f"version_{name}.gone" for name, value in told if value))


def _times(version: Version, newer: int, to: Target) -> list[str]:
    keeps = to.features.versions
    codes = [] if "saved" in keeps else ["version_time.saved"]
    told = [version.saved] if "saved" in keeps else []
    if version.modified is not None:
        if _keeps_modified(newer, to):
            told.append(version.modified)
        else:
            codes.append("version_time.modified")
    rounded = any(to.profile.kept_time(time) != time for time in told)
    return codes + (["version_time.rounded"] if rounded else [])


def _keeps_modified(newer: int, to: Target) -> bool:
    """The time of the current content is kept like that of any file."""
    return "modified" in to.features.versions or (not newer and to.profile.keeps_modified)


def _author(version: Version, to: Target, codes: list[str]) -> str:
    if not version.author:
        return ""
    if "author" not in to.features.versions:
        codes.append("version_author.lost")
        return ""
    match = to.people.individual(version.author)
    if match is None or match.new is None:
        codes.append("version_author.nobody")
        return ""
    return match.new.id
