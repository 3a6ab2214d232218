"""A plain `fit` leaves the folder of a run, which programs read."""

import copy
import json
import re

import numpy as np
import pytest
import tensorflow as tf
from helpers import resumed_fits
from helpers.programs import run_here
from helpers.resumed_fits import IMAGES
from helpers.resumed_fits import LABELS
from helpers.resumed_fits import TEST_IMAGES
from helpers.resumed_fits import TEST_LABELS
from helpers.training_runs import log_of

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras.callbacks import Resume
from dnc_keras.callbacks import RetrievalEvaluation
from dnc_keras.callbacks import RunRecorder
from dnc_keras.runs import RunDirectory
from dnc_keras.runs.queries import load_query_values
from dnc_keras.runs.trained import TrainedRun


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The folder of a divided model, with test images; only to be read."""
    folder = tmp_path_factory.mktemp("runs") / "shoes"
    resumed_fits.fit(folder)
    return RunDirectory(folder)


def fit_plain(
    folder, others=(), num_epochs=2, resume=False, first_epoch=0, **arguments
):
    """Fits a model without learners; its weights are set by hand."""
    pixels = keras.Input([4, 4, 1])
    rows = keras.layers.Dense(3)(keras.layers.Flatten()(pixels))
    model = keras.Model(pixels, rows)
    model.compile(keras.optimizers.SGD(0.0), dnc.losses.TripletHardLoss())
    recorder = RunRecorder(folder, **arguments)
    return model.fit(
        *(IMAGES, LABELS),
        epochs=num_epochs,
        initial_epoch=first_epoch,
        shuffle=False,
        verbose=0,
        callbacks=[recorder, *others, *[Resume(folder)] * resume],
    )


class Scores(keras.callbacks.Callback):
    """Puts given values into the logs, one an epoch."""

    def __init__(self, *scores, name="score"):
        super().__init__()
        self.scores = scores
        self.name = name

    def on_epoch_end(self, epoch, logs=None):
        logs[self.name] = self.scores[epoch]


class Stop(keras.callbacks.Callback):
    """Stops after an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = epoch == self.epoch


def result_of(folder):
    return json.loads(RunDirectory(folder).result.read_text())


def test_all_files_of_a_run_are_there(recorded):
    names = {path.name for path in recorded.path.iterdir()}
    assert names == {
        *(".lock", "config.json", "log.jsonl", "result.json", "report.html"),
        *("assignments", "checkpoints", "queries.npz", "tensorboard"),
    }
    for file in (recorded.config, recorded.result):
        assert json.loads(file.read_text())["format_version"] == 1


def test_the_settings_are_those_of_all_parts(recorded):
    config = json.loads(recorded.config.read_text())
    expected = {
        "trained_by": "fit",
        "model": "DivideAndConquer",
        "model.num_learners": 2,
        "compile.optimizer": "Adam",
        "compile.loss": "MarginLoss",
        "compile.loss.num_classes": 8,
        "sampler.batch_size": 8,
        "recluster.every": 1,
        "epochs": 5,
    }
    assert {name: config[name] for name in expected} == expected
    rate = config["compile.optimizer.learning_rate"]
    np.testing.assert_allclose(rate, 0.01, rtol=1e-6)


def test_the_result_is_that_of_the_best_epoch(recorded):
    result, log = result_of(recorded.path), log_of(recorded)
    recalls = [line["val_recall_at_1"] for line in log]
    ranks = [
        (line["val_recall_at_1"], line["val_map_at_r"], line["epoch"])
        # Others have the values of the epoch before.
        for line in log[::2]
    ]
    best = max(ranks)[2]
    assert result["selected_epoch"] == best
    assert result["selection"] == "max val_recall_at_1"
    assert result["validation"]["recall_at_1"] == recalls[best]
    model = keras.models.load_model(recorded.best_model)
    test = dnc.metrics.retrieval_metrics(
        model.predict(TEST_IMAGES, verbose=0), TEST_LABELS, ks=[1]
    )
    assert result["test"] == pytest.approx(test, abs=1e-6)
    assert result["num_queries"] == len(TEST_LABELS)
    assert result["num_queries_left_out"] == 0
    assert result["seconds"]["fit"] == pytest.approx(
        sum(line["seconds"] for line in log)
    )


def test_the_metrics_of_each_test_image_are_kept(recorded):
    kept = load_query_values(recorded)
    names = [kept.class_names[label] for label in kept.labels]
    assert names == [str(label) for label in TEST_LABELS]
    test = result_of(recorded.path)["test"]
    assert kept.values.keys() == test.keys()
    for name, each in kept.values.items():
        assert np.nanmean(each) == pytest.approx(test[name]), name


