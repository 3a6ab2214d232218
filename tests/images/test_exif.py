"""The orientation of an image is the one that Pillow finds."""

from __future__ import annotations

import io
import struct

import pytest
import tensorflow as tf
from PIL import ExifTags
from PIL import Image
from PIL import PngImagePlugin

from dnc_keras.images import kinds
from dnc_keras.images.exif import orientation

TAG, MAKER = 0x0112, 0x010F
BYTE, ASCII, SHORT, LONG = 1, 2, 3, 4
XMP = b"http://ns.adobe.com/xap/1.0/\0"
_PLAIN = Image.new("RGB", (8, 4))


@pytest.fixture(scope="module")
def found():
    """`orientation` in a graph, as it is served."""
    traced = tf.function(orientation, [tf.TensorSpec([], tf.string)])
    return lambda contents: int(traced(contents))


def tiff(*entries, order="<", kind=SHORT, second=()):
    """EXIF: (tag, value) in IFD0, and in IFD1, the thumbnail's."""
    first = _directory(entries, order, kind, 8 if second else 0)
    start = b"II" if order == "<" else b"MM"
    header = start + struct.pack(order + "HI", 42, 8)
    rest = _directory(second, order, kind, 0) if second else b""
    return b"Exif\0\0" + header + first + rest


def _directory(entries, order, kind, after):
    packed = b"".join(_entry(tag, value, order, kind) for tag, value in entries)
    following = after and after + 6 + len(packed)
    count = struct.pack(order + "H", len(entries))
    return count + packed + struct.pack(order + "I", following)


def _entry(tag, value, order, kind):
    if isinstance(value, bytes):
        return struct.pack(order + "HHI4s", tag, ASCII, len(value), value)
    packed = struct.pack(
        order + {BYTE: "B", SHORT: "H", LONG: "I"}[kind], value
    )
    return struct.pack(order + "HHI4s", tag, kind, 1, packed)


def segment(marker, content):
    return bytes([255, marker]) + struct.pack(">H", len(content) + 2) + content


def jpeg(*segments):
    file = io.BytesIO()
    _PLAIN.save(file, "JPEG")
    data = file.getvalue()
    return data[:2] + b"".join(segments) + data[2:]


def of_pillow(contents):
    """What `ImageOps.exif_transpose` goes by."""
    with Image.open(io.BytesIO(contents)) as image:
        image.load()
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    return value if value in range(2, 9) else 1


JUNK = b"\0\xff\0" + segment(0xE1, tiff((TAG, 6)))
JPEGS = {
    "camera: make before it": [
        segment(0xE1, tiff((MAKER, b"abc\0"), (TAG, 6)))
    ],
    "phone: XMP before it": [
        segment(0xE1, XMP + b"<x/>" * 2000),
        segment(0xE1, tiff((TAG, 6))),
    ],
    "editor: profile in three parts before it": [
        *[segment(0xE2, b"ICC_PROFILE\0" + bytes(65_000))] * 3,
        segment(0xE1, tiff((TAG, 8), order=">")),
    ],
    "behind the tables": [
        segment(0xFE, b"note"),
        segment(0xE1, tiff((TAG, 3))),
    ],
    "behind junk": [segment(0xFE, b"note"), bytes(30), b"junk", JUNK],
    "filled": [b"\xff\xff\xff", segment(0xE1, tiff((TAG, 5)))],
    "of the thumbnail alone": [
        segment(0xE1, tiff((MAKER, b"abc\0"), second=[(TAG, 6)]))
    ],
    "of both": [segment(0xE1, tiff((TAG, 3), second=[(TAG, 6)]))],
    "twice": [segment(0xE1, tiff((TAG, 3), (TAG, 6)))],
    "as bytes": [segment(0xE1, tiff((TAG, 6), kind=BYTE))],
    "in a comment": [segment(0xFE, tiff((TAG, 6)))],
    "in a value": [segment(0xE1, tiff((MAKER, b"\x12\x01\x03\0")))],
    "cut off": [segment(0xE1, tiff((TAG, 6))[:-14])],
    "XMP alone": [segment(0xE1, XMP + b'<x tiff:Orientation="6"/>')],
    "XMP as an element": [
        segment(0xE1, XMP + b"<tiff:Orientation>8</tiff:Orientation>")
    ],
    "XMP that tells twice": [
        segment(
            0xE1,
            XMP + b'<x tiff:Orientation="0"/><x tiff:Orientation="6"/>',
        )
    ],
    "XMP of another mind": [
        segment(0xE1, tiff((TAG, 3))),
        segment(0xE1, XMP + b'<x tiff:Orientation="6"/>'),
    ],
    "XMP beside EXIF that does not tell": [
        segment(0xE1, tiff((MAKER, b"abc\0"))),
        segment(0xE1, XMP + b'<x tiff:Orientation="6"/>'),
    ],
    "XMP beside what is no TIFF": [
        segment(0xE1, b"Exif\0\0MM \x2a" + tiff((TAG, 3), order=">")[10:]),
        segment(0xE1, XMP + b'<x tiff:Orientation="6"/>'),
    ],
    "neither": [segment(0xE1, b"Exif\0\0nothing")],
}
WRITTEN = ["JPEG", "PNG"] + ["WEBP"] * kinds.READS_WEBP


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # of what is cut off
@pytest.mark.parametrize("layout", JPEGS)
def test_a_jpeg_is_turned_as_pillow_turns_it(found, layout):
    contents = jpeg(*JPEGS[layout])
    try:
        expected = of_pillow(contents)
    except SyntaxError:  # Pillow's word for no TIFF.
        expected = 1
    assert found(contents) == expected


