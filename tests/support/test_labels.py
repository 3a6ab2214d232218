"""Tests of the numbers of classes."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from dnc_keras.support.labels import class_ids

# Labels of three classes, in the order b, a, c, a of how they sort.
_SAME = {
    "small integers": [5, -3, 9, -3],
    "64-bit integers": np.array([2**53 + 1, 2**53, 2**53 + 2, 2**53]),
    "unsigned": np.array([2**64 - 2, 2**64 - 3, 2**64 - 1, 2**64 - 3], "u8"),
    "large beside negative": [0, -1, 2**63, -1],
    "beyond 64 bits": [2**70 + 1, 2**70, 2**70 + 2, 2**70],
    "fractions": [0.25, 0.0, 0.5, 0.0],
    "text": ["b", "a", "c", "a"],
    "text that ends in a NUL": np.array(["a\0", "a", "b", "a"], object),
    "text of objects": np.array(["b", "a", "c", "a"], object),
    "bytes": tf.constant(["b", "a", "c", "a"]),
    "a tensor": tf.constant([5, -3, 9, -3], tf.int64),
    "a column": np.array([[5], [-3], [9], [-3]]),
    "dates": np.array(["2001", "2000", "2002", "2000"], "datetime64[Y]"),
    "a series": pd.Series(["b", "a", "c", "a"]),
    "a series that may miss some": pd.Series([5, -3, 9, -3], dtype="Int64"),
    "categories": pd.Categorical(["b", "a", "c", "a"]),
}


@pytest.mark.parametrize("labels", _SAME.values(), ids=_SAME)
def test_classes_are_numbered_as_their_labels_sort(labels):
    ids, class_names = class_ids(labels)
    assert ids.tolist() == [1, 0, 2, 0]
    flat = np.asarray(labels, object).reshape(-1).tolist()
    assert class_names[ids].tolist() == flat


def test_booleans_are_two_classes():
    assert class_ids(np.array([True, False]))[0].tolist() == [1, 0]


@pytest.mark.parametrize(
    "labels",
    [
        [0.0, np.nan],
        [1, None],
        ["a", None],
        ["a", np.nan],
        pd.Series([1, None], dtype="Int64"),
        pd.Categorical(["a", None]),
        np.array(["2000", "NaT"], "datetime64[Y]"),
        pd.Series(["a", pd.NA], dtype="string"),
    ],
    ids=str,
)
def test_a_missing_label_is_named(labels):
    with pytest.raises(ValueError, match="for image 1, 1 such"):
        class_ids(labels)


@pytest.mark.parametrize("labels", [np.eye(4), np.float32(3)], ids=["2", "0"])
def test_one_label_for_each_image(labels):
    with pytest.raises(ValueError, match="one label for each image.*argmax"):
        class_ids(labels, "labels")


def test_text_among_numbers_does_not_sort():
    with pytest.raises(TypeError, match="labels must sort"):
        class_ids([1, "1"])
