"""
The blocks of a large file: each with its mark, the next one on its way while the last one is worked on.

To wait for OLD, to hash and to store take turns otherwise: the line stands still while the processor
works, and the processor while the line does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import cached_property
from itertools import chain, islice
from math import fsum

from blake3 import blake3

from lading.connectors.facets import Ranges, Reader, Span
from lading.model.paths import Path
from lading.stages.transfer.content import BLOCK, CHUNK

LANES = 4
"""Blocks of one file on their way at most: each stands in memory."""
TRIED = 4
"""Blocks by the last of which a line is judged; the first one waits for the server to begin."""
SLOW = 4.0
"""
How many times as long as we work on a block it may take to come over one connection, until several are worth what they cost.

Measured against SeaweedFS on the loopback (docs/decisions/0009-s3.md), where a block comes in twice the time that we work on it:
four connections take a fifth more processor time of the server and of ours, and gain nothing.
"""


Block = Iterable[bytes]
"""The pieces of one block: taken once, and all of them before the next block is asked for."""


def block_of(reader: Reader) -> list[bytes]:
    """The next `BLOCK` bytes of *reader* in pieces; fewer only at the end, none after it."""
    return list(_pieces(reader, BLOCK))


def _pieces(reader: Reader, left: int) -> Iterator[bytes]:
    while left and (data := reader.read(min(left, CHUNK))):
        yield data
        left -= len(data)


def blocks_of(reader: Reader, *, ahead: bool) -> Generator[Block]:
    """
    What is left in *reader*, block by block; one block *ahead* is read by a thread of its own.

    What goes wrong while reading ahead is raised in place of the block that is missing, so all
    before it counts.  Close the generator before the reader: until then the thread may read.
    Otherwise a block is read while it is taken, and never stands in memory as a whole.
    """
    if ahead:
        yield from _ahead(lambda: block_of(reader))
        return
    while first := reader.read(min(BLOCK, CHUNK)):
        yield chain((first,), _pieces(reader, BLOCK - len(first)))


def _ahead(following: Callable[[], list[bytes]]) -> Generator[list[bytes]]:
    """What *following* gives until it gives nothing, the next of it always on its way."""
    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as pool:
        coming = pool.submit(following)
        while block := coming.result():
            coming = pool.submit(following)
            yield block


def blocks_at_its_pace(
    reader: Reader, apart: Callable[[int], Generator[Block]], clock: Callable[[], float] = time.monotonic
) -> Generator[Block]:
    """
    What is left in *reader*, read ahead as by `blocks_of`; once one connection has proven slow, the rest *apart*.

    That is called with the number of bytes that have come, when nobody reads from *reader* any more: it may close it.
    """
    pace = _Pace(clock)

    def following() -> list[bytes]:
        return [] if pace.slow else pace.coming(lambda: block_of(reader))

    came = 0
    with closing(_ahead(following)) as blocks:
        for block in blocks:
            came += sum(map(len, block))
            with pace.working():
                yield block
    if pace.slow:
        yield from apart(came)


class _Pace:
    """How long the first blocks take to come, and to be worked on."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._line: list[float] = []
        self._work: list[float] = []

    @cached_property
    def _judged(self) -> bool:
        return _mean(self._line[1:] or self._line) > SLOW * _mean(self._work)

    @property
    def slow(self) -> bool:
        """Whether the line is, compared with us; False as long as too little has come."""
        return len(self._line) >= TRIED and bool(self._work) and self._judged

    def coming(self, read: Callable[[], list[bytes]]) -> list[bytes]:
        """What *read* gives, timed."""
        begun = self._clock()
        block = read()
        if block and len(self._line) < TRIED:
            self._line.append(self._clock() - begun)
        return block

    @contextmanager
    def working(self) -> Iterator[None]:
        """Somebody works on a block meanwhile."""
        begun = self._clock()
        yield
        if len(self._work) < TRIED:
            self._work.append(self._clock() - begun)


def blocks_apart(ranges: Ranges, path: Path, span: Span, etag: str, lanes: int) -> Generator[Block]:
    """
    The bytes of *path* in *span*, block by block, as many as *lanes* there or on their way.

    All are of the content with this *etag*.  Close the generator as that of `blocks_of`.
    """
    start, end = span
    cuts = ((at, min(at + BLOCK, end)) for at in range(start, end, BLOCK))
    blocks = ranges.read(path, cuts, expect=etag, at_once=lanes)
    return _ahead(lambda: list(islice(blocks, 1)))


def mark_of(block: Iterable[bytes]) -> str:
    """The mark of *block*: its BLAKE3, in hex."""
    digest = blake3()
    for data in block:
        digest.update(data)
    return digest.hexdigest()


def gives_back(reader: Reader, marks: Iterable[str], size: int) -> bool:
    """Whether *reader* has exactly the blocks with these *marks*, *size* bytes in all, and then ends."""
    found = 0
    for mark in marks:
        digest = blake3()
        for data in _pieces(reader, BLOCK):
            digest.update(data)
            found += len(data)
        if digest.hexdigest() != mark:
            return False
    return found == size and not reader.read(1)


def _mean(values: list[float]) -> float:
    return fsum(values) / len(values)
