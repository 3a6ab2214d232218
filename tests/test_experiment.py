"""The comparison of variants with a control, in tools/."""

from __future__ import annotations

import math
import pathlib

import pytest
from scipy import stats

from dnc_keras import TrainConfig

TOOLS = pathlib.Path(__file__).parents[1] / "tools"


@pytest.fixture(autouse=True)
def tools(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))


def test_the_interval_is_that_of_the_paired_t_test():
    from experiments import paired

    values, control = [45.0, 47.5, 46.0, 44.0], [43.0, 44.0, 45.5, 43.5]
    mean, low, high = paired.difference(values, control)
    expected = stats.ttest_rel(values, control).confidence_interval(0.95)
    assert mean == pytest.approx(1.625)
    assert (low, high) == pytest.approx((expected.low, expected.high))


def test_one_seed_has_no_interval():
    from experiments import paired

    assert paired.difference([2.0], [1.5]) == (0.5, -math.inf, math.inf)


def test_epochs_count_until_the_goal_is_reached():
    from experiments import paired

    assert paired.epochs_to_reach([1, 3, 2, 4], goal=3) == 2
    assert paired.epochs_to_reach([1, 2], goal=3) == math.inf


def test_every_variant_of_every_plan_is_a_setting():
    from experiments import plans

    names = {"no" + name for name in TrainConfig.__dataclass_fields__}
    names |= set(TrainConfig.__dataclass_fields__)
    for plan in plans.PLANS.values():
        for flags in plans.VARIANTS.values():
            for flag in (*plan.flags, *flags):
                assert flag[2:].partition("=")[0] in names
