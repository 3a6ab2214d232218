"""Vision transformers that the user brings train, resume and are served."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import numpy as np
import pytest
from helpers.hub_presets import write_vit
from helpers.settings import SMALL
from helpers.training_runs import train
from helpers.training_runs import weights_of

from dnc_keras import TrainConfig
from dnc_keras._keras import keras
from dnc_keras._keras import raw_variables
from dnc_keras.batches.extraction import extract
from dnc_keras.models.blocks import find_blocks
from dnc_keras.models.configured import build_configured_backbone
from dnc_keras.runs import RunDirectory
from dnc_keras.runs.trained import TrainedRun

SETTINGS = {
    **SMALL,
    "image_size": 16,
    "weights": "imagenet",
    "evaluate_before": False,
    "learning_rate": 1e-2,
    "unfreeze": 2,
    "layer_decay": 0.75,
}
# Serves an export without what it was made with, and opens its run with it.
_ELSEWHERE = """
import pathlib, sys
import numpy as np
import tensorflow as tf

run_dir, image = sys.argv[1:]
contents = pathlib.Path(image).read_bytes()
served = tf.saved_model.load(run_dir + "/export/1").signatures["serving_bytes"]
embedding = served(image_bytes=tf.constant([contents]))["embedding"].numpy()
assert not {"keras_hub", "dnc_keras", "helpers"} & set(sys.modules)
np.save(run_dir + "/served.npy", embedding)

from dnc_keras.runs.trained import TrainedRun
print("embedding_dim", TrainedRun(run_dir).model.embedding_dim)
"""


class Crash(keras.callbacks.Callback):
    """Ends a training run in its second epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise RuntimeError("crashed")


@pytest.fixture(scope="module", params=["hub", "function"])
def trained(request, tmp_path_factory, classes):
    """The settings, and the run of two epochs without a break."""
    folder = tmp_path_factory.mktemp("own")
    settings = {**SETTINGS, "data_dir": classes}
    if request.param == "hub":
        settings["backbone"] = f"hub:{write_vit(folder / 'vit')}"
    else:
        settings["backbone"] = "helpers.own_networks:vit"
        settings["pixel_scaling"] = "tf"
    train(folder / "run", settings)
    return settings, RunDirectory(folder / "run")


def test_a_run_that_was_stopped_ends_as_one_that_was_not(trained, tmp_path):
    settings, run = trained
    with pytest.raises(RuntimeError, match="crashed"):
        train(tmp_path / "run", settings, [Crash()])
    train(tmp_path / "run", settings)
    stopped = weights_of(RunDirectory(tmp_path / "run").last_model)
    for ours, expected in zip(stopped, weights_of(run.last_model)):
        np.testing.assert_array_equal(ours, expected)


def test_the_last_blocks_alone_were_trained(trained):
    settings, run = trained
    config = TrainConfig(**settings)
    keras.utils.set_random_seed(config.seed)
    start = build_configured_backbone(config)
    end = keras.models.load_model(run.last_model).backbone
    moved = [
        i
        for i, pair in enumerate(zip(find_blocks(start), find_blocks(end)))
        if any(map(_differ, *pair))
    ]
    # Not the stem, not the first of three blocks.
    assert moved == [2, 3]


def _differ(old, new):
    pairs = zip(raw_variables(old.weights), raw_variables(new.weights))
    return any((a.numpy() != b.numpy()).any() for a, b in pairs)


def test_an_export_and_a_run_work_in_another_process(trained):
    settings, run = trained
    opened = TrainedRun(run)
    index = opened.dataset.test
    expected = extract(opened.embed, opened.images(index))[:1]
    process = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE, str(run.path), index.paths[0]],
        capture_output=True,
        text=True,
        cwd=pathlib.Path(__file__).parents[2],
    )
    if settings["backbone"].startswith("hub"):
        assert process.returncode == 0, process.stderr
        assert process.stdout.strip() == "embedding_dim 8"
    else:
        # Its layer is not registered there.
        last = process.stderr.strip().splitlines()[-1]
        assert "whose code would run" in last
        assert "and import its module first" in last
    served = np.load(run.path / "served.npy")
    np.testing.assert_allclose(served, expected, atol=1e-5)
