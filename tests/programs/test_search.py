"""The search program, on real files and a model whose embedding is known."""

from __future__ import annotations

import json
import os
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras import export_saved_model
from dnc_keras.gallery import ServedModel
from dnc_keras.gallery.thumbnails import thumbnail

CELL = 4
REPORTED = ("id", "distance", "is_match", "learner_shares")


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """A model whose embedding is the means of 2 x 2 cells of 4 x 4 pixels."""
    path = tmp_path_factory.mktemp("exported")
    model = tf.keras.Sequential(
        [
            tf.keras.Input([8, 8, 3]),
            tf.keras.layers.AveragePooling2D(CELL),
            tf.keras.layers.Flatten(),
        ]
    )
    facts = export_saved_model(model, path, 8, center_crop=1.0) / "assets.extra"
    facts.mkdir(exist_ok=True)
    (facts / "dnc_keras.json").write_text('{"num_learners": 2}')
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """The user's cache folder, away from the real one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "dnc_keras"


@pytest.fixture
def embedded(monkeypatch):
    """Numbers of images that went through the model, a batch each."""
    batches = []
    embed = ServedModel.embed

    def counted(self, image_bytes):
        batches.append(len(image_bytes))
        return embed(self, image_bytes)

    monkeypatch.setattr(ServedModel, "embed", counted)
    return batches


def write(path, *cells):
    """Writes an 8 x 8 image of four gray cells; returns its embedding."""
    pixels = np.kron(np.reshape(cells, [2, 2]), np.ones([CELL, CELL]))
    image = tf.repeat(tf.cast(pixels, tf.uint8)[..., None], 3, axis=2)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tf.io.encode_png(image).numpy())
    return np.repeat(np.float32(cells), 3)


@pytest.fixture
def gallery(tmp_path):
    """Twelve images in folders; returns (folder, {name: embedding})."""
    root = tmp_path / "gallery"
    random = np.random.default_rng(0)
    names = [f"{'abc'[n % 3]}/{n}.png" for n in range(12)]
    return root, {
        name: write(root / name, *random.integers(0, 256, 4)) for name in names
    }


@pytest.fixture
def search(start, exported, tmp_path):
    """Runs a search; returns what it printed and what it wrote as JSON."""

    def search(*arguments, code=0):
        ended = start(
            "search", f"--export_dir={exported}", "--json=out.json", *arguments
        )
        assert ended.code == code, ended.stderr
        return ended, json.loads((tmp_path / "out.json").read_text())

    return search


@pytest.fixture
def refused(start, exported):
    """Runs a search that must end with one line; returns it."""

    def refused(*arguments):
        ended = start("search", f"--export_dir={exported}", *arguments)
        assert ended.code == 2
        assert "Traceback" not in ended.stderr
        return ended.stderr.splitlines()[-1]

    return refused


def expected(query, embeddings):
    """(distance, name) by a plain loop, nearest first."""
    return sorted(
        (float(np.linalg.norm(query - embedding)), name)
        for name, embedding in embeddings.items()
    )


def ids(result, query=0):
    return [found["id"] for found in result["queries"][query]["neighbors"]]


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


def test_json_tells_all_of_a_search(search, gallery):
    root, _ = gallery
    result = search(f"--gallery={root}", f"--query={root}/a", "--top_k=2")[1]
    assert set(result) == {
        *("export_dir", "versions", "threshold", "gallery", "num_gallery"),
        *("unreadable", "index", "recall", "seconds", "queries"),
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


def test_page_shows_pictures_distances_and_learners(search, gallery, tmp_path):
    root, embeddings = gallery
    query = write(tmp_path / "one.png", 10, 200, 30, 90)
    search(f"--gallery={root}", "--query=one.png", "--html=out.html")
    page = (tmp_path / "out.html").read_text()
    assert page.count('src="data:image/jpeg;base64,') == 6
    assert page.count(" alt=") == 6
    for distance, name in expected(query, embeddings)[:5]:
        assert f"<strong>{distance:.4f}</strong>" in page
        assert f'alt="neighbour {name}"' in page
    shares = re.findall(r'<dd class="share (\w*)">(\d+)%', page)
    assert len(shares) == 10
    assert [kind for kind, _ in shares].count("best") == 5
    for first, second in zip(shares[::2], shares[1::2]):
        best, other = (first, second) if first[0] == "best" else (second, first)
        assert int(best[1]) <= int(other[1])
    # Without network: nothing is loaded from anywhere.
    assert not re.search(r'(src|href)="(?!data:)|https?:|@import|url\(', page)


def test_names_of_files_are_text_on_the_page(search, gallery, tmp_path):
    root, _ = gallery
    name = '<script>alert("1")&amp;{{ 7 * 7 }}.png'
    write(root / name, 1, 2, 3, 4)
    search(f"--gallery={root}", f"--query={root / name}", "--html=out.html")
    page = (tmp_path / "out.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(&#34;1&#34;)&amp;amp;{{ 7 * 7 }}.png" in page


def test_name_that_is_no_utf8_is_shown(search, gallery, tmp_path):
    root, embeddings = gallery
    (root / "a" / "0.png").rename(os.fsdecode(bytes(root) + b"/caf\xe9.png"))
    result = search(f"--gallery={root}", f"--query={root}", "--html=out.html")[
        1
    ]
    assert "caf\ufffd.png" in [one["query"] for one in result["queries"]]
    page = (tmp_path / "out.html").read_text()
    assert page.count("data:image/jpeg") == 6 * 12


def test_image_that_is_gone_has_no_picture(tmp_path):
    image = tmp_path / "one.png"
    write(image, 1, 2, 3, 4)
    assert thumbnail(image).startswith("data:image/jpeg;base64,")
    image.unlink()
    assert thumbnail(image) is None


def test_model_without_learners_has_no_bars(start, gallery, exported, tmp_path):
    root, _ = gallery
    shutil.copytree(exported, tmp_path / "plain")
    shutil.rmtree(tmp_path / "plain" / "1" / "assets.extra")
    start(
        "search",
        "--export_dir=plain",
        f"--gallery={root}",
        f"--query={root}/a/0.png",
        "--html=out.html",
    )
    page = (tmp_path / "out.html").read_text()
    assert "data:image/jpeg" in page
    assert "learner" not in page


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
            "A folder must hold images (.jpg .jpeg .png .bmp .gif). Received: "
            "'empty' with none. Check the path.",
        ),
        (
            ["--gallery=gallery", "--query=gallery", "--top_k=13"],
            "top_k must be between 1 and the images of the gallery, 12. "
            "Received: top_k=13. Use top_k=5.",
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
            "fmr=0.001 needs at least 1,000 pairs of images of different "
            "classes. Received: 48. Use fmr=0.0209 or more images.",
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


def test_search_helps_with_every_flag(start):
    ended = start("search", "--help")
    assert ended.code == 0
    assert "python -m dnc_keras.search" in ended.stdout
    for name in (
        "export_dir gallery query top_k html json index threshold calibrate "
        "fmr cache_dir leave_out_copies"
    ).split():
        assert f"--{name}" in ended.stdout.replace("--[no]", "--")
