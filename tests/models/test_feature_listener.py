"""A listener gets the features of each training image."""

import numpy as np
from helpers.divided_models import IMAGES
from helpers.divided_models import new_model
from helpers.divided_models import target

from dnc_keras._keras import keras


def test_a_listener_gets_the_features_of_each_image():
    model = new_model()
    model.compile(keras.optimizers.SGD(0.0))
    seen = {}

    def listen(indices, features):
        seen.update(zip(indices.tolist(), features))

    model.feature_listener = listen
    expected = model.features(IMAGES).numpy()
    model.fit(
        IMAGES,
        {**target(-1), "index": np.arange(10, 18)},
        batch_size=4,
        verbose=0,
    )
    np.testing.assert_allclose(
        [seen[index] for index in range(10, 18)], expected, rtol=1e-5
    )


def test_a_listener_gets_the_features_of_all_replicas(two_replicas):
    with two_replicas.scope():
        model = new_model()
        model.compile(keras.optimizers.SGD(0.0))
    seen = []
    model.feature_listener = lambda indices, _: seen.append(indices.tolist())
    model.fit(
        IMAGES,
        {**target(-1), "index": np.arange(8)},
        batch_size=8,
        shuffle=False,
        verbose=0,
    )
    assert seen == [list(range(8))] * 2


def test_without_a_listener_indices_change_nothing():
    model = new_model()
    model.compile("sgd")
    data = {**target(-1), "index": np.arange(8)}
    assert model.fit(IMAGES, data, verbose=0).history["loss"]


def test_features_are_embedded_as_in_a_call():
    model = new_model()
    embeddings = model.embed_features(model.features(IMAGES), learner=2)
    np.testing.assert_array_equal(embeddings, model(IMAGES, learner=2))
