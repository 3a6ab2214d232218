"""One image or vector has one embedding, whatever it is given as."""

from __future__ import annotations

import types

import numpy as np
import pandas
import pytest
import tensorflow as tf
import tqdm
from helpers.image_files import decode_with_pillow
from helpers.image_files import smooth
from helpers.image_files import truncate
from helpers.small_models import build_vector_model
from PIL import Image

import dnc_keras as dnc
from dnc_keras import gallery
from dnc_keras.config.saved import OWN_PARTS
from dnc_keras.embedding.run_signatures import RunSignatures
from dnc_keras.export.export_run import ExportOptions
from dnc_keras.export.export_run import export_run
from dnc_keras.runs import RunDirectory
from dnc_keras.runs.trained import TrainedRun
from dnc_keras.support import progress


def _close(embeddings, expected):
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(embeddings, expected, atol=1e-6)


def _all_served(of_images, files):
    return of_images.served(*(file.read_bytes() for file in files))


def test_files_and_bytes_are_embedded_as_they_are_served(of_images, files):
    expected = _all_served(of_images, files)
    embed = of_images.embedder.embed
    _close(embed(files), expected)
    _close(embed([str(file) for file in files]), expected)
    _close(embed(np.array([str(file) for file in files])), expected)
    _close(embed(pandas.Series([str(file) for file in files])), expected)
    _close(embed([file.read_bytes() for file in files]), expected)
    _close(embed(tf.constant([f.read_bytes() for f in files])), expected)
    _close(embed(str(files[0])), expected[:1])
    _close(embed(files[0].read_bytes()), expected[:1])
    assert np.ptp(expected, axis=0).min() > 1e-3


def test_decoded_pixels_are_embedded_as_their_files(of_images, files):
    upright = files[:5]
    expected = _all_served(of_images, upright)
    pixels = [decode_with_pillow(file.read_bytes()) for file in upright]
    embed = of_images.embedder.embed
    _close(embed(pixels), expected)
    _close(embed([tf.constant(image) for image in pixels]), expected)
    for image, row in zip(pixels, expected):
        _close(embed(image[None]), row[None])
    _close(embed([np.asarray(Image.open(upright[3]))]), expected[3:4])


def test_pil_images_are_embedded_as_their_files(of_images, files):
    images = [Image.open(file) for file in files]
    expected = _all_served(of_images, files)
    _close(of_images.embedder.embed(images), expected)
    # Its file says that its top is on its left.
    lying = decode_with_pillow(files[5].read_bytes())
    _close(of_images.embedder.embed([np.rot90(lying, -1)]), expected[5:])
    assert np.abs(of_images.embedder.embed([lying]) - expected[5:]).max() > 1e-3


def test_forms_of_images_may_be_mixed(of_images, files):
    mixed = [
        files[0],
        files[1].read_bytes(),
        Image.open(files[2]),
        decode_with_pillow(files[3].read_bytes()),
    ]
    expected = _all_served(of_images, files[:4])
    _close(of_images.embedder.embed(mixed), expected)


def test_float_pixels_are_taken_as_the_network_takes_them(of_images):
    pixels = np.random.default_rng(0).uniform(0, 255, [300, 8, 8, 3])
    expected = of_images.served_pixels(tf.constant(pixels, tf.float32))
    _close(of_images.embedder.embed(pixels), expected)


def test_a_dataset_gives_batches_of_anything(of_images, of_vectors, vectors):
    images = np.stack([np.roll(smooth(12, 9), n, axis=0) for n in range(5)])
    dataset = tf.data.Dataset.from_tensor_slices((images, np.arange(5)))
    embed = of_images.embedder.embed
    expected = embed(images)
    _close(embed(dataset.batch(2)), expected)
    encoded = dataset.map(lambda image, label: tf.io.encode_png(image))
    _close(embed(encoded.batch(2)), expected)
    rows = tf.data.Dataset.from_tensor_slices(vectors).batch(7)
    _close(of_vectors.embedder.embed(rows), of_vectors.expected(vectors))


def test_images_of_a_data_set_are_embedded(of_images):
    test = dnc.datasets.load("digits").test.subset(np.arange(7))
    read = test.reader()
    expected = of_images.served(
        *(read(tf.constant(i)).numpy() for i in range(7))
    )
    _close(of_images.embedder.embed(test), expected)


@pytest.mark.parametrize(
    "change, told",
    [
        (lambda x: x.shuffle(30, seed=1), "Leave out shuffle"),
        (lambda x: x.repeat(), "Leave repeat"),
    ],
)
def test_dataset_without_one_order_or_end_is_refused(
    of_vectors, vectors, change, told
):
    dataset = change(tf.data.Dataset.from_tensor_slices(vectors)).batch(7)
    with pytest.raises(ValueError, match=told):
        of_vectors.embedder.embed(dataset)


