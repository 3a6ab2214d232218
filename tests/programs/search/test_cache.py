"""The search program embeds an image once."""

from __future__ import annotations

import shutil

import numpy as np
import tensorflow as tf
from helpers.searched_images import CELL
from helpers.searched_images import expected
from helpers.searched_images import ids
from helpers.searched_images import write

from dnc_keras import export_saved_model


def test_only_what_changed_is_embedded_again(search, gallery, embedded):
    root, embeddings = gallery
    arguments = [f"--gallery={root}", f"--query={root}/b/1.png"]
    search(*arguments)
    assert sum(embedded) == 12
    search(*arguments)
    assert sum(embedded) == 12
    write(root / "a" / "0.png", 1, 2, 3, 4)
    (root / "b" / "4.png").rename(root / "renamed.png")
    (root / "c" / "2.png").unlink()
    result = search(*arguments, "--top_k=11")[1]
    assert sum(embedded) == 13
    embeddings["a/0.png"] = np.repeat(np.float32([1, 2, 3, 4]), 3)
    embeddings["renamed.png"] = embeddings.pop("b/4.png")
    del embeddings["c/2.png"]
    nearest = expected(embeddings["b/1.png"], embeddings)
    assert ids(result) == [name for _, name in nearest]


def test_another_model_has_embeddings_of_its_own(
    search, start, gallery, embedded, exported, tmp_path
):
    root, _ = gallery
    search(f"--gallery={root}", f"--query={root}")
    shutil.copytree(exported, tmp_path / "copied")
    searched = [f"--gallery={root}", f"--query={root}"]
    start("search", "--export_dir=copied", *searched)
    assert sum(embedded) == 12
    scale = tf.keras.Sequential(
        [
            tf.keras.Input([8, 8, 3]),
            tf.keras.layers.Rescaling(2.0),
            tf.keras.layers.AveragePooling2D(CELL),
            tf.keras.layers.Flatten(),
        ]
    )
    export_saved_model(scale, tmp_path / "copied", 8, center_crop=1.0)
    assert start("search", "--export_dir=copied", *searched).code == 0
    assert sum(embedded) == 24


def test_nothing_is_written_into_the_gallery(search, gallery, cache, tmp_path):
    root, _ = gallery
    before = sorted(root.rglob("*"))
    search(f"--gallery={root}", f"--query={root}")
    assert sorted(root.rglob("*")) == before
    assert (cache / "embeddings.sqlite3").is_file()
    search(f"--gallery={root}", f"--query={root}", "--cache_dir=mine")
    assert (tmp_path / "mine" / "embeddings.sqlite3").is_file()
