"""Runs are read from their folders, grouped by seed and compared."""

from __future__ import annotations

import csv
import dataclasses
import json
import sys

import pytest
import tensorflow as tf

from dnc_keras import comparison
from dnc_keras.comparison import tables

VERSIONS = {"python": "3.11.7", "tensorflow": "2.15.1"}
SECONDS = {"train": 10.0, "recluster": 3.0, "evaluate": 2.0, "input_wait": 9.0}


def write_run(path, recall=0.5, finished=True, intervals=None, **settings):
    """A run's folder by hand: two epochs, and the result if it is finished."""
    path.mkdir(parents=True)
    config = {"dataset": "digits", "seed": 0, "epochs": 2, "run_dir": str(path)}
    config.update(settings)
    (path / "config.json").write_text(json.dumps(config))
    log = [
        {"epoch": epoch, "loss": 0.5 - epoch / 8, "val_recall_at_1": 0.25}
        for epoch in range(2)
    ]
    (path / "log.jsonl").write_text("".join(json.dumps(x) + "\n" for x in log))
    if finished:
        result = {
            "dataset": config["dataset"],
            "protocol": "each against all",
            "num_test_images": 896,
            "num_test_classes": 5,
            "test": {"recall_at_1": recall, "nmi": 0.5, "nmi_std": 0.01},
            "selected_epoch": 1,
            "seconds": SECONDS,
            "versions": VERSIONS,
            "config": config,
        }
        if intervals:
            result["intervals"] = intervals
        (path / "result.json").write_text(json.dumps(result))
    return path


def change_result(path, **changes):
    result = json.loads((path / "result.json").read_text())
    (path / "result.json").write_text(json.dumps({**result, **changes}))


def read(*paths):
    return [comparison.read_run(path) for path in paths]


def named(paths):
    """Runs as the program names them."""
    names = comparison.short_names(paths)
    return [
        dataclasses.replace(run, name=name)
        for run, name in zip(read(*paths), names)
    ]


@pytest.fixture
def seeds(tmp_path):
    """Two groups of seeds 0, 1, 2, the second better by 0.1, 0.2 and 0.3."""
    recalls = {"control": (0.4, 0.5, 0.6), "learners": (0.5, 0.7, 0.9)}
    return [
        write_run(
            tmp_path / group / str(seed),
            recall=values[seed],
            seed=seed,
            num_learners=1 if group == "control" else 4,
        )
        for group, values in recalls.items()
        for seed in range(3)
    ]


def test_only_settings_that_differ_are_told(tmp_path):
    runs = read(
        write_run(tmp_path / "a", margin=0.2),
        write_run(tmp_path / "b", margin=0.1, loss="triplet"),
    )
    assert comparison.differing_settings(runs) == ["loss", "margin"]
    header, rows = tables.settings_table(runs)
    assert header == ["", "loss", "margin"]
    assert rows == [["a", "margin", "0.2"], ["b", "triplet", "0.1"]]


def test_a_setting_that_an_old_version_lacks_has_its_default(tmp_path):
    runs = read(
        write_run(tmp_path / "old"), write_run(tmp_path / "new", turns="equal")
    )
    assert comparison.differing_settings(runs) == []
    assert tables.settings_table(runs)[1] == []


def test_settings_are_those_of_the_result_without_a_config(tmp_path):
    (write_run(tmp_path / "a", margin=0.7) / "config.json").unlink()
    (run,) = read(tmp_path / "a")
    assert run.settings["margin"] == 0.7
    assert run.problems == ()


def test_the_total_has_no_second_twice(tmp_path):
    # Waiting for images is part of training: 10 + 3 + 2.
    runs = read(write_run(tmp_path / "a"))
    header, rows = tables.training_table(runs)
    assert rows[0][1:] == ["2", "1", "10.0", "3.0", "2.0", "9.0", "15.0"]
    assert header[1:3] == ["epochs", "selected"]
    assert header[-2:] == ["input_wait", "total"]


def test_intervals_stand_below_their_metrics(tmp_path):
    runs = read(
        write_run(tmp_path / "a", intervals={"recall_at_1": [0.45, 0.5504]}),
        write_run(tmp_path / "old"),
    )
    assert tables.metrics_table(runs) == (
        ["", "R@1", "NMI"],
        [
            ["a", "0.5000", "0.5000"],
            ["", "0.450-0.550", ""],
            ["old", "0.5000", "0.5000"],
        ],
    )


