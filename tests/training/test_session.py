"""Settings that change how a model is trained."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers.settings import DIGITS
from helpers.settings import SMALL
from helpers.training_runs import log_of
from helpers.training_runs import train
from helpers.training_runs import weights_of

from dnc_keras._keras import keras
from dnc_keras.metrics import retrieval_metrics
from dnc_keras.runs import RunDirectory
from dnc_keras.runs.trained import TrainedRun


def test_another_seed_trains_another_model(control, classes, tmp_path):
    train(tmp_path / "other", SMALL, data_dir=classes, seed=1)
    one = weights_of(control[0].last_model)
    other = weights_of(RunDirectory(tmp_path / "other").last_model)
    assert not np.array_equal(one[0], other[0])


def test_one_learner_is_the_same_path_without_clustering(control):
    run, result = control
    (path,) = run.assignments.iterdir()
    with np.load(path) as saved:
        assert saved["assignment"].tolist() == [0] * 8
    assert result["seconds"]["recluster"] == 0.0
    assert [line["recluster_agreement"] for line in log_of(run)] == [1.0, 1.0]


def test_the_settings_of_the_tpami_2021_paper_train(tmp_path):
    train(
        tmp_path / "run",
        DIGITS,
        num_learners=4,
        masks="learned",
        division="hierarchical",
        frozen_epochs=1,
        recluster_every=2,
        epochs=5,
        steps_per_epoch=2,
        fill="others",
        normalization="whole",
        select="last",
    )
    run = RunDirectory(tmp_path / "run")
    log = log_of(run)
    assert [line["recluster_clusters"] for line in log] == [1, 2, 2, 4, 4]
    model = keras.models.load_model(run.chosen_model)
    assert model.num_active_learners == 4
    # What both halves of a learner had learned before is still alike.
    masks = model.learner_masks.numpy()
    assert (masks != masks[0]).any(axis=1).tolist() == [False] + [True] * 3


def test_clusters_may_come_from_what_training_computed(tmp_path):
    changes = {
        "recluster_features": "cached",
        "recluster_drift": 0.01,
        "cluster_on": "embedding",
        "turns": "proportional",
        "epochs": 3,
        "steps_per_epoch": 5,
        "select": "last",
        "learn_beta": True,
        "loss_multiplier": 50.0,
    }
    train(tmp_path / "run", DIGITS, **changes)
    log = log_of(RunDirectory(tmp_path / "run"))
    # 15 batches of 80, from 901 images.
    assert 300 < log[0]["recluster_unseen"] < 900
    assert 0 <= log[0]["recluster_drift"] <= 1


@pytest.mark.parametrize("divide", ["classes", "random_classes", "none"])
def test_classes_may_be_divided_whole_or_not_at_all(divide, tmp_path):
    changes = {"epochs": 2, "steps_per_epoch": 3, "select": "last"}
    train(tmp_path / "run", DIGITS, divide=divide, whole_weight=0.3, **changes)
    run = RunDirectory(tmp_path / "run")
    for line in log_of(run):
        assert line["recluster_cut_pairs"] == 0
        assert line["recluster_inverse_purity"] == 1
    assert line["recluster_clusters"] == (1 if divide == "none" else 2)
    model = keras.models.load_model(run.chosen_model)
    assert model.get_compile_config()["whole_weight"] == 0.3


def test_the_last_epoch_is_kept_where_asked_for(control):
    run, result = control
    assert result["selected_epoch"] == 1
    assert run.chosen_model == run.last_model
    assert result["num_train_classes"] == 2
    assert not any(name.startswith("val_") for name in log_of(run)[0])


def test_test_classes_choose_the_epoch_where_asked_for(classes, tmp_path):
    settings = {**SMALL, "epochs": 1, "select": "test"}
    result = train(tmp_path / "run", settings, data_dir=classes)
    assert result["selection"] == "test"
    (line,) = log_of(RunDirectory(tmp_path / "run"))
    for name, value in result["test"].items():
        if not name.startswith(("nmi", "ami")):
            assert line[f"val_{name}"] == pytest.approx(value, abs=1e-6)


class _Break(keras.callbacks.Callback):
    """Makes a weight NaN at the beginning of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self._epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self._epoch:
            weights = self.model.get_weights()
            self.model.set_weights([np.nan * weight for weight in weights])


