"""What an export says of itself."""

from __future__ import annotations

import json

import tensorflow as tf
from helpers.small_models import CENTER_CROP
from helpers.small_models import IMAGE_SIZE

from dnc_keras.export import export_saved_model
from dnc_keras.export.description import preprocessing_hash


def test_an_export_says_what_it_is(exported):
    told = json.loads((exported / "assets.extra/dnc_keras.json").read_text())
    assert told["image_size"] == IMAGE_SIZE
    assert told["center_crop"] == CENTER_CROP
    assert told["embedding_dim"] == 4
    assert told["num_learners"] == 2
    assert told["masks"] == "fixed"
    assert told["versions"]["tensorflow"] == tf.__version__
    assert len(told["preprocessing_sha256"]) == 64


def test_another_pre_processing_has_another_hash():
    hashes = {
        preprocessing_hash(*settings)
        for settings in [(8, 0.8), (8, 1.0), (9, 0.8), (9, 1), (9, 1.0)]
    }
    assert len(hashes) == 4


def test_a_description_is_added(tmp_path, quick_save, model):
    version = export_saved_model(
        model, tmp_path, IMAGE_SIZE, description={"training": {"epochs": 3}}
    )
    told = json.loads((version / "assets.extra/dnc_keras.json").read_text())
    assert told["training"] == {"epochs": 3}
    assert told["image_size"] == IMAGE_SIZE
