"""Losses of a batch of embeddings."""

from dnc_keras.losses.margin import MarginLoss

__all__ = ["MarginLoss"]
