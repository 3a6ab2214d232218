"""Runs of earlier releases, and of the other Keras, open in every program."""

from __future__ import annotations

import json
import pathlib
import shutil
import zipfile

import numpy as np
import pytest

from dnc_keras._keras import keras_version
from dnc_keras.runs.trained import TrainedRun

WITNESSES = pathlib.Path(__file__).parents[1] / "witnesses"
NAMES = sorted(path.name for path in WITNESSES.iterdir() if path.is_dir())
# Rows of length 1, of a small network: another processor rounds some 1e-6.
SAME_ROWS = 1e-4
# Of 896 queries: another processor rounds otherwise, and a few neighbours are
# as near as the next ones.
FEW_QUERIES = 5 / 896


@pytest.fixture(params=NAMES)
def witness(request, tmp_path):
    """A copy of a run, as a program may write into it."""
    return shutil.copytree(WITNESSES / request.param, tmp_path / request.param)


@pytest.fixture
def changed(tmp_path):
    """Function that gives a copy of a run with a changed file."""

    def changed(name, file, change):
        run = shutil.copytree(WITNESSES / NAMES[0], tmp_path / name)
        contents = json.loads((run / file).read_text())
        (run / file).write_text(json.dumps(change(contents)))
        return run

    return changed


def _result(run):
    return json.loads((run / "result.json").read_text())


def _is_of_this_keras(run):
    version = _result(run)["versions"]["keras"].split()[1]
    return version.split(".")[0] == keras_version().split()[1].split(".")[0]


def _evaluated(start, run, tmp_path):
    ended = start(
        "evaluate", f"--run_dir={run}", "--nonmi", f"--json={tmp_path}/e.json"
    )
    assert ended.code == 0, ended.stderr
    return json.loads((tmp_path / "e.json").read_text())["test"]


def test_a_run_is_evaluated_as_it_was(witness, start, tmp_path, caplog):
    found = _evaluated(start, witness, tmp_path)
    expected = _result(witness)["test"]
    for name in ("recall_at_1", "recall_at_8", "map_at_r"):
        assert found[name] == pytest.approx(expected[name], abs=FEW_QUERIES)
    was_told = "was written by Keras" in caplog.text
    assert was_told == (not _is_of_this_keras(witness))


def test_a_run_is_exported_and_embeds_as_it_did(witness, start):
    ended = start("export_model", f"--run_dir={witness}", "--export_dir=served")
    assert ended.code == 0, ended.stderr
    _assert_serves(start, witness, "served")


def test_an_export_embeds_as_it_did(start):
    run = WITNESSES / "0.1.0_keras2"
    _assert_serves(start, run, run / "export")


def _assert_serves(start, run, export_dir):
    ended = start("evaluate", f"--export_dir={export_dir}", "--nonmi")
    assert ended.code == 0, ended.stderr
    recall = _result(run)["test"]["recall_at_1"]
    line = next(x for x in ended.stdout.splitlines() if "recall_at_1" in x)
    assert float(line.split()[1]) == pytest.approx(recall, abs=FEW_QUERIES)


def test_a_run_is_reported(witness, start):
    ended = start("report", f"--run_dir={witness}")
    assert ended.code == 0, ended.stderr
    assert "Missing" not in ended.stdout
    assert (witness / "report.html").stat().st_size > 1e6


def test_runs_are_compared(start):
    ended = start("compare", *(WITNESSES / name for name in NAMES))
    assert ended.code == 0, ended.stderr
    assert "per_learner" in ended.stdout
    told = " ".join(ended.stdout.split())
    # From their embeddings; five classes never suffice.
    assert "0.1.0_keras3 and 0.1.0_keras2 cannot be told apart in R@1" in told
    assert "over 5 test classes" in told
    assert "their files say no more" in told


def test_a_moved_run_without_its_files_is_compared(witness, start):
    shutil.rmtree(witness / "embeddings")
    ended = start("compare", witness, *(WITNESSES / name for name in NAMES))
    assert ended.code == 0, ended.stderr
    told = " ".join(ended.stdout.split())
    assert "in embeddings/, there is no test.npz" in told
    assert "`python -m dnc_keras.report` makes embeddings again" in told


