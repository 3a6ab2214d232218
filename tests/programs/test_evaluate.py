"""The program that evaluates, as a user starts it."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from helpers.image_files import truncate
from helpers.image_files import write_classes
from helpers.programs import run_as_process


def test_all_programs_measure_the_same(trained, start, tmp_path):
    run_dir, _ = trained
    result = json.loads((run_dir / "result.json").read_text())
    of_run, of_export = tmp_path / "run.json", tmp_path / "export.json"
    ended = start("evaluate", f"--run_dir={run_dir}", f"--json={of_run}")
    assert ended.code == 0
    exported = start(
        "export_model", f"--run_dir={run_dir}", "--export_dir=served"
    )
    assert exported.stdout.split() == ["SavedModel", "served/1"]
    run_as_process(
        "evaluate",
        "--export_dir=served",
        "--dataset=digits",
        f"--json={of_export}",
        cwd=tmp_path,
    )
    for file in (of_run, of_export):
        measured = json.loads(file.read_text())
        for name in (
            "dataset",
            "source",
            "protocol",
            "num_test_images",
            "num_test_classes",
            "versions",
        ):
            assert measured[name] == result[name]
        assert measured["test"] == pytest.approx(result["test"], abs=1e-4)
        assert measured["nmi_runs"] == 10
        assert measured["confidence"] is None


def test_evaluate_says_which_model_it_measured(trained, start, tmp_path):
    run_dir, _ = trained
    result = json.loads((run_dir / "result.json").read_text())
    start("evaluate", f"--run_dir={run_dir}", "--nonmi", "--json=run.json")
    of_run = json.loads((tmp_path / "run.json").read_text())
    assert of_run["run_dir"] == str(run_dir)
    assert of_run["config"] == result["config"]
    start(
        "evaluate",
        f"--export_dir={run_dir}/export/1",
        "--nonmi",
        "--json=export.json",
    )
    of_export = json.loads((tmp_path / "export.json").read_text())
    assert of_export["export_dir"] == f"{run_dir}/export/1"


def test_evaluate_prints_intervals_beside_the_metrics(trained, start, tmp_path):
    ended = start(
        "evaluate",
        f"--run_dir={trained[0]}",
        "--confidence=0.9",
        "--nmi_runs=2",
        "--json=out.json",
    )
    measured = json.loads((tmp_path / "out.json").read_text())
    assert measured["confidence"] == 0.9
    assert measured["nmi_runs"] == 2
    lines = [line.split() for line in ended.stdout.splitlines()]
    assert lines[0] == ["test", "low", "high"]
    columns = [measured[name]["map_at_r"] for name in ("test", "low", "high")]
    assert columns[1] < columns[0] < columns[2]
    assert ["map_at_r", *(f"{value:.4f}" for value in columns)] in lines
    assert ["nmi", f"{measured['test']['nmi']:.4f}"] in lines
    assert "NMI, AMI    mean of 2 runs of k-means" in ended.stdout
    assert "90% interval, bootstrap over these classes" in ended.stdout


def test_evaluate_takes_other_ks_and_no_clustering(trained, start, tmp_path):
    start(
        "evaluate",
        f"--run_dir={trained[0]}",
        "--ks=1,100",
        "--nonmi",
        "--json=out.json",
    )
    measured = json.loads((tmp_path / "out.json").read_text())
    assert list(measured["test"]) == [
        "recall_at_1",
        "recall_at_100",
        "r_precision",
        "map_at_r",
        "marp_dnc",
    ]
    assert measured["nmi_runs"] == 0


def test_evaluate_writes_a_table_of_classes(trained, start, tmp_path):
    run = f"--run_dir={trained[0]}"
    flags = ["--nonmi", "--json=out.json", "--per_class=classes.csv"]
    start("evaluate", run, *flags)
    measured = json.loads((tmp_path / "out.json").read_text())
    with open(tmp_path / "classes.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == measured["num_test_classes"]
    weights = [int(row["num_queries"]) for row in rows]
    assert sum(weights) == measured["num_test_images"]
    values = [float(row["map_at_r"]) for row in rows]
    assert values == sorted(values)
    mean = np.average(values, weights=weights)
    assert mean == pytest.approx(measured["test"]["map_at_r"])


def test_evaluate_writes_all_of_the_classes_as_json(trained, start, tmp_path):
    start(
        *("evaluate", f"--run_dir={trained[0]}", "--nonmi"),
        "--per_class=classes.json",
    )
    told = json.loads((tmp_path / "classes.json").read_text())
    num = told["num_test_images"]
    pairs = told["num_matching_pairs"] + told["num_other_pairs"]
    assert pairs == num * (num - 1) / 2
    assert told["distances"][-1]["recall"] == 1.0


@pytest.mark.parametrize(
    "argument, words",
    [
        ("--per_class=classes", "--per_class must end in .csv or .json"),
        ("--ks=1,x", "Received: '1,x'. Use --ks=1,2,4,8."),
        ("--ks=0", "--ks must be integers of at least 1"),
        ("--confidence=95", "Received: 95.0. Use confidence=0.95."),
        ("--confidence=-0.1", "confidence must be above 0"),
        ("--nmi_runs=0", "Received: 0. Use --nonmi for none."),
    ],
)
def test_evaluate_refuses_bad_settings_before_it_works(
    refused, argument, words
):
    assert words in refused("evaluate", "--run_dir=gone", argument)


def test_an_unreadable_image_is_named_by_evaluate(refused, trained, tmp_path):
    truncate(write_classes(tmp_path / "data") / "c3" / "3.png")
    line = refused(
        "evaluate",
        f"--export_dir={trained[0]}/export",
        "--dataset=folder",
        "--data_dir=data",
        "--test_classes=c2,c3",
    )
    assert "the first is data/c3/3.png (" in line


def test_evaluate_needs_one_model(refused):
    message = "error: Give one of --run_dir and --export_dir. Received: "
    assert refused("evaluate") == f"{message}neither."
    both = ["--run_dir=a", "--export_dir=b"]
    assert refused("evaluate", *both) == f"{message}both."


def test_evaluate_names_a_folder_without_a_model(refused):
    assert "Received: 'gone'. Export one" in refused(
        "evaluate", "--export_dir=gone"
    )
