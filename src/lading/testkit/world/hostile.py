"""
Names, depths and times that real drives contain and that break careless software.

A table and nothing else.  Each trait stands for one difficulty; a caller
leaves out the traits that its way of serving files cannot express.  Names
are bytes, because some of them are not valid UTF-8.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Trap:
    """
    One hostile entry below a folder: the names of its path and what lies there.

    *kind* is a document kind or `folder`; *time* is None where any time does.
    """

    trait: str
    names: tuple[bytes, ...]
    kind: str
    time: datetime | None = None


_NAMES: dict[str, tuple[str | bytes, ...]] = {
    "form-twins": (
        "Caf\u00e9 notes.pdf",
        "Cafe\u0301 notes.pdf",
        "L\u00fcyuan.docx",
        "Lu\u0308yuan.docx",
        "\uacc4\uc57d\uc11c.pdf",
        "\u1100\u1168\u110b\u1163\u11a8\u1109\u1165.pdf",
        "Re\u0301serve/Plan.csv",
        "R\u00e9serve/Plan.csv",
        "\uff21\uff22\uff23 \uff11.txt",
        "ABC 1.txt",
    ),
    "case-twins": ("Report.pdf", "report.PDF", "Invoices/January.csv", "invoices/January.csv"),
    "edges": (
        "trailing dot.",
        "trailing space ",
        " leading space.txt",
        "\u3000full-width space.txt",
        "...",
        "folder dot./in.txt",
        "folder space /in.txt",
    ),
    "emoji": (
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 family day.jpg",
        "\U0001f3d7\ufe0f 工地.png",
        "\U0001f1e8\U0001f1f3.txt",
    ),
    "long": ("融" * 85, "a" * 251 + ".txt", "资" * 83 + ".docx"),
    "overlong": ("融" * 122 + ".docx",),
    "control": (
        "line\nbreak.txt",
        "tab\there.txt",
        "bell\x07.txt",
        "escape\x1b[31m.txt",
        "delete\x7f.txt",
        "\ufffe.txt",
    ),
    "punctuation": (
        "\"double\" 'single' `back`.txt",
        "back\\slash.txt",
        "colon 12:30.txt",
        "star * pipe |.txt",
        "less < more >.xlsx",
        "hash #1.pdf",
        "question?.docx",
        "semi;colon.txt",
        "A & B.docx",
        "plus+equals=.csv",
        "[square] {curly}.txt",
        "$HOME ~ ^ !.txt",
        "-rf",
    ),
    "percent": (
        "a%2Fb.txt",
        "100%.xlsx",
        "%25.txt",
        "%00.txt",
        "%E4%B8.pdf",
        "a%20b.txt",
        "a b.txt",
        "%s %d %n.txt",
    ),
    "not-utf8": ("贷款合同.docx".encode("gbk"), b"\xff\xfe\x80.txt"),
    "device": ("CON", "aux.txt", "NUL.pdf", "COM1.docx", "lpt9"),
    "leftovers": (
        "~$条款清单.docx",
        ".hidden",
        "desktop.ini",
        "Thumbs.db",
        ".DS_Store",
        "~WRL0001.tmp",
        "copy.part",
    ),
    "bidi": ("invoice \u202efdp.txt", "\u05d7\u05d5\u05d6\u05d4.docx"),
    "invisible": ("zero\u200dwidth.txt", "zerowidth.txt", "\ufeffmark.txt", "no\u00a0break.txt"),
    "short": ("a", "一", "7"),
    "depth": ("/".join([f"第{level:02}层 level {level:02}" for level in range(1, 31)] + ["底 bottom.docx"]),),
}

_TIMES = (
    ("1969-07-20 登月 Moon.txt", datetime(1969, 7, 20, 20, 17, 40, tzinfo=UTC)),
    ("1970-01-01 零 Zero.txt", datetime(1970, 1, 1, tzinfo=UTC)),
    ("2106-02-07 溢出 Overflow.txt", datetime(2106, 2, 7, 6, 28, 16, tzinfo=UTC)),
)

_KINDS = {b"pdf", b"docx", b"xlsx", b"png", b"jpg", b"csv", b"txt"}


def _as_bytes(name: str | bytes) -> bytes:
    return name if isinstance(name, bytes) else name.encode()


def _kind(name: bytes) -> str:
    ending = name.rpartition(b".")[2].lower()
    return ending.decode() if ending in _KINDS else "txt"


def _split(path: bytes) -> tuple[bytes, ...]:
    return tuple(path.split(b"/"))


TRAPS: tuple[Trap, ...] = (
    *(
        Trap(trait, _split(_as_bytes(name)), _kind(_as_bytes(name)))
        for trait, names in _NAMES.items()
        for name in names
    ),
    *(Trap("times", (name.encode(),), "txt", time) for name, time in _TIMES),
    Trap("empty", ("空白 Blank.docx".encode(),), "empty"),
    Trap("empty", (b".keep",), "empty"),
    Trap("empty", ("空文件夹 Empty folder".encode(),), "folder"),
    Trap("empty", ("空 Empty".encode(), "更空 Emptier".encode()), "folder"),
)

HOSTILE: frozenset[str] = frozenset(trap.trait for trap in TRAPS)
"""Every trait."""

SERVABLE: frozenset[str] = HOSTILE - {"control", "not-utf8", "overlong"}
"""
The traits that WsgiDAV, Apache mod_dav and `rclone serve webdav` all list and deliver unchanged.

Of the others, mod_dav delivers all that the disk holds; WsgiDAV fails to list a
folder with one such name in it (500), and rclone shows control characters as
their pictures (U+2400 and on) and answers 404 under the true name.
"""
