"""
Paths: sequences of names, kept byte-exact as the drive gave them.

A name is a `str`.  Bytes that are not UTF-8 are carried as the surrogates
U+DC80 to U+DCFF (Python's `surrogateescape`), so that `name_bytes` gives back
exactly what the drive said.  Beside the exact form there is a *normal* form,
used only to ask whether two names could be taken for the same one.

Nothing here knows the rules of any drive; see `lading.connectors.names`.
"""

from __future__ import annotations

import re
import unicodedata

Path = tuple[str, ...]

ROOT: Path = ()

# SOH introduces an escape: it is the rarest of characters in a file name.
_ESCAPE = "\x01"
_UNSAFE = re.compile("[\x00\x01/\ud800-\udfff]")
_ESCAPED = re.compile("\x01(?:u([0-9a-f]{4})|([0-9a-f]{2}))")
# What must not reach a terminal or a page as it is: controls, and the
# characters that take no room or turn the direction of writing (a known way to
# disguise names).
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u115f\u1160\u3164\uffa0\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def name_bytes(name: str) -> bytes:
    """
    The exact bytes of *name*, as the drive gave them.

    A drive whose names are not bytes may give other lone surrogates; they become the three
    bytes that UTF-8 would have for them, so that every name has bytes.
    """
    try:
        return name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return b"".join(map(_bytes, name))


def name_from(raw: bytes) -> str:
    """The name whose exact bytes are *raw*; `name_bytes` gives them back."""
    return raw.decode("utf-8", "surrogateescape")


def encode(path: Path) -> str:
    """
    *path* as one line of valid Unicode, reversible by `decode`.

    Names are joined by "/".  Inside a name a slash, NUL, SOH or a byte that is
    not UTF-8 becomes SOH and two hex digits, any other lone surrogate SOH, "u"
    and four.  Ordinary names stay as they are, so the line is readable.  Names are not empty.
    """
    text = "/".join(path)
    # The usual case is one search over the whole line: no escape, no stray slash.
    if text.count("/") == len(path) - 1 and not _UNSAFE.search(text.replace("/", "")):
        return text
    return "/".join(_UNSAFE.sub(_escape, name) for name in path)


def decode(text: str) -> Path:
    """The path that `encode` made *text* from."""
    if not text:
        return ROOT
    if _ESCAPE not in text:
        return tuple(text.split("/"))
    return tuple(_ESCAPED.sub(_unescape, name) for name in text.split("/"))


def normal_name(name: str) -> str:
    """
    The form in which *name* is compared with others.

    Two names with the same normal form are told apart by some drives and
    mixed up by others: it folds case, composes characters (NFC) and drops the
    trailing dots and spaces that Windows ignores.
    """
    if name.isascii():
        return name.lower().rstrip(" .") or name
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
    return folded.rstrip(" .") or name


def normal(path: Path) -> Path:
    """*path* with each name in its normal form."""
    return tuple(map(normal_name, path))


def shown(path: Path) -> str:
    """*path* for a person: one line, starting with "/", nothing invisible in it."""
    return "/" + "/".join(shown_name(name) for name in path)


def shown_name(name: str) -> str:
    """*name* for a person: what would be invisible or misleading is spelled out."""
    name = name.replace("/", "\\x2f")
    return _INVISIBLE.sub(lambda found: _spelled(found.group()), name)


def space_of(path: Path) -> str:
    """The space *path* lies in: its first name, "" for the root itself."""
    return path[0] if path else ""


def within(path: Path, folder: Path) -> bool:
    """Whether *path* is *folder* or lies below it."""
    return path[: len(folder)] == folder


def _bytes(character: str) -> bytes:
    escaped = 0xDC80 <= ord(character) <= 0xDCFF
    return character.encode("utf-8", "surrogateescape" if escaped else "surrogatepass")


def _escape(found: re.Match[str]) -> str:
    code = ord(found.group())
    if 0xDC80 <= code <= 0xDCFF:
        return f"{_ESCAPE}{code - 0xDC00:02x}"
    return f"{_ESCAPE}u{code:04x}" if code > 0xFF else f"{_ESCAPE}{code:02x}"


def _unescape(found: re.Match[str]) -> str:
    if found.group(1):
        return chr(int(found.group(1), 16))
    code = int(found.group(2), 16)
    return chr(code + 0xDC00) if code >= 0x80 else chr(code)


def _spelled(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
