"""Reads and embeds encoded images, and tells which of them cannot be."""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from concurrent import futures

import tensorflow as tf

from dnc_keras.export.signatures import Signatures
from dnc_keras.images.paths import why_unfit
from dnc_keras.images.reading import look_at
from dnc_keras.images.requirement import one_line

BATCH_SIZE = 128
_BATCH_BYTES = 2**28  # Of encoded images; a larger one is its own batch.


def bounded_batches(items: Sequence, num_bytes: Callable) -> Iterator[list]:
    """Yields the items in batches of bounded numbers and bytes.

    Args:
        items: files, or what else images are in.
        num_bytes: function from an item to the bytes that it has.
    """
    batch, total = [], 0
    for item in items:
        own = num_bytes(item)
        if batch and (len(batch) == BATCH_SIZE or total + own > _BATCH_BYTES):
            yield batch
            batch, total = [], 0
        batch.append(item)
        total += own
    if batch:
        yield batch


def size_of_file(file) -> int:
    """Its bytes; 0 where it cannot be read, which is told later."""
    try:
        return os.stat(file).st_size
    except OSError:
        return 0


def read_files(files: Sequence, reasons: dict) -> dict:
    """The content of each file, in parallel.

    Args:
        files: paths, of which each is there once.
        reasons: a dict to which is added why a file cannot be read.

    Returns:
        A dict of bytes by path, of those that can be read.
    """
    contents = {}
    reasons.update((f, why) for f in files if (why := why_unfit(f)))
    files = [file for file in files if file not in reasons]
    with futures.ThreadPoolExecutor() as pool:
        waiting = [(file, pool.submit(file.read_bytes)) for file in files]
    for file, result in waiting:
        try:
            contents[file] = result.result()
        except OSError as error:
            reasons[file] = error.strerror or str(error)
    return contents


def embed_readable(contents: Mapping, model: Signatures) -> tuple[dict, dict]:
    """Embeds those encoded images that can be decoded.

    Args:
        contents: a dict of bytes.
        model: what embeds.

    Returns:
        (embeddings, reasons): dicts with the keys of the images, of
        `[embedding_dim]` arrays, and of the lines that tell why an image
        cannot be decoded.
    """
    if not contents:
        return {}, {}
    try:
        rows = model.embed(list(contents.values()))
        return dict(zip(contents, rows)), {}
    except tf.errors.OpError as error:
        if len(contents) == 1:
            return {}, {key: _reason(contents[key], error) for key in contents}
    # One image spoils its batch: each alone tells which.
    parts = [embed_readable({key: contents[key]}, model) for key in contents]
    embedded = {key: row for part, _ in parts for key, row in part.items()}
    failed = {key: told for _, part in parts for key, told in part.items()}
    return embedded, failed


def _reason(content, error):
    """Why an image failed; outside of the graph the message is shorter."""
    try:
        look_at(tf.constant(content))
    except tf.errors.OpError as plain:
        return one_line(plain)
    return one_line(error)
