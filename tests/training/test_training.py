"""One call trains a model and leaves a folder that tells everything."""

from __future__ import annotations

import json
import sys
from dataclasses import fields

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras import TrainConfig
from dnc_keras import datasets
from dnc_keras import losses
from dnc_keras import training
from dnc_keras._keras import keras
from dnc_keras.batches.wait_clock import WaitClock
from dnc_keras.datasets.configured import load_dataset
from dnc_keras.datasets.configured import split_train
from dnc_keras.models.configured import build_loss
from dnc_keras.models.configured import build_model
from dnc_keras.reports import write_report
from dnc_keras.runs import Recorder
from dnc_keras.runs import RunDirectory
from dnc_keras.runs import RunState
from dnc_keras.training.strategies import build_strategy

DIGITS = {
    "backbone": "small_cnn",
    "weights": "",
    "train_batch_norm": True,
    "image_size": 8,
    "center_crop": 1.0,
    "embedding_dim": 8,
    "num_learners": 2,
    "epochs": 2,
    "recluster_every": 1,
    "whole_embedding_from": 1.0,
    "one_cluster_from": 1.0,
    "batch_size": 80,
    "samples_per_class": 8,
    "learning_rate": 1e-3,
}
SMALL = {
    **DIGITS,
    "dataset": "folder",
    "batch_size": 4,
    "samples_per_class": 2,
    "num_learners": 1,
    "select": "last",
    "report": False,
}


def _train(path, settings, callbacks=(), **changes):
    config = TrainConfig(**{**settings, "run_dir": str(path), **changes})
    return training.train(config, callbacks)


def _weights(path):
    return keras.models.load_model(path).get_weights()


def _log(run):
    return [json.loads(line) for line in run.log.read_text().splitlines()]


