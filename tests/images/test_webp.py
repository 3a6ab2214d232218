"""A WebP is read, or refused, as libwebp does, which Pillow asks."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import tensorflow as tf
from PIL import ExifTags
from PIL import Image

from dnc_keras.images import decode
from dnc_keras.images import kinds
from dnc_keras.images.exif import orientation

pytestmark = pytest.mark.skipif(
    not kinds.READS_WEBP, reason="TensorFlow reads no WebP"
)
_PIXELS = np.random.default_rng(0).integers(0, 255, (6, 8, 4), dtype=np.uint8)
_EXIF = Image.Exif()
_EXIF[ExifTags.Base.Orientation] = 6
_ANIMATED = {"save_all": True, "append_images": [Image.new("RGB", (8, 6))]}


def webp(mode="RGB", **options):
    file = io.BytesIO()
    Image.fromarray(_PIXELS).convert(mode).save(file, "WEBP", **options)
    return file.getvalue()


def chunks_of(contents):
    """[(type, whole chunk)], without the header of the file."""
    found, position = [], 12
    while position < len(contents):
        kind, length = struct.unpack_from("<4sI", contents, position)
        end = position + 8 + length + length % 2
        found.append((kind, contents[position:end]))
        position = end
    return found


def joined(*chunks):
    body = b"WEBP" + b"".join(chunk for _, chunk in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def is_read_by_pillow(contents):
    try:
        with Image.open(io.BytesIO(contents)) as image:
            image.load()
    except OSError:
        return False
    return True


SAVED = {
    "lossy": webp(),
    "lossless": webp(lossless=True),
    "alpha": webp("RGBA"),
    "lossless alpha": webp("RGBA", lossless=True),
    "exif": webp("RGBA", exif=_EXIF),
    "animated": webp(**_ANIMATED),
    "animated exif": webp(**_ANIMATED, exif=_EXIF, lossless=True),
}
DAMAGES = {
    "cut off": lambda whole: whole[:-2],
    "told too short": lambda whole: whole[:4] + b"\x20\0\0\0" + whole[8:],
    "header twice": lambda whole: joined(
        chunks_of(whole)[0], *chunks_of(whole)
    ),
    "header last": lambda whole: joined(
        *chunks_of(whole)[1:], chunks_of(whole)[0]
    ),
    "picture twice": lambda whole: joined(
        *chunks_of(whole), *chunks_of(whole)[1:]
    ),
    "no animation": lambda whole: joined(
        *[each for each in chunks_of(whole) if each[0] != b"ANIM"]
    ),
    "a chunk too long": lambda whole: joined(
        *chunks_of(whole), (b"more", b"more\xff\0\0\0\0\0")
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("saved", SAVED)
def test_what_pillow_refuses_is_refused_and_nothing_else(saved, damage):
    contents = DAMAGES[damage](SAVED[saved])
    if is_read_by_pillow(contents):
        assert decode(contents).shape == (6, 8, 3)
    else:
        with pytest.raises(tf.errors.InvalidArgumentError, match="whole"):
            decode(contents)


def test_exif_counts_where_the_header_tells_of_it():
    contents = bytearray(SAVED["exif"])
    assert contents[12:16] == b"VP8X"
    assert int(orientation(bytes(contents))) == 6
    contents[20] &= ~8
    assert int(orientation(bytes(contents))) == 1