def test_a_nan_loss_stops_and_keeps_the_last_good_checkpoint(classes, tmp_path):
    with pytest.raises(FloatingPointError) as raised:
        train(
            tmp_path / "run",
            SMALL,
            [_Break(epoch=1)],
            data_dir=classes,
            epochs=3,
        )
    assert str(raised.value) == (
        "The loss must be a finite number. Received: loss=nan in epoch 1, step "
        "0. Lower the learning rate, or look for broken images."
    )
    run = RunDirectory(tmp_path / "run")
    assert [line["epoch"] for line in log_of(run)] == [0]
    assert not run.result.exists()
    for weight in weights_of(run.chosen_model):
        assert np.isfinite(weight).all()


def test_proxies_are_those_of_the_training_classes(classes, tmp_path):
    settings = {**SMALL, "epochs": 1, "loss": "proxy_anchor"}
    train(tmp_path / "run", settings, data_dir=classes)
    model = keras.models.load_model(RunDirectory(tmp_path / "run").chosen_model)
    (proxies,) = model.loss_state.variables
    assert proxies.shape == (2, SMALL["embedding_dim"])


def test_a_loss_of_tensorflow_addons_trains(classes, tmp_path):
    pytest.importorskip("tensorflow_addons")
    settings = {**SMALL, "epochs": 1, "loss": "tfa.TripletSemiHardLoss"}
    train(tmp_path / "run", settings, data_dir=classes)
    (line,) = log_of(RunDirectory(tmp_path / "run"))
    assert line["loss"] > 0.0


def _few_steps(path, **changes):
    """The result, and the mean loss of four steps."""
    result = train(
        path,
        DIGITS,
        epochs=1,
        steps_per_epoch=4,
        select="last",
        evaluate_before=False,
        **changes,
    )
    return result, log_of(RunDirectory(path))[0]["loss"]


@pytest.fixture(scope="module")
def few_steps(tmp_path_factory):
    return _few_steps(tmp_path_factory.mktemp("few") / "run")


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_a_backbone_of_16_bits_trains_and_is_exported(
    few_steps, tmp_path, policy
):
    before = keras.mixed_precision.global_policy()
    result, loss = _few_steps(tmp_path / "run", mixed_precision=policy)
    assert keras.mixed_precision.global_policy() is before
    assert loss == pytest.approx(few_steps[1], rel=0.05)
    expected = few_steps[0]["test"]["recall_at_1"]
    assert result["test"]["recall_at_1"] == pytest.approx(expected, abs=0.1)
    model = keras.models.load_model(RunDirectory(result["run_dir"]).last_model)
    assert model.backbone.layers[-1].compute_dtype == policy[len("mixed_") :]
    assert model(tf.zeros([1, 8, 8, 3])).dtype == tf.float32
    served = tf.saved_model.load(result["export_dir"])
    outputs = served.signatures["serving_default"](tf.zeros([1, 8, 8, 3]))
    assert outputs["embedding"].dtype == tf.float32


def test_a_training_compiled_by_xla_is_nearly_the_same(few_steps, tmp_path):
    _, loss = _few_steps(tmp_path / "run", jit_compile=True)
    assert loss == pytest.approx(few_steps[1], rel=0.05)


def test_another_metric_chooses_the_epoch_where_asked_for(tmp_path, caplog):
    settings = {"validation_fraction": 0.4, "learning_rate": 0.3}
    result = train(
        tmp_path / "run",
        {**DIGITS, **settings, "monitor": "map_at_r"},
        steps_per_epoch=4,
        report=False,
    )
    log = log_of(RunDirectory(tmp_path / "run"))
    best = max(log, key=lambda line: (line["val_map_at_r"], line["epoch"]))
    assert result["selected_epoch"] == best["epoch"]
    assert "The epoch is chosen by 2 of 5 training classes" in caplog.text


def test_the_last_epoch_is_measured_too_if_asked_for(tmp_path):
    result = train(
        tmp_path / "run",
        {**DIGITS, "validation_fraction": 0.4, "learning_rate": 0.3},
        epochs=3,
        steps_per_epoch=4,
        report=False,
        evaluate_before=False,
        evaluate_last=True,
    )
    assert result["selected_epoch"] < 2
    assert result["last"] != result["test"]
    run = TrainedRun(tmp_path / "run")
    model = keras.models.load_model(run.directory.last_model)
    test = run.dataset.test
    embeddings = model.predict(run.images(test), verbose=0)
    expected = retrieval_metrics(embeddings, test.labels)
    for name in ("recall_at_1", "map_at_r"):
        assert result["last"][name] == pytest.approx(expected[name])
