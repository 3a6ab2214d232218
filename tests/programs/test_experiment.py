"""The program that answers which recipe is the best, as a user starts it."""

from __future__ import annotations

import importlib.util
import json
import signal
import subprocess
import sys
import time
import types

import pytest

_PLAN = """
all: --epochs=2 --steps_per_epoch=2 --validation_fraction=0.4 --noreport
all: --noevaluate_before --image_size=8 --embedding_dim=8 --head=

control: --num_learners=1
two: --num_learners=2
broken: --weights=gone.h5
"""
_FLAGS = ("--plan=tiny.plan", "--seeds=0", "--work_dir=w", "--best=mine.cfg")


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    """An experiment that was stopped once, and went on to its end."""
    folder = tmp_path_factory.mktemp("experiment")
    (folder / "tiny.plan").write_text(_PLAN)
    stopped = _stop_in_a_run(folder)
    before = (folder / "w/control-0/log.jsonl").read_bytes()
    return types.SimpleNamespace(
        folder=folder, stopped=stopped, before=before, ended=_end(folder)
    )


def _command(*flags):
    return [sys.executable, "-m", "dnc_keras.experiment", *_FLAGS, *flags]


def _end(folder):
    return subprocess.run(
        _command(), cwd=folder, capture_output=True, text=True
    )


def _stop_in_a_run(folder):
    """(exit code, stderr) of the program, which has trained one epoch."""
    with subprocess.Popen(
        _command(), cwd=folder, stderr=subprocess.PIPE, text=True
    ) as program:
        log, end = folder / "w/control-0/log.jsonl", time.time() + 120
        while not (log.exists() and log.stat().st_size):
            assert program.poll() is None and time.time() < end
            time.sleep(0.02)
        program.send_signal(signal.SIGTERM)
        _, stderr = program.communicate(timeout=120)
    return program.returncode, stderr


def test_a_stop_loses_nothing(experiment):
    code, stderr = experiment.stopped
    assert code == 128 + signal.SIGTERM
    assert stderr.splitlines()[-1] == (
        "Stopped by SIGTERM. Nothing is lost: the same command, started again, "
        "goes on."
    )
    log = (experiment.folder / "w/control-0/log.jsonl").read_bytes()
    assert experiment.before and log.startswith(experiment.before)
    assert len(log.splitlines()) == 2


def test_a_failed_run_is_told_and_the_others_go_on(experiment):
    ended = experiment.ended
    assert ended.returncode == 1
    told = [x for x in ended.stderr.splitlines() if x.startswith("failed: ")]
    assert [line.split(": ")[1] for line in told] == ["broken-0"]
    assert "gone.h5" in told[0] and told[0].endswith("(w/broken-0.log)")
    assert "Traceback" not in ended.stderr
    runs = experiment.folder / "w"
    for name in ("control-0", "two-0"):
        assert (runs / name / "result.json").is_file()


def test_nothing_is_begun_without_a_control(start, tmp_path):
    (tmp_path / "all.plan").write_text(_PLAN)
    ended = start(
        *("experiment", "--plan=all.plan", "--work_dir=w", "--jobs=1"),
        *("--dataset=folder", "--data_dir=gone"),
        *("--backbone=small_cnn", "--weights="),
    )
    assert ended.code == 1
    first, last = ended.stderr.splitlines()[-2:]
    assert first.startswith("failed: control-0: error: ") and "gone" in first
    assert last == "stopped, as it is the control"
    assert "nothing can be compared" in ended.stdout
    assert not list((tmp_path / "w").glob("two-*"))


def test_the_pages_are_written_and_printed(experiment):
    folder = experiment.folder / "w"
    text = (folder / "experiment.md").read_text(encoding="utf-8")
    assert text in experiment.ended.stdout
    assert text.startswith("broken has no result. One seed tells no diff")
    assert "Chosen on validation classes only" in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[:2] for row in rows[2:]] == [
        ["| control", "0"],
        ["| two", "0"],
    ]
    content = json.loads((folder / "experiment.json").read_text())
    assert content["failed"].keys() == {"broken-0"}
    assert (folder / "experiment.csv").read_text().count("\n") == 3


