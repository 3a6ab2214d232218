"""A plain `fit` that ends anywhere is resumed to the same bits."""

import copy
import json
import logging
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from helpers import resumed_fits
from helpers.moments import At
from helpers.resumed_fits import EPOCHS
from helpers.resumed_fits import IMAGES
from helpers.resumed_fits import LABELS
from helpers.resumed_fits import Stopped
from helpers.resumed_fits import divided_model
from helpers.resumed_fits import fit
from helpers.training_runs import log_of

import dnc_keras as dnc
from dnc_keras._keras import dtype_policy
from dnc_keras._keras import keras
from dnc_keras.callbacks import Resume
from dnc_keras.runs import RunDirectory
from dnc_keras.runs.files import read_arrays
from dnc_keras.runs.model_state import state_of


def _stop():
    raise Stopped


def stopped_at(folder, epoch, batch, make_model=divided_model, **arguments):
    with pytest.raises(Stopped):
        at = At(_stop, epoch, batch)
        fit(folder, make_model(), [at], **arguments)


def found(folder, model, history):
    """All that two trainings must have in common, bit for bit."""
    run = RunDirectory(folder)
    files = sorted(run.assignments.glob("*.npz"))
    result = json.loads(run.result.read_text())
    assert run.report.exists()
    return {
        "state": trained(model),
        "history": history.history,
        "epochs": history.epoch,
        "log": [
            {k: v for k, v in line.items() if k != "seconds"}
            for line in log_of(run)
        ],
        "assignments": {
            path.name: read_arrays(path)["assignment"] for path in files
        },
        "best": _weights_in(run.best_model),
        "last": _weights_in(run.last_model),
        "result": {k: result[k] for k in ("selected_epoch", "test")},
    }


def trained(model):
    """Weights and optimizer; Keras forgets running metrics at any time."""
    arrays = state_of(model)
    return {k: v for k, v in arrays.items() if not k.startswith("metric/")}


def _weights_in(path):
    return keras.models.load_model(path).get_weights()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return found(folder, *fit(folder))


def test_the_uninterrupted_one_uses_all_that_is_remembered(whole):
    rates = [line.get("learning_rate", line.get("lr")) for line in whole["log"]]
    # Early stopping has patience for three epochs after the first, and the
    # plateau one; the schedule has 0.9 of the rate before each time.
    np.testing.assert_allclose(
        rates, [0.009, 0.0081, 0.000729, 6.561e-05], rtol=1e-5
    )
    assert whole["epochs"] == [0, 1, 2, 3]
    assert len(whole["assignments"]) > 1
    kinds = {"recluster_agreement", "val_recall_at_1", "loss"}
    assert all(kinds <= set(line) for line in whole["log"])


@pytest.mark.parametrize("moments", [[(0, 1)], [(1, 0), (3, 1)]])
def test_an_end_within_an_epoch_changes_no_bit(whole, tmp_path, moments):
    for moment in moments:
        stopped_at(tmp_path, *moment)
    np.testing.assert_equal(found(tmp_path, *fit(tmp_path)), whole)


# Each of them is one of the files of an epoch.
@pytest.mark.parametrize("number", [2, 5, 13, 14, 15])
def test_an_end_between_two_files_changes_no_bit(
    whole, tmp_path, number, monkeypatch
):
    with pytest.raises(Stopped), monkeypatch.context() as patch:
        replace = resumed_fits.replacing(_stop, number)
        patch.setattr(os, "replace", replace)
        fit(tmp_path)
    np.testing.assert_equal(found(tmp_path, *fit(tmp_path)), whole)


def test_killed_processes_change_no_bit(whole, tmp_path):
    program = resumed_fits.__file__
    for number in (6, 11):
        command = [sys.executable, program, str(tmp_path), str(number)]
        assert subprocess.run(command).returncode == -signal.SIGKILL
    assert not RunDirectory(tmp_path).result.exists()
    np.testing.assert_equal(found(tmp_path, *fit(tmp_path)), whole)


def test_a_broken_checkpoint_is_passed_over(whole, tmp_path, caplog):
    stopped_at(tmp_path, 2, 1)
    newest = max(RunDirectory(tmp_path).checkpoints.glob("step_*.npz"))
    newest.write_bytes(newest.read_bytes()[:100])
    resumed = fit(tmp_path)
    assert "Passed over the checkpoint" in caplog.text
    np.testing.assert_equal(found(tmp_path, *resumed), whole)


