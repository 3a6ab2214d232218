"""From which distance on two images are not of one class."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Sequence

from dnc_keras.datasets.similar_names import warn_of_similar
from dnc_keras.gallery.collection import Collection
from dnc_keras.metrics import pair_distances
from dnc_keras.support.checks import check_part


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
    check_fmr("fmr", fmr)
    pairs = pair_distances(embeddings, labels)
    found = pairs.at_false_match_rate(fmr)
    return Calibration(
        threshold=found.threshold,
        fmr=found.false_match_rate,
        fnmr=found.false_non_match_rate,
        num_mated=pairs.num_matching,
        num_non_mated=pairs.num_others,
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
