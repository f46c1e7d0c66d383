"""An inventory in place of a listing: the same entries, without asking the bucket."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from pathlib import Path as LocalPath
from urllib.parse import quote_plus

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lading.connectors.address import Address
from lading.connectors.api import Drive
from lading.connectors.conditions import ANYTHING
from lading.connectors.listing import list_all
from lading.connectors.s3 import open as open_s3
from lading.model.errors import BadAddress, NotFound, ReadOnly, Unreadable, WrongKind
from lading.model.paths import ROOT, Path
from lading.testkit.contract.support import walked

SCHEMA = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass"
AT = 1_790_000_000_000
ROWS = (
    ("a b+c/合同.docx", "true", "false", 5, "STANDARD"),
    ("a b+c/合同.docx", "false", "false", 4, "STANDARD"),
    ("removed", "true", "true", 0, ""),
    ("cold/a", "true", "false", 7, "DEEP_ARCHIVE"),
    ("both", "true", "false", 1, "STANDARD"),
    ("both/below", "true", "false", 1, "STANDARD"),
    ("empty/", "true", "false", 0, "STANDARD"),
    ("marker/", "true", "false", 9, "STANDARD"),
    ("x//y", "true", "false", 1, "STANDARD"),
    (".lading-parts/ours", "true", "false", 1, "STANDARD"),
)
EXPECTED = {
    ("a b+c",),
    ("a b+c", "合同.docx"),
    ("cold",),
    ("cold", "a"),
    ("both",),
    ("[s3 file]both",),
    ("both", "below"),
    ("empty",),
    ("marker",),
    ("marker", "[s3 content]"),
    ("x",),
    ("x", "[s3 empty]"),
    ("x", "[s3 empty]", "y"),
}


def _inventory(
    folder: LocalPath, kind: str, rows: tuple[tuple[str, str, str, int, str], ...] = ROWS
) -> LocalPath:
    """An inventory as S3 delivers it."""
    folder.mkdir(exist_ok=True)
    data = folder / f"part.{kind}"
    if kind == "csv":
        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_ALL)
        for key, latest, removed, size, storage in rows:
            when = "2026-01-02T03:04:05.000Z"
            writer.writerow(["deals", quote_plus(key), "v", latest, removed, size, when, "tag", storage])
        data.write_bytes(gzip.compress(text.getvalue().encode()))
    else:
        told = [
            {
                "key": key,
                "is_latest": latest == "true",
                "is_delete_marker": removed == "true",
                "size": size,
                "storage_class": storage,
            }
            for key, latest, removed, size, storage in rows
        ]
        pq.write_table(pa.Table.from_pylist(told), data)
    manifest = {
        "sourceBucket": "deals",
        "creationTimestamp": str(AT),
        "fileFormat": {"csv": "CSV", "parquet": "Parquet"}[kind],
        "fileSchema": SCHEMA,
        "files": [
            {"key": f"inventory/data/{data.name}", "MD5checksum": hashlib.md5(data.read_bytes()).hexdigest()}
        ],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def _opened(folder: LocalPath, place: str = "deals") -> Drive:
    # A port where nobody listens: that nothing is asked is part of the claim.
    return open_s3(Address("s3", place, {"endpoint": "http://127.0.0.1:9", "inventory": str(folder)}))


@pytest.fixture(autouse=True)
def _own_temporary_files(tmp_path: LocalPath, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_every_object_is_told_once(tmp_path: LocalPath, kind: str) -> None:
    """Present objects and the folders above them are listed, earlier versions and removals are not."""
    with _opened(_inventory(tmp_path / "inventory", kind)) as drive:
        found = walked(drive)

        assert EXPECTED == {entry.path for entry in found}
        assert len(EXPECTED) == len(found)
        assert found == [drive.stat(entry.path) for entry in found]


def test_facts_of_objects(tmp_path: LocalPath) -> None:
    """Size, time, tag and what lies in an archive come from the inventory; its date stands in the address."""
    with _opened(_inventory(tmp_path / "inventory", "csv")) as drive:
        entry = drive.stat(("a b+c", "合同.docx"))

        assert (5, 1_767_323_045_000_000_000, "tag") == (entry.size, entry.modified, entry.etag)
        assert Unreadable.code == drive.stat(("cold", "a")).problem
        assert "inventory of 2026-09-21" in drive.profile.address


def test_below_a_prefix(tmp_path: LocalPath) -> None:
    """A drive opened at a prefix has what lies below it."""
    with _opened(_inventory(tmp_path / "inventory", "csv"), "deals/both") as drive:
        assert [("below",)] == [entry.path for entry in walked(drive)]


def test_large_folders_come_in_pages(tmp_path: LocalPath) -> None:
    """A folder of some thousand objects and folders is listed whole, each entry once."""
    rows = tuple(
        (f"big/{number:05d}" + ("/x" if number % 2 else ""), "true", "false", 1, "STANDARD")
        for number in range(4500)
    )
    with _opened(_inventory(tmp_path / "inventory", "csv", rows)) as drive:
        found: list[Path] = [entry.path for entry in list_all(drive, ("big",))]

        assert 4500 == len(found) == len(set(found))


def test_the_past_takes_no_changes(tmp_path: LocalPath) -> None:
    """Nothing can be written, made or removed; what is not there is said."""
    with _opened(_inventory(tmp_path / "inventory", "csv")) as drive:
        with pytest.raises(ReadOnly):
            drive.write(("x",), [b"x"], expect=ANYTHING)
        with pytest.raises(ReadOnly):
            drive.make_folder(("x",))
        with pytest.raises(ReadOnly):
            drive.remove(("both",), expect=ANYTHING)
        with pytest.raises(NotFound):
            drive.list(("none",))
        with pytest.raises(WrongKind):
            drive.list(("cold", "a"))
        assert drive.stat(ROOT).is_folder


def test_damaged_inventories_are_refused(tmp_path: LocalPath) -> None:
    """A file that is not the one of the manifest, or that is missing, is no inventory; nor is that of another bucket."""
    folder = _inventory(tmp_path / "inventory", "csv")
    with pytest.raises(BadAddress):
        _opened(folder, "others")
    (folder / "part.csv").write_bytes(b"damaged")
    with pytest.raises(BadAddress):
        _opened(folder)
    (folder / "part.csv").unlink()
    with pytest.raises(BadAddress):
        _opened(folder)
