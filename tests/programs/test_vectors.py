"""Every program works on a run of vectors."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers.programs import run_here

FLAGS = (
    "--dataset=vectors",
    "--num_learners=2",
    "--embedding_dim=8",
    "--head=12",
    "--epochs=1",
    "--batch_size=20",
    "--recluster_every=1",
    "--noreport",
)


@pytest.fixture(scope="module")
def vectors_run(tmp_path_factory):
    """A folder with vectors.npz, digits as vectors, and a run of them."""
    folder = tmp_path_factory.mktemp("vectors")
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(8), 10)
    vectors = np.eye(16)[labels] + 0.2 * random.normal(size=[80, 16])
    np.savez(folder / "vectors.npz", embeddings=vectors, labels=labels)
    data = f"--data_dir={folder / 'vectors.npz'}"
    assert run_here("train", *FLAGS, data, f"--run_dir={folder / 'run'}") == 0
    return folder


def _test(folder):
    return json.loads((folder / "run" / "result.json").read_text())["test"]


def _evaluate(start, tmp_path, *arguments):
    ended = start("evaluate", *arguments, "--nonmi", "--json=found.json")
    assert ended.code == 0, ended.stderr
    return json.loads((tmp_path / "found.json").read_text())["test"]


def test_run_and_export_evaluate_to_the_same(start, vectors_run, tmp_path):
    expected = _test(vectors_run)
    run = vectors_run / "run"
    of_run = _evaluate(start, tmp_path, f"--run_dir={run}")
    of_export = _evaluate(
        *(start, tmp_path, f"--export_dir={run / 'export'}"),
        *("--dataset=vectors", f"--data_dir={vectors_run / 'vectors.npz'}"),
    )
    for name, value in of_run.items():
        assert value == expected[name]
        assert of_export[name] == pytest.approx(value, abs=0.02)


def test_images_are_not_vectors(start, vectors_run):
    ended = start(
        "evaluate",
        f"--export_dir={vectors_run / 'run' / 'export'}",
        "--dataset=digits",
    )
    assert ended.code == 2
    assert "This model embeds vectors of width 16. Received: " in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_a_report_draws_vectors(start, vectors_run):
    ended = start("report", f"--run_dir={vectors_run / 'run'}")
    assert ended.code == 0, ended.stderr
    assert "Missing" not in ended.stdout
    page = (vectors_run / "run" / "report.html").read_text()
    assert "data:image/jpeg;base64," in page


def test_an_export_of_a_part_is_measured(start, vectors_run, tmp_path):
    ended = start(
        "export_model",
        f"--run_dir={vectors_run / 'run'}",
        f"--export_dir={tmp_path / 'served'}",
        "--embedding_dim=4",
        "--tflite",
    )
    assert ended.code == 0, ended.stderr
    path = tmp_path / "served" / "1" / "assets.extra" / "dnc_keras.json"
    facts = json.loads(path.read_text())
    assert facts["inputs"] == {
        "features": {"shape": [None, 16], "dtype": "float32"}
    }
    cosine = facts["measured"]["cosine"]
    assert cosine["embedding.tflite"] > 0.9999
    assert cosine["embedding_int8.tflite"] > 0.97


def test_a_gallery_of_images_is_not_for_vectors(start, vectors_run, classes):
    ended = start(
        "export_model",
        f"--run_dir={vectors_run / 'run'}",
        f"--gallery={classes}",
    )
    assert ended.code == 2
    assert "gallery is for models of encoded images." in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
