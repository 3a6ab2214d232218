"""All settings of a training run."""

from __future__ import annotations

import dataclasses

from dnc_keras.config import options
from dnc_keras.config.checks import check_settings
from dnc_keras.config.data import DataSettings
from dnc_keras.config.division import DivisionSettings
from dnc_keras.config.network import NetworkSettings
from dnc_keras.config.network import widths_of
from dnc_keras.config.optimization import OptimizationSettings
from dnc_keras.config.running import RunSettings
from dnc_keras.config.saved import known_settings

# The settings that say which images there are.
DATA_SETTINGS = (
    "dataset",
    "data_dir",
    "download",
    "max_unpacked_gb",
    "test_fraction",
    "test_classes",
    "split",
    "image_column",
    "label_column",
    "test_list",
    "protocol",
    "split_seed",
    "drop",
)


@dataclasses.dataclass(frozen=True)
class TrainConfig(
    RunSettings,
    OptimizationSettings,
    DivisionSettings,
    NetworkSettings,
    DataSettings,
):
    """The settings of `training.train`; each is a flag of the program.

    The defaults are the recipe of the CVPR 2019 paper for ResNet-50; the files
    in `flags/` change what a data set needs otherwise, folder.cfg what images
    of one's own do. `~` in a path is the home folder.

    Raises:
        ValueError: for a value that makes no sense.
    """

    def __post_init__(self):
        values = options.expand_paths(type(self), vars(self))
        for name, value in values.items():
            object.__setattr__(self, name, value)
        check_settings(self)

    @classmethod
    def from_saved(
        cls, settings: dict, name: str = "config.json"
    ) -> TrainConfig:
        """Returns the settings that a run of any version saved.

        What this version does not know is left out, with a warning; what that
        version did not know gets the default of today.

        Args:
            settings: the saved settings by name.
            name: the file that holds them, for messages.

        Raises:
            ValueError: if a value is not one that this version takes.
        """
        known = known_settings(settings, dataclasses.fields(cls), name)
        try:
            return cls(**known)
        except ValueError as error:
            raise ValueError(
                f"{name} must hold settings that make sense. Received: {error} "
                "Correct the file, or train again."
            ) from error

    @property
    def hidden_widths(self) -> list[int]:
        """The widths of the layers between features and embedding."""
        return widths_of(self.head)

    def epoch_of(self, share: float) -> int:
        """The epoch after `share` of all epochs."""
        return round(share * self.epochs)


DEFAULTS = {
    field.name: field.default for field in dataclasses.fields(TrainConfig)
}
