"""Cuts picture files into parts: segments, chunks, blocks."""

from __future__ import annotations

import struct
import zlib

ALONE = (0x01, *range(0xD0, 0xD9))  # Markers of JPEG that no length follows.


def segment(marker, content):
    """A segment of a JPEG."""
    length = struct.pack(">H", (2 + len(content)) % 2**16)
    return bytes([0xFF, marker]) + length + content


def split(contents, kind) -> list[bytes]:
    """The parts of a file of a kind; they make it up, though it be damaged."""
    return _SPLITTERS[kind](contents)


def join(parts, kind, mended) -> bytes:
    """A file of parts.

    Args:
        parts: a list of bytes.
        kind: of the file.
        mended: whether checksums and the length of the whole are made right.
    """
    if mended and kind == "png":
        parts = [parts[0], *map(with_checksum, parts[1:])] if parts else []
    contents = b"".join(parts)
    if mended and kind == "webp":
        size = struct.pack("<I", max(len(contents) - 8, 0))
        contents = contents[:4] + size + contents[8:]
    return contents


def with_checksum(part):
    """A chunk of a PNG, its checksum made right."""
    if len(part) < 12:
        return part
    return part[:-4] + struct.pack(">I", zlib.crc32(part[4:-4]))


def _split_jpeg(contents):
    cuts, position = [0], 2
    while position + 4 <= len(contents):
        cuts.append(position)
        marker = contents[position + 1]
        if marker == 0xD9:
            break
        position += 2
        if marker not in ALONE:
            position += int.from_bytes(contents[position : position + 2], "big")
        if marker == 0xDA:
            cuts.append(position)
            position = _end_of_scan(contents, position)
    return _pieces(contents, cuts)


def _end_of_scan(contents, position):
    while position + 1 < len(contents):
        following = contents[position + 1]
        is_data = following == 0 or following in ALONE
        if contents[position] == 0xFF and not is_data:
            break
        position += 1
    return position


def _split_png(contents):
    return _pieces(contents, _chunk_cuts(contents, 8, ">", 12, 1))


def _split_webp(contents):
    return _pieces(contents, _chunk_cuts(contents, 12, "<", 8, 2))


def _chunk_cuts(contents, position, order, overhead, multiple):
    cuts = [0]
    at = 0 if order == ">" else 4  # Where the length stands in a chunk.
    while position + 8 <= len(contents):
        cuts.append(position)
        length = struct.unpack_from(order + "I", contents, position + at)[0]
        position += overhead + length + length % multiple
    return cuts


def _split_gif(contents):
    position = 13 + _table_size(contents, 10)
    cuts = [0, 13]
    while position < len(contents):
        cuts.append(position)
        kind = contents[position]
        if kind == 0x2C:
            position += 11 + _table_size(contents, position + 9)
        elif kind == 0x21:
            position += 2
        else:
            break
        while position < len(contents) and contents[position]:
            position += 1 + contents[position]
        position += 1
    return _pieces(contents, cuts)


def _table_size(contents, place):
    flags = int.from_bytes(contents[place : place + 1], "little")
    return 3 * 2 ** (1 + (flags & 7)) if flags & 0x80 else 0


def _split_bmp(contents):
    header = int.from_bytes(contents[14:18], "little")
    begin = int.from_bytes(contents[10:14], "little")
    return _pieces(contents, [0, 14, 14 + header, begin])


def _pieces(contents, cuts):
    cuts = sorted(min(cut, len(contents)) for cut in cuts)
    ends = [*cuts[1:], len(contents)]
    return [contents[begin:end] for begin, end in zip(cuts, ends)]


_SPLITTERS = {
    "jpeg": _split_jpeg,
    "png": _split_png,
    "gif": _split_gif,
    "bmp": _split_bmp,
    "webp": _split_webp,
}
