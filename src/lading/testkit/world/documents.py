"""
Write a file of any kind that the firm keeps, valid to the last byte.

Every writer takes a title, a target size in bytes and a random source, and
returns the whole file; the same three give the same bytes on one machine
(deflate output may differ between builds of zlib).  A file is never smaller
than its format needs.  Nothing here aims at looks.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from random import Random

from lading.testkit.world.office import add_member, docx, xlsx
from lading.testkit.world.pdf import pdf
from lading.testkit.world.pictures import dxf, jpeg, png
from lading.testkit.world.wording import ROLES, numbered_clauses

Writer = Callable[[str, int, Random], bytes]


def write(kind: str, title: str, size: int, rng: Random) -> bytes:
    """
    Return a file of *kind*, one of `KINDS`; `empty` has no bytes at all.

    Raises:
        KeyError: nobody can write that kind.
    """
    return _WRITERS[kind](title, size, rng)


def text(title: str, size: int, rng: Random) -> bytes:
    """Return lines of text; one file in four is in GB 18030, like notes of an older desktop."""
    encoding = rng.choice(("utf-8", "utf-8", "utf-8", "gb18030"))
    return _filled(title, numbered_clauses(rng, 10**6), size, encoding)


def csv(title: str, size: int, rng: Random) -> bytes:
    """Return a table of dated amounts with a byte order mark, as Excel saves it."""
    head = f"日期 Date,对方 Party,金额 Amount,币种 Currency,{title.replace(',', ' ')}"
    return _filled(head, _amounts(rng), size, "utf-8-sig")


def _amounts(rng: Random) -> Iterator[str]:
    day = datetime(2016 + rng.randrange(8), 1, 1, tzinfo=UTC)
    while True:
        day += timedelta(hours=1)
        yield f"{day:%Y-%m-%d %H:%M},{rng.choice(ROLES)[0]},{rng.randrange(10**9) / 100:.2f},CNY,"


def _filled(head: str, lines: Iterable[str], size: int, encoding: str) -> bytes:
    """Return *head* and as many *lines* as fit into *size* bytes, at least one."""
    taken = [head]
    room = size - len(head.encode(encoding))
    for line in lines:
        taken.append(line)
        room -= len(line.encode(encoding)) + 2
        if room <= 0:
            break
    return "\r\n".join((*taken, "")).encode(encoding)


def mail(title: str, size: int, rng: Random) -> bytes:
    """Return a message between two roles, with a PDF attached when there is room for one."""
    sender, receiver = rng.sample(ROLES, 2)
    message = EmailMessage()
    message["From"] = f"{sender[0]} <{sender[1].lower().replace(' ', '.')}@example.com>"
    message["To"] = f"{receiver[0]} <{receiver[1].lower().replace(' ', '.')}@example.com>"
    message["Subject"] = title
    message["Date"] = format_datetime(
        datetime(2016, 1, 1, tzinfo=UTC) + timedelta(minutes=rng.randrange(5_000_000))
    )
    message["Message-ID"] = f"<{rng.randrange(16**16):016x}@example.com>"
    message.set_content("\n\n".join(numbered_clauses(rng, 3)))
    if size > 12_000:
        # Base64 turns three bytes into four, plus line ends.
        attachment = pdf(title, size * 70 // 100, rng)
        message.add_attachment(
            attachment, maintype="application", subtype="pdf", filename="附件 Attachment.pdf"
        )
        message.set_boundary(f"=={rng.randrange(16**16):016x}==")
    return message.as_bytes()


def archive(title: str, size: int, rng: Random) -> bytes:
    """Return a zip of a letter, a table and a scanned contract that together reach *size*."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as members:
        add_member(members, "说明 Read me.txt", text(title, 600, rng), zipfile.ZIP_DEFLATED)
        add_member(members, "数据 Data.csv", csv(title, size // 8, rng), zipfile.ZIP_DEFLATED)
        add_member(
            members,
            f"合同 Contracts/{title.replace('/', ' ')}.pdf",
            pdf(title, size - buffer.tell() - 500, rng),
        )
    return buffer.getvalue()


def _nothing(_title: str, _size: int, _rng: Random) -> bytes:
    return b""


_WRITERS: dict[str, Writer] = {
    "pdf": pdf,
    "docx": docx,
    "xlsx": xlsx,
    "png": png,
    "jpg": jpeg,
    "dxf": dxf,
    "zip": archive,
    "eml": mail,
    "csv": csv,
    "txt": text,
    "empty": _nothing,
}

KINDS = frozenset(_WRITERS)
