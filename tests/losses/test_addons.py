"""The losses of tensorflow-addons: its numbers, and numbers where it has none.

`goldens/record_addons.py` recorded some on tensorflow-addons 0.23; where that
is installed, more batches are compared with it.
"""

import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras import losses

GOLDENS = json.loads(
    (pathlib.Path(__file__).parents[1] / "goldens" / "addons.json").read_text()
)
METRICS = ("L2", "squared-L2", "angular")
EMBEDDING_LOSSES = [
    *[("TripletSemiHardLoss", {"distance_metric": m}) for m in METRICS],
    *[("TripletHardLoss", {"distance_metric": m}) for m in METRICS],
    *[
        ("TripletHardLoss", {"distance_metric": m, "soft": True})
        for m in METRICS
    ],
    ("LiftedStructLoss", {"margin": 0.7}),
]


def scalar_products(embeddings):
    return tf.matmul(embeddings, embeddings, transpose_b=True)


def value_and_gradient(loss, labels, inputs):
    inputs = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value = loss.call(tf.constant(labels), inputs)
    gradient = tape.gradient(value, inputs)
    return [tf.cast(tensor, tf.float64).numpy() for tensor in (value, gradient)]


def assert_close(loss, other, labels, inputs, rtol=1e-5, atol=1e-6):
    value, gradient = value_and_gradient(loss, labels, inputs)
    expected, expected_gradient = value_and_gradient(other, labels, inputs)
    np.testing.assert_allclose(value, expected, rtol, atol)
    scale = np.abs(expected_gradient).max()
    np.testing.assert_allclose(
        gradient, expected_gradient, rtol=0, atol=10 * rtol * scale + atol
    )


