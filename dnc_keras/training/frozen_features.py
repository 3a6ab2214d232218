"""The features of a backbone that is not trained, each computed once."""

from __future__ import annotations

import functools
import hashlib
from concurrent import futures

import numpy as np
import tensorflow as tf

from dnc_keras.arrays.memory import aligned_empty
from dnc_keras.batches.extraction import extract
from dnc_keras.batches.loading import ImageLoading
from dnc_keras.batches.ordered import image_dataset
from dnc_keras.datasets.vector_rows import VectorRows
from dnc_keras.export.description import preprocessing_hash
from dnc_keras.gallery.embedding_cache import EmbeddingCache
from dnc_keras.support import progress

# Images whose features are kept together: what an interruption may lose.
_PIECE = 2048


class FrozenFeatures:
    """Computes features of images, or finds them where they were kept.

    Args:
        model: a `DivideAndConquer` whose backbone is meant.
        loading: the `Loading` of its images.
        cache: folder of the `EmbeddingCache`; "" keeps nothing, nor does a
            loading of the user's own, whose code may change.
    """

    def __init__(self, model, loading, cache):
        self._features = tf.function(lambda x: model.features(x))
        self._loading = loading
        self._cache = None
        if cache and isinstance(loading, ImageLoading) and not loading.augment:
            self._cache = EmbeddingCache(cache, "feature_cache")
            self._version = _digest(model, loading)
        self._dim = model.embedding.kernel.shape[0]

    def evaluation_rows(self, index) -> VectorRows:
        """`[num_images, feature_dim]`, of images as evaluation sees them."""
        found = self._rows(index, "", self._loading.evaluation_loader)
        return VectorRows.of(found)

    def views(self, index, num_views: int, seed: int) -> VectorRows:
        """`[num_views * num_images, feature_dim]`, of images as in training.

        Args:
            index: an `ImageIndex`.
            num_views: how many of each image; the first of all come first.
            seed: with the number of the view and what the image holds, fixes
                its random crop.
        """
        return VectorRows.of(
            [
                self._rows(
                    index,
                    self._name_of_view(seed, view),
                    functools.partial(self._view_loader, seed=(seed, view)),
                )
                for view in range(num_views)
            ]
        )

    def _name_of_view(self, seed, view):
        if self._cache is None:
            return ""
        loading = self._loading
        crop = (loading.is_random, loading.crop_scale, loading.flip)
        return f"/{crop}/{seed}/{view}"

    def _view_loader(self, index, seed):
        load = self._loading.training_loader(index)
        seeds = [
            np.random.SeedSequence([*seed, *digest]).generate_state(2)
            for digest in _digests(index)
        ]
        seeds = tf.constant(np.array(seeds, np.int64))
        return lambda position: load(position, tf.gather(seeds, position))

    def _rows(self, index, view, loader_of):
        rows = aligned_empty([len(index), self._dim])
        pieces = range(0, len(index), _PIECE)
        for start in progress.track(pieces, "computing features", len(pieces)):
            part = np.arange(start, min(start + _PIECE, len(index)))
            rows[part] = self._piece(index.subset(part), view, loader_of)
        return rows

    def _piece(self, index, view, loader_of):
        if self._cache is None:
            return self._compute(index, loader_of)
        digests, version = _digests(index), self._version + view
        kept = self._cache.read(version, digests)
        new = [row for row, key in enumerate(digests) if key not in kept]
        if new:
            rows = self._compute(index.subset(new), loader_of)
            computed = dict(zip([digests[row] for row in new], rows))
            self._cache.write(version, computed)
            kept.update(computed)
        return np.stack([kept[key] for key in digests])

    def _compute(self, index, loader_of):
        images = image_dataset(len(index), loader_of(index))
        return extract(self._features, images)


def _digests(index):
    """The digest of what each image holds, a list of bytes."""

    def digest(row):
        return hashlib.blake2b(index.content(row), digest_size=16).digest()

    with futures.ThreadPoolExecutor() as pool:
        return list(pool.map(digest, range(len(index))))


def digest_of_weights(network) -> str:
    """Hexadecimal digits that are the same for the same weights."""
    digest = hashlib.blake2b(digest_size=16)
    for weights in network.get_weights():
        digest.update(weights.tobytes())
    return digest.hexdigest()


def _digest(model, loading):
    """The same for backbones that compute the same features.

    Of the weights, and of what becomes of one picture, which also tells other
    layers with the same weights.
    """
    pixels = preprocessing_hash(loading.image_size, loading.center_crop)
    digest = hashlib.blake2b(pixels.encode(), digest_size=16)
    digest.update(digest_of_weights(model.backbone).encode())
    example = tf.nest.map_structure(_example, model.inputs_taken)
    digest.update(model.features(example).numpy().tobytes())
    return digest.hexdigest()


def _example(spec):
    shape = [1, *(size or 32 for size in spec.shape[1:])]
    if not spec.dtype.is_floating:
        return tf.zeros(shape, spec.dtype)
    noise = np.random.default_rng(0).uniform(0, 255, shape)
    return tf.constant(noise, spec.dtype)