def test_what_ended_trains_nothing_more(whole, tmp_path, caplog):
    fit(tmp_path)
    before = RunDirectory(tmp_path).report.read_bytes()
    with caplog.at_level(logging.WARNING):
        again = found(tmp_path, *fit(tmp_path, num_epochs=EPOCHS + 1))
    assert "which a callback stopped after 4 epochs" in caplog.text
    np.testing.assert_equal(again, whole)
    assert RunDirectory(tmp_path).report.read_bytes() == before


def test_more_epochs_go_on_where_fewer_ended(tmp_path):
    for folder, parts in (("at_once", [3]), ("in_two", [2, 3])):
        for num_epochs in parts:
            ended = fit(tmp_path / folder, num_epochs=num_epochs)
    states = [
        found(tmp_path / folder, *ended) for folder in ("at_once", "in_two")
    ]
    # Only the last epoch of a fit is evaluated out of turn, and no images are
    # clustered for one that does not follow.
    assert states[0]["epochs"] == states[1]["epochs"] == [0, 1, 2]
    assert len(states[1]["log"]) == 3


def _half():
    with dtype_policy("mixed_float16"):
        # At first so large that steps are skipped.
        scaled = keras.mixed_precision.LossScaleOptimizer(
            keras.optimizers.Adam(0.01), initial_scale=2.0**40
        )
        return divided_model(optimizer=scaled)


def _of_before_keras_2_11():
    try:
        return divided_model(optimizer=keras.optimizers.legacy.Adam(0.01))
    except (ImportError, AttributeError):
        pytest.skip("Keras 3 has none")


MODELS = {
    "floats of 16 bits": (_half, {}),
    "an optimizer of before Keras 2.11": (_of_before_keras_2_11, {}),
    "cached features, halved clusters, learned masks": (
        lambda: divided_model(masks="learned"),
        {"source": "cached", "division": "hierarchical"},
    ),
    "built by the first batch": (
        lambda: divided_model(
            lambda: keras.Sequential(
                [keras.layers.Flatten(), keras.layers.Dense(6)]
            )
        ),
        {},
    ),
    "momentum, averaged weights": (
        lambda: divided_model(
            optimizer=keras.optimizers.SGD(0.01, momentum=0.9, use_ema=True)
        ),
        {},
    ),
}


@pytest.mark.parametrize("make_model, arguments", MODELS.values(), ids=MODELS)
def test_every_model_is_resumed(tmp_path, make_model, arguments):
    expected = fit(tmp_path / "whole", make_model(), **arguments)
    stopped_at(tmp_path / "run", 2, 1, make_model, **arguments)
    resumed = fit(tmp_path / "run", make_model(), **arguments)
    np.testing.assert_equal(
        found(tmp_path / "run", *resumed), found(tmp_path / "whole", *expected)
    )


def _drawing_backbone():
    pixels = keras.Input([4, 4, 1])
    moved = keras.layers.RandomTranslation(0.3, 0.3)(pixels)
    rows = keras.layers.Dropout(0.3)(keras.layers.Flatten()(moved))
    return keras.Model(pixels, keras.layers.Dense(6)(rows))


def test_what_layers_draw_goes_on_or_a_warning_says_that_it_does_not(
    tmp_path, caplog
):
    def make_model():
        return divided_model(_drawing_backbone)

    expected, _ = fit(tmp_path / "whole", make_model())
    stopped_at(tmp_path / "run", 2, 1, make_model)
    assert "not to the same bits" not in caplog.text
    model, _ = fit(tmp_path / "run", make_model())
    # In Keras 2 a layer has a generator that nothing saves.
    if hasattr(keras.layers.Dropout(0.5), "_random_generator"):
        assert "of the layers random_translation" in caplog.text
    else:
        np.testing.assert_equal(trained(model), trained(expected))


def test_replicas_are_resumed(two_replicas, tmp_path):
    def make_model():
        with two_replicas.scope():
            return divided_model()

    expected = fit(tmp_path / "whole", make_model())
    stopped_at(tmp_path / "run", 1, 1, make_model)
    resumed = fit(tmp_path / "run", make_model())
    np.testing.assert_equal(trained(resumed[0]), trained(expected[0]))


def plain_model():
    keras.utils.set_random_seed(5)
    pixels = keras.Input([4, 4, 1])
    rows = keras.layers.Dense(3)(keras.layers.Flatten()(pixels))
    model = keras.Model(pixels, rows)
    model.compile("adam", dnc.losses.TripletSemiHardLoss())
    return model


def fit_plain(
    folder, others=(), model=None, num_epochs=3, resume=None, **arguments
):
    model = model or plain_model()
    history = model.fit(
        *(IMAGES, LABELS),
        epochs=num_epochs,
        shuffle=False,
        verbose=0,
        callbacks=[*others, resume or Resume(folder)],
        **arguments,
    )
    return model, history


