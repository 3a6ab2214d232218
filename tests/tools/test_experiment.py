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


@pytest.mark.parametrize(
    "name",
    ["omniglot", "omniglot_contrastive", "cars196", "cars196_contrastive"],
)
def test_the_kept_results_give_the_kept_table(name, tmp_path):
    from experiments import pages
    from experiments import runs

    results = TOOLS.parent / "docs" / "results" / name
    kept = results.with_suffix(".md").read_text(encoding="utf-8")
    variants = [line.split(" | ")[0][2:] for line in kept.splitlines()[4:]]
    groups = [runs.read(results, variant, [0, 1, 2]) for variant in variants]
    assert groups[0].name == "control"
    pages.write_table(tmp_path / "out.md", groups, groups[0], [0, 1, 2])
    assert (tmp_path / "out.md").read_text(encoding="utf-8") == kept


def test_a_table_of_one_seed_has_neither_spread_nor_interval(tmp_path):
    from experiments import pages
    from experiments import runs

    results = TOOLS.parent / "docs" / "results" / "omniglot"
    groups = [runs.read(results, v, [1]) for v in ("control", "cached")]
    pages.write_table(tmp_path / "out.md", groups, groups[0], [1])
    text = (tmp_path / "out.md").read_text(encoding="utf-8")
    assert "±" not in text and " to " not in text.splitlines()[-1]
    assert len(text.splitlines()) == 6
