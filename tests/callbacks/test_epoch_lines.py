"""EpochLines says what each epoch reached, where lines are shown."""

import re

from helpers.feature_models import LABELS
from helpers.feature_models import fit
from helpers.feature_models import small_model

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras.callbacks.epoch_lines import EpochLines
from dnc_keras.support import progress

_SECONDS = r"\d\.\d s"


class _Validation(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        logs.update(loss=0.5 - epoch / 4, val_recall_at_1=0.25, val_map_at_r=1)


def _fit(callbacks):
    fit(small_model(), dnc.ClusterSampler(LABELS, 1, 8, 2), callbacks, epochs=2)


def test_an_epoch_has_a_line():
    told = []
    with progress.shown(told.append):
        _fit([_Validation(), EpochLines()])
    metrics = "R@1 0.2500  MAP@R 1.0000"
    first, last = (re.sub(_SECONDS, "TIME", line) for line in told)
    assert first == (
        f"epoch 0 of 0 to 1  loss 0.5000  {metrics}  TIME  TIME left"
    )
    assert last == f"epoch 1 of 0 to 1  loss 0.2500  {metrics}  TIME"


def test_nothing_is_said_unless_lines_are_shown(capsys):
    _fit([EpochLines()])
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""
