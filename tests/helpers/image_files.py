"""Images for tests: as pixels, encoded, and as files in folders."""

from __future__ import annotations

import io

import numpy as np
import tensorflow as tf
from PIL import Image

from dnc_keras.datasets import ImageIndex
from dnc_keras.datasets.contents import InMemory


def plain(color, height=8, width=8):
    """`[height, width, 3]` image of one gray shade or colour."""
    return np.full([height, width, 3], color, np.uint8)


def coordinates(height, width):
    """`[height, width, 3]` image whose pixels tell row, column and 0."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows, columns, 0 * rows], axis=-1).astype(np.uint8)


def smooth(height, width):
    """`[height, width, 3]` image that compresses well and has no symmetry."""
    rows, columns = np.mgrid[:height, :width] / max(height, width)
    waves = [np.sin(5 * rows), np.cos(3 * columns), rows * columns]
    return np.uint8(127 * np.stack(waves, axis=-1) + 127)


def left_dark(size=6):
    """`[size, size, 3]` image, black on the left and white on the right."""
    image = np.zeros([size, size, 3], np.uint8)
    image[:, size // 2 :] = 255
    return image


def png(image):
    return tf.io.encode_png(tf.cast(image, tf.uint8)).numpy()


def jpeg(image):
    return tf.io.encode_jpeg(tf.cast(image, tf.uint8)).numpy()


def encode(image, file_format, mode="RGB", **options):
    """As Pillow, an independent encoder, writes the file."""
    stream = io.BytesIO()
    Image.fromarray(image).convert(mode).save(stream, file_format, **options)
    return stream.getvalue()


def decode_with_pillow(contents):
    return np.asarray(Image.open(io.BytesIO(contents)).convert("RGB"))


def index_of(*images, names=None):
    """The images `0.png`, `1.png`, ... in memory, of the classes `names`."""
    return ImageIndex.from_class_names(
        paths=[f"{position}.png" for position in range(len(images))],
        names=names or ["class"] * len(images),
        contents=InMemory.of([png(image) for image in images]),
    )


def write_file(path, contents):
    """Writes a file, with the folders it is in; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents)
    return path


def write_image(path, image=None):
    """Writes an image, a gray one by default, in the format of its suffix."""
    is_jpeg = path.suffix.lower() in (".jpg", ".jpeg")
    contents = (jpeg if is_jpeg else png)(plain(99) if image is None else image)
    return write_file(path, contents)


def write_classes(root, num_classes=4, num_images=4):
    """Class folders `c0`, `c1`, ... of random images; returns the root."""
    random = np.random.default_rng(0)
    for label in range(num_classes):
        for number in range(num_images):
            image = random.integers(0, 256, [8, 8, 3])
            write_image(root / f"c{label}" / f"{number}.png", image)
    return root


def truncate(path):
    """Cuts a file off after its header; returns its path."""
    path.write_bytes(path.read_bytes()[:60])
    return path