def test_what_a_run_lacks_is_embedded_again(witness):
    part = TrainedRun(witness).part("test")
    shutil.rmtree(witness / "embeddings")
    run = TrainedRun(witness)
    run.embed_parts()
    files = (witness / "embeddings").iterdir()
    assert sorted(path.name for path in files) == [
        "held_out.npz",
        "test.npz",
        "train.npz",
    ]
    found = run.part("test").embeddings
    np.testing.assert_allclose(found, part.embeddings, atol=SAME_ROWS)


@pytest.mark.parametrize(
    "program, flags",
    [
        ("evaluate", ["--nonmi"]),
        ("export_model", ["--export_dir=served"]),
        ("report", ["--noembed"]),
    ],
)
def test_a_setting_of_another_version_is_named(
    program, flags, changed, start, caplog
):
    run = changed("run", "config.json", lambda c: {**c, "of_tomorrow": 1})
    ended = start(program, f"--run_dir={run}", *flags)
    assert ended.code == 0, ended.stderr
    assert "does not know, which are left out: of_tomorrow" in caplog.text


def test_a_setting_that_a_version_lacked_has_its_default(changed):
    run = changed("run", "config.json", lambda c: {"dataset": c["dataset"]})
    assert TrainedRun(run).config.image_size == 224


def test_settings_are_also_found_in_the_result(witness):
    (witness / "config.json").write_text('{"image_si')
    assert TrainedRun(witness).config.image_size == 8


@pytest.mark.parametrize(
    "setting, value, advice",
    [
        ("image_size", "8", "must be an integer. Received: '8'"),
        ("train_batch_norm", 1, "must be true or false. Received: 1"),
        ("masks", "of_tomorrow", "must be one of fixed, learned"),
    ],
)
def test_a_value_of_another_version_is_refused(setting, value, advice, changed):
    run = changed("run", "config.json", lambda c: {**c, setting: value})
    with pytest.raises(ValueError, match=advice):
        TrainedRun(run).config


def test_bad_settings_end_a_program_with_a_line(changed, start):
    run = changed("run", "config.json", lambda c: {**c, "epochs": None})
    ended = start("evaluate", f"--run_dir={run}")
    assert ended.code == 2
    assert ended.stderr == (
        f"error: epochs in {run}/config.json must be an integer. Received: "
        "None. Correct the file, or train again.\n"
    )


@pytest.mark.parametrize(
    "setting, value, advice",
    [
        ("backbone", "of_tomorrow", "backbone must be one of"),
        ("embedding_dim", 16, "weights of another model, such as embedding/"),
    ],
)
def test_a_model_of_other_settings_is_refused(setting, value, advice, changed):
    run = changed("run", "config.json", lambda c: {**c, setting: value})
    # Of the other Keras, so that the model is built from the settings.
    other = next(n for n in NAMES if not _is_of_this_keras(WITNESSES / n))
    shutil.copy(
        WITNESSES / other / "checkpoints" / "best.keras", run / "checkpoints"
    )
    with pytest.raises(ValueError, match=advice):
        TrainedRun(run).model


def test_a_model_with_a_loss_of_tomorrow_is_rebuilt(witness, caplog):
    """As one with a loss of tensorflow-addons where that is not installed."""
    path = witness / "checkpoints" / "best.keras"
    with zipfile.ZipFile(path) as file:
        contents = {name: file.read(name) for name in file.namelist()}
    config = contents["config.json"].decode()
    for known in ("MarginLoss", "MultiSimilarityLoss"):
        config = config.replace(known, "LossOfTomorrow")
    contents["config.json"] = config.encode()
    with zipfile.ZipFile(path, "w") as file:
        for name, content in contents.items():
            file.writestr(name, content)
    run = TrainedRun(witness)
    part = run.part("test")
    (images, *_) = run.images(part.index)
    np.testing.assert_allclose(
        run.model(images), part.embeddings[: len(images)], atol=SAME_ROWS
    )
    assert "built from the settings of the run" in caplog.text


@pytest.mark.parametrize("contents", [b"", b"PK", b"not a model"])
def test_a_broken_model_is_refused(witness, contents):
    path = witness / "checkpoints" / "best.keras"
    path.write_bytes(contents)
    advice = "best.keras must be a whole file in the zip format of .keras."
    with pytest.raises(ValueError, match=advice):
        TrainedRun(witness).model


def test_a_format_of_tomorrow_is_named(changed, start, caplog):
    run = changed("run", "result.json", lambda c: {**c, "format_version": 99})
    ended = start("compare", run, WITNESSES / NAMES[0])
    assert ended.code == 0
    assert "has format 99" in caplog.text
