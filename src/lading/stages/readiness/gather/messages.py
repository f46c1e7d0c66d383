"""
The messages that a copy into a drive would send to people, as far as its system documents or leaves open.

A drive of ours, a folder, a bucket, a share and a plain WebDAV server send none.
"""

from __future__ import annotations

from lading.connectors.profile import Profile
from lading.manifest.engine import duckdb
from lading.manifest.read import Manifest
from lading.stages.readiness.facts.budgets import MessageFacts

SMALL = 10_000_000
"""Bytes of the largest file that WeDrive takes in one call (`oneshot=yes`); nobody says whether that call pushes a card."""
SHARED = {"wedrive": "cards", "nextcloud": "mails"}
"""How a system tells people that something was shared with them; neither documents a way for the caller to mute it: docs/manual/wedrive.md, docs/manual/nextcloud.md."""


def message_facts(old: Manifest, new: Profile, *, oneshot: bool = False) -> MessageFacts:
    """
    The messages that a copy of *old*, with its rights, into a drive like *new* would send.

    WeDrive's uploads push no card, for each says so; those in one call (*oneshot*) may.  Each grant that the drive can be given may
    tell whom it names, once; whether people are told is up to the settings of the server: `muted` stays None.
    """
    cards = _small(old) if oneshot and new.kind == "wedrive" else 0
    given, people = _grants(old) if new.kind in SHARED and new.features.roles else (0, 0)
    counts = {"cards": cards, "mails": 0}
    if new.kind in SHARED:
        counts[SHARED[new.kind]] += given
    return MessageFacts(
        new.address, counts["cards"], counts["mails"], people, None if any(counts.values()) else True
    )


def _small(old: Manifest) -> int:
    with duckdb.connect() as connection:
        found = old.relation(connection).filter(f"kind = 'file' AND size <= {SMALL}")
        return int(found.aggregate("count(*)").fetchall()[0][0])


def _grants(old: Manifest) -> tuple[int, int]:
    """Grants that allow something to anybody in the firm or a guest, and the persons and guests among those whom they name."""
    if not old.has("grants"):
        return 0, 0
    with duckdb.connect() as connection:
        found = old.rows(connection, "grants").filter("effect = 'allow' AND principal_kind <> 'everybody'")
        grants = found.aggregate("count(*)").fetchall()[0][0]
        named = found.filter("principal_kind IN ('person', 'guest')").aggregate("count(DISTINCT principal)")
        return int(grants), int(named.fetchall()[0][0])
