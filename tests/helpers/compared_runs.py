"""Folders of runs, written by hand, and read again."""

from __future__ import annotations

import dataclasses
import json

import numpy as np

from dnc_keras import comparison
from dnc_keras.runs import RunDirectory
from dnc_keras.runs.queries import QueryValues
from dnc_keras.runs.queries import save_query_values

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


def write_measured(path, recall_at_1, labels, order="abc", **settings):
    """A run's folder by hand, with R@1 of each query."""
    values = np.asarray(recall_at_1, float)
    write_run(path, recall=float(values.mean()), **settings)
    names = tuple(f"class {label}" for label in range(max(labels) + 1))
    queries = QueryValues(
        {"recall_at_1": values}, np.array(labels), names, order
    )
    save_query_values(RunDirectory(path), queries)
    return path


def change_result(path, **changes):
    """Changes entries of the result of a run."""
    result = json.loads((path / "result.json").read_text())
    (path / "result.json").write_text(json.dumps({**result, **changes}))


def read(*paths):
    """Runs as their folders have them."""
    return [comparison.read_run(path) for path in paths]


def named(paths):
    """Runs as the program names them."""
    names = comparison.short_names(paths)
    return [
        dataclasses.replace(run, name=name)
        for run, name in zip(read(*paths), names)
    ]
