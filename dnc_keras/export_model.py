"""Writes the model of a training as a SavedModel for TensorFlow Serving.

Example: python -m dnc_keras.export_model --run_dir=runs/digits
         python -m dnc_keras.export_model --run_dir=runs/digits \\
             --embedding_dim=64 --tflite --onnx --export_dir=served
"""

from __future__ import annotations

from absl import flags

from dnc_keras import _cli
from dnc_keras._outputs import say
from dnc_keras.export.export_run import ExportOptions
from dnc_keras.export.export_run import export_run
from dnc_keras.export.losses import FEW_CLASSES
from dnc_keras.export.tflite import check_precisions
from dnc_keras.images import MAX_PIXELS
from dnc_keras.runs.trained import TrainedRun
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_count_or_zero
from dnc_keras.support.progress import step

_cli.define_path("run_dir", "folder of a training")
_cli.define_path("export_dir", "folder of all versions; RUN_DIR/export")
_cli.define_path(
    "data_dir", "where the training's data set is now, if it was moved"
)
_cli.define_flag(
    "embedding_dim",
    0,
    "keep the first units, of whole learners; 0: all",
    rule=check_count_or_zero,
)
_cli.define_flag("learners", False, "also return the part of each learner")
_cli.define_path(
    "gallery", "folder of images for a signature that searches in them"
)
_cli.define_flag(
    "top_k", 10, "gallery: number of neighbours returned", rule=check_count
)
_cli.define_flag(
    "max_pixels",
    MAX_PIXELS,
    "encoded images with more pixels are refused",
    rule=check_count,
)
_cli.define_flag("tflite", False, "add LiteRT models")
_cli.define_flag(
    "precisions",
    ExportOptions.precisions,
    "tflite: which of these models",
    rule=check_precisions,
)
_cli.define_flag("onnx", False, "add an ONNX model; needs the extra onnx")
_cli.define_trust()


def main():
    values = flags.FLAGS
    _cli.check_output_folders("export_dir")
    if not (values.embedding_dim or values.tflite or values.onnx):
        _cli.refuse_flags(
            ["data_dir"],
            "Images are needed to measure a shorter or converted model alone. "
            "Received: {} without --embedding_dim, --tflite and --onnx. Leave "
            "it out.",
        )
    if not values.tflite:
        _cli.refuse_flags(
            ["precisions"],
            "Precisions are those of LiteRT models. Received: {} without "
            "--tflite. Add it.",
        )
    run = TrainedRun(
        *(values.run_dir, None, values.data_dir),
        trust_own_code=values.trust_own_code,
    )
    with step("exporting"):
        version, measured = export_run(
            run,
            values.export_dir or None,
            _cli.read_flags(ExportOptions),
        )
    if measured:
        _cli.print_metrics(
            **{
                "R@1": measured["recall_at_1"],
                "lost": measured["recall_at_1_lost"],
                "cosine": measured["cosine"],
                "median": measured["median_cosine"],
            }
        )
        say(
            "Measured    {num_images:,} {images} images of {num_classes:,} "
            "classes".format(**measured)
        )
        if measured["num_classes"] < FEW_CLASSES:
            say(
                f"            under {FEW_CLASSES} classes R@1 says little: go "
                "by the cosines"
            )
    say(f"SavedModel  {version}")


if __name__ == "__main__":
    _cli.run(main)
