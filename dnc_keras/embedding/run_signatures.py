"""A run's chosen model, as it would be exported."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras.export.description import describe
from dnc_keras.export.serving_model import ServingModel
from dnc_keras.export.signatures import Signatures
from dnc_keras.models.inputs import declared_inputs
from dnc_keras.runs.trained import TrainedRun


class RunSignatures(Signatures):
    """The signatures that an export of a run has, without writing it.

    Args:
        run: the `TrainedRun`.
    """

    def __init__(self, run: TrainedRun):
        # Held, as functions do not keep their variables.
        self._serving_model = ServingModel(
            run.model, _image_size(run), run.config.center_crop
        )
        functions = {"serving_default": self._serving_model.from_inputs}
        if self._serving_model.inputs.are_images:
            from_bytes = self._serving_model.from_bytes
            functions["serving_bytes"] = from_bytes.get_concrete_function()
        facts = describe(self._serving_model)
        super().__init__(functions, facts, str(run.directory.path))


def _image_size(run):
    declared = declared_inputs(run.model.backbone)
    is_of_vectors = (
        isinstance(declared, tf.TensorSpec) and declared.shape.rank == 2
    )
    return None if is_of_vectors else run.config.image_size
