"""Every program names a damaged file in one line, or works without it."""

from __future__ import annotations

import os
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf
from helpers.compared_runs import write_measured
from helpers.damages import damage
from helpers.damages import damages_of

from dnc_keras import export_saved_model
from dnc_keras.runs import RunDirectory
from dnc_keras.runs import save_embeddings

SETTINGS, RESULT, LOG = "config.json", "result.json", "log.jsonl"
MODEL = "checkpoints/last.keras"


@pytest.fixture
def damaged(untrained_run, tmp_path):
    """Yields (kind, folder of a run) for each damage of one of its files."""

    def each(name):
        whole = tmp_path / "whole"
        shutil.copytree(untrained_run.path, whole)
        (whole / RESULT).write_text('{"test": {"recall_at_1": 0.5}}')
        (whole / LOG).write_text('{"epoch": 0, "seconds": 1.0}\n')
        for number, (kind, content) in enumerate(
            damages_of(whole / name).items()
        ):
            copy = tmp_path / f"copy{number}"
            shutil.copytree(whole, copy)
            damage(copy / name, content)
            yield kind, copy

    return each


def check(ended, kind):
    """A program has ended as it should, or with one line that is advice."""
    assert "Traceback" not in ended.stderr, kind
    errors = [
        line for line in ended.stderr.splitlines() if line.startswith("error: ")
    ]
    assert (ended.code, len(errors)) in ((0, 0), (2, 1)), (kind, ended.stderr)
    return errors


@pytest.mark.parametrize("name", [SETTINGS, RESULT, LOG])
def test_compare_needs_no_whole_file(start, damaged, seeds, name):
    for kind, run in damaged(name):
        check(start("compare", run, seeds[0]), kind)


@pytest.mark.parametrize("file", ["queries.npz", "embeddings/test.npz"])
def test_compare_names_values_of_queries_that_are_damaged(
    start, tmp_path, file
):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    for path in (whole, broken):
        write_measured(path, [1, 0, 1, 1], [0, 0, 1, 1], margin=len(path.name))
    rows, labels = np.float32([[0], [1], [4], [5]]), np.array([0, 0, 1, 1])
    save_embeddings(RunDirectory(broken), "test", rows, labels)
    if file != "queries.npz":
        (broken / "queries.npz").unlink()
    for kind, content in damages_of(broken / file).items():
        copy = shutil.copytree(broken, tmp_path / kind)
        damage(copy / file, content)
        ended = start("compare", whole, copy)
        told = " ".join(ended.stdout.split())
        if kind == "FIFO":  # A folder that none may read.
            assert check(ended, kind)
        else:
            assert not check(ended, kind)
        if kind not in ("FIFO", "flipped"):  # It may be a byte of no array.
            # The embeddings give R@1 of 1, and the result 0.75.
            assert f"{kind} has no values of single queries" in told
            assert file.partition("/")[0] in told


@pytest.mark.parametrize("name", [SETTINGS, RESULT, LOG, MODEL])
def test_a_report_needs_no_whole_file(start, damaged, name):
    for kind, run in damaged(name):
        check(start("report", f"--run_dir={run}", "--noembed"), kind)


@pytest.mark.parametrize(
    "program, flags", [("datasets", []), ("train", ["--weights="])]
)
def test_a_table_that_is_damaged_is_named(
    start, classes, tmp_path, program, flags
):
    images = sorted(pathlib.Path(classes).rglob("*.png"))
    table = tmp_path / "labels.csv"
    rows = [f"{path},{path.parent.name}\n" for path in images]
    table.write_text("path,label\n" + "".join(rows))
    for kind, content in damages_of(table).items():
        if kind == "flipped":
            continue  # It may be a letter of a label.
        folder = tmp_path / kind
        folder.mkdir()
        shutil.copy(table, folder)
        damage(folder / table.name, content)
        data = ["--dataset=csv", f"--data_dir={folder}"]
        (line,) = check(start(program, *data, *flags), kind)
        assert table.name in line


@pytest.mark.parametrize("program", ["evaluate", "export_model"])
@pytest.mark.parametrize("name", [SETTINGS, MODEL])
def test_a_run_that_is_not_whole_is_named(start, damaged, program, name):
    flags = ["--nonmi"] if program == "evaluate" else ["--export_dir=export"]
    for kind, run in damaged(name):
        if (name, kind) == (SETTINGS, "flipped"):
            continue  # A letter of a setting, which is still JSON.
        (line,) = check(start(program, f"--run_dir={run}", *flags), kind)
        assert str(run / name) in line


@pytest.fixture
def embeddings(tmp_path):
    path = tmp_path / "some.npz"
    np.savez(path, embeddings=np.eye(4, dtype=np.float32), ids=np.arange(4))
    return path


def test_a_gallery_that_is_damaged_is_named(start, embeddings, tmp_path):
    flags = ["--cache_dir=cache", "--top_k=1", f"--query={embeddings}"]
    for kind, content in damages_of(embeddings).items():
        path = shutil.copy(embeddings, tmp_path / "copy.npz")
        damage(path, content)
        errors = check(start("search", f"--gallery={path}", *flags), kind)
        # Half of so few bytes is a header that nobody reads.
        assert len(errors) == (kind != "flipped")
        assert all("copy.npz" in line for line in errors)
        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)


SERVED = (
    "saved_model.pb",
    "variables/variables.index",
    "variables/variables.data-00000-of-00001",
    "assets.extra/dnc_keras.json",
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The folder of a SavedModel."""
    images = tf.keras.Input([8, 8, 3])
    rows = tf.keras.layers.Dense(4)(tf.keras.layers.Flatten()(images))
    path = tmp_path_factory.mktemp("exported")
    return export_saved_model(tf.keras.Model(images, rows), path, 8)


@pytest.mark.parametrize("name", SERVED)
def test_an_export_that_is_damaged_is_named(
    start, exported, classes, tmp_path, name
):
    flags = [f"--gallery={classes}", f"--query={classes}", "--cache_dir=cache"]
    for kind, content in damages_of(exported / name).items():
        copy = tmp_path / kind
        shutil.copytree(exported, copy)
        damage(copy / name, content)
        errors = check(start("search", f"--export_dir={copy}", *flags), kind)
        is_still_json = kind in ("flipped", "texts", "nested")
        is_harmless = name == SERVED[-1] and is_still_json
        # A letter of a name in a graph, or one that it cannot do without.
        if (name, kind) != (SERVED[0], "flipped"):
            assert len(errors) == (not is_harmless), (kind, errors)
        assert all(str(copy) in line for line in errors), errors
