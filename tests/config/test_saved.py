"""Settings of earlier versions stand for what they did then."""

from __future__ import annotations

import pytest

from dnc_keras import TrainConfig
from dnc_keras.config.saved import as_begun

_EARLIER = {"dataset": "folder", "seed": 3}


@pytest.mark.parametrize(
    "settings, expected",
    [
        (_EARLIER, 3),
        ({**_EARLIER, "split_seed": 1}, 1),
        ({"dataset": "webdataset", "seed": 3}, 3),
        ({"dataset": "shop.data:load", "seed": 3}, 3),
        # What comes divided, or named, was never drawn.
        ({"dataset": "cars196", "seed": 3}, 0),
        ({**_EARLIER, "test_classes": "a,b"}, 0),
    ],
)
def test_test_classes_were_drawn_by_the_seed(settings, expected):
    assert TrainConfig.from_saved(settings).split_seed == expected


@pytest.mark.parametrize(
    "given, saved, expected",
    [
        (0, _EARLIER, 3),
        (2, _EARLIER, 2),
        (0, {**_EARLIER, "split_seed": 1}, 0),
        (0, {}, 0),
    ],
)
def test_a_resumed_run_keeps_its_test_classes(given, saved, expected):
    settings = {**_EARLIER, "split_seed": given}
    assert as_begun(settings, saved)["split_seed"] == expected
