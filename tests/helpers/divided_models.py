"""Small models of several learners, and steps that train them."""

import numpy as np

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras._keras import raw_variables

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.normal(size=[8, 8, 8, 3]).astype(np.float32)
LABELS = np.repeat([0, 1], 4)


def start():
    return keras.initializers.GlorotUniform(seed=1)


def dense_backbone():
    """Feature rows, `[batch_size, 6]`."""
    return keras.Sequential(
        [
            keras.Input([8, 8, 3]),
            keras.layers.Flatten(),
            keras.layers.Dense(6, kernel_initializer=start()),
        ]
    )


def conv_backbone():
    """Feature maps, `[batch_size, 4, 4, 6]`, with BatchNormalization."""
    return keras.Sequential(
        [
            keras.Input([8, 8, 3]),
            keras.layers.Conv2D(
                6, 3, strides=2, padding="same", kernel_initializer=start()
            ),
            keras.layers.BatchNormalization(),
        ]
    )


def new_model(backbone=dense_backbone, **kwargs):
    arguments = {"embedding_dim": 8, "num_learners": 4, **kwargs}
    return dnc.DivideAndConquer(backbone(), **arguments)


def target(learner, labels=LABELS):
    return {"label": labels, "learner": np.full(len(labels), learner)}


def train(model, learner=-1, steps=1, labels=LABELS):
    """Full-batch steps; returns the losses."""
    return model.fit(
        IMAGES,
        target(learner, labels),
        batch_size=len(IMAGES),
        epochs=steps,
        shuffle=False,
        verbose=0,
    ).history["loss"]


def values(layer):
    """Its weights, without those of metrics."""
    variables = layer.trainable_variables + [
        v
        for part in getattr(layer, "layers", [])
        for v in part.non_trainable_variables
    ]
    return [v.numpy() for v in raw_variables(variables)]


def assert_equal(first, second, tolerance=0):
    assert len(first) == len(second)
    for a, b in zip(first, second):
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance)


def plain_embedding(model, images, group=None, normalization="whole"):
    """The embedding in NumPy from the model's features and weights."""
    features = model.features(images).numpy()
    kernel, bias = model.embedding.kernel.numpy(), model.embedding.bias.numpy()
    slices = (features @ kernel + bias).reshape(len(images), 4, 2)
    if group is not None:
        slices[:, [g for g in range(4) if g != group]] = 0
    if normalization == "per_learner":
        lengths = np.linalg.norm(slices, axis=2, keepdims=True)
        slices /= np.maximum(lengths, 1e-12)
    rows = slices.reshape(len(images), 8)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