def batch(size, dim, num_classes, seed=0):
    """Labels in no order, some of a single row, and rows of length 1."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=[size, dim])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    labels = random.integers(0, num_classes, size)
    labels[:3] = 0, 0, 1
    return labels, rows.astype(np.float32)


@pytest.fixture(scope="module")
def addons():
    return pytest.importorskip("tensorflow_addons").losses


@pytest.mark.parametrize(
    "golden",
    GOLDENS,
    ids=[f"{number}-{golden['loss']}" for number, golden in enumerate(GOLDENS)],
)
def test_value_and_gradient_are_the_recorded_ones(golden):
    loss = getattr(losses, golden["loss"])(**golden["arguments"])
    inputs = np.array(golden["inputs"], np.float32)
    value, gradient = value_and_gradient(loss, golden["labels"], inputs)
    np.testing.assert_allclose(value, golden["value"], 1e-5, 1e-7)
    np.testing.assert_allclose(gradient, golden["gradient"], 1e-4, 1e-5)


@pytest.mark.parametrize(
    "size, dim, num_classes", [(4, 2, 2), (32, 16, 5), (80, 512, 20)]
)
@pytest.mark.parametrize("name, arguments", EMBEDDING_LOSSES)
def test_embeddings_cost_what_they_do_in_addons(
    addons, name, arguments, size, dim, num_classes
):
    ours = getattr(losses, name)(**arguments)
    theirs = getattr(addons, name)(**arguments)
    for seed in range(3):
        labels, rows = batch(size, dim, num_classes, seed)
        assert_close(ours, theirs, labels, rows)
        # Soft margins overflow there for longer rows.
        assert_close(ours, theirs, labels, rows * 1.5)


@pytest.mark.parametrize("dtype, rtol", [("float16", 2e-3), ("bfloat16", 2e-2)])
@pytest.mark.parametrize("name, arguments", EMBEDDING_LOSSES)
def test_half_precision_costs_the_same(addons, name, arguments, dtype, rtol):
    """Up to the last cast there, which ours has not."""
    labels, rows = batch(20, 16, 4)
    ours = getattr(losses, name)(**arguments)
    theirs = getattr(addons, name)(**arguments)
    assert_close(ours, theirs, labels, tf.cast(rows, dtype), rtol, rtol)


@pytest.mark.parametrize("name", ["TripletSemiHardLoss", "TripletHardLoss"])
def test_a_function_may_measure(addons, name):
    labels, rows = batch(20, 4, 4)
    arguments = {"distance_metric": scalar_products, "margin": 0.3}
    assert_close(
        getattr(losses, name)(**arguments),
        getattr(addons, name)(**arguments),
        labels,
        rows,
    )


@pytest.mark.parametrize("num_classes", [1, 4])
def test_similarities_cost_what_they_do_in_addons(addons, num_classes):
    labels = np.arange(8) % num_classes
    for scale in (1.0, 50.0):
        similarities = scale * batch(8, 8, 2)[1]
        assert_close(
            losses.NpairsLoss(), addons.NpairsLoss(), labels, similarities
        )


def test_distances_cost_what_they_do_in_addons(addons):
    distances = np.linspace(0, 2, 8, dtype=np.float32)
    labels = np.arange(8) % 2
    for margin in (0.5, 1.0):
        ours = losses.ContrastiveLoss(margin)
        theirs = addons.ContrastiveLoss(margin)
        assert_close(ours, theirs, labels, distances)
        # A column, as a Keras model gives it, and the mean over the batch
        np.testing.assert_allclose(
            ours(labels[:, None], distances[:, None]),
            theirs(labels[:, None], distances[:, None]),
            rtol=1e-6,
        )


@pytest.mark.parametrize("metric", ["L2", "squared-L2"])
@pytest.mark.parametrize("name", ["TripletSemiHardLoss", "TripletHardLoss"])
def test_ties_cost_what_they_do_in_addons(addons, name, metric):
    """Rows on a grid: many pairs, and some rows, are exactly equal."""
    random = np.random.default_rng(0)
    ours, theirs = (
        getattr(module, name)(distance_metric=metric)
        for module in (losses, addons)
    )
    for _ in range(20):
        rows = random.integers(0, 4, [12, 2]).astype(np.float32)
        labels = random.integers(0, 4, 12)
        value, _ = value_and_gradient(ours, labels, rows)
        expected, _ = value_and_gradient(theirs, labels, rows)
        np.testing.assert_allclose(value, expected, rtol=1e-6)


def test_equal_negatives_share_the_gradient():
    # 1 is the positive of 0; 2 and 3 are its nearest negatives beyond.
    rows = np.array([[0], [1], [2], [2], [3]], np.float32)
    loss = losses.TripletSemiHardLoss(margin=2.0)
    _, gradient = value_and_gradient(loss, [0, 0, 1, 2, 3], rows)
    # Pair (0, 1) costs 1 - 2 + 2; (1, 0) costs 1 - 2 + 2, its negative is 4.
    np.testing.assert_allclose(
        gradient[:, 0], np.array([-1, 3, -0.5, -0.5, -1]) / 2, atol=1e-6
    )


def test_gradient_at_equal_lifts_is_that_of_differences():
    """There the one of tensorflow-addons is wrong, the value is right."""
    rows = np.array([[0, 0], [2, 0], [1, 1], [1, 4]], np.float32)
    labels = [0, 0, 1, 2]  # 2 is as far from 0 as from 1
    loss = losses.LiftedStructLoss()
    _, gradient = value_and_gradient(loss, labels, rows)
    step = 2.0**-8
    for place in np.ndindex(rows.shape):
        moved = np.zeros_like(rows)
        moved[place] = step
        up, _ = value_and_gradient(loss, labels, rows + moved)
        down, _ = value_and_gradient(loss, labels, rows - moved)
        slope = (up - down) / (2 * step)
        np.testing.assert_allclose(gradient[place], slope, atol=1e-3)


WITHOUT_PAIRS = [
    ("TripletSemiHardLoss", [0, 1, 2]),
    ("TripletSemiHardLoss", [0]),
    ("LiftedStructLoss", [0, 1, 2]),
    ("LiftedStructLoss", [0, 0, 0]),
]


@pytest.mark.parametrize("name, labels", WITHOUT_PAIRS)
def test_without_pairs_it_is_zero(name, labels):
    rows = np.eye(len(labels), dtype=np.float32)
    value, gradient = value_and_gradient(getattr(losses, name)(), labels, rows)
    assert value == 0
    assert (gradient == 0).all()


@pytest.mark.parametrize("name, labels", WITHOUT_PAIRS)
def test_without_pairs_addons_gives_nan(addons, name, labels):
    rows = tf.eye(len(labels))
    value = getattr(addons, name)().call(tf.constant(labels), rows)
    assert np.isnan(value)


def test_soft_margins_of_long_rows_do_not_overflow(addons):
    labels, rows = batch(8, 4, 2)
    arguments = {"soft": True, "distance_metric": "squared-L2"}
    theirs = addons.TripletHardLoss(**arguments).call(labels, rows * 20)
    value, gradient = value_and_gradient(
        losses.TripletHardLoss(**arguments), labels, rows * 20
    )
    assert np.isinf(theirs)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


def test_one_class_costs_its_distances_as_in_addons():
    rows = np.array([[0, 1], [1, 0]], np.float32)
    semi_hard = losses.TripletSemiHardLoss().call([0, 0], rows)
    np.testing.assert_allclose(semi_hard, 1 + np.sqrt(2), rtol=1e-6)
    assert losses.TripletHardLoss().call([0, 0], rows) == 1


@pytest.mark.parametrize("name", ["TripletSemiHardLoss", "TripletHardLoss"])
def test_unknown_distances_are_refused(name):
    with pytest.raises(ValueError) as raised:
        getattr(losses, name)(distance_metric="cosine")
    assert str(raised.value) == (
        "distance_metric must be one of L2, squared-L2, angular, or a function "
        "from embeddings [b, d] to distances [b, b]. Received: 'cosine'."
    )
