"""
Modules that are loaded while a passphrase is stretched, which leaves Python alone.

None of them loads Arrow: on top of what stretching takes for a moment (64 MiB), that would be the most that the command ever holds.
They only come sooner; a name that is missing here costs time and nothing else.
"""

from __future__ import annotations

_BOTH = (
    "lading.connectors.crew",
    "lading.manifest.engine",
    "lading.manifest.share",
    # Arrow asks for these.
    "decimal",
    "ssl",
)
BACKUP = (*_BOTH, "lading.stages.backup.keeping", "lading.stages.backup.freezing")
RESTORE = (
    *_BOTH,
    "lading.cli.waivers",
    "lading.evidence.ledger",
    "lading.manifest.places",
    "lading.manifest.row_rules",
    "lading.manifest.translate.grants",
    "lading.manifest.translate.links",
    "lading.manifest.translate.passage",
    "lading.manifest.translate.versions",
    "lading.stages.planning.contents",
    "lading.stages.planning.groups",
    "lading.stages.planning.mapfile",
    "lading.stages.planning.matching",
    "lading.stages.planning.who",
    "lading.stages.transfer.apart",
    "lading.stages.transfer.granting",
    "lading.stages.transfer.rates",
    "lading.stages.transfer.state",
    "lading.stages.transfer.succession",
    "lading.stages.transfer.together",
    "lading.vault.locks",
    "lading.vault.spoiled",
    "lading.vault.together",
)
