"""Embeds a folder of images, each content once."""

from __future__ import annotations

import hashlib
import os
from typing import Optional

import numpy as np

from dnc_keras.arrays.memory import aligned_empty
from dnc_keras.datasets.nested_images import find_images
from dnc_keras.export.served_model import ServedModel
from dnc_keras.gallery.collection import Collection
from dnc_keras.gallery.embedding_cache import EmbeddingCache
from dnc_keras.gallery.encoded_images import bounded_batches
from dnc_keras.gallery.encoded_images import embed_readable
from dnc_keras.gallery.encoded_images import read_files
from dnc_keras.gallery.encoded_images import size_of_file
from dnc_keras.support import progress
from dnc_keras.support.paths import expanded_path


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
    batches = list(bounded_batches(files, size_of_file))
    for batch in progress.track(batches, f"embedding {root}"):
        contents = read_files(batch, reasons)
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


def _digest(content):
    return hashlib.blake2b(content, digest_size=16).digest()


def _embed(contents, model, cache):
    """(embeddings, reasons) by digest; the new ones are kept."""
    found = cache.read(model.version, contents) if cache else {}
    new = {key: data for key, data in contents.items() if key not in found}
    embedded, failed = embed_readable(new, model)
    if cache and embedded:
        cache.write(model.version, embedded)
    return {**found, **embedded}, failed


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
