"""EXIF and XMP that tell an orientation, right ones and odd ones."""

from __future__ import annotations

import struct

from fuzzing import damage

_ORIENTATION = 0x0112
_SHORT, _LONG = 3, 4
_OTHERS = (
    # Tag, type, number of values, value or offset.
    (0x010F, 2, 4, 0x41414100),
    (0x011A, 5, 1, 8),
    (0x0128, _SHORT, 1, 2),
    (0x0213, _SHORT, 1, 1),
    (0x8769, _LONG, 1, 26),
)


def tiff(rng, is_odd=False):
    """A TIFF file without pixels, with an orientation in its directory."""
    order = rng.choice("<>")
    kind = rng.choice((_SHORT, _SHORT, _LONG))
    entries = [(_ORIENTATION, kind, 1, rng.randint(1, 8))]
    entries += rng.sample(_OTHERS, rng.randint(0, len(_OTHERS)))
    if is_odd:
        entries = _odd_entries(rng, entries)
    else:
        entries.sort()
    begin = 8 if not is_odd else rng.choice((8, 8, 8, 0, 4, 10, 2**31))
    num = len(entries)
    if is_odd and rng.random() < 0.2:
        num = rng.choice((0, 1, num + 1, 1000, 65535))
    mark = b"II*\0" if order == "<" else b"MM\0*"
    head = mark + struct.pack(order + "IH", begin, num)
    body = b"".join(_entry(order, *entry) for entry in entries)
    return head + body + _following(rng, order, 8 + 2 + len(body) + 4)


def _entry(order, tag, kind, count, value):
    number = struct.pack(order + "I", value % 2**32)
    if kind == _SHORT:
        number = struct.pack(order + "HH", value % 2**16, 0)
    return struct.pack(order + "HHI", tag, kind, count % 2**32) + number


def _following(rng, order, end):
    """Nothing, or IFD1, the thumbnail's, with an orientation of its own."""
    if rng.random() < 0.5:
        return bytes(4)
    entry = _entry(order, _ORIENTATION, _SHORT, 1, rng.randint(1, 8))
    directory = struct.pack(order + "H", 1) + entry + bytes(4)
    return struct.pack(order + "I", end) + directory


def _odd_entries(rng, entries):
    tag, kind, count, value = entries[0]
    odd = rng.choice(
        (
            (tag, kind, count, rng.choice((0, 9, 255, 65535, 2**16 + 3))),
            (tag, rng.choice((0, 1, 2, 5, 6, 7, 8, 9, 12, 13, 99)), 1, value),
            (tag, kind, rng.choice((0, 2, 3, 2**31, 2**32 - 1)), value),
        )
    )
    entries = [odd if rng.random() < 0.7 else entries[0], *entries[1:]]
    if rng.random() < 0.3:
        entries.append((_ORIENTATION, _SHORT, 1, rng.randint(1, 8)))
    rng.shuffle(entries)
    return entries


def exif(rng, is_odd=False):
    """What stands in a JPEG's APP1: a mark and a TIFF file."""
    content = tiff(rng, is_odd)
    if is_odd and rng.random() < 0.3:
        content = damage.damaged(rng, content)
    marks = 1 if not is_odd else rng.choice((1, 1, 1, 0, 2))
    return b"Exif\0\0" * marks + content


def xmp(rng):
    """XML with the orientation as an attribute or as an element."""
    number = rng.randint(1, 8)
    told = rng.choice(
        (
            f'<rdf:Description tiff:Orientation="{number}"/>',
            f"<tiff:Orientation>{number}</tiff:Orientation>",
            "<rdf:Description/>",
        )
    )
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:tiff="'
        f'http://ns.adobe.com/tiff/1.0/">{told}</rdf:RDF></x:xmpmeta>'
    ).encode()
