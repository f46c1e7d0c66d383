"""What a rollback does to a file of OLD that changes under it."""

from __future__ import annotations

import io
from contextlib import nullcontext
from pathlib import Path as LocalPath

from lading.connectors.conditions import ANYTHING
from lading.connectors.memory import MemoryDrive, MemoryStore
from lading.stages.cutover.contents import Contents
from lading.stages.cutover.deeds import Because, Deed, Do
from lading.stages.cutover.performing import Performing
from lading.stages.cutover.state import Facts, Home
from lading.stages.cutover.tracing import Content, Traced
from support.rollbacks import files


def test_a_file_that_changed_since_it_was_looked_at_is_left_alone(tmp_path: LocalPath) -> None:
    """Where OLD has no versions and gave no etag: what people saved meanwhile stays, and the work does not go on for ever."""
    drive = MemoryDrive(MemoryStore(offers=["partials", "moves"]))
    drive.write(("f.txt",), [b"saved meanwhile"], expect=ANYTHING)
    home = Home(tmp_path)
    sha256, size = Contents(home.contents).keep(nullcontext(io.BytesIO(b"edited in NEW")))
    it = Traced(("f.txt",), Facts("file"), None, [Content(sha256, size, 0, None, "")], 1)
    deed = Deed(
        Do.VERSION, Because.EDITED, it.path, it.path, None, tuple(it.contents), None, "0" * 64, it
    )  # fmt: skip
    (done,) = Performing(drive, home, {}).run([deed])

    assert "changed" == done.code
    assert b"saved meanwhile" == files(drive)["f.txt",]
    assert {b"saved meanwhile"} == set(files(drive).values())
