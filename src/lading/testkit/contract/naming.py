"""
What every drive promises about names: exactly that one, or a refusal.
"""

from __future__ import annotations

import pytest

from lading.connectors.api import Drive
from lading.connectors.conditions import ABSENT, ANYTHING
from lading.connectors.names import folded, mapped, path_problems, problems
from lading.model.errors import AlreadyExists, NameRefused, NotFound
from lading.model.paths import ROOT, Path, name_bytes, name_from

from .reading import NO_PATHS
from .support import Base, OpenDrive, content_of, listed, paths, refused

HOSTILE_NAMES: tuple[str, ...] = (
    # Unicode forms and what looks alike.
    "Caf\u00e9.pdf",
    "Cafe\u0301.pdf",
    "\uacc4\uc57d\uc11c",
    "\u1100\u1168\u110b\u1163\u11a8\u1109\u1165",
    "\u212bngstr\u00f6m",
    "\uff21\uff22\uff23",
    "stra\u00dfe",
    "\u0130stanbul",
    # Edges.
    "trailing dot.",
    "trailing dots...",
    "trailing space ",
    " leading space",
    "\u3000full-width space\u3000",
    "...",
    "..x",
    "x..",
    ". .",
    " ",
    ".hidden",
    "-rf",
    "~",
    "~$draft.docx",
    # Length.
    "a",
    "一",
    "a" * 255,
    "a" * 256,
    "a" * 251 + ".txt",
    "融" * 85,
    "融" * 86,
    "融" * 127,
    "\U0001f600" * 63,
    "\U0001f600" * 64,
    # Emoji and invisible characters.
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 family.jpg",
    "\U0001f1e8\U0001f1f3",
    "zero\u200bwidth",
    "\ufeffmark",
    "no\u00a0break",
    "invoice \u202efdp.exe",
    "\u05d7\u05d5\u05d6\u05d4",
    "\ufffe",
    "\ufffd",
    "\U0010ffff",
    # Control characters.
    "line\nbreak",
    "return\rhere",
    "tab\there",
    "escape\x1b[31m",
    "bell\x07",
    "delete\x7f",
    "soh\x01soh",
    "next\x85line",
    # Not UTF-8, and not the name of any bytes.
    name_from("贷款合同".encode("gbk")),
    name_from(b"\xff\xfe\x80"),
    name_from(b"half \xe8\x9e"),
    "lone \ud800 surrogate",
    "\udcc3\udca9",
    # What other layers take for something else.
    "100%",
    "a%2Fb",
    "%2e%2e",
    "%00",
    "%E4%B8",
    "a b+c&d=e",
    "hash#1",
    "question?",
    "semi;colon",
    "colon:12",
    "C:",
    "back\\slash",
    "..\\up",
    "star*pipe|",
    "<less>",
    "\"double\" 'single' `back`",
    "[square]{curly}$HOME!",
    "&amp;",
    "CON",
    "aux.txt",
    "NUL .txt",
    "lpt9",
    ".lading",
    ".DS_Store",
)

CASE_TWINS = (("Report.pdf", "report.PDF"), ("\u00c4rger", "\u00e4rger"))
FORM_TWINS = (("Caf\u00e9", "Cafe\u0301"), ("\uacc4", "\u1100\u1168"))


class NameContract(Base):
    """Names of files and folders."""

    @pytest.mark.parametrize("name", HOSTILE_NAMES, ids=ascii)
    def test_hostile_names(self, open_drive: OpenDrive, name: str) -> None:
        """A drive holds the exact name or refuses it; what its rules allow, it holds."""
        drive = open_drive()
        allowed = not problems(name, drive.profile.names)
        for below in ((), ("inside",)):
            try:
                _make(drive, name, below)
            except NameRefused:
                assert not allowed, "the rules allow the name"
                assert [] == listed(open_drive())
                continue
            assert [(name,)] == paths(open_drive())
            assert name_bytes(name) == name_bytes(open_drive().stat((name,)).path[0])
            assert b"content" == content_of(open_drive(), (name, *below))
            for path in [(name, *below), (name,)][: len(below) + 1]:
                drive.remove(path, expect=ANYTHING)
            assert [] == listed(open_drive())

    @pytest.mark.parametrize("path", NO_PATHS, ids=ascii)
    def test_no_names_make_nothing(self, open_drive: OpenDrive, path: Path) -> None:
        """What is no name is refused by every changing call, and nothing is made anywhere."""
        drive = open_drive()
        drive.make_folder(("x",))
        for asked in (path, ("x", *path), (*path, "x")):
            for expect in (ABSENT, ANYTHING):
                with refused(asked, NameRefused):
                    drive.write(asked, [b"x"], expect=expect)
            with refused(asked, NameRefused):
                drive.make_folder(asked)

        assert [("x",)] == paths(open_drive())
        assert [] == listed(open_drive(), ("x",))

    @pytest.mark.parametrize("twins", CASE_TWINS + FORM_TWINS, ids=ascii)
    def test_twins(self, drive: Drive, twins: tuple[str, str]) -> None:
        """Names that differ in case or form only stand side by side, or are one, as the rules say."""
        first, second = twins
        rules = drive.profile.names
        if problems(first, rules) or problems(second, rules):
            pytest.skip("the drive cannot hold these names")
        drive.write((first,), [b"first"], expect=ABSENT)
        if folded(first, rules) == folded(second, rules):
            with pytest.raises(AlreadyExists):
                drive.write((second,), [b"second"], expect=ABSENT)
            assert [(first,)] == paths(drive)
        else:
            with refused((second,), NotFound):
                drive.stat((second,))
            drive.write((second,), [b"second"], expect=ABSENT)
            assert sorted([(first,), (second,)]) == paths(drive)
            assert b"second" == content_of(drive, (second,))
        assert b"first" == content_of(drive, (first,))

    def test_mapped_names_are_held(self, drive: Drive) -> None:
        """The names that stand in for those the drive cannot hold are held, side by side."""
        rules = drive.profile.names
        expected = sorted((mapped(name, rules),) for name in HOSTILE_NAMES if problems(name, rules))
        for path in expected:
            drive.write(path, [b"x"], expect=ABSENT)

        assert expected == paths(drive)

    @pytest.mark.parametrize("levels", [30, 100])
    def test_deep_and_long_paths(self, drive: Drive, levels: int) -> None:
        """A path of long names is held at any depth and length, or refused with nothing made."""
        rules = drive.profile.names
        path: Path = ROOT
        for level in range(levels):
            path = (*path, f"第{level:03}层" + "融" * 20)
            try:
                drive.make_folder(path)
            except NameRefused:
                assert path_problems(path, rules), "the rules allow the path"
                assert [] == listed(drive, path[:-1])
                return
            assert [path] == paths(drive, path[:-1])

        try:
            drive.write((*path, "file"), [b"deep"], expect=ABSENT)
        except NameRefused:
            assert path_problems((*path, "file"), rules)
        else:
            assert b"deep" == content_of(drive, (*path, "file"))


def _make(drive: Drive, name: str, below: Path) -> None:
    """A file called *name*, or a folder of that name with a file *below*."""
    if below:
        assert (name,) == drive.make_folder((name,)).path
    assert (name, *below) == drive.write((name, *below), [b"content"], expect=ABSENT).path
