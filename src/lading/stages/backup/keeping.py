"""
Contents into the vault while they are read, in workers.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import NamedTuple

from lading.connectors.address import Address
from lading.connectors.crew import drive_for
from lading.connectors.wrap.policy import Policy
from lading.manifest.taking import Take
from lading.vault.contents import Writer
from lading.vault.packs import Pack, Packer
from lading.vault.vault import Opened, Vault
from lading.vault.words import WHOLE

_vaults: dict[str, tuple[int, int, Vault]] = {}
"""The vaults of this process and of the one that it was forked from, with its number and the round in which its index was read."""


class Keeping(NamedTuple):
    """Keeps contents in the vault at *address*; see `Taker`."""

    address: Address
    policy: Policy
    opened: Opened
    round: int = 0
    """Where a later one begins, every process reads the index anew: what was read in an earlier one tells of what is lost."""

    @contextmanager
    def begin(self) -> Iterator[Take]:
        """What takes the contents of one slice; at its end they count."""
        vault = self.vault()
        shelf = _Shelf(vault)
        yield shelf.take
        vault.publish(shelf.closed())

    def fresh(self) -> Vault:
        """As `vault`, with the index as it is now; for the beginning of a run, before its workers are forked."""
        _vaults.pop(self.opened.id, None)
        return self.vault()

    def vault(self) -> Vault:
        """The vault, opened once in this process; its index is read once, by the process that forked this one if that did so before."""
        made, earlier_round, vault = _vaults.get(self.opened.id, (0, 0, None))
        if earlier_round < self.round:
            vault = None
        if vault is None or made != os.getpid():
            # A connection of another process is not ours to use, what it has read is.
            earlier, vault = vault, Vault(drive_for(self.address, self.policy), self.opened)
            if earlier is None:
                vault.load(present=True)
            else:
                vault.take_over(earlier)
            _vaults[self.opened.id] = os.getpid(), self.round, vault
        return vault


class _Shelf:
    """Small contents of all threads go into the same packs; a large one has a writer that is its thread's own."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._lock = threading.Lock()
        self._own = threading.local()
        self._packers: list[Packer] = []
        self._small = self._writer()

    def take(self, blocks: Iterable[bytes]) -> bytes:
        held, size, rest = [], 0, iter(blocks)
        for block in rest:
            held.append(block)
            size += len(block)
            if size > WHOLE:
                return self._large().add(chain(held, rest)).digest
        with self._lock:
            return self._small.add(held).digest

    def closed(self) -> list[Pack]:
        """Close all packs, and tell which there are."""
        for packer in self._packers:
            packer.flush()
        return [pack for packer in self._packers for pack in packer.made]

    def _large(self) -> Writer:
        writer: Writer | None = getattr(self._own, "writer", None)
        if writer is None:
            writer = self._own.writer = self._writer()
        return writer

    def _writer(self) -> Writer:
        writer, packer = self._vault.writer()
        self._packers.append(packer)
        return writer
