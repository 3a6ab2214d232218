"""The loss and the optimizer of a training run, from its settings."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from helpers.settings import DIGITS

from dnc_keras import TrainConfig
from dnc_keras import losses
from dnc_keras.models.configured import build_loss
from dnc_keras.models.configured import build_model


@pytest.mark.parametrize("name", losses.BY_NAME)
def test_a_loss_goes_by_its_name(name):
    loss = build_loss(TrainConfig(loss=name), num_classes=5)
    assert type(loss) is losses.BY_NAME[name]


def test_a_loss_of_tensorflow_addons_goes_by_its_name():
    addons = pytest.importorskip("tensorflow_addons")
    loss = build_loss(TrainConfig(loss="tfa.TripletHardLoss"))
    assert isinstance(loss, addons.losses.TripletHardLoss)


def test_an_unknown_loss_of_tensorflow_addons_is_refused():
    pytest.importorskip("tensorflow_addons")
    with pytest.raises(ValueError, match="Received: 'Tripletts'. Use for"):
        build_loss(TrainConfig(loss="tfa.Tripletts"))


def test_a_missing_tensorflow_addons_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_addons", None)
    with pytest.raises(ValueError) as raised:
        build_loss(TrainConfig(loss="tfa.TripletSemiHardLoss"))
    assert str(raised.value).startswith(
        "loss=tfa.TripletSemiHardLoss needs tensorflow-addons, which exists "
        "for TensorFlow 2.15 and Python 3.9 to 3.11. Received: "
    )
    assert str(raised.value).endswith(
        '. Run `pip install "dnc-keras[tensorflow]"` on such a Python, or use '
        "one of margin, triplet_semi_hard, triplet_hard, lifted_struct, "
        "npairs, contrastive, proxy_anchor, multi_similarity."
    )


def test_an_unknown_loss_is_refused():
    with pytest.raises(ValueError) as raised:
        build_loss(TrainConfig(loss="arcface"))
    assert str(raised.value) == (
        "loss must be one of margin, triplet_semi_hard, triplet_hard, "
        "lifted_struct, npairs, contrastive, proxy_anchor, multi_similarity, "
        "tfa.NAME such as tfa.TripletSemiHardLoss, or package.module:function. "
        "Received: 'arcface'."
    )


def test_a_cosine_schedule_ends_at_zero():
    config = TrainConfig(**{**DIGITS, "schedule": "cosine"})
    rate = build_model(config, num_steps=10).optimizer._learning_rate
    expected = [0.5e-3 * (1 + np.cos(np.pi * step / 10)) for step in range(11)]
    np.testing.assert_allclose(
        [rate(step) for step in range(11)], expected, atol=1e-9
    )
