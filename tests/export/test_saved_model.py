"""A model is written as it is, or not at all."""

from __future__ import annotations

import pytest
import tensorflow as tf
from helpers import rounding
from helpers.small_models import IMAGE_SIZE
from helpers.small_models import NUM_TERMS
from helpers.small_models import build_small_model

from dnc_keras.export import export_saved_model


def test_weights_are_those_of_the_time_of_export(tmp_path):
    model = build_small_model()
    weights = model.get_weights()
    version = export_saved_model(model, tmp_path, IMAGE_SIZE)
    model.set_weights([-weight for weight in weights])
    serve = tf.saved_model.load(str(version)).signatures["serving_default"]
    images = tf.ones([1, IMAGE_SIZE, IMAGE_SIZE, 3])
    received = serve(images=images)["embedding"]
    model.set_weights(weights)
    rounding.assert_gives(model, images, received, NUM_TERMS)


def test_nothing_is_left_when_saving_fails(tmp_path, monkeypatch, model):
    def save(module, folder, signatures):
        tf.io.write_file(f"{folder}/saved_model.pb", "half")
        raise OSError("No space left on device")

    monkeypatch.setattr(tf.saved_model, "save", save)
    with pytest.raises(OSError, match="No space left"):
        export_saved_model(model, tmp_path, IMAGE_SIZE)
    assert list(tmp_path.iterdir()) == []
