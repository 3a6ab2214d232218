"""Good pictures in all forms, made in memory."""

from __future__ import annotations

import dataclasses
import io
import struct
import zlib

import numpy as np
from PIL import Image

from fuzzing import encoders
from fuzzing import exif
from fuzzing import parts

_MAX_SIDE = 24  # Pixels.


@dataclasses.dataclass(frozen=True)
class Picture:
    """An encoded picture.

    Args:
        contents: the file.
        kind: "jpeg", "png", "gif", "bmp" or "webp".
        form: in words.
        is_read: whether dnc_keras reads it; it refuses some forms by name.
    """

    contents: bytes
    kind: str
    form: str
    is_read: bool = True


def _pixels(rng, channels=3):
    """`[height, width, channels]`, with edges and noise, of no symmetry."""
    random = np.random.default_rng(rng.getrandbits(32))
    height, width = rng.randint(1, _MAX_SIDE), rng.randint(1, _MAX_SIDE)
    waves = np.add.outer(np.arange(height) * 7, np.arange(width) * 3)
    image = waves[..., None] + random.integers(0, 120, channels)
    noise = random.integers(0, rng.choice((1, 8, 256)), image.shape)
    return ((image + noise) % 256).astype(np.uint8)


def _picture(rng, mode):
    image = Image.fromarray(_pixels(rng))
    if mode in ("RGBA", "LA"):
        alpha = Image.fromarray(_pixels(rng)[..., 0]).resize(image.size)
        image = image.convert(mode)
        image.putalpha(alpha)
        return image
    return image.convert(mode)


def _save(image, file_format, **options):
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def _jpeg(rng):
    mode = rng.choice(("RGB", "RGB", "RGB", "L", "CMYK"))
    options = {
        "quality": rng.choice((30, 75, 95, 100)),
        "progressive": rng.random() < 0.3,
        "subsampling": rng.choice((0, 1, 2)),
        "optimize": rng.random() < 0.2,
    }
    if rng.random() < 0.3:
        options["restart_marker_blocks"] = rng.randint(1, 4)
    contents = _save(_picture(rng, mode), "JPEG", **options)
    segments = parts.split(contents, "jpeg")
    place = rng.choice((1, 2))  # In front of JFIF, or behind it.
    segments[place:place] = _jpeg_metadata(rng)
    return Picture(b"".join(segments), "jpeg", f"{mode} {_told(options)}")


def _jpeg_metadata(rng):
    namespace = b"http://ns.adobe.com/xap/1.0/\0"
    profile = b"ICC_PROFILE\0\1\1" + bytes(rng.randint(0, 300))
    makers = [
        lambda: parts.segment(0xE1, exif.exif(rng)),
        lambda: parts.segment(0xE1, namespace + exif.xmp(rng)),
        lambda: parts.segment(0xE2, profile),
        lambda: parts.segment(0xED, b"Photoshop 3.0\0" + bytes(20)),
        lambda: parts.segment(0xFE, b"Exif\0\0 as a comment"),
    ]
    return [make() for make in rng.sample(makers, rng.randint(0, 4))]


def _png(rng):
    color_type = rng.choice(sorted(encoders.DEPTHS))
    depth = rng.choice(encoders.DEPTHS[color_type])
    channels = encoders.num_channels(color_type)
    values = _pixels(rng, channels).astype(np.int64)
    values = values * 257 >> (16 - depth) if depth < 16 else values * 257 - 3
    values = np.maximum(values, 0)
    palette = bytes(rng.getrandbits(8) for _ in range(3 * 2**depth))
    interlaced = rng.random() < 0.3
    contents = encoders.png(
        *(values, color_type, depth, interlaced),
        palette=palette if color_type == 3 else b"",
        more=_png_metadata(rng, color_type, depth),
    )
    form = f"type {color_type} depth {depth} interlaced {interlaced}"
    return Picture(contents, "png", form)


