"""Images that are far from the others of their class."""

from __future__ import annotations

import numpy as np
import scipy.sparse

from dnc_keras.analysis.finding import Finding

MIN_IMAGES = 3
MIN_SCORE = 3.5
# A normal distribution has its MAD at 0.6745 standard deviations.
MAD_OF_NORMAL = 0.6745
# Less is no distance that a person would see: embeddings all alike.
MIN_SPREAD = 1e-3


def far_from_class(embeddings, labels, min_score: float = MIN_SCORE):
    """Finds images whose embedding is far from those of their class.

    The distance of an image is the cosine distance to the mean of the others
    of its class, so that it does not pull the mean towards itself. Its score
    is the modified z-score, `0.6745 * (distance - median) / MAD` (Iglewicz &
    Hoaglin 1993, How to Detect and Handle Outliers, section 3.2), with the
    median of its class, and the MAD of its class or that of all images,
    whichever is larger: the few images of a class tell too little of their
    spread, and a class of near copies would call each other image far.

    Args:
        embeddings: `[num_images, dim]` float array, rows of length 1.
        labels: `[num_images]` integers; classes of less than 3 images give no
            findings, as two images cannot say which of them is wrong.
        min_score: 3.5, as Iglewicz & Hoaglin recommend.

    Returns:
        A list of `Finding`, highest score first.
    """
    ids = np.unique(labels, return_inverse=True)[1]
    is_judged = np.bincount(ids)[ids] >= MIN_IMAGES
    rows = np.flatnonzero(is_judged)
    scores = np.zeros(len(ids))
    if len(rows):
        distances = distances_to_class(embeddings, ids)[rows]
        scores[rows] = modified_z_scores(distances, ids[rows])
    order = np.argsort(-scores, kind="stable")
    return [
        Finding("far_from_class", int(row), score=float(scores[row]))
        for row in order[: np.count_nonzero(scores >= min_score)]
    ]


def distances_to_class(embeddings, ids) -> np.ndarray:
    """`[num_images]` cosine distances to the mean of the others of the class.

    Args:
        embeddings: `[num_images, dim]` float array, rows of length 1.
        ids: `[num_images]` integers from 0 on.
    """
    num_images = len(ids)
    entries = (
        np.ones(num_images, embeddings.dtype),
        (ids, np.arange(num_images)),
    )
    sums = scipy.sparse.csr_matrix(entries) @ embeddings
    # x @ (sum - x), where x @ x is 1; and |sum - x|**2 likewise.
    products = np.einsum("ij,ij->i", embeddings, sums[ids])
    squares = np.square(sums).sum(axis=1)[ids] - 2.0 * products + 1.0
    return 1.0 - (products - 1.0) / np.sqrt(np.maximum(squares, 1e-12))


def modified_z_scores(values, groups) -> np.ndarray:
    """`[num]` distances from the median of the group, in robust units."""
    residuals = values - _medians(values, groups)
    deviations = np.abs(residuals)
    spread = np.maximum(_medians(deviations, groups), np.median(deviations))
    return MAD_OF_NORMAL * residuals / np.maximum(spread, MIN_SPREAD)


def _medians(values, groups):
    """`[num]` array: the median of the group of each value."""
    order = np.lexsort([values, groups])
    names, starts, ids, sizes = np.unique(
        groups[order],
        return_index=True,
        return_inverse=True,
        return_counts=True,
    )
    ordered = values[order]
    low, high = starts + (sizes - 1) // 2, starts + sizes // 2
    medians = np.empty_like(values)
    medians[order] = (0.5 * (ordered[low] + ordered[high]))[ids]
    return medians
