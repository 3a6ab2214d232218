"""Embeds encoded images with the Keras model of a run, as it is evaluated.

Example: python tools/served_model/keras_side.py RUN_DIR images.npz answer.npy
"""

import sys

import numpy as np

from dnc_keras import TrainConfig
from dnc_keras._keras import keras
from dnc_keras.batches.extraction import extract
from dnc_keras.batches.ordered import evaluation_images
from dnc_keras.datasets import ImageIndex
from dnc_keras.datasets.contents import InMemory
from dnc_keras.runs import RunDirectory


def main():
    run_dir, images, answer = sys.argv[1:]
    run = RunDirectory(run_dir)
    config = TrainConfig(**run.read_config())
    model = keras.models.load_model(run.chosen_model)
    with np.load(images, allow_pickle=True) as file:
        contents = list(file["contents"])
    index = ImageIndex.from_class_names(
        ["no file"] * len(contents),
        ["class"] * len(contents),
        InMemory.of(contents),
    )
    batches = evaluation_images(index, config.image_size, config.center_crop)
    np.save(answer, extract(model, batches))


if __name__ == "__main__":
    main()
