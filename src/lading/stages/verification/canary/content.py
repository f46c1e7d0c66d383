"""
What canaries hold: computed from the campaign and the name of the canary, so that nobody has to keep it.

Some of it looks like a script or refers to other places; none of it does anything.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from .kit import Kit

BLOCK = 8 << 20
"""Bytes that a transfer sends at once."""

# Zip entries carry a time of their own; a fixed one keeps the bytes a function of the kit.
_ZIP_TIME = (2020, 1, 1, 0, 0, 0)
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def noise(kit: Kit, code: str, part: str, size: int) -> bytes:
    """*size* bytes that no compression shrinks and nobody else has."""
    return hashlib.shake_256("\0".join(("lading canary", kit.campaign, code, part)).encode()).digest(size)


def note(kit: Kit, code: str, part: str = "") -> bytes:
    """A short text that says what it is."""
    mark = noise(kit, code, part, 24).hex()
    return f"Lading 金丝雀 canary {kit.campaign} {code} {part}\n{mark}\n".encode()


def over_a_block(kit: Kit, code: str) -> bytes:
    """A little more than a transfer sends at once."""
    return noise(kit, code, "", BLOCK + 17)


def html(kit: Kit, code: str) -> bytes:
    """A page with a script in it that does nothing."""
    mark = noise(kit, code, "html", 16).hex()
    return (
        '<!doctype html><meta charset="utf-8"><title>Lading 金丝雀 canary</title>\n'
        f'<script>window.ladingCanary = "{mark}";</script>\n'
        f'<img src="x" alt="" onerror="window.ladingCanary = \'{mark}\'"><p>&lt;script&gt;{mark}&lt;/script&gt;\n'
    ).encode()


def svg(kit: Kit, code: str) -> bytes:
    """A picture with a script in it that does nothing."""
    mark = noise(kit, code, "svg", 16).hex()
    return (
        f'{_XML}<svg xmlns="http://www.w3.org/2000/svg" onload="window.ladingCanary = \'{mark}\'">'
        f'<script>window.ladingCanary = "{mark}";</script><text y="20">金丝雀 canary</text></svg>\n'
    ).encode()


def reference(kit: Kit, *names: str) -> str:
    """The place *names* in the folder of *kit* as documents write it that were made on OLD."""
    address = kit.address if "://" in kit.address else f"file://{kit.address}"
    plain = quote(address.rstrip("/"), safe=":/?#[]@!$&'*+,;=%", errors="surrogateescape")
    return "/".join((plain, *(quote(name, errors="surrogateescape") for name in (*kit.base, *names))))


def workbook(kit: Kit, code: str) -> bytes:
    """An Excel workbook with a hyperlink and a formula that lead to other files at the old address."""
    target = reference(kit, code, "book.xlsx")
    rows = (
        f'<row r="1"><c r="A1" t="inlineStr"><is><t>{noise(kit, code, "xlsx", 16).hex()}</t></is></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is><t>金丝雀 canary</t></is></c></row>'
        '<row r="3"><c r="A3"><f>[1]Sheet1!$A$1</f></c></row>'
    )
    parts = {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _relationships({"xl/workbook.xml": "officeDocument"}),
        "xl/workbook.xml": (
            f'{_XML}<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>'
            '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets>'
            '<externalReferences><externalReference r:id="rId2"/></externalReferences></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": _relationships(
            {"worksheets/sheet1.xml": "worksheet", "externalLinks/externalLink1.xml": "externalLink"}
        ),
        "xl/worksheets/sheet1.xml": (
            f'{_XML}<worksheet xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheetData>{rows}</sheetData>'
            '<hyperlinks><hyperlink ref="A2" r:id="rId1"/></hyperlinks></worksheet>'
        ),
        "xl/worksheets/_rels/sheet1.xml.rels": _relationships({target: "hyperlink"}, outside=True),
        "xl/externalLinks/externalLink1.xml": (
            f'{_XML}<externalLink xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><externalBook r:id="rId1">'
            '<sheetNames><sheetName val="Sheet1"/></sheetNames></externalBook></externalLink>'
        ),
        "xl/externalLinks/_rels/externalLink1.xml.rels": _relationships(
            {target: "externalLinkPath"}, outside=True
        ),
    }
    return _zipped(parts)


def pdf(kit: Kit, code: str) -> bytes:
    """A PDF of one page with a link to another file at the old address."""
    target = reference(kit, code, "book.xlsx").encode()
    text = b"BT /F1 12 Tf 40 780 Td (Lading canary %s) Tj ET" % noise(kit, code, "pdf", 16).hex().encode()
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Annots[6 0 R]>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/Annot/Subtype/Link/Rect[40 770 400 800]/A<</S/URI/URI(%s)>>>>" % target,
    )
    return _assembled(objects)


def _content_types() -> str:
    kinds = {
        "/xl/workbook.xml": "sheet.main",
        "/xl/worksheets/sheet1.xml": "worksheet",
        "/xl/externalLinks/externalLink1.xml": "externalLink",
    }
    rows = "".join(
        f'<Override PartName="{name}" ContentType="{_TYPES}.{kind}+xml"/>' for name, kind in kinds.items()
    )
    return (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{rows}</Types>'
    )


def _relationships(targets: dict[str, str], *, outside: bool = False) -> str:
    mode = ' TargetMode="External"' if outside else ""
    rows = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target={quoteattr(target)}{mode}/>'
        for number, (target, kind) in enumerate(targets.items(), start=1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'


def _zipped(parts: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    # Stored, not deflated: another zlib would give other bytes.
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), text.encode())
    return buffer.getvalue()


def _assembled(objects: tuple[bytes, ...]) -> bytes:
    file, offsets = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    count, start = len(objects) + 1, len(file)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return file + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        count, table, count, start,
    )  # fmt: skip
