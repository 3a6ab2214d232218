"""The model: a backbone, embedding groups and a train step for each learner."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras import ops
from dnc_keras import optimizers
from dnc_keras._keras import check_same_keras
from dnc_keras._keras import keras
from dnc_keras._keras import raw_variables
from dnc_keras.checks import check_choice
from dnc_keras.checks import check_divides
from dnc_keras.layers import MaskedDense
from dnc_keras.losses import MarginLoss
from dnc_keras.losses.inputs import embedding_loss
from dnc_keras.sampling import WHOLE

MASKS = ("fixed", "learned")
NORMALIZATIONS = ("whole", "per_learner")
DRAWS = ("dropout", "loss")
GROUPS = ("backbone", "embedding", "masks", "loss")


@keras.utils.register_keras_serializable("dnc_keras")
class DivideAndConquer(keras.Model):
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
        backbone: a built `tf.keras` model from images to features,
            `[batch_size, feature_dim]`, or feature maps `[batch_size, height,
            width, feature_dim]`, which are averaged. Scaling of pixels belongs
            into it, so that what is exported is what was trained.
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
            those of pre-training; scale and offset are trained all the same.
            It also switches off the backbone's own dropout. Use True for a
            backbone that starts from scratch.
        seed: fixes the embedding layer's start, dropout and the loss' draws;
            the draws are a function of it and the optimizer's step alone.

    Call arguments:
        images: `[batch_size, height, width, channels]` tensor, as the
            backbone takes it.
        learner: integer tensor, scalar or `[batch_size]`: keep only the units
            of that learner. -1 and None mean the whole embedding.
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
        **kwargs,
    ):
        check_same_keras(backbone, "backbone")
        check_divides(
            "num_learners", num_learners, "embedding_dim", embedding_dim
        )
        check_choice("masks", masks, MASKS)
        check_choice("normalization", normalization, NORMALIZATIONS)
        super().__init__(**kwargs)
        self.backbone = backbone
        self.embedding_dim = embedding_dim
        self.num_learners = num_learners
        self.masks = masks
        self.normalization = normalization
        self.dropout = dropout
        self.mask_penalty = mask_penalty
        self.train_batch_norm = train_batch_norm
        self.seed = seed
        self.embedding = MaskedDense(
            embedding_dim,
            num_learners,
            learned=masks == "learned",
            seed=seed,
            dtype="float32",
            name="embedding",
        )
        self.loss_state = _LossState(name="loss_state")
        self.feature_listener = None
        self._mean_loss = keras.metrics.Mean(name="loss")
        self._compile_arguments = None
        input_shape = getattr(backbone, "input_shape", None)
        if input_shape is not None:
            self.build(input_shape)

    def build(self, input_shape):
        if not self.embedding.built:
            feature_dim = self.backbone.compute_output_shape(input_shape)[-1]
            self.embedding.build((None, feature_dim))
        self.built = True

    def call(self, images, learner=None, training=False):
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
        images = tf.cast(images, self.compute_dtype)
        features = self.backbone(
            images, training=training and self.train_batch_norm
        )
        features = tf.cast(features, tf.float32)
        if features.shape.rank == 4:
            features = tf.reduce_mean(features, axis=[1, 2])
        return features

    def embed_features(self, features, learner=None, training=False):
        """The embedding of features that the backbone has computed.

        Args:
            features: `[batch_size, feature_dim]` float32 tensor.
            learner: as in a call of the model.
            training: as in a call of the model.

        Returns:
            `[batch_size, embedding_dim]` float32 tensor, rows of length 1.
        """
        if training and self.dropout:
            features = ops.stateless_dropout(
                features, self.dropout, self._step_seed("dropout")
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
        }

    @classmethod
    def from_config(cls, config):
        backbone = keras.utils.deserialize_keras_object(config["backbone"])
        return cls(**{**config, "backbone": backbone})

    def compile(
        self,
        optimizer="adam",
        loss=None,
        learning_rate_multipliers=None,
        weight_decay=0.0,
        jit_compile=False,
        **kwargs,
    ):
        """Sets how to train.

        Args:
            optimizer: a Keras optimizer.
            loss: an object with `call(labels [b], embeddings [b, d])` that
                returns a scalar or `[b]`: one of `dnc_keras.losses` or of
                tensorflow-addons. One with a `seed` argument in `call` gets a
                seed made of the model's and the step. Default: `MarginLoss()`.
            learning_rate_multipliers: factors on the learning rate, a dict
                with some of the keys "backbone", "embedding", "masks" and
                "loss" (the weights of a loss that has some). Default 1, and
                100 for "masks" as in the TPAMI 2021 code. Those that are given
                can be changed by `set_learning_rate_multiplier`.
            weight_decay: weight of the L2 penalty, added to the gradient; both
                papers use 1e-4.
            jit_compile: compiles the step with XLA. Off by default: on CPU
                XLA's convolutions are slower.
            **kwargs: as in every Keras model, except `metrics`: retrieval is
                measured on all images together, by `RetrievalEvaluation`.
        """
        if kwargs.get("metrics"):
            raise ValueError(
                "metrics are not computed on batches. Received: metrics="
                f"{kwargs['metrics']}. Use callbacks.RetrievalEvaluation."
            )
        loss = MarginLoss() if loss is None else keras.losses.get(loss)
        if not hasattr(loss, "call"):
            raise TypeError(
                "loss must have a method call(labels, embeddings). "
                f"Received: {loss!r}. Use an object such as MarginLoss()."
            )
        for group in learning_rate_multipliers or {}:
            check_choice("A key of learning_rate_multipliers", group, GROUPS)
        super().compile(optimizer=optimizer, jit_compile=jit_compile, **kwargs)
        self.loss_state.attach(loss)
        self._metric_loss = loss
        self._multipliers = optimizers.LearningRateMultipliers(
            {"masks": 100.0, **(learning_rate_multipliers or {})}
        )
        self._compile_arguments = {
            "learning_rate_multipliers": learning_rate_multipliers,
            "weight_decay": weight_decay,
            "jit_compile": jit_compile,
        }
        # Optimizers of Keras before 2.11 have no `build`.
        if self.built and hasattr(self.optimizer, "build"):
            # Now, so that its state is there to be saved and loaded.
            self.optimizer.build(self.trainable_variables)

    def get_compile_config(self):
        if self._compile_arguments is None:
            return None
        return keras.utils.serialize_keras_object(
            {
                "optimizer": self.optimizer,
                "loss": self._metric_loss,
                **self._compile_arguments,
            }
        )

    def compile_from_config(self, config):
        self.compile(**keras.utils.deserialize_keras_object(config))

    def set_learning_rate_multiplier(self, group, multiplier):
        """Changes a factor on the learning rate; nothing is traced again.

        Args:
            group: a key of `learning_rate_multipliers` in `compile`.
            multiplier: a number; 0 keeps the group as it is.
        """
        self._multipliers[group] = multiplier

    @property
    def metrics(self):
        return [self._mean_loss]

    def train_step(self, data):
        images, labels, learner, indices = _unpack(data)
        # Every replica has the loss and the weight decay of the whole batch,
        # and the gradients of all replicas are added up.
        num_replicas = tf.distribute.get_strategy().num_replicas_in_sync
        with tf.GradientTape() as tape:
            features = self.features(images, training=True)
            embeddings = self.embed_features(features, learner, training=True)
            loss = self._batch_loss(labels, embeddings)
            loss += self._mask_cost(learner)
            share = loss / num_replicas
        variables = self.trainable_variables
        gradients = optimizers.add_weight_decay(
            tape.gradient(share, raw_variables(variables)),
            variables,
            self._compile_arguments["weight_decay"] / num_replicas,
        )
        optimizers.apply_scaled(
            self.optimizer,
            gradients,
            variables,
            self._multiplier_of_each(variables, learner),
        )
        self._report(indices, features)
        self._mean_loss.update_state(loss)
        return {"loss": self._mean_loss.result()}

    def test_step(self, data):
        images, labels, learner, _ = _unpack(data)
        embeddings = self(images, learner=learner)
        self._mean_loss.update_state(self._batch_loss(labels, embeddings))
        return {"loss": self._mean_loss.result()}

    def _batch_loss(self, labels, embeddings):
        """The loss of the rows of all replicas."""
        labels = ops.gather_replicas(labels)
        embeddings = ops.gather_replicas(embeddings)
        # A function, not the object: calling that raises under a strategy on
        # Keras 2.
        loss = embedding_loss(self._metric_loss)
        seed = self._step_seed("loss")
        return tf.reduce_mean(loss(labels, embeddings, seed=seed))

    def _mask_cost(self, learner):
        if self.masks == "fixed":
            return 0.0
        overlap = ops.group_overlap(self.learner_masks, self.embedding.active)
        return _is_divided(learner) * self.mask_penalty * overlap

    def _report(self, indices, features):
        """Hands the features of all replicas to the listener."""
        if indices is None:
            return
        indices = ops.gather_replicas(indices)
        features = ops.gather_replicas(features)
        # Looked up when it runs: a later `fit` may have another listener.
        tf.numpy_function(self._call_listener, [indices, features], [])

    def _call_listener(self, indices, features):
        if self.feature_listener is not None:
            self.feature_listener(indices, features)

    def _step_seed(self, use):
        """A seed that is a function of the model's, the step and the use."""
        step = getattr(getattr(self, "optimizer", None), "iterations", 0)
        seed = tf.stack([self.seed, tf.cast(step, tf.int32)])
        return tf.random.experimental.stateless_fold_in(seed, DRAWS.index(use))

    def _multiplier_of_each(self, variables, learner):
        """The factor on the learning rate of each variable."""
        factors = {group: self._multipliers[group] for group in GROUPS}
        # Without learners in a batch, not even their momentum moves masks.
        factors["masks"] = factors["masks"] * _is_divided(learner)
        groups = {
            "backbone": self.backbone.variables,
            "embedding": [self.embedding.kernel, self.embedding.bias],
            "masks": [self.embedding.mask_weights],
            "loss": self.loss_state.variables,
        }
        factor_of = {
            id(variable): factors[group]
            for group, members in groups.items()
            for variable in members
        }
        return [factor_of.get(id(variable), 1.0) for variable in variables]


