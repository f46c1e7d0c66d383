"""
Making links again where an attempt may have succeeded unseen.

The URL of such a link is lost for ever, so another link is made, and the one that nobody can use is revoked: it
would stand in every list of who can reach what.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from lading.connectors.facets import Links
from lading.connectors.wrap.backoff import Attempts
from lading.connectors.wrap.forward_facets import ForwardedLinks, Hooks
from lading.model.access import Link
from lading.model.errors import DriveError
from lading.model.paths import Path


class Retries(Protocol):
    """What making links needs of the drive that retries."""

    def attempts(self, path: Path) -> Attempts: ...


class RetriedLinks(ForwardedLinks):
    """Links; each making asks first which are there, since afterwards there would be nothing to compare with."""

    def __init__(self, drive: Hooks, inner: Links, retries: Retries) -> None:
        super().__init__(drive, inner)
        self._retries = retries

    def make(self, link: Link, *, password: str | None) -> tuple[Link, str]:
        attempts = self._retries.attempts(link.path)
        before = {one.id for one in self.list(link.path)}
        while True:
            try:
                made, url = self._inner.make(link, password=password)
            except DriveError as error:
                attempts.after(error)
            else:
                if attempts.doubtful:
                    self._sweep(made, before)
                return made, url

    def _sweep(self, made: Link, before: set[str]) -> None:
        """End the twins of *made* that came since *before*."""
        for one in self.list(made.path):
            if one.id not in before | {made.id} and _limits(one) == _limits(made):
                self.revoke(one)


def _limits(link: Link) -> Link:
    """*link* without what tells it from another with the same limits by the same maker."""
    return replace(link, id="", created=None, used=0)
