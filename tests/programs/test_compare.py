"""The program that compares runs, as a user starts it."""

from __future__ import annotations

import csv
import json
import sys

import pytest
import tensorflow as tf
from helpers.compared_runs import change_result
from helpers.compared_runs import write_measured
from helpers.compared_runs import write_run

from dnc_keras import comparison


def test_the_program_prints_what_differs(start, seeds):
    ended = start("compare", *seeds)
    assert ended.code == 0
    assert ended.stderr == ""
    lines = [line.split() for line in ended.stdout.splitlines()]
    assert ["control/0", "1", "0"] in lines  # num_learners, seed
    assert ["learners/2", "0.9000", "0.5000"] in lines
    assert ["learners", "0,1,2", "0.7000", "0.5000"] in lines
    assert ["std", "0.2000", "0.0000"] in lines
    assert (
        "Difference to control, over 3 seeds, with Student's 95% interval"
        in (ended.stdout)
    )
    assert ["learners", "mean", "+0.2000", "+0.0000"] in lines
    assert ["low", "-0.0484", "+0.0000"] in lines
    assert ["p", "0.0742", "1.0000"] in lines
    told = " ".join(ended.stdout.split())
    assert (
        "Verdict learners and control cannot be told apart in R@1: +20.0 "
        "points (95%: -4.8 to 44.8 over 3 seeds; p = 0.074)."
    ) in told
    assert max(map(len, ended.stdout.splitlines())) <= 80


@pytest.fixture
def pair(tmp_path):
    """Runs a and b: b finds one of two queries more in each of 20 classes."""
    labels = [label for label in range(20) for _ in range(2)]
    write_measured(tmp_path / "a", [0, 0] * 20, labels)
    write_measured(tmp_path / "b", [0, 1] * 20, labels, margin=0.7)


def test_two_runs_get_a_verdict_over_test_classes(start, pair):
    ended = start("compare", "a", "b")
    lines = [line.split() for line in ended.stdout.splitlines()]
    assert "Difference to a, over 20 test classes, with 95% interval" in (
        ended.stdout
    )
    assert ["b", "mean", "+0.5000"] in lines
    assert ["better", "20"] in lines
    assert ["worse", "0"] in lines
    told = " ".join(ended.stdout.split())
    assert (
        "Verdict b is above a in R@1 by 50.0 points (95%: 50.0 to 50.0 over 20 "
        "test classes; p < 0.001). A difference over test classes is that of "
    ) in told
    assert max(map(len, ended.stdout.splitlines())) <= 80


@pytest.mark.parametrize("arguments", [("a", "b"), ("a",), ("b", "a")])
def test_the_baseline_is_named(start, pair, arguments):
    ended = start("compare", *arguments, "--baseline=b")
    assert "a is below b in R@1 by 50.0 points" in ended.stdout


def test_a_baseline_that_is_no_run_is_refused(start, pair):
    ended = start("compare", "a", "b", "--baseline=gone")
    assert (ended.code, ended.stdout) == (2, "")
    assert "written by dnc_keras.train. Received: 'gone'" in ended.stderr


def test_a_baseline_without_a_result_is_refused(start, pair, tmp_path):
    write_run(tmp_path / "c", finished=False)
    ended = start("compare", "a", "b", "--baseline=c")
    assert (ended.code, ended.stdout) == (2, "")
    assert ended.stderr.splitlines()[-1] == (
        "error: --baseline must be a run with test metrics. Received: c, "
        "unfinished. Use another run, or finish it."
    )


def test_the_first_run_with_a_result_is_the_baseline(start, pair, tmp_path):
    write_run(tmp_path / "c", finished=False)
    ended = start("compare", "c", "a", "b")
    assert "b is above a in R@1" in ended.stdout


def test_runs_on_other_test_images_get_a_reason(start, pair, tmp_path):
    change_result(tmp_path / "b", num_test_images=7)
    ended = start("compare", "a", "b")
    assert ended.code == 0
    assert "Difference to" not in ended.stdout
    told = " ".join(ended.stdout.split())
    assert (
        "Verdict b is not compared with a: the test images differ: 7 of 5 "
        "classes (b); 896 of 5 classes (a)."
    ) in told


