"""Embeds encoded images with the Keras model of a run, as it is evaluated.

Example: python tools/served_model/keras_side.py RUN_DIR images.npz answer.npy
"""

import sys

import numpy as np

from dnc_keras.batches.extraction import extract
from dnc_keras.datasets import ImageIndex
from dnc_keras.datasets.contents import InMemory
from dnc_keras.runs.trained import TrainedRun


def main():
    run_dir, images, answer = sys.argv[1:]
    run = TrainedRun(run_dir)
    with np.load(images, allow_pickle=True) as file:
        contents = list(file["contents"])
    index = ImageIndex.from_class_names(
        ["no file"] * len(contents),
        ["class"] * len(contents),
        InMemory.of(contents),
    )
    np.save(answer, extract(run.model, run.images(index)))


if __name__ == "__main__":
    main()
