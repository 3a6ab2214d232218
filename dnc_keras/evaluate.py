"""Measures a trained model, or an exported one, on unseen classes.

Example: python -m dnc_keras.evaluate --run_dir=runs/digits
         python -m dnc_keras.evaluate --export_dir=runs/digits/export/1 \
             --dataset=digits
"""

from __future__ import annotations

import functools
import pathlib

import tensorflow as tf
from absl import flags

from dnc_keras import _cli
from dnc_keras import assembly
from dnc_keras import input_pipeline
from dnc_keras._keras import keras
from dnc_keras.config import DATA_SETTINGS
from dnc_keras.config import TrainConfig
from dnc_keras.evaluation import evaluate_dataset
from dnc_keras.export import latest_version
from dnc_keras.run_directory import RunDirectory
from dnc_keras.run_directory import write_json

_DATA_FLAGS = (*DATA_SETTINGS, "cache", "unreadable")
_cli.define_flag("run_dir", "", "folder of a training: model and data set")
_cli.define_flag("export_dir", "", "SavedModel, or the folder of its versions")
_cli.define_flag("json", "", "file to write the metrics to")
_cli.define_flags(TrainConfig, _DATA_FLAGS)


def main():
    values = flags.FLAGS
    if bool(values.run_dir) == bool(values.export_dir):
        raise ValueError(
            "Give one of --run_dir and --export_dir. Received: "
            f"{'both' if values.run_dir else 'neither'}."
        )
    if values.run_dir:
        dataset, metrics = _evaluate_run(RunDirectory(values.run_dir))
    else:
        dataset, metrics = _evaluate_export(values.export_dir)
    _cli.print_metrics(test=metrics)
    print(f"Data set    {dataset.title}")
    print(f"Protocol    {dataset.protocol}")
    if values.json:
        write_json(
            pathlib.Path(values.json),
            {
                "dataset": dataset.name,
                "source": dataset.source,
                "protocol": dataset.protocol,
                "test": metrics,
            },
        )


def _evaluate_run(run):
    config = TrainConfig(**run.read_config())
    dataset = assembly.load_dataset(config)
    model = keras.models.load_model(run.chosen_model)
    batches_of = functools.partial(
        input_pipeline.evaluation_images,
        image_size=config.image_size,
        center_crop=config.center_crop,
    )
    embed = tf.function(lambda images: model(images))
    return dataset, _measure(embed, dataset, batches_of)


def _evaluate_export(export_dir):
    """Through `serving_bytes`: the served model, with its own resizing."""
    config = _cli.read_flags(TrainConfig, _DATA_FLAGS)
    served = tf.saved_model.load(str(latest_version(export_dir)))
    signature = served.signatures["serving_bytes"]
    dataset = assembly.load_dataset(config)
    return dataset, _measure(
        lambda image_bytes: signature(image_bytes=image_bytes)["embedding"],
        dataset,
        input_pipeline.encoded_images,
    )


def _measure(embed, dataset, batches_of):
    with assembly.unreadable_named(dataset):
        return evaluate_dataset(embed, dataset, batches_of)


if __name__ == "__main__":
    _cli.run(main)
