"""
Whether a drive can hold a name, and the name to use instead if it cannot.

Pure functions over `NameRules`.  A mapped name is reversible by the list of
mapped names that every pass keeps; it is readable, and it never collides
because it carries a digest of the exact original.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator

from lading.connectors.profile import Case, Form, NameRules, NameUnit
from lading.model.errors import NameRefused
from lading.model.paths import Path, name_bytes, name_from

_CONTROL = re.compile("[\x01-\x1f\x7f]")


def check_names(path: Path) -> None:
    """
    Refuse what is no name on any drive: "", ".", "..", and names that contain a slash or NUL.

    Every call of every connector asks this first, so that no path leads out of the root.

    Raises:
        NameRefused: one of the names is none.
    """
    for name in path:
        if name in ("", ".", "..") or "/" in name or "\0" in name:
            raise NameRefused(path, "not a name")


def check_holdable(path: Path, rules: NameRules) -> None:
    """
    Refuse a *path* that a drive with *rules* cannot hold.

    Raises:
        NameRefused: with all the reasons.
    """
    check_names(path)
    found = [*path_problems(path, rules)]
    for name in path:
        found.extend(_problems(name, rules))
    if found:
        raise NameRefused(path, "; ".join(found))


def problems(name: str, rules: NameRules) -> tuple[str, ...]:
    """Why a drive with *rules* cannot hold *name*; empty if it can."""
    return tuple(_problems(name, rules))


def path_problems(path: Path, rules: NameRules) -> tuple[str, ...]:
    """Why a drive with *rules* cannot hold *path*, its names aside."""
    found = []
    if rules.path_length is not None:
        length = sum(measure(name, rules.unit) + 1 for name in path)
        if length > rules.path_length:
            found.append(f"path of {length} {rules.unit.value}, at most {rules.path_length}")
    if rules.depth is not None and len(path) > rules.depth:
        found.append(f"depth {len(path)}, at most {rules.depth}")
    return tuple(found)


def folded(name: str, rules: NameRules) -> str:
    """The form in which a drive with *rules* tells names apart."""
    if rules.form is not Form.EXACT:
        name = unicodedata.normalize("NFD", name)
    if rules.case is Case.FOLDED:
        name = name.casefold()
    # Folding case may leave a name in neither form, so it is composed last.
    return name if rules.form is Form.EXACT else unicodedata.normalize("NFC", name)


def measure(name: str, unit: NameUnit) -> int:
    """The length of *name* in *unit*."""
    if unit is NameUnit.BYTES:
        return len(name_bytes(name))
    if unit is NameUnit.UTF16:
        return len(name.encode("utf-16-le", "surrogatepass")) // 2
    if unit is NameUnit.HALVES:
        return sum(1 if character < "\x80" else 2 for character in name)
    return len(name)


def mapped(name: str, rules: NameRules) -> str:
    """
    A name close to *name* that a drive with *rules* can hold.

    What is refused becomes "_", and ` ~` with twelve hex digits of the SHA-256 of the exact
    name is put before the extension, so that two mapped names never meet.  Whether another
    entry bears the result already is for the caller to see.  The rules must leave room for
    16 characters and allow "_", letters and digits.
    """
    # "surrogatepass" keeps apart what no bytes can tell apart.
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    mark = _cleaned(" ~", rules) + digest[:12]
    if rules.form is Form.COMPOSED:
        name = unicodedata.normalize("NFC", name)
    stem, dot, extension = name.rstrip("".join(rules.endings)).rpartition(".")
    if not stem or measure(extension, rules.unit) > 16 or _ends_badly(dot + extension, rules):
        stem, dot, extension = stem + dot + extension, "", ""
    stem, ending = _cleaned(stem, rules), mark + dot + _cleaned(extension, rules)
    # The underscore in front helps where the stem alone is what the drive refuses: `con.tar.gz`.
    for candidate in (_fitted(stem, ending, rules), _fitted("_" + stem, ending, rules)):
        if not problems(candidate, rules):
            return candidate
    return "_" + mark


def _fitted(stem: str, ending: str, rules: NameRules) -> str:
    room = rules.length - measure(ending, rules.unit)
    while stem and measure(stem, rules.unit) > room:
        stem = stem[:-1]
    return (stem.rstrip(" ") or "_") + ending


def _cleaned(text: str, rules: NameRules) -> str:
    return "".join("_" if _refused(character, rules) else character for character in text)


def _refused(character: str, rules: NameRules) -> bool:
    return (
        character in rules.characters
        or character in "/\0"
        or (not rules.controls and _CONTROL.match(character) is not None)
        or (rules.utf8_only and 0xD800 <= ord(character) <= 0xDFFF)
    )


def _problems(name: str, rules: NameRules) -> Iterator[str]:
    if name in ("", ".", ".."):
        yield "not a name"
    if bad := sorted({character for character in name if _refused(character, rules)}):
        yield "characters " + " ".join(ascii(character)[1:-1] for character in bad)
    elif rules.unit is not NameUnit.UTF16 and name_from(name_bytes(name)) != name:
        # Stray surrogates that spell other bytes: stored, the name would come back as another.
        yield "not the name of any bytes"
    if name and name[-1] in rules.endings:
        yield f"ends with {name[-1]!r}"
    if rules.form is Form.COMPOSED and not unicodedata.is_normalized("NFC", name):
        yield "not in NFC"
    # Windows takes `con .txt` for the device, too.
    if name.casefold() in rules.reserved or _device(name) in rules.reserved_stems:
        yield "reserved"
    elif _ends_badly(name, rules):
        yield "reserved ending"
    if (length := measure(name, rules.unit)) > rules.length:
        yield f"{length} {rules.unit.value}, at most {rules.length}"


def _ends_badly(name: str, rules: NameRules) -> bool:
    return bool(rules.reserved_endings) and name.casefold().endswith(tuple(rules.reserved_endings))


def _device(name: str) -> str:
    return name.partition(".")[0].rstrip(" ").casefold()
