"""Pairs of images that are nearly alike, but should not be."""

from __future__ import annotations

import numpy as np

from dnc_keras.analysis.finding import Finding
from dnc_keras.metrics import nearest_neighbors

NUM_NEIGHBORS = 10
MAX_PAIRS = 1000
MIN_SIMILARITY = 0.98
MIN_CORRELATION = 0.9


def near_duplicates(embeddings, labels, part_of, pictures=None):
    """Finds pairs of nearly equal images of different labels or parts.

    The candidates are the 1,000 closest pairs of the embedding. It was trained
    to bring a class together, so that near images need not be alike: where
    there are pictures, those of a pair must correlate by 0.9, which mirrored,
    brightened and compressed copies do, and pictures cropped by a tenth seldom.
    Without pictures, only pairs of a cosine similarity of 0.98 are told, and
    are worth no more than a look.

    Args:
        embeddings: `[num_images, dim]` float array, rows of length 1.
        labels: `[num_images]` integers.
        part_of: `[num_images]` integers.
        pictures: a function from an int array of rows to `[num_rows, size,
            size]` grey float array; 32 pixels are enough. None: compare only
            embeddings.

    Returns:
        A list of `Finding`, highest score first: the correlation of the two
        pictures, or the cosine similarity of the two embeddings.
    """
    pairs, scores = closest_pairs(embeddings, labels, part_of)
    least = MIN_SIMILARITY
    if pictures is not None:
        least = MIN_CORRELATION
        scores = picture_correlations(pairs, pictures)
    order = np.argsort(-scores, kind="stable")
    return [
        Finding("near_duplicate", *pairs[i].tolist(), score=float(scores[i]))
        for i in order[: np.count_nonzero(scores >= least)]
    ]


def closest_pairs(embeddings, labels, part_of, max_pairs: int = MAX_PAIRS):
    """The closest pairs among the neighbours of each image.

    Returns:
        (pairs, similarities): `[num_pairs, 2]` int array, the lower row first,
        of images whose label or part differs, and their `[num_pairs]` cosine
        similarities, highest first.
    """
    k = min(NUM_NEIGHBORS, len(embeddings) - 1)
    if not k:
        return np.zeros([0, 2], np.int64), np.zeros(0)
    distances, found = nearest_neighbors(embeddings, embeddings, k, True)
    rows = np.broadcast_to(np.arange(len(found))[:, None], found.shape)
    wrong = (labels[rows] != labels[found]) | (part_of[rows] != part_of[found])
    pairs = np.sort(np.stack([rows[wrong], found[wrong]], axis=1), axis=1)
    pairs, first = np.unique(pairs, axis=0, return_index=True)
    similarities = 1.0 - 0.5 * distances[wrong][first] ** 2
    order = np.argsort(-similarities, kind="stable")[:max_pairs]
    return pairs[order], similarities[order]


def picture_correlations(pairs, pictures) -> np.ndarray:
    """How alike the pictures of each pair are, whatever their brightness.

    Args:
        pairs: `[num_pairs, 2]` integers.
        pictures: as for `near_duplicates`.

    Returns:
        `[num_pairs]` normalised correlations, in [-1, 1], of one with the
        other or its mirror image, whichever is higher. 0.0 where a picture is
        of one colour: such are equal without being copies.
    """
    if not len(pairs):
        return np.zeros(0)
    rows, places = np.unique(pairs, return_inverse=True)
    # All at once: they are small, and to begin a pass over images takes longer.
    standard = _standardised(np.asarray(pictures(rows), np.float64))
    first, second = standard[places.reshape(-1, 2).T]
    return np.maximum(
        (first * second).sum(axis=(1, 2)),
        (first * second[:, :, ::-1]).sum(axis=(1, 2)),
    )


def _standardised(pictures):
    """Pictures of mean 0 and length 1, or all 0."""
    centred = pictures - pictures.mean(axis=(1, 2), keepdims=True)
    lengths = np.sqrt(np.square(centred).sum(axis=(1, 2), keepdims=True))
    return centred / np.maximum(lengths, 1e-6)
