"""Everything that decides how a training run goes."""

from dnc_keras.config.settings import DATA_SETTINGS
from dnc_keras.config.settings import DEFAULTS
from dnc_keras.config.settings import STRATEGIES
from dnc_keras.config.settings import TrainConfig

__all__ = ["DATA_SETTINGS", "DEFAULTS", "STRATEGIES", "TrainConfig"]
