"""Embeds a folder of images, each content once."""

from __future__ import annotations

import hashlib
import os
from concurrent import futures
from typing import Optional

import numpy as np
import tensorflow as tf

from dnc_keras.arrays.memory import aligned_empty
from dnc_keras.datasets.nested_images import find_images
from dnc_keras.export.served_model import ServedModel
from dnc_keras.gallery.collection import Collection
from dnc_keras.gallery.embedding_cache import EmbeddingCache
from dnc_keras.images.paths import why_unfit
from dnc_keras.images.reading import look_at
from dnc_keras.images.requirement import one_line
from dnc_keras.support import progress
from dnc_keras.support.paths import expanded_path

BATCH_SIZE = 128
_BATCH_BYTES = 2**28  # Of files; a larger one is a batch of its own.


def embed_folder(
    path, model: ServedModel, cache: Optional[EmbeddingCache] = None
) -> Collection:
    """Embeds all images in a folder and in the folders in it, or one image.

    Images are found by their extension; hidden files and folders are skipped.
    Those that cannot be read or decoded are left out and named in the result.

    Args:
        path: the folder, or an image.
        model: what embeds.
        cache: where embeddings are looked for and kept. None, the default:
            nowhere.

    Returns:
        A `Collection`, by path.

    Raises:
        ValueError, OSError: where there is no image.
    """
    root = expanded_path(path)
    files = find_images(root)
    digests, embeddings, reasons = {}, {}, {}
    for batch in progress.track(_batches(files), f"embedding {root}"):
        contents = _read(batch, reasons)
        digests.update((file, _digest(data)) for file, data in contents.items())
        by_digest = {digests[file]: data for file, data in contents.items()}
        found, failed = _embed(by_digest, model, cache)
        embeddings.update(found)
        reasons.update(
            (file, failed[digests[file]])
            for file in contents
            if digests[file] in failed
        )
    return _collection(root, files, digests, embeddings, reasons)


def _batches(files):
    batches, num_bytes = [[]], 0
    for file in files:
        own = _num_bytes(file)
        num_bytes += own
        if len(batches[-1]) == BATCH_SIZE or num_bytes > _BATCH_BYTES:
            batches.append([])
            num_bytes = own
        batches[-1].append(file)
    return [batch for batch in batches if batch]


def _num_bytes(file):
    try:
        return os.stat(file).st_size
    except OSError:
        return 0  # Told when it is read.


def _read(files, reasons):
    """The content of each file; tells the reasons where there is none."""
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


def _digest(content):
    return hashlib.blake2b(content, digest_size=16).digest()


def _embed(contents, model, cache):
    """(embeddings, reasons) by digest; the new ones are kept."""
    found = cache.read(model.version, contents) if cache else {}
    new = {key: data for key, data in contents.items() if key not in found}
    embedded, failed = _embed_readable(new, model)
    if cache and embedded:
        cache.write(model.version, embedded)
    return {**found, **embedded}, failed


def _embed_readable(contents, model):
    if not contents:
        return {}, {}
    try:
        rows = model.embed(list(contents.values()))
        return dict(zip(contents, rows)), {}
    except tf.errors.OpError as error:
        if len(contents) == 1:
            return {}, {key: _reason(contents[key], error) for key in contents}
    # One image spoils its batch: each alone tells which.
    parts = [_embed_readable({key: contents[key]}, model) for key in contents]
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


def _collection(root, files, digests, embeddings, reasons):
    folder = root.parent if root.is_file() else root
    named = {file: _as_unicode(file.relative_to(folder)) for file in files}
    readable = [file for file in files if file not in reasons]
    if not readable:
        file, reason = next(iter(reasons.items()))
        raise ValueError(
            f"At least one image must be readable. Received: {len(files)} in "
            f"{str(root)!r} that are not, the first is {named[file]!r} "
            f"({reason}). Repair or replace it."
        )
    return Collection(
        names=[named[file] for file in readable],
        embeddings=_stack([embeddings[digests[file]] for file in readable]),
        files=readable,
        digests=[digests[file] for file in readable],
        unreadable=[(named[file], reasons[file]) for file in reasons],
    )


def _as_unicode(path):
    """A path as text that can be printed, also where it is no UTF-8."""
    return os.fsencode(path).decode("utf-8", "replace")


def _stack(rows):
    """One array, where TensorFlow can read it without another copy."""
    return np.stack(rows, out=aligned_empty([len(rows), len(rows[0])]))
