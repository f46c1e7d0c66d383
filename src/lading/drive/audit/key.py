"""The key of the marks that stand for withheld names; made once and kept beside the ledger."""

from __future__ import annotations

import os
import secrets

from lading.drive.audit.places import audit_folder, make_folder
from lading.evidence.files import replace_file, translated


def mark_key() -> bytes:
    """
    The key, made if there is none.  Call it only with the turn: two would make two.

    Raises:
        DriveError: it cannot be read or written.
    """
    path = audit_folder("mark.key")
    with translated(path):
        try:
            with open(path, "rb") as stream:
                return bytes.fromhex(stream.read().decode("ascii", "replace").strip())
        except FileNotFoundError:
            make_folder()
            replace_file(path, secrets.token_hex(32).encode() + b"\n")
            os.chmod(path, 0o600)
            return mark_key()
