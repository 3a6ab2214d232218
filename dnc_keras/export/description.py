"""What an export says of itself."""

from __future__ import annotations

import hashlib
import json
import pathlib

from dnc_keras._keras import versions
from dnc_keras.images import cropping
from dnc_keras.images import decoding
from dnc_keras.images import orientation
from dnc_keras.images import rectangles

# The code between encoded images and what the model takes.
_PREPROCESSING = (cropping, decoding, orientation)

_OF_TRAINING = (
    "dataset",
    "source",
    "protocol",
    "num_train_images",
    "num_train_classes",
    "num_test_images",
    "num_test_classes",
    "num_queries",
    "num_queries_left_out",
    "left_out_because",
    "test",
    "selection",
    "selected_epoch",
    "versions",
    "config",
)


def describe(serving_model) -> dict:
    """What is known of a model without its training.

    Args:
        serving_model: a `ServingModel`.

    Returns:
        A dict for JSON. `embedding` is cut into `num_learners` equal slices
        where `masks` is "fixed"; both are None for other Keras models.
    """
    gallery = serving_model.gallery
    return {
        "image_size": serving_model.image_size,
        "inputs": {
            name: {"shape": list(spec.shape), "dtype": spec.dtype.name}
            for name, spec in serving_model.inputs.specs.items()
        },
        "center_crop": serving_model.center_crop,
        "max_pixels": serving_model.max_pixels,
        "preprocessing_sha256": preprocessing_hash(
            serving_model.image_size, serving_model.center_crop
        )
        if serving_model.inputs.are_images and not serving_model.load_image
        else None,
        "embedding_dim": serving_model.embedding_dim,
        "num_learners": serving_model.num_learners,
        "masks": serving_model.masks,
        "num_gallery_images": gallery.num_images if gallery else 0,
        "versions": versions(),
    }


def describe_result(result: dict) -> dict:
    """What is worth telling of a training.

    Args:
        result: what its `result.json` holds; {} where it has none.

    Returns:
        A dict for JSON; `test` has the metrics of the whole trained embedding.
    """
    return {"training": {name: result.get(name) for name in _OF_TRAINING}}


def preprocessing_hash(image_size, center_crop: float) -> str:
    """The same for exports that make the same pixels of encoded images.

    Of the settings and of the source that makes them, so any change of that
    changes it.

    Returns:
        64 hexadecimal digits.
    """
    settings = json.dumps([image_size, float(center_crop)])
    digest = hashlib.sha256(settings.encode())
    is_square = isinstance(image_size, int)
    for module in _PREPROCESSING + (rectangles,) * (not is_square):
        digest.update(pathlib.Path(module.__file__).read_bytes())
    return digest.hexdigest()
