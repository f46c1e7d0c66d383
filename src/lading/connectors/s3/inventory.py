"""
An S3 Inventory on disk: its manifest, and the objects that its files tell.

The format is that of "Amazon S3 Inventory" in the User Guide (`manifest.json`, CSV in gzip without a header and with
escaped keys, Parquet).  Files are read one after the other, never whole into memory.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from lading.connectors.s3.answers import moment_of
from lading.connectors.s3.facts import Listed
from lading.model.errors import BadAddress
from lading.model.paths import name_from
from lading.model.text import Text

_ROWS = 10_000
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a `manifest.json` says; *files* are paths with their MD5, *at* is the moment of the inventory."""

    bucket: str
    at: int
    fields: tuple[str, ...]
    kind: str
    files: tuple[tuple[str, str], ...]
    digest: str
    """SHA-256 of the manifest, in hex."""


def inventory_in(folder: str, address: str) -> Inventory:
    """
    The inventory whose manifest lies in *folder*, or is the file itself.

    Raises:
        BadAddress: it is none, a field is missing, or a file is not there.
    """
    manifest = folder if os.path.isfile(folder) else os.path.join(folder, "manifest.json")
    try:
        with open(manifest, "rb") as stream:
            raw = stream.read()
        told = json.loads(raw)
        fields = (
            tuple(_plain(name) for name in told["fileSchema"].split(","))
            if told["fileFormat"] == "CSV"
            else ()
        )
        files = tuple(
            (_found(manifest, it["key"], address), it.get("MD5checksum", "")) for it in told["files"]
        )
        at = int(told["creationTimestamp"]) * 1_000_000
        found = Inventory(
            told["sourceBucket"],
            at,
            fields,
            told["fileFormat"].upper(),
            files,
            hashlib.sha256(raw).hexdigest(),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise _bad(address, type(problem).__name__) from None
    if found.kind not in ("CSV", "PARQUET") or (found.fields and not {"key", "size"} <= {*found.fields}):
        raise _bad(address, "CSV or Parquet with Key and Size")
    return found


def objects_in(inventory: Inventory, address: str) -> Iterator[Listed]:
    """
    Every present object that the files tell, in their order.

    Raises:
        BadAddress: a file is damaged.
    """
    for file, md5 in inventory.files:
        _check(file, md5, address)
        rows = _csv_rows(file, inventory.fields) if inventory.kind == "CSV" else _parquet_rows(file)
        try:
            for row in rows:
                if _truth(row.get("islatest", "true")) and not _truth(row.get("isdeletemarker", "false")):
                    yield _listed(row)
        except (OSError, EOFError, ValueError, KeyError, csv.Error) as problem:
            raise _bad(address, f"{os.path.basename(file)}: {type(problem).__name__}") from None


def _csv_rows(file: str, fields: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    with gzip.open(file, "rb") as stream, io.TextIOWrapper(stream, "utf-8", newline="") as text:
        for row in csv.reader(text):
            told: dict[str, Any] = dict(zip(fields, row, strict=False))
            told["key"] = name_from(unquote_to_bytes(told["key"].replace("+", " ")))
            yield told


def _parquet_rows(file: str) -> Iterator[Mapping[str, Any]]:
    import pyarrow.parquet as pq  # noqa: PLC0415 (takes longer to load than most buckets to list)

    with pq.ParquetFile(file) as parquet:
        for batch in parquet.iter_batches(_ROWS):
            for row in batch.to_pylist():
                yield {_plain(name): value for name, value in row.items()}


def _listed(row: Mapping[str, Any]) -> Listed:
    modified = row.get("lastmodifieddate") or ""
    return Listed(
        row["key"],
        int(row["size"] or 0),
        str(row.get("etag") or "").strip('"'),
        moment_of(modified if isinstance(modified, str) else modified.isoformat()),
        str(row.get("storageclass") or ""),
    )


def _found(manifest: str, key: str, address: str) -> str:
    """The file called *key*, wherever below or beside the manifest it was put."""
    base, name = os.path.dirname(os.path.abspath(manifest)), os.path.basename(key)
    for place in (base, os.path.join(base, "data"), os.path.join(base, "..", "data")):
        if os.path.isfile(os.path.join(place, name)):
            return os.path.join(place, name)
    raise _bad(address, f"{name} is missing")


def _check(file: str, md5: str, address: str) -> None:
    digest = hashlib.md5(usedforsecurity=False)
    with open(file, "rb") as stream:
        while block := stream.read(_PIECE):
            digest.update(block)
    if md5 and digest.hexdigest() != md5.lower():
        raise _bad(address, f"{os.path.basename(file)} is damaged")


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "")


def _truth(value: object) -> bool:
    return value is True or str(value).lower() == "true"


def _bad(address: str, why: str) -> BadAddress:
    return BadAddress(address, Text(f"the inventory cannot be used: {why}", f"无法使用该清单：{why}"))
