"""The embedding layer whose units are cut into groups."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.support.checks import check_divides


@keras.utils.register_keras_serializable("dnc_keras")
class MaskedDense(keras.layers.Layer):
    """A dense layer whose units are cut into groups, one for each learner.

    With a group id only the units of that group are kept and the others are
    zero, so a step on one group leaves the others as they are. The group is a
    tensor: changing it never traces the layer again.

    In a hierarchical division few groups are active at first, with masks over
    more units each: `activate(1)` gives the first group all units, and each
    `double()` cuts the active groups in two.

    Reference: Sanakoyeu et al., "Divide and Conquer the Embedding Space for
    Metric Learning", CVPR 2019, section 3.3 (https://arxiv.org/abs/1906.05990);
    learned masks and the hierarchical division are of the TPAMI 2021 follow-up.

    Args:
        units: number of outputs; `num_groups` must divide it.
        num_groups: number of groups. Group g owns the units from
            `g * units / num_groups` on.
        learned: whether the masks are trained. They start with ones then, so
            that every group sees all units, and pass through a ReLU.
        seed: seed of the kernel. Each group starts as a Glorot normal layer of
            its own, as in the CVPR 2019 code: `std = sqrt(2 / (fan_in +
            units / num_groups))`.

    Call arguments:
        inputs: `[batch_size, input_dim]` float tensor.
        group: integer tensor, scalar or `[batch_size]`; -1 means all units.
            None, the default, means -1.

    Returns:
        `[batch_size, units]` float tensor.

    Example:

    >>> layer = MaskedDense(4, num_groups=2)
    >>> layer(tf.ones([1, 3]), group=0)[0, 2:].numpy()
    array([0., 0.], dtype=float32)
    """

    def __init__(self, units, num_groups=1, learned=False, seed=0, **kwargs):
        super().__init__(**kwargs)
        check_divides("num_groups", num_groups, "units", units)
        self.units = units
        self.num_groups = num_groups
        self.learned = learned
        self.seed = seed

    def build(self, input_shape):
        input_dim = input_shape[-1]
        stddev = (2.0 / (input_dim + self.units // self.num_groups)) ** 0.5
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_dim, self.units),
            initializer=keras.initializers.RandomNormal(
                stddev=stddev, seed=self.seed
            ),
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.units,), initializer="zeros"
        )
        self.mask_weights = self.add_weight(
            name="masks",
            shape=(self.num_groups, self.units),
            initializer="ones" if self.learned else self._own_units,
            trainable=self.learned,
        )
        # A weight, so that it is saved with the masks.
        self.active = self.add_weight(
            name="num_active_groups",
            shape=(),
            initializer=keras.initializers.Constant(self.num_groups),
            trainable=False,
        )
        self.built = True

    def _own_units(self, shape, dtype=None):
        return _runs(*shape)

    @property
    def num_active_groups(self):
        """How many groups there are now; the masks of the others are 0."""
        # A mirrored variable is no number.
        return int(tf.convert_to_tensor(self.active))

    def activate(self, num_active):
        """Starts with fewer groups, which share all units.

        Args:
            num_active: must divide `num_groups`. Fixed masks cut the units
                into as many runs, learned ones start with ones.
        """
        self._set_masks(tf.ones([num_active, self.units]), num_active)

    def double(self):
        """Cuts each group g in two, 2g and 2g + 1.

        Fixed masks are cut into halves; learned ones are copied, so that both
        go on from what their common group had learned.
        """
        num_active = self.num_active_groups
        masks = self.mask_weights[:num_active]
        self._set_masks(tf.repeat(masks, 2, axis=0), 2 * num_active)

    def _set_masks(self, learned, num_active):
        check_divides("num_active", num_active, "num_groups", self.num_groups)
        masks = learned if self.learned else _runs(num_active, self.units)
        rest = self.num_groups - num_active
        self.mask_weights.assign(tf.pad(masks, [[0, rest], [0, 0]]))
        self.active.assign(num_active)

    @property
    def masks(self):
        """`[num_groups, units]` factors, not negative."""
        return tf.nn.relu(self.mask_weights)

    def call(self, inputs, group=None):
        outputs = tf.matmul(inputs, self.kernel) + self.bias
        if group is None:
            return outputs
        mask = tf.gather(self.masks, tf.maximum(group, 0))
        everything = tf.expand_dims(tf.convert_to_tensor(group) < 0, -1)
        return outputs * tf.where(everything, tf.ones_like(mask), mask)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "num_groups": self.num_groups,
            "learned": self.learned,
            "seed": self.seed,
        }


def _runs(num_groups, units):
    """Masks of ones, a run of units for each group."""
    return tf.repeat(tf.eye(num_groups), units // num_groups, axis=1)


def group_overlap(masks, num_groups):
    """Mean cosine between the masks of different groups.

    The orthogonality penalty of the TPAMI 2021 paper's code, in `[0, 1]`.

    Args:
        masks: `[rows, units]` float tensor, not negative; those of the groups,
            then zeros.
        num_groups: scalar float tensor, the number of groups.

    Returns:
        A scalar; 0 with a single group.
    """
    unit = tf.math.l2_normalize(masks, axis=1)
    cosines = tf.matmul(unit, unit, transpose_b=True)
    others = tf.reduce_sum(cosines) - tf.linalg.trace(cosines)
    return others / tf.maximum(num_groups * (num_groups - 1.0), 1.0)
