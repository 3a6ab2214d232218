"""The settings of a fit are the same in every process."""

import json

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras.callbacks.fit_settings import fit_settings


class Unknown:
    """A loss that Keras cannot serialize."""

    def call(self, labels, embeddings):
        return embeddings[:, 0]

    __call__ = call


def _settings(loss, callbacks=()):
    pixels = keras.Input([4])
    rows = keras.layers.Dense(2)(pixels)
    model = dnc.DivideAndConquer(keras.Model(pixels, rows), 2, 1)
    model.compile(keras.optimizers.SGD(0.25), loss)
    return fit_settings(model, callbacks)


def test_names_and_addresses_are_not_in_them():
    # Keras counts the layers, models and metrics that it makes.
    first, second = (_settings(dnc.losses.MarginLoss()) for _ in range(2))
    assert first == second
    assert first["compile.optimizer.learning_rate"] == 0.25
    assert "0x" not in json.dumps(first)


def test_a_loss_of_any_kind_is_named():
    settings = _settings(Unknown())
    assert settings == _settings(Unknown())
    assert settings["compile.optimizer"] == "SGD"
    assert "0x" not in json.dumps(settings)


def test_other_images_have_other_settings():
    samplers = [
        dnc.ClusterSampler(labels, 1, 4, 2)
        for labels in ([0, 0, 1, 1], [0, 1, 0, 1], ["a", "a", "b", "b"])
    ]
    loss = dnc.losses.MarginLoss()
    found = [
        _settings(loss, [dnc.callbacks.Recluster(None, sampler)])
        for sampler in samplers
    ]
    assert found[0] != found[1]
    assert found[0] == found[2]  # The same classes by other names.
