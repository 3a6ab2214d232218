"""Everything that decides how a training run goes."""

from dnc_keras.config.settings import TrainConfig

__all__ = ["TrainConfig"]
