"""Embeds the images of a run that was trained before."""

from __future__ import annotations

import dataclasses

import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.batches.extraction import extract
from dnc_keras.batches.ordered import evaluation_images
from dnc_keras.config import TrainConfig
from dnc_keras.datasets.configured import image_parts
from dnc_keras.datasets.configured import load_dataset
from dnc_keras.datasets.configured import unreadable_named
from dnc_keras.runs import RunDirectory
from dnc_keras.runs import has_embeddings
from dnc_keras.runs import save_embeddings


def embed_run(run: RunDirectory, data_dir: str = ""):
    """Embeds all images of a run with its chosen model, where not done.

    A training does it at its end, unless `report=False`; this is for those
    that did not, or that were stopped.

    Args:
        run: a training with a checkpoint.
        data_dir: where the images are now; "", the default: where they were.

    Raises:
        ValueError, OSError: without a model, or without the images.
    """
    config = TrainConfig(**run.read_config())
    config = dataclasses.replace(config, data_dir=data_dir or config.data_dir)
    dataset = load_dataset(config)
    missing = {
        part: index
        for part, index in image_parts(config, dataset).items()
        if not has_embeddings(run, part)
    }
    if not missing:
        return
    model = keras.models.load_model(run.chosen_model)
    embed = tf.function(lambda images: model(images))
    with unreadable_named(dataset):
        for part, index in missing.items():
            images = evaluation_images(
                index, config.image_size, config.center_crop
            )
            save_embeddings(run, part, extract(embed, images), index.labels)
