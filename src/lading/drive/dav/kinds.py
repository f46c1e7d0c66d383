"""
Which media type a file is told to have, and which are shown in a browser.

The type follows the name.  Whatever a browser could run is never shown on our
own address: it is an attachment, in a sandbox, and its type is not guessed.
"""

from __future__ import annotations

import mimetypes
from functools import lru_cache

UNKNOWN = "application/octet-stream"
# Types from the tables of the language alone: the same on every machine.
_TABLE = mimetypes.MimeTypes(filenames=())
_OFFICE = "application/vnd.openxmlformats-officedocument."
_MORE = {
    ".docx": _OFFICE + "wordprocessingml.document",
    ".xlsx": _OFFICE + "spreadsheetml.sheet",
    ".pptx": _OFFICE + "presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".md": "text/markdown",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".7z": "application/x-7z-compressed",
    ".webp": "image/webp",
}
_SHOWN = frozenset(
    {
        "application/pdf",
        "text/plain",
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "image/bmp",
        "image/tiff",
    }
)
_SHOWN_FAMILIES = ("audio/", "video/")

SAFE = (("X-Content-Type-Options", "nosniff"), ("Content-Security-Policy", "sandbox; default-src 'none'"))
"""Headers of every answer with content that people gave us."""


def type_of(name: str) -> str:
    """The media type of a file called *name*."""
    dot = name.rfind(".")
    return _of_suffix(name[dot:].lower()) if dot > 0 and len(name) - dot < 12 else UNKNOWN


def shown(kind: str) -> bool:
    """Whether a browser may show content of this type; all else is for keeping only."""
    return kind in _SHOWN or kind.startswith(_SHOWN_FAMILIES)


@lru_cache(1024)
def _of_suffix(suffix: str) -> str:
    return _MORE.get(suffix) or _TABLE.types_map[1].get(suffix) or _TABLE.types_map[0].get(suffix) or UNKNOWN