def test_the_curves_are_those_of_the_log(recorded):
    events = [
        (event.step, value.tag, float(tf.make_ndarray(value.tensor)))
        for path in sorted(recorded.tensorboard.iterdir())
        for event in tf.compat.v1.train.summary_iterator(str(path))
        for value in event.summary.value
    ]
    losses = [value for _, tag, value in events if tag == "loss"]
    np.testing.assert_allclose(
        losses, [line["loss"] for line in log_of(recorded)], rtol=1e-6
    )
    assert {"val_recall_at_1", "recluster_moved"} <= {
        tag for _, tag, _ in events
    }


def test_programs_read_it(recorded, tmp_path, capsys):
    fit_plain(tmp_path / "plain", [Scores(0.5, 0.25)])
    paths = [recorded.path, tmp_path / "plain"]
    assert run_here("compare", *paths) == 0
    told = capsys.readouterr().out
    assert "shoes" in told and "MarginLoss" in told
    assert "no test images: " in told and "plain: epoch 1, loss " in told
    assert run_here("report", f"--run_dir={recorded.path}") == 0
    page = recorded.report.read_text()
    sections = re.findall('<section id="(.*?)">', page)
    assert sections == ["results", "curves", "facts", "epochs", "settings"]
    assert "Not here:" not in page
    assert "compile.loss.num_classes" in page
    assert "python -m dnc_keras.train" not in page


@pytest.mark.parametrize("program", ["evaluate", "export_model"])
def test_programs_that_need_the_images_say_so(
    recorded, program, capsys, tmp_path
):
    flags = [f"--run_dir={recorded.path}"]
    flags += [f"--export_dir={tmp_path}"] * (program == "export_model")
    assert run_here(program, *flags) == 2
    told = capsys.readouterr().err
    assert "Received: a run of a fit with RunRecorder. Load" in told
    model = TrainedRun(recorded).model
    assert model(IMAGES[:2]).shape == (2, 8)


@pytest.mark.parametrize(
    "name, mode, expected",
    [
        ("score", "auto", (1, "max score")),
        ("score", "min", (2, "min score")),
        ("val_loss", "auto", (2, "min val_loss")),
        ("val_loss", "max", (1, "max val_loss")),
    ],
)
def test_any_entry_of_the_logs_chooses_the_epoch(
    tmp_path, name, mode, expected
):
    scores = Scores(2, 3, 1, 2, name=name)
    fit_plain(tmp_path, [scores], 4, monitor=name, mode=mode)
    result = result_of(tmp_path)
    assert (result["selected_epoch"], result["selection"]) == expected


def test_of_equal_epochs_the_better_map_then_the_later_one_is_kept(tmp_path):
    scores = Scores(3, 1, 3, 3, 3, name="score")
    tie = Scores(0.5, 0.9, 0.75, 0.75, 0.25, name="val_map_at_r")
    fit_plain(tmp_path, [scores, tie], 5, monitor="score")
    assert result_of(tmp_path)["selected_epoch"] == 3


def test_values_of_an_earlier_epoch_are_no_tie(tmp_path):
    # Weights stay, so epochs 0 and 2 are equal; 1 and 3 are not evaluated.
    evaluate = RetrievalEvaluation(TEST_IMAGES, TEST_LABELS, every=2)
    fit_plain(tmp_path, [evaluate, Stop(3)], 9)
    log = log_of(RunDirectory(tmp_path))
    assert len({line["val_map_at_r"] for line in log}) == 1
    assert len(log) == 4
    assert result_of(tmp_path)["selected_epoch"] == 2


def test_a_measure_that_cannot_rise_is_told(tmp_path, caplog):
    scores = Scores(1.0, 1.0, name="val_recall_at_1")
    fit_plain(tmp_path, [scores])
    told = "val_recall_at_1 is 1 and cannot become better."
    assert caplog.text.count(told) == 1
    assert 'Use monitor="val_map_at_r", or more images' in caplog.text


def test_without_a_measure_the_last_epoch_counts(tmp_path):
    fit_plain(tmp_path)
    result = result_of(tmp_path)
    assert (result["selected_epoch"], result["selection"]) == (1, "last")
    assert result["validation"] == result["test"] == {}
    assert not RunDirectory(tmp_path).best_model.exists()


def test_no_number_is_never_the_best(tmp_path):
    scores = Scores(np.nan, 0.5, np.nan)
    fit_plain(tmp_path, [scores], 3, monitor="score")
    assert result_of(tmp_path)["selected_epoch"] == 1


