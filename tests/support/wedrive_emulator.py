"""What the tests of the WeDrive emulator share."""

from collections.abc import Iterator

from lading.testkit.servers.wedrive import WeDriveEmulator
from lading.testkit.wedrive.caller import Caller
from lading.testkit.wedrive.switches import Switches

BLOCK = 2_097_152
NOON = 1_780_000_000  # 28 May 2026, 20:26 UTC; in China 29 May, 04:26


def as_at_the_start(server: WeDriveEmulator) -> WeDriveEmulator:
    """*server* with its switches, clock, counters and tokens as after its first start."""
    defaults = Switches()
    server.control("configure", **{it: getattr(defaults, it) for it in Switches.__dataclass_fields__})
    server.control("clock", now=NOON)
    server.control("forgive")
    server.control("forget_counters")
    server.control("expire_tokens", invalidate=True)
    return server


def calling(server: WeDriveEmulator, secret: str = "", userid: str = "") -> Iterator[Caller]:
    """A caller with *secret*, or as the app; for a fixture to yield from."""
    made = Caller(server.url, server.corpid, secret or server.secret, userid=userid)
    yield made
    made.close()


def blocks(content: bytes) -> Iterator[bytes]:
    """*content* in blocks of 2 MiB; nothing is one empty block."""
    for start in range(0, max(1, len(content)), BLOCK):
        yield content[start : start + BLOCK]
