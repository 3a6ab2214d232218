"""Fixed masks, and learned ones at their start and after a training."""

from __future__ import annotations

import tempfile

import numpy as np
from matplotlib import pyplot as plt

import dnc_keras as dnc
from dnc_keras.models.keras_file import open_keras_file
from dnc_keras.runs import RunDirectory


def draw():
    """A row for each kind of masks; returns the figure."""
    fixed = dnc.layers.MaskedDense(32, num_groups=4)
    start = dnc.layers.MaskedDense(32, num_groups=4, learned=True)
    for layer in (fixed, start):
        layer.build([None, 8])
    images = {
        "Fixed: units of its own for each learner": fixed.masks,
        "Learned, at the start: all units for all": start.masks,
        "Learned, after a training on the digits": _learned_masks(),
    }
    figure, rows = plt.subplots(3, figsize=(6.4, 4.6), layout="constrained")
    highest = max(float(np.max(masks)) for masks in images.values())
    for axes, (title, masks) in zip(rows, images.items()):
        drawn = axes.imshow(
            *(masks, "Blues"), vmin=0, vmax=highest, aspect="auto"
        )
        axes.set_title(title, loc="left", size=10)
        axes.set(yticks=range(4), ylabel="learner", xticks=[])
    rows[-1].set(xlabel="unit of the embedding", xticks=range(0, 32, 4))
    figure.colorbar(drawn, ax=list(rows), label="factor of the unit")
    return figure


def _learned_masks():
    with tempfile.TemporaryDirectory() as folder:
        config = dnc.TrainConfig(
            run_dir=f"{folder}/run",
            backbone="small_cnn",
            weights="",
            train_batch_norm=True,
            image_size=16,
            crop_scale=0.2,
            flip=False,
            center_crop=1.0,
            embedding_dim=32,
            num_learners=4,
            masks="learned",
            normalization="whole",
            epochs=10,
            batch_size=40,
            learning_rate=3e-4,
            whole_embedding_from=1.0,
            one_cluster_from=1.0,
            select="last",
            evaluate_before=False,
        )
        dnc.training.train(config)
        run = RunDirectory(f"{folder}/run")
        model = open_keras_file(run.chosen_model)
    return np.array(model.learner_masks)
