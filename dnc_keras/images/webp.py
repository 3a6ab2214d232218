"""The first picture of a WebP, as a file of its own, if the file is whole.

What is whole is what libwebp's demuxer takes, by which browsers and Pillow
read WebP: RFC 9649, section 2.7.
"""

from __future__ import annotations

import tensorflow as tf

from dnc_keras.images.byte_numbers import join_bytes
from dnc_keras.images.byte_numbers import numbers
from dnc_keras.images.first_picture import Picture
from dnc_keras.images.first_picture import require_whole
from dnc_keras.images.parts import parts_of
from dnc_keras.images.rare_cases import rarely_called
from dnc_keras.images.walking import slice_of

# A letter for each chunk, and which orders of them there may be: X for the
# header, A for alpha, V and L for a bitstream, N and F for an animation and
# its frames.
_LETTERS = {
    **{b"VP8X": "X", b"ALPH": "A", b"VP8 ": "V", b"VP8L": "L"},
    **{b"ANIM": "N", b"ANMF": "F"},
}
_OTHER = "o"
_SIMPLE = "[VL].*"
_STILL = "Xo*(AV|V|L)[No]*"
_ANIMATED = "Xo*N[No]*(F(AV|V|L)[No]*)+"
_ANIMATION_FLAG = 2
_VP8_SIZE = 0x3FFF  # Of 16 bits, those of a height or width.


@rarely_called
def first_of_webp(contents) -> Picture:
    """The first frame of a WebP, without its alpha plane."""
    parts = parts_of(contents)
    letters = _letters_of(parts.names[1:])
    begin, length = _find_bitstream(parts, letters)
    stream = slice_of(contents, begin - 8, 8 + length)
    width, height = _size_of(stream)
    whole = _is_whole(contents, parts, letters, [width, height])
    with tf.control_dependencies([require_whole("WebP", whole, contents)]):
        return Picture(_as_file(stream, length), width * height)


def _letters_of(names):
    """`[num_parts]` string: one of `_LETTERS` each, or `_OTHER`."""
    types = tf.strings.substr(names, 0, 4)[:, None]
    is_type = types == tf.constant(list(_LETTERS))
    is_none = ~tf.reduce_any(is_type, axis=1, keepdims=True)
    letter = tf.argmax(tf.concat([is_type, is_none], axis=1), axis=1)
    return tf.gather([*_LETTERS.values(), _OTHER], letter)


def _find_bitstream(parts, letters):
    """Begin and length of the first one; 8 and 0 if there is none."""
    is_stream = (letters == "V") | (letters == "L")
    # The nameless part is the first, and is taken if there is none.
    first = tf.argmax(tf.concat([[False], is_stream], 0))
    begin, length = (tf.gather(each, first) for each in parts[1:])
    return tf.maximum(begin, 8), length


def _size_of(stream):
    """Width and height, from the beginning of the chunk."""
    is_lossless = tf.strings.substr(stream, 0, 4) == b"VP8L"
    bits, *lossy = numbers(stream, 0, [(9, 4), (14, 2), (16, 2)])
    lossless = 1 + bits % 2**14, 1 + bits // 2**14 % 2**14
    return [
        tf.where(is_lossless, one, other & _VP8_SIZE)
        for one, other in zip(lossless, lossy)
    ]


def _is_whole(contents, parts, letters, size):
    order = tf.strings.reduce_join(letters)
    end, flags, *canvas = numbers(
        contents, 0, [(4, 4), (20, 1), (24, 3), (27, 3)]
    )
    end += 8  # Of the file, as it tells.
    is_animated = flags & _ANIMATION_FLAG > 0
    has_order = tf.where(
        is_animated,
        tf.strings.regex_full_match(order, _ANIMATED),
        tf.strings.regex_full_match(order, _STILL),
    )
    fills = tf.reduce_all(tf.stack(size) == tf.stack(canvas) + 1)
    part_ends = parts.begins + parts.lengths
    is_extended = has_order & fills & tf.reduce_all(part_ends <= end)
    is_simple = tf.strings.regex_full_match(order, _SIMPLE)
    # The nameless part, the bitstream and what comes next.
    is_simple &= tf.reduce_all(part_ends[:3] <= end)
    file_size = tf.cast(tf.strings.length(contents), tf.int64)
    return (end <= file_size) & (is_simple | is_extended)


def _as_file(stream, length):
    size = len(b"WEBP") + 8 + length + length % 2
    return (
        b"RIFF"
        + join_bytes(size // 256 ** tf.range(4, dtype=tf.int64) % 256)
        + b"WEBP"
        + stream
        + tf.where(length % 2 == 1, b"\0", b"")
    )
