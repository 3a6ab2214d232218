"""Judges what was made of a picture, with Pillow as the independent reader.

A damaged file may be read differently in few ways, all of them here:
- Of an animation only the first picture is read, and transparency is left out.
  Pillow also reads the heads of other pictures, transparency and masks of
  alpha, and refuses the file where they are wrong.
- Of a WebP the first bitstream is read. Pillow wants all around it to be right.
- A chunk beside the pixels whose checksum is wrong or whose text is packed in
  an unknown way, and segments beside the pixels that are too short, make Pillow
  refuse a file that libpng and libjpeg read.
- Junk between segments, and a marker that Pillow does not know, make it refuse
  a JPEG of which libjpeg passes over them.
- Pillow takes the first or the last EXIF data of a PNG, as it was loaded or
  not. Of EXIF data with several orientations, or with an orientation of several
  values, each reader takes another.
- Where the packed pixels of a JPEG or GIF are damaged, libjpeg and giflib fill
  the gap with no word to the caller, each version in its own way: only the size
  counts.
- A box of a JPEG, cut for training, does not see damage outside of it.
"""

from __future__ import annotations

import io
import struct
import warnings

import numpy as np
from PIL import Image

from fuzzing import parts

# Of 255. JPEG's CMYK is rounded differently on its way to RGB; Pillow lays a
# WebP that is half transparent on another picture.
_TOLERANCE = {"jpeg": 1, "webp": 2}
_ORIENTATION = 0x0112
_SHORT, _LONG = 3, 4
_TURNS = range(1, 9)
# Animation and transparency.
_LEFT_OUT = (b"acTL", b"fcTL", b"fdAT", b"tRNS")
_ALPHA_MASK = 66  # Where a BMP has it.
_JPEG = b"\xff\xd8"
_FILLED_UP = "broken data stream"  # Only of GIF and PNG; libpng refuses it.
# Segments beside the pixels; Adobe's tells how they are to be read.
_BESIDE = (*range(0xE0, 0xEE), 0xEF, 0xFE)
_ADOBE, _ADOBE_LENGTH = 0xEE, 14  # A shorter one tells nothing.
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_TABLES = b"\xff\xdb"  # The first segment of a JPEG that its pixels need.


class Unread(Exception):
    """Pillow does not read the picture; its words."""


