"""Handwritten digits that scikit-learn carries: nothing to download."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

from dnc_keras.datasets.contents import InMemory
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.image_index import ImageIndex


def load(data_dir=None) -> Dataset:
    """Loads 1,797 scans of 8 x 8 pixels; digits 0-4 train, 5-9 test.

    Args:
        data_dir: must be None. Other data sets have one; a data_dir here
            means that the user forgot to name theirs.

    Returns:
        A `Dataset` whose images are grayscale PNG.
    """
    if data_dir:
        raise ValueError(
            "The digits come with scikit-learn and need no data_dir. "
            f"Received: data_dir={str(data_dir)!r}. Drop it, or name the data "
            "set it holds, e.g. --dataset=folder."
        )
    digits = load_digits()
    everything = ImageIndex.from_class_names(
        paths=[f"digits/{row:04d}.png" for row in range(len(digits.target))],
        names=[str(digit) for digit in digits.target],
        contents=InMemory.of(_encode(digits.images)),
    )
    unseen = digits.target >= 5
    return Dataset(
        "digits", everything.subset(~unseen), everything.subset(unseen)
    )


def _encode(images):
    """`[n, 8, 8]` values from 0 to 16 -> `[n]` PNG images, a tensor."""
    gray = np.round(images * (255 / 16)).astype(np.uint8)
    return tf.io.encode_png(gray[..., None])
