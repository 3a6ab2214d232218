"""What cannot be searched is named in one line."""

from __future__ import annotations

import re

import numpy as np
import pytest
from helpers.searched_images import expected
from helpers.searched_images import ids

from dnc_keras.datasets.folder import IMAGE_EXTENSIONS


def test_unreadable_images_are_named_and_left_out(search, gallery, embedded):
    root, embeddings = gallery
    (root / "a" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n, and no more")
    (root / "empty.jpg").touch()
    (root / "notes.txt").write_text("no image")
    (root / ".hidden.png").write_bytes(b"")
    ended, result = search(f"--gallery={root}", f"--query={root}/a/0.png")
    assert result["num_gallery"] == 12
    assert [name for name, _ in result["unreadable"]] == [
        *("a/broken.png", "empty.jpg")
    ]
    assert re.search("^left out a/broken.png: .+", ended.stderr, re.M)
    nearest = expected(embeddings["a/0.png"], embeddings)[:5]
    assert ids(result) == [name for _, name in nearest]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            ["--gallery=gone", "--query=gallery"],
            "Images to search must be an image or a folder of images. "
            "Received: 'gone', which does not exist. Check the path.",
        ),
        (
            ["--gallery=empty", "--query=gallery"],
            f"A folder must hold images ({' '.join(IMAGE_EXTENSIONS)}). "
            "Received: 'empty' with none. Check the path.",
        ),
        (
            ["--gallery=gallery", "--query=gallery", "--top_k=0"],
            "top_k must be an integer above 0. Received: 0.",
        ),
        (
            ["--gallery=gallery"],
            "A search needs --gallery and --query. Received: no --query. Give "
            "both.",
        ),
        (
            [],
            "Give --gallery and --query to search, or --calibrate for a "
            "threshold. Received: none of them. See --help.",
        ),
        (
            ["--gallery=gallery", "--query=gallery", "--html=gone/out.html"],
            "--html must be a file in a folder that exists. Received: "
            "'gone/out.html'. Make the folder, or give a file's name.",
        ),
        (
            ["--gallery=gallery", "--query=gallery", "--index=annoy"],
            "index must be one of exact, faiss. Received: 'annoy'.",
        ),
        (
            ["--calibrate=gallery", "--threshold=1"],
            "Give one of --threshold and --calibrate, which tells one. "
            "Received: both, --threshold=1.",
        ),
        (
            ["--calibrate=gallery"],
            "A false match rate of 0.001 needs at least 1,000 pairs of images "
            "of different classes. Received: 48. Use 0.0209 or more images.",
        ),
        (
            ["--calibrate=gallery/a"],
            "calibrate must be a folder with a folder of images for each "
            "class. Received: '0.png', which is in none. Put each class into "
            "a folder of its own.",
        ),
        (
            ["--gallery=gallery", "--query=gallery", "--export_dir="],
            "Images need a model. Received: no --export_dir. Give the folder "
            "that a training wrote, RUN_DIR/export.",
        ),
        (
            ["--gallery=rows.npz", "--query=gallery"],
            "ids must be one for each row of embeddings. Received: shapes [2] "
            "and [3, 12] in 'rows.npz'. Write both for the same images.",
        ),
    ],
)
def test_bad_input_is_one_line(refused, gallery, tmp_path, arguments, message):
    (tmp_path / "empty").mkdir()
    np.savez(tmp_path / "rows.npz", embeddings=np.eye(3, 12), ids=["a", "b"])
    assert refused(*arguments) == f"error: {message}"


def test_folder_of_nothing_but_broken_images_is_told(refused, tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "one.png").write_bytes(b"not a png")
    line = refused("--gallery=broken", "--query=broken")
    assert line.startswith(
        "error: At least one image must be readable. Received: 1 in 'broken' "
        "that are not, the first is 'one.png' ("
    )


def test_damaged_cache_is_told(refused, gallery, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "embeddings.sqlite3").write_bytes(b"no database" * 99)
    line = refused(
        *("--gallery=gallery", "--query=gallery", "--cache_dir=cache")
    )
    assert line.endswith("Delete that file, or use another cache_dir.")
