"""
One sitting in which a large file is sent: block after block, each noted when it has arrived.

Whoever was cut off goes on behind the last block that NEW holds as it was sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from blake3 import blake3

from lading.connectors.api import Drive
from lading.connectors.facets import Partials, Proving, ReadBack
from lading.model.entry import Entry
from lading.model.errors import Changed, LadingError, Truncated
from lading.model.failpoints import failpoint
from lading.model.paths import Path
from lading.model.text import Text
from lading.stages.transfer.ahead import (
    Block,
    block_of,
    blocks_apart,
    blocks_at_its_pace,
    blocks_of,
    gives_back,
    mark_of,
)
from lading.stages.transfer.content import BLOCK, proof_left_by
from lading.stages.transfer.decide import Facts, same_facts
from lading.stages.transfer.journal import Journal

OTHER_STATE = Text("its size or time is another", "大小或时间已不同")


@dataclass(slots=True)
class Sitting:
    """The file *path* of *old* with the facts *scanned*, on its way into the partial *token*."""

    old: Drive
    path: Path
    scanned: Facts
    partials: Partials
    token: str
    journal: Journal
    moved: Callable[[int], None]
    """Is told how many bytes more have been sent."""
    lanes: int = 1
    """Blocks that may be there or on their way at once, where OLD gives ranges."""
    back: ReadBack | None = None
    """What NEW offers; None as soon as it has refused to read back a block itself."""

    def send(self) -> str:
        """
        Send what NEW does not hold yet, note its blocks, and tell the SHA-256 of the whole content.

        Raises:
            Truncated: OLD gave fewer bytes than it had announced.
            LadingError: OLD knows that it is another content; what was sent is given up.
        """
        digest, start = self._held()
        with self._coming(start) as (blocks, proof):
            for block in blocks:
                start, mark = self._added(block, digest, start)
                self.journal.block(self.token, mark)
                failpoint("large.block_sent")
        size = self.scanned.size
        if start != size:
            said = Text(f"{start} bytes, {size} announced", f"{start} 字节，声明为 {size}")
            raise Truncated(self.path, said)
        sha256 = digest.hexdigest()
        if proof is not None:
            try:
                proof.prove(sha256)
            except LadingError:
                self.give_up()
                raise
        return sha256

    def _added(self, block: Block, digest: hashlib._Hash, start: int) -> tuple[int, str]:
        """
        Send *block*; where it ends, and its mark: how it is known again.

        That is the *digest* of all up to there, which costs nothing, where NEW reads back what it stores; else BLAKE3, by which
        the copy does that later.
        """
        if self.back is not None:
            end = self.back.append(self.token, self._passing(block, digest), start=start)
            if end is not None:
                return end, digest.hexdigest()
            self.back = None
        mark = blake3()
        passing = self._passing(block, digest, mark)
        return self.partials.append(self.token, passing, start=start), mark.hexdigest()

    def _passing(self, block: Block, *digests: hashlib._Hash | blake3) -> Iterator[bytes]:
        """*block* on its way, taken in by *digests* and counted."""
        for data in block:
            for digest in digests:
                digest.update(data)
            yield data
            self.moved(len(data))

    def still(self, *, look: bool) -> Entry | None:
        """
        What OLD says now that all of it was read; None if there is no need to ask, unless told to *look*.

        Raises:
            Changed: it is not what it said before; what was sent is given up.
        """
        sure = self.scanned.etag is not None and self.old.profile.reads_surely
        if sure and not look:
            return None
        found = self.old.stat(self.path)
        now = Facts(found.kind, found.size, found.modified, found.etag)
        if not sure and not same_facts(now, self.scanned):
            # Another sitting may have sent its beginning; without etags only this tells.
            self.give_up()
            raise Changed(self.path, OTHER_STATE)
        return found

    def arrived(self) -> bool:
        """Whether NEW gives back just what was sent, and has told so itself or is asked now; what it does not is given up."""
        if self.back is not None and self.partials.offset(self.token) == self.scanned.size:
            return True
        with self.partials.read(self.token) as reader:
            if gives_back(reader, self.journal.blocks.get(self.token, ()), self.scanned.size):
                return True
        self.give_up()
        return False

    def give_up(self) -> None:
        """Forget all that was sent."""
        self.journal.restart(self.token, 0)
        self.partials.append(self.token, (), start=0)

    @contextmanager
    def _coming(self, start: int) -> Iterator[tuple[Iterator[Block], Proving | None]]:
        """The content from byte *start* on, block by block, and what its digest is to be held against, if OLD leaves that to us."""
        etag, size = self.scanned.etag, self.scanned.size
        ranges, more = self.old.ranges, size - start > BLOCK
        with ExitStack() as opened:
            reader = opened.enter_context(self.old.read(self.path, start=start, expect=etag))
            if ranges is None or etag is None or self.lanes == 1 or not more:
                proof = proof_left_by(reader)
                with closing(blocks_of(reader, ahead=more and not self.old.profile.local)) as blocks:
                    yield blocks, proof
                return

            def apart(came: int) -> Generator[Block]:
                opened.close()
                return blocks_apart(ranges, self.path, (start + came, size), etag, self.lanes)

            with closing(blocks_at_its_pace(reader, apart)) as blocks:
                yield blocks, None

    def _held(self) -> tuple[hashlib._Hash, int]:
        """SHA-256 of the blocks that NEW holds and that are what was sent, and their length."""
        digest, good, size = hashlib.sha256(), 0, 0
        noted = self.journal.blocks.get(self.token, [])
        if noted and self.partials.offset(self.token) >= BLOCK:
            with self.partials.read(self.token) as reader:
                for expected in noted:
                    block, so_far = block_of(reader), digest.copy()
                    for data in block:
                        so_far.update(data)
                    if expected not in (so_far.hexdigest(), mark_of(block)):
                        break
                    digest, good = so_far, good + 1
                    size += sum(map(len, block))
        if good < len(noted):
            self.journal.restart(self.token, good)
        return digest, size