def test_wrong_arguments_say_what_is_right(tmp_path):
    with pytest.raises(ValueError, match="Use one of .*loss"):
        fit_plain(tmp_path, monitor="val_recall_at_1")
    with pytest.raises(ValueError, match="mode='min' without monitor"):
        RunRecorder(tmp_path, mode="min")
    with pytest.raises(ValueError, match="mode must be one of auto, max, min"):
        RunRecorder(tmp_path, mode="best")
    with pytest.raises(TypeError, match="a tuner keeps and resumes"):
        copy.deepcopy(RunRecorder(tmp_path))


def test_a_run_is_not_written_over(tmp_path):
    fit_plain(tmp_path)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    with pytest.raises(ValueError) as raised:
        fit_plain(tmp_path)
    assert str(raised.value) == (
        f"run_dir must be a new folder. Received: {tmp_path}, which holds a "
        "run. Use another one, or resume it: one of fit with callbacks.Resume, "
        "one of dnc_keras.train by its command."
    )
    after = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert after == before


def test_a_run_of_the_program_is_not_touched(untrained_run):
    before = untrained_run.config.read_bytes()
    for callbacks in ({}, {"resume": True}):
        with pytest.raises(ValueError, match="dnc_keras.train by its command"):
            fit_plain(untrained_run.path, **callbacks)
    assert untrained_run.config.read_bytes() == before


def test_no_epoch_leaves_no_result(tmp_path):
    fit_plain(tmp_path, num_epochs=2, first_epoch=2)
    assert not RunDirectory(tmp_path).result.exists()


def test_a_log_is_not_lost_with_the_checkpoints(tmp_path):
    fit_plain(tmp_path, num_epochs=4, resume=True)
    run = RunDirectory(tmp_path)
    before = run.log.read_bytes()
    for path in run.checkpoints.glob("step_*.npz"):
        path.unlink()
    with pytest.raises(ValueError, match="epoch 0 for .* 4 later ones"):
        fit_plain(tmp_path, num_epochs=4, resume=True)
    assert run.log.read_bytes() == before


@pytest.mark.parametrize("num_epochs", [3, 4])
def test_lost_files_are_made_again(tmp_path, num_epochs, caplog):
    scores = Scores(0.5, 0.9, 0.1, 0.2)
    fit_plain(tmp_path, [scores], 3, resume=True, monitor="score")
    run, result = RunDirectory(tmp_path), result_of(tmp_path)
    for path in (run.config, run.result, run.last_model, run.best_model):
        path.write_bytes(path.read_bytes()[:9])
    fit_plain(tmp_path, [scores], num_epochs, resume=True, monitor="score")
    assert (
        result_of(tmp_path)["selected_epoch"] == result["selected_epoch"] == 1
    )
    assert len(log_of(run)) == num_epochs
    assert run.config.read_text().startswith("{\n")
    for name in ("last", "best"):
        assert f"{name}.keras was lost, and is saved again" in caplog.text
        model = keras.models.load_model(run.checkpoints / f"{name}.keras")
        assert model.count_params() == 51  # 16 pixels to 3 units.


def test_more_settings_are_kept_and_compared(tmp_path):
    settings = {"dataset": "shoes", "size": (8, 4), "folder": tmp_path}
    for _ in range(2):
        fit_plain(tmp_path, resume=True, settings=settings)
    config = json.loads(RunDirectory(tmp_path).config.read_text())
    assert (config["dataset"], config["size"]) == ("shoes", [8, 4])
    assert config["folder"] == str(tmp_path)
    settings = {**settings, "dataset": "hats"}
    with pytest.raises(ValueError, match="a run with another dataset. Use"):
        fit_plain(tmp_path, resume=True, settings=settings)


def test_evaluations_behind_it_are_recorded(tmp_path):
    evaluate = RetrievalEvaluation(IMAGES, LABELS, ks=[1])
    fit_plain(tmp_path, [evaluate])
    assert "val_recall_at_1" in log_of(RunDirectory(tmp_path))[0]
    assert result_of(tmp_path)["selection"] == "max val_recall_at_1"


def test_test_images_that_nothing_can_match_are_refused_at_once(tmp_path):
    alone = np.arange(len(IMAGES))
    with pytest.raises(ValueError, match="RunRecorder needs queries with an"):
        RunRecorder(tmp_path, test_images=IMAGES, test_labels=alone)
    carried = tf.data.Dataset.from_tensor_slices((IMAGES, alone)).batch(8)
    with pytest.raises(ValueError, match="RunRecorder needs queries with an"):
        fit_plain(tmp_path / "run", test_images=carried)
    assert not (tmp_path / "run").exists()
