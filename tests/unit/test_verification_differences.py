"""
Every difference is told in a sentence, in both languages, with an exact path.
"""

from __future__ import annotations

import json
from pathlib import Path as LocalPath
from typing import Any

import duckdb
import pytest

from lading.model.errors import known
from lading.model.paths import decode
from lading.stages.verification.differences import What, difference, exclusion, write_lists
from lading.stages.verification.pairs import FOUND, _late

ROW: dict[str, Any] = dict.fromkeys(FOUND.names) | {
    "path": "deal/a",
    "new_path": "deal/a",
    "kind": "file",
    "new_kind": "folder",
    "size": 3,
    "new_size": 4,
    "first": 7,
    "side": "old",
    "code": "forbidden",
}


@pytest.mark.parametrize("what", What)
def test_each_kind_has_its_sentence(what: What) -> None:
    """
    No kind of difference is without a sentence in either language.
    """
    line = difference({**ROW, "what": what.value})

    assert what == line["what"]
    assert {"en", "zh"} == set(line["note"])
    assert all(line["note"].values())


@pytest.mark.parametrize("code", [*known(), "too_deep", "of a later version"])
@pytest.mark.parametrize("side", ["old", "new"])
def test_each_error_can_be_told(code: str, side: str) -> None:
    """
    Whatever error kept a side from being read, the line says its code and what to do.
    """
    line = difference({**ROW, "what": "unreadable", "code": code, "side": side})

    assert (code, side) == (line["code"], line["side"])
    assert code in line["note"]["en"] and code in line["note"]["zh"]


@pytest.mark.parametrize("path", ["deal/a", "deal/a\x0ab", "deal/\x01ff", "deal/back\\x0aslash", "协议/é"])
def test_exact_path_can_be_had(path: str) -> None:
    """
    The exact path is what the line says, or stands beside it where a person's form does not give it back.
    """
    line = difference({**ROW, "path": path, "what": "missing", "new_path": None})

    assert line["new"] is None
    assert decode(path) == decode(line.get("exact", line["path"][1:]))
    assert ("exact" in line) == (line["path"] != "/" + path)


def test_reason_of_an_exclusion() -> None:
    """
    The reason a copy gave is kept; where it gave none, one is said all the same.
    """
    given = {"en": "by rule", "zh": "按规则"}

    assert given == exclusion({**ROW, "reason": json.dumps(given)})["reason"]
    assert "symbolic link" in exclusion({**ROW, "kind": "symlink"})["reason"]["en"]
    assert exclusion({**ROW, "reason": "{}"})["reason"]["zh"]


def test_exclusions_stand_apart(tmp_path: LocalPath) -> None:
    """
    Exclusions are not among the differences.
    """
    rows = [{**ROW, "what": "excluded"}, {**ROW, "what": "size"}]

    written = write_lists(iter(rows), str(tmp_path / "d"), str(tmp_path / "e"))

    assert (1, 1) == written
    assert "size" == json.loads((tmp_path / "d").read_text())["what"]


SECOND = 10**9
PLAIN = {"keeps_modified": True, "clock_grain": 1, "modified_range": None}
FAT = PLAIN | {"clock_grain": 2 * SECOND, "modified_range": [315532800 * SECOND, 4354819198 * SECOND]}
NTFS = PLAIN | {"clock_grain": 100, "modified_range": [-11644473600 * SECOND, 253402300799 * SECOND]}
NONE = PLAIN | {"keeps_modified": False}


@pytest.mark.parametrize(
    "profile, old, new, late",
    [
        (PLAIN, 5, 5, False),
        (PLAIN, 5, 6, True),
        (PLAIN, None, 6, False),
        (PLAIN, 5, None, True),
        (PLAIN, -(2**63), 2**63 - 1, True),
        (FAT, 400_000_001 * SECOND, 400_000_000 * SECOND, False),
        (FAT, 400_000_001 * SECOND, 399_999_998 * SECOND, True),
        (FAT, -86_400 * SECOND, 315532800 * SECOND, False),
        (FAT, -86_400 * SECOND, -86_400 * SECOND, True),
        (NTFS, 1_234_567_890_123_456_789, 1_234_567_890_123_456_700, False),
        (NTFS, 1_234_567_890_123_456_789, 1_234_567_890_123_456_600, True),
        (NTFS, -(2**63), -(2**63), False),
        (NONE, 5, 6_000_000_000, False),
    ],
)
def test_when_a_time_is_another(
    profile: dict[str, Any], old: int | None, new: int | None, late: bool
) -> None:
    """
    A time is another when it is off by the clock grain of NEW from what NEW was able to keep.
    """
    query = f"SELECT {_late(profile)} FROM (SELECT ?::BIGINT AS modified) AS t, (SELECT ?::BIGINT AS modified) AS n"

    assert (late,) == duckdb.connect().execute(query, [old, new]).fetchone()
