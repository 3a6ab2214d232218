"""One case for every public layer, loss and model.

To add one, write a line in `CASES` and the formula in plain loops in
`tests/goldens/record.py`, then run that file.
"""

from __future__ import annotations

from typing import Any
from typing import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras._keras import raw_variables
from dnc_keras.models.replicas import gather_replicas

LABELS = np.array([0, 0, 1, 1, 2, 2, 0, 1])


# Rows of a batch may be of several of three classes.
SHARED = np.array(
    [
        [1, 0, 0],
        [1, 1, 0],
        [0, 1, 0],
        [0, 1, 1],
        [0, 0, 1],
        [1, 0, 1],
        [1, 1, 1],
        [0, 1, 0],
    ]
)


class Case(NamedTuple):
    """How to make a public object, and to call it on `[8, 6]` rows."""

    name: str
    make: Callable[[], Any]
    call: Callable[[Any, tf.Tensor], tf.Tensor]


def waves(*shape):
    """Numbers between -1 and 1 that need no generator."""
    count = np.arange(np.prod(shape))
    return np.sin(1 + 2.3 * count).reshape(shape).astype(np.float32)


ROWS = waves(8, 6)
UNIT_ROWS = ROWS / np.linalg.norm(ROWS, axis=1, keepdims=True)


def make_layer(**kwargs):
    layer = dnc.layers.MaskedDense(6, num_groups=3, **kwargs)
    layer.build((None, 6))
    return layer


def make_model(**kwargs):
    backbone = keras.Sequential([keras.Input([6]), keras.layers.Dense(4)])
    return dnc.DivideAndConquer(backbone, 6, 3, **kwargs)


def make_proxy_anchor():
    loss = dnc.losses.ProxyAnchorLoss(num_classes=3, embedding_dim=6)
    loss.proxies.set_weights([waves(3, 6)])
    return loss


def call_group_1(layer, rows):
    return layer(rows, group=1)


def call_learner_1(model, rows):
    return model(rows, learner=1)


def call_loss(loss, rows, labels=LABELS):
    labels = gather_replicas(_own_part(tf.constant(labels)))
    rows = gather_replicas(tf.math.l2_normalize(rows, axis=1))
    return loss.call(labels, rows)


def _own_part(labels):
    context = tf.distribute.get_replica_context()
    parts = tf.split(labels, context.num_replicas_in_sync)
    return tf.stack(parts)[context.replica_id_in_sync_group]


def set_weights(thing):
    """Gives all trained weights of a layer or model known values."""
    variables = getattr(thing, "trainable_variables", [])
    for position, variable in enumerate(raw_variables(variables)):
        variable.assign(waves(*variable.shape) + position / 4)


CASES = [
    Case("masked_dense", make_layer, call_group_1),
    Case(
        "masked_dense_learned", lambda: make_layer(learned=True), call_group_1
    ),
    Case("divide_and_conquer", make_model, lambda model, rows: model(rows)),
    Case("divide_and_conquer_learner", make_model, call_learner_1),
    Case(
        "divide_and_conquer_per_learner",
        lambda: make_model(normalization="per_learner"),
        lambda model, rows: model(rows),
    ),
    Case(
        "margin_loss_all",
        lambda: dnc.losses.MarginLoss(negatives="all"),
        call_loss,
    ),
    Case(
        "margin_loss_nearest",
        lambda: dnc.losses.MarginLoss(margin=0.3, negatives="nearest"),
        call_loss,
    ),
    Case(
        "margin_loss_boundaries",
        lambda: dnc.losses.MarginLoss(num_classes=3, nu=0.1, negatives="all"),
        call_loss,
    ),
    Case("triplet_semi_hard_loss", dnc.losses.TripletSemiHardLoss, call_loss),
    Case(
        "triplet_semi_hard_loss_squared",
        lambda: dnc.losses.TripletSemiHardLoss(0.2, "squared-L2"),
        call_loss,
    ),
    Case("triplet_hard_loss", dnc.losses.TripletHardLoss, call_loss),
    Case(
        "triplet_hard_loss_soft",
        lambda: dnc.losses.TripletHardLoss(
            soft=True, distance_metric="angular"
        ),
        call_loss,
    ),
    Case("lifted_struct_loss", dnc.losses.LiftedStructLoss, call_loss),
    Case("npairs_loss", dnc.losses.NpairsLoss, call_loss),
    Case(
        "npairs_multilabel_loss",
        dnc.losses.NpairsMultilabelLoss,
        lambda loss, rows: call_loss(loss, rows, SHARED),
    ),
    Case("contrastive_loss", dnc.losses.ContrastiveLoss, call_loss),
    Case("proxy_anchor_loss", make_proxy_anchor, call_loss),
    Case("multi_similarity_loss", dnc.losses.MultiSimilarityLoss, call_loss),
]
