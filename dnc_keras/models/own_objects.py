"""The user's own objects, which a saved model must be made of again."""

from __future__ import annotations

from dnc_keras._keras import check_no_twin
from dnc_keras._keras import keras
from dnc_keras.models.keras_file import check_config
from dnc_keras.support.damage import first_line


def check_can_be_opened(part, asked: str):
    """Refuses now what could not be opened at the end of a training run.

    Args:
        part: a Keras model, layer or loss.
        asked: what the user asked for, for messages.

    Raises:
        ValueError: unless Keras saves it, and makes it again without the code
            of classes that are not registered.
    """
    check_no_twin()
    try:
        config = keras.utils.serialize_keras_object(part)
    except Exception as error:
        raise _unsaveable(asked, error) from error
    check_config(asked, config)
    try:
        keras.utils.deserialize_keras_object(config)
    except Exception as error:  # Of the user's classes: all kinds.
        raise _unsaveable(asked, error) from error


def _unsaveable(asked, error):
    return ValueError(
        f"{asked} must be what Keras can save and load. Received: "
        f"{first_line(error)}. Register own classes with "
        "keras.saving.register_keras_serializable, with a get_config each, and "
        "use no Lambda layer."
    )
