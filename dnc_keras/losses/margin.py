"""The margin loss on pairs of a batch."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.losses.choosing import choose_largest
from dnc_keras.losses.choosing import gumbel_noise
from dnc_keras.losses.choosing import is_compiled
from dnc_keras.losses.distances import distances_of_pairs
from dnc_keras.losses.distances import pairwise_distances
from dnc_keras.losses.distances import pairwise_squares
from dnc_keras.losses.distances import used_units
from dnc_keras.losses.labels import class_labels
from dnc_keras.losses.labels import class_numbers
from dnc_keras.losses.metric_loss import MetricLoss
from dnc_keras.losses.pairs import pair_masks
from dnc_keras.support.checks import check_choice
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_not_negative
from dnc_keras.support.checks import check_positive

NEGATIVES = ("distance_weighted", "nearest", "all")
# From this batch on, chosen pairs alone are less work than all pairs.
LARGE_BATCH = 1024


@keras.utils.register_keras_serializable("dnc_keras")
class MarginLoss(MetricLoss):
    """Margin loss: pairs of a class nearer than beta, other pairs farther.

    With D the Euclidean distance of a pair, a positive pair costs
    `max(0, D - beta + margin)` and a negative pair
    `max(0, beta - D + margin)`. The sum is divided by the number of pairs that
    cost something. Every positive pair of the batch is used, and as many
    negatives of each row as it has positives.

    Use it on embeddings of length 1; distances are computed in float32. Units
    that are zero in the whole batch (those of other learners) change no
    distance and do not count as dimensions.

    Reference: Wu et al., "Sampling Matters in Deep Embedding Learning", ICCV
    2017, sections 4.1 and 4.2 (https://arxiv.org/abs/1706.07567).

    Args:
        margin: half the width of the band around beta where pairs still cost.
        beta: the boundary, a distance. 1.2 in both divide-and-conquer papers.
        nu: weight of the sum of learned boundaries; without `num_classes` it
            has no effect on training.
        num_classes: learns one boundary for each class from `beta` on; labels
            are 0 to `num_classes - 1`. None keeps `beta` constant, as the
            papers do.
        negatives: "distance_weighted" draws negatives uniformly over the
            distances up to `nonzero_loss_cutoff`; "nearest" takes the nearest
            ones beyond `cutoff` (the released CVPR 2019 code); "all" takes all.
        cutoff: distances below it are drawn as if they were `cutoff`, or are
            skipped by "nearest": too near negatives have noisy gradients.
        nonzero_loss_cutoff: negatives beyond it cost nothing and are not
            drawn; beta + margin.

    Call arguments:
        labels: `[batch_size]` integer tensor, the class of each row.
        embeddings: `[batch_size, embedding_dim]` float tensor.
        seed: `[2]` integer tensor that fixes the draw. None, the default,
            draws one from TensorFlow's global generator.

    Returns:
        A scalar, 0 where no pair costs anything.

    Example:

    >>> loss = MarginLoss(negatives="all")
    >>> rows = tf.constant([[1.0], [0.0]])
    >>> round(float(loss.call(tf.constant([0, 1]), rows)), 4)
    0.4
    """

    def __init__(
        self,
        margin=0.2,
        beta=1.2,
        nu=0.0,
        num_classes=None,
        negatives="distance_weighted",
        cutoff=0.5,
        nonzero_loss_cutoff=1.4,
        name="margin_loss",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        check_choice("negatives", negatives, NEGATIVES)
        check_positive("beta", beta)
        check_positive("nonzero_loss_cutoff", nonzero_loss_cutoff)
        check_not_negative("margin", margin)
        check_not_negative("nu", nu)
        check_not_negative("cutoff", cutoff)
        if num_classes is not None:
            check_count("num_classes", num_classes)
        self.margin = margin
        self.beta = beta
        self.nu = nu
        self.num_classes = num_classes
        self.negatives = negatives
        self.cutoff = cutoff
        self.nonzero_loss_cutoff = nonzero_loss_cutoff
        self.boundaries = _boundaries(num_classes, beta)

    def call(self, labels, embeddings, seed=None):
        if self.boundaries is None:
            labels = class_labels(labels)
        else:
            labels = class_numbers(labels, self.num_classes)
        embeddings = tf.cast(embeddings, tf.float32)
        positives, negatives = pair_masks(labels)
        if self.negatives != "all":
            fixed = tf.stop_gradient(embeddings)
            negatives = self._choose(fixed, positives, negatives, seed)
        few = self._are_few(embeddings)
        measure = (_measure_few if few else _measure_all)(embeddings)
        return self._mean_cost(labels, measure(positives), measure(negatives))

    def _are_few(self, embeddings):
        """Whether measuring the pairs that count alone is less work."""
        is_large = (embeddings.shape[0] or LARGE_BATCH) >= LARGE_BATCH
        # XLA cannot have a number of pairs that depends on the batch.
        return self.negatives != "all" and is_large and not is_compiled()

    def _choose(self, embeddings, positives, negatives, seed):
        """As many negatives of each row as the row has positives."""
        squares = pairwise_squares(embeddings)
        if self.negatives == "nearest":
            keys = -squares
            allowed = negatives & (squares >= self.cutoff**2)
        else:
            keys = self._log_weights(squares, _num_dimensions(embeddings))
            keys += gumbel_noise(tf.shape(squares), _seed(seed))
            allowed = negatives & (squares < self.nonzero_loss_cutoff**2)
        # Masked before anything is compared: weights in log space cannot
        # underflow, whatever the dimension.
        keys = tf.where(allowed, keys, float("-inf"))
        counts = tf.reduce_sum(tf.cast(positives, tf.int32), axis=1)
        return choose_largest(keys, counts)

    def _log_weights(self, squares, num_dimensions):
        """log 1 / q(D): q is the density of distances on the unit sphere."""
        squares = tf.maximum(squares, self.cutoff**2)
        cosine_part = tf.maximum(1.0 - squares / 4.0, 1e-8)
        return (1.0 - num_dimensions / 2.0) * tf.math.log(squares) + (
            1.5 - num_dimensions / 2.0
        ) * tf.math.log(cosine_part)

    def _mean_cost(self, labels, positives, negatives):
        """Over pairs, each given by (rows, distances, whether they count)."""
        rows, distances, count = positives
        near = tf.nn.relu(distances - self._beta(labels, rows) + self.margin)
        costs = [tf.where(count, near, 0.0)]
        rows, distances, count = negatives
        far = tf.nn.relu(self._beta(labels, rows) - distances + self.margin)
        costs.append(tf.where(count, far, 0.0))
        num_pairs = sum(
            tf.math.count_nonzero(cost, dtype=tf.float32) for cost in costs
        )
        total = sum(map(tf.reduce_sum, costs))
        total += self.nu * self._sum_of_boundaries()
        return total / tf.maximum(num_pairs, 1.0)

    def _beta(self, labels, rows):
        """The boundaries of the classes of some rows, like `rows`."""
        if self.boundaries is None:
            return self.beta
        return self.boundaries(tf.gather(labels, rows))[..., 0]

    def _sum_of_boundaries(self):
        if self.boundaries is None:
            return self.beta
        return tf.reduce_sum(tf.abs(self.boundaries.embeddings))

    def get_config(self):
        return {
            **super().get_config(),
            "margin": self.margin,
            "beta": self.beta,
            "nu": self.nu,
            "num_classes": self.num_classes,
            "negatives": self.negatives,
            "cutoff": self.cutoff,
            "nonzero_loss_cutoff": self.nonzero_loss_cutoff,
        }


def _boundaries(num_classes, beta):
    if num_classes is None:
        return None
    boundaries = keras.layers.Embedding(
        num_classes,
        1,
        embeddings_initializer=keras.initializers.Constant(beta),
        dtype="float32",
        name="boundaries",
    )
    boundaries.build((None,))
    return boundaries


def _measure_few(embeddings):
    """A function of a mask: (rows, distances, whether they count)."""

    def measure(mask):
        pairs = tf.where(mask)
        return pairs[:, 0], distances_of_pairs(embeddings, pairs), True

    return measure


def _measure_all(embeddings):
    """The same, of all pairs, whose distances are computed once."""
    rows = tf.range(tf.shape(embeddings)[0])[:, None]
    distances = pairwise_distances(embeddings)
    return lambda mask: (rows, distances, mask)


def _num_dimensions(embeddings):
    return tf.reduce_sum(tf.cast(used_units(embeddings), embeddings.dtype))


def _seed(seed):
    if seed is not None:
        return seed
    maximum = tf.int32.max
    return tf.random.uniform([2], maxval=maximum, dtype=tf.int32)
