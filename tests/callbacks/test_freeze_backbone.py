"""FreezeBackbone holds the backbone after each clustering."""

import pytest
from helpers.feature_models import LABELS
from helpers.feature_models import fit
from helpers.feature_models import small_model

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras.callbacks import FreezeBackbone


def test_the_backbone_is_frozen_in_the_first_epochs_after_a_clustering():
    model = small_model(learning_rate_multipliers={"backbone": 1.0})
    kernel = model.backbone.layers[-1].kernel
    kernels = []

    class Keep(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            kernels.append(kernel.numpy())

    start = kernel.numpy()
    fit(
        model,
        dnc.ClusterSampler(LABELS, 3, 8, 2),
        [FreezeBackbone(num_epochs=1, every=2), Keep()],
        epochs=4,
    )
    changes = [
        (now != before).any()
        for before, now in zip([start, *kernels[:-1]], kernels)
    ]
    assert changes == [False, True, False, True]


def test_a_backbone_that_is_never_trained_is_refused():
    with pytest.raises(ValueError) as raised:
        FreezeBackbone(num_epochs=2, every=2)
    assert str(raised.value) == (
        "num_epochs must be less than every, or the backbone is never "
        "trained. Received: num_epochs=2, every=2."
    )