def test_any_keras_model_is_resumed(tmp_path):
    expected, whole_history = fit_plain(tmp_path / "whole")
    with pytest.raises(Stopped):
        fit_plain(tmp_path / "run", [At(_stop, 1, None)])
    model, history = fit_plain(tmp_path / "run")
    np.testing.assert_equal(trained(model), trained(expected))
    assert history.history == whole_history.history
    # The next fit of the same model begins where it is told to.
    callback = At(_stop, 1, None)
    model.fit(IMAGES, LABELS, verbose=0, callbacks=[callback])
    assert callback._epoch == 0


def test_a_first_epoch_that_is_given_is_kept(tmp_path):
    with pytest.raises(Stopped):
        fit_plain(tmp_path, [At(_stop, 2, 0)], initial_epoch=2)
    _, history = fit_plain(tmp_path, initial_epoch=2)
    assert history.epoch == [2]


def test_other_settings_are_named(tmp_path):
    with pytest.raises(Stopped):
        fit_plain(tmp_path, [At(_stop, 1, 0)])
    files = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    model = plain_model()
    model.compile(keras.optimizers.Adam(0.5), dnc.losses.TripletHardLoss())
    with pytest.raises(ValueError) as raised:
        fit_plain(tmp_path, model=model)
    message = str(raised.value)
    assert "holds a run with another" in message
    for name in ("compile.optimizer.learning_rate", "compile.loss"):
        assert name in message
    for path, contents in files.items():
        assert path.read_bytes() == contents


def test_a_callback_of_one_model_sees_the_settings_of_another(tmp_path):
    resume = Resume(tmp_path)
    model, _ = fit_plain(tmp_path, num_epochs=1, resume=resume)
    # A second fit of the same model may begin with another learning rate.
    model.optimizer.learning_rate.assign(0.25)
    _, history = fit_plain(tmp_path, model=model, num_epochs=2, resume=resume)
    assert history.epoch == [0, 1]
    other = plain_model()
    other.compile(keras.optimizers.Adam(0.5), dnc.losses.TripletSemiHardLoss())
    with pytest.raises(ValueError, match="another compile.optimizer.learning"):
        fit_plain(tmp_path, model=other, resume=resume)


def test_another_model_is_refused(tmp_path):
    fit_plain(tmp_path)
    model = keras.Sequential([keras.Input([4, 4, 1]), keras.layers.Flatten()])
    model.compile("adam", dnc.losses.TripletSemiHardLoss())
    with pytest.raises(ValueError, match="another model|of the same model"):
        fit_plain(tmp_path, model=model)


def test_a_folder_that_another_process_writes_is_refused(
    tmp_path, another_writer
):
    folder = tmp_path / "run"
    writing = pytest.raises(ValueError, match="another process is writing now")
    with another_writer(folder), writing:
        fit_plain(folder)
    fit_plain(folder)


def test_weights_that_are_no_numbers_are_not_saved(tmp_path):
    model = plain_model()

    def break_weights():
        model.set_weights(
            [np.full_like(w, np.nan) for w in model.get_weights()]
        )

    with pytest.raises(FloatingPointError, match="before epoch 2"):
        fit_plain(tmp_path, [At(break_weights, 1, None)], model)
    newest = max(RunDirectory(tmp_path).checkpoints.glob("step_*.npz"))
    weights = read_arrays(newest)["variable/0000"]
    assert np.isfinite(weights).all()


def test_what_would_resume_twice_is_refused(tmp_path):
    backup = keras.callbacks.BackupAndRestore(str(tmp_path / "backup"))
    with pytest.raises(ValueError, match="Resume and BackupAndRestore"):
        fit_plain(tmp_path, [backup])
    with pytest.raises(TypeError, match="Leave the callback out: a tuner"):
        copy.deepcopy(Resume(tmp_path))


def test_weights_of_16_bits_are_resumed(tmp_path):
    def make_model():
        keras.utils.set_random_seed(5)
        layer = keras.layers.Dense(3, dtype="bfloat16")
        model = keras.Sequential(
            [keras.Input([4, 4, 1]), keras.layers.Flatten(), layer]
        )
        model.compile(keras.optimizers.SGD(0.1), dnc.losses.TripletHardLoss())
        return model

    expected, _ = fit_plain(tmp_path / "whole", model=make_model())
    with pytest.raises(Stopped):
        stop = At(_stop, 1, 0)
        fit_plain(tmp_path / "run", [stop], make_model())
    model, _ = fit_plain(tmp_path / "run", model=make_model())
    for a, b in zip(model.get_weights(), expected.get_weights()):
        assert a.tobytes() == b.tobytes()
