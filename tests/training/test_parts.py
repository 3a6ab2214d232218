"""Tests of the parts that settings make."""

import pytest
from helpers.settings import MODEL

from dnc_keras.config import TrainConfig
from dnc_keras.datasets import ImageIndex
from dnc_keras.training.parts import build_sampler


@pytest.mark.parametrize("setting, expected", [(0, 5), (3, 3)])
def test_steps_of_0_are_as_many_as_the_images_fill(setting, expected):
    config = TrainConfig(
        **{**MODEL, "batch_size": 8, "steps_per_epoch": setting},
        num_learners=1,
    )
    index = ImageIndex.from_class_names(
        paths=[f"{i}.png" for i in range(40)],
        names=[f"class {i // 4}" for i in range(40)],
    )
    assert build_sampler(config, index).num_steps == expected
