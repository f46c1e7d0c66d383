"""
Write valid Word and Excel files as small zip packages.

Parts beyond the required ones are left out: readers fall back to their own
styles and theme.  A package reaches its target size with a thumbnail
picture, which the Open Packaging Conventions allow in every office file.
"""

from __future__ import annotations

import io
import zipfile
from random import Random
from xml.sax.saxutils import escape

from lading.testkit.world.pictures import png
from lading.testkit.world.wording import numbered_clauses

# Zip entries carry a time of their own; a fixed one keeps the bytes a function of the arguments.
ZIP_TIME = (2020, 1, 1, 0, 0, 0)

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_YEARS = 20


def docx(title: str, size: int, rng: Random) -> bytes:
    """Return a Word document: the title, then numbered clauses in Chinese and English."""
    lines = [title, *numbered_clauses(rng, 30)]
    body = "".join(f'<w:p><w:r><w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>' for line in lines)
    document = f'{_XML}<w:document xmlns:w="{_WORD}"><w:body>{body}<w:sectPr/></w:body></w:document>'
    return _package("word/document.xml", {"word/document.xml": (_WORD_TYPE, document)}, size, rng)


def xlsx(title: str, size: int, rng: Random) -> bytes:
    """
    Return a financial model: assumptions as numbers, twenty years of cash flow as formulas.

    Formulas carry no cached results; a spreadsheet program computes them on opening.
    """
    sheets = {"Assumptions": _assumptions(title, rng), "Cashflow": _cashflow()}
    parts = {"xl/workbook.xml": (_BOOK_TYPE, _workbook(list(sheets)))}
    for number, rows in enumerate(sheets.values(), start=1):
        sheet = f'{_XML}<worksheet xmlns="{_SHEET}"><sheetData>{rows}</sheetData></worksheet>'
        parts[f"xl/worksheets/sheet{number}.xml"] = (_SHEET_TYPE, sheet)
    links = {f"worksheets/sheet{number}.xml": f"{_OFFICE}/worksheet" for number in (1, 2)}
    parts["xl/_rels/workbook.xml.rels"] = ("", _relationships(links))
    return _package("xl/workbook.xml", parts, size, rng)


def _package(main: str, parts: dict[str, tuple[str, str]], size: int, rng: Random) -> bytes:
    """Return the zip package of *parts* (name to content type and text), whose entry point is *main*."""
    types = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, (kind, _) in parts.items() if kind
    )
    defaults = (
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="png" ContentType="image/png"/>'
    )
    links = {
        main: f"{_OFFICE}/officeDocument",
        "docProps/thumbnail.png": f"{_PACKAGE}/relationships/metadata/thumbnail",
    }
    texts = {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">{defaults}{types}</Types>',
        "_rels/.rels": _relationships(links),
        **{name: content for name, (_, content) in parts.items()},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in texts.items():
            add_member(archive, name, content.encode(), zipfile.ZIP_DEFLATED)
        add_member(archive, "docProps/thumbnail.png", png("", size - buffer.tell() - 900, rng))
    return buffer.getvalue()


def add_member(archive: zipfile.ZipFile, name: str, content: bytes, method: int = zipfile.ZIP_STORED) -> None:
    """Add *content* to *archive* with the fixed time that keeps archives reproducible."""
    archive.writestr(zipfile.ZipInfo(name, ZIP_TIME), content, method)


def _relationships(links: dict[str, str]) -> str:
    rows = "".join(
        f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'
        for number, (target, kind) in enumerate(links.items(), start=1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'


def _workbook(names: list[str]) -> str:
    sheets = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in enumerate(names, start=1)
    )
    return (
        f'{_XML}<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}">'
        f'<sheets>{sheets}</sheets><calcPr fullCalcOnLoad="1"/></workbook>'
    )


def _assumptions(title: str, rng: Random) -> str:
    values = (
        ("装机容量 Capacity (MW)", rng.randrange(50, 900)),
        ("首年收入 First-year revenue (CNY m)", rng.randrange(200, 2000)),
        ("收入增长 Growth", rng.randrange(5, 30) / 1000),
        ("运维成本占比 Opex share", rng.randrange(15, 40) / 100),
        ("贷款 Debt (CNY m)", rng.randrange(800, 6000)),
        ("利率 Interest rate", rng.randrange(290, 560) / 10_000),
        ("期限 Tenor (years)", rng.randrange(10, _YEARS)),
    )
    rows = [_row(1, [_text_cell("A1", title)])]
    for row, (label, value) in enumerate(values, start=2):
        rows.append(_row(row, [_text_cell(f"A{row}", label), f'<c r="B{row}"><v>{value}</v></c>']))
    return "".join(rows)


def _cashflow() -> str:
    heads = (
        "年 Year",
        "收入 Revenue",
        "运维 Opex",
        "可用现金 CFADS",
        "还本付息 Debt service",
        "偿债覆盖率 DSCR",
    )
    rows = [_row(1, [_text_cell(f"{column}1", head) for column, head in zip("ABCDEF", heads, strict=True)])]
    for year in range(1, _YEARS + 1):
        row = year + 1
        revenue = "Assumptions!B3" if year == 1 else f"B{row - 1}*(1+Assumptions!$B$4)"
        service = (
            f"IF(A{row}&lt;=Assumptions!$B$8,-PMT(Assumptions!$B$7,Assumptions!$B$8,Assumptions!$B$6),0)"
        )
        formulas = {
            "B": revenue,
            "C": f"B{row}*Assumptions!$B$5",
            "D": f"B{row}-C{row}",
            "E": service,
            "F": f'IF(E{row}=0,"",D{row}/E{row})',
        }
        cells = [f'<c r="{column}{row}"><f>{formula}</f></c>' for column, formula in formulas.items()]
        rows.append(_row(row, [f'<c r="A{row}"><v>{year}</v></c>', *cells]))
    return "".join(rows)


def _row(number: int, cells: list[str]) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def _text_cell(reference: str, content: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{escape(content)}</t></is></c>'
