"""KerasHub: imported when asked for, and which of its classes are harmless."""

from __future__ import annotations

from types import ModuleType

from dnc_keras._keras import keras
from dnc_keras._keras import keras_version
from dnc_keras.support.extras import import_extra

KERAS_HUB = "keras_hub"


def import_keras_hub(asked: str, instead: str = "") -> ModuleType:
    """Imports KerasHub, or says what it needs.

    Args:
        asked: what needs it: "backbone=hub:dinov2_small".
        instead: end of the advice on a Keras before 3: "; or use ...".

    Raises:
        ValueError: where it is not installed, and on a Keras before 3.
    """
    version = keras_version()
    if not version.startswith("keras 3"):
        raise ValueError(
            f"{asked} needs KerasHub, and that Keras 3. Received: {version}. "
            'Run `pip install "dnc-keras[keras3,hub]"` in an environment of '
            f"its own, without TF_USE_LEGACY_KERAS{instead}."
        )
    return import_extra(KERAS_HUB, "hub", f"{asked} needs keras-hub")


def check_hub_layer(path, name, may_preprocess=False):
    """Raises ValueError unless a class of KerasHub is a layer or a model.

    Its tokenizers and converters may read files; networks only compute.

    Args:
        path: the file that names it, for messages.
        name: the name under which it is registered.
        may_preprocess: whether it may also be a converter.
    """
    import_keras_hub(f"{path}, which has layers of keras_hub,")
    found = keras.utils.get_registered_object(str(name))
    kinds = {kind.__name__ for kind in getattr(found, "__mro__", ())}
    is_layer = isinstance(found, type) and issubclass(found, keras.layers.Layer)
    if not is_layer or ("PreprocessingLayer" in kinds and not may_preprocess):
        raise ValueError(
            f"{path} must hold layers and models of KerasHub alone. Received: "
            f"{name!r}. Save the backbone, without what prepares its inputs."
        )
