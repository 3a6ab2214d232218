"""Your own arrays, of images or of vectors."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dnc_keras.datasets.class_split import split_by_classes
from dnc_keras.datasets.contents import InMemory
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.image_index import ImageIndex
from dnc_keras.datasets.vector_rows import VectorRows
from dnc_keras.support.labels import class_ids


def from_arrays(
    examples,
    labels,
    test_fraction=0.5,
    test_classes=None,
    seed=0,
    ids=None,
    name="arrays",
) -> Dataset:
    """Makes a data set of arrays, for `train(config, dataset=...)`.

    Args:
        examples: images, `[num_images, height, width, 3]` uint8 array, or 1
            channel for gray; or vectors, `[num_vectors, dim]` array of floats
            or integers, maybe memory-mapped, which is not copied. For images
            of different sizes or in files use `ImageIndex`.
        labels: `[num_examples]` integers or text, the class of each.
        test_fraction: share of the classes to test on, drawn at random.
        test_classes: the labels to test on, instead. None, the default: use
            `test_fraction`.
        seed: integer, for the draw of test classes.
        ids: `[num_examples]` str, what people call them; each another one.
            None, the default: "row 0", "row 1" and so on.
        name: what results call the data set.

    Returns:
        A `Dataset`.

    Raises:
        ValueError: for arrays of other kinds or lengths.

    Example:

    >>> vectors = np.random.default_rng(0).normal(size=[8, 16])
    >>> dataset = from_arrays(vectors, [0, 0, 1, 1, 2, 2, 3, 3])
    >>> dataset.train.num_classes, dataset.test.feature_dim
    (2, 16)
    """
    contents = _contents(examples)
    numbers, class_names = class_ids(labels)
    if ids is None:
        ids = [f"row {row}" for row in range(len(contents))]
    index = ImageIndex(
        paths=np.array([str(each) for each in ids], dtype=object),
        labels=numbers.astype(np.int32),
        class_names=tuple(map(str, class_names)),
        contents=contents,
    )
    if test_classes is not None:
        test_classes = [str(each) for each in test_classes]
    train, test = split_by_classes(index, test_fraction, test_classes, seed)
    return Dataset(name, train, test)


def _contents(examples):
    if not hasattr(examples, "dtype"):
        examples = np.asarray(examples)
    if len(examples.shape) == 2:
        return VectorRows.of(examples)
    is_image = len(examples.shape) == 4 and examples.shape[3] in (1, 3)
    if not is_image or examples.dtype != np.uint8:
        raise ValueError(
            "Examples must be images, [num_images, height, width, 3 or 1] of "
            "uint8, or vectors, [num_vectors, dim]. Received: "
            f"{examples.dtype} of shape {list(examples.shape)}. Convert images "
            "to values 0 to 255 of uint8."
        )
    return InMemory.of([tf.io.encode_png(image).numpy() for image in examples])
