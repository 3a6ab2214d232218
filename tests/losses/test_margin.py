"""`MarginLoss` against plain loops over pairs."""

import numpy as np
import pytest
import tensorflow as tf

import dnc_keras as dnc
from dnc_keras.losses import MarginLoss
from dnc_keras.losses import margin

SEED = tf.constant([5, 6])


def batch(dim=4, num_classes=4, samples=3, seed=0):
    """Labels, and rows of length 1 whose classes overlap."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(num_classes), samples)
    centres = random.normal(size=[num_classes, dim])
    rows = centres[labels] + random.normal(size=[len(labels), dim])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return labels, rows.astype(np.float32)


def plain_distances(rows):
    rows = np.asarray(rows, np.float64)
    return np.sqrt(((rows[:, None] - rows) ** 2).sum(axis=2) + 1e-8)


def plain_loss(labels, rows, negatives, beta=1.2, margin=0.2, nu=0.0):
    """The sum over pairs, one pair at a time; `beta` a number or by class."""
    distances = plain_distances(rows)
    total, num_pairs = nu * np.sum(np.abs(beta)), 0
    for i, label in enumerate(labels):
        boundary = beta if np.isscalar(beta) else beta[label]
        for j, other in enumerate(labels):
            if i != j and label == other:
                cost = distances[i, j] - boundary + margin
            elif negatives[i, j]:
                cost = boundary - distances[i, j] + margin
            else:
                continue
            total += max(cost, 0)
            num_pairs += cost > 0
    return total / max(num_pairs, 1)


def plain_gradient(function, rows, step=1e-5):
    """Central differences, one number of the rows at a time."""
    rows = np.asarray(rows, np.float64)
    slope = np.zeros_like(rows)
    for place in np.ndindex(*rows.shape):
        change = np.zeros_like(rows)
        change[place] = step
        difference = function(rows + change) - function(rows - change)
        slope[place] = difference / (2 * step)
    return slope


def all_negatives(labels):
    return labels[:, None] != labels


def nearest_negatives(labels, rows, cutoff=0.5):
    distances = plain_distances(rows)
    chosen = np.zeros(distances.shape, bool)
    for i, label in enumerate(labels):
        count = np.sum(labels == label) - 1
        order = [
            j
            for j in np.argsort(distances[i])
            if labels[j] != label and distances[i, j] >= cutoff
        ]
        chosen[i, order[:count]] = True
    return chosen


@pytest.fixture
def draw(monkeypatch):
    """`draw(loss, labels, rows, seed)`: the negatives that the loss uses."""
    chosen = []
    choose = margin.choose_largest

    def recording(keys, counts):
        chosen.append(choose(keys, counts))
        return chosen[-1]

    def draw(loss, labels, rows, seed=SEED):
        loss.call(tf.constant(labels), tf.constant(rows), seed=seed)
        return chosen.pop()

    monkeypatch.setattr(margin, "choose_largest", recording)
    return draw


def value_and_gradient(loss, labels, rows):
    rows = tf.convert_to_tensor(rows)
    with tf.GradientTape() as tape:
        tape.watch(rows)
        value = loss.call(tf.constant(labels), rows, seed=SEED)
    return value, tape.gradient(value, rows)


def model_with(loss):
    """A model of the embedding layer alone."""
    backbone = tf.keras.Sequential(
        [tf.keras.Input([2, 2, 1]), tf.keras.layers.Flatten()]
    )
    model = dnc.DivideAndConquer(backbone, 4, num_learners=1)
    model.compile(tf.keras.optimizers.SGD(0.1), loss)
    return model


IMAGES = np.random.default_rng(0).normal(size=[8, 2, 2, 1]).astype(np.float32)
LABELS = np.array([0, 0, 0, 0, 1, 1, 2, 2])


@pytest.mark.parametrize("margin, beta", [(0.2, 1.2), (0.1, 0.9)])
def test_all_negatives_are_those_of_plain_loops(margin, beta):
    labels, rows = batch()
    loss = MarginLoss(margin, beta, negatives="all")
    expected = plain_loss(labels, rows, all_negatives(labels), beta, margin)
    value = loss.call(labels, tf.constant(rows))
    np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_sum_is_divided_by_pairs_and_not_by_triplets():
    # On a circle: 0 and 1 are a class, 90 degrees apart; 2 lies on 0.
    rows = np.array([[1, 0], [0, 1], [1, 0]], np.float32)
    # The positives (0, 1), (1, 0) cost sqrt(2) - 1 and the negatives (0, 2),
    # (2, 0) cost 1.4 - 1e-4; 1 and 2 are beyond 1.4 from each other.
    expected = (2 * (np.sqrt(2) - 1) + 2 * (1.4 - 1e-4)) / 4
    value = MarginLoss(negatives="all").call([0, 0, 1], tf.constant(rows))
    np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_nearest_negatives_are_those_of_plain_loops(draw):
    labels, rows = batch(dim=3)
    expected = nearest_negatives(labels, rows)
    chosen = draw(MarginLoss(negatives="nearest"), labels, rows)
    np.testing.assert_array_equal(chosen, expected)
    assert (plain_distances(rows)[all_negatives(labels)] < 0.5).any()


def test_loss_of_nearest_negatives_is_that_of_plain_loops():
    labels, rows = batch(dim=3)
    expected = plain_loss(labels, rows, nearest_negatives(labels, rows))
    value = MarginLoss(negatives="nearest").call(labels, tf.constant(rows))
    np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_nearest_never_falls_back_on_positives(draw):
    # Two positives each, but a single negative beyond the cutoff.
    labels = np.array([0, 0, 0, 1, 2])
    rows = np.array([[1, 0], [1, 0.01], [1, -0.01], [1, 0.1], [-1, 0]], "f")
    chosen = draw(MarginLoss(negatives="nearest"), labels, rows)
    assert chosen.numpy().astype(int).tolist() == [
        [0, 0, 0, 0, 1],
        [0, 0, 0, 0, 1],
        [0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
    ]


@pytest.mark.parametrize("dim", [4, 16, 512])
def test_draws_are_other_classes_within_the_cutoff_and_as_many(draw, dim):
    labels, rows = batch(dim)
    allowed = all_negatives(labels) & (plain_distances(rows) < 1.4)
    expected = np.minimum(allowed.sum(axis=1), 2)
    for seed in range(20):
        drawn = draw(MarginLoss(), labels, rows, [seed, 0]).numpy()
        assert not (drawn & ~allowed).any()
        np.testing.assert_array_equal(drawn.sum(axis=1), expected)


# A batch of unknown size is taken for a large one, which measures the drawn
# pairs alone.
@pytest.mark.parametrize("num_rows", [12, None], ids=["small", "large"])
def test_loss_of_drawn_negatives_is_that_of_plain_loops(draw, num_rows):
    labels, rows = batch()
    drawn = draw(MarginLoss(), labels, rows).numpy()
    call = tf.function(
        lambda rows: value_and_gradient(MarginLoss(), labels, rows),
        input_signature=[tf.TensorSpec([num_rows, rows.shape[1]])],
    )
    value, gradient = call(rows)
    expected = plain_loss(labels, rows, drawn)
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    slope = plain_gradient(lambda rows: plain_loss(labels, rows, drawn), rows)
    np.testing.assert_allclose(gradient, slope, atol=1e-5)


def test_equal_seeds_draw_the_same_and_others_do_not(draw):
    labels, rows = batch()
    first = draw(MarginLoss(), labels, rows, [1, 2])
    again = draw(MarginLoss(), labels, rows, [1, 2])
    other = draw(MarginLoss(), labels, rows, [1, 3])
    np.testing.assert_array_equal(first, again)
    assert (first != other).numpy().any()


def test_without_a_seed_the_global_generator_draws(draw):
    labels, rows = batch()
    tf.random.set_seed(3)
    first = draw(MarginLoss(), labels, rows, None)
    second = draw(MarginLoss(), labels, rows, None)
    tf.random.set_seed(3)
    np.testing.assert_array_equal(first, draw(MarginLoss(), labels, rows, None))
    assert (first != second).numpy().any()


@pytest.mark.parametrize("masked_units", [0, 12])
def test_draws_are_uniform_over_distances(draw, masked_units):
    """Their frequencies are 1 / q(D) in as many dimensions as are used."""
    distances = np.array([0.3, 0.6, 0.9, 1.1, 1.35, 1.5])
    cosines = 1 - distances**2 / 2
    rows = np.zeros([8, 4 + masked_units], np.float32)
    rows[:2, 0] = 1  # the anchor, and its only positive
    rows[2:, 0] = cosines
    for i, sine in enumerate(np.sqrt(1 - cosines**2)):
        rows[2 + i, 1 + i % 3] = sine
    # q(D) ~ D**(d - 2) * (1 - D**2 / 4)**((d - 3) / 2), d = 4, D >= 0.5
    clipped = np.maximum(distances, 0.5)
    weights = 1 / (clipped**2 * np.sqrt(1 - clipped**2 / 4))
    weights[distances > 1.4] = 0
    loss = MarginLoss()

    def draw_of_anchor(step):
        seed = tf.stack([7, step])
        return draw(loss, [0, 0, 1, 2, 3, 4, 5, 6], rows, seed)[0, 2:]

    @tf.function
    def many_draws():
        return tf.map_fn(
            draw_of_anchor, tf.range(3000), fn_output_signature=tf.bool
        )

    drawn = many_draws().numpy()
    assert (drawn.sum(axis=1) == 1).all()
    np.testing.assert_allclose(
        drawn.mean(axis=0), weights / weights.sum(), atol=0.03
    )


@pytest.mark.parametrize("dim", [1, 2, 3, 16, 512])
@pytest.mark.parametrize("negatives", ["distance_weighted", "nearest", "all"])
def test_value_and_gradient_are_finite_in_any_dimension(dim, negatives):
    value, gradient = value_and_gradient(
        MarginLoss(negatives=negatives), *batch(dim)
    )
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("negatives", ["distance_weighted", "nearest", "all"])
@pytest.mark.parametrize(
    "labels, rows",
    [
        ([0, 0], [[1, 0], [1, 0.1]]),  # one class, near enough
        ([0, 1], [[1, 0], [-1, 0]]),  # no positives, far enough
        ([0], [[1, 0]]),
        ([0, 0, 1, 1], [[1, 0], [1, 0], [-1, 0], [-1, 0]]),  # all is well
    ],
)
def test_a_batch_without_costs_gives_zero(labels, rows, negatives):
    value, gradient = value_and_gradient(
        MarginLoss(negatives=negatives), labels, np.array(rows, np.float32)
    )
    assert value == 0
    assert not gradient.numpy().any()


def test_no_positives_draw_no_negatives(draw):
    _, rows = batch()
    drawn = draw(MarginLoss(), np.arange(12), rows)
    assert not drawn.numpy().any()


def test_one_class_costs_its_positive_pairs():
    rows = np.array([[1, 0], [0, 1]], np.float32)
    value, _ = value_and_gradient(MarginLoss(), [0, 0], rows)
    np.testing.assert_allclose(value, np.sqrt(2) - 1, rtol=1e-5)


def test_equal_rows_of_two_classes_cost_all_and_have_finite_gradients():
    rows = np.array([[1, 0]] * 4, np.float32)
    value, gradient = value_and_gradient(MarginLoss(), [0, 0, 1, 1], rows)
    # Only negative pairs cost: beta - 1e-4 + margin each.
    np.testing.assert_allclose(value, 1.2 - 1e-4 + 0.2, rtol=1e-5)
    assert np.isfinite(gradient).all()


def test_float16_is_computed_in_float32():
    labels, rows = batch()
    rows = rows.astype(np.float16)
    value, gradient = value_and_gradient(
        MarginLoss(negatives="all"), labels, rows
    )
    assert value.dtype == np.float32
    assert gradient.dtype == np.float16
    expected = plain_loss(labels, rows, all_negatives(labels))
    np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_labels_may_be_a_column():
    labels, rows = batch()
    loss = MarginLoss(negatives="all")
    np.testing.assert_array_equal(
        loss.call(labels[:, None], tf.constant(rows)),
        loss.call(labels, tf.constant(rows)),
    )


def test_boundaries_by_class_are_those_of_plain_loops():
    labels, rows = batch()
    beta = np.array([0.9, 1.0, 1.1, 1.3], np.float32)
    loss = MarginLoss(num_classes=4, nu=0.5, negatives="all")
    loss.boundaries.set_weights([beta[:, None]])
    expected = plain_loss(labels, rows, all_negatives(labels), beta, nu=0.5)
    value = loss.call(labels, tf.constant(rows))
    np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_constant_boundary_is_added_once_with_nu():
    labels, rows = batch()
    loss = MarginLoss(nu=0.5, negatives="all")
    expected = plain_loss(labels, rows, all_negatives(labels), nu=0.5)
    value = loss.call(labels, tf.constant(rows))
    np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_a_step_moves_a_boundary_by_its_pairs():
    rows = np.eye(3, dtype=np.float32)
    labels = np.array([0, 0, 2])
    loss = MarginLoss(num_classes=4, beta=1.3, negatives="all")
    model = model_with(loss)
    model.embedding.kernel.assign(np.eye(4))
    images = np.pad(rows, [(0, 0), (0, 1)]).reshape(3, 2, 2, 1)
    model.dropout = 0.0
    model.train_on_batch(images, labels)
    # All distances are sqrt(2): six pairs cost something. Of class 0 two
    # positives pull beta up and two negatives push it down; of class 2 two
    # negatives push it down: 1.3 - 0.1 * 2 / 6.
    np.testing.assert_allclose(
        loss.boundaries.get_weights()[0][:, 0],
        [1.3, 1.3, 1.3 - 0.2 / 6, 1.3],
        rtol=1e-5,
    )


def test_boundaries_are_saved_with_the_model(tmp_path):
    model = model_with(MarginLoss(num_classes=3))
    model.fit(IMAGES, LABELS, epochs=3, verbose=0)
    learned = [v.numpy() for v in model.loss_state.variables]
    assert (learned[0] != np.float32(1.2)).any()
    model.save(tmp_path / "model.keras")
    loaded = tf.keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.loss_state.variables[0], learned[0])
    np.testing.assert_array_equal(
        loaded.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0)
    )


def test_weight_decay_reaches_the_boundaries():
    model = model_with(MarginLoss(num_classes=3))
    model.compile(
        tf.keras.optimizers.SGD(0.1), model._metric_loss, weight_decay=0.5
    )
    # No pair costs anything: only the decay moves them.
    model.train_on_batch(IMAGES[:1], LABELS[:1])
    np.testing.assert_allclose(
        model.loss_state.variables[0], np.full([3, 1], 1.2 * 0.95), rtol=1e-6
    )


def test_unknown_negatives_are_refused():
    with pytest.raises(ValueError) as raised:
        MarginLoss(negatives="hard")
    assert str(raised.value) == (
        "negatives must be one of distance_weighted, nearest, all. "
        "Received: 'hard'."
    )


def test_an_addons_loss_trains_and_is_used_as_it_is():
    losses = pytest.importorskip("tensorflow_addons").losses
    model = model_with(losses.TripletSemiHardLoss())
    model.dropout = 0.0
    target = {"label": LABELS, "learner": np.full(8, -1)}
    before = model(IMAGES)
    expected = losses.triplet_semihard_loss(LABELS, before)
    history = model.fit(IMAGES, target, epochs=20, verbose=0).history["loss"]
    np.testing.assert_allclose(history[0], expected, rtol=1e-5)
    assert history[-1] < 0.9 * history[0]
