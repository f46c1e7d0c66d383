"""
Write valid PNG, JPEG and DXF files with nothing but the standard library.

The pictures are simple (noise, a grey skyline, a field of lines), because
what matters is that any reader opens them and that no two are alike.
*size* is always a target in bytes; a file cannot be smaller than its format.
"""

from __future__ import annotations

import struct
import zlib
from itertools import accumulate
from random import Random

_SCAN_WIDTH = 400
_APP_LIMIT = 65_533
# Bit lengths and symbols of the luminance DC table, ITU-T T.81, table K.3.
_DC_LENGTHS = bytes((0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0))
_DC_CODES = (
    "00",
    "010",
    "011",
    "100",
    "101",
    "110",
    "1110",
    "11110",
    "111110",
    "1111110",
    "11111110",
    "111111110",
)
# One AC symbol is enough: every block ends right after its DC value.
_AC_LENGTHS = bytes((1,)) + bytes(15)


def png(_title: str, size: int, rng: Random) -> bytes:
    """Return a grey 8-bit PNG of noise, like a scanned page."""
    height = max(1, size // (_SCAN_WIDTH + 1))
    rows = bytearray(rng.randbytes(height * (_SCAN_WIDTH + 1)))
    rows[:: _SCAN_WIDTH + 1] = bytes(height)  # filter type 0 opens each row
    header = struct.pack(">IIBBBBB", _SCAN_WIDTH, height, 8, 0, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _png_chunk(b"IHDR", header),
            _png_chunk(b"IDAT", zlib.compress(rows, 0)),
            _png_chunk(b"IEND", b""),
        )
    )


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))


def jpeg(_title: str, size: int, rng: Random) -> bytes:
    """
    Return a baseline grey JPEG of a skyline, with maker notes up to *size*.

    Cameras fill application segments with previews and notes; filling them
    here gives a photo its weight without an encoder for fine detail.
    """
    across, down = 48, 32
    frame = struct.pack(">BHHBBBB", 8, down * 8, across * 8, 1, 1, 0x11, 0)
    head = b"".join(
        (
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x00\x00"),
            _segment(0xDB, b"\x00" + b"\x08" * 64),
            _segment(0xC0, frame),
            _segment(0xC4, b"\x00" + _DC_LENGTHS + bytes(range(12))),
            _segment(0xC4, b"\x10" + _AC_LENGTHS + b"\x00"),
        )
    )
    scan = _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + _entropy(_skyline(across, down, rng)) + b"\xff\xd9"
    return head + _maker_notes(size - len(head) - len(scan), rng) + scan


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _maker_notes(size: int, rng: Random) -> bytes:
    notes = rng.randbytes(max(16, size))
    return b"".join(_segment(0xEF, notes[at : at + _APP_LIMIT]) for at in range(0, len(notes), _APP_LIMIT))


def _skyline(across: int, down: int, rng: Random) -> list[int]:
    """Return one grey level per block, row by row, levels counted from the middle grey."""
    roofs = [rng.randrange(down // 3, down) for _ in range(across)]
    walls = [rng.randrange(-90, 0) for _ in range(across)]
    return [walls[x] if y >= roofs[x] else 100 - 2 * y for y in range(down) for x in range(across)]


def _entropy(levels: list[int]) -> bytes:
    """Return the entropy-coded scan, zero bytes stuffed after each 0xFF."""
    bits = "".join(
        _dc_bits(level - before) + "0" for before, level in zip([0, *levels], levels, strict=False)
    )
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")


def _dc_bits(difference: int) -> str:
    length = abs(difference).bit_length()
    if not length:
        return _DC_CODES[0]
    value = difference if difference > 0 else difference + (1 << length) - 1
    return _DC_CODES[length] + format(value, f"0{length}b")


def dxf(title: str, size: int, rng: Random) -> bytes:
    """Return an ASCII R12 drawing of lines and one text."""
    head = "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1009\n0\nENDSEC\n0\nSECTION\n2\nENTITIES\n"
    text = f"0\nTEXT\n8\nTITLE\n10\n0.0\n20\n-20.0\n40\n5.0\n1\n{_dxf_escape(title)}\n"
    lines = [_dxf_line(rng) for _ in range(48)]
    room = max(1, (size - len(head) - len(text)) // len(lines[0]))
    body = "".join(rng.choices(lines, k=room))
    return f"{head}{text}{body}0\nENDSEC\n0\nEOF\n".encode("ascii")


def _dxf_line(rng: Random) -> str:
    x1, y1, x2, y2 = accumulate(rng.uniform(1, 250) for _ in range(4))
    return f"0\nLINE\n8\nL{rng.randrange(10)}\n10\n{x1:.3f}\n20\n{y1:.3f}\n11\n{x2:.3f}\n21\n{y2:.3f}\n"


def _dxf_escape(text: str) -> str:
    return "".join(char if char.isascii() else f"\\U+{ord(char):04X}" for char in text)
