"""Searches, on real files and a model whose embedding is known."""

from __future__ import annotations

import functools
import json

import numpy as np
import pytest
import tensorflow as tf
from helpers.searched_images import CELL
from helpers.searched_images import write

from dnc_keras import export_saved_model
from dnc_keras.gallery import ServedModel


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """A model whose embedding is the means of 2 x 2 cells of 4 x 4 pixels."""
    path = tmp_path_factory.mktemp("exported")
    model = tf.keras.Sequential(
        [
            tf.keras.Input([8, 8, 3]),
            tf.keras.layers.AveragePooling2D(CELL),
            tf.keras.layers.Flatten(),
        ]
    )
    facts = export_saved_model(model, path, 8, center_crop=1.0) / "assets.extra"
    facts.mkdir(exist_ok=True)
    (facts / "dnc_keras.json").write_text('{"num_learners": 2}')
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """The user's cache folder, away from the real one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "dnc_keras"


@pytest.fixture
def embedded(monkeypatch):
    """Numbers of images that went through the model, a batch each."""
    batches = []
    embed = ServedModel.embed

    def counted(self, image_bytes):
        batches.append(len(image_bytes))
        return embed(self, image_bytes)

    monkeypatch.setattr(ServedModel, "embed", counted)
    return batches


@pytest.fixture
def gallery(tmp_path):
    """Twelve images in folders; returns (folder, {name: embedding})."""
    root = tmp_path / "gallery"
    random = np.random.default_rng(0)
    names = [f"{'abc'[n % 3]}/{n}.png" for n in range(12)]
    return root, {
        name: write(root / name, *random.integers(0, 256, 4)) for name in names
    }


@pytest.fixture
def search(start, exported, tmp_path):
    """Runs a search; returns what it printed and what it wrote as JSON."""

    def search(*arguments, code=0):
        ended = start(
            "search", f"--export_dir={exported}", "--json=out.json", *arguments
        )
        assert ended.code == code, ended.stderr
        return ended, json.loads((tmp_path / "out.json").read_text())

    return search


@pytest.fixture
def refused(refused, exported):
    """Runs a search that refuses its input; returns its one line."""
    return functools.partial(refused, "search", f"--export_dir={exported}")
