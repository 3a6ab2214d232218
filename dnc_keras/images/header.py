"""Looks at an image before it is decoded: what is it, and how large?"""

from __future__ import annotations

import tensorflow as tf

from dnc_keras.images import kinds
from dnc_keras.images.byte_numbers import count_of
from dnc_keras.images.byte_numbers import numbers
from dnc_keras.images.first_picture import Picture
from dnc_keras.images.first_picture import first_of_gif
from dnc_keras.images.parts import parts_of
from dnc_keras.images.png_texts import tells_endless_text
from dnc_keras.images.rare_cases import rarely_called
from dnc_keras.images.requirement import require
from dnc_keras.images.webp import first_of_webp

# 8,192 x 8,192: 192 MB when decoded.
MAX_PIXELS = 2**26
# A progressive JPEG is decoded once for each of its scans; 10 are usual.
_USUAL_SCANS = 15
_START_OF_SCAN = b"\xff\xda"
_NUM_INKS = 4
_START_OF_IMAGE = b"\xff\xd8"
_IS_ADOBE = b"\xff\xeeAdobe"  # How the name of its part begins.
# Adobe's segment as it stands in CMYK files, whose inks it says are inverted.
_ADOBE = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
_ADOBE_SIZE = 12
# Of red, green and blue.
_BMP_MASKS = b"\0\0\xff\0\0\xff\0\0\xff\0\0\0"
_BMP_HEADERS = (40, 52, 56, 64, 108, 124)  # Bytes.
_PLAIN, _BIT_FIELDS = 0, 3


def check_header(contents, max_pixels: int = MAX_PIXELS) -> tf.Tensor:
    """Refuses what is no image, and images that decoding would blow up.

    A file of a few kilobytes may stand for gigabytes of pixels. Its header
    tells, and is read here, in the graph.

    Args:
        contents: scalar string tensor, the encoded image.
        max_pixels: largest height * width. 2**26 by default.

    Returns:
        The file to be decoded after the check, a scalar string tensor; it has
        no more than the first picture of `contents`.

    Raises:
        tf.errors.InvalidArgumentError: for anything but a JPEG, PNG, BMP, GIF
            or, where TensorFlow reads it, WebP, of 1 to `max_pixels` pixels,
            and for the rare forms of them that would be read wrong.
    """
    limit = tf.constant(max_pixels, tf.int64)
    picture = Picture(
        *tf.cond(
            tf.io.is_jpeg(contents),
            lambda: _picture_of_jpeg(contents, limit),
            lambda: _picture_of_others(contents),
        )
    )
    small = require(
        (picture.num_pixels > 0) & (picture.num_pixels <= max_pixels),
        f"An encoded image must have 1 to {max_pixels} pixels. Received:",
        picture.num_pixels,
        "pixels. Make the image smaller.",
    )
    with tf.control_dependencies([small]):
        return tf.identity(picture.contents)


def _picture_of_others(contents):
    return tf.cond(
        kinds.kind_of(contents) == kinds.PNG,
        lambda: _picture_of_png(contents),
        lambda: Picture(*_picture_of_rare_kind(contents)),
    )


@rarely_called
def _picture_of_rare_kind(contents):
    branches = {
        kinds.BMP: lambda: _picture_of_bmp(contents),
        kinds.GIF: lambda: Picture(*first_of_gif(contents)),
    }
    if kinds.READS_WEBP:
        branches[kinds.WEBP] = lambda: Picture(*first_of_webp(contents))
    return kinds.by_kind(contents, branches, lambda: _refuse(contents))


def _refuse(contents):
    size = tf.strings.length(contents)
    known = require(
        size < 0,
        f"An encoded image must be a {kinds.NAMES}. Received:",
        size,
        "bytes that are none. Convert it.",
    )
    with tf.control_dependencies([known]):
        return Picture(tf.identity(contents), tf.constant(0, tf.int64))


def _picture_of_jpeg(contents, max_pixels):
    height, width, num_channels = tf.unstack(
        tf.cast(tf.io.extract_jpeg_shape(contents), tf.int64)
    )
    num_pixels = height * width
    num_scans = count_of(contents, _START_OF_SCAN)
    is_usual = num_scans <= _USUAL_SCANS
    is_small = num_pixels * num_scans <= _USUAL_SCANS * max_pixels
    bounded = require(
        is_usual | is_small,
        "A progressive JPEG must have few scans for its size. Received:",
        num_scans,
        "scans. Save the image anew.",
    )
    with tf.control_dependencies([bounded]):
        contents = tf.cond(
            num_channels == _NUM_INKS,
            lambda: _with_adobe(contents),
            lambda: tf.identity(contents),
        )
    return Picture(contents, num_pixels)


@rarely_called
def _with_adobe(contents):
    """CMYK as all programs take it: its inks are inverted, told or not."""
    names, _, lengths = parts_of(contents)
    starts = tf.strings.substr(names, 0, len(_IS_ADOBE))
    # Decoders look for it in a part that is long enough.
    is_whole = (starts == _IS_ADOBE) & (lengths >= _ADOBE_SIZE)
    return tf.where(
        tf.reduce_any(is_whole),
        contents,
        _START_OF_IMAGE + _ADOBE + tf.strings.substr(contents, 2, -1),
    )


def _picture_of_png(contents):
    width, height = numbers(contents, 0, [(16, 4), (20, 4)], False)
    short = require(
        ~tells_endless_text(contents),
        "The texts of a PNG must be within the file. Received:",
        tf.strings.length(contents),
        "bytes with a longer one. Save the image anew.",
    )
    with tf.control_dependencies([short]):
        return Picture(tf.identity(contents), width * height)


def _picture_of_bmp(contents):
    size_of_header, width, height, num_bits, compression, num_colors = numbers(
        contents, 0, [(14, 4), (18, 4), (22, 4), (28, 2), (30, 4), (46, 4)]
    )
    masks = tf.strings.substr(contents + b"\0" * 66, 54, 12)
    is_plain = (compression == _PLAIN) | (
        (compression == _BIT_FIELDS) & (num_bits == 32) & (masks == _BMP_MASKS)
    )
    has_palette = (num_bits == 8) & (num_colors <= 256)
    has_bits = has_palette | (num_bits == 24) | (num_bits == 32)
    is_known = tf.reduce_any(
        size_of_header == tf.constant(_BMP_HEADERS, tf.int64)
    )
    readable = require(
        is_known & is_plain & has_bits,
        "A BMP must have 8, 24 or 32 bits a pixel, not compressed. Received:",
        num_bits,
        "bits, or another form. Save it as a PNG.",
    )
    # Rows from the top to the bottom have a height below 0.
    height = tf.where(height >= 2**31, 2**32 - height, height)
    with tf.control_dependencies([readable]):
        return Picture(tf.identity(contents), width * height)
