"""A threshold that the search program calibrates."""

from __future__ import annotations

import numpy as np
import pytest


def test_calibration_is_used_in_the_same_run(search, gallery):
    root, embeddings = gallery
    ended, result = search(
        f"--calibrate={root}",
        "--fmr=0.1",
        f"--gallery={root}",
        f"--query={root}/a",
        "--top_k=12",
    )
    pairs = [
        (np.linalg.norm(embeddings[a] - embeddings[b]), a[0] == b[0])
        for a in embeddings
        for b in embeddings
        if a < b
    ]
    threshold = result["threshold"]
    told = result["calibration"]
    others = [distance for distance, same in pairs if not same]
    same = [distance for distance, same in pairs if same]
    assert (told["num_mated"], told["num_non_mated"]) == (18, 48)
    # 4.8 of 48 may match, so that four do; the fifth is just beyond.
    assert np.sum(np.array(others) <= threshold) == 4
    assert sorted(others)[4] - threshold < 2e-4
    assert told["fmr"] == pytest.approx(4 / 48)
    assert told["fnmr"] == pytest.approx(np.mean(np.array(same) > threshold))
    assert f"Threshold   {threshold:.4f}" in ended.stdout
    for one in result["queries"]:
        for found in one["neighbors"]:
            assert found["is_match"] == (found["distance"] <= threshold)


def test_calibration_may_be_all_that_is_asked_for(search, gallery):
    result = search(f"--calibrate={gallery[0]}", "--fmr=0.1")[1]
    assert "queries" not in result
    assert result["threshold"] == result["calibration"]["threshold"]
