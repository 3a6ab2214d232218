"""A backbone, and an embedding layer whose units belong to learners."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import check_same_keras
from dnc_keras._keras import keras
from dnc_keras.layers import MaskedDense
from dnc_keras.layers import group_overlap
from dnc_keras.models import batch_norm
from dnc_keras.models import optimizers
from dnc_keras.models.feature_rows import POOLINGS
from dnc_keras.models.feature_rows import feature_rows
from dnc_keras.models.inputs import as_tensors
from dnc_keras.models.inputs import call_backbone
from dnc_keras.models.metric_model import MetricModel
from dnc_keras.models.replicas import stateless_dropout
from dnc_keras.models.targets import check_learner
from dnc_keras.models.targets import is_divided
from dnc_keras.support.checks import check_below_one
from dnc_keras.support.checks import check_choice
from dnc_keras.support.checks import check_count_or_zero
from dnc_keras.support.checks import check_divides
from dnc_keras.support.checks import check_not_negative

MASKS = ("fixed", "learned")
NORMALIZATIONS = ("whole", "per_learner")


@keras.utils.register_keras_serializable("dnc_keras")
class DivideAndConquer(MetricModel):
    """Wraps a backbone into an embedding made by several learners.

    The units of one embedding layer are cut into `num_learners` groups. A
    batch of cluster c trains the units of learner c, and the backbone; the
    embedding of an image is all units together, scaled to length 1. Which
    images belong to which learner is the matter of `ClusterSampler` and the
    `Recluster` callback: the model knows neither data nor epochs. With
    `num_learners=1` it is plain metric learning.

    Reference: Sanakoyeu et al., "Divide and Conquer the Embedding Space for
    Metric Learning", CVPR 2019 (https://arxiv.org/abs/1906.05990).

    Args:
        backbone: a `tf.keras` model or layer from inputs of any kind, such as
            images, to features: `[batch_size, feature_dim]`, or what `pooling`
            makes rows of. Scaling of pixels belongs into it, so that what is
            exported is what was trained, and augmentation layers if you like,
            which run in training alone.
        embedding_dim: length of the embedding; 128 as in the CVPR 2019 paper.
        num_learners: number of learners; must divide `embedding_dim`. 4 as in
            the paper for some ten thousand images, 8 for more.
        masks: "fixed" gives each learner units of its own; "learned" trains a
            mask over all units for each (TPAMI 2021).
        normalization: "whole" scales the embedding to length 1; "per_learner"
            scales each learner's units to length `1 / sqrt(num_learners)`
            first (the CVPR 2019 code).
        dropout: share of the features set to zero in training; both papers'
            codes use 0.01.
        mask_penalty: weight of the mean cosine between learned masks (the
            TPAMI 2021 code's value for SOP); without effect on fixed masks.
        train_batch_norm: whether BatchNormalization layers of the backbone use
            and update statistics of the batch. False, as in the papers, keeps
            those of pre-training; scale and offset are trained all the same,
            and all other layers behave as in training. Use True for a backbone
            that starts from scratch.
        pooling: what makes one row of feature maps `[batch_size, height,
            width, feature_dim]` or tokens `[batch_size, tokens, feature_dim]`:
            their "mean", the default, which leaves out tokens that a Keras
            mask leaves out; their "max"; or the "first" token, which is the
            class token of most transformers.
        feature_key: the output to take where the backbone has several: a key
            of its dict, or a position in its list. None: it has one.
        seed: fixes the embedding layer's start, dropout and the loss' draws;
            the draws are a function of it and the optimizer's step alone.

    Call arguments:
        images: what the backbone takes: a `[batch_size, height, width,
            channels]` tensor, vectors, token ids, text, or a dict or list of
            such tensors.
        learner: integer tensor, scalar or `[batch_size]`, -1 to `num_learners
            - 1`: keep only the units of that learner. -1 and None mean the
            whole embedding.
        training: as in every Keras model.

    Returns:
        `[batch_size, embedding_dim]` float32 tensor, rows of length 1.

    Fit it on `(images, labels)` to train the whole embedding, or on
    `(images, {"label": [batch_size], "learner": [batch_size]})`. With a third
    entry, "index", the features of each step are handed to `feature_listener`,
    a function of `[batch_size]` indices and `[batch_size, feature_dim]`
    features, both arrays.

    Example:

    >>> backbone = tf.keras.Sequential(
    ...     [tf.keras.Input([8, 8, 3]), tf.keras.layers.Conv2D(16, 3)]
    ... )
    >>> model = DivideAndConquer(backbone, embedding_dim=8, num_learners=2)
    >>> model(tf.ones([5, 8, 8, 3])).shape
    TensorShape([5, 8])
    """

    def __init__(
        self,
        backbone,
        embedding_dim=128,
        num_learners=4,
        masks="fixed",
        normalization="whole",
        dropout=0.01,
        mask_penalty=0.01,
        train_batch_norm=False,
        seed=0,
        pooling="mean",
        feature_key=None,
        **kwargs,
    ):
        check_same_keras(backbone, "backbone")
        check_divides(
            "num_learners", num_learners, "embedding_dim", embedding_dim
        )
        check_below_one("dropout", dropout)
        check_not_negative("mask_penalty", mask_penalty)
        check_count_or_zero("seed", seed)
        check_choice("masks", masks, MASKS)
        check_choice("normalization", normalization, NORMALIZATIONS)
        check_choice("pooling", pooling, POOLINGS)
        super().__init__(seed, **kwargs)
        if train_batch_norm:
            batch_norm.synchronize(backbone)
        self.backbone = backbone
        self.embedding_dim = embedding_dim
        self.num_learners = num_learners
        self.masks = masks
        self.normalization = normalization
        self.dropout = dropout
        self.mask_penalty = mask_penalty
        self.train_batch_norm = train_batch_norm
        self.pooling = pooling
        self.feature_key = feature_key
        self.embedding = MaskedDense(
            embedding_dim,
            num_learners,
            learned=masks == "learned",
            seed=seed,
            dtype="float32",
            name="embedding",
        )
        self.build_from_backbone()

    def call(self, images, learner=None, training=False):
        self.note_inputs(images)
        features = self.features(images, training=training)
        return self.embed_features(features, learner, training)

    def features(self, images, training=False):
        """What the backbone sees in images, before the embedding layer.

        Args:
            images: as in a call of the model.
            training: as in a call of the model.

        Returns:
            `[batch_size, feature_dim]` float32 tensor.
        """
        outputs = call_backbone(
            self.backbone,
            as_tensors(images),
            training,
            hold_batch_norm=not self.train_batch_norm,
        )
        return feature_rows(outputs, self.pooling, self.feature_key)

    def embed_features(self, features, learner=None, training=False):
        """The embedding of features that the backbone has computed.

        Args:
            features: `[batch_size, feature_dim]` float32 tensor.
            learner: as in a call of the model.
            training: as in a call of the model.

        Returns:
            `[batch_size, embedding_dim]` float32 tensor, rows of length 1.
        """
        learner = check_learner(learner, self.num_learners)
        if training and self.dropout:
            features = stateless_dropout(
                features, self.dropout, self.step_seed("dropout")
            )
        return self._normalize(self.embedding(features, group=learner))

    @property
    def learner_masks(self):
        """`[num_learners, embedding_dim]`: each learner's share of a unit."""
        return self.embedding.masks

    @property
    def num_active_learners(self):
        """How many learners there are in this stage of the division."""
        return self.embedding.num_active_groups

    def activate_learners(self, num_active):
        """Begins a hierarchical division: few learners share all units.

        Args:
            num_active: number of learners; must divide `num_learners`.
        """
        self.embedding.activate(num_active)
        self._forget_masks()

    def double_learners(self):
        """Makes two learners, 2k and 2k + 1, of each learner k.

        They inherit its units, or a copy of its learned mask; what the
        optimizer remembers of the masks is forgotten, as in the TPAMI 2021
        code.
        """
        self.embedding.double()
        self._forget_masks()

    def _forget_masks(self):
        if self.masks == "learned" and self._compile_arguments is not None:
            optimizers.reset_slots(self.optimizer, self.embedding.mask_weights)

    def _normalize(self, outputs):
        if self.normalization == "per_learner":
            shape = tf.shape(outputs)
            slices = tf.reshape(outputs, [shape[0], self.num_learners, -1])
            outputs = tf.reshape(tf.math.l2_normalize(slices, axis=-1), shape)
        return tf.math.l2_normalize(outputs, axis=-1)

    def get_config(self):
        return {
            **super().get_config(),
            "name": self.name,
            "backbone": keras.utils.serialize_keras_object(self.backbone),
            "embedding_dim": self.embedding_dim,
            "num_learners": self.num_learners,
            "masks": self.masks,
            "normalization": self.normalization,
            "dropout": self.dropout,
            "mask_penalty": self.mask_penalty,
            "train_batch_norm": self.train_batch_norm,
            "seed": self.seed,
            "pooling": self.pooling,
            "feature_key": self.feature_key,
        }

    @classmethod
    def from_config(cls, config):
        # Not `keras.utils`: a SavedModel of Keras 2 has models by plain names.
        backbone = keras.layers.deserialize(config["backbone"])
        return cls(**{**config, "backbone": backbone})

    def variable_groups(self):
        """The variables of each group of learning rates, but the loss'."""
        return {
            "backbone": self.backbone.variables,
            "embedding": [self.embedding.kernel, self.embedding.bias],
            "masks": [self.embedding.mask_weights],
        }

    def mask_cost(self, learner):
        """The penalty on masks that overlap, in batches of a learner."""
        if self.masks == "fixed":
            return 0.0
        overlap = group_overlap(self.learner_masks, self.embedding.active)
        return is_divided(learner) * self.mask_penalty * overlap
