"""Distances from the differences of rows, as exact as float32 can be."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dnc_keras.arrays.memory import rows_within

MEASURED_BYTES = 2**22


def squared_lengths(rows, gallery):
    """`[num_rows]` squared distances of rows to the mean of a gallery.

    From them come distances of scores: `squares = lengths - 2 * scores`.
    """
    return tf.reduce_sum(tf.square(rows - gallery.mean), axis=1).numpy()


def squared_distances(rows, gallery, places, indices):
    """Squared distances of some rows to some of the gallery.

    Args:
        rows: `[num_rows, dim]` tensor.
        gallery: `Rows`.
        places: `[num]` int64 array, the row of each pair.
        indices: `[num]` integers, its row of the gallery.

    Returns:
        `[num]` float32 array.
    """
    step = rows_within(MEASURED_BYTES, gallery.dim)
    measured = np.empty(len(indices), np.float32)
    for start in range(0, len(indices), step):
        part = slice(start, start + step)
        points = gallery.take(indices[part])
        measured[part] = _squares_of_pairs(rows, places[part], points)
    return measured


@tf.function(
    input_signature=[
        tf.TensorSpec([None, None]),
        tf.TensorSpec([None], tf.int64),
        tf.TensorSpec([None, None]),
    ]
)
def _squares_of_pairs(rows, places, points):
    differences = tf.gather(rows, places) - points
    # Not `**`, which gives equal numbers other squares on TensorFlow 2.21.
    return tf.reduce_sum(tf.square(differences), axis=1)