def read(contents) -> tuple[np.ndarray, set]:
    """What Pillow makes of a file.

    Returns:
        `[height, width, 3]` uint8, as stored, and the numbers of EXIF by which
        it may be turned; all where Pillow cannot tell.

    Raises:
        Unread: where it does not read it, which includes truncated files.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            numbers = _numbers(Image.open(io.BytesIO(contents)))
            image = Image.open(io.BytesIO(contents))
            image.load()
            return np.asarray(_as_rgb(image)), numbers | _numbers(image)
        except Exception as error:  # There is no common one.
            raise Unread(f"{type(error).__name__}: {error}") from error


def _numbers(image):
    exif = image.info.get("exif")
    if exif and not _is_usual(exif):
        return set(_TURNS)
    try:
        number = image.getexif().get(_ORIENTATION)
    except Exception:
        return set(_TURNS)
    return {number if number in _TURNS else 1}


def _is_usual(exif):
    """Whether at most one entry of EXIF data tells one orientation."""
    tiff = exif[6:] if exif.startswith(b"Exif\0\0") else exif
    order = ">" if tiff.startswith(b"MM") else "<"
    try:
        (begin,) = struct.unpack_from(order + "I", tiff, 4)
        (num,) = struct.unpack_from(order + "H", tiff, begin)
        entries = [
            struct.unpack_from(order + "HHI", tiff, begin + 2 + 12 * row)
            for row in range(num)
        ]
    except struct.error:
        return False
    told = [entry[1:] for entry in entries if entry[0] == _ORIENTATION]
    return told in ([], [(_SHORT, 1)], [(_LONG, 1)])


def _as_rgb(image):
    if image.mode.startswith("I"):
        # 16 bits of gray, whose upper half counts.
        upper = np.asarray(image).astype(np.int64) >> 8
        image = Image.fromarray(upper.astype(np.uint8))
    return image.convert("RGB")


def complaints(contents, original, seen) -> list[str]:
    """What is wrong with what the ways of reading made of a picture.

    Args:
        contents: the file.
        original: the `Picture` that it was made of.
        seen: what `Decoders.look` returned.
    """
    refused, kind = seen["refused"], original.kind
    is_good = contents == original.contents
    took = set(seen["ways"]) - set(refused)
    if refused and took:
        if kind == "jpeg" and took == {"crop"}:
            return []
        return [f"disagree: {refused}, but {sorted(took)} take it"]
    if refused:
        is_read = is_good and original.is_read and kind in seen["kinds"]
        return [f"refused, though good: {refused}"] if is_read else []
    is_same = _has_pixels_of(kind, contents, original.contents)
    return _difference(contents, _TOLERANCE.get(kind, 0), is_same, seen)


def _has_pixels_of(kind, contents, original):
    """Whether a JPEG or GIF has the packed pixels of another."""
    if kind == "jpeg":
        return contents.endswith(original[original.find(_TABLES) :])
    if kind == "gif":
        return _first_frame(contents) in original
    return True


def _difference(contents, tolerance, is_same, seen):
    try:
        read_as, numbers = _opinions(contents)
    except Unread as error:
        if _FILLED_UP in str(error):
            return []
        return [f"accepted nonsense: Pillow says {error}"]
    told = [
        _unlike(seen["pixels"], each, tolerance, is_same) for each in read_as
    ]
    if all(told):
        return told[:1]
    if seen["orientation"] not in numbers:
        return [f"turned: {seen['orientation']}, with Pillow {numbers}"]
    return []


def _unlike(pixels, expected, tolerance, is_same):
    """How pixels differ from those that are expected; "" if they do not."""
    if expected.shape != pixels.shape:
        sizes = f"{pixels.shape[:2]}, with Pillow {expected.shape[:2]}"
        return f"other size: {sizes}"
    largest = np.abs(pixels.astype(int) - expected).max()
    if is_same and largest > tolerance:
        return f"other pixels: by up to {largest} of 255"
    return ""


def _opinions(contents):
    """What Pillow reads of the file and of its plain form, and all numbers."""
    refused, read_as, numbers = [], [], set()
    for form in (contents, _plain(contents)):
        try:
            pixels, more = read(form)
            read_as.append(pixels)
            numbers |= more
        except Unread as error:
            refused.append(error)
            if contents.startswith((_JPEG, b"RIFF")):
                numbers |= set(_TURNS)  # The plain form has no metadata.
    if not read_as:
        raise refused[0]
    return read_as, numbers


def _plain(contents):
    """The file without what nobody needs who reads the first picture."""
    for start, plain in _PLAIN.items():
        if contents.startswith(start):
            return plain(contents)
    return contents


def _plain_jpeg(contents):
    """What libjpeg needs: it passes over junk."""
    kept, position = [contents[:2]], 2
    while 0 <= position < len(contents) - 1:
        marker, following = contents[position + 1], position + 2
        if marker in (_START_OF_SCAN, _END_OF_IMAGE):
            return b"".join([*kept, contents[position:]])
        if marker == 0xFF:
            following = position + 1
        elif marker not in parts.ALONE:
            length = int.from_bytes(contents[following : following + 2], "big")
            following += length
            is_adobe = marker == _ADOBE and length >= _ADOBE_LENGTH
            if is_adobe or marker not in (*_BESIDE, _ADOBE):
                kept.append(contents[position:following])
        position = contents.find(b"\xff", following)
    return b"".join(kept)


def _plain_png(contents):
    head, *chunks = parts.split(contents, "png")
    kept = [
        chunk
        for chunk in chunks
        if chunk[4:8] not in _LEFT_OUT and not _is_unknown_text(chunk)
    ]
    is_critical = [chunk[4:5].isupper() for chunk in kept]
    return head + b"".join(
        chunk if critical else parts.with_checksum(chunk)
        for chunk, critical in zip(kept, is_critical)
    )


def _is_unknown_text(chunk):
    """Whether a text is packed in a way that the standard does not know."""
    method = chunk[8:].partition(b"\0")[2][:1]
    return chunk[4:8] == b"zTXt" and method != b"\0"


def _plain_gif(contents):
    begin = b"".join(parts.split(contents, "gif")[:2])
    return begin + _first_frame(contents) + b";"


def _first_frame(contents):
    pieces = parts.split(contents, "gif")[2:]
    return next((piece for piece in pieces if piece.startswith(b",")), b"")


def _plain_bmp(contents):
    if contents[14:15] < b"\x38":  # The size of the header.
        return contents
    return contents[:_ALPHA_MASK] + bytes(4) + contents[_ALPHA_MASK + 4 :]


def _plain_webp(contents):
    """The first bitstream alone: Pillow wants all around it to be right."""
    found = [contents.find(name, 12) for name in (b"VP8 ", b"VP8L")]
    begin = min((place for place in found if place >= 0), default=12)
    size = int.from_bytes(contents[begin + 4 : begin + 8], "little")
    stream = contents[begin : begin + 8 + size]
    stream += bytes(len(stream) % 2)
    length = struct.pack("<I", 4 + len(stream))
    return b"RIFF" + length + b"WEBP" + stream


_PLAIN = {
    b"RIFF": _plain_webp,
    _JPEG: _plain_jpeg,
    b"\x89PNG": _plain_png,
    b"GIF8": _plain_gif,
    b"BM": _plain_bmp,
}
