"""Documents are looked into without trust: each state is told, and nothing unfolds without end."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.stages.readiness.documents import ENDINGS, MEMBERS, Seen, State, look_into

OLD = ("https://old.example/",)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)
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


RELS = {**TYPES, "word/_rels/document.xml.rels": b'<R Target="HTTPS://old.example/Deal/a.xlsx"/>'}
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
        ("a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), Seen(State.ENCRYPTED)),
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
