"""A plain `fit` that can be ended anywhere, here or as a process of its own.

python resumed_fits.py FOLDER NUMBER kills itself at the NUMBERth file that it
finishes.
"""

import os
import pathlib
import signal
import sys

import numpy as np
import tensorflow as tf

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras.callbacks import Recluster
from dnc_keras.callbacks import Resume
from dnc_keras.callbacks import RetrievalEvaluation
from dnc_keras.callbacks import RunRecorder

LABELS = np.repeat(np.arange(8), 4)
IMAGES = np.random.default_rng(0).normal(size=[32, 4, 4, 1]).astype("float32")
IMAGES[:, 0, 0, 0] += 3 * (LABELS // 4)
EPOCHS = 5
TEST_IMAGES, TEST_LABELS = IMAGES[:16] + 0.5, LABELS[:16]


class Stopped(BaseException):
    """As a machine that is taken away."""


def divided_model(make_backbone=None, optimizer=None, **arguments):
    keras.utils.set_random_seed(3)
    backbone = (make_backbone or _backbone)()
    arguments = {"train_batch_norm": True, **arguments}
    model = dnc.DivideAndConquer(backbone, 8, 2, **arguments)
    model.compile(
        optimizer or keras.optimizers.Adam(0.01),
        dnc.losses.MarginLoss(num_classes=8),
    )
    return model


def _backbone():
    pixels = keras.Input([4, 4, 1])
    rows = keras.layers.Dense(6)(keras.layers.Flatten()(pixels))
    return keras.Model(pixels, keras.layers.BatchNormalization()(rows))


def callbacks_of(folder, sampler, images=IMAGES, **arguments):
    """All that remembers something, in an order that users may choose."""
    return [
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.9 * rate),
        RunRecorder(
            folder, test_images=TEST_IMAGES, test_labels=TEST_LABELS, ks=[1]
        ),
        Recluster(images, sampler, **{"every": 1, **arguments}),
        RetrievalEvaluation(IMAGES[16:], LABELS[16:], ks=[1], every=2),
        keras.callbacks.EarlyStopping("loss", patience=3, min_delta=9.0),
        keras.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=9.0),
        Resume(folder),
    ]


def fit(folder, model=None, others=(), num_epochs=EPOCHS, **arguments):
    """Fits with all of `callbacks_of`; returns (model, history)."""
    model = model or divided_model()
    sampler = dnc.ClusterSampler(LABELS, 2, 8, 2)
    batches = dnc.clustered_dataset(
        sampler,
        lambda index: tf.gather(IMAGES, index),
        with_index=arguments.get("source") == "cached",
    )
    callbacks = [*others, *callbacks_of(folder, sampler, **arguments)]
    history = model.fit(
        batches,
        epochs=num_epochs,
        shuffle=False,
        verbose=0,
        callbacks=callbacks,
    )
    return model, history


def replacing(action, number):
    """`os.replace`, but the last step of file `number` is `action`."""
    replace, count = os.replace, 0

    def replace_or_act(*arguments):
        nonlocal count
        count += 1
        if count == number:
            action()
        return replace(*arguments)

    return replace_or_act


def _kill():
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    os.replace = replacing(_kill, int(sys.argv[2]))
    fit(folder)
