"""
Write valid PDF files: a page of bilingual text, then a page that looks like a scan.

Chinese text uses the predefined font STSong-Light with the UTF-16 character
map (ISO 32000-1, 9.7.5.2), so that no font has to be shipped.
"""

from __future__ import annotations

from random import Random

from lading.testkit.world.wording import numbered_clauses

_SCAN_WIDTH = 400
_FONT = (
    b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UTF16-H/DescendantFonts[<<"
    b"/Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light"
    b"/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>/DW 1000"
    b"/FontDescriptor<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]"
    b"/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>>>]>>"
)


def pdf(title: str, size: int, rng: Random) -> bytes:
    """Return a PDF of two pages and about *size* bytes."""
    height = max(1, (size - 6_000) // _SCAN_WIDTH)
    scan = b"/Type/XObject/Subtype/Image/ColorSpace/DeviceGray/BitsPerComponent 8/Width %d/Height %d" % (
        _SCAN_WIDTH,
        height,
    )
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<<%s>>>>"
    return _assemble(
        (
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>",
            page % (5, b"/Font<</F1 7 0 R>>"),
            page % (6, b"/XObject<</Im1 8 0 R>>"),
            _stream(b"", _text_page([title, *numbered_clauses(rng, 12)])),
            _stream(b"", b"q 595 0 0 842 0 0 cm /Im1 Do Q"),
            _FONT,
            _stream(scan, rng.randbytes(height * _SCAN_WIDTH)),
            b"<</Title%s/Producer(Lading test kit)>>" % _utf16(title, bom=True),
        )
    )


def _assemble(objects: tuple[bytes, ...]) -> bytes:
    """Return the file of *objects*: the first is the catalogue, the last the document information."""
    parts = [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"]
    at = len(parts[0])
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(at)
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        at += len(parts[-1])
    count = len(objects) + 1
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n" % count)
    parts.extend(b"%010d 00000 n \n" % offset for offset in offsets)
    parts.append(
        b"trailer\n<</Size %d/Root 1 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, count - 1, at)
    )
    return b"".join(parts)


def _stream(entries: bytes, body: bytes) -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(body), body)


def _text_page(lines: list[str]) -> bytes:
    rows = b"".join(b"%s Tj T*\n" % _utf16(line) for line in lines)
    return b"BT /F1 8 Tf 20 TL 40 790 Td\n" + rows + b"ET"


def _utf16(content: str, *, bom: bool = False) -> bytes:
    return b"<" + (("\ufeff" if bom else "") + content).encode("utf-16-be").hex().encode() + b">"
