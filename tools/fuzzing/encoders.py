"""Writes the forms of PNG and BMP that Pillow does not write."""

from __future__ import annotations

import struct
import zlib

import numpy as np

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Bit depths of each color type of PNG.
DEPTHS = {
    0: (1, 2, 4, 8, 16),
    2: (8, 16),
    3: (1, 2, 4, 8),
    4: (8, 16),
    6: (8, 16),
}
# Adam7: first row, first column, step of rows, step of columns.
_PASSES = (
    *((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4)),
    *((2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)),
)
_WHOLE = ((0, 0, 1, 1),)


def chunk(kind, content):
    """A chunk of a PNG with its checksum."""
    data = kind + content
    return (
        struct.pack(">I", len(content))
        + data
        + struct.pack(">I", zlib.crc32(data))
    )


def png(values, color_type, depth, interlaced=False, palette=b"", more=()):
    """A PNG file.

    Args:
        values: `[height, width, num_channels]` integers, below 2**depth.
        color_type: 0, 2, 3, 4 or 6.
        depth: bits of a value.
        interlaced: whether by Adam7.
        palette: bytes of PLTE, if any.
        more: chunks to stand before the pixels.
    """
    height, width, _ = values.shape
    head = struct.pack(
        *(">IIBBBBB", width, height, depth, color_type, 0, 0, int(interlaced))
    )
    rows = b"".join(
        _rows(values[top::down, left::right], depth)
        for top, left, down, right in (_PASSES if interlaced else _WHOLE)
    )
    chunks = [chunk(b"IHDR", head)]
    if palette:
        chunks.append(chunk(b"PLTE", palette))
    chunks += [*more, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def num_channels(color_type):
    return _CHANNELS[color_type]


def _rows(values, depth):
    if not values.size:
        return b""
    return b"".join(b"\0" + _packed(row.ravel(), depth) for row in values)


def _packed(values, depth):
    if depth == 16:
        return values.astype(">u2").tobytes()
    if depth == 8:
        return values.astype("u1").tobytes()
    bits = values[:, None] >> np.arange(depth)[::-1] & 1
    return np.packbits(bits.ravel().astype("u1")).tobytes()


def bmp(indices, bits, palette, header=40, top_down=False, compression=0):
    """A BMP file.

    Args:
        indices: `[height, width]` integers below 2**bits (16, 24 and 32 bits:
            the color itself).
        bits: of a pixel: 1, 4, 8, 16, 24 or 32.
        palette: bytes, 4 of each color.
        header: its size: 40, 52, 56, 108 (V4) or 124 (V5).
        top_down: whether the first row is the upper one.
        compression: 0, 1 (runs of 8 bits) or 3 (masks).
    """
    height, width = indices.shape
    rows = indices if top_down else indices[::-1]
    if compression == 1:
        pixels = b"".join(map(_runs, rows)) + b"\0\1"
    else:
        pixels = b"".join(_bmp_row(row, bits) for row in rows)
    masks = struct.pack("<III", 0xFF0000, 0xFF00, 0xFF)
    extra = masks.ljust(header - 40, b"\0") if header > 40 else b""
    if compression == 3 and header == 40:
        extra = masks
    begin = 14 + 40 + len(extra) + len(palette)
    return (
        struct.pack("<2sIHHI", b"BM", begin + len(pixels), 0, 0, begin)
        + struct.pack(
            *("<IiiHH", header, width, -height if top_down else height),
            *(1, bits),
        )
        + struct.pack("<IIiiII", compression, len(pixels), 0, 0, 0, 0)
        + (extra + palette + pixels)
    )


def _bmp_row(row, bits):
    if bits < 8:
        data = _packed(row, bits)
    else:
        size = bits // 8
        data = b"".join(int(value).to_bytes(size, "little") for value in row)
    return data + bytes(-len(data) % 4)


def _runs(row):
    return b"".join(bytes([1, value]) for value in row.tolist()) + b"\0\0"
