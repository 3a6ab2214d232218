"""Exports the model of a training, and measures what is lost on the way."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Optional

from dnc_keras.datasets.configured import split_train
from dnc_keras.datasets.configured import unreadable_named
from dnc_keras.export import ServingModel
from dnc_keras.export import embed_gallery
from dnc_keras.export import first_learners
from dnc_keras.export import write_version
from dnc_keras.export.description import describe_result
from dnc_keras.export.losses import ExportImages
from dnc_keras.export.losses import warn_of_losses
from dnc_keras.export.onnx import convert_to_onnx
from dnc_keras.export.onnx import onnx_function
from dnc_keras.export.served_inputs import size_taken
from dnc_keras.export.tflite import FILES
from dnc_keras.export.tflite import convert_to_tflite
from dnc_keras.export.tflite import tflite_function
from dnc_keras.images import MAX_PIXELS
from dnc_keras.runs.trained import TrainedRun


@dataclasses.dataclass(frozen=True)
class ExportOptions:
    """What to export beside the plain SavedModel.

    Args:
        embedding_dim: units to keep, those of the first learners; 0, the
            default: all.
        learners: whether signatures also return each learner's part.
        gallery: folder of images to search in, or "".
        top_k: number of neighbours that the search returns.
        max_pixels: encoded images with more pixels are refused.
        tflite: whether to add LiteRT models.
        precisions: those of the LiteRT models, with commas between.
        onnx: whether to add an ONNX model.
    """

    embedding_dim: int = 0
    learners: bool = False
    gallery: str = ""
    top_k: int = 10
    max_pixels: int = MAX_PIXELS
    tflite: bool = False
    precisions: str = "float32,float16,int8"
    onnx: bool = False


def export_run(
    run: TrainedRun, path=None, options: ExportOptions = ExportOptions()
) -> tuple[pathlib.Path, Optional[dict]]:
    """Exports the chosen model of a run as the next version.

    Where more is exported than the trained model itself (a shorter embedding,
    LiteRT, ONNX), recall at 1 is measured on the classes that the run held
    out of training, or on its test classes where those are fewer than 20.

    Args:
        run: the training run.
        path: folder of all versions. None, the default: `export/` of the run.
        options: what to write.

    Returns:
        (version, measured): the folder of the SavedModel, and what
        `dnc_keras.json` says of the losses: `images`, `num_images`,
        `num_classes`, `recall_at_1` and `recall_at_1_lost` of each form of
        the model, `cosine`, the smallest between the embeddings of a file and
        of the SavedModel, and `median_cosine`; None where nothing can be lost.

    Raises:
        ValueError, OSError: for what cannot be exported so.
    """
    serving_model = _serving_model(run, options)
    files, measured = {}, None
    if options.embedding_dim or options.tflite or options.onnx:
        with unreadable_named(run.dataset):
            images = _images(run)
            files = _convert(serving_model, options, images)
            measured = images.measure(_forms(run.embed, serving_model, files))
        warn_of_losses(measured)
    description = {**describe_result(run.files.result), "measured": measured}
    version = write_version(
        serving_model, path or run.directory.export, description, files
    )
    return version, measured


def _serving_model(run, options):
    trained, config, dim = run.model, run.config, options.embedding_dim
    model = first_learners(trained, dim) if dim else trained
    serving_model = ServingModel(
        model,
        size_taken(model, config.image_size),
        config.center_crop,
        per_learner=options.learners,
        max_pixels=options.max_pixels,
        load_image=run.load_image,
    )
    if options.gallery:
        serving_model.check_takes_bytes()
        serving_model.gallery = embed_gallery(
            options.gallery,
            lambda contents: serving_model.from_bytes(contents)["embedding"],
            model.embedding_dim,
            options.top_k,
        )
    return serving_model


def _images(run):
    train, held_out = split_train(run.config, run.dataset)
    if run.config.select == "test":
        held_out = None
    return ExportImages(run.images, train, held_out, run.dataset.test)


def _convert(serving_model, options, images):
    """The contents of the converted files, by name."""
    files = {}
    if options.tflite:
        for precision in options.precisions.split(","):
            files[FILES[precision]] = convert_to_tflite(
                serving_model,
                precision,
                images.for_calibration() if precision == "int8" else None,
            )
    if options.onnx:
        files["embedding.onnx"] = convert_to_onnx(serving_model)
    return files


def _forms(embed, serving_model, files):
    """The functions from images to embeddings, by name."""
    (name,) = serving_model.inputs.specs
    runners = {".tflite": tflite_function, ".onnx": onnx_function}
    return {
        "trained": embed,
        "saved_model": lambda x: serving_model.from_inputs(**{name: x})[
            "embedding"
        ],
        **{
            name: runners[pathlib.Path(name).suffix](contents)
            for name, contents in files.items()
        },
    }
