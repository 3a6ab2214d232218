"""A run's chosen model, as it would be exported."""

from __future__ import annotations

from dnc_keras.config.saved import OWN_PARTS
from dnc_keras.export.description import describe
from dnc_keras.export.served_inputs import size_taken
from dnc_keras.export.serving_model import ServingModel
from dnc_keras.export.signatures import Signatures
from dnc_keras.runs.trained import TrainedRun


class RunSignatures(Signatures):
    """The signatures that an export of a run has, without writing it.

    Args:
        run: the `TrainedRun`.

    Raises:
        ValueError: for a run that was trained with a `load_image` of the
            user's own.
    """

    def __init__(self, run: TrainedRun):
        _check_loading(run)
        size = size_taken(run.model, run.config.image_size)
        # Held, as functions do not keep their variables.
        self._serving_model = ServingModel(
            run.model, size, run.config.center_crop
        )
        functions = {"serving_default": self._serving_model.from_inputs}
        if self._serving_model.inputs.are_images:
            from_bytes = self._serving_model.from_bytes
            functions["serving_bytes"] = from_bytes.get_concrete_function()
        facts = describe(self._serving_model)
        super().__init__(functions, facts, str(run.directory.path))


def _check_loading(run):
    """What files become must be known, or embeddings are silently others."""
    is_own = "load_image" in run.settings.get(OWN_PARTS, {})
    if is_own or run.config.load_image:
        raise ValueError(
            "An Embedder reads images as dnc_keras does. Received: "
            f"{str(run.directory.path)!r}, trained with a load_image of your "
            f"own. Load its export, {str(run.directory.export)!r}, which has "
            "that function in it. If it has none yet, write it by "
            "dnc_keras.export_model."
        )
