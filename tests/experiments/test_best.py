"""The flagfile of the best variant."""

from __future__ import annotations

import dataclasses

import pytest

from dnc_keras import TrainConfig
from dnc_keras.config.words import read_words
from dnc_keras.experiments import best
from dnc_keras.experiments import verdict


@pytest.fixture
def written(group, tmp_path):
    """(comments, settings) of the file for a variant with some settings."""

    def written(**settings):
        control = group("control", [0.5, 0.5], [0.5, 0.5])
        other = group("other", [0.5, 0.5], [0.75, 0.75])
        winner = verdict.winner_of([control, other])
        config = TrainConfig(epochs=9, validation_fraction=0.25, **settings)
        path = tmp_path / "mine.cfg"
        best.write_best(path, "plan", winner, control, config)
        lines = path.read_text().splitlines()
        comments = [line for line in lines if line.startswith("#")]
        return comments, read_words(lines[len(comments) :], "file")

    return written


def test_it_trains_on_all_training_classes(written):
    comments, settings = written(num_learners=1, flip=False, margin=0.5)
    assert settings["select"] == "last"
    config = TrainConfig(**settings)
    asked = TrainConfig(
        num_learners=1, flip=False, margin=0.5, select="last", epochs=2
    )
    assert dataclasses.asdict(config) == dataclasses.asdict(asked)
    text = " ".join(comments)
    assert "other (R@1 75.0, +25.0 to the control" in text
    assert "Seeds: 0, 1. Held out for the choice: 0.25 of the train" in text


def test_epochs_are_the_median_of_the_best_ones(written):
    comments, settings = written(num_learners=1)
    # Both chose the epoch 1, the second one.
    assert settings["epochs"] == 2
    assert comments[-1] == "# Epochs: the median, best after 2, 2 of 9."


@pytest.mark.parametrize(
    "changes",
    [{"num_learners": 4}, {"num_learners": 1, "schedule": "cosine"}],
)
def test_shares_of_all_epochs_keep_their_number(written, changes):
    comments, settings = written(**changes)
    assert settings["epochs"] == 9
    assert "as in the experiment, best after 2, 2 of 9" in comments[-1]


def test_every_setting_of_the_recipe_is_there(written):
    _, settings = written()
    left_out = {f.name for f in dataclasses.fields(TrainConfig)} - {*settings}
    assert left_out == {
        "run_dir",
        "resume",
        "seed",
        "report",
        "export",
        "evaluate_before",
        "evaluate_last",
        "checkpoint_every",
        "validation_fraction",
        "monitor",
    }


def test_a_file_of_others_is_kept(written, tmp_path):
    written()
    best.check_best_file(tmp_path / "mine.cfg")
    best.check_best_file(tmp_path / "new.cfg")
    (tmp_path / "other.cfg").write_text("--dataset=folder\n")
    with pytest.raises(ValueError, match="--best must be a new file, or one"):
        best.check_best_file(tmp_path / "other.cfg")
