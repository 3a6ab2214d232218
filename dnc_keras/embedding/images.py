"""Embeds images one batch after the other, as if they were files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dnc_keras.arrays.memory import aligned_empty
from dnc_keras.embedding.encoding import encode_array
from dnc_keras.embedding.encoding import encode_pil
from dnc_keras.embedding.inputs import is_path
from dnc_keras.embedding.inputs import is_pil
from dnc_keras.export.signatures import IMAGES
from dnc_keras.export.signatures import Signatures
from dnc_keras.gallery.encoded_images import BATCH_SIZE
from dnc_keras.gallery.encoded_images import bounded_batches
from dnc_keras.gallery.encoded_images import embed_readable
from dnc_keras.gallery.encoded_images import read_files
from dnc_keras.gallery.encoded_images import size_of_file
from dnc_keras.support import progress
from dnc_keras.support.paths import expanded_path


def embed_images(items: Sequence, model: Signatures) -> tuple[np.ndarray, dict]:
    """Embeds images of any size and form.

    Args:
        items: `[num]` paths, bytes, uint8 arrays and PIL images.
        model: what embeds.

    Returns:
        (embeddings, reasons): `[num, embedding_dim]` float32 array, with NaN
        for what is not readable, and a dict of why it is not, by position.
    """
    embeddings = aligned_empty([len(items), model.embedding_dim])
    embeddings[:] = np.nan
    reasons = {}
    batches = list(
        bounded_batches(range(len(items)), lambda at: _num_bytes(items[at]))
    )
    for batch in progress.track(batches, "embedding images"):
        contents = _encode({at: items[at] for at in batch}, reasons)
        rows, failed = embed_readable(contents, model)
        reasons.update(failed)
        if rows:
            embeddings[list(rows)] = list(rows.values())
    return embeddings, reasons


def _num_bytes(item):
    if is_path(item):
        return size_of_file(expanded_path(item))
    if is_pil(item):
        return 3 * item.width * item.height
    return len(item) if isinstance(item, bytes) else int(np.prod(item.shape))


def _encode(items, reasons):
    """The encoded images by position, of those that can be read."""
    files = {at: expanded_path(x) for at, x in items.items() if is_path(x)}
    unread = {}
    read = read_files(list(dict.fromkeys(files.values())), unread)
    reasons.update((a, unread[f]) for a, f in files.items() if f in unread)
    return {
        at: read[files[at]] if at in files else _encoded(item)
        for at, item in items.items()
        if at not in reasons
    }


def _encoded(item):
    if isinstance(item, bytes):
        return item
    return encode_pil(item) if is_pil(item) else encode_array(item)


def embed_pixels(pixels, model: Signatures) -> np.ndarray:
    """Embeds images as the network takes them.

    Args:
        pixels: `[num, height, width, channels]` array of floats, 0 to 255.
        model: what embeds.

    Raises:
        ValueError: for another shape or range, and where the model takes
            vectors.
    """
    model.check_takes(IMAGES, "float pixels")
    shape = model.image_shape
    if shape != pixels.shape[1:]:
        raise ValueError(
            f"Float pixels must have the size that the network takes, {shape}. "
            f"Received: {list(pixels.shape)}. Give uint8 images, which are "
            "resized and cut."
        )
    _check_range(pixels)
    embeddings = aligned_empty([len(pixels), model.embedding_dim])
    starts = range(0, len(pixels), BATCH_SIZE)
    for start in progress.track(starts, "embedding images"):
        part = slice(start, start + BATCH_SIZE)
        embeddings[part] = model.embed_pixels(pixels[part])
    return embeddings


def _check_range(pixels):
    low, high = (np.min(pixels), np.max(pixels)) if pixels.size else (0, 255)
    # All black is an image; a maximum of 1 is another scale.
    if not (0 <= low and high <= 255 and (high > 1 or high == 0)):
        raise ValueError(
            f"Float pixels must be values 0 to 255. Received: {low:g} to "
            f"{high:g}. Leave out what scales them; the model does so."
        )
