"""Reads encoded images, and finds those that cannot be decoded."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence

import tensorflow as tf

from dnc_keras.images.decoding import decode
from dnc_keras.images.exif import orientation
from dnc_keras.images.paths import as_tensor
from dnc_keras.images.requirement import one_line
from dnc_keras.support import progress
from dnc_keras.support.pipelines import map_in_parallel


def byte_reader(paths: Sequence, contents=None) -> Callable:
    """Makes a function that reads one image, for `tf.data`'s `map`.

    Args:
        paths: `[num_images]` str, files to read.
        contents: the encoded images where they are elsewhere: one of the
            classes of `dnc_keras.datasets.contents`. None, the default: read
            the files.

    Returns:
        A function of an integer scalar tensor, the image's position, that
        returns the encoded image, a scalar string tensor.
    """
    if contents is not None:
        return contents.reader()
    files = as_tensor(paths)
    return lambda position: tf.io.read_file(tf.gather(files, position))


def find_unreadable(
    paths: Sequence, contents=None
) -> list[tuple[int, str, str]]:
    """Decodes all images, in parallel, and tells which cannot be decoded.

    Args:
        paths: `[num_images]` str, files to read.
        contents: as in `byte_reader`.

    Returns:
        A list of (position, path, reason), in the order of `paths`; the
        reason is one line.
    """
    read = byte_reader(paths, contents)
    unreadable = sorted(set(range(len(paths))) - _readable(read, len(paths)))
    return [
        (position, str(paths[position]), _reason(read, position))
        for position in unreadable
    ]


def _readable(read, num_images):
    """The positions of the images that can be decoded."""

    def decode_at(position):
        # Returned, or TensorFlow would leave the decoding out.
        return position, look_at(read(position))

    positions = tf.data.Dataset.range(num_images)
    decoded = map_in_parallel(positions, decode_at)
    batches = decoded.ignore_errors().batch(1024)
    tracked = progress.track(batches, "checking images", num_images // 1024)
    return {position for batch, *_ in tracked for position in batch.numpy()}


def look_at(contents):
    """What training does with each image, up to its pixels: size and turn."""
    image = decode(contents)
    with tf.control_dependencies([image]):
        return tf.shape(image), orientation(contents)


def _reason(read, position):
    """Why an image cannot be decoded, in TensorFlow's words."""
    try:
        look_at(read(position))
    except (tf.errors.OpError, OSError) as error:
        return one_line(error)
    return "it could not be decoded at first; try again"
