"""
An export keeps the reading half of the contract, whatever it is packed in, with every table beside it.
"""

from __future__ import annotations

import csv
import hashlib
import tarfile
import zipfile
from pathlib import Path as LocalPath

import pytest

from lading.connectors.address import parse
from lading.connectors.registry import open_drive as open_address
from lading.testkit.contract import OpenDrive, RefusesChanges

CONTENTS = {
    **{f"合同 Contracts/第{number}号 file.docx": bytes(range(256)) * (number * 4 + 1) for number in range(5)},
    "合同 Contracts/2024/deep.pdf": b"deep " * 99,
    "history/deep.1": b"an earlier content",
    "nothing.txt": b"",
    "one.bin": b"1",
    **{f"many/{number:04}.txt": b"x" * (number % 7) for number in range(200)},
}
HEAD = ("path", "author", "modified", "version", "grants", "content", "link", "sha256")
ROWS = (
    ("合同 Contracts/", "", "2024-01-05", "", "break; group:Legal=edit; user:ann=deny upload", "", "", ""),
    ("合同 Contracts/2024/deep.pdf", "ann", "2024-03-05T14:30:00Z", "1", "", "history/deep.1", "", ""),
    (
        "合同 Contracts/2024/deep.pdf",
        "bob",
        "2024-03-06T14:30:00Z",
        "2",
        "everybody=preview",
        "",
        "download",
        "",
    ),
)
PEOPLE = (
    ("kind", "id", "name", "login", "mail", "groups"),
    ("group", "Legal", "Legal department", "", "", ""),
    ("user", "ann", "Ann Lee", "ann", "ann@firm.example", "Legal"),
)


@pytest.fixture
def tables(tmp_path: LocalPath) -> dict[str, str]:
    """Facts about every file, and people of whom one is only named as an author."""
    named = {row[0] for row in ROWS}
    others = [
        (path, "", "2024-01-02T03:04:05Z", "", "", "", "", hashlib.sha256(content).hexdigest())
        for path, content in CONTENTS.items()
        if path not in named and not path.startswith("history/")
    ]
    for name, rows in (("facts", (HEAD, *ROWS, *others)), ("people", PEOPLE)):
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream).writerows(rows)
    return {"facts": str(tmp_path / "facts.csv"), "people": str(tmp_path / "people.csv")}


class ExportContract(RefusesChanges):
    """With what an archive of this kind packs."""

    @pytest.fixture
    def packed(self, tmp_path: LocalPath) -> LocalPath:
        raise NotImplementedError

    @pytest.fixture
    def open_drive(self, packed: LocalPath, tables: dict[str, str]) -> OpenDrive:
        return lambda: open_address(parse(f"export:{packed}", tables))


class TestZip(ExportContract):
    """Stored and deflated members."""

    @pytest.fixture
    def packed(self, tmp_path: LocalPath) -> LocalPath:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for number, (path, content) in enumerate(CONTENTS.items()):
                method = zipfile.ZIP_DEFLATED if number % 2 else zipfile.ZIP_STORED
                archive.writestr(path, content, compress_type=method)
        return tmp_path / "a.zip"


class TestTar(ExportContract):
    """Plain, read in place."""

    mode = "w"

    @pytest.fixture
    def packed(self, tmp_path: LocalPath) -> LocalPath:
        folder = unpacked(tmp_path / "tree")
        with tarfile.open(tmp_path / "a.tar", self.mode) as archive:
            archive.add(folder, arcname=".")
        return tmp_path / "a.tar"


class TestTarGzip(TestTar):
    """Compressed, unpacked once."""

    mode = "w:gz"


class TestFolder(ExportContract):
    """As it stands."""

    @pytest.fixture
    def packed(self, tmp_path: LocalPath) -> LocalPath:
        return unpacked(tmp_path / "tree")


class TestNothingBeside(RefusesChanges):
    """A zip alone, without any table: content and times."""

    @pytest.fixture
    def open_drive(self, tmp_path: LocalPath) -> OpenDrive:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for path, content in list(CONTENTS.items())[:8]:
                archive.writestr(path, content)
        return lambda: open_address(parse(f"export:{tmp_path / 'a.zip'}"))


def unpacked(root: LocalPath) -> LocalPath:
    """The contents as files below *root*."""
    for path, content in CONTENTS.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root
