"""
Back to a bucket that keeps versions, and back to a Nextcloud: with the work that was done meanwhile, and nothing lost.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lading.connectors.address import Address
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.registry import open_drive
from lading.testkit.servers import NextcloudDouble, SeaweedServer, require_server
from support.bucket import KEY, SECRET, enable_versions
from support.command import lading
from support.rollbacks import every_content, files, put, switch, walked

LOGIN = "ROLLBACK_KINDS"
FOLDERS = ("贷款协议 Loan", "财务 Model")


@pytest.fixture(params=["s3", "nextcloud"])
def old(request: pytest.FixtureRequest) -> Iterator[Address]:
    """The drive that people left."""
    if request.param == "s3":
        with require_server(SeaweedServer) as server:
            enable_versions(server)
            keys = {"endpoint": server.url, "key": f"env:{KEY}", "secret": f"env:{SECRET}", "create": "yes"}
            yield Address("s3", f"{server.bucket}/firm", keys)
        return
    with require_server(NextcloudDouble) as server:
        os.environ[LOGIN] = server.password
        login = {"user": server.user, "password": f"env:{LOGIN}", "create": "yes"}
        yield Address("nextcloud", f"{server.files}firm/", login)


@pytest.mark.slow
def test_the_way_back(old: Address, tmp_path: Path) -> None:
    """
    Two edits of one file, a new folder, a rename, a deletion on NEW, and an edit on both sides: OLD holds every later
    content and all it had; earlier ones are versions there; what both edited stands twice; the second run changes nothing.
    """
    new = Address("folder", str(tmp_path / "new"), {"create": "yes"})
    (tmp_path / "new").mkdir()
    for side in (old, new):
        with open_drive(side) as drive:
            for folder in FOLDERS:
                for number in range(5):
                    put(drive, (folder, f"文件 {number}.docx"), f"{folder} {number}".encode())
    (tmp_path / "state").mkdir()
    it = switch(old, new, tmp_path / "state" / "job")
    loan = FOLDERS[0]
    with open_drive(new) as drive:
        assert drive.moves is not None
        put(drive, (loan, "文件 0.docx"), b"edited once")
        it.journal()
        put(drive, (loan, "文件 0.docx"), b"edited twice")
        put(drive, (loan, "提款 Drawdown", "新.xlsx"), b"made later")
        drive.moves.move((loan, "文件 1.docx"), (loan, "改名.docx"), expect=ABSENT)
        drive.remove((loan, "文件 2.docx"), expect=ANYTHING)
        put(drive, (loan, "文件 3.docx"), b"both, in NEW")
    with open_drive(old) as drive:
        put(drive, (loan, "文件 3.docx"), b"both, in OLD")
        held = every_content(drive)
        moves = drive.moves is not None
    first = lading("rollback", "--state", tmp_path / "state", "--json")
    with open_drive(old) as drive:
        after, holds = files(drive), every_content(drive)
        versions = [*drive.versions.list((loan, "文件 0.docx"))] if drive.versions else []
        names = [entry.path for entry in walked(drive)]
    second = lading("rollback", "--state", tmp_path / "state", "--json")

    assert 0 == first.code, first.out + first.err
    assert held | {b"edited once", b"edited twice", b"made later", b"both, in NEW"} <= holds
    assert (b"edited twice", 3) == (after[loan, "文件 0.docx"], len(versions))
    assert f"{loan} 1".encode() == after[loan, "改名.docx"]
    assert moves is ((loan, "文件 1.docx") not in names)
    assert f"{loan} 2".encode() == after[loan, "文件 2.docx"]
    assert {b"both, in OLD", b"both, in NEW"} <= set(after.values())
    assert first.json["proof"]["holds"]
    assert (0, True) == (second.json["changed"], second.json["proof"]["holds"])
    assert first.json["clients"]["next"]["zh"]
    with open_drive(old) as drive:
        assert after == files(drive)