def test_runs_that_differ_in_their_seed_are_a_group(seeds):
    control, learners = comparison.group_runs(named(seeds))
    assert (control.name, learners.name) == ("control", "learners")
    assert control.seeds == ["0", "1", "2"]
    assert control.mean()["recall_at_1"] == pytest.approx(0.5)
    assert control.deviation()["recall_at_1"] == pytest.approx(0.1)
    assert learners.mean()["recall_at_1"] == pytest.approx(0.7)
    assert learners.deviation()["recall_at_1"] == pytest.approx(0.2)


def test_groups_are_compared_seed_by_seed(seeds):
    control, learners = comparison.group_runs(named(seeds))
    pairs, differences = learners.difference(control)
    assert pairs == ["0", "1", "2"]
    # Differences 0.1, 0.2, 0.3; t(0.975, 2) = 4.30265, error 0.1 / sqrt(3).
    assert differences["recall_at_1"] == pytest.approx(
        (0.2, 0.2 - 0.248414, 0.2 + 0.248414), abs=1e-5
    )
    assert differences["nmi"] == (0.0, 0.0, 0.0)


def test_only_seeds_of_both_groups_are_compared(seeds):
    control, learners = comparison.group_runs(named(seeds[:2] + seeds[4:]))
    pairs, differences = learners.difference(control)
    assert pairs == ["1"]
    assert differences["recall_at_1"].mean == pytest.approx(0.2)


def test_groups_without_a_common_seed_are_not_compared(seeds):
    control, learners = comparison.group_runs(named(seeds[:2] + seeds[5:]))
    assert learners.difference(control) is None


def test_groups_of_other_test_images_are_not_compared(seeds):
    for path in seeds[3:]:
        change_result(path, num_test_images=7)
    control, learners = comparison.group_runs(named(seeds))
    assert learners.difference(control) is None


def test_a_seed_that_was_run_twice_makes_no_pairs(tmp_path, seeds):
    again = write_run(tmp_path / "control" / "again", num_learners=1)
    control, learners = comparison.group_runs(named([*seeds, again]))
    assert len(control.finished) == 4
    assert learners.difference(control) is None


@pytest.mark.parametrize(
    "names, expected",
    [
        (("cvpr2019/0", "cvpr2019/1"), "cvpr2019"),
        (("digits", "digits-2"), "digits"),
        (("seed10", "seed11"), "seed"),
        (("a", "b"), "a +1"),
    ],
)
def test_a_group_has_what_its_names_have_in_common(tmp_path, names, expected):
    paths = [
        write_run(tmp_path / name, seed=seed) for seed, name in enumerate(names)
    ]
    other = write_run(tmp_path / "other", margin=0.7)
    group, _ = comparison.group_runs(named([*paths, other]))
    assert group.name == expected


def test_other_data_and_protocols_are_warned_of(tmp_path):
    paths = [write_run(tmp_path / name) for name in "abc"]
    change_result(paths[2], dataset="omniglot", protocol="another")
    assert comparison.find_warnings(read(*paths)) == [
        "not comparable: the data sets differ: digits (a and 1 more); "
        "omniglot (c)",
        "not comparable: the protocols differ: each against all (a and 1 "
        "more); another (c)",
    ]


def test_other_versions_are_warned_of(tmp_path):
    paths = [write_run(tmp_path / name) for name in "ab"]
    assert comparison.find_warnings(read(*paths)) == []
    change_result(paths[1], versions={**VERSIONS, "tensorflow": "2.21.0"})
    assert comparison.find_warnings(read(*paths)) == [
        "the versions of tensorflow differ: 2.15.1 (a); 2.21.0 (b)"
    ]


@pytest.mark.parametrize(
    "file, text, problem",
    [
        ("config.json", "{", "config.json cannot be read"),
        ("config.json", "[1]", "config.json cannot be read"),
        ("result.json", "null", "result.json cannot be read"),
        (
            "log.jsonl",
            '{"epoch": 0}\n{"ep',
            "log.jsonl cannot be read in line 2",
        ),
        (
            "log.jsonl",
            "x\n3\n",
            "log.jsonl cannot be read in line 1 and 1 more",
        ),
        ("log.jsonl", "\xff\n", "log.jsonl cannot be read in line 1"),
    ],
)
def test_a_broken_file_is_told_and_left_out(tmp_path, file, text, problem):
    path = write_run(tmp_path / "a")
    (path / file).write_bytes(text.encode("latin-1"))
    (run,) = read(path)
    assert run.problems == (problem,)
    assert run.is_finished == (file != "result.json")


