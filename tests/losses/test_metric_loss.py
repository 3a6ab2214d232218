"""How Keras calls a loss of an ordinary model."""

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras import losses
from dnc_keras._keras import dtype_policy
from dnc_keras._keras import keras
from dnc_keras._keras import raw_variables

ROWS = np.random.default_rng(0).normal(size=[12, 4]).astype(np.float32)
ROWS /= np.linalg.norm(ROWS, axis=1, keepdims=True)
IDS = np.repeat(np.arange(6), 2)
# All are 6 classes; as floats of some type they are fewer.
LABELS = {
    "from 256": IDS + 256,
    "from 2**24": (IDS + 2**24).astype(np.int32),
    "13 digits": IDS + 4006381333000,
    "from 2**53": IDS + 2**53,
    "unsigned": IDS.astype(np.uint64) + np.uint64(2**63),
    "negative": -IDS,
    "bytes": IDS.astype(np.int8),
    "booleans": IDS > 2,
    "a column": IDS[:, None] + 2**40,
    "text": tf.constant([f"class {i}" for i in IDS]),
}
PAIR_LOSSES = [n for n in losses.BY_NAME if n != "proxy_anchor"]


def _deterministic(name):
    arguments = {"negatives": "all"} if name == "margin" else {}
    return losses.BY_NAME[name](**arguments)


@pytest.fixture(params=["float32", "bfloat16", "float16", "float64"])
def floatx(request):
    """The type that Keras makes all floats of."""
    try:
        keras.backend.set_floatx(request.param)
    except ValueError:
        pytest.skip("Keras 2 has no such floats")
    yield request.param
    keras.backend.set_floatx("float32")


@pytest.mark.parametrize("name", PAIR_LOSSES)
def test_labels_are_compared_as_they_are(name, floatx):
    loss = _deterministic(name)
    rows = tf.cast(ROWS, floatx)
    for labels in LABELS.values():
        ids = IDS > 2 if labels is LABELS["booleans"] else IDS
        expected = loss.call(tf.constant(ids.astype(np.int32)), rows)
        received = tf.cast(loss(labels, rows), tf.float32)
        # Keras rounds a loss to its own floats at last.
        rounding = 1e-2 if floatx in ("bfloat16", "float16") else 1e-6
        np.testing.assert_allclose(received, expected, rtol=rounding)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("labels", ["from 2**24", "13 digits", "from 2**53"])
