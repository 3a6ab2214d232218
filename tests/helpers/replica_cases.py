"""Trainings that must not depend on the number of replicas.

As a program it runs some of them on four CPU devices and saves what comes out:
in tests/, `python -m helpers.replica_cases OUT.npz NAME...`. A process of its
own, because on Keras 2 a process can use one MirroredStrategy only.
"""

import sys

import numpy as np
import tensorflow as tf
from helpers import rounding

import dnc_keras as dnc
from dnc_keras import losses
from dnc_keras._keras import keras
from dnc_keras._keras import optimizer_variables
from dnc_keras._keras import raw_variables

NUM_STEPS = 20
BATCH_SIZE = 16
NUM_CLASSES = 4
EMBEDDING_DIM = 12
NUM_LEARNERS = 3


def _start(seed=1):
    return keras.initializers.GlorotUniform(seed=seed)


def _dense():
    return keras.Sequential(
        [
            keras.Input([4, 4, 1]),
            keras.layers.Flatten(),
            keras.layers.Dense(
                6,
                kernel_initializer=_start(),
                kernel_regularizer=keras.regularizers.L2(0.01),
            ),
        ]
    )


def _batch_norm():
    inner = keras.Sequential(
        [keras.Input([2, 2, 6]), keras.layers.BatchNormalization()]
    )
    return keras.Sequential(
        [
            keras.Input([4, 4, 1]),
            keras.layers.Conv2D(6, 3, kernel_initializer=_start()),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            inner,
            keras.layers.Flatten(),
        ]
    )


def _loss(name):
    if name == "proxy_anchor":
        return losses.ProxyAnchorLoss(NUM_CLASSES, EMBEDDING_DIM)
    return losses.BY_NAME[name]()


def _learn_everything(loss):
    """Learned masks, dropout, weight decay, groups of learning rates."""
    model = dnc.DivideAndConquer(
        _dense(),
        EMBEDDING_DIM,
        NUM_LEARNERS,
        masks="learned",
        dropout=0.3,
        seed=2,
    )
    model.compile(
        keras.optimizers.SGD(0.02, momentum=0.9),
        loss,
        learning_rate_multipliers={"masks": 2.0, "loss": 0.5},
        weight_decay=0.01,
    )
    return model


def _adam(backbone, **kwargs):
    model = dnc.DivideAndConquer(
        backbone, EMBEDDING_DIM, NUM_LEARNERS, normalization="per_learner"
    )
    model.compile(
        keras.optimizers.Adam(1e-3),
        losses.MarginLoss(num_classes=NUM_CLASSES, **kwargs),
        learning_rate_multipliers={"backbone": 0.5, "loss": 10.0},
        weight_decay=0.01,
    )
    return model


def _batch_statistics():
    model = dnc.DivideAndConquer(
        _batch_norm(), EMBEDDING_DIM, NUM_LEARNERS, train_batch_norm=True
    )
    model.compile(keras.optimizers.SGD(0.02), losses.MultiSimilarityLoss())
    return model


CASES = {
    **{
        name: lambda name=name: _learn_everything(_loss(name))
        for name in losses.BY_NAME
    },
    "learned beta": lambda: _learn_everything(
        losses.MarginLoss(num_classes=NUM_CLASSES, nu=0.1)
    ),
    "Adam": lambda: _adam(_dense(), negatives="nearest"),
    "all negatives": lambda: _adam(_batch_norm(), negatives="all"),
    "batch statistics": _batch_statistics,
}


def _images():
    shape = [NUM_STEPS * BATCH_SIZE, 4, 4, 1]
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


def _batches(images):
    """Batches of each learner in turn, and of the whole embedding."""
    labels = np.tile(np.repeat(np.arange(NUM_CLASSES), 4), NUM_STEPS)
    learners = np.arange(NUM_STEPS) % (NUM_LEARNERS + 1) - 1
    target = {"label": labels, "learner": np.repeat(learners, BATCH_SIZE)}
    dataset = tf.data.Dataset.from_tensor_slices((images, target))
    return dataset.batch(BATCH_SIZE, drop_remainder=True)


def train(name, strategy=None):
    """What a case is after 20 steps, a dict of arrays."""
    with (strategy or tf.distribute.get_strategy()).scope():
        model = CASES[name]()
    return _fit(model, _images())


def train_nudged(name):
    """What a case is after images and a start that are off by rounding.

    A list of dicts of arrays.
    """
    model = CASES[name]()
    trainable = raw_variables(model.trainable_variables)
    remembered = [
        *raw_variables(model.non_trainable_variables),
        *optimizer_variables(model.optimizer),
    ]
    start = [v.numpy() for v in trainable]
    before = [v.numpy() for v in remembered]
    results = []
    for seed in range(rounding.NUM_NUDGES):
        # One model, as another would be traced again.
        for variable, value in zip(remembered, before):
            variable.assign(value)
        for number, (variable, value) in enumerate(zip(trainable, start)):
            variable.assign(rounding.nudged(value, [seed, number]))
        results.append(_fit(model, rounding.nudged(_images(), seed)))
    return results


def _fit(model, images):
    history = model.fit(_batches(images), shuffle=False, verbose=0).history
    return {
        "loss": np.array(history["loss"]),
        **_arrays("weights", model.trainable_variables),
        **_arrays("statistics", model.backbone.non_trainable_variables),
    }


def _arrays(kind, variables):
    values = [variable.numpy() for variable in raw_variables(variables)]
    return {f"{kind}/{number}": value for number, value in enumerate(values)}


def _main(path, names):
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 4,
    )
    strategy = tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(4)])
    np.savez(
        path,
        **{
            f"{name}/{key}": value
            for name in names
            for key, value in train(name, strategy).items()
        },
    )


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2:])
