"""
What a name resolves to: by the system's way, and by each resolver asked by itself.
"""

from __future__ import annotations

import secrets
import socket
import struct
import time

from lading.stages.readiness.facts.network import Resolution, ResolverAnswer

RESOLV = "/etc/resolv.conf"
_TYPES = {1: socket.AF_INET, 28: socket.AF_INET6}
"""Records A (RFC 1035) and AAAA (RFC 3596)."""


def resolved(host: str) -> Resolution:
    """All addresses of *host*, and what each resolver of this machine says by itself."""
    begun = time.monotonic()
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        return Resolution(
            seconds=time.monotonic() - begun, error=str(problem)[:200], answers=_each(host, resolvers())
        )
    seconds = time.monotonic() - begun
    addresses = tuple(dict.fromkeys(str(it[4][0]) for it in found))
    asked = () if host in addresses else _each(host, resolvers())
    return Resolution(addresses=addresses, seconds=seconds, answers=asked)


def resolvers(file: str = RESOLV) -> tuple[str, ...]:
    """The resolvers that *file* names, three at most as the C library takes them (resolv.conf(5))."""
    try:
        with open(file, encoding="utf-8", errors="replace") as stream:
            lines = [line.split() for line in stream]
    except OSError:
        return ()
    return tuple(line[1] for line in lines if len(line) > 1 and line[0] == "nameserver")[:3]


def _each(host: str, servers: tuple[str, ...]) -> tuple[ResolverAnswer, ...]:
    return tuple(answered(host, server) for server in servers)


def answered(host: str, server: str, *, port: int = 53, timeout: float = 3.0) -> ResolverAnswer:
    """What *server* says of *host*: one datagram for each family of addresses."""
    begun = time.monotonic()
    found: list[str] = []
    try:
        for kind in _TYPES:
            found += _asked(host, server, port, kind, timeout)
    except (OSError, UnicodeError, ValueError, IndexError, struct.error) as problem:
        error = str(problem)[:200] or type(problem).__name__
        return ResolverAnswer(resolver=server, seconds=time.monotonic() - begun, error=error)
    return ResolverAnswer(resolver=server, addresses=tuple(sorted(found)), seconds=time.monotonic() - begun)


def _asked(host: str, server: str, port: int, kind: int, timeout: float) -> list[str]:
    number = secrets.randbits(16)
    labels = host.encode("idna").strip(b".").split(b".")
    name = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    question = struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + name + struct.pack("!2H", kind, 1)
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as it:
        it.settimeout(timeout)
        it.connect((server, port))
        it.send(question)
        answer = it.recv(4096)
    return read_answer(answer, number, kind)


def read_answer(answer: bytes, number: int, kind: int) -> list[str]:
    """
    The addresses in the DNS message *answer* (RFC 1035, 4.1).

    Raises:
        ValueError, IndexError, struct.error: it is no answer to this question, or not well formed.
    """
    said, flags, questions, answers, _, _ = struct.unpack_from("!6H", answer)
    if said != number or not flags & 0x8000:
        raise ValueError("not an answer to the question")
    if flags & 0xF not in (0, 3):
        raise ValueError(f"the resolver refuses, code {flags & 0xF}")
    at = 12
    for _ in range(questions):
        at = _after_name(answer, at) + 4
    found = []
    for _ in range(answers):
        at = _after_name(answer, at)
        its_kind, _, _, size = struct.unpack_from("!HHIH", answer, at)
        data = answer[at + 10 : at + 10 + size]
        at += 10 + size
        if its_kind == kind:
            found.append(socket.inet_ntop(_TYPES[kind], data))
    return found


def _after_name(message: bytes, at: int) -> int:
    while message[at]:
        if message[at] >= 0xC0:
            return at + 2
        at += message[at] + 1
    return at + 1
