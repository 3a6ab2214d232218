"""Encoded images of many kinds, and what only pretends to be one."""

import io
import struct

import numpy as np
from PIL import Image

_ORIENTATION, _ROTATED = 0x0112, 6


def good_images():
    """A dict of encoded images by kind."""
    photograph = _picture(480, 640)
    return {
        "JPEG": _encode(photograph, "JPEG"),
        "PNG": _encode(photograph, "PNG"),
        "BMP": _encode(_picture(64, 48), "BMP"),
        "GIF": _encode(_picture(64, 48), "GIF"),
        "grayscale JPEG": _encode(photograph.convert("L"), "JPEG"),
        "grayscale PNG": _encode(photograph.convert("L"), "PNG"),
        "CMYK JPEG": _encode(photograph.convert("CMYK"), "JPEG"),
        "EXIF-rotated JPEG": _encode(photograph, "JPEG", exif=_rotated()),
        "1 x 1 PNG": _encode(_picture(1, 1), "PNG"),
        "8,000 x 6,000 JPEG": _encode(
            _picture(60, 80).resize((8_000, 6_000)), "JPEG"
        ),
    }


def bad_images():
    """A dict of bytes that cannot be embedded, by kind."""
    jpeg = _encode(_picture(480, 640), "JPEG")
    png = _encode(_picture(48, 64), "PNG")
    return {
        "no bytes": b"",
        "text": b"This is no image.",
        "half a JPEG": jpeg[: len(jpeg) // 2],
        "a JPEG's header": jpeg[:20],
        "half a PNG": png[: len(png) // 2],
        "a PNG that claims 60,000 x 60,000": png[:16]
        + struct.pack(">II", 60_000, 60_000)
        + png[24:],
    }


def photograph():
    """A JPEG of 640 x 480, of some 50 kB, as cameras' previews are."""
    return _encode(_picture(480, 640), "JPEG")


def _picture(height, width):
    """Smooth colours with some noise."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    waves = [np.sin(rows / 40), np.cos(columns / 60), np.sin(columns / 25)]
    noise = np.random.default_rng(0).normal(0, 4, [height, width, 1])
    pixels = 128 + 100 * np.stack(waves, axis=-1) + noise
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _rotated():
    exif = Image.Exif()
    exif[_ORIENTATION] = _ROTATED
    return exif


def _encode(image, format, **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()
