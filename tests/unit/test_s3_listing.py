"""
Whatever keys a bucket holds, each is found by walking through folders: once, under a name of its own.

The bucket is a dictionary that lists as Amazon documents ListObjectsV2: in the order of bytes, page by page, with common
prefixes; real servers at hand refuse half of these keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from hypothesis import given, settings
from hypothesis import strategies as st

from lading.connectors.http.session import Answer
from lading.connectors.s3.keys import file_key, folder_key
from lading.connectors.s3.listing import Folder
from lading.connectors.s3.wire import Ask
from lading.model.entry import Entry
from lading.model.paths import Path

SEGMENTS = st.sampled_from(["", ".", "..", "a", "a!", "a-", "b", "[s3 dot]", "[s3 file]a", "融"])
KEYS = st.dictionaries(
    st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join).filter(bool), st.integers(0, 1), max_size=12
)


class _Bucket:
    """As much of a wire as listings need."""

    def __init__(self, sizes: dict[str, int], page: int) -> None:
        self.prefix = ""
        self.options = SimpleNamespace(server_times=True)
        self._sizes, self._page = sizes, page

    def stream(self, ask: Ask) -> Any:
        query = dict(ask.query)
        rows = self._rows(query.get("prefix", ""), query.get("delimiter", ""))
        start = int(query.get("continuation-token", "0"))
        most = min(self._page, int(query.get("max-keys", "1000")))
        more = "true" if start + most < len(rows) else "false"
        body = "".join(rows[start : start + most])
        text = (
            f"<ListBucketResult><IsTruncated>{more}</IsTruncated><EncodingType>url</EncodingType>{body}"
            f"<NextContinuationToken>{start + most}</NextContinuationToken></ListBucketResult>"
        )
        blocks = iter([text.encode(), b""])
        return SimpleNamespace(status=200, headers={}, read=lambda _: next(blocks), close=lambda: None)

    def _rows(self, prefix: str, delimiter: str) -> list[str]:
        """The rows of a listing, in the order of their keys."""
        found = set()
        for key, size in self._sizes.items():
            if key.startswith(prefix):
                inner, slash, _ = key[len(prefix) :].partition("/")
                if delimiter and slash:
                    found.add((prefix + inner + slash, -1))
                else:
                    found.add((key, size))
        return [_row(*row) for row in sorted(found, key=lambda row: row[0].encode())]


def _row(name: str, size: int) -> str:
    told = escape(quote(name))
    if size < 0:
        return f"<CommonPrefixes><Prefix>{told}</Prefix></CommonPrefixes>"
    return f"<Contents><Key>{told}</Key><Size>{size}</Size></Contents>"


def _walked(bucket: _Bucket) -> list[Entry]:
    found: list[Entry] = []
    waiting: list[Path] = [()]
    while waiting:
        folder = waiting.pop()
        listing, token = Folder(bucket, folder, folder_key(folder)), None  # type: ignore[arg-type]
        while True:
            entries, token, _ = listing.page(token)
            found += entries
            waiting += [entry.path for entry in entries if entry.is_folder]
            if token is None:
                break
    return found


@settings(max_examples=150, deadline=None)
@given(KEYS, st.integers(1, 5))
def test_every_key_is_found_once(sizes: dict[str, int], page: int) -> None:
    """Each object but empty markers is one file, each prefix one folder, on pages of any size; no path comes twice."""
    found = _walked(_Bucket(sizes, page))
    files = sorted(file_key(entry.path) for entry in found if entry.is_file)
    folders = {folder_key(entry.path) for entry in found if entry.is_folder}

    assert sorted(key for key, size in sizes.items() if size or not key.endswith("/")) == files
    assert {key[: at + 1] for key in sizes for at in range(len(key)) if key[at] == "/"} == folders
    assert len(found) == len({entry.path for entry in found})


class _Told(_Bucket):
    """A page of objects with these storage classes and etags, which notes who is asked about singly."""

    def __init__(self, objects: dict[str, tuple[str, str]]) -> None:
        super().__init__(dict.fromkeys(objects, 1), 100)
        self.options = SimpleNamespace(server_times=False)
        self.asked: list[str] = []
        self._objects = objects

    def _rows(self, prefix: str, delimiter: str) -> list[str]:
        return [
            f"<Contents><Key>{key}</Key><Size>1</Size><ETag>{etag}</ETag><StorageClass>{storage}</StorageClass>"
            "<LastModified>2026-11-26T11:44:20.000Z</LastModified></Contents>"
            for key, (storage, etag) in sorted(self._objects.items())
        ]

    def heads(self, asks: Iterable[tuple[str, Path, object]]) -> Iterator[Answer]:
        for key, _, _ in asks:
            self.asked.append(key)
            yield Answer(200, {"content-length": "1", "etag": '"told"', "x-amz-meta-mtime": "7"}, b"")


def test_brief_listings_ask_about_what_the_listing_leaves_open() -> None:
    """Only what may be frozen, or what nobody could know again, is asked for; all else has the time of the server."""
    objects = {"a": ("STANDARD", "1"), "b": ("GLACIER", "2"), "c": ("", ""), "d": ("", "4")}
    brief, full = _Told(objects), _Told(objects)
    told = Folder(brief, (), "", brief=True).page(None)[0]  # type: ignore[arg-type]
    Folder(full, (), "").page(None)  # type: ignore[arg-type]

    assert ["b", "c"] == brief.asked
    assert ["a", "b", "c", "d"] == full.asked
    assert [1_795_693_460, 7, 7, 1_795_693_460] == [(it.modified or 0) // 10**9 for it in told]
    assert ["1", "told", "told", "4"] == [it.etag for it in told]
