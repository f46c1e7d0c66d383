"""
How an address names a vault and what opens it.

Apart from what looks into snapshots: who only opens a vault does not wait for the engines that read manifests.
"""

from __future__ import annotations

import os
from hashlib import sha256

from lading.connectors.address import Address, parse, secret
from lading.connectors.api import Drive
from lading.connectors.opening import opened
from lading.connectors.wrap.policy import Policy, wrapped
from lading.model.errors import BadAddress
from lading.model.text import Text
from lading.vault.keys import KEY_SIZE, LEAST_KEY, MOST_KEY, secret_of
from lading.vault.store import Store
from lading.vault.vault import Opened, described, open_vault
from lading.vault.words import KEYS

_STORE = "store."
_OPTIONS = frozenset({"snapshot", "password", "key-file", "part"})
_UNKNOWN = Text("there are no such options for a vault: {names}", "保管库没有这些选项：{names}")
_NO_SECRET = Text("password or key-file is needed", "需要 password 或 key-file")
_unlocked: dict[tuple[object, ...], Opened] = {}


def store_at(address: Address) -> Drive:
    """
    The drive that the vault at *address* lies in; a server that is busy just now is asked again, also while it is opened.

    Raises:
        BadAddress: an option makes no sense.
        DriveError: it is not there, or stays away.
    """
    return wrapped(opened(store_of(address), Policy()), Policy())


def unlocked(store: Drive, address: Address) -> Opened:
    """
    What opens the vault in *store*, which lies at *address*.

    To stretch a passphrase takes a processor a while, on purpose.  So what was found stays in this process, and in those that
    it forks, as long as the vault has the same id and the same key slots.

    Raises:
        BadAddress: an option makes no sense.
        BadVault, WrongKey: there is no such vault, or another secret opens it.
    """
    given = secret_in(address)
    keys = sorted(name for name, _ in Store(store).names(KEYS))
    mark = sha256(given).digest(), str(described(Store(store))["id"]), *keys
    if mark not in _unlocked:
        _unlocked[mark] = open_vault(store, given)
    return _unlocked[mark]


def store_of(address: Address) -> Address:
    """
    The address of the drive that the vault lies in.

    Raises:
        BadAddress: an option makes no sense.
    """
    names = [name for name in address.options if name not in _OPTIONS and not name.startswith(_STORE)]
    if names:
        raise BadAddress(str(address), Text(*(text.format(names=", ".join(names)) for text in _UNKNOWN)))
    options = {
        name.removeprefix(_STORE): value for name, value in address.options.items() if name.startswith(_STORE)
    }
    return parse(address.place, options, owner=address.owner)


def secret_in(address: Address) -> bytes:
    """
    The secret that the options name.

    Raises:
        BadAddress: none is named, or it is not there.
    """
    if (file := address.options.get("key-file")) is not None:
        try:
            with os.fdopen(os.open(file, os.O_RDONLY), "rb") as stream:
                content = stream.read(MOST_KEY + 1)
        except OSError as problem:
            raise BadAddress(file, problem.strerror or "") from None
        if not LEAST_KEY <= len(content) <= MOST_KEY:
            raise BadAddress(file, KEY_SIZE)
        return content
    if (reference := address.options.get("password")) is None:
        raise BadAddress(str(address), _NO_SECRET)
    return secret_of(secret(reference))
