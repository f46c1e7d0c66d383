"""Documents are looked into without trust: each state is told, and nothing unfolds without end."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.stages.readiness.documents import ENDINGS, MEMBERS, Seen, State, look_into

OLD = ("https://old.example/",)
MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def compound(streams: Mapping[str, bytes], cutoff: int = 0) -> bytes:
    """An OLE file with *streams* of at most a sector each, as [MS-CFB] lays it out: allocation table, directory, streams."""
    entries = [("Root Entry", 5, 0xFFFFFFFE if cutoff == 0 else 2, 512 * len(streams))]
    step = 1 if cutoff == 0 else 8
    entries += [
        (name, 2, (2 if cutoff == 0 else 0) + at * step, len(content))
        for at, (name, content) in enumerate(streams.items())
    ]
    directory = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0")
        + struct.pack("<HB", 2 * len(name) + 2, kind).ljust(52, b"\0")
        + struct.pack("<II4x", start, size)
        for name, kind, start, size in entries
    )
    assert len(directory) <= 512
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *(0xFFFFFFFE if cutoff == 0 else 3 + at for at in range(len(streams)))]
    chain[-1] = 0xFFFFFFFE
    head = (
        MAGIC
        + bytes(16)
        + struct.pack("<HHHH", 0x3E, 3, 0xFFFE, 9)
        + bytes(16)
        + struct.pack("<I4xI", 1, cutoff)
    )
    head = (head + struct.pack("<4xI", 0)).ljust(76, b"\0") + struct.pack("<109I", 0, *([0xFFFFFFFF] * 108))
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(512, b"\xff")
    return (
        head + table + directory.ljust(512, b"\0") + b"".join(it.ljust(512, b"\0") for it in streams.values())
    )


FIB = b"\xec\xa5\xc1\x00" + bytes(6)
BOF = struct.pack("<HH", 0x809, 16) + bytes(16)
OLE = compound({"WordDocument": FIB + b"\x00\x00" + bytes(100)})
TYPES = {"[Content_Types].xml": b"<Types/>"}


def packed(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def encrypted(raw: bytes) -> bytes:
    """*raw* with the flag of encryption set in its central directory."""
    at = raw.rindex(b"PK\x01\x02") + 8
    return raw[:at] + bytes([raw[at] | 1]) + raw[at + 1 :]


def related(target: str, mode: str = "External") -> bytes:
    return f'<Relationships xmlns="x"><Relationship Id="r" TargetMode="{mode}" Target="{target}"/></Relationships>'.encode()


RELS = {**TYPES, "word/_rels/document.xml.rels": related("HTTPS://old.example/Deal/a.xlsx")}
GOOD = packed({**TYPES, "word/document.xml": b"text" * 100})
FLIPPED = packed({**TYPES, "word/document.xml": b"text" * 100}, zipfile.ZIP_STORED).replace(
    b"texttext", b"textTEXT", 1
)


@pytest.mark.parametrize(
    ("name", "content", "seen"),
    [
        ("a.docx", GOOD, Seen(State.WELL)),
        ("a.docx", packed(RELS), Seen(State.WELL, True)),
        ("a.docx", GOOD[:-30], Seen(State.DAMAGED)),
        ("a.docx", FLIPPED, Seen(State.DAMAGED)),
        ("a.docx", b"", Seen(State.DAMAGED)),
        ("a.xlsx", packed({"other": b""}), Seen(State.DAMAGED)),
        ("a.xlsx", compound({"EncryptedPackage": b"x"}), Seen(State.ENCRYPTED)),
        ("a.doc", compound({"WordDocument": FIB + b"\x00\x01" + bytes(100)}), Seen(State.ENCRYPTED)),
        ("a.doc", compound({"Other": b"x", "WordDocument": FIB + b"\x00\x01"}, 4096), Seen(State.ENCRYPTED)),
        ("a.xls", compound({"Workbook": BOF + struct.pack("<HH", 0x2F, 6) + bytes(6)}), Seen(State.ENCRYPTED)),
        ("a.xls", compound({"Workbook": BOF + struct.pack("<HH", 0x42, 2) + bytes(2)}), Seen(State.WELL)),
        ("a.ppt", compound({"PowerPoint Document": b"x", "EncryptedSummary": b"x"}), Seen(State.ENCRYPTED)),
        ("a.ppt", compound({"PowerPoint Document": b"x"}), Seen(State.WELL)),
        ("a.doc", MAGIC + bytes(2000), Seen(State.DAMAGED)),
        ("a.docx", packed({**TYPES, "word/_rels/document.xml.rels": related("https://old.example/x", "Internal")}), Seen(State.WELL)),
        ("a.docx", packed({**TYPES, "word/_rels/document.xml.rels": related("https://other.example/?to=https://old.example/")}), Seen(State.WELL)),
        ("a.docx", packed({**TYPES, "word/_rels/document.xml.rels": b"<no xml https://old.example/"}), Seen(State.WELL)),
        ("a.docx", packed({**TYPES, "word/document.xml": b"<w:t>see https://old.example/a</w:t>"}), Seen(State.WELL)),
        ("a.docx", packed({**TYPES, "word/document.xml": b'<w:instrText xml:space="preserve"> HYPERLINK &quot;https://old.example/a&quot;</w:instrText>'}), Seen(State.WELL, True)),
        ("a.xlsx", packed({**TYPES, "xl/worksheets/sheet1.xml": b'<f>HYPERLINK("https://old.example/a","a")</f>'}), Seen(State.WELL, True)),
        ("a.pdf", b"%PDF-1.7\n(see https://old.example/x)\n%%EOF", Seen(State.WELL)),
        ("a.pdf", b"%PDF-1.7\n/URI <68747470733A2F2F6F6C642E6578616D706C652F78>\n%%EOF", Seen(State.WELL, True)),
        ("a.pdf", b"%PDF-1.7\n/URI (https:\\/\\/old.example/x)\n%%EOF", Seen(State.WELL, True)),
        ("a.xlsx", OLE, Seen(State.DAMAGED)),
        ("a.zip", packed({"other": b""}), Seen(State.WELL)),
        ("a.zip", encrypted(packed({"other": b"x"})), Seen(State.ENCRYPTED)),
        ("a.doc", OLE, Seen(State.WELL)),
        ("a.doc", OLE + "https://old.example/b".encode("utf-16-le"), Seen(State.WELL, True)),
        ("a.doc", b"{\\rtf1 }", Seen(State.WELL)),
        ("a.doc", b"junk", Seen(State.DAMAGED)),
        ("a.PDF", b"%PDF-1.7\n<< >>\n%%EOF", Seen(State.WELL)),
        ("a.pdf", b"%PDF-1.7\n/URI (https://old.example/x)\n%%EOF", Seen(State.WELL, True)),
        ("a.pdf", b"%PDF-1.7\nstream\n" + zlib.compress(b"/URI (https://old.example/x)") + b"\nendstream\n%%EOF", Seen(State.WELL, True)),
        ("a.pdf", b"%PDF-1.7\ntrailer << /Encrypt 5 0 R >>\n%%EOF", Seen(State.ENCRYPTED)),
        ("a.pdf", b"%PDF-1.7\nhalf", Seen(State.DAMAGED)),
    ],
)  # fmt: skip
def test_each_state_is_told(name: str, content: bytes, seen: Seen) -> None:
    """Good, encrypted, damaged, and with a link to the old address."""
    assert seen == look_into(name, content, OLD)


def test_a_bomb_is_left_alone() -> None:
    """A megabyte that unfolds to a gigabyte, and an archive of very many members, are not unfolded; nothing is claimed."""
    bomb = packed({**TYPES, "big.xml": bytes(200 << 20)})
    many = packed({f"{n}": b"" for n in range(MEMBERS + 1)})

    assert len(bomb) < 1 << 20
    assert State.NOT_LOOKED is look_into("a.docx", bomb, OLD).state
    assert State.NOT_LOOKED is look_into("a.zip", many, OLD).state


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(ENDINGS),
    st.binary(max_size=300),
    st.sampled_from([b"", b"PK\x03\x04", b"%PDF-", OLE[:8], GOOD[:200]]),
)
def test_no_bytes_break_it(ending: str, rest: bytes, start: bytes) -> None:
    """Whatever stands in a file, a state comes out."""
    assert look_into(f"a.{ending}", start + rest, OLD).state in State
