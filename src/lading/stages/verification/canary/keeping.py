"""
What is kept of canaries on this machine: the kit, what became of each, the secrets of links, and the records.

It lies in `canary/CAMPAIGN` under the state folder, which nobody else may read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lading.connectors.address import Address
from lading.evidence.files import replace_file
from lading.evidence.ledger import NAME, Ledger
from lading.manifest.files import local_errors, write_json
from lading.model.errors import BadRequest, BadState, NotFound
from lading.model.text import Text

from .kit import Kit, is_campaign

FOLDER = "canary"
_KIT = "kit.json"
_SECRETS = "secrets.json"
_NONE = Text(
    "no canaries were planted with this state; plant them first", "该状态文件夹中没有金丝雀记录；请先放置"
)
_DAMAGED = Text("it does not tell of canaries", "其中没有金丝雀信息")


@dataclass(frozen=True, slots=True)
class Kept:
    """A kit as it was planted on the drive of *kind* at *place*."""

    kit: Kit
    kind: str
    place: str


class Keep:
    """The folder of the canaries of *campaign* under the folder *state*."""

    def __init__(self, state: str, campaign: str) -> None:
        self.folder = os.path.join(state, FOLDER, campaign)

    def make(self) -> None:
        """
        Make the folder.

        Raises:
            DriveError: it cannot be made.
        """
        with local_errors(self.folder):
            os.makedirs(self.folder, mode=0o700, exist_ok=True)

    def write(self, kit: Kit, old: Address) -> None:
        """Keep *kit*, which is planted on *old*."""
        with local_errors(self.folder):
            document = {"kit": kit.facts(), "old": {"kind": old.kind, "place": old.place}}
            write_json(os.path.join(self.folder, _KIT), document)

    def read(self) -> Kept | None:
        """
        What was kept; None if nothing was.

        Raises:
            BadState: it is damaged.
        """
        file = os.path.join(self.folder, _KIT)
        with local_errors(file):
            if not os.path.exists(file):
                return None
            with open(file, encoding="utf-8") as stream:
                try:
                    told = json.load(stream)
                    return Kept(
                        Kit.from_facts(told["kit"]), str(told["old"]["kind"]), str(told["old"]["place"])
                    )
                except (ValueError, KeyError, TypeError):
                    raise BadState(file, _DAMAGED) from None

    def keep(self, code: str, name: str, secret: str) -> None:
        """Keep a *secret* of the link of the canary *code*, for this account alone."""
        file = os.path.join(self.folder, _SECRETS)
        with local_errors(file):
            known = self._secrets(file)
            known.setdefault(code, {})[name] = secret
            before = os.umask(0o077)
            try:
                replace_file(file, json.dumps(known, indent=1).encode())
            finally:
                os.umask(before)

    def forget(self) -> None:
        """Throw the secrets away: the links are gone."""
        file = os.path.join(self.folder, _SECRETS)
        with local_errors(file):
            if os.path.lexists(file):
                os.unlink(file)

    def record(self, kind: str, facts: Mapping[str, Any], *, actor: str, at: datetime) -> int:
        """
        Add a record to the ledger of the canaries; its number.

        Raises:
            BadLedger, DriveError: as they say.
        """
        return Ledger(os.path.join(self.folder, NAME)).append(kind, facts, actor=actor, at=at).seq

    def _secrets(self, file: str) -> dict[str, dict[str, str]]:
        if not os.path.exists(file):
            return {}
        with open(file, encoding="utf-8") as stream:
            try:
                known = json.load(stream)
            except ValueError:
                raise BadState(file, _DAMAGED) from None
        return known if isinstance(known, dict) else {}


def kept_in(state: str, campaign: str | None) -> tuple[Keep, Kept]:
    """
    The kit of *campaign*, or the only one, that is kept under the folder *state*.

    Raises:
        NotFound: there is none.
        BadRequest: there are several, and no campaign is named.
        BadState: it is damaged.
    """
    names: Iterable[str] = [campaign] if campaign else _campaigns(state)
    found = [(keep, kept) for name in names for keep in [Keep(state, name)] if (kept := keep.read())]
    if not found:
        raise NotFound(state, _NONE)
    if len(found) > 1:
        listed = ", ".join(kept.kit.campaign for _, kept in found)
        raise BadRequest("--campaign", Text(f"name one of {listed}", f"请指定其一：{listed}"))
    return found[0]


def _campaigns(state: str) -> list[str]:
    folder = os.path.join(state, FOLDER)
    with local_errors(folder):
        return sorted(filter(is_campaign, os.listdir(folder))) if os.path.isdir(folder) else []
