"""The documented place of `write_projector`."""

from dnc_keras.reports.projector import write_projector

__all__ = ["write_projector"]
