"""What people bring is trained, saved, loaded, trained on and served.

Each walk is trained once and saved in every way; then it takes one more step,
which a loaded model must take as well.
"""

import contextlib
import io
import pathlib
from typing import Any
from typing import NamedTuple

import numpy as np
import pytest
import tensorflow as tf
from helpers import walks
from helpers.walks import LABEL_KINDS
from helpers.walks import WALKS

import dnc_keras as dnc
from dnc_keras._keras import keras

# Whether saving under a name without an ending makes a SavedModel.
_IS_KERAS_2 = hasattr(keras.Model, "save_spec")
# Those that are saved so, which takes long.
_SAVED_MODELS = (
    [walks.functional, walks.subclassed, walks.text, walks.dict_of_inputs]
    if _IS_KERAS_2
    else []
)
# Float32 that is computed in another graph.
_TOLERANCE = 2e-6


class Trained(NamedTuple):
    """A model that was saved in `folder` before its last step."""

    walk: Any
    folder: pathlib.Path
    inputs: Any
    labels: np.ndarray
    before: np.ndarray
    after: np.ndarray


def _untrained(walk):
    backbone, _, arguments = walk()
    return dnc.DivideAndConquer(
        backbone, embedding_dim=4, num_learners=2, dropout=0.0, **arguments
    )


def _new_model(walk):
    model = _untrained(walk)
    model.compile(
        keras.optimizers.Adam(0.01), dnc.losses.MarginLoss(negatives="all")
    )
    return model


def _labels_of(walk):
    """Each walk has another kind of labels than the one before."""
    kinds = list(LABEL_KINDS.values())
    return kinds[WALKS.index(walk) % len(kinds)]


def _train(model, inputs, labels):
    target = {"label": labels, "learner": np.ones(8, np.int32)}
    model.fit(inputs, target, batch_size=8, shuffle=False, verbose=0)


def _embed(model, inputs):
    return np.asarray(model.predict(inputs, verbose=0))


@pytest.fixture(scope="module", params=WALKS, ids=lambda walk: walk.__name__)
def trained(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param.__name__)
    _, inputs, _ = request.param()
    model = _new_model(request.param)
    labels = _labels_of(request.param)
    _train(model, inputs, labels)
    before = _embed(model, inputs)
    model.save(folder / "model.keras")
    model.save_weights(folder / "model.weights.h5")
    # Keras prints what it exported.
    with contextlib.redirect_stdout(io.StringIO()):
        model.export(str(folder / "exported"))
    dnc.export_saved_model(model, folder / "served")
    if request.param in _SAVED_MODELS:
        model.save(folder / "saved_model")
    _train(model, inputs, labels)
    after = _embed(model, inputs)
    return Trained(request.param, folder, inputs, labels, before, after)


def _assert_near(received, expected):
    np.testing.assert_allclose(received, expected, rtol=0, atol=_TOLERANCE)


def test_a_keras_file_goes_on_as_the_model_did(trained):
    loaded = keras.models.load_model(trained.folder / "model.keras")
    _assert_near(_embed(loaded, trained.inputs), trained.before)
    _train(loaded, trained.inputs, trained.labels)
    _assert_near(_embed(loaded, trained.inputs), trained.after)
    assert np.abs(trained.after - trained.before).max() > 1e-3


def _embedding_trained_on(labels):
    keras.utils.set_random_seed(0)
    _, inputs, _ = walks.functional()
    model = _new_model(walks.functional)
    _train(model, inputs, labels)
    return _embed(model, inputs)


@pytest.fixture(scope="module")
def expected_embedding():
    return _embedding_trained_on(LABEL_KINDS["small"])


@pytest.mark.parametrize("kind", LABEL_KINDS)
def test_every_kind_of_labels_trains_alike(kind, expected_embedding):
    received = _embedding_trained_on(LABEL_KINDS[kind])
    _assert_near(received, expected_embedding)


def test_merged_labels_train_otherwise(expected_embedding):
    merged = _embedding_trained_on(np.zeros(8, np.int32))
    assert np.abs(merged - expected_embedding).max() > 1e-3


def test_weights_alone_give_the_same_embedding(trained):
    other = _untrained(trained.walk)
    _embed(other, trained.inputs)  # Keras loads weights into built models.
    other.load_weights(trained.folder / "model.weights.h5")
    _assert_near(_embed(other, trained.inputs), trained.before)


def test_a_saved_model_of_keras_2_must_be_compiled_to_go_on(trained, caplog):
    if trained.walk not in _SAVED_MODELS:
        pytest.skip("is not saved so")
    loaded = keras.models.load_model(trained.folder / "saved_model")
    assert "not its loss, optimizer and learning rates" in caplog.text
    _assert_near(_embed(loaded, trained.inputs), trained.before)
    with pytest.raises(RuntimeError, match="must compile your model"):
        _train(loaded, trained.inputs, trained.labels)
    loaded.compile("adam")
    _train(loaded, trained.inputs, trained.labels)


def test_an_export_of_keras_embeds_alike(trained):
    served = tf.saved_model.load(str(trained.folder / "exported"))
    (spec,) = served.serve.input_signature
    _assert_near(served.serve(_as(trained.inputs, spec)), trained.before)


def test_a_served_model_embeds_alike(trained):
    version = trained.folder / "served" / "1"
    serve = tf.saved_model.load(str(version)).signatures["serving_default"]
    specs = serve.structured_input_signature[1]
    names = sorted(specs)
    rows = tf.nest.flatten(trained.inputs)
    inputs = {name: _as(x, specs[name]) for name, x in zip(names, rows)}
    _assert_near(serve(**inputs)["embedding"], trained.before)
    none = {name: x[:0] for name, x in inputs.items()}
    assert serve(**none)["embedding"].shape == [0, 4]


def _as(inputs, spec):
    """Inputs in the structure and of the types that a signature takes."""
    specs = tf.nest.flatten(spec)
    rows = [
        x if x.dtype == tf.string else tf.cast(x, s.dtype)
        for x, s in zip(tf.nest.flatten(inputs), specs)
    ]
    return tf.nest.pack_sequence_as(spec, rows)


@pytest.mark.parametrize("name", ["model.h5", "model.hdf5"])
def test_a_file_that_could_not_be_loaded_is_not_written(tmp_path, name):
    with pytest.raises(ValueError, match="Use a name that ends in .keras"):
        _new_model(WALKS[0]).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5")
def test_the_function_of_keras_does_not_write_such_a_file_either(tmp_path):
    path = str(tmp_path / "model.h5")
    # Keras 2 says so itself.
    with pytest.raises((ValueError, NotImplementedError)):
        keras.models.save_model(_new_model(WALKS[0]), path)
