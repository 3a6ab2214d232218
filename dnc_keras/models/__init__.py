"""The model: a backbone and an embedding that several learners make."""

from dnc_keras.models.divide_and_conquer import DivideAndConquer

__all__ = ["DivideAndConquer"]
