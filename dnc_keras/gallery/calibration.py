"""From which distance on two images are not of one class."""

from __future__ import annotations

import dataclasses
import math
import pathlib
from collections.abc import Sequence

import numpy as np

from dnc_keras.datasets.similar_names import warn_of_similar
from dnc_keras.gallery.collection import Collection
from dnc_keras.support import progress
from dnc_keras.support.checks import check_part

_BLOCK_PAIRS = 2**22
_DIGITS = 4


@dataclasses.dataclass(frozen=True)
class Calibration:
    """A threshold and its errors, in the terms of ISO/IEC 19795-1.

    Args:
        threshold: two images match up to this distance.
        fmr: false match rate, the share of the non-mated comparisons, of
            images of different classes, that match.
        fnmr: false non-match rate, the share of the mated comparisons, of
            images of one class, that do not match.
        num_mated: number of mated comparisons.
        num_non_mated: number of non-mated comparisons.
    """

    threshold: float
    fmr: float
    fnmr: float
    num_mated: int
    num_non_mated: int


def calibrate(embeddings, labels: Sequence, fmr: float) -> Calibration:
    """The largest threshold whose false match rate is not above the given.

    Every image is compared with every other one once. Use classes that the
    model was not trained on.

    Args:
        embeddings: `[num_images, embedding_dim]` array.
        labels: `[num_images]`, the class of each image.
        fmr: highest false match rate, above 0 and below 1.

    Returns:
        A `Calibration`; its threshold has four decimals, so that it stays the
        same when it is printed and typed again.

    Raises:
        ValueError: where there are too few comparisons for such a rate.
    """
    embeddings = np.asarray(embeddings, np.float32)
    labels = np.unique(labels, return_inverse=True)[1]
    num_mated, num_non_mated = _num_comparisons(labels)
    _check(fmr, num_mated, num_non_mated)
    allowed = math.floor(fmr * num_non_mated)
    mated, non_mated = _compare(embeddings, labels, allowed + 1)
    threshold = _below(float(non_mated.max()))
    return Calibration(
        threshold=threshold,
        fmr=float(np.sum(non_mated <= threshold) / num_non_mated),
        fnmr=float(np.mean(mated > threshold)),
        num_mated=num_mated,
        num_non_mated=num_non_mated,
    )


def check_fmr(name: str, value):
    """Raises ValueError unless a false match rate is above 0 and below 1."""
    check_part(name, value, example=0.001)


def class_names(images: Collection) -> list[str]:
    """The class of each image of a folder: the folder that it is in.

    Warns of names that differ only by blanks, case or Unicode form.

    Raises:
        ValueError: where images are in no folder of their own.
    """
    names = [str(pathlib.PurePath(name).parent) for name in images.names]
    if images.files is None or "." in names:
        raise ValueError(
            "calibrate must be a folder with a folder of images for each "
            f"class. Received: {images.names[0]!r}, which is in none. Put "
            "each class into a folder of its own."
        )
    warn_of_similar(names)
    return names


def _num_comparisons(labels):
    """(mated, non-mated) pairs of different images."""
    sizes = np.bincount(labels)
    mated = int(np.sum(sizes * (sizes - 1)) // 2)
    return mated, len(labels) * (len(labels) - 1) // 2 - mated


def _check(fmr, num_mated, num_non_mated):
    check_fmr("fmr", fmr)
    if not num_mated or not num_non_mated:
        raise ValueError(
            "Calibration needs two classes at least, and a class of two "
            f"images. Received: {num_mated} pairs of one class, "
            f"{num_non_mated} of different ones. Give a folder of class "
            "folders."
        )
    if fmr * num_non_mated < 1.0:
        raise ValueError(
            f"fmr={fmr:g} needs at least {math.ceil(1 / fmr):,} pairs of "
            f"images of different classes. Received: {num_non_mated:,}. Use "
            f"fmr={math.ceil(1e4 / num_non_mated) / 1e4:g} or more images."
        )


def _compare(embeddings, labels, num_lowest):
    """Distances: all of the mated pairs, the lowest of the non-mated."""
    mated, lowest = [], np.empty([0], np.float32)
    step = max(1, _BLOCK_PAIRS // len(labels))
    for start in progress.track(range(0, len(labels), step), "calibration"):
        rows = slice(start, start + step)
        distances = _distances(embeddings[rows], embeddings[start:])
        same = labels[rows, None] == labels[start:]
        later = ~np.tri(*same.shape, dtype=bool)
        mated.append(distances[same & later])
        lowest = _lowest(lowest, distances[~same & later], num_lowest)
    return np.concatenate(mated), lowest


def _lowest(lowest, others, num):
    if len(lowest) == num:
        others = others[others < lowest.max()]
    together = np.concatenate([lowest, others])
    if len(together) <= num:
        return together
    return np.partition(together, num - 1)[:num]


def _distances(rows, others):
    squares = rows @ others.T
    squares *= -2.0
    squares += np.sum(rows**2, axis=1)[:, None]
    squares += np.sum(others**2, axis=1)
    return np.sqrt(np.maximum(squares, 0.0))


def _below(distance):
    """The largest number of four decimals below a distance."""
    threshold = (math.ceil(distance * 10**_DIGITS) - 1) / 10**_DIGITS
    if threshold < 0.0:
        raise ValueError(
            "No threshold has so low a false match rate: more images of "
            "different classes are alike to the last digit. Look for copies "
            "in two classes, or use a larger fmr."
        )
    return threshold
