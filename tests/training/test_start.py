"""One call trains a model and leaves a folder that tells everything."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers.settings import DIGITS
from helpers.training_runs import log_of
from helpers.training_runs import train
from helpers.training_runs import weights_of

from dnc_keras import TrainConfig
from dnc_keras import training
from dnc_keras._keras import keras
from dnc_keras.reports import write_report
from dnc_keras.runs import RunDirectory
from dnc_keras.runs.queries import load_query_values
from dnc_keras.support.formats import stamped


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
    assert json.loads(run.result.read_text()) == stamped(result)
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
    saved = json.loads(run.config.read_text())
    assert saved == stamped({**result["config"], "own_parts": {}})
    assert TrainConfig(**result["config"]).seed == 0


def test_the_log_has_a_line_for_each_epoch(finished):
    run, _ = finished
    lines = log_of(run)
    assert [line["epoch"] for line in lines] == [0, 1, 2]
    for line in lines:
        assert line["loss"] > 0.0
        assert line["seconds"] > line["input_wait"] > 0.0
        assert 0.0 <= line["recluster_agreement"] <= 1.0
        assert 0.0 <= line["val_recall_at_1"] <= 1.0


def test_the_waits_of_the_epochs_add_up(finished):
    run, result = finished
    waits = sum(line["input_wait"] for line in log_of(run))
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
    ranks = [
        (line["val_recall_at_1"], line["val_map_at_r"], line["epoch"])
        for line in log_of(run)
    ]
    assert result["selected_epoch"] == max(ranks)[2]


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


def test_the_metrics_of_each_query_are_kept(finished):
    run, result = finished
    kept = load_query_values(run)
    assert len(kept.labels) == result["num_queries"]
    assert kept.class_names == ("5", "6", "7", "8", "9")
    assert len(kept.order) == 16
    assert kept.values.keys() == result["intervals"].keys()
    for name, each in kept.values.items():
        assert np.mean(each) == pytest.approx(result["test"][name]), name


def test_without_a_report_no_embeddings_are_kept(control):
    assert not control[0].embeddings.exists()
    assert control[0].report.exists()


def test_the_checkpoint_holds_the_optimizer_s_progress(finished):
    run, _ = finished
    model = keras.models.load_model(run.last_model)
    steps = int(model.optimizer.iterations)
    assert steps == 3 * (finished[1]["num_train_images"] // 80)


def test_the_same_seed_trains_the_same_model(finished, tmp_path):
    run, result = finished
    again = train(tmp_path / "again", DIGITS)
    assert again["test"] == result["test"]
    other = RunDirectory(tmp_path / "again")
    no_time = {"seconds": 0, "input_wait": 0}
    for log, same in zip(log_of(run), log_of(other)):
        assert {**log, **no_time} == {**same, **no_time}
    weights = zip(weights_of(run.last_model), weights_of(other.last_model))
    for one, two in weights:
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("digits", "digits"),
        ("hf:owner/name:big", "hf_owner_name_big"),
        ("hf:../../flowers/", "hf_.._.._flowers"),
        ("shop.data:load", "shop.data_load"),
        ("hf:" + "/é\n" * 99, "hf"),
        ("hf:" + "x" * 300, "x" * 100),
        ("../..", "dataset"),
    ],
)
def test_the_default_folder_has_a_plain_name(monkeypatch, name, folder):
    class Asked(Exception):
        """Carries the folder."""

    def next_free(path, *_):
        raise Asked(path)

    monkeypatch.setattr(RunDirectory, "next_free", next_free)
    with pytest.raises(Asked) as asked:
        training.train(TrainConfig(dataset=name))
    assert str(asked.value) == f"runs/{folder}"
