"""Plans of variants, read and checked before anything is trained."""

from __future__ import annotations

import json
import pathlib

import pytest

from dnc_keras.experiments import plans

ROOT = pathlib.Path(__file__).parents[2]
PLANS = ROOT / "flags" / "plans"


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "mine.plan"
        path.write_text(text, encoding="utf-8")
        return plans.read_plan(path)

    return read


def test_lines_are_variants_with_the_control_first(read):
    plan = read(
        "# a comment\n\n"
        "all: --epochs=3 --noflip\n"
        "b:--loss=contrastive --weights=a#b.h5 # don't\n"
        "all: --backbone='my net.keras'\n"
        "control:\n"
    )
    assert plan.name == "mine"
    assert plan.common == {
        "epochs": 3,
        "flip": False,
        "backbone": "my net.keras",
    }
    assert [(v.name, v.settings) for v in plan.variants] == [
        ("control", {}),
        ("b", {"loss": "contrastive", "weights": "a#b.h5"}),
    ]


@pytest.mark.parametrize(
    "line, words",
    [
        ("x: --los=margin", "--los=margin. Did you mean --loss?"),
        ("x: --margin=wide", "--margin must be a number. Received: 'wide'."),
        ("x: --epochs=1.5", "--epochs must be an integer. Received: '1.5'."),
        ("x: --flip=perhaps", "--flip must be true or false."),
        ("x: --epochs 3", "a flag must be --name=value. Received: --epochs."),
        ("x: --nomargin", "flags must be those of dnc_keras.train."),
        ("x: margin=1", "flags must be those of dnc_keras.train."),
        ("x: --margin=1 --margin=2", "a flag must stand once."),
        ("x: --margin='1", "quotes must be closed."),
        ("x y --margin=1", "a line of a plan must be NAME: --flag=value ..."),
        ("../x: --margin=1", "a line of a plan must be NAME: --flag=value"),
        (f"{'x' * 101}: --margin=1", "a name of at most 100 letters, digits"),
        ("control: --margin=1", "a name of its own. Received: 'control' twice"),
        ("x: --seed=3", "--seed must be left out, which the program sets."),
        ("all: --run_dir=a", "--run_dir must be left out, which the program"),
        ("x: --data_dir=a", "--data_dir must be left out, by which numbers"),
        ("x: --validation_fraction=0.5", "--validation_fraction must be left"),
        ("x: --select=last", "--select must be left out"),
    ],
)
def test_what_is_no_plan_is_named_with_its_line(read, line, words):
    with pytest.raises(ValueError) as raised:
        read(f"control:\n{line}\n")
    assert "mine.plan, line 2: " in str(raised.value)
    assert words in str(raised.value)


@pytest.mark.parametrize("text", ["", "control:\n", "a:\nb: --beta=1\n"])
def test_a_plan_has_a_control_and_another(read, text):
    with pytest.raises(ValueError, match="must have a line `control:`"):
        read(text)


def test_later_settings_win(read):
    plan = read("all: --epochs=3 --beta=2\ncontrol:\nx: --margin=1\n")
    # The recipe of the digits has no flips.
    given = {"beta": 1.5, "margin": 0.5, "dataset": "digits"}
    configs = plans.configs_of(plan, given)
    control, other = configs["control"], configs["x"]
    assert (control.flip, control.epochs, control.beta) == (False, 3, 1.5)
    assert (control.margin, other.margin) == (0.5, 1.0)


def test_a_variant_begins_as_a_training_with_its_flags_does(read, settings_of):
    plan = read("control:\nx: --divide=images\ny: --margin=1\n")
    configs = plans.configs_of(plan, {"dataset": "folder"})
    for name, flags in (
        ("control", []),
        ("x", ["--divide=images"]),
        ("y", ["--margin=1"]),
    ):
        expected = settings_of("--dataset=folder", *flags)
        assert configs[name] == expected
    assert configs["x"].whole_weight == 0 < configs["y"].whole_weight


def test_recipes_choose_by_validation(read):
    plan = read("control:\nx: --margin=1\n")
    # The recipe of the digits takes the last epoch.
    configs = plans.configs_of(plan, {})
    assert [config.select for config in configs.values()] == ["validation"] * 2
    with pytest.raises(ValueError, match="never by test classes. Received: se"):
        plans.configs_of(plan, {"select": "test"})


@pytest.mark.parametrize(
    "line, words",
    [
        ("--num_learners=3", "line 2: num_learners must divide embedding_dim"),
        ("--loss=margin", "line 2: variants must differ. Received: x with the"),
    ],
)
def test_variants_that_make_no_sense(read, line, words):
    plan = read(f"control:\nx: {line}\n")
    with pytest.raises(ValueError) as raised:
        plans.configs_of(plan, {})
    assert words in str(raised.value)


def test_a_flag_without_effect_is_refused(read):
    plan = read("control: --margin=1\nx: --margin=2\n")
    with pytest.raises(ValueError, match="--margin must be left out, as each"):
        plans.configs_of(plan, {"margin": 3.0})


def test_some_variants_bring_the_control_along(read):
    plan = read("control:\nx: --margin=1\ny: --margin=2\n")
    names = [v.name for v in plans.chosen(plan, ["y"]).variants]
    assert names == ["control", "y"]
    with pytest.raises(ValueError, match="control, x, y. Received: z."):
        plans.chosen(plan, ["z"])


def test_a_plan_is_a_file_or_a_name(tmp_path):
    (tmp_path / "omniglot").write_text("control:")
    assert plans.find_plan("cars196", PLANS) == PLANS / "cars196.plan"
    mine = str(tmp_path / "omniglot")
    assert plans.find_plan(mine, PLANS) == tmp_path / "omniglot"
    for name in ("", "gone", "gone/cars196", "cars196.plan"):
        with pytest.raises(ValueError, match="one of cars196, divisions, omni"):
            plans.find_plan(name, PLANS)


@pytest.mark.parametrize("name", sorted(p.stem for p in PLANS.glob("*.plan")))
def test_every_plan_of_the_package_can_be_trained(name):
    path = PLANS / f"{name}.plan"
    plan = plans.read_plan(path)
    configs = plans.configs_of(plan, {"data_dir": "DIR"})
    assert len(configs) == len(plan.variants) > 5
    assert "# Command: python -m dnc_keras.experiment" in path.read_text()


@pytest.mark.parametrize(
    "results, given",
    [
        ("omniglot", {}),
        ("omniglot_contrastive", {"loss": "contrastive"}),
        ("cars196", {}),
        ("cars196_contrastive", {"loss": "contrastive"}),
    ],
)
def test_kept_results_are_those_of_the_plan(results, given):
    name = results.partition("_")[0]
    plan = plans.read_plan(PLANS / f"{name}.plan")
    configs = plans.configs_of(plan, given)
    files = (ROOT / "docs" / "results" / results).glob("*/2/result.json")
    kept = {path.parts[-3]: json.loads(path.read_text()) for path in files}
    assert kept.keys() <= configs.keys() and "control" in kept
    for variant, result in kept.items():
        config = result["config"]
        for free in ("run_dir", "data_dir", "weights", "seed", "own_parts"):
            config.pop(free, None)
        planned = vars(configs[variant])
        known = {k: planned[k] for k in config if k in planned}
        assert known.items() == {k: config[k] for k in known}.items()
        assert known.keys() >= {"loss", "num_learners", "epochs", "schedule"}
