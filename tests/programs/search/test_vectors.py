"""Files of vectors are embedded by a model that takes vectors."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers.searched_images import expected
from helpers.searched_images import ids
from helpers.small_models import build_vector_model
from helpers.small_models import embed_vectors

from dnc_keras import export_saved_model


@pytest.fixture(scope="session")
def of_vectors(tmp_path_factory):
    """(folder of an export, what it embeds by NumPy)."""
    path = tmp_path_factory.mktemp("of_vectors")
    model = build_vector_model()
    export_saved_model(model, path)
    return path, lambda vectors: embed_vectors(model, vectors)


@pytest.fixture
def files(tmp_path):
    """gallery.npy and query.npz of random vectors."""
    random = np.random.default_rng(0)
    rows = random.normal(size=[20, 16]).astype(np.float16)
    queries = random.normal(size=[2, 16])
    np.save(tmp_path / "gallery.npy", rows)
    np.savez(tmp_path / "query.npz", features=queries, ids=["one", "two"])
    return rows, queries


FILES = ("--gallery=gallery.npy", "--query=query.npz")


def test_vectors_are_embedded_and_searched(start, of_vectors, files, tmp_path):
    path, embed = of_vectors
    ended = start("search", f"--export_dir={path}", *FILES, "--json=out.json")
    assert ended.code == 0, ended.stderr
    result = json.loads((tmp_path / "out.json").read_text())
    rows, queries = map(embed, files)
    gallery = {str(number): row for number, row in enumerate(rows)}
    for number, query in enumerate(queries):
        nearest = expected(query, gallery)[:5]
        assert ids(result, number) == [name for _, name in nearest]
        found = result["queries"][number]["neighbors"]
        np.testing.assert_allclose(
            [one["distance"] for one in found], [d for d, _ in nearest], 1e-4
        )
        assert all(len(one["learner_shares"]) == 2 for one in found)
    assert [one["query"] for one in result["queries"]] == ["one", "two"]
    assert result["feature_dims"] == {"gallery.npy": 16, "query.npz": 16}
    told = "Rows        gallery.npy: vectors of width 16, embedded by the model"
    assert told in ended.stdout.splitlines()


def test_embeddings_are_taken_as_they_are_and_told_so(start, files):
    ended = start("search", "--gallery=gallery.npy", "--query=gallery.npy")
    told = "Rows        gallery.npy: embeddings of width 16, as they are"
    assert told in ended.stdout.splitlines()


@pytest.mark.parametrize(
    "arguments, told",
    [
        (
            ["--gallery=gallery.npy", "--query=narrow.npy"],
            "This model embeds vectors of width 16. Received: width 9 in "
            "narrow.npy. Give vectors of the kind that it was trained on.",
        ),
        (
            ["--gallery=embedded.npy", "--query=query.npz"],
            "This model embeds vectors of width 16. Received: width 4 in "
            "embedded.npy. Embeddings that it made need no model: leave it "
            "out.",
        ),
        (
            ["--gallery=gallery.npy", "--query=."],
            "This model embeds vectors of width 16. Received: '.', no .npz or "
            ".npy. Give vectors, or a model of images.",
        ),
        (
            ["--gallery=nan.npy", "--query=query.npz"],
            "Each vector must be finite, and not all zeros. Received: row 1 of "
            "nan.npy: it has NaN or infinity. Compute it again, or leave it "
            "out.",
        ),
        (
            ["--gallery=gone.npy", "--query=query.npz"],
            "Vectors must be a .npz or .npy file. Received: 'gone.npy', which "
            "is no file. Check the path.",
        ),
        (
            ["--gallery=short.npz", "--query=query.npz"],
            "ids must be one for each vector. Received: 1 for 2 in "
            "'short.npz'. Write both for the same vectors.",
        ),
    ],
)
def test_what_cannot_be_searched_is_one_line(
    start, of_vectors, files, tmp_path, arguments, told
):
    np.save(tmp_path / "narrow.npy", np.ones([3, 9]))
    np.save(tmp_path / "embedded.npy", np.ones([3, 4]))
    np.save(tmp_path / "nan.npy", [[1.0] * 16, [np.nan] * 16])
    np.savez(tmp_path / "short.npz", vectors=np.ones([2, 16]), ids=["a"])
    ended = start("search", f"--export_dir={of_vectors[0]}", *arguments)
    assert ended.code == 2
    assert ended.stderr.splitlines()[-1] == f"error: {told}"