def test_vectors_are_embedded_from_any_array(of_vectors, vectors, tmp_path):
    expected = of_vectors.expected(vectors)
    embed = of_vectors.embedder.embed
    np.save(tmp_path / "vectors.npy", vectors)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    for form in (vectors, list(vectors), vectors.tolist(), mapped):
        _close(embed(form), expected)
    _close(embed(tf.constant(vectors)), expected)
    half = vectors.astype(np.float16)
    _close(embed(half), of_vectors.expected(half))


def test_nothing_has_no_embeddings(of_images, of_vectors):
    assert of_images.embedder.embed([]).shape == (0, 4)
    assert of_vectors.embedder.embed(np.zeros([0, 16])).shape == (0, 4)


def test_an_embedder_tells_what_it_takes(of_images, of_vectors):
    told = [
        (e.takes, e.embedding_dim, e.num_learners, e.image_size, e.feature_dim)
        for e in (of_images.embedder, of_vectors.embedder)
    ]
    assert told == [("images", 4, 2, 8, None), ("vectors", 4, 2, None, 16)]


def test_gray_rectangles_are_embedded_as_they_are_served(tmp_path, files):
    backbone = tf.keras.Sequential(
        [tf.keras.Input([6, 10, 1]), tf.keras.layers.Flatten()]
    )
    model = dnc.DivideAndConquer(backbone, embedding_dim=4, num_learners=2)
    path = dnc.export_saved_model(model, tmp_path / "export")
    serve = tf.saved_model.load(str(path)).signatures["serving_bytes"]
    contents = [file.read_bytes() for file in files[:5]]
    expected = serve(image_bytes=tf.constant(contents))["embedding"]
    embedder = dnc.Embedder.load(path)
    _close(embedder.embed(files[:5]), expected)
    _close(embedder.embed(list(map(decode_with_pillow, contents))), expected)
    assert embedder.image_size == (6, 10)


def test_a_run_embeds_as_its_export(untrained_run, tmp_path, files):
    run = TrainedRun(untrained_run)
    path, _ = export_run(run, tmp_path / "export", ExportOptions())
    of_run, of_export = map(dnc.Embedder.load, (untrained_run.path, path))
    _close(of_run.embed(files), of_export.embed(files))
    assert vars(of_run).keys() == vars(of_export).keys()
    for name in ("takes", "embedding_dim", "num_learners", "image_size"):
        assert getattr(of_run, name) == getattr(of_export, name)


def _run_of_vectors(path, settings=None, **options):
    return types.SimpleNamespace(
        model=build_vector_model(),
        config=dnc.TrainConfig(**options),
        settings=settings or {},
        directory=RunDirectory(path),
    )


@pytest.mark.parametrize(
    "settings, options",
    [({OWN_PARTS: {"load_image": "f"}}, {}), ({}, {"load_image": "a:f"})],
)
def test_a_run_with_an_own_loader_is_refused(settings, options, tmp_path):
    run = _run_of_vectors(tmp_path, settings, **options)
    with pytest.raises(ValueError, match="a load_image of your own.*export"):
        RunSignatures(run)


def test_a_run_of_vectors_embeds_vectors(vectors, tmp_path):
    run = _run_of_vectors(tmp_path)
    embedder = dnc.Embedder(RunSignatures(run))
    expected = run.model(vectors).numpy()
    assert (embedder.takes, embedder.feature_dim) == ("vectors", 16)
    _close(embedder.embed(vectors), expected)


def test_unreadable_images_are_all_named(of_images, files, tmp_path):
    truncate(files[2])
    inputs = [*files[:3], tmp_path / "gone.png", b"no image"]
    with pytest.raises(ValueError, match="^All images must be") as told:
        of_images.embedder.embed(inputs)
    message = str(told.value)
    assert "\n" not in message and "Received: 3 of 5: " in message
    assert f"{files[2]} (" in message and "image 4 (" in message
    assert f"{tmp_path / 'gone.png'} (No such file" in message


def test_unreadable_images_get_nan_if_asked_for(of_images, files, caplog):
    expected = _all_served(of_images, files[:3])
    truncate(files[1])
    embeddings = of_images.embedder.embed(files[:3], on_error="nan")
    assert np.isnan(embeddings[1]).all()
    _close(embeddings[[0, 2]], expected[[0, 2]])
    assert f"1 of 3: {files[1]} (" in caplog.text


