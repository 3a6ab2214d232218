"""What holds for every public layer, loss and model."""

import inspect
import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from helpers import rounding
from helpers.cases import CASES
from helpers.cases import LABELS
from helpers.cases import ROWS
from helpers.cases import make_model
from helpers.cases import set_weights

import dnc_keras as dnc
from dnc_keras._keras import keras

_GOLDENS = pathlib.Path(__file__).parents[1] / "goldens" / "values.json"


@pytest.fixture(params=CASES, ids=[case.name for case in CASES])
def case(request):
    return request.param


def prepared(case):
    thing = case.make()
    set_weights(thing)
    return thing


def output(case, thing, rows=ROWS):
    return case.call(thing, tf.constant(rows)).numpy()


def assert_gives(case, thing, received, printed=0.0):
    """Compares with another way of computing the output."""
    # Sums over 8 rows, of products of 6 numbers.
    rounding.assert_gives(
        *(lambda rows: output(case, thing, rows), ROWS, received),
        num_terms=6 * 8,
        printed=printed,
    )


def saved_and_loaded(thing, path):
    """What comes back from a `.keras` file that holds `thing`."""
    if isinstance(thing, keras.losses.Loss):
        model = make_model()
        model.compile(loss=thing)
        return _round_trip(model, path)._metric_loss
    if isinstance(thing, keras.Model):
        return _round_trip(thing, path)
    inputs = keras.Input(ROWS.shape[1:])
    model = _round_trip(keras.Model(inputs, thing(inputs)), path)
    return model.layers[-1]


def _round_trip(model, path):
    model.save(path)
    return keras.models.load_model(path)


def test_value_is_the_golden_one(case):
    golden = json.loads(_GOLDENS.read_text(encoding="utf-8"))[case.name]
    # Recorded with six digits behind the point.
    assert_gives(case, prepared(case), golden, printed=0.5e-6)


def test_called_twice_it_gives_the_same(case):
    thing = prepared(case)
    np.testing.assert_array_equal(output(case, thing), output(case, thing))


def test_inside_a_function_it_gives_the_same(case):
    thing = prepared(case)
    compiled = tf.function(lambda rows: case.call(thing, rows))
    assert_gives(case, thing, compiled(tf.constant(ROWS)))


def test_config_makes_another_one_like_it(case):
    config = case.make().get_config()
    other = type(case.make()).from_config(config)
    assert json.dumps(other.get_config()) == json.dumps(config)


def test_config_holds_every_argument(case):
    thing = case.make()
    arguments = inspect.signature(type(thing).__init__).parameters
    missing = set(arguments) - set(thing.get_config()) - {"self", "kwargs"}
    assert not missing


def test_saved_and_loaded_it_gives_the_same(case, tmp_path):
    thing = prepared(case)
    loaded = saved_and_loaded(thing, tmp_path / "thing.keras")
    assert_gives(case, thing, output(case, loaded))


def test_two_replicas_give_what_one_gives(case, two_replicas):
    alone = prepared(case)
    with two_replicas.scope():
        thing = prepared(case)
    parts = np.split(ROWS, 2)
    rows = two_replicas.experimental_distribute_values_from_function(
        lambda context: tf.constant(parts[context.replica_id_in_sync_group])
    )
    step = tf.function(
        lambda rows: two_replicas.run(case.call, args=(thing, rows))
    )
    results = two_replicas.experimental_local_results(step(rows))
    if results[0].shape == []:  # a loss, the same on each replica
        for result in results:
            assert_gives(case, alone, result)
    else:
        assert_gives(case, alone, tf.concat(results, 0))


def test_every_public_layer_loss_and_model_has_a_case():
    bases = (keras.layers.Layer, keras.losses.Loss)
    public = {
        thing
        for module in (dnc, dnc.layers, dnc.losses)
        for name, thing in vars(module).items()
        if inspect.isclass(thing)
        and issubclass(thing, bases)
        and not name.startswith("_")
    }
    assert public == {type(case.make()) for case in CASES}


def test_labels_of_the_cases_have_pairs_of_both_kinds():
    assert len(LABELS) == len(ROWS)
    assert 1 < len(set(LABELS)) < len(LABELS)
