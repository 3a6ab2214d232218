"""The program that inspects a data set, as a user starts it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile

import numpy as np
import pytest
from helpers.image_files import jpeg
from helpers.image_files import plain


@pytest.fixture
def faulty(tmp_path):
    """A csv data set with an image of each fault: its folder."""
    root = tmp_path / "faulty"
    root.mkdir()
    encoded = [jpeg(plain(10 * n, 32, 32)) for n in range(7)]
    contents = {
        "a0.jpg": encoded[0],
        "a1.jpg": encoded[1][:200],
        "b0.jpg": encoded[2],
        "b1.jpg": encoded[0],
        "c0.jpg": encoded[3],
        "c1.jpg": encoded[4],
        "d0.jpg": encoded[2],
    }
    lines = ["path,label,split"]
    for name, content in contents.items():
        (root / name).write_bytes(content)
        split = "train" if name[0] in "ab" else "test"
        lines.append(f"{name},{name[0]},{split}")
    (root / "labels.csv").write_text("\n".join(lines))
    return root


def _row(stdout, name):
    """The cells of a row of the table, by its name."""
    (line,) = [x for x in stdout.splitlines() if x[:26].strip() == name]
    return line[26:].split()


def test_a_sound_data_set_gets_a_table_and_a_file(start, tmp_path):
    ended = start("datasets", "--dataset=digits", "--json=found.json")
    assert ended.code == 0
    assert ended.stdout.splitlines()[0].split() == ["train", "test"]
    assert _row(ended.stdout, "images") == ["901", "896"]
    assert _row(ended.stdout, "classes") == ["5", "5"]
    assert _row(ended.stdout, "height, median") == ["8", "8"]
    assert _row(ended.stdout, "png") == ["901", "896"]
    assert "Equal files" not in ended.stdout
    assert "Data set    digits\nProtocol    zero-shot" in ended.stdout
    file = tmp_path / "found.json"
    assert ended.stdout.endswith(f"All of it   {file}\n")
    assert json.loads(file.read_text())["splits"]["test"]["num_images"] == 896


def test_findings_are_listed_and_are_no_failure(start, faulty, tmp_path):
    ended = start(
        "datasets", "--dataset=csv", f"--data_dir={faulty}", "--json=found.json"
    )
    assert ended.code == 0
    assert _row(ended.stdout, "unreadable") == ["1", "0"]
    assert _row(ended.stdout, "classes of one image") == ["0", "1"]
    assert _row(ended.stdout, "repeated") == ["1", "0"]
    assert f"Unreadable: 1\n  {faulty}/a1.jpg (" in ended.stdout
    assert (
        "Equal files in train and in test: 1\n"
        f"  {faulty}/b0.jpg (train, b) = {faulty}/d0.jpg (test, d)\n"
    ) in ended.stdout
    assert (
        "Equal files of different classes: 1\n"
        f"  {faulty}/a0.jpg (train, a) = {faulty}/b1.jpg (train, b)\n"
    ) in ended.stdout
    assert "Left out    1 of 3 queries: single image of its" in ended.stdout
    found = json.loads((tmp_path / "found.json").read_text())
    assert len(found["duplicates"]["across_train_and_test"]) == 1
    assert found["num_queries_left_out"] == 1


def test_long_lists_are_cut_off(start, faulty):
    for name in ("a0", "b0", "b1", "c0", "c1", "d0"):
        (faulty / f"{name}.jpg").write_bytes(b"<html>")
    ended = start("datasets", "--dataset=csv", f"--data_dir={faulty}")
    assert "Unreadable: 7\n" in ended.stdout
    assert "  ... and 2 more\n" in ended.stdout
    assert _row(ended.stdout, "bytes, median") == ["-", "-"]


@pytest.mark.parametrize("file", ["gone/found.json", "faulty"])
def test_a_file_that_cannot_be_written_is_named_at_once(start, faulty, file):
    ended = start(
        "datasets", "--dataset=csv", f"--data_dir={faulty}", f"--json={file}"
    )
    assert ended.code == 2 and not ended.stdout
    assert (
        f"json must be a file in a folder that exists. Received: '{file}'"
        in (ended.stderr)
    )


def test_bad_input_is_one_line(start, tmp_path):
    ended = start(
        "datasets", "--dataset=csv", f"--data_dir={tmp_path / 'gone'}"
    )
    assert ended.code == 2
    assert ended.stderr.splitlines()[-1].startswith("error: data_dir does not")
    assert list(tmp_path.iterdir()) == []


def test_it_helps_with_every_flag(start):
    ended = start("datasets", "--help")
    assert ended.code == 0
    assert "Reads a whole data set" in ended.stdout
    for name in ("json", "dataset", "data_dir", "test_list", "split_seed"):
        assert f"--{name}" in ended.stdout or f"--[no]{name}" in ended.stdout


def test_it_starts_in_a_process_of_its_own(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-m", "dnc_keras.datasets"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []
    assert ended.stdout.startswith(" ")


def test_vectors_are_inspected_with_those_that_are_broken(start, tmp_path):
    vectors = np.arange(16.0).reshape(8, 2)
    vectors[3] = np.nan
    np.savez(tmp_path / "x.npz", vectors=vectors, labels=list("aabbccdd"))
    flags = ["--dataset=vectors", f"--data_dir={tmp_path / 'x.npz'}"]
    ended = start("datasets", *flags, "--test_classes=c,d")
    assert ended.code == 0
    assert _row(ended.stdout, "images") == ["4", "4"]
    assert _row(ended.stdout, "2 x float64") == ["4", "4"]
    assert _row(ended.stdout, "length, min") == ["1", "12.04159451"]
    assert "Unreadable: 1\n  x.npz:3 (it has NaN or infinity)" in ended.stdout
    assert "vectors: 2 numbers each, float64" in ended.stdout


def test_sets_of_other_libraries_say_how_they_are_divided(start, tmp_path):
    with tarfile.open(tmp_path / "all.tar", "w") as archive:
        for number, label in enumerate("aabbccdd"):
            encoded = jpeg(plain(10 * number, 16, 16))
            for name, content in (
                (f"{number}.jpg", encoded),
                (f"{number}.cls", label.encode()),
            ):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    flags = ("--dataset=webdataset", "--data_dir=all.tar", "--split_seed=2")
    ended = start("datasets", *flags)
    assert ended.code == 0
    assert _row(ended.stdout, "images") == ["4", "4"]
    assert _row(ended.stdout, "jpeg") == ["4", "4"]
    assert (
        "Data set    webdataset: WebDataset tars\nProtocol    zero-shot: test "
        "classes unseen, each test image against all others; 0.5 of the "
        "classes drawn for test with seed 2\n"
    ) in ended.stdout
    refused = start("datasets", *flags, "--split=own")
    assert (refused.code, refused.stdout) == (2, "")
    assert refused.stderr == (
        "error: split=own needs a train and a test split in webdataset. "
        "Received: none. Use --split=classes.\n"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_module:load", "dataset must name a function that Python"),
        ("tfds:", "No data set has this name. Received: 'tfds:'. Names: digi"),
        ("a b:c", "No data set has this name. Received: 'a b:c'"),
        ("tfds:x", "This data set needs a data_dir: x/ as tensorflow-datasets"),
    ],
)
def test_a_name_that_is_none_gets_one_line(start, name, message):
    ended = start("datasets", f"--dataset={name}")
    assert ended.code == 2
    assert ended.stderr.startswith(f"error: {message}")
    assert ended.stderr.count("\n") == 1
