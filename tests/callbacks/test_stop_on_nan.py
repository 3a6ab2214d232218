"""StopOnNaN ends a training whose loss is not a number."""

import numpy as np
import pytest
from helpers.feature_models import LABELS
from helpers.feature_models import fit
from helpers.feature_models import small_model

import dnc_keras as dnc
from dnc_keras.callbacks import StopOnNaN


def test_a_loss_that_is_no_number_stops_the_training():
    callback = StopOnNaN()
    callback.on_epoch_begin(3)
    callback.on_train_batch_end(0, {"loss": 1.0})
    with pytest.raises(FloatingPointError) as raised:
        callback.on_train_batch_end(7, {"loss": float("nan")})
    assert str(raised.value) == (
        "The loss must be a finite number. Received: loss=nan in epoch 3, "
        "step 7. Lower the learning rate, or look for broken images."
    )


def test_a_training_that_diverges_stops_in_fit():
    sampler = dnc.ClusterSampler(LABELS, 1, 8, 2)
    model = small_model()
    model.embedding.bias.assign(np.full(6, np.nan))
    with pytest.raises(FloatingPointError, match="loss=nan in epoch 0, step 0"):
        fit(model, sampler, [StopOnNaN()])


def test_a_training_with_finite_losses_goes_on():
    sampler = dnc.ClusterSampler(LABELS, 1, 8, 2)
    history = fit(small_model(), sampler, [StopOnNaN()], epochs=1)
    assert np.isfinite(history["loss"]).all()
