"""A model that only has features, and images whose clusters are known."""

import numpy as np
import tensorflow as tf

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras.callbacks import Recluster

# Three clusters, two classes in each, four images of every class.
LABELS = np.repeat(np.arange(6), 4)
CLUSTERS = LABELS // 2
CORNERS = np.array([[9, 0, 0], [0, 9, 0], [0, 0, 9]], np.float32)
# Images whose first three pixels tell the cluster.
_PIXELS = np.random.default_rng(2).normal(size=[24, 64])
_PIXELS[:, :3] += CORNERS[CLUSTERS]
IMAGES = _PIXELS.reshape(24, 8, 8, 1).astype(np.float32)


def separable(clusters=CLUSTERS, seed=0):
    """Features near the corner of their cluster."""
    noise = np.random.default_rng(seed).normal(size=[len(clusters), 3])
    return (CORNERS[clusters] + 0.1 * noise).astype(np.float32)


class FeatureModel:
    """Stands for a model: the images are the features already."""

    num_active_learners = 3
    feature_listener = None

    def features(self, images):
        return images

    def embed_features(self, features):
        return features[:, -3:] ** 3

    def __call__(self, images):
        return self.embed_features(images)

    def activate_learners(self, num_active):
        self.num_active_learners = num_active

    def double_learners(self):
        self.num_active_learners *= 2


def recluster(features, sampler=None, num_epochs=10, **kwargs):
    sampler = sampler or dnc.ClusterSampler(LABELS, 3, 8, 2)
    callback = Recluster(features, sampler, **kwargs)
    callback.set_model(FeatureModel())
    callback.set_params({"epochs": num_epochs})
    return callback, sampler


def run_epochs(callback, sampler, num_epochs):
    """The calls of `fit`; yields the epoch and its logs."""
    callback.on_train_begin()
    for epoch in range(num_epochs):
        callback.on_epoch_begin(epoch)
        logs = {}
        yield epoch, logs
        callback.on_epoch_end(epoch, logs)


def same_partition(first, second):
    pairs = set(zip(first.tolist(), second.tolist()))
    return len(pairs) == len(set(first)) == len(set(second))


def small_model(model_class=dnc.DivideAndConquer, **kwargs):
    backbone = keras.Sequential(
        [
            keras.Input([8, 8, 1]),
            keras.layers.Flatten(),
            keras.layers.Dense(
                6, kernel_initializer=keras.initializers.GlorotUniform(seed=1)
            ),
        ]
    )
    model = model_class(backbone, embedding_dim=6, num_learners=3)
    model.compile(keras.optimizers.SGD(0.01), **kwargs)
    return model


def fit(model, sampler, callbacks, epochs=3):
    dataset = dnc.clustered_dataset(sampler, lambda i: tf.gather(IMAGES, i))
    return model.fit(
        dataset,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=callbacks,
    ).history
