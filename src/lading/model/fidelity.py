"""
The fidelity contract: what of a drive arrives on another one, and how, before anything has moved.

Everything that was found stands in exactly one bucket of its feature: exact + translated + lossy + dropped =
found.  The contract is plain data with a digest; the transfer and the verification hold each loss they see
against it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from lading.model.losses import CODES, Feature, Outcome

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Example:
    """One thing that a loss happens to: the encoded path of its entry (None: it is no entry), and what it is."""

    path: str | None
    what: str


@dataclass(frozen=True, slots=True)
class Line:
    """How many things a loss happens to, with the worst examples."""

    code: str
    count: int
    examples: tuple[Example, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """What becomes of such a thing."""
        return CODES[self.code].outcome


@dataclass(frozen=True, slots=True)
class Account:
    """
    What becomes of one feature.

    A thing that several losses happen to stands in the bucket of the worst, and in the line of each.  Where
    something is *unknown* (a reason's code, see `UNKNOWN`), the counts are those of what was told.
    """

    feature: Feature
    found: int
    exact: int
    translated: int
    lossy: int
    dropped: int
    lines: tuple[Line, ...] = ()
    unknown: str | None = None

    @property
    def closes(self) -> bool:
        """Whether everything that was found is accounted for."""
        return self.exact + self.translated + self.lossy + self.dropped == self.found


@dataclass(frozen=True)
class Contract:
    """
    What survives between one pair of drives.

    *old* and *new* say what was looked at: kind and place of the drive, fingerprints of the entries and of each table.
    *terms* are the decisions it was made under: the digest of the identity map, what becomes of grants that end.
    *waived* are features of which something is unknown and somebody accepts it.
    """

    old: Mapping[str, Any]
    new: Mapping[str, Any]
    terms: Mapping[str, Any]
    accounts: tuple[Account, ...]
    waived: tuple[Feature, ...] = ()

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many things each loss happens to."""
        return {line.code: line.count for account in self.accounts for line in account.lines}

    def allows(self, code: str, count: int = 1) -> bool:
        """Whether *count* things may be lost as *code* says; what was idle may always."""
        return CODES[code].idle or count <= self.counts.get(code, 0)

    @property
    def open(self) -> tuple[Feature, ...]:
        """Features of which something is unknown and nobody has accepted it: such a contract is not signed."""
        return tuple(it.feature for it in self.accounts if it.unknown and it.feature not in self.waived)

    @property
    def digest(self) -> str:
        """The SHA-256 of the contract in its canonical form, in hex."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def canonical(self) -> bytes:
        """The contract as JSON: keys sorted, no spaces, UTF-8; the same inputs give the same bytes."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode("utf-8", "backslashreplace")

    def to_json(self) -> dict[str, Any]:
        """The contract as JSON values."""
        return {
            "format": FORMAT,
            "old": dict(self.old),
            "new": dict(self.new),
            "terms": dict(self.terms),
            "accounts": [asdict(account) for account in self.accounts],
            "waived": list(self.waived),
        }

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Contract:
        """
        The contract that `to_json` wrote.

        Raises:
            ValueError, KeyError, TypeError: it is none, or of another format.
        """
        if facts["format"] != FORMAT:
            raise ValueError(f"format {facts['format']}")
        accounts = tuple(map(_account, facts["accounts"]))
        waived = tuple(map(Feature, facts["waived"]))
        return cls(facts["old"], facts["new"], facts["terms"], accounts, waived)


def _account(facts: Mapping[str, Any]) -> Account:
    lines = tuple(
        Line(line["code"], line["count"], tuple(Example(**example) for example in line["examples"]))
        for line in facts["lines"]
    )
    return Account(**{**facts, "feature": Feature(facts["feature"]), "lines": lines})
