"""A layer that makes rows of features of what any network returns."""

from __future__ import annotations

from dnc_keras._keras import keras
from dnc_keras.models.feature_rows import POOLINGS
from dnc_keras.models.feature_rows import feature_rows
from dnc_keras.models.feature_rows import pick
from dnc_keras.support.checks import check_choice

AUTO = "auto"
# What Keras, KerasHub and timm call the weights of a class token.
_CLASS_TOKENS = ("class_token", "cls_token", "class_embedding")


@keras.utils.register_keras_serializable("dnc_keras")
class FeatureRows(keras.layers.Layer):
    """Makes one row of features of each image's tokens or feature maps.

    Args:
        pooling: as for `DivideAndConquer`.
        feature_key: as for `DivideAndConquer`.

    Call arguments:
        outputs: what the backbone returned.

    Returns:
        `[batch_size, feature_dim]` float32 tensor.
    """

    def __init__(self, pooling="mean", feature_key=None, **kwargs):
        # Means of many numbers of 16 bits are computed in 32.
        super().__init__(**{"dtype": "float32", "autocast": False, **kwargs})
        check_choice("pooling", pooling, POOLINGS)
        self.pooling = pooling
        self.feature_key = feature_key

    def call(self, outputs):
        return feature_rows(outputs, self.pooling, self.feature_key)

    def get_config(self):
        return {
            **super().get_config(),
            "pooling": self.pooling,
            "feature_key": self.feature_key,
        }


def build_feature_rows(network, outputs, pooling, feature_key) -> FeatureRows:
    """The layer for what a network returns.

    Args:
        network: a built Keras model.
        outputs: what it returns, symbolic.
        pooling: "auto": the first token where the network has a class token,
            and the mean else; or as in `feature_rows`.
        feature_key: as in `feature_rows`.

    Raises:
        ValueError: where that is not a row of numbers for each image.
    """
    features = pick(outputs, feature_key)
    shape = tuple(features.shape)
    if len(shape) < 2 or shape[0] is not None or shape[-1] is None:
        raise ValueError(
            "backbone must return features of a known length for each image of "
            "a batch of any size, [batch_size, ..., feature_dim]. Received: "
            f"the shape {shape}. Keep the first axis as it is."
        )
    if pooling == AUTO:
        has_token = len(shape) == 3 and _has_class_token(network)
        pooling = "first" if has_token else "mean"
    return FeatureRows(pooling, feature_key)


def _has_class_token(network):
    names = (
        getattr(weight, "path", weight.name).split(":")[0].split("/")[-1]
        for weight in network.weights
    )
    return any(name in _CLASS_TOKENS for name in names)