@pytest.mark.parametrize(
    "inputs, told",
    [
        (["a.png"], "width 16. Received: image paths. Give vectors"),
        ([b"\x89PNG"], "width 16. Received: encoded images."),
        (np.zeros([1, 8, 8, 3], np.uint8), "width 16. Received: images."),
        (np.zeros([1, 8, 8, 3]), "width 16. Received: float pixels."),
        (np.zeros([3, 8]), "width 16. Received: width 8 in vectors"),
        ([[1.0, 2.0], [1.0]], "one width. Received: 1, 2."),
        (np.full([3, 16], np.nan), "row 0 of vectors: it has NaN or infinity."),
        (np.zeros([3, 16]), "row 0 of vectors: it is all zeros."),
        (np.zeros([3, 16], complex), "floats or integers. Received: complex"),
        (np.zeros([16]), "Received: float64 of shape [16]"),
        (np.zeros([1, 2, 16]), "Received: float64 of shape [1, 2, 16]"),
    ],
)
def test_what_a_model_of_vectors_does_not_take(of_vectors, inputs, told):
    with pytest.raises(ValueError) as raised:
        of_vectors.embedder.embed(inputs)
    assert told in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "inputs, told",
    [
        (np.zeros([3, 16]), "embeds images. Received: vectors of width 16."),
        (np.zeros([8, 8, 3], np.uint8), "Give one image as image[None]"),
        (np.zeros([1, 9, 8, 3]), "takes, (8, 8, 3). Received: [1, 9, 8, 3]."),
        (np.full([1, 8, 8, 3], 0.5), "0 to 255. Received: 0.5 to 0.5."),
        (np.full([1, 8, 8, 3], -1.0), "0 to 255. Received: -1 to -1."),
        (np.full([1, 8, 8, 3], np.nan), "0 to 255. Received: nan to nan."),
        ([np.zeros([8, 8, 5], np.uint8)], "Received: shape [8, 8, 5]"),
        ([np.zeros([0, 8, 3], np.uint8)], "Received: shape [0, 8, 3]"),
        (Image.new("I;16", (8, 8)), "8 bits: 1, L, LA"),
        ([3], "Received: item 0 is a int."),
        (["a.png", np.zeros([8, 8])], "item 1 is float64 of shape [8, 8]."),
        (7, "bytes), uint8 images"),
        (object(), "of batches of them. Received: object."),
    ],
)
def test_what_a_model_of_images_does_not_take(of_images, inputs, told):
    with pytest.raises((TypeError, ValueError)) as raised:
        of_images.embedder.embed(inputs)
    assert told in str(raised.value) and "\n" not in str(raised.value)


def test_what_is_not_known_is_refused(of_images, tmp_path):
    with pytest.raises(ValueError, match="on_error must be one of raise, nan"):
        of_images.embedder.embed([], on_error="skip")
    with pytest.raises(ValueError, match="must be a SavedModel"):
        dnc.Embedder.load(tmp_path)


def _plain_nearest(queries, rows, k):
    distances = np.linalg.norm(queries[:, None] - rows, axis=2)
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(distances, order, axis=1), order


def test_nearest_of_files_of_embeddings_and_of_an_index(of_images, files):
    rows = of_images.embedder.embed(files)
    distances, order = _plain_nearest(rows[:2], rows, 3)
    index = gallery.ExactIndex(rows)
    for queries in (files[:2], rows[:2]):
        for searched in (files, rows, index):
            found = of_images.embedder.nearest(queries, searched, k=3)
            np.testing.assert_array_equal(found[1], order)
            np.testing.assert_allclose(found[0], distances, atol=1e-6)


def test_nearest_without_a_gallery_leaves_each_query_out(of_vectors, vectors):
    rows = of_vectors.expected(vectors)
    expected = _plain_nearest(rows, rows, 6)
    assert (expected[1][:, 0] == np.arange(30)).all()
    distances, order = of_vectors.embedder.nearest(vectors)
    np.testing.assert_array_equal(order, expected[1][:, 1:])
    np.testing.assert_allclose(distances, expected[0][:, 1:], atol=1e-6)


def test_vectors_as_wide_as_embeddings_are_not_guessed(tmp_path):
    backbone = tf.keras.Sequential(
        [tf.keras.Input([4]), tf.keras.layers.Dense(8)]
    )
    model = dnc.DivideAndConquer(backbone, embedding_dim=4, num_learners=2)
    dnc.export_saved_model(model, tmp_path)
    with pytest.raises(ValueError, match="have the same width"):
        dnc.Embedder.load(tmp_path).nearest(np.ones([3, 4]), k=1)


def test_a_bar_is_shown_where_it_is_asked_for(of_vectors, vectors, monkeypatch):
    shown = []

    def bar(*arguments, disable, **options):
        shown.append(disable)
        return tqdm.tqdm(disable=True)

    monkeypatch.setattr(progress, "tqdm", bar)
    of_vectors.embedder.embed(vectors, show_progress=True)
    assert set(shown) == {False}
    shown.clear()
    of_vectors.embedder.embed(vectors)
    assert shown and False not in shown
