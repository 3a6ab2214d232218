"""The user's own code and objects, which a run's folder cannot hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

from dnc_keras.config.saved import OWN_PARTS
from dnc_keras.support.own_code import import_function
from dnc_keras.support.own_code import names_own_code


class OwnCode:
    """What of a run comes from code, and whether that may be imported.

    Args:
        path: the run's folder, for messages.
        settings: those of the run, a dict.
        is_trusted: whether the functions that they name are imported.
    """

    def __init__(self, path, settings: dict, is_trusted: bool):
        self._path = path
        self._parts = settings.get(OWN_PARTS, {})
        self._settings = settings
        self._is_trusted = is_trusted

    def check(self, part: str, is_code: bool):
        """Raises ValueError for what only the user's code or objects tell.

        Args:
            part: "dataset" or "load_image".
            is_code: whether the setting of that name names a function.
        """
        if part in self._parts:
            raise ValueError(
                f"The {part} of {self._path} was handed to train as an object. "
                f"Received: none. Use TrainedRun(run, {part}=...)."
            )
        if is_code and not self._is_trusted:
            raise ValueError(
                f"The {part} of {self._path} is code, {self._settings[part]}, "
                "which is imported only if you trust it. Received: "
                "trust_own_code=False. Use --trust_own_code if it is yours."
            )

    def load_image(self) -> Optional[Callable]:
        """The function that the settings name as `load_image`, or None."""
        name = self._settings.get("load_image", "")
        self.check("load_image", bool(name))
        return import_function(name, "load_image") if name else None

    def import_layers(self):
        """Has the modules of trusted code register their layers and losses."""
        for setting in ("backbone", "loss"):
            name = self._settings.get(setting, "")
            if self._is_trusted and names_own_code(name):
                import_function(name, setting)