@pytest.mark.parametrize("kind", [SHORT, LONG])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("value", range(11))
def test_short_and_long_count_in_both_byte_orders(found, value, order, kind):
    contents = jpeg(segment(0xE1, tiff((TAG, value), order=order, kind=kind)))
    assert found(contents) == (value if 1 <= value <= 8 else 1)


@pytest.mark.parametrize("format", WRITTEN)
@pytest.mark.parametrize("value", range(1, 9))
def test_formats_are_read_as_pillow_writes_them(found, format, value):
    file = io.BytesIO()
    exif = Image.Exif()
    exif[TAG] = value
    _PLAIN.save(file, format, exif=exif)
    assert found(file.getvalue()) == value


def test_a_png_may_tell_behind_its_pixels(found):
    file = io.BytesIO()
    exif = Image.Exif()
    exif[TAG] = 6
    _PLAIN.save(file, "PNG", exif=exif)
    data = file.getvalue()
    begin = data.index(b"eXIf") - 4
    (length,) = struct.unpack(">I", data[begin : begin + 4])
    chunk, rest = data[begin : begin + 12 + length], data[begin + 12 + length :]
    moved = data[:begin] + rest[:-12] + chunk + rest[-12:]
    assert (found(moved), of_pillow(moved)) == (6, 6)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("start", [b"Exif\0\0", b""])
@pytest.mark.parametrize("head", ["exif", "\xff"])
def test_a_png_may_tell_in_a_text_as_imagemagick_writes_it(
    found, packed, start, head
):
    digits = (start + tiff((MAKER, b"abc\0"), (TAG, 6))[6:]).hex()
    lines = [digits[i : i + 72] + "\v" for i in range(0, len(digits), 72)]
    text = "\n".join(["", head, f"{len(digits) // 2:8}", *lines, ""])
    info = PngImagePlugin.PngInfo()
    info.add_text("Raw profile type exif", text, zip=packed)
    file = io.BytesIO()
    _PLAIN.save(file, "PNG", pnginfo=info)
    contents = file.getvalue()
    assert (found(contents), of_pillow(contents)) == (6, 6)


def test_more_parts_than_a_photo_has_are_refused(found):
    empty = segment(0xFE, b"") * 2**15
    with pytest.raises(tf.errors.InvalidArgumentError, match="at most 16384"):
        found(jpeg(empty, segment(0xE1, tiff((TAG, 6)))))


@pytest.mark.parametrize("contents", [b"", b"\xff\xd8\xff", b"Exif\0\0II*\0"])
def test_what_is_no_image_is_upright(found, contents):
    assert found(contents) == 1
