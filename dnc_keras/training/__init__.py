"""Trains, evaluates and exports a model: every part meets here."""

from dnc_keras.training.start import train

__all__ = ["train"]
