"""ProgressBar shows how far a training is."""

from helpers.feature_models import LABELS
from helpers.feature_models import fit
from helpers.feature_models import small_model

import dnc_keras as dnc
from dnc_keras.callbacks import ProgressBar


def test_the_bar_shows_epoch_loss_and_time_left(capsys, monkeypatch):
    sampler = dnc.ClusterSampler(LABELS, 1, 8, 2)
    bar = ProgressBar()
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    fit(small_model(), sampler, [bar], epochs=2)
    shown = capsys.readouterr().err
    assert "epoch 0 of 0 to 1" in shown
    assert "epoch 1 of 0 to 1" in shown
    assert "loss=" in shown
    assert "6/6" in shown


def test_off_a_terminal_the_bar_is_silent(capsys):
    sampler = dnc.ClusterSampler(LABELS, 1, 8, 2)
    fit(small_model(), sampler, [ProgressBar()], epochs=1)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""
