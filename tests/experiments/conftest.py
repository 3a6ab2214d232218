"""Groups of runs, written by hand."""

from __future__ import annotations

import json

import pytest
from helpers.compared_runs import write_run

from dnc_keras import comparison


@pytest.fixture
def group(tmp_path):
    """A group with test and validation R@1 of the seeds 0, 1, ..."""

    def group(name, recalls, validations=None, maps=None, **settings):
        settings = {"validation_fraction": 0.25, **settings}
        runs = []
        for seed, recall in enumerate(recalls):
            path = tmp_path / f"{name}-{seed}"
            write_run(path, recall=recall, seed=seed, **settings)
            value = validations[seed] if validations else 0.25
            log = [
                {"epoch": 0, "val_recall_at_1": 0.125},
                {"epoch": 1, "val_recall_at_1": value},
            ]
            if maps:
                log[1]["val_map_at_r"] = maps[seed]
            text = "".join(json.dumps(line) + "\n" for line in log)
            (path / "log.jsonl").write_text(text)
            runs.append(comparison.read_run(path))
        return comparison.Group(name, runs)

    return group