def _write_classes(root, num_classes=4, num_images=4):
    """Class folders `c0`, `c1`, ... of random images; returns one image."""
    random = np.random.default_rng(0)
    for label in range(num_classes):
        for number in range(num_images):
            path = root / f"c{label}" / f"{number}.png"
            image = random.integers(0, 256, [8, 8, 3], np.uint8)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(tf.io.encode_png(image).numpy())
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run on the digits, chosen by held-out training classes."""
    path = tmp_path_factory.mktemp("digits") / "run"
    result = _train(path, DIGITS)
    return RunDirectory(path), result


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    root = tmp_path_factory.mktemp("classes")
    _write_classes(root)
    return str(root)


@pytest.fixture(scope="module")
def control(classes, tmp_path_factory):
    """A run on two training classes with one learner."""
    path = tmp_path_factory.mktemp("control") / "run"
    result = _train(path, SMALL, data_dir=classes)
    return RunDirectory(path), result


def test_the_folder_holds_every_file(finished):
    run, _ = finished
    names = {str(path.relative_to(run.path)) for path in run.path.rglob("*")}
    assert {
        "config.json",
        "log.jsonl",
        "result.json",
        "report.html",
        "assignments/epoch_0000.npz",
        "checkpoints/best.keras",
        "checkpoints/last.keras",
        "export/1/saved_model.pb",
    } <= names
    assert any("tfevents" in name for name in names)
    assert not [n for n in names if n.endswith(".tmp") or "/." in n]


def test_result_tells_what_was_done(finished):
    run, result = finished
    assert json.loads(run.result.read_text()) == result
    counts = {k: v for k, v in result.items() if k.startswith("num_")}
    # Digits 5 to 9 are 896 of the 1,797; two of the digits 0 to 4 are held out.
    assert counts["num_test_images"] == 896
    assert counts["num_test_classes"] == 5
    assert counts["num_train_classes"] == 3
    assert 500 < counts["num_train_images"] < 901
    assert result["dataset"] == "digits"
    assert result["protocol"].startswith("zero-shot")
    assert result["selection"] == "validation"
    assert sorted(result["seconds"]) == [
        "evaluate",
        "input_wait",
        "recluster",
        "report",
        "train",
    ]
    assert sorted(result["versions"]) == [
        "dnc_keras",
        "keras",
        "python",
        "tensorflow",
    ]
    assert result["config"]["embedding_dim"] == 8


def test_result_has_the_metrics_before_and_after(finished):
    _, result = finished
    for metrics in (result["before"], result["test"]):
        assert {
            *(f"recall_at_{k}" for k in (1, 2, 4, 8)),
            "map_at_r",
            "nmi",
        } <= set(metrics)
        assert all(0.0 <= value <= 1.0 for value in metrics.values())
    assert result["test"] != result["before"]


def test_config_is_that_of_the_run(finished):
    run, result = finished
    assert json.loads(run.config.read_text()) == result["config"]
    assert TrainConfig(**result["config"]).seed == 0


def test_the_log_has_a_line_for_each_epoch(finished):
    run, _ = finished
    lines = _log(run)
    assert [line["epoch"] for line in lines] == [0, 1]
    for line in lines:
        assert line["loss"] > 0.0
        assert line["seconds"] > line["input_wait"] > 0.0
        assert 0.0 <= line["recluster_agreement"] <= 1.0
        assert 0.0 <= line["val_recall_at_1"] <= 1.0


def test_the_waits_of_the_epochs_add_up(finished):
    run, result = finished
    waits = sum(line["input_wait"] for line in _log(run))
    assert waits <= result["seconds"]["input_wait"] + 1e-6
    assert waits >= 0.5 * result["seconds"]["input_wait"]


def test_an_assignment_has_a_learner_for_each_training_image(finished):
    run, result = finished
    with np.load(run.assignments / "epoch_0000.npz") as saved:
        assignment = saved["assignment"]
    assert assignment.shape == (result["num_train_images"],)
    assert set(assignment) - {-1} == {0, 1}


def test_the_best_epoch_on_held_out_classes_is_selected(finished):
    run, result = finished
    values = [line["val_recall_at_1"] for line in _log(run)]
    assert result["selected_epoch"] == int(np.argmax(values))


def test_the_report_has_the_run_s_numbers(finished):
    run, result = finished
    report = run.report.read_text(encoding="utf-8")
    assert f">{100 * result['test']['map_at_r']:.1f}</td>" in report


def test_the_report_lacks_nothing(finished):
    assert not [s.title for s in write_report(finished[0]) if s.missing]


def test_intervals_are_around_the_metrics(finished):
    _, result = finished
    for name, (low, high) in result["intervals"].items():
        assert low <= result["test"][name] <= high, name
    assert "recall_at_1" in result["intervals"]


def test_without_a_report_no_embeddings_are_kept(control):
    assert not control[0].embeddings.exists()
    assert control[0].report.exists()


def test_the_checkpoint_holds_the_optimizer_s_progress(finished):
    run, _ = finished
    model = keras.models.load_model(run.last_model)
    steps = int(model.optimizer.iterations)
    assert steps == 2 * (finished[1]["num_train_images"] // 80)


def test_the_same_seed_trains_the_same_model(finished, tmp_path):
    run, result = finished
    again = _train(tmp_path / "again", DIGITS)
    assert again["test"] == result["test"]
    other = RunDirectory(tmp_path / "again")
    no_time = {"seconds": 0, "input_wait": 0}
    for log, same in zip(_log(run), _log(other)):
        assert {**log, **no_time} == {**same, **no_time}
    weights = zip(_weights(run.last_model), _weights(other.last_model))
    for one, two in weights:
        np.testing.assert_array_equal(one, two)


def test_another_seed_trains_another_model(control, classes, tmp_path):
    _train(tmp_path / "other", SMALL, data_dir=classes, seed=1)
    one = _weights(control[0].last_model)
    other = _weights(RunDirectory(tmp_path / "other").last_model)
    assert not np.array_equal(one[0], other[0])


def test_one_learner_is_the_same_path_without_clustering(control):
    run, result = control
    (path,) = run.assignments.iterdir()
    with np.load(path) as saved:
        assert saved["assignment"].tolist() == [0] * 8
    assert result["seconds"]["recluster"] == 0.0
    assert [line["recluster_agreement"] for line in _log(run)] == [1.0, 1.0]


def test_the_settings_of_the_tpami_2021_paper_train(tmp_path):
    _train(
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
    log = _log(run)
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
    _train(tmp_path / "run", DIGITS, **changes)
    log = _log(RunDirectory(tmp_path / "run"))
    # 15 batches of 80, from 901 images.
    assert 300 < log[0]["recluster_unseen"] < 900
    assert 0 <= log[0]["recluster_drift"] <= 1


def test_the_last_epoch_is_kept_where_asked_for(control):
    run, result = control
    assert result["selected_epoch"] == 1
    assert run.chosen_model == run.last_model
    assert result["num_train_classes"] == 2
    assert not any(name.startswith("val_") for name in _log(run)[0])


def test_test_classes_choose_the_epoch_where_asked_for(classes, tmp_path):
    settings = {**SMALL, "epochs": 1, "select": "test"}
    result = _train(tmp_path / "run", settings, data_dir=classes)
    assert result["selection"] == "test"
    (line,) = _log(RunDirectory(tmp_path / "run"))
    for name, value in result["test"].items():
        if not name.startswith(("nmi", "ami")):
            assert line[f"val_{name}"] == pytest.approx(value, abs=1e-6)


def test_only_training_classes_are_held_out_for_the_choice():
    dataset = datasets.load("digits")
    config = TrainConfig(select="validation", validation_fraction=0.4)
    train, held_out = split_train(config, dataset)
    assert len(held_out.class_names) == 2
    assert {*train.class_names, *held_out.class_names} == set("01234")


@pytest.mark.parametrize("select", ["last", "test"])
def test_all_training_classes_are_trained_on_otherwise(select):
    dataset = datasets.load("digits")
    train, held_out = split_train(TrainConfig(select=select), dataset)
    assert train is dataset.train
    assert held_out is (dataset.test if select == "test" else None)


class _OneWeight(keras.Model):
    """Stands in for a model: a number that can be saved."""

    def __init__(self):
        super().__init__()
        self.weight = self.add_weight(shape=(), name="weight")

    def save(self, path):
        path.write_text(str(float(self.weight.numpy())))


def test_the_best_epoch_s_weights_are_kept(tmp_path):
    run = RunDirectory(tmp_path)
    run.assignments.mkdir()
    run.checkpoints.mkdir()
    sampler = training.ClusterSampler([0, 0, 1, 1], 1, 4, 2)
    state = RunState()
    recorder = Recorder(run, sampler, WaitClock(), state, monitor="score")
    model = _OneWeight()
    recorder.set_model(model)
    for epoch, score in enumerate([0.5, 0.9, 0.7, 0.9]):
        model.weight.assign(float(epoch))
        recorder.on_epoch_begin(epoch)
        recorder.on_epoch_end(epoch, {"score": score})
    assert (state.best_epoch, state.best) == (1, 0.9)
    assert run.best_model.read_text() == "1.0"
    assert run.last_model.read_text() == "3.0"


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
        _train(
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
    assert [line["epoch"] for line in _log(run)] == [0]
    assert not run.result.exists()
    for weight in _weights(run.chosen_model):
        assert np.isfinite(weight).all()


def test_unreadable_images_are_skipped_and_counted(tmp_path, caplog):
    broken = _write_classes(tmp_path)
    broken.write_bytes(broken.read_bytes()[:60])
    (tmp_path / "c0" / "0.png").write_bytes(b"no image")
    config = TrainConfig(
        dataset="folder",
        data_dir=str(tmp_path),
        test_classes="c2,c3",
        unreadable="skip",
    )
    dataset = load_dataset(config)
    assert (len(dataset.train), len(dataset.test)) == (7, 7)
    assert "Skipped 1 of 8 unreadable train images" in caplog.text
    assert f"Skipped 1 of 8 unreadable test images; the first is {broken}" in (
        caplog.text
    )


def test_queries_without_unreadable_images_keep_their_labels(tmp_path):
    broken = _write_classes(tmp_path)
    lines = ["path,label,split,role"]
    for path in sorted(tmp_path.glob("c?/*.png")):
        name = f"{path.parent.name}/{path.name}"
        role = "query" if path.name < "2.png" else "gallery"
        lines.append(
            f"{name},{path.parent.name},train,"
            if name < "c2"
            else f"{name},{path.parent.name},test,{role}"
        )
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    for path in (tmp_path / "c2").glob("[01].png"):
        path.write_bytes(b"no image")  # All queries of a class.
    broken.write_bytes(b"no image")
    config = TrainConfig(
        dataset="csv", data_dir=str(tmp_path), unreadable="skip"
    )
    dataset = load_dataset(config)
    for index in (dataset.query, dataset.gallery):
        names = [index.class_names[label] for label in index.labels]
        assert names == [path.split("/")[-2] for path in index.paths]
    number = dataset.query.class_names.index("c3")
    assert dataset.gallery.class_names[number] == "c3"


@pytest.mark.parametrize("cache", ["memory", "copies"])
def test_a_cache_keeps_the_images(tmp_path, cache):
    _write_classes(tmp_path)
    config = TrainConfig(
        dataset="folder",
        data_dir=str(tmp_path),
        test_classes="c2,c3",
        cache=cache if cache == "memory" else str(tmp_path / ".copies"),
    )
    train = load_dataset(config).train
    for path, content in zip(train.paths, train.contents):
        with open(path, "rb") as file:
            assert file.read() == content


@pytest.mark.parametrize("name", losses.BY_NAME)
def test_a_loss_goes_by_its_name(name):
    loss = build_loss(TrainConfig(loss=name), num_classes=5)
    assert type(loss) is losses.BY_NAME[name]


def test_every_loss_is_in_the_help():
    (field,) = [f for f in fields(TrainConfig) if f.name == "loss"]
    assert field.metadata["help"].startswith(", ".join(losses.BY_NAME))


def test_proxies_are_those_of_the_training_classes(classes, tmp_path):
    settings = {**SMALL, "epochs": 1, "loss": "proxy_anchor"}
    _train(tmp_path / "run", settings, data_dir=classes)
    model = keras.models.load_model(RunDirectory(tmp_path / "run").chosen_model)
    (proxies,) = model.loss_state.variables
    assert proxies.shape == (2, SMALL["embedding_dim"])


def test_a_loss_of_tensorflow_addons_goes_by_its_name():
    addons = pytest.importorskip("tensorflow_addons")
    loss = build_loss(TrainConfig(loss="tfa.TripletHardLoss"))
    assert isinstance(loss, addons.losses.TripletHardLoss)


def test_a_loss_of_tensorflow_addons_trains(classes, tmp_path):
    pytest.importorskip("tensorflow_addons")
    settings = {**SMALL, "epochs": 1, "loss": "tfa.TripletSemiHardLoss"}
    _train(tmp_path / "run", settings, data_dir=classes)
    (line,) = _log(RunDirectory(tmp_path / "run"))
    assert line["loss"] > 0.0


def test_an_unknown_loss_of_tensorflow_addons_is_refused():
    pytest.importorskip("tensorflow_addons")
    with pytest.raises(ValueError, match="Received: 'Tripletts'. Use for"):
        build_loss(TrainConfig(loss="tfa.Tripletts"))


def test_a_missing_tensorflow_addons_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_addons", None)
    with pytest.raises(ValueError) as raised:
        build_loss(TrainConfig(loss="tfa.TripletSemiHardLoss"))
    assert str(raised.value).startswith(
        "loss=tfa.TripletSemiHardLoss needs tensorflow-addons, which exists "
        "for TensorFlow 2.15 and Python 3.9 to 3.11. Received: No module named "
    )
    assert str(raised.value).endswith(
        '. Run `pip install "dnc-keras[tensorflow]"` on such a Python, or use '
        "one of margin, triplet_semi_hard, triplet_hard, lifted_struct, "
        "npairs, contrastive, proxy_anchor, multi_similarity."
    )


def test_an_unknown_loss_is_refused():
    with pytest.raises(ValueError) as raised:
        build_loss(TrainConfig(loss="arcface"))
    assert str(raised.value) == (
        "loss must be one of margin, triplet_semi_hard, triplet_hard, "
        "lifted_struct, npairs, contrastive, proxy_anchor, multi_similarity, "
        "or tfa.NAME such as tfa.TripletSemiHardLoss. Received: 'arcface'."
    )


def test_a_cosine_schedule_ends_at_zero():
    config = TrainConfig(**{**DIGITS, "schedule": "cosine"})
    rate = build_model(config, num_steps=10).optimizer._learning_rate
    expected = [0.5e-3 * (1 + np.cos(np.pi * step / 10)) for step in range(11)]
    np.testing.assert_allclose(
        [rate(step) for step in range(11)], expected, atol=1e-9
    )


def _few_steps(path, **changes):
    """The result, and the mean loss of four steps."""
    result = _train(
        path,
        DIGITS,
        epochs=1,
        steps_per_epoch=4,
        select="last",
        evaluate_before=False,
        **changes,
    )
    return result, _log(RunDirectory(path))[0]["loss"]


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


def test_compiled_steps_do_not_hand_out_features():
    with pytest.raises(ValueError, match="Use recluster_features=fresh"):
        TrainConfig(jit_compile=True, recluster_features="cached")


def test_one_device_is_a_strategy_of_one_replica():
    strategy = build_strategy("one_device")
    assert isinstance(strategy, tf.distribute.OneDeviceStrategy)


def test_without_gpus_auto_is_no_strategy():
    if tf.config.list_logical_devices("GPU"):
        pytest.skip("about machines without GPUs")
    assert build_strategy("auto") is tf.distribute.get_strategy()
