"""Keeps the backbone as it is in some epochs."""

from __future__ import annotations

from dnc_keras._keras import keras
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_count_or_zero
from dnc_keras.support.checks import check_not_negative


class FreezeBackbone(keras.callbacks.Callback):
    """Trains the embedding alone for some epochs after each clustering.

    The learners get used to their new clusters before the backbone moves on.
    The learning rate of the backbone is 0 then; what the optimizer remembers
    of it goes on. Compile the model with a multiplier for the backbone:
    `learning_rate_multipliers={"backbone": 1.0}`.

    Reference: the freezing schedule in the code of Sanakoyeu et al., TPAMI
    2021: one of every two epochs.

    Args:
        num_epochs: epochs without the backbone, the first ones of every
            `every`.
        every: epochs between two clusterings; 2 as in both papers.
        multiplier: that of the backbone in all other epochs.
    """

    def __init__(self, num_epochs=1, every=2, multiplier=1.0):
        super().__init__()
        check_count_or_zero("num_epochs", num_epochs)
        check_count("every", every)
        check_not_negative("multiplier", multiplier)
        if num_epochs >= every:
            raise ValueError(
                "num_epochs must be less than every, or the backbone is never "
                f"trained. Received: num_epochs={num_epochs}, every={every}."
            )
        self.num_epochs = num_epochs
        self.every = every
        self.multiplier = multiplier

    def on_epoch_begin(self, epoch, logs=None):
        frozen = epoch % self.every < self.num_epochs
        self.model.set_learning_rate_multiplier(
            "backbone", 0.0 if frozen else self.multiplier
        )
