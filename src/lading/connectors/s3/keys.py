"""
Keys and paths: which entry of a drive a key is, and the other way round, exactly.

A key is text; slashes in it mean nothing to S3.  Most keys are paths all the same.  What no path can say gets
a name in square brackets, so that every key is seen, no two look the same, and each is written back as it was:

* `[s3 empty]`, `[s3 dot]`, `[s3 dotdot]`: a folder whose name is empty, `.` or `..` (`a//b`, `/a`, `a/../b`);
* `[s3 content]`: what the marker `folder/` itself holds, if it holds something, as a file in that folder;
* `[s3 file]NAME`: the object `NAME` beside the keys `NAME/...`;
* `[s3 code]TEXT`: a name with NUL or with bytes that are no UTF-8, percent-encoded;
* `[s3 name]NAME`: a name that begins with `[s3 ` itself.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

from lading.model.errors import NameRefused
from lading.model.paths import Path, name_bytes, name_from
from lading.model.text import Text

PARTS = ".lading-parts"
"""What begins the keys of our own unfinished objects, below the root."""
CONTENT = "[s3 content]"
FILE = "[s3 file]"
_NAME = "[s3 name]"
_CODE = "[s3 code]"
_MARK = "[s3 "
_FOLDERS = {"": "[s3 empty]", ".": "[s3 dot]", "..": "[s3 dotdot]"}
_SEGMENTS = {name: segment for segment, name in _FOLDERS.items()}
_NO_NAME = re.compile("[\0\ud800-\udfff]")


def name_of(segment: str) -> str:
    """The name of one *segment* of a key; bytes that are no UTF-8 are carried as in `paths`."""
    if segment in _FOLDERS:
        return _FOLDERS[segment]
    if _NO_NAME.search(segment):
        return _CODE + quote(name_bytes(segment), safe="")
    return _NAME + segment if segment.startswith(_MARK) else segment


def file_name(segment: str) -> str:
    """The name of an object with the last *segment* of its key; that of a marker is empty."""
    # Only folders are called by what stands for an empty name: a key that ends so is the marker itself.
    return CONTENT if segment == "" else name_of(segment)


def beside_folder(segment: str) -> str:
    """The name of an object beside a folder of the same name."""
    return FILE + name_of(segment)


def folder_key(path: Path) -> str:
    """
    The key that begins all keys in the folder *path*: that of its marker; empty for the root.

    Raises:
        NameRefused: one of the names stands for no segment.
    """
    return "".join(_folder_segment(name, path) + "/" for name in path)


def file_key(path: Path) -> str:
    """
    The key of the file *path*, which is not the root.

    Raises:
        NameRefused: one of the names stands for no segment.
    """
    above, name = folder_key(path[:-1]), path[-1]
    if name == CONTENT:
        if not above:
            raise NameRefused(path, Text("the root has no marker", "根目录没有标记对象"))
        return above
    if name == _FOLDERS[""]:
        raise NameRefused(path, Text("only a folder can have an empty name", "只有文件夹可以使用空名称"))
    return above + _segment(name.removeprefix(FILE) if name.startswith(FILE) else name, path)


def beside(path: Path) -> bool:
    """Whether *path* is an object beside a folder of the same name."""
    return bool(path) and path[-1].startswith(FILE)


def _folder_segment(name: str, path: Path) -> str:
    if name == CONTENT or name.startswith(FILE):
        raise NameRefused(path, Text("the name stands for a file", "该名称代表文件"))
    return _segment(name, path)


def _segment(name: str, path: Path) -> str:
    if not name.startswith(_MARK):
        return name
    if name in _SEGMENTS:
        return _SEGMENTS[name]
    if name.startswith(_NAME) and name[len(_NAME) :].startswith(_MARK):
        return name[len(_NAME) :]
    if name.startswith(_CODE):
        segment = name_from(unquote_to_bytes(name[len(_CODE) :]))
        if name_of(segment) == name:
            return segment
    raise NameRefused(path, Text("names in [s3 ...] stand for other keys", "[s3 ...] 名称用于表示其他键"))


def path_of(below: str) -> Path:
    """The path of an object whose key is *below* after the prefix of the root, no folder of its name being there."""
    *folders, last = below.split("/")
    return (*map(name_of, folders), file_name(last))