@pytest.mark.parametrize(
    "changes",
    [
        {"test": None},
        {"test": {"recall_at_1": "high", "nmi": None}},
        {"test": {"recall_at_1": float("nan")}},
    ],
)
def test_a_result_without_numbers_is_unfinished(tmp_path, changes):
    change_result(write_run(tmp_path / "a"), **changes)
    assert not read(tmp_path / "a")[0].is_finished


def test_values_of_a_wrong_kind_are_left_out(tmp_path):
    path = write_run(tmp_path / "a", intervals={"recall_at_1": 3, "nmi": [1]})
    change_result(path, seconds=[1], versions="none")
    (run,) = read(path)
    assert (run.intervals, run.seconds, run.versions) == ({}, {}, {})
    assert run.total_seconds is None


def test_a_wide_table_goes_on_below():
    lines = tables.format_table(
        ["", "first", "second"], [["a", "1", "2"], ["longer", "3", "4"]], 16
    )
    assert lines == [
        "        first",
        "a           1",
        "longer      3",
        "",
        "        second",
        "a            2",
        "longer       4",
    ]


def test_the_program_prints_what_differs(start, seeds):
    ended = start("compare", *seeds)
    assert ended.code == 0
    assert ended.stderr == ""
    lines = [line.split() for line in ended.stdout.splitlines()]
    assert ["control/0", "1", "0"] in lines  # num_learners, seed
    assert ["learners/2", "0.9000", "0.5000"] in lines
    assert ["learners", "0,1,2", "0.7000", "0.5000"] in lines
    assert ["std", "0.2000", "0.0000"] in lines
    assert ["learners", "0,1,2", "+0.2000", "+0.0000"] in lines
    assert ["low", "-0.0484", "+0.0000"] in lines
    assert max(map(len, ended.stdout.splitlines())) <= 80


def test_an_unfinished_run_shows_its_last_epoch(start, tmp_path):
    write_run(tmp_path / "a")
    write_run(tmp_path / "b", finished=False, epochs=9)
    ended = start("compare", "a", "b")
    assert ended.stdout.splitlines()[-1] == (
        "unfinished: b: epoch 1, loss 0.375, val_recall_at_1 0.25"
    )
    lines = [line.split() for line in ended.stdout.splitlines()]
    assert ["b", "2", "of", "9", "-", "-", "-", "-", "-", "-"] in lines


def test_folders_that_are_no_runs_are_left_out(start, tmp_path):
    write_run(tmp_path / "a")
    write_run(tmp_path / "b")
    ended = start("compare", "a", "gone", "b", "a/")
    assert ended.code == 0
    assert ended.stderr == (
        "left out: A run must be a folder written by dnc_keras.train. "
        "Received: 'gone', without a config.json or result.json.\n"
    )
    # In the tables of metrics and of epochs.
    assert ended.stdout.count("\nb ") == ended.stdout.count("\na  ") == 2


@pytest.mark.parametrize(
    "arguments, counts",
    [((), "0 among 0"), (("a",), "1 among 1"), (("a", "gone"), "1 among 2")],
)
def test_less_than_two_runs_are_refused(start, tmp_path, arguments, counts):
    write_run(tmp_path / "a")
    ended = start("compare", *arguments)
    assert ended.code == 2
    assert ended.stdout == ""
    assert ended.stderr.splitlines()[-1] == (
        "error: A comparison needs the folders of two runs or more. Received: "
        f"{counts} folders. See --help."
    )


def test_odd_names_are_printed_harmlessly(start, tmp_path):
    odd = "a\nb\x1b[31m\u202e"
    write_run(tmp_path / odd)
    write_run(tmp_path / "other", finished=False, loss="x\ty\x07")
    ended = start("compare", odd, "other", "--csv=out.csv")
    assert r"a\nb\x1b[31m\u202e" in ended.stdout
    assert r"x\ty\x07" in ended.stdout
    assert not {"\x1b", "\x07", "\u202e", "\t"} & set(ended.stdout)
    with open("out.csv", newline="") as file:
        assert len(list(csv.reader(file))) == 3


