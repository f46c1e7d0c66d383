"""
Rules by which somebody of OLD is looked for in NEW: "who has this login there has that login here".

A rule reads `FIELD:PATTERN=FIELD:TEMPLATE`, its fields `id`, `login`, `mail` or `name`.  In a pattern
`{x}` stands for any text that is not empty, and the template uses it; between slashes the pattern is
a regular expression, and `{1}` in the template is its first group.  All of the value has to fit, without
regard to case.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from lading.model.access import Principal
from lading.model.errors import BadRequest
from lading.model.text import Text

FIELDS = ("id", "login", "mail", "name")
_RULE = re.compile(r"(id|login|mail|name):(.+?)=(id|login|mail|name):(.+)", re.DOTALL)
_PLACE = re.compile(r"\{(\w+)\}")
_FORM = Text(
    "a rule reads FIELD:PATTERN=FIELD:TEMPLATE with fields id, login, mail, name; e.g. 'login:CORP\\{{x}}=login:{{x}}'",
    "规则格式为 字段:模式=字段:模板，字段为 id、login、mail、name；例如 'login:CORP\\{{x}}=login:{{x}}'",
)
_PATTERN = Text("the pattern makes no sense: {why}", "模式无效：{why}")
_UNKNOWN = Text(
    "the template uses {{{place}}}, which the pattern does not have", "模板使用了模式中没有的 {{{place}}}"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; *text* is what was typed."""

    text: str
    field: str
    pattern: re.Pattern[str]
    target: str
    template: str

    def leads(self, principal: Principal) -> str | None:
        """What the *target* field of the one in NEW has to be; None if the rule does not speak of *principal*."""
        found = self.pattern.fullmatch(alike(getattr(principal, self.field)))
        if found is None:
            return None
        return alike(_PLACE.sub(lambda place: _captured(found, place.group(1)), self.template))


def rule(text: str) -> Rule:
    """
    The rule that was typed as *text*.

    Raises:
        BadRequest: it is none; the error says what is wrong.
    """
    read = _RULE.fullmatch(text)
    if read is None:
        raise _bad(text, _FORM)
    field, pattern, target, template = read.groups()
    try:
        compiled = re.compile(_expression(pattern), re.IGNORECASE)
    except re.error as problem:
        raise _bad(text, _PATTERN, why=problem) from None
    for place in _PLACE.findall(template):
        known = place in compiled.groupindex or (place.isdecimal() and int(place) <= compiled.groups)
        if not known:
            raise _bad(text, _UNKNOWN, place=place)
    return Rule(text, field, compiled, target, template)


def alike(text: str) -> str:
    """The form in which what people are called is compared: trimmed, without case, composed."""
    return _folded(text.strip())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def _expression(pattern: str) -> str:
    if len(pattern) > 2 and pattern[0] == pattern[-1] == "/":
        return pattern[1:-1]
    places = _PLACE.split(pattern)
    # Odd positions are the names of places; one that comes again must be the same text.
    seen: set[str] = set()
    parts = []
    for position, part in enumerate(places):
        if position % 2 == 0:
            parts.append(re.escape(_folded(part)))
        elif part in seen:
            parts.append(f"(?P={part})")
        else:
            seen.add(part)
            parts.append(f"(?P<{part}>.+)")
    return "".join(parts)


def _captured(found: re.Match[str], place: str) -> str:
    return found.group(int(place) if place.isdecimal() else place) or ""


def _bad(text: str, said: Text, **facts: object) -> BadRequest:
    return BadRequest(f"--rule {text!r}", Text(said.en.format(**facts), said.zh.format(**facts)))
