"""The proxy anchor loss."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.losses import pairs
from dnc_keras.losses.distances import used_units
from dnc_keras.losses.labels import class_numbers
from dnc_keras.losses.metric_loss import MetricLoss
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_count_or_zero
from dnc_keras.support.checks import check_not_negative
from dnc_keras.support.checks import check_positive


@keras.utils.register_keras_serializable("dnc_keras")
class ProxyAnchorLoss(MetricLoss):
    """Compares each row with a learned proxy of every class.

    With s the cosine of a row and a proxy, a proxy pulls the rows of its class
    by `log(1 + sum(exp(-alpha * (s - margin))))`, the mean over the classes of
    the batch, and pushes all others by `log(1 + sum(exp(alpha * (s +
    margin))))`, the mean over all classes. It converges in fewer epochs than
    losses of pairs, and works on batches without positive pairs.

    The proxies are the weights of the layer `loss.proxies`. A
    `DivideAndConquer` model trains and saves them; give them a larger learning
    rate there, `learning_rate_multipliers={"loss": 100.0}` in the authors'
    code. Any other Keras model that is no Sequential does so after
    `model.proxies = loss.proxies`.
    Units that are zero in the whole batch (those of other learners) do not
    count: a learner is compared with the proxies' own share of its units.

    Reference: Kim et al., "Proxy Anchor Loss for Deep Metric Learning", CVPR
    2020, equation 4 (https://arxiv.org/abs/2003.13911).

    Args:
        num_classes: number of proxies; labels are 0 to `num_classes - 1`.
        embedding_dim: length of the embeddings.
        margin: cosine from which on a row counts as near; 0.1 as in the paper.
        alpha: scale of the cosines; the larger, the more the hardest rows
            count. 32 as in the paper.
        seed: fixes the proxies' start, normal with variance
            `2 / num_classes` as in the authors' code.

    Call arguments:
        labels: `[batch_size]` integer tensor, the class of each row.
        embeddings: `[batch_size, embedding_dim]` float tensor, of any length.
            Computed in float32.

    Returns:
        A float32 scalar.

    Example:

    >>> loss = ProxyAnchorLoss(num_classes=2, embedding_dim=2, alpha=1.0)
    >>> loss.proxies.set_weights([tf.eye(2).numpy()])
    >>> round(float(loss.call(tf.constant([0, 1]), tf.eye(2))), 4)
    1.0856
    """

    def __init__(
        self,
        num_classes,
        embedding_dim,
        margin=0.1,
        alpha=32.0,
        seed=0,
        name="proxy_anchor_loss",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        check_count("num_classes", num_classes)
        check_count("embedding_dim", embedding_dim)
        check_not_negative("margin", margin)
        if seed is not None:
            check_count_or_zero("seed", seed)
        check_positive("alpha", alpha)
        self.num_classes = num_classes
        self.embedding_dim = embedding_dim
        self.margin = margin
        self.alpha = alpha
        self.seed = seed
        self.proxies = _proxies(num_classes, embedding_dim, seed)

    def call(self, labels, embeddings):
        cosines = self._cosines(tf.cast(embeddings, tf.float32))
        own = self._own_classes(labels)
        pull = -self.alpha * (cosines - self.margin)
        push = self.alpha * (cosines + self.margin)
        # softplus(x) = log(1 + exp(x))
        pulls = tf.math.softplus(pairs.log_sum_exp(pull, own, axis=0))
        pushes = tf.math.softplus(pairs.log_sum_exp(push, ~own, axis=0))
        is_in_batch = tf.reduce_any(own, axis=0)
        return pairs.mean(pulls, is_in_batch) + tf.reduce_mean(pushes)

    def _cosines(self, embeddings):
        """`[batch_size, num_classes]`, in the units that are used."""
        if embeddings.shape[-1] not in (None, self.embedding_dim):
            raise ValueError(
                "Embeddings must be as long as the proxies. Received: "
                f"embeddings of {embeddings.shape[-1]} units, embedding_dim="
                f"{self.embedding_dim}. Make the loss with embedding_dim="
                f"{embeddings.shape[-1]}."
            )
        used = tf.cast(used_units(embeddings), embeddings.dtype)
        return tf.matmul(
            tf.math.l2_normalize(embeddings, axis=1),
            tf.math.l2_normalize(self.proxies.embeddings * used, axis=1),
            transpose_b=True,
        )

    def _own_classes(self, labels):
        """`[batch_size, num_classes]`: whether a proxy is of a row's class."""
        labels = class_numbers(labels, self.num_classes)
        return labels[:, None] == tf.range(self.num_classes)

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "embedding_dim": self.embedding_dim,
            "margin": self.margin,
            "alpha": self.alpha,
            "seed": self.seed,
        }


def _proxies(num_classes, embedding_dim, seed):
    proxies = keras.layers.Embedding(
        num_classes,
        embedding_dim,
        embeddings_initializer=keras.initializers.RandomNormal(
            stddev=(2.0 / num_classes) ** 0.5, seed=seed
        ),
        dtype="float32",
        name="proxies",
    )
    proxies.build((None,))
    return proxies
