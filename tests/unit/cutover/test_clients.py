"""Clients of OLD are made to compare anew once after something was carried, and no more often."""

from __future__ import annotations

from pathlib import Path as LocalPath

from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.model.errors import Forbidden
from lading.stages.cutover.clients import Clients, expire, instruction
from lading.stages.cutover.state import Home, Lines


class Feed:
    """A change feed whose cursors expire, unless the account may not do that."""

    def __init__(self, may: bool) -> None:
        self.may, self.expired = may, 0

    def expire(self) -> None:
        """Count it, or refuse."""
        if not self.may:
            raise Forbidden((), "it manages no space")
        self.expired += 1


def carried(home: Home) -> None:
    lines = Lines(home.carried)
    lines.add({"row": {}})
    lines.close()


def test_cursors_expire_once_after_something_was_carried(tmp_path: LocalPath) -> None:
    """Not where nothing was, not twice for the same, and again when a later run carried more."""
    drive, home, feed = MemoryDrive(MemoryStore()), Home(tmp_path), Feed(may=True)
    drive.changes = feed  # type: ignore[assignment]
    assert (Clients(False), 0) == (expire(drive, home), feed.expired)
    for count in (1, 2):
        carried(home)

        for _ in range(2):
            assert (Clients(True), count) == (expire(drive, home), feed.expired)


def test_who_may_not_is_told_what_to_do(tmp_path: LocalPath) -> None:
    """The reason, and the command on the server; the next run tries again."""
    drive, home = MemoryDrive(MemoryStore()), Home(tmp_path)
    carried(home)
    assert Clients(False, "unable") == expire(drive, home)
    drive.changes = Feed(may=False)  # type: ignore[assignment]
    refused = expire(drive, home)
    assert Clients(False, "forbidden") == refused
    assert "lading drive new-epoch" in instruction("lading", refused).zh

    drive.changes = Feed(may=True)  # type: ignore[assignment]

    assert Clients(True) == expire(drive, home)
    assert "new-epoch" not in instruction("lading", Clients(True)).en
