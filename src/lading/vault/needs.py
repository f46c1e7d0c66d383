"""
Which contents a snapshot needs: the files of its manifest, and every content that these tell a SHA-256 of.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, NamedTuple

from lading.model.errors import BadVault
from lading.model.loading import on_use
from lading.model.text import Text
from lading.vault.snapshots import Snapshot
from lading.vault.vault import Vault

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq
else:
    # A check stretches its passphrase first, which takes as much memory as all else.
    pa, pq = on_use("pyarrow"), on_use("pyarrow.parquet")

_ROWS = 20_000
_IN_MEMORY = 8 << 20
_DIGEST, _PATH = "sha256", "path"
_NO_TABLE = Text("a table of the manifest cannot be read", "清单中的数据表无法读取")


class Need(NamedTuple):
    """A content that is needed: its SHA-256, and where it belongs (an encoded path, or a file of the manifest)."""

    digest: bytes
    where: str


def files_needed(snapshot: Snapshot) -> Iterator[Need]:
    """The files of the manifest of *snapshot*."""
    for held in snapshot.files:
        yield Need(bytes.fromhex(held.sha256), f"manifest/{held.name}")


def contents_needed(vault: Vault, snapshot: Snapshot) -> Iterator[Need]:
    """
    All that *snapshot* needs; what several files share comes several times.

    Raises:
        BadVault: a file of the manifest is missing or damaged.
    """
    yield from files_needed(snapshot)
    for held in snapshot.files:
        if held.name.endswith(".parquet"):
            with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
                for block in vault.content(bytes.fromhex(held.sha256)):
                    file.write(block)
                file.seek(0)
                yield from _told(file, held.sha256)


def digests_in(files: Iterable[str]) -> Iterator[bytes]:
    """The SHA-256 that the local Parquet *files* tell."""
    for file in files:
        for batch in pq.ParquetFile(file).iter_batches(batch_size=_ROWS, columns=[_DIGEST]):
            # Arrow would load all its compute functions to leave out nulls.
            yield from (it for it in batch.column(_DIGEST).to_pylist() if it is not None)


def _told(file: IO[bytes], name: str) -> Iterator[Need]:
    try:
        table = pq.ParquetFile(file)
        if _DIGEST not in table.schema_arrow.names:
            return
        columns = [it for it in (_DIGEST, _PATH) if it in table.schema_arrow.names]
        for batch in table.iter_batches(batch_size=_ROWS, columns=columns):
            digests = batch.column(_DIGEST).to_pylist()
            paths = batch.column(_PATH).to_pylist() if _PATH in columns else [""] * len(digests)
            yield from (need for need in map(Need, digests, paths) if need.digest is not None)
    except (pa.ArrowException, OSError):
        raise BadVault(name, _NO_TABLE) from None
