"""
Which connectors there are.

An explicit table: importing Lading opens nothing and registers nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.model.errors import BadAddress

# Kind to the module whose `open(address)` makes the drive.  Modules are loaded when they are
# needed: a copy between two folders shall not wait for an HTTP library.
CONNECTORS = {
    "export": "lading.connectors.export",
    "folder": "lading.connectors.folder",
    "generated": "lading.connectors.memory.generated",
    "lading": "lading.connectors.lading",
    "nextcloud": "lading.connectors.nextcloud",
    "s3": "lading.connectors.s3",
    "smb": "lading.connectors.smb",
    # A snapshot in a vault: above the connectors, so it is known by name alone.
    "vault": "lading.vault.face",
    "webdav": "lading.connectors.webdav",
    "wedrive": "lading.connectors.wedrive",
}

ALIASES = {"memory": "generated"}
"""Other names of kinds."""


def open_drive(address: Address) -> Drive:
    """
    Open the drive at *address*.

    Raises:
        BadAddress: there is no such connector, or an option makes no sense.
        DriveError: the drive is not there or refuses the login.
    """
    module = _module(address)
    if module is None:
        raise BadAddress(str(address), f"no connector of that kind; there are: {', '.join(CONNECTORS)}")
    drive = import_module(module).open(address)
    assert isinstance(drive, Drive)
    return drive


def load(addresses: Iterable[Address]) -> None:
    """Import the connectors of *addresses*, as far as there are any: processes forked later need not."""
    for module in filter(None, map(_module, addresses)):
        import_module(module)


def _module(address: Address) -> str | None:
    return CONNECTORS.get(address.kind) or CONNECTORS.get(ALIASES.get(address.kind, ""))
