"""Trains in this process, and reads what the run's folder has."""

from __future__ import annotations

import json

from dnc_keras import TrainConfig
from dnc_keras import training
from dnc_keras._keras import keras


def train(path, settings, callbacks=(), own=None, **changes):
    """Trains into the folder `path`, on `own` parts; returns the result."""
    config = TrainConfig(**{**settings, "run_dir": str(path), **changes})
    return training.train(config, callbacks, **(own or {}))


def weights_of(path):
    return keras.models.load_model(path).get_weights()


def log_of(run):
    return [json.loads(line) for line in run.log.read_text().splitlines()]
