"""Networks of KerasHub, by the name or the folder of a preset."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib

from dnc_keras._keras import keras
from dnc_keras.models.hub_layers import check_hub_layer
from dnc_keras.models.hub_layers import import_keras_hub
from dnc_keras.models.keras_file import check_config
from dnc_keras.support.damage import first_line
from dnc_keras.support.paths import expanded

# Networks with one of these take images of any size, as their positions are
# interpolated or rotated.
_ANY_SIZE = ("position_embedding_shape", "rope_theta")
_INSTEAD = (
    "; or name a function of yours, package.module:function, that builds it"
)


def load_preset(
    preset: str, image_size: int, has_weights: bool = True
) -> tuple[keras.Model, keras.layers.Layer | None]:
    """Loads the network for images of a preset, and its scaling of pixels.

    Args:
        preset: the folder of a preset, or what KerasHub calls it, which may be
            downloaded.
        image_size: height and width of the images, for networks that take any.
        has_weights: whether to read its weights; False: a random start.

    Returns:
        (network, scaling): a Keras model, and the layer that its pixels go
        through, or None where the preset has no converter of images.

    Raises:
        ValueError: where there is no such preset, or it cannot be read.
    """
    asked = f"backbone=hub:{preset}"
    hub = import_keras_hub(asked, _INSTEAD)
    preset = expanded(preset)
    _check_folder(preset, asked)
    with _explained(asked):
        network = _load_network(hub, preset, image_size, has_weights)
    return network, _scaling(hub, preset)


def _check_folder(preset, asked):
    """Refuses folders that are missing, or that name code of others."""
    folder = pathlib.Path(preset)
    if not folder.is_dir():
        if "://" not in preset and (os.sep in preset or preset[:1] == "."):
            raise ValueError(
                f"{asked} must name a folder that is there, or a preset of "
                "KerasHub. Received: no such folder. Make one by "
                "`backbone.save_to_preset(FOLDER)`."
            )
        return
    with _explained(asked):
        check_config(folder, json.loads((folder / "config.json").read_text()))
        converter = folder / "image_converter.json"
        if converter.is_file():
            name = json.loads(converter.read_text()).get("registered_name")
            check_hub_layer(converter, name, may_preprocess=True)


def _load_network(hub, preset, image_size, has_weights):
    load = hub.models.Backbone.from_preset
    network = load(preset, load_weights=has_weights)
    declared = getattr(network, "image_shape", None) or (None,)
    takes_any = any(hasattr(network, name) for name in _ANY_SIZE)
    if takes_any and declared[0] != image_size:
        shape = (image_size, image_size, 3)
        network = load(preset, load_weights=has_weights, image_shape=shape)
    # Of two towers, such as CLIP, the one for images.
    return getattr(network, "vision_encoder", None) or network


def _scaling(hub, preset):
    try:
        converter = hub.layers.ImageConverter.from_preset(preset)
    except (ValueError, OSError):
        return None
    return keras.layers.Rescaling(
        1.0 if converter.scale is None else converter.scale,
        0.0 if converter.offset is None else converter.offset,
        dtype="float32",
        name="pixel_scaling",
    )


@contextlib.contextmanager
def _explained(asked):
    try:
        yield
    except Exception as error:  # Keras and the sites raise all kinds.
        raise ValueError(
            f"{asked} must name a preset of a network for images that KerasHub "
            f"can read or download. Received: {first_line(error).rstrip(':')}. "
            "Use the folder of a preset, hub:FOLDER, or one of "
            "https://keras.io/keras_hub/presets."
        ) from error
