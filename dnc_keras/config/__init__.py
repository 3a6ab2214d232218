"""Everything that decides how a training run goes."""

from dnc_keras.config.recipes import read_recipe
from dnc_keras.config.settings import TrainConfig

__all__ = ["TrainConfig", "read_recipe"]
