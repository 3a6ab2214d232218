"""What looks wrong in the data, found by the embedding."""

from __future__ import annotations

import numpy as np

from dnc_keras.analysis.finding import Finding
from dnc_keras.analysis.near_duplicates import near_duplicates
from dnc_keras.analysis.outliers import far_from_class
from dnc_keras.analysis.wrong_labels import NUM_NEIGHBORS
from dnc_keras.analysis.wrong_labels import probable_wrong_labels
from dnc_keras.clustering.assignments import check_same_rows
from dnc_keras.metrics.arguments import check_names
from dnc_keras.support.checks import check_count


def examine(
    embeddings,
    labels,
    part_of=None,
    is_used=None,
    pictures=None,
    max_findings: int = 50,
    num_neighbors: int = NUM_NEIGHBORS,
) -> list[Finding]:
    """Looks for images that a person should look at.

    The findings are questions and no verdicts: an embedding knows only what it
    was trained to see, so the better it retrieves the more of them are right.

    * "far_from_class": far from the others of its class (`far_from_class`);
    * "probable_wrong_label": most of its nearest neighbours agree on another
      class (`probable_wrong_labels`);
    * "near_duplicate": nearly the same image with another label, or in another
      part such as train and test (`near_duplicates`);
    * "never_used": no clustering gave it to a learner.

    Args:
        embeddings: `[num_images, dim]` float array; only their directions
            count. Needs memory of some times its size, and that of
            `nearest_neighbors`: 120,000 images of 128 numbers took below 1 GB,
            and 85 seconds on two cores.
        labels: `[num_images]` integers, the class of each image; equal numbers
            are equal classes in all parts.
        part_of: `[num_images]` integers, the part of each image, such as 0 for
            train and 1 for test. None: all are of one part.
        is_used: `[num_images]` booleans; False where no clustering gave the
            image to a learner. None: nothing is known of that.
        pictures: a function from an int array of rows to `[num_rows, size,
            size]` grey float array, to compare near duplicates by what they
            show; 32 pixels are enough. None: only by their embeddings.
        max_findings: findings of each kind at most; 50 are what a person looks
            through in a few minutes.
        num_neighbors: votes about the label of an image.

    Returns:
        A list of `Finding`, kind by kind in the order above, the most
        suspicious of each kind first.

    Example:

    >>> embeddings = np.eye(2)[[0, 0, 0, 0, 1, 1, 1, 1]]
    >>> labels = [7, 7, 7, 9, 9, 9, 9, 9]
    >>> far, wrong = examine(embeddings, labels, max_findings=1)[:2]
    >>> wrong.kind, wrong.row, wrong.suggested_label
    ('probable_wrong_label', 3, 7)
    """
    check_count("max_findings", max_findings)
    check_count("num_neighbors", num_neighbors)
    embeddings = _directions(embeddings)
    check_names("labels", labels, len(embeddings))
    labels = np.asarray(labels)
    part_of = _one_for_each(labels, "part_of", part_of, default=0)
    is_used = _one_for_each(labels, "is_used", is_used, default=True)
    kinds = [
        far_from_class(embeddings, labels),
        probable_wrong_labels(embeddings, labels, part_of, num_neighbors),
        near_duplicates(embeddings, labels, part_of, pictures),
        never_used(is_used),
    ]
    return [finding for kind in kinds for finding in kind[:max_findings]]


def never_used(is_used):
    """The images that no clustering gave to a learner, a list of `Finding`.

    The score of each is 1.0, the share of the clusterings that left it out.
    """
    rows = np.flatnonzero(~np.asarray(is_used, bool))
    return [Finding("never_used", int(row), score=1.0) for row in rows]


def _directions(embeddings):
    """The rows scaled to length 1, float32; rows of 0 stay 0."""
    embeddings = np.asarray(embeddings, np.float32)
    if embeddings.ndim != 2 or not np.isfinite(embeddings).all():
        raise ValueError(
            "embeddings must be [num_images, dim] and finite. Received: shape "
            f"{list(embeddings.shape)}, "
            f"{np.count_nonzero(~np.isfinite(embeddings))} of them NaN or "
            "infinite. Drop the broken rows."
        )
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return embeddings / np.maximum(lengths, 1e-12)


def _one_for_each(labels, name, values, default):
    """The values of all images, or the default for each."""
    if values is None:
        return np.full(len(labels), default)
    values = np.asarray(values)
    check_same_rows("labels", labels, name, values)
    return values
