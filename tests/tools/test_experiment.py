"""The comparison of variants with a control, in tools/."""

from __future__ import annotations

import math
import pathlib

import pytest

from dnc_keras import TrainConfig

TOOLS = pathlib.Path(__file__).parents[2] / "tools"


@pytest.fixture(autouse=True)
def tools(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))


def test_epochs_count_until_the_goal_is_reached():
    from experiments import curves

    assert curves.epochs_to_reach([1, 3, 2, 4], goal=3) == 2
    assert curves.epochs_to_reach([1, 2], goal=3) == math.inf


def test_every_variant_of_every_plan_is_a_setting():
    from experiments import plans

    names = {"no" + name for name in TrainConfig.__dataclass_fields__}
    names |= set(TrainConfig.__dataclass_fields__)
    for plan in plans.PLANS.values():
        for flags in plans.VARIANTS.values():
            for flag in (*plan.flags, *flags):
                assert flag[2:].partition("=")[0] in names