def test_the_csv_has_one_row_a_run(start, seeds, tmp_path):
    change_result(seeds[0], intervals={"recall_at_1": [0.3, 0.45]})
    start("compare", *seeds, "--csv=out.csv")
    with open("out.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["group"] for row in rows] == ["control"] * 3 + ["learners"] * 3
    assert [row["seed"] for row in rows] == ["0", "1", "2"] * 2
    assert float(rows[0]["test_recall_at_1"]) == 0.4
    assert rows[0]["test_recall_at_1_low"] == "0.3"
    assert rows[1]["test_recall_at_1_low"] == ""
    assert rows[0]["seconds_total"] == "15.0"
    assert "margin" not in rows[0]


def test_the_json_has_everything(start, seeds):
    (seeds[0] / "log.jsonl").write_text('{"epoch": 0, "loss": NaN}\n')
    start("compare", "--json=out.json", *seeds)
    with open("out.json") as file:
        content = json.load(file, parse_constant=pytest.fail)
    assert content["settings"] == ["num_learners", "seed"]
    assert content["warnings"] == []
    assert content["runs"][0]["log"] == [{"epoch": 0, "loss": None}]
    control, learners = content["groups"]
    assert control["difference"] is None
    assert control["runs"] == ["control/0", "control/1", "control/2"]
    found = learners["difference"]["metrics"]["recall_at_1"]
    assert found["mean"] == pytest.approx(0.2)
    assert found["high"] == pytest.approx(0.448414, abs=1e-5)


@pytest.mark.parametrize("finished", [True, False])
def test_the_picture_is_a_png(start, tmp_path, finished):
    pytest.importorskip("matplotlib")
    write_run(
        tmp_path / "a$b_$",
        finished=finished,
        intervals={"recall_at_1": [0.4, 0.6]},
    )
    (write_run(tmp_path / "\u56fe", finished=finished) / "log.jsonl").unlink()
    assert start("compare", "a$b_$", "\u56fe", "--png=out.png").code == 0
    image = tf.io.decode_png((tmp_path / "out.png").read_bytes())
    assert image.shape[:2] == (450, 1200 if finished else 600)
    assert len(set(tf.reshape(image, [-1]).numpy().tolist())) > 10


def test_a_run_without_validation_has_a_curve_of_its_loss(tmp_path):
    pytest.importorskip("matplotlib")
    from dnc_keras.comparison import drawing

    write_run(tmp_path / "a")
    write_run(tmp_path / "b")
    (tmp_path / "b" / "log.jsonl").write_text('{"epoch": 0, "loss": 0.5}\n')
    a, b = read(tmp_path / "a", tmp_path / "b")
    assert drawing.curves_of([a, b]) == {
        "val_recall_at_1": {a: {0: 0.25, 1: 0.25}},
        "loss": {b: {0: 0.5}},
    }


def test_the_picture_needs_matplotlib(start, tmp_path, monkeypatch):
    monkeypatch.delitem(
        sys.modules, "dnc_keras.comparison.drawing", raising=False
    )
    monkeypatch.delattr(comparison, "drawing", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    write_run(tmp_path / "a")
    write_run(tmp_path / "b")
    ended = start("compare", "a", "b", "--png=out.png")
    assert ended.code == 2
    assert ended.stderr.startswith("error: --png needs matplotlib. Received:")
    assert ended.stderr.endswith('Run `pip install "dnc-keras[report]"`.\n')


@pytest.mark.parametrize("flag", ["png", "csv", "json"])
def test_a_file_in_no_folder_is_refused_first(start, flag):
    ended = start("compare", "gone", "gone2", f"--{flag}=nowhere/out")
    assert ended.code == 2
    assert f"--{flag} must be a file in a folder that" in ended.stderr


def test_the_program_helps(start):
    ended = start("compare", "--help")
    assert ended.code == 0
    assert "python -m dnc_keras.compare runs/digits runs/digits-2" in (
        ended.stdout
    )
    for name in ("png", "csv", "json"):
        assert f"--{name}" in ended.stdout


def test_a_mean_curve_has_the_epochs_of_all():
    pytest.importorskip("matplotlib")
    from dnc_keras.comparison import drawing

    mean = drawing.mean_curve([{0: 1.0, 2: 3.0, 4: 5.0}, {0: 3.0, 4: 6.0}])
    assert mean == {0: 2.0, 4: 5.5}
