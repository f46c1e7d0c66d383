"""
Which names Nextcloud takes.

Measured: a backslash and the ending .part answer 400, .htaccess answers 500,
trailing spaces and # % ? : * are taken.  From the documentation and the issue
tracker: control characters and names above 250 bytes answer 400, and every
path is normalized to NFC, so that NFC and NFD twins are one file.
"""

import unicodedata

from .http import Refused

LONGEST_NAME = 250  # bytes: the width of the column that holds a name
LONGEST_PATH = 4000  # characters
FORBIDDEN_FILES = (".htaccess",)
FORBIDDEN_ENDINGS = (".part", ".filepart")


def normalized(path: str) -> str:
    """*path* as Nextcloud looks it up."""
    return unicodedata.normalize("NFC", path)


def check_new(path: str, *, moving: bool = False) -> None:
    """
    Refuse a path that may not be created.

    Raises:
        Refused: 400, or 500 for .htaccess unless something is moved there.
    """
    for name in path.split("/"):
        if name.lower() in FORBIDDEN_FILES and not moving:
            raise Refused(500, "Exception", "Could not write file contents")
        reason = _reason(name)
        if reason:
            raise _invalid(reason)
    if len(path) > LONGEST_PATH:
        raise _invalid("The path is too long")


def _reason(name: str) -> str:
    if name.strip() in ("", ".", ".."):
        return "Filename may not be empty or a dot segment"
    if "\\" in name or any(ord(letter) < 32 for letter in name):
        return "Invalid characters in path"
    if len(name.encode()) > LONGEST_NAME:
        return "Filename is too long"
    if name.lower() in FORBIDDEN_FILES or name.lower().endswith(FORBIDDEN_ENDINGS):
        return "Filename or its extension is forbidden"
    return ""


def _invalid(reason: str) -> Refused:
    return Refused(400, "OCA\\DAV\\Connector\\Sabre\\Exception\\InvalidPath", reason)
