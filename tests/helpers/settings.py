"""Settings of training runs that take seconds, as a dict and as flags."""

import dataclasses

from dnc_keras import TrainConfig

BACKBONE = {"backbone": "small_cnn", "weights": "", "image_size": 8}
MODEL = {**BACKBONE, "center_crop": 1.0, "embedding_dim": 8}
DIGITS = {
    **MODEL,
    "train_batch_norm": True,
    "num_learners": 2,
    "epochs": 3,
    "recluster_every": 1,
    "whole_embedding_from": 1.0,
    "one_cluster_from": 1.0,
    "batch_size": 80,
    "samples_per_class": 8,
    "learning_rate": 1e-3,
}
# On the class folders of `image_files.write_classes`.
SMALL = {
    **DIGITS,
    "dataset": "folder",
    "epochs": 2,
    "batch_size": 4,
    "samples_per_class": 2,
    "num_learners": 1,
    "select": "last",
    "report": False,
}


def as_flags(settings):
    """The settings as a user gives them to a program."""
    return [f"--{name}={value}" for name, value in settings.items()]


# All of them, as otherwise the recipe of the digits has a say.
DIGITS_FLAGS = as_flags(dataclasses.asdict(TrainConfig(**DIGITS)))
SMALL_FLAGS = as_flags(SMALL)
