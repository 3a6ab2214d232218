"""A small model and its export."""

from __future__ import annotations

import pytest
import tensorflow as tf
from helpers.small_models import CENTER_CROP
from helpers.small_models import IMAGE_SIZE
from helpers.small_models import build_small_model

from dnc_keras.export import export_saved_model


@pytest.fixture(scope="session")
def model():
    return build_small_model()


@pytest.fixture(scope="session")
def exported(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("export")
    return export_saved_model(model, path, IMAGE_SIZE, CENTER_CROP)


@pytest.fixture(scope="session")
def signatures(exported):
    return tf.saved_model.load(str(exported))


@pytest.fixture
def quick_save(monkeypatch):
    def save(module, folder, signatures):
        tf.io.gfile.makedirs(folder)
        tf.io.write_file(f"{folder}/saved_model.pb", "")

    monkeypatch.setattr(tf.saved_model, "save", save)
