"""
One connection through the bad network, with two pumps in each direction.

One pump takes what a side sends and stamps it with the time at which it may
arrive; the other delivers it.  So latency delays bytes without slowing them.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Coroutine
from random import Random
from typing import Any, Protocol, TypeAlias

from lading.testkit.badnet.rules import Fate, Rules

Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Waiting: TypeAlias = "asyncio.Queue[tuple[float, bytes]]"

_CHUNK = 1 << 16
# Bounds what is in flight per direction: 4 MiB allow 40 MB/s at 100 ms.
_CHUNKS_IN_FLIGHT = 64
_PATIENCE = 10.0


class Shared(Protocol):
    """What a connection needs to know of the line that all connections share."""

    on: bool

    @property
    def live_rules(self) -> Rules:
        """The rules that hold now."""

    def count(self, what: str, by: int = 1) -> None:
        """Add to one of the counts."""

    async def wait_for_room(self, size: int) -> None:
        """Wait until *size* more bytes fit into the bandwidth."""


class _Dropped(Exception):
    """This connection is to be reset now."""


class _Truncated(Exception):
    """What the server sends is to end now."""


class Wire:
    """One connection, until its fate meets it or both ends are done."""

    def __init__(self, line: Shared, fate: Fate, seed: str) -> None:
        self._line = line
        self._fate = fate
        self._seed = seed
        self._up = 0
        self._down = 0

    async def carry(self, client: Streams, server: Streams) -> None:
        pumps = [*self._pump(client[0], server[1], down=False), *self._pump(server[0], client[1], down=True)]
        tasks = [asyncio.create_task(pump) for pump in pumps]
        try:
            await asyncio.gather(*tasks)
            await _end(client[1])
        except _Dropped:
            self._line.count("dropped")
        except _Truncated:
            self._line.count("truncated")
            await _end(client[1])
        except OSError:
            pass  # one end broke off; the other one is reset like it
        finally:
            for task in tasks:
                task.cancel()
            reset(server[1])

    def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, down: bool
    ) -> tuple[Coroutine[Any, Any, None], Coroutine[Any, Any, None]]:
        queue: Waiting = asyncio.Queue(_CHUNKS_IN_FLIGHT)
        return self._take(source, queue, Random(f"{self._seed}/{down}")), self._deliver(queue, sink, down)

    async def _take(self, source: asyncio.StreamReader, queue: Waiting, rng: Random) -> None:
        """Queue what *source* sends, each chunk with the time from which it may arrive; an empty chunk ends it."""
        clock = asyncio.get_running_loop().time
        due = 0.0
        chunk = b"-"
        while chunk:
            rules = self._line.live_rules
            chunk = await source.read(_grain(rules))
            due = max(due, clock() + rules.latency + rules.jitter * rng.random())
            await queue.put((due, chunk))

    async def _deliver(self, queue: Waiting, sink: asyncio.StreamWriter, down: bool) -> None:
        while True:
            due, chunk = await queue.get()
            await self._wait_until(due)
            if not chunk:
                sink.write_eof()
                return
            admitted, ending = self._admit(chunk, down)
            await self._line.wait_for_room(len(admitted))
            sink.write(admitted)
            await sink.drain()
            self._line.count("bytes_down" if down else "bytes_up", len(admitted))
            if ending:
                raise ending

    async def _wait_until(self, due: float) -> None:
        if (late := due - asyncio.get_running_loop().time()) > 0:
            self._line.count("delayed_chunks")
            await asyncio.sleep(late)

    def _admit(self, chunk: bytes, down: bool) -> tuple[bytes, Exception | None]:
        """Return what of *chunk* may pass, and the end that comes after it, if one does."""
        ends: list[tuple[int, Exception]] = []
        if self._line.on and self._fate.drop_at is not None:
            ends.append((self._fate.drop_at - self._up - self._down, _Dropped()))
        if self._line.on and down and self._fate.truncate_at is not None:
            ends.append((self._fate.truncate_at - self._down, _Truncated()))
        room, ending = min(ends, key=lambda end: end[0], default=(len(chunk), None))
        admitted = chunk[: max(0, room)]
        if down:
            self._down += len(admitted)
        else:
            self._up += len(admitted)
        return admitted, ending if room <= len(chunk) else None


def _grain(rules: Rules) -> int:
    """Return how many bytes travel at once: small ones on a slow line, so that it trickles and does not stutter."""
    rate = rules.bytes_per_second
    return _CHUNK if rate is None else min(_CHUNK, max(256, int(rate / 20)))


def reset(writer: asyncio.StreamWriter) -> None:
    """Close at once; a peer that still expects something sees a reset."""
    if not writer.is_closing():
        plug = writer.get_extra_info("socket")
        # Lingering for zero seconds makes close() send RST instead of FIN.
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


async def _end(writer: asyncio.StreamWriter) -> None:
    """Let what was written arrive, then end in order (FIN)."""
    writer.close()
    with contextlib.suppress(OSError):
        await asyncio.wait_for(writer.wait_closed(), _PATIENCE)
