"""
A proxy before one server that limits bodies, cuts what takes long, and refuses methods, as proxies of firms do.

It reads the head of each request; what passes is carried as it is, one request for each connection.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """*largest* bytes of a body (0: any), seconds after which a connection is cut (0: never), methods refused."""

    largest: int = 0
    cut_after: float = 0.0
    refuse: frozenset[str] = frozenset()


async def _serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: tuple[str, int], rules: Rules
) -> None:
    try:
        async with asyncio.timeout(rules.cut_after or None):
            head = await reader.readuntil(b"\r\n\r\n")
            if status := _refused(head, rules):
                writer.write(b"HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)
                await writer.drain()
                return
            inside, outside = await asyncio.open_connection(*server)
            with contextlib.closing(outside):
                outside.write(_closing(head))
                up = asyncio.create_task(_carry(reader, outside, rules.largest))
                await _carry(inside, writer, 0)
                up.cancel()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        # A proxy that cuts says nothing.
        return
    finally:
        writer.transport.abort() if rules.cut_after else writer.close()


def _refused(head: bytes, rules: Rules) -> bytes:
    method = head.split(b" ", 1)[0].decode("latin-1")
    if method in rules.refuse:
        return b"405 Method Not Allowed"
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length" and rules.largest and int(value) > rules.largest:
            return b"413 Content Too Large"
    return b""


def _closing(head: bytes) -> bytes:
    """*head*, after whose answer the connection ends; an upgrade stays one."""
    if b"\r\nupgrade:" in head.lower():
        return head
    return head[:-2] + b"Connection: close\r\n\r\n"


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter, most: int) -> None:
    carried = 0
    while data := await source.read(65_536):
        carried += len(data)
        if most and carried > most + (1 << 16):
            target.transport.abort()
            return
        target.write(data)
        await target.drain()


def _place(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


async def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("listen", type=_place)
    parser.add_argument("server", type=_place)
    parser.add_argument("--largest", type=int, default=0)
    parser.add_argument("--cut-after", type=float, default=0.0)
    parser.add_argument("--refuse", action="append", default=[])
    given = parser.parse_args()
    rules = Rules(given.largest, given.cut_after, frozenset(given.refuse))
    server = await asyncio.start_server(
        lambda reader, writer: _serve(reader, writer, given.server, rules), *given.listen
    )
    sys.stderr.write(f"at {given.listen[1]}\n")
    sys.stderr.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
