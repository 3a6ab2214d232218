"""What the triplet losses share."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.losses.distances import check_distance_metric
from dnc_keras.losses.distances import pairwise
from dnc_keras.losses.labels import class_labels
from dnc_keras.losses.metric_loss import MetricLoss
from dnc_keras.losses.pairs import pair_masks
from dnc_keras.support.checks import check_not_negative


class TripletLoss(MetricLoss):
    """A loss of the distances of positive and negative pairs.

    A subclass says in `_cost` what they cost.

    Args:
        margin: by how much negative pairs shall be farther.
        distance_metric: as in `distances.pairwise`.
    """

    def __init__(self, margin, distance_metric, **kwargs):
        super().__init__(**kwargs)
        check_distance_metric(distance_metric)
        check_not_negative("margin", margin)
        self.margin = margin
        self.distance_metric = distance_metric

    def call(self, labels, embeddings):
        embeddings = tf.cast(embeddings, tf.float32)
        distances = pairwise(embeddings, self.distance_metric)
        return self._cost(distances, *pair_masks(class_labels(labels)))

    def _cost(self, distances, positives, negatives):
        """A scalar of three `[batch_size, batch_size]` tensors."""
        raise NotImplementedError

    def get_config(self):
        metric = self.distance_metric
        if callable(metric):
            metric = keras.utils.serialize_keras_object(metric)
        return {
            **super().get_config(),
            "margin": self.margin,
            "distance_metric": metric,
        }

    @classmethod
    def from_config(cls, config):
        metric = config.get("distance_metric")
        if isinstance(metric, dict):
            metric = keras.utils.deserialize_keras_object(metric)
            config = {**config, "distance_metric": metric}
        return cls(**config)
