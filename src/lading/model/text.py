"""
Sentences that exist in Chinese and in English.

A sentence is written once, with both languages side by side, where it is
needed; there is no catalogue in which one of them can be forgotten.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Language(StrEnum):
    """A language in which Lading speaks."""

    EN = "en"
    ZH = "zh"


class Text(NamedTuple):
    """One sentence in both languages, with `{name}` places for facts."""

    en: str
    zh: str

    def to(self, language: Language, **facts: object) -> str:
        """Say the sentence in *language* with its places filled from *facts*."""
        return (self.zh if language is Language.ZH else self.en).format(**facts)


def language_of(environment: Mapping[str, str] = os.environ) -> Language:
    """
    The language of the person at the terminal.

    `LADING_LANG` decides; without it the usual `LC_ALL`, `LC_MESSAGES`, `LANG`.
    """
    for name in ("LADING_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return Language.ZH if value.lower().startswith("zh") else Language.EN
    return Language.EN
