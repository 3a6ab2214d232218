"""The settings of a training run by a plain `fit`, as far as one sees them."""

from __future__ import annotations

import json
import zlib

from dnc_keras._keras import keras
from dnc_keras.callbacks.recluster import Recluster

_OF_MODEL = (
    "embedding_dim",
    "num_learners",
    "masks",
    "normalization",
    "pooling",
    "feature_key",
    "seed",
)
_OF_SAMPLER = (
    "num_clusters",
    "batch_size",
    "samples_per_class",
    "seed",
    "turns",
    "fill",
    "num_steps",
)
_OF_RECLUSTER = (
    "every",
    "whole_embedding_from",
    "one_cluster_from",
    "seed",
    "division",
    "divide",
    "cluster_on",
    "source",
    "min_drift",
)


def fit_settings(model, callbacks) -> dict:
    """Returns what a `fit` trains, by name, each a value that JSON can hold.

    Args:
        model: the compiled Keras model.
        callbacks: all callbacks of the `fit`.
    """
    settings = {
        "model": type(model).__name__,
        **_attributes(model, _OF_MODEL, "model."),
        **dict(_flat("compile", _compiled(model))),
    }
    for callback in callbacks:
        if isinstance(callback, Recluster):
            sampler = callback.sampler
            settings |= _attributes(sampler, _OF_SAMPLER, "sampler.")
            # One number for all of them.
            settings["sampler.labels"] = zlib.crc32(sampler.labels.tobytes())
            settings |= _attributes(callback, _OF_RECLUSTER, "recluster.")
    # As it will be read again; an unknown object is told by its type.
    text = json.dumps(settings, default=lambda value: type(value).__name__)
    return json.loads(text)


def _attributes(holder, names, prefix):
    return {
        prefix + name: getattr(holder, name)
        for name in names
        if hasattr(holder, name)
    }


def _compiled(model):
    try:
        # What was compiled as "adam" has a learning rate now.
        optimizer = keras.optimizers.serialize(model.optimizer)
        return {**(model.get_compile_config() or {}), "optimizer": optimizer}
    except Exception:  # Of a user's own loss, Keras raises all kinds.
        return {"optimizer": type(model.optimizer).__name__}


def _flat(name, value):
    """Yields the (name, value) pairs of what Keras serialized, at any depth."""
    if isinstance(value, dict) and "class_name" in value:
        yield name, value["class_name"]
        value = value.get("config")
    if not isinstance(value, dict):
        yield name, value
        return
    for key, entry in value.items():
        # Keras counts objects in their names.
        if key != "name":
            yield from _flat(f"{name}.{key}", entry)
