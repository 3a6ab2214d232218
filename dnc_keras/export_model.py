"""Writes the model of a training as a SavedModel for TensorFlow Serving.

Example: python -m dnc_keras.export_model --run_dir=runs/digits
"""

from __future__ import annotations

from absl import flags

from dnc_keras import _cli
from dnc_keras._keras import keras
from dnc_keras.config import TrainConfig
from dnc_keras.export import export_saved_model
from dnc_keras.run_directory import RunDirectory

_cli.define_flag("run_dir", "", "folder of a training")
_cli.define_flag("export_dir", "", "folder of all versions; RUN_DIR/export")


def main():
    run = RunDirectory(flags.FLAGS.run_dir)
    config = TrainConfig(**run.read_config())
    version = export_saved_model(
        keras.models.load_model(run.chosen_model),
        flags.FLAGS.export_dir or run.export,
        config.image_size,
        config.center_crop,
    )
    print(f"SavedModel  {version}")


if __name__ == "__main__":
    _cli.run(main)
