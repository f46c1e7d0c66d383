"""
The versions of a drive of ours: every save is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lading.connectors.conditions import Precondition
from lading.connectors.lading.reading import Reading, reading
from lading.connectors.lading.wire import Wire, route
from lading.connectors.lading.writing import facts_of, write
from lading.connectors.profile import Features
from lading.model.access import Version
from lading.model.entry import Entry
from lading.model.paths import Path


class LadingVersions:
    """Versions of files; what an addition keeps stands in *features*."""

    def __init__(self, wire: Wire, features: Features) -> None:
        self._wire = wire
        self._features = features

    def list(self, path: Path) -> Iterator[Version]:
        """All versions, oldest first."""
        told = self._wire.large(route("nodes", self._wire.node(path), "versions"), {}, path)
        return map(_version, told["versions"])

    def all(self) -> Iterator[tuple[Path, tuple[Version, ...]]]:
        """Every file."""
        for path, told in self._wire.everything("versions", "files"):
            yield path, tuple(map(_version, told["versions"]))

    def read(self, path: Path, version: str) -> Reading:
        """Read the content of one version."""
        place = route("nodes", self._wire.node(path), "versions", version, "content")
        return reading(self._wire, place, {}, path)

    def add(self, path: Path, source: Iterable[bytes], version: Version, *, expect: Precondition) -> Entry:
        """Save *source* with the facts of *version*; see `Versions.add`."""
        facts = facts_of(version, self._features.versions)
        return write(self._wire, path, source, expect=expect, size=version.size, facts=facts)


def _version(told: dict[str, Any]) -> Version:
    return Version(
        id=str(told["number"]),
        saved=int(told["saved"]),
        size=told["size"],
        author=told["author"] or "",
        digests=(("sha256", told["sha256"]),),
        modified=None if told["modified"] is None else int(told["modified"]),
        label=told["label"],
    )
