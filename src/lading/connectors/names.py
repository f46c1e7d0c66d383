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
from lading.model.paths import Path, name_bytes

_CONTROL = re.compile("[\x01-\x1f\x7f]")


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
    if rules.form is Form.FOLDED:
        name = unicodedata.normalize("NFC", name)
    if rules.case is Case.FOLDED:
        name = name.casefold()
    return name


def measure(name: str, unit: NameUnit) -> int:
    """The length of *name* in *unit*."""
    if unit is NameUnit.BYTES:
        return len(name_bytes(name))
    if unit is NameUnit.UTF16:
        return len(name.encode("utf-16-le", "surrogatepass")) // 2
    return len(name)


def mapped(name: str, rules: NameRules) -> str:
    """
    A name close to *name* that a drive with *rules* can hold.

    What is refused becomes "_", and ` ~` with twelve hex digits of the SHA-256 of the exact
    name is put before the extension, so that two names never meet.
    """
    mark = " ~" + hashlib.sha256(name_bytes(name)).hexdigest()[:12]
    stem, dot, extension = name.rpartition(".")
    if not stem or measure(extension, rules.unit) > 16:
        stem, dot, extension = name, "", ""
    stem, extension = _cleaned(stem, rules), _cleaned(extension, rules)
    ending = mark + dot + extension
    room = rules.length - measure(ending, rules.unit)
    while stem and measure(stem, rules.unit) > room:
        stem = stem[:-1]
    candidate = (stem.rstrip(" ") or "_") + ending
    # An extension that cleaning left empty would leave a dot at the end.
    return candidate if not problems(candidate, rules) else "_" + mark


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
    if name and name[-1] in rules.endings:
        yield f"ends with {name[-1]!r}"
    if name.casefold() in rules.reserved or name.partition(".")[0].casefold() in rules.reserved_stems:
        yield "reserved"
    if (length := measure(name, rules.unit)) > rules.length:
        yield f"{length} {rules.unit.value}, at most {rules.length}"