def _png_metadata(rng, color_type, depth):
    more = []
    if color_type in (0, 2, 3) and rng.random() < 0.3:
        size = {0: 2, 2: 6, 3: min(2**depth, 9)}[color_type]
        # Numbers of two bytes are below 2**depth.
        low = bytes(rng.getrandbits(min(depth, 8)) for _ in range(size))
        high = b"".join(b"\0" + low[n : n + 1] for n in range(size // 2))
        more.append(encoders.chunk(b"tRNS", low if color_type == 3 else high))
    if rng.random() < 0.3:
        more.append(encoders.chunk(b"eXIf", exif.tiff(rng)))
    if rng.random() < 0.2:
        text = b"XML:com.adobe.xmp\0\0\0\0\0" + exif.xmp(rng)
        more.append(encoders.chunk(b"iTXt", text))
    if rng.random() < 0.2:
        more.append(_exif_as_text(rng))
    if rng.random() < 0.2:
        more.append(encoders.chunk(b"gAMA", struct.pack(">I", 45455)))
    return more


def _exif_as_text(rng):
    """EXIF as ImageMagick writes it."""
    content = exif.exif(rng)
    digits = f"\nexif\n{len(content):8}\n{content.hex()}\n".encode()
    key = b"Raw profile type exif\0"
    if rng.random() < 0.5:
        return encoders.chunk(b"tEXt", key + digits)
    return encoders.chunk(b"zTXt", key + b"\0" + zlib.compress(digits))


def _apng(rng):
    first = _picture(rng, "RGB")
    frames = [first.rotate(180), first.transpose(0)]
    contents = _save(first, "PNG", save_all=True, append_images=frames)
    return Picture(contents, "png", "animated")


def _gif(rng):
    image = _picture(rng, rng.choice(("L", "P")))
    options = {"interlace": rng.choice((0, 1))}
    if rng.random() < 0.3:
        options["transparency"] = rng.randrange(8)
    if rng.random() < 0.3:
        options["comment"] = b"a comment " * rng.choice((1, 60))
    if rng.random() < 0.4:
        frames = [image.rotate(180), image.transpose(0)]
        options.update(save_all=True, append_images=frames, loop=0)
    return Picture(_save(image, "GIF", **options), "gif", _told(options))


def _bmp(rng):
    bits = rng.choice((1, 4, 8, 8, 16, 24, 24, 32, 32))
    values = _pixels(rng).astype(np.int64)
    colors = values[..., 0] << 16 | values[..., 1] << 8 | values[..., 2]
    indices = colors if bits >= 16 else values[..., 0]
    indices = indices % 2**bits
    compression = {8: rng.choice((0, 0, 1)), 32: rng.choice((0, 3))}.get(bits)
    num_colors = 2**bits if bits <= 8 else 0
    palette = b"".join(
        bytes(rng.getrandbits(8) for _ in range(3)) + b"\0"
        for _ in range(num_colors)
    )
    header = rng.choice((40, 40, 108, 124))
    top_down = rng.random() < 0.3 and compression != 1
    contents = encoders.bmp(
        *(indices, bits, palette, header, top_down, compression or 0)
    )
    is_read = bits in (8, 24, 32) and compression != 1
    form = f"{bits} bits, header {header}, top-down {top_down}"
    return Picture(contents, "bmp", form, is_read)


def _webp(rng):
    image = _picture(rng, rng.choice(("RGB", "RGBA")))
    options = {"lossless": rng.random() < 0.5, "quality": 80}
    if rng.random() < 0.3:
        options["exif"] = exif.exif(rng)
    if rng.random() < 0.2:
        options["xmp"] = exif.xmp(rng)
    if rng.random() < 0.3:
        options.update(save_all=True, append_images=[image.rotate(180)])
    return Picture(_save(image, "WEBP", **options), "webp", _told(options))


def _told(options):
    """The options of an encoder that fit into a line."""
    return " ".join(
        name if isinstance(value, (bytes, list)) else f"{name}={value}"
        for name, value in options.items()
    )


_MAKERS = (_jpeg, _jpeg, _jpeg, _png, _png, _gif, _gif, _bmp, _webp, _apng)


def good_picture(rng) -> Picture:
    """A picture that keeps all rules of its format."""
    return rng.choice(_MAKERS)(rng)