def test_a_compiled_model_has_the_loss_of_all_its_classes(policy, labels):
    keras.mixed_precision.set_global_policy(policy)
    try:
        model = keras.Sequential([keras.Input([4]), keras.layers.Identity()])
    finally:
        keras.mixed_precision.set_global_policy("float32")
    loss = losses.TripletSemiHardLoss()
    model.compile("sgd", loss)
    received = model.evaluate(ROWS, LABELS[labels], batch_size=12, verbose=0)
    rows = tf.cast(tf.cast(ROWS, model.compute_dtype), tf.float32)
    expected = float(loss.call(tf.constant(IDS), rows))
    np.testing.assert_allclose(received, expected, rtol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("name", ["margin", "proxy_anchor"])
def test_what_a_loss_learns_is_float32_under_every_policy(name, policy):
    def make():
        if name == "margin":
            return losses.MarginLoss(num_classes=6, negatives="all")
        return losses.ProxyAnchorLoss(num_classes=6, embedding_dim=4)

    expected = make().call(IDS, ROWS)
    with dtype_policy(policy):
        loss = make()
    np.testing.assert_array_equal(loss.call(IDS, ROWS), expected)


@pytest.mark.parametrize(
    "dtype, largest",
    [
        ("float16", 2047),
        ("bfloat16", 255),
        ("float32", 2**24 - 1),
        ("float64", 2**53 - 1),
    ],
)
def test_floats_that_merge_classes_are_refused(dtype, largest):
    loss = losses.TripletSemiHardLoss()
    labels = tf.constant([largest - 1, largest] * 6, tf.float64)
    expected = loss.call(tf.constant([0, 1] * 6), ROWS)
    received = loss.call(tf.cast(labels, dtype), ROWS)
    np.testing.assert_allclose(received, expected, rtol=1e-6)
    for wrong in (largest + 1, -largest - 1, np.nan):
        labels = tf.cast(tf.constant([0, wrong] * 6, tf.float64), dtype)
        with pytest.raises(
            tf.errors.InvalidArgumentError, match="Use integers"
        ):
            loss.call(labels, ROWS)


@pytest.mark.parametrize("name", PAIR_LOSSES)
def test_one_hot_labels_are_refused(name):
    with pytest.raises(ValueError, match="tf.argmax"):
        _deterministic(name)(np.eye(6)[IDS], ROWS)


@pytest.mark.parametrize(
    "labels", [[0, 4], [-1, 0], [2**32, 0], [0.5, 0.0], [0, 2**40]]
)
@pytest.mark.parametrize("name", ["proxy_anchor", "margin"])
def test_numbers_of_classes_are_in_their_range(name, labels):
    if name == "margin":
        loss = losses.MarginLoss(num_classes=4, negatives="all")
    else:
        loss = losses.ProxyAnchorLoss(4, 4)
    with pytest.raises(tf.errors.InvalidArgumentError, match="num_classes=4"):
        loss(np.array(labels), ROWS[:2])


def test_one_number_cannot_weigh_rows():
    with pytest.raises(ValueError, match="TripletSemiHardLoss is one number"):
        losses.TripletSemiHardLoss()(IDS, ROWS, sample_weight=np.ones(12))


@pytest.mark.parametrize(
    "reduction, expected",
    [
        ("none", [0.81, 0.49, 1.69, 0.0]),
        ("sum", 2.99),
        ("sum_over_batch_size", 0.7475),
    ],
)
def test_distances_are_reduced_and_weighted_as_keras_does(reduction, expected):
    loss = losses.ContrastiveLoss(reduction=reduction)
    assert loss.reduction == reduction
    same = np.array([0, 0, 1, 0], np.int64)
    distances = np.array([0.1, 0.3, 1.3, 1.1], np.float32)
    np.testing.assert_allclose(loss(same, distances), expected, rtol=1e-5)
    weighted = loss(same, distances, sample_weight=[2.0, 2.0, 2.0, 2.0])
    np.testing.assert_allclose(weighted, np.multiply(2, expected), rtol=1e-5)


def _plain_model(loss, attach):
    pixels = keras.Input([4])
    model = keras.Model(pixels, keras.layers.Dense(4)(pixels))
    if attach:
        setattr(model, attach, getattr(loss, attach))
    model.compile(keras.optimizers.SGD(0.1), loss)
    return model


LEARNING = {
    "proxies": lambda: losses.ProxyAnchorLoss(6, 4),
    "boundaries": lambda: losses.MarginLoss(num_classes=6, negatives="all"),
}


@pytest.mark.parametrize("name", LEARNING)
def test_weights_of_a_loss_are_trained_or_refused(name, tmp_path):
    loss = LEARNING[name]()
    model = _plain_model(loss, attach=None)
    model.evaluate(ROWS, IDS, verbose=0)
    with pytest.raises(ValueError, match=rf"model.{name} = loss.{name}"):
        model.fit(ROWS, IDS, verbose=0)
    model = _plain_model(loss, attach=name)
    (before,) = [v.numpy() for v in raw_variables(getattr(loss, name))]
    model.fit(ROWS, IDS, verbose=0)
    (after,) = [v.numpy() for v in raw_variables(getattr(loss, name))]
    assert np.abs(after - before).max() > 1e-4
    model.save(tmp_path / "model.keras")
    # Keras makes the loss anew, for which the file has no weights.
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_array_equal(loaded(ROWS), model(ROWS))
    loaded.compile("sgd", LEARNING[name]())
    with pytest.raises(ValueError, match=rf"model.{name} = loss.{name}"):
        loaded.fit(ROWS, IDS, verbose=0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: losses.MarginLoss(margin=-1),
        lambda: losses.MarginLoss(beta=float("nan")),
        lambda: losses.MarginLoss(cutoff=-1),
        lambda: losses.MarginLoss(num_classes=0),
        lambda: losses.TripletHardLoss(margin=float("inf")),
        lambda: losses.ContrastiveLoss(margin=-0.1),
        lambda: losses.LiftedStructLoss(margin="1"),
    ],
)
def test_numbers_that_make_no_loss_are_refused(make):
    with pytest.raises(ValueError, match="must be"):
        make()
