"""
The manifest of a snapshot, back on the local disk.
"""

from __future__ import annotations

import os

from lading.manifest.files import local_errors, publish_file
from lading.manifest.read import Manifest, open_manifest
from lading.model.errors import BadVault
from lading.model.text import Text
from lading.vault.snapshots import Held, Snapshot
from lading.vault.vault import Vault

_OUTSIDE = Text("a file of its manifest has a name that leads out of it", "清单中的文件名指向清单之外")


def manifest_of(vault: Vault, snapshot: Snapshot, directory: str, *, lasting: bool = True) -> Manifest:
    """
    Write the manifest of *snapshot* into *directory* (new, or left from an earlier time) and open it.

    What is not to be *lasting*, since it goes with this process, does not wait for the disk.

    Raises:
        BadVault: a part of it is not there, or damaged.
        NoSpace, ReadOnly, Forbidden: it cannot be written.
    """
    for held in snapshot.files:
        path = os.path.join(directory, *_names(held, snapshot))
        if not os.path.exists(path):
            _write(vault, held, path, lasting=lasting)
    return open_manifest(directory)


def _names(held: Held, snapshot: Snapshot) -> list[str]:
    names = held.name.split("/")
    if any(name in ("", ".", "..") or "\0" in name for name in names):
        raise BadVault(snapshot.name, _OUTSIDE)
    return names


def _write(vault: Vault, held: Held, path: str, *, lasting: bool) -> None:
    unfinished = path + ".unfinished"
    with local_errors(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(unfinished, "wb") as stream:
            for block in vault.content(bytes.fromhex(held.sha256)):
                stream.write(block)
        publish = publish_file if lasting else os.replace
        publish(unfinished, path)
