"""The labels of a batch, as losses compare them."""

from __future__ import annotations

import tensorflow as tf

# From here on not all integers are floats of a type.
_EXACT_BELOW = {
    tf.bfloat16: 2**8,
    tf.float16: 2**11,
    tf.float32: 2**24,
    tf.float64: 2**53,
}


def class_labels(labels):
    """`[batch_size]` labels, never cast: rounding would merge classes.

    Args:
        labels: `[batch_size]` or `[batch_size, 1]` tensor of integers, text,
            booleans or floats.

    Returns:
        A tensor of their type.

    Raises:
        ValueError: for another shape, such as that of one-hot labels.
        tf.errors.InvalidArgumentError: when it runs, for floats that are NaN
            or so large that their type may have merged them.
    """
    labels = tf.convert_to_tensor(labels)
    shape = labels.shape
    if shape.rank is not None and shape[1:] not in ([], [1]):
        raise ValueError(
            "Labels must be one for each row, [batch_size]. Received: shape "
            f"{shape}. Of one-hot labels use tf.argmax(labels, axis=1)."
        )
    labels = tf.reshape(labels, [-1])
    if labels.dtype.is_floating:
        _check_floats(labels)
    return labels


def class_numbers(labels, num_classes):
    """`[batch_size]` int32 labels that number something for each class.

    Args:
        labels: as for `class_labels`, but integers.
        num_classes: labels are 0 to `num_classes - 1`.

    Raises:
        ValueError: also for text.
        tf.errors.InvalidArgumentError: when it runs, for other labels.
    """
    labels = class_labels(labels)
    if not labels.dtype.is_integer and not labels.dtype.is_floating:
        raise ValueError(
            "Labels of a loss with num_classes must be integers. Received: "
            f"{labels.dtype.name}. Use np.unique(labels, return_inverse=True)."
        )
    # Before any cast, which would wrap large ones into the range.
    wide = tf.cast(labels, tf.float64)
    is_class = (wide >= 0) & (wide < num_classes) & (tf.round(wide) == wide)
    tf.debugging.assert_equal(
        is_class,
        True,
        f"Labels must be integers below num_classes={num_classes}, from 0 on. "
        "Make the loss with more, or number the classes.",
    )
    return tf.cast(labels, tf.int32)


def _check_floats(labels):
    limit = _EXACT_BELOW[labels.dtype]
    tf.debugging.assert_less(
        tf.cast(tf.abs(labels), tf.float64),
        tf.constant(float(limit), tf.float64),
        f"Labels of {labels.dtype.name} must be below {limit}, from where on "
        "classes merge, and not NaN. Use integers.",
    )