def test_curves_are_drawn_where_matplotlib_is(experiment):
    is_there = importlib.util.find_spec("matplotlib") is not None
    assert (experiment.folder / "w/experiment.png").exists() == is_there
    assert ("no picture: " in experiment.ended.stderr) != is_there


def test_runs_have_the_settings_of_the_plan(experiment):
    result = experiment.folder / "w/two-0/result.json"
    config = json.loads(result.read_text())["config"]
    assert (config["num_learners"], config["seed"]) == (2, 0)
    # The recipe of the digits says `last`, and no flips.
    assert (config["select"], config["flip"]) == ("validation", False)


def test_the_best_flags_are_those_of_the_training_program(
    experiment, settings_of
):
    settings = settings_of(f"--flagfile={experiment.folder / 'mine.cfg'}")
    content = json.loads((experiment.folder / "w/experiment.json").read_text())
    learners = {"control": 1, "two": 2}[content["chosen_on_validation"]]
    assert settings.num_learners == learners
    assert (settings.select, settings.flip) == ("last", False)
    assert experiment.ended.stdout.splitlines()[-1] == (
        "Next: python -m dnc_keras.train --flagfile=mine.cfg"
    )


def _given(experiment, *flags):
    folder = experiment.folder
    return (
        *(f"--plan={folder / 'tiny.plan'}", f"--work_dir={folder / 'w'}"),
        *("--seeds=0", *flags),
    )


def test_finished_runs_are_not_trained_again(experiment, start):
    result = experiment.folder / "w/two-0/result.json"
    before = result.stat().st_mtime_ns
    ended = start("experiment", *_given(experiment, "--variants=two"))
    assert ended.code == 0
    assert ended.stdout.startswith("0 of 2 runs to train\n")
    assert "broken" not in ended.stdout
    assert result.stat().st_mtime_ns == before


def test_runs_of_other_settings_are_never_mixed(experiment, refused):
    line = refused("experiment", *_given(experiment, "--margin=0.3"))
    assert line.startswith(
        "error: Runs of other settings are never compared: use another "
        "--work_dir, or the flags as they were."
    )
    assert "a finished run with another margin" in line


@pytest.mark.parametrize(
    "flags, words",
    [
        (("--seeds=1,1",), "seeds must be different integers of 0 or more"),
        (("--seeds=-1",), "seeds must be different integers of 0 or more"),
        (("--jobs=0",), "jobs must be an integer above 0"),
        (("--work_dir=",), "Received: no --work_dir."),
        (("--plan=gone",), "--plan must be a file, or one of cars196"),
        (("--variants=x",), "must be of the plan: control, two. Received: x."),
        (("--select=test",), "never by test classes. Received: select=test."),
        (("--embedding_dim=7",), "bad.plan, line 2: num_learners must divide"),
        (("--loss=gone",), "bad.plan, line 1: loss must be one of margin, "),
        (("--loss=gone:loss",), "bad.plan, line 1: loss must name a function"),
        (("--best=kept.cfg",), "--best must be a new file, or one of dnc_kera"),
    ],
)
def test_bad_input_is_refused_before_any_run(refused, tmp_path, flags, words):
    (tmp_path / "bad.plan").write_text("control:\ntwo: --num_learners=2\n")
    (tmp_path / "kept.cfg").write_text("--mine\n")
    base = ("--plan=bad.plan", "--work_dir=w", "--num_learners=1")
    assert words in refused("experiment", *base, *flags)
    assert not (tmp_path / "w").exists()


def test_a_bad_flag_of_a_plan_is_named(refused, tmp_path):
    (tmp_path / "bad.plan").write_text("control:\n\ntwo: --num_lerners=2\n")
    assert refused("experiment", "--plan=bad.plan", "--work_dir=w") == (
        "error: bad.plan, line 3: flags must be those of dnc_keras.train. "
        "Received: --num_lerners=2. Did you mean --num_learners?"
    )


def test_the_program_helps(start):
    ended = start("experiment", "--help")
    assert ended.code == 0
    assert "python -m dnc_keras.experiment --plan=recipes" in ended.stdout
    for name in ("plan", "seeds", "best", "learning_rate"):
        assert f"--{name}" in ended.stdout
    for name in ("run_dir", "seed:"):
        assert f"--{name}" not in ended.stdout
