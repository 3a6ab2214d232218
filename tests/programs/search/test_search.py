"""The search program finds what a plain loop finds."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.searched_images import expected
from helpers.searched_images import ids
from helpers.searched_images import write

REPORTED = ("id", "distance", "is_match", "learner_shares")


def test_neighbors_are_those_of_a_plain_loop(search, gallery, tmp_path):
    root, embeddings = gallery
    query = write(tmp_path / "one.png", 10, 200, 30, 90)
    ended, result = search(f"--gallery={root}", "--query=one.png", "--top_k=3")
    nearest = expected(query, embeddings)[:3]
    assert ids(result) == [name for _, name in nearest]
    found = result["queries"][0]["neighbors"]
    np.testing.assert_allclose(
        [one["distance"] for one in found], [d for d, _ in nearest], rtol=1e-5
    )
    lines = [line.split() for line in ended.stdout.splitlines()]
    assert lines[0] == ["one.png"]
    for rank, (distance, name) in enumerate(nearest, 1):
        assert [str(rank), f"{distance:.4f}", name] in lines


@pytest.mark.parametrize("extra", [[], ["--leave_out_copies"]])
def test_a_small_gallery_gives_what_it_has(search, gallery, extra):
    root, embeddings = gallery
    arguments = [f"--gallery={root}", f"--query={root}/a/0.png", *extra]
    result = search(*arguments, "--top_k=1000000")[1]
    nearest = expected(embeddings["a/0.png"], embeddings)[len(extra) :]
    assert ids(result) == [name for _, name in nearest]


def test_json_tells_all_of_a_search(search, gallery):
    root, _ = gallery
    result = search(f"--gallery={root}", f"--query={root}/a", "--top_k=2")[1]
    assert set(result) == {
        *("export_dir", "versions", "threshold", "gallery", "num_gallery"),
        *("unreadable", "index", "recall", "seconds", "queries"),
        "feature_dims",
    }
    assert result["num_gallery"] == 12
    assert [one["query"] for one in result["queries"]] == [
        *("0.png", "3.png", "6.png", "9.png")
    ]
    for one in result["queries"]:
        assert one["match"] is True
        assert [set(n) for n in one["neighbors"]] == 2 * [set(REPORTED)]


def test_shares_are_those_of_the_learners_slices(search, gallery, tmp_path):
    root, embeddings = gallery
    query = write(tmp_path / "one.png", 10, 200, 30, 90)
    result = search(f"--gallery={root}", "--query=one.png", "--top_k=12")[1]
    for found in result["queries"][0]["neighbors"]:
        squares = (query - embeddings[found["id"]]) ** 2
        shares = [squares[:6].sum(), squares[6:].sum()] / squares.sum()
        np.testing.assert_allclose(found["learner_shares"], shares, rtol=1e-5)


def test_image_of_the_gallery_finds_itself_unless_left_out(search, gallery):
    root, embeddings = gallery
    write(root / "copy.png", *embeddings["a/0.png"][::3])
    arguments = [f"--gallery={root}", f"--query={root}/a/0.png", "--top_k=3"]
    found = search(*arguments)[1]["queries"][0]["neighbors"]
    assert [one["id"] for one in found[:2]] == ["a/0.png", "copy.png"]
    assert [one["distance"] for one in found[:2]] == [0.0, 0.0]
    assert found[0]["learner_shares"] is None
    others = ids(search(*arguments, "--leave_out_copies")[1])
    nearest = expected(embeddings["a/0.png"], embeddings)
    assert others == [name for _, name in nearest[1:4]]


def test_a_link_to_a_folder_above_does_not_go_round(search, gallery):
    root, _ = gallery
    (root / "a" / "again").symlink_to(root)
    result = search(f"--gallery={root}", f"--query={root}/a/0.png")[1]
    assert result["num_gallery"] == 12


def test_beyond_the_threshold_there_is_no_match(search, gallery, tmp_path):
    root, embeddings = gallery
    query = write(tmp_path / "one.png", 10, 200, 30, 90)
    (nearest, name), (second, _) = expected(query, embeddings)[:2]
    arguments = [f"--gallery={root}", "--query=one.png", "--html=out.html"]
    between = (nearest + second) / 2
    result = search(*arguments, f"--threshold={between}")[1]
    found = result["queries"][0]
    assert found["match"] is True
    assert [one["is_match"] for one in found["neighbors"]] == [True] + 4 * [
        False
    ]
    ended, result = search(*arguments, f"--threshold={nearest / 2}")
    assert result["queries"][0]["match"] is False
    assert f"one.png  no match within {nearest / 2:g}" in ended.stdout
    assert "no match within" in (tmp_path / "out.html").read_text()


@pytest.mark.parametrize("form", ["npz", "npy"])
def test_gallery_may_be_a_file_of_embeddings(search, gallery, tmp_path, form):
    root, embeddings = gallery
    rows, names = np.stack([*embeddings.values()]), [*embeddings]
    if form == "npz":
        np.savez("gallery.npz", embeddings=rows, ids=names)
    else:
        np.save("gallery.npy", rows)
        names = [str(number) for number in range(12)]
    result = search(f"--gallery=gallery.{form}", f"--query={root}/a/3.png")[1]
    nearest = expected(
        embeddings["a/3.png"], dict(zip(names, embeddings.values()))
    )
    assert ids(result) == [name for _, name in nearest[:5]]


def test_embeddings_need_no_model(start, tmp_path):
    np.save(tmp_path / "line.npy", np.array([[0.0], [1.0], [3.0]]))
    ended = start(
        "search", "--gallery=line.npy", "--query=line.npy", "--top_k=2"
    )
    lines = [line.split() for line in ended.stdout.splitlines()]
    assert lines[:3] == [["0"], ["1", "0.0000", "0"], ["2", "1.0000", "1"]]


def test_approximate_search_tells_its_recall(search, gallery):
    pytest.importorskip("faiss")
    root, embeddings = gallery
    ended, result = search(
        f"--gallery={root}", f"--query={root}/a/0.png", "--index=faiss"
    )
    assert (result["index"], result["recall"]) == ("faiss", 1.0)
    assert "Recall      1.0000 of the exact neighbours" in ended.stdout
    nearest = expected(embeddings["a/0.png"], embeddings)[:5]
    assert ids(result) == [name for _, name in nearest]


def test_search_helps_with_every_flag(start):
    ended = start("search", "--help")
    assert ended.code == 0
    assert "python -m dnc_keras.search" in ended.stdout
    for name in (
        "export_dir gallery query top_k html json index threshold calibrate "
        "fmr cache_dir leave_out_copies"
    ).split():
        assert f"--{name}" in ended.stdout.replace("--[no]", "--")
