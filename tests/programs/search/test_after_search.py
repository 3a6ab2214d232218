"""The search program re-ranks, expands, augments, whitens and mirrors."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers import plain_reranking
from helpers.image_files import decode_with_pillow
from helpers.searched_images import expected
from helpers.searched_images import ids
from helpers.unit_points import grouped

QUERIES, ROWS = grouped(3, seed=1), grouped(40)
FILES = ("--gallery=gallery.npy", "--query=query.npy")
RERANK = ("--rerank=k_reciprocal", "--k1=6", "--k2=3")


@pytest.fixture
def search_files(start, tmp_path):
    """Searches the rows for the queries; returns what is printed, and JSON."""
    np.save(tmp_path / "gallery.npy", ROWS)
    np.save(tmp_path / "query.npy", QUERIES)

    def search(*arguments):
        ended = start("search", *FILES, "--json=out.json", *arguments)
        assert ended.code == 0, ended.stderr
        return ended, json.loads((tmp_path / "out.json").read_text())

    return search


def check(result, distances):
    """Whether what was found is nearest by distances of a plain loop."""
    for number, row in enumerate(distances):
        order = np.argsort(row, kind="stable")[:5]
        assert ids(result, number) == [str(name) for name in order]
        found = result["queries"][number]["neighbors"]
        np.testing.assert_allclose(
            [one["distance"] for one in found], row[order], atol=1e-4
        )


def euclidean(queries, rows):
    return np.linalg.norm(np.array(queries)[:, None] - rows, axis=2)


def test_neighbors_are_reranked_and_it_is_said(search_files, tmp_path):
    ended, result = search_files(*RERANK, "--html=out.html")
    rows = np.float64(ROWS), 6, 3, 0.3, False
    check(result, plain_reranking.k_reciprocal(np.float64(QUERIES), *rows))
    after = result["after_search"]
    assert after["methods"] == {
        "rerank": "k_reciprocal",
        "k1": 6,
        "k2": 3,
        "distance_weight": 0.3,
    }
    assert after["distances"] == "k_reciprocal"
    assert after["seconds"]["k_reciprocal"] > 0.0
    told = "of k-reciprocal re-ranking, 0 to 1"
    assert f"Distances   {told}" in ended.stdout
    assert f"distances are {told}." in (tmp_path / "out.html").read_text(
        encoding="utf-8"
    )
    assert "Extra       k-reciprocal " in ended.stdout


def test_queries_are_expanded_in_the_augmented_gallery(search_files):
    ended, result = search_files(
        *("--database_augmentation=3", "--query_expansion=average"),
        "--expand=2",
    )
    rows = plain_reranking.augmented(np.float64(ROWS), 3)
    queries = [
        plain_reranking.expanded_query(query, rows, 2)
        for query in np.float64(QUERIES)
    ]
    check(result, euclidean(queries, rows))
    assert result["after_search"]["distances"] == "euclidean"
    assert "Distances " not in ended.stdout


def test_gallery_and_queries_are_whitened_by_the_gallery(search_files):
    ended, result = search_files("--whiten=4")
    centred = np.float64(ROWS) - ROWS.mean(axis=0)
    _, deviations, axes = np.linalg.svd(centred)

    def whiten(rows):
        rows = (rows - ROWS.mean(axis=0)) @ axes[:4].T / deviations[:4]
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    check(result, euclidean(whiten(QUERIES), whiten(ROWS)))
    assert "query.npy: embeddings, as they are, whitened to width 4" in (
        ended.stdout
    )


def test_plain_search_says_nothing_of_it(search_files):
    ended, result = search_files()
    assert "after_search" not in result
    assert "After" not in ended.stdout


def test_mirror_images_are_averaged_and_kept_apart(
    search, gallery, embedded, tmp_path
):
    root, embeddings = gallery
    arguments = [f"--gallery={root}", f"--query={root}/b/1.png", "--top_k=12"]
    search(*arguments)
    assert sum(embedded) == 12
    result = search(*arguments, "--flip")[1]
    # Once as they are, and once mirrored.
    assert sum(embedded) == 36
    search(*arguments, "--flip")
    assert sum(embedded) == 36

    def averaged(name):
        image = decode_with_pillow((root / name).read_bytes())
        mirrored = image[::4, ::-4].reshape(-1)
        total = embeddings[name] + np.float32(mirrored)
        return total / np.linalg.norm(total)

    rows = {name: averaged(name) for name in embeddings}
    nearest = expected(rows["b/1.png"], rows)
    assert ids(result) == [name for _, name in nearest]
    plain = search(*arguments)[1]
    nearest = expected(embeddings["b/1.png"], embeddings)
    assert ids(plain) == [name for _, name in nearest]
    assert sum(embedded) == 36


def test_threshold_is_calibrated_on_what_is_compared(search, gallery):
    root, _ = gallery
    arguments = [f"--calibrate={root}", "--fmr=0.1", "--flip"]
    result = search(*arguments, f"--gallery={root}", f"--query={root}/a")[1]
    # Distances of rows of length 1.
    assert 0.0 < result["threshold"] < 2.0
    assert result["after_search"]["methods"] == {"flip": True}
    alone = search(*arguments)[1]
    assert alone["threshold"] == result["threshold"]
    assert alone["after_search"] == {"methods": {"flip": True}}


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("--threshold=0.5", *RERANK), "Leave one of them out; --flip and"),
        (
            ("--calibrate=.", "--query_expansion=average"),
            "Received: a threshold and --query_expansion=average, --expand=10.",
        ),
        (("--index=faiss", *RERANK), "Use --index=exact; --database_augment"),
        (("--flip",), "Received: embeddings in 'gallery.npy'. Leave it out"),
        (("--rerank=k_reciprocal", "--k1=40"), "Use a smaller k1"),
        (
            ("--query_expansion=alpha", "--expand=41"),
            "at most the others in the gallery, 40. Received: 41.",
        ),
        (("--whiten=7",), "have 6. Use dim=3, or more rows."),
        (("--expand=3",), "--expand belongs to --query_expansion."),
    ],
)
def test_what_does_not_go_together_is_refused(
    refused, tmp_path, arguments, words
):
    np.save(tmp_path / "gallery.npy", ROWS)
    np.save(tmp_path / "query.npy", QUERIES)
    assert words in refused(*FILES, *arguments)


def test_whitening_needs_a_gallery(refused):
    line = refused("--calibrate=.", "--whiten=3")
    assert "Whitening is fitted on the gallery." in line
