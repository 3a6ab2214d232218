"""Pictures with parts that are dropped, repeated, cut, or told wrong."""

from __future__ import annotations

import struct

from fuzzing import damage
from fuzzing import encoders
from fuzzing import exif
from fuzzing import parts
from fuzzing.pictures import Picture
from fuzzing.pictures import good_picture

_MANY = 6000  # Of the smallest parts, for walks through a file.
# Where height and width stand in the part that has them, and how.
_SIZES = {
    "jpeg": ((b"\xff\xc0", b"\xff\xc2"), 5, ">HH"),
    "png": ((b"\0\0\0\x0dIHDR",), 8, ">II"),
    "gif": ((b"GIF8",), 6, "<HH"),
    "bmp": ((b"\x28\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0"), 4, "<II"),
    "webp": ((b"VP8 ",), 14, "<HH"),
}


def _drop(rng, pieces, kind):
    del pieces[rng.randrange(len(pieces))]


def _repeat(rng, pieces, kind):
    place = rng.randrange(len(pieces))
    pieces[place:place] = [pieces[place]] * rng.randint(1, 3)


def _swap(rng, pieces, kind):
    one, other = rng.randrange(len(pieces)), rng.randrange(len(pieces))
    pieces[one], pieces[other] = pieces[other], pieces[one]


def _damage_part(rng, pieces, kind):
    place = rng.randrange(len(pieces))
    pieces[place] = damage.damaged(rng, pieces[place])


def _length(rng, pieces, kind):
    """The length that a part tells is wrong."""
    place, number = rng.randrange(len(pieces)), rng.choice(damage.ODD_NUMBERS)
    at, form = {
        "jpeg": (2, ">H"),
        "png": (0, ">I"),
        "webp": (4, "<I"),
        "gif": (2, "B"),
        "bmp": (0, "<I"),
    }[kind]
    pieces[place] = _with_number(pieces[place], at, form, number)


def _size(rng, pieces, kind):
    """The size that the header tells is wrong."""
    starts, at, form = _SIZES[kind]
    for place, piece in enumerate(pieces):
        if piece.startswith(starts):
            at += rng.choice((0, struct.calcsize(form) // 2))
            number = rng.choice(damage.ODD_NUMBERS)
            half = form[:1] + form[1:2]
            pieces[place] = _with_number(piece, at, half, number)


def _with_number(piece, at, form, number):
    size = struct.calcsize(form)
    if len(piece) < at + size:
        return piece
    packed = struct.pack(form, number % 2 ** (8 * size))
    return piece[:at] + packed + piece[at + size :]


def _foreign(rng, pieces, kind):
    """A part of another picture, often of the same kind."""
    for _ in range(10):
        other = good_picture(rng)
        if other.kind == kind:
            break
    others = parts.split(other.contents, other.kind)
    place = rng.randrange(len(pieces))
    pieces[place : place + rng.choice((0, 1))] = [rng.choice(others)]


def _metadata(rng, pieces, kind):
    """Odd EXIF where it may stand."""
    content = exif.exif(rng, is_odd=True)
    piece = {
        "jpeg": lambda: parts.segment(0xE1, content),
        "png": lambda: encoders.chunk(b"eXIf", content),
        "webp": lambda: b"EXIF" + struct.pack("<I", len(content)) + content,
    }.get(kind, lambda: content)()
    pieces.insert(rng.randint(1, len(pieces)), piece)


def _many(rng, pieces, kind):
    """Thousands of parts, as few bytes each as can be."""
    piece = {
        "jpeg": rng.choice((b"\xff\x01", parts.segment(0xFE, b""))),
        "png": encoders.chunk(rng.choice((b"tEXt", b"IDAT", b"abCd")), b""),
        "webp": b"abcd\0\0\0\0",
        "gif": rng.choice((b"\x21\xf9\0", b"\x21\xfe\1a\0")),
    }.get(kind, b"\0")
    place = rng.randint(1, len(pieces))
    pieces.insert(place, piece * rng.choice((100, _MANY, 4 * _MANY)))


_CHANGES = (
    *(_drop, _repeat, _swap, _damage_part, _damage_part, _damage_part),
    *(_length, _size, _foreign, _metadata, _metadata),
)


def any_picture(rng) -> tuple[Picture, bytes]:
    """A good picture, and a file of it that is good or damaged."""
    picture = good_picture(rng)
    draw = rng.random()
    if draw < 0.15:
        return picture, picture.contents
    if draw < 0.17:
        return picture, b""
    if draw < 0.2:
        return picture, _with_body_of_another(rng, picture)
    if draw < 0.35:
        return picture, damage.damaged(rng, picture.contents)
    pieces = parts.split(picture.contents, picture.kind)
    changes = rng.choices(_CHANGES, k=rng.choice((1, 1, 1, 2, 3)))
    if rng.random() < 0.02:
        changes.append(_many)
    for change in changes:
        if pieces:
            change(rng, pieces, picture.kind)
    is_mended = rng.random() < 0.8
    return picture, parts.join(pieces, picture.kind, is_mended)


def _with_body_of_another(rng, picture):
    other, size = good_picture(rng).contents, rng.randint(2, 40)
    return picture.contents[:size] + other[size:]
