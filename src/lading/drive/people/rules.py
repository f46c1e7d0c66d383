"""
What a key, a name, a login and a password may be.

Keys and logins are shown to auditors and typed by people, so nothing invisible or
ambiguous gets in; names of people are held to be readable, nothing more.
"""

from __future__ import annotations

import unicodedata

from lading.drive.errors import Unfit
from lading.model.text import Text

MIN_PASSWORD = 10
MAX_PASSWORD = 500
_MAX_KEY = 200
_MAX_NAME = 300
_MAX_MAIL = 320
# What the audit calls the drive itself and links, and the principal every drive has.
_RESERVED = frozenset({"system", "everybody", "unknown"})
_JOINERS = str.maketrans("", "", "\u200c\u200d")
_FEWEST_CHARACTERS = 4


def shown(text: str) -> str:
    """*text* of a stranger, fit to stand in a message: short and without anything invisible."""
    clean = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text[:80])
    return clean if len(text) <= 80 else f"{clean}…"


def key(text: str) -> str:
    """
    *text* as the key of a principal.

    Raises:
        Unfit: it is empty, too long, invisible in part, or means something else already.
    """
    found = unicodedata.normalize("NFC", text.strip())
    if not found or len(found) > _MAX_KEY or not found.isprintable():
        raise Unfit(
            shown(text),
            Text(f"a key has 1 to {_MAX_KEY} visible characters", f"编号须为 1 至 {_MAX_KEY} 个可见字符"),
        )
    if found.casefold() in _RESERVED or found.casefold().startswith("link:"):
        raise Unfit(shown(found), Text("this key is reserved", "此编号为系统保留"))
    return found


def name(text: str) -> str:
    """
    *text* as the name of a principal, with single spaces.

    Raises:
        Unfit: it is too long or holds control characters.
    """
    found = unicodedata.normalize("NFC", " ".join(text.split()))
    if len(found) > _MAX_NAME or not found.translate(_JOINERS).isprintable():
        raise Unfit(
            shown(text),
            Text(
                f"a name has at most {_MAX_NAME} characters and no control characters",
                f"名称最多 {_MAX_NAME} 个字符，且不得含控制字符",
            ),
        )
    return found


def mail(text: str) -> str:
    """
    *text* as a mail address, or empty.

    Raises:
        Unfit: nobody could write to it.
    """
    found = text.strip()
    before, _, behind = found.rpartition("@")
    good = before and behind and found.isprintable() and " " not in found and len(found) <= _MAX_MAIL
    if found and not good:
        raise Unfit(shown(text), Text("this is not a mail address", "不是有效的邮箱地址"))
    return found


def login(text: str) -> str:
    """
    *text* as a login; logins are the same whatever their case.

    Raises:
        Unfit: it cannot be typed into a sign-in, or could be taken for a token.
    """
    found = folded(text)
    if not 0 < len(found) <= _MAX_KEY or not found.isprintable() or ":" in found or " " in found:
        raise Unfit(
            shown(text),
            Text(
                f"a login has 1 to {_MAX_KEY} visible characters, no space and no colon",
                f"登录名须为 1 至 {_MAX_KEY} 个可见字符，不含空格和冒号",
            ),
        )
    return found


def folded(text: str) -> str:
    """The form in which logins are compared."""
    return unicodedata.normalize("NFC", text.strip().casefold())


def password(text: str, *not_these: str) -> str:
    """
    *text* as a new password, in the form that is hashed.

    Raises:
        Unfit: it is too short or too long, one of *not_these*, or too simple.
    """
    found = unicodedata.normalize("NFC", text)
    if not MIN_PASSWORD <= len(found) <= MAX_PASSWORD:
        raise _unfit(
            f"it needs {MIN_PASSWORD} to {MAX_PASSWORD} characters",
            f"须为 {MIN_PASSWORD} 至 {MAX_PASSWORD} 个字符",
        )
    if any("\ud800" <= sign <= "\udfff" or sign == "\0" for sign in found):
        raise _unfit("it holds characters nobody can type", "含有无法输入的字符")
    if folded(found) in {folded(other) for other in not_these}:
        raise _unfit("it is the login itself", "不得与登录名相同")
    if len(set(found)) < _FEWEST_CHARACTERS:
        raise _unfit("it repeats too few characters", "所用字符过于单一")
    return found


def _unfit(en: str, zh: str) -> Unfit:
    return Unfit("password", Text(en, zh))