def test_differences_stand_in_csv_and_json(start, pair):
    start("compare", "a", "b", "--csv=out.csv", "--json=out.json")
    with open("out.csv", newline="") as file:
        baseline, other = csv.DictReader(file)
    assert baseline["verdict"] == baseline["difference_recall_at_1"] == ""
    assert (other["baseline"], other["verdict"]) == ("a", "above")
    assert (other["compared_over"], other["num_compared_over"]) == (
        "classes",
        "20",
    )
    assert other["difference_recall_at_1"] == "0.5"
    assert other["difference_recall_at_1_low"] == "0.5"
    assert float(other["difference_recall_at_1_p"]) < 0.001
    with open("out.json") as file:
        (compared,) = json.load(file)["comparisons"]
    assert compared["same_test_images_checked"] is True
    found = compared["metrics"]["recall_at_1"]
    assert (found["num_better"], found["num_worse"]) == (20, 0)
    assert found["p_value_corrected"] == found["p_value"]


def test_classes_that_change_most_are_shown_and_kept(start, tmp_path):
    labels = [0, 0, 1, 1, 2, 2]
    write_measured(tmp_path / "a", [0, 1, 1, 1, 1, 0], labels)
    write_measured(tmp_path / "b", [1, 1, 0, 0, 1, 0], labels, margin=0.7)
    ended = start("compare", "a", "b", "--classes_csv=out.csv")
    _, classes = ended.stdout.split("Classes that change most from a to b")
    lines = [line.split() for line in classes.splitlines()]
    assert lines[2:5] == [
        ["queries", "R@1"],
        ["class", "0", "2", "+0.5000"],
        ["class", "1", "2", "-1.0000"],
    ]
    with open("out.csv", newline="") as file:
        rows = [list(row.values()) for row in csv.DictReader(file)]
    assert rows == [
        ["b", "a", "class 0", "2", "0.5"],
        ["b", "a", "class 1", "2", "-1.0"],
        ["b", "a", "class 2", "2", "0.0"],
    ]


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
    tables, _ = ended.stdout.split("Verdict")
    assert tables.count("\nb ") == tables.count("\na  ") == 2


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


def test_queries_that_were_left_out_are_told(start, seeds):
    told = {"num_queries": 9, "num_queries_left_out": 2}
    change_result(seeds[0], **told, left_out_because="one camera (2)")
    ended = start("compare", *seeds, "--csv=out.csv", "--json=out.json")
    line = "control/0 leaves out 2 of 9 queries: one camera (2)"
    assert line in ended.stdout.splitlines()
    with open("out.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["num_queries_left_out"] for row in rows[:2]] == ["2", ""]
    with open("out.json") as file:
        runs = json.load(file)["runs"]
    assert runs[0]["left_out_because"] == "one camera (2)"


def test_the_json_has_everything(start, seeds):
    (seeds[0] / "log.jsonl").write_text('{"epoch": 0, "loss": NaN}\n')
    start("compare", "--json=out.json", *seeds)
    with open("out.json") as file:
        content = json.load(file, parse_constant=pytest.fail)
    assert content["settings"] == ["num_learners", "seed"]
    assert content["warnings"] == []
    assert content["runs"][0]["log"] == [{"epoch": 0, "loss": None}]
    control, learners = content["groups"]
    assert control["runs"] == ["control/0", "control/1", "control/2"]
    assert learners["mean"]["recall_at_1"] == pytest.approx(0.7)
    (compared,) = content["comparisons"]
    assert compared["runs"] == learners["runs"]
    assert (compared["over"], compared["num_units"]) == ("seeds", 3)
    assert (compared["baseline"], compared["state"]) == (
        "control",
        "not told apart",
    )
    found = compared["metrics"]["recall_at_1"]
    assert found["mean"] == pytest.approx(0.2)
    assert found["high"] == pytest.approx(0.448414, abs=1e-5)
    assert content["verdict"][0].startswith("learners and control cannot")


def test_the_picture_has_the_differences(start, pair, tmp_path):
    pytest.importorskip("matplotlib")
    assert start("compare", "a", "b", "--png=out.png").code == 0
    image = tf.io.decode_png((tmp_path / "out.png").read_bytes())
    assert image.shape[:2] == (450, 1800)


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


@pytest.mark.parametrize("flag", ["png", "csv", "classes_csv", "json"])
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
    for name in ("baseline", "png", "csv", "classes_csv", "json"):
        assert f"--{name}" in ended.stdout


def test_a_mean_curve_has_the_epochs_of_all():
    pytest.importorskip("matplotlib")
    from dnc_keras.comparison import drawing

    mean = drawing.mean_curve([{0: 1.0, 2: 3.0, 4: 5.0}, {0: 3.0, 4: 6.0}])
    assert mean == {0: 2.0, 4: 5.5}
