"""Test classes, drawn at random or named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

import numpy as np

from dnc_keras.datasets.image_index import ImageIndex
from dnc_keras.datasets.messages import first_few


def split_by_classes(
    index: ImageIndex,
    test_fraction: float,
    test_classes: Optional[Sequence],
    seed: int,
) -> tuple[ImageIndex, ImageIndex]:
    """Divides images into those of train classes and those of test classes.

    Args:
        index: all images.
        test_fraction: share of the classes to test on, drawn at random.
        test_classes: names of the classes to test on, instead; or None.
        seed: integer, for the draw.

    Returns:
        (train, test): two `ImageIndex`.
    """
    if not test_classes:
        return index.split_classes(test_fraction, seed)
    unknown = sorted(set(test_classes) - set(index.class_names))
    if unknown:
        raise ValueError(
            "test_classes must name classes of the data set. Not there: "
            f"{first_few(unknown)}. Classes: {first_few(index.class_names)}."
        )
    is_test = np.isin(index.class_names, test_classes)[index.labels]
    if is_test.all():
        raise ValueError(
            "test_classes names all classes. Leave at least two for training."
        )
    return index.subset(~is_test), index.subset(is_test)