class _LossState(keras.layers.Layer):
    """Holds the layers of a loss, which Keras would not train or save."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.loss_layers = []
        self.built = True

    def attach(self, loss):
        parts = vars(loss).values() if hasattr(loss, "__dict__") else ()
        layers = [x for x in parts if isinstance(x, keras.layers.Layer)]
        if self.loss_layers and layers != list(self.loss_layers):
            raise ValueError(
                "A model keeps the weights of the first loss with weights. "
                f"Received: another one, {loss.name}. Make a new model."
            )
        if layers and not self.loss_layers:
            self.loss_layers = layers


def _unpack(data):
    images, target, weight = keras.utils.unpack_x_y_sample_weight(data)
    if weight is not None or target is None:
        raise ValueError(
            "Data must be (images, labels) or (images, {'label', 'learner'}), "
            "without sample weights. Received: "
            f"{'no labels' if target is None else 'sample weights'}."
        )
    if isinstance(target, dict):
        indices = target.get("index")
        return images, target["label"], target["learner"], indices
    labels = tf.reshape(target, [-1])
    return images, labels, tf.fill(tf.shape(labels), WHOLE), None


def _is_divided(learner):
    """1.0 where a batch trains a learner, 0.0 where the whole embedding."""
    return tf.cast(tf.reduce_max(learner) >= 0, tf.float32)
