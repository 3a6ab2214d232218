"""Judges what was made of a picture, with Pillow as the independent reader.

A damaged file may be read differently in few ways, all of them here:
- Of an animation only the first picture is read. Pillow also reads the heads of
  the others and refuses the file where they are wrong.
- A chunk beside the pixels whose checksum is wrong, and segments beside the
  pixels that are too short, make Pillow refuse a file that libpng and libjpeg
  read.
- Pillow takes the first or the last EXIF data of a PNG, as it was loaded or
  not, and says nothing of EXIF data that it cannot read.
- Where the pixels of a JPEG are damaged, each version of libjpeg fills the gap
  in its own way: only the size counts.
- A box of a JPEG, cut for training, does not see damage outside of it.
"""

from __future__ import annotations

import io
import warnings

import numpy as np
from PIL import Image

from fuzzing import parts

# Of 255; JPEG's CMYK is rounded differently on its way to RGB.
_TOLERANCE = {"jpeg": 1}
_ORIENTATION = 0x0112
_TURNS = range(1, 9)
_ANIMATION = (b"acTL", b"fcTL", b"fdAT")
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
            image = Image.open(io.BytesIO(contents))
            numbers = _numbers(image)
            image.load()
            return np.asarray(_as_rgb(image)), numbers | _numbers(image)
        except Exception as error:  # There is no common one.
            raise Unread(f"{type(error).__name__}: {error}") from error


def _numbers(image):
    try:
        number = image.getexif().get(_ORIENTATION)
    except Exception:
        return set(_TURNS)
    return {number if number in _TURNS else 1}


def _as_rgb(image):
    if image.mode.startswith("I"):
        # 16 bits of gray, whose upper half counts.
        upper = np.asarray(image).astype(np.int64) >> 8
        image = Image.fromarray(upper.astype(np.uint8))
    return image.convert("RGB")


def complaints(contents, original, is_good, seen) -> list[str]:
    """What is wrong with what the ways of reading made of a picture.

    Args:
        contents: the file.
        original: the `Picture` that it was made of.
        is_good: whether it was not damaged.
        seen: what `Decoders.look` returned.
    """
    refused, kind = seen["refused"], original.kind
    took = set(seen["ways"]) - set(refused)
    if refused and took:
        if kind == "jpeg" and took == {"crop"}:
            return []
        return [f"disagree: {refused}, but {sorted(took)} take it"]
    if refused:
        is_read = is_good and original.is_read and kind in seen["kinds"]
        return [f"refused, though good: {refused}"] if is_read else []
    is_same = kind != "jpeg" or _has_pixels_of(contents, original.contents)
    return _difference(contents, _TOLERANCE.get(kind, 0), is_same, seen)


def _has_pixels_of(contents, original):
    """Whether all of a JPEG from its tables on is that of another."""
    pixels = original[original.find(_TABLES) :]
    return contents.endswith(pixels)


def _difference(contents, tolerance, is_same, seen):
    opinions, pixels = _opinions(contents), seen["pixels"]
    if isinstance(opinions, Unread):
        return [f"accepted nonsense: Pillow says {opinions}"]
    expected, numbers = opinions
    if expected.shape != pixels.shape:
        sizes = f"{pixels.shape[:2]}, with Pillow {expected.shape[:2]}"
        return [f"other size: {sizes}"]
    largest = np.abs(pixels.astype(int) - expected).max()
    if is_same and largest > tolerance:
        return [f"other pixels: by up to {largest} of 255"]
    if seen["orientation"] not in numbers:
        return [f"turned: {seen['orientation']}, with Pillow {numbers}"]
    return []


def _opinions(contents):
    """The pixels, and all numbers that Pillow finds; or why it finds none."""
    first, pixels, numbers = None, None, set()
    for form in (contents, _plain(contents)):
        try:
            pixels, more = read(form)
            numbers |= more
        except Unread as error:
            first = first or error
    return first if pixels is None else (pixels, numbers)


def _plain(contents):
    """The file without what nobody needs who reads the first picture."""
    if contents.startswith(b"\xff\xd8"):
        # Of the metadata nothing is left to tell how it is turned.
        turn = _exif_of_all_turns()
        return contents[:2] + turn + contents[contents.find(_TABLES) :]
    if contents.startswith(b"\x89PNG"):
        head, *chunks = parts.split(contents, "png")
        kept = [c for c in chunks if c[4:8] not in _ANIMATION]
        is_critical = [c[4:5].isupper() for c in kept]
        return head + b"".join(
            c if critical else parts.with_checksum(c)
            for c, critical in zip(kept, is_critical)
        )
    return contents


def _exif_of_all_turns():
    """EXIF data that Pillow cannot read."""
    return parts.segment(0xE1, b"Exif\0\0no TIFF")
