"""Steps that train learners, and their learning rates."""

import numpy as np
import pytest
from helpers.divided_models import IMAGES
from helpers.divided_models import LABELS
from helpers.divided_models import assert_equal
from helpers.divided_models import conv_backbone
from helpers.divided_models import new_model
from helpers.divided_models import plain_embedding
from helpers.divided_models import target
from helpers.divided_models import train
from helpers.divided_models import values

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras._keras import raw_variables
from dnc_keras.losses import MarginLoss


class CountingLoss(MarginLoss):
    """Counts how often it is traced."""

    num_traces = 0

    def call(self, labels, embeddings, seed=None):
        self.num_traces += 1
        return super().call(labels, embeddings, seed=seed)


def test_a_step_of_one_learner_leaves_the_others_units():
    model = new_model()
    model.compile("sgd", MarginLoss(negatives="all"))
    before = model.embedding.kernel.numpy()
    train(model, learner=1)
    moved = (model.embedding.kernel.numpy() != before).all(axis=0)
    assert moved.tolist() == [False] * 2 + [True] * 2 + [False] * 4


def test_a_step_moves_the_backbone():
    model = new_model()
    model.compile("sgd", MarginLoss(negatives="all"))
    before = values(model.backbone)
    train(model, learner=1)
    assert (values(model.backbone)[0] != before[0]).all()


def test_plain_labels_train_the_whole_embedding():
    models = [new_model(), new_model()]
    for model, labels in zip(models, [target(-1), LABELS]):
        model.compile("sgd", MarginLoss(negatives="all"))
        model.fit(IMAGES, labels, batch_size=8, shuffle=False, verbose=0)
    assert_equal(*map(values, models), tolerance=1e-6)


def test_training_lowers_the_loss():
    model = new_model(conv_backbone, masks="learned", dropout=0)
    model.compile(keras.optimizers.Adam(0.01), MarginLoss(negatives="all"))
    losses = train(model, learner=0, steps=30)
    assert losses[-1] < losses[0] / 2


def test_compile_has_defaults():
    model = new_model()
    model.compile()
    assert np.isfinite(train(model, learner=0)).all()


def _plain_loss(model, group):
    """The margin loss of a learner, or of the whole embedding."""
    rows = plain_embedding(model, IMAGES, group=group)
    distances = np.linalg.norm(rows[:, None] - rows, axis=2)
    same = LABELS[:, None] == LABELS
    costs = np.where(same, distances - 1.0, 1.4 - distances)
    costs = np.maximum(costs, 0) * (1 - np.eye(8))
    return costs.sum() / (costs > 0).sum()


def test_evaluate_gives_the_loss_of_the_batch():
    model = new_model()
    model.compile("sgd", MarginLoss(negatives="all"))
    loss = model.evaluate(IMAGES, target(2), batch_size=8, verbose=0)
    np.testing.assert_allclose(loss, _plain_loss(model, 2), rtol=1e-4)


@pytest.mark.parametrize("learner", [2, -1])
def test_the_whole_embedding_adds_its_loss_to_that_of_a_learner(learner):
    model = new_model(dropout=0)
    loss = MarginLoss(negatives="all")
    model.compile("sgd", loss, whole_weight=0.5)
    whole = _plain_loss(model, None)
    # It is not added to itself.
    expected = whole if learner < 0 else _plain_loss(model, 2) + 0.5 * whole
    found = model.evaluate(IMAGES, target(learner), batch_size=8, verbose=0)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    np.testing.assert_allclose(train(model, learner)[0], expected, rtol=1e-4)


def test_one_learner_is_the_whole_embedding_already():
    model = new_model(num_learners=1)
    model.compile("sgd", MarginLoss(negatives="all"), whole_weight=0.5)
    loss = model.evaluate(IMAGES, target(0), batch_size=8, verbose=0)
    np.testing.assert_allclose(loss, _plain_loss(model, None), rtol=1e-4)


def test_with_the_whole_embedding_a_step_moves_all_units():
    model = new_model()
    model.compile("sgd", MarginLoss(negatives="all"), whole_weight=0.1)
    before = model.embedding.kernel.numpy()
    train(model, learner=1)
    assert (model.embedding.kernel.numpy() != before).any(axis=0).all()


def test_the_weight_of_the_whole_embedding_is_saved(tmp_path):
    model = new_model()
    model.compile("sgd", MarginLoss(negatives="all"), whole_weight=0.5)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.get_compile_config()["whole_weight"] == 0.5


def test_all_learners_and_phases_share_one_trace():
    loss = CountingLoss()
    model = new_model()
    model.compile("sgd", loss)
    train(model, learner=0)
    # TensorFlow traces again if the first trace made variables.
    after_the_first = loss.num_traces
    for learner in (1, 2, 3, -1):
        train(model, learner, steps=2)
    assert loss.num_traces == after_the_first


@pytest.mark.parametrize("train_batch_norm", [False, True])
def test_batch_norm_statistics_are_frozen_unless_asked_for(train_batch_norm):
    model = new_model(conv_backbone, train_batch_norm=train_batch_norm)
    model.compile("sgd", MarginLoss(negatives="all"))
    norm = model.backbone.layers[-1]
    before = [v.numpy() for v in raw_variables(norm)]
    train(model)
    gamma, beta, mean, variance = [
        (new.numpy() != old).any()
        for new, old in zip(raw_variables(norm), before)
    ]
    assert gamma and beta
    assert mean == variance == train_batch_norm


def test_dropout_is_part_of_training_only():
    model = new_model(dropout=0.5)
    np.testing.assert_array_equal(model(IMAGES), model(IMAGES))
    assert (model(IMAGES, training=True) != model(IMAGES)).numpy().any()


def test_equal_seeds_train_alike_and_others_do_not():
    trained = []
    for seed in (3, 3, 4):
        model = new_model(dropout=0.5, seed=seed)
        model.embedding.kernel.assign(np.ones([6, 8]))
        model.compile("sgd", MarginLoss())
        train(model, steps=3)
        trained.append(values(model))
    assert_equal(trained[0], trained[1])
    assert (trained[0][0] != trained[2][0]).any()


def test_weight_decay_is_a_gradient_of_its_own():
    # No two images of a class: the loss is 0, and so is its gradient.
    model = new_model()
    model.compile(keras.optimizers.SGD(0.1), weight_decay=0.5)
    variables = raw_variables(model.trainable_variables)
    before = [v.numpy() for v in variables]
    train(model, labels=np.arange(8))
    for old, new in zip(before, variables):
        np.testing.assert_allclose(new, old * (1 - 0.1 * 0.5), rtol=1e-6)


def test_regularizers_of_the_backbone_are_part_of_the_loss():
    kernel = keras.layers.Dense(6, kernel_regularizer=keras.regularizers.L2(2))
    backbone = keras.Sequential([keras.Input([4]), kernel])
    model = dnc.DivideAndConquer(backbone, 8, 4)
    model.compile(keras.optimizers.SGD(0.1))
    before = kernel.kernel.numpy()
    # No two images of a class: nothing else costs anything.
    (loss,) = model.fit(
        np.ones([8, 4]), np.arange(8), batch_size=8, verbose=0
    ).history["loss"]
    np.testing.assert_allclose(loss, 2 * np.sum(before**2), rtol=1e-5)
    np.testing.assert_allclose(kernel.kernel, before * (1 - 0.1 * 4), rtol=1e-5)


def test_learning_rate_multipliers_scale_the_first_step_of_adam():
    model = new_model(masks="learned", mask_penalty=0.0)
    model.compile(
        keras.optimizers.Adam(0.001, epsilon=1e-12),
        MarginLoss(num_classes=2),
        learning_rate_multipliers={"embedding": 2.0, "masks": 3.0, "loss": 0.0},
    )
    parts = [
        model.backbone.layers[-1].kernel,
        model.embedding.kernel,
        model.embedding.mask_weights,
        model.loss_state.variables[0],
    ]
    before = [v.numpy() for v in raw_variables(parts)]
    train(model, learner=1)
    changes = [
        np.abs(variable.numpy() - start)
        for variable, start in zip(raw_variables(parts), before)
    ]
    np.testing.assert_allclose(changes[0], 0.001, rtol=1e-3)
    np.testing.assert_allclose(changes[1], 0.002, rtol=1e-3)
    np.testing.assert_allclose(changes[2][1], 0.003, rtol=1e-3)
    np.testing.assert_array_equal(changes[2][[0, 2, 3]], 0)
    np.testing.assert_array_equal(changes[3], 0)


def test_masks_learn_a_hundred_times_faster_by_default():
    model = new_model(masks="learned")
    model.compile(
        keras.optimizers.Adam(0.001, epsilon=1e-12),
        MarginLoss(negatives="all"),
    )
    train(model, learner=1)
    mask = model.learner_masks.numpy()[1]
    np.testing.assert_allclose(np.abs(mask - 1), 0.1, rtol=1e-3)


@pytest.mark.parametrize(
    "masks, learner, expected",
    [("learned", 0, 0.3), ("learned", -1, 0.0), ("fixed", 0, 0.0)],
)
def test_mask_penalty_belongs_to_learners_with_learned_masks(
    masks, learner, expected
):
    # Masks of ones overlap fully, and the batch itself costs nothing.
    model = new_model(masks=masks, mask_penalty=0.3)
    model.compile("sgd")
    losses = train(model, learner, labels=np.arange(8))
    np.testing.assert_allclose(losses, [expected], rtol=1e-6)


def test_xla_trains():
    model = new_model(masks="learned")
    model.compile(
        "adam", MarginLoss(num_classes=2), weight_decay=0.1, jit_compile=True
    )
    before = model.embedding.kernel.numpy()
    assert np.isfinite(train(model, learner=1, steps=2)).all()
    assert (model.embedding.kernel.numpy() != before).all()


def test_xla_is_for_one_replica(two_replicas):
    with two_replicas.scope():
        model = new_model()
        with pytest.raises(ValueError, match="jit_compile=True with 2 replica"):
            model.compile(jit_compile=True)


def test_an_unknown_learning_rate_group_is_refused():
    with pytest.raises(ValueError) as raised:
        new_model().compile(learning_rate_multipliers={"head": 2.0})
    assert str(raised.value) == (
        "A key of learning_rate_multipliers must be one of backbone, "
        "embedding, masks, loss. Received: 'head'."
    )


def test_batch_metrics_are_refused():
    with pytest.raises(ValueError, match="Use callbacks.RetrievalEvaluation"):
        new_model().compile(metrics=["accuracy"])


def test_a_loss_that_is_a_function_is_refused():
    with pytest.raises(TypeError, match=r"^loss must have a method call\("):
        new_model().compile(loss=lambda labels, embeddings: 0.0)


def test_another_loss_with_weights_is_refused():
    model = new_model()
    model.compile(loss=MarginLoss(num_classes=2))
    with pytest.raises(ValueError, match="margin_loss. Make a new model"):
        model.compile(loss=MarginLoss(num_classes=2))


def test_a_model_within_another_does_not_report_its_loss():
    inner = new_model()
    pixels = keras.Input([8, 8, 3])
    outer = keras.Model(pixels, inner(pixels))
    outer.compile("sgd", MarginLoss(negatives="all"))
    loss = outer.fit(IMAGES, LABELS, verbose=0).history["loss"]
    assert loss[0] > 0.1


def test_a_multiplier_changes_without_a_new_trace():
    loss = CountingLoss(negatives="all")
    model = new_model()
    model.compile(
        "adam",
        loss,
        learning_rate_multipliers={"backbone": 1.0},
    )
    train(model)
    num_traces = loss.num_traces
    kernel = model.backbone.layers[-1].kernel
    before = [kernel.numpy(), model.embedding.kernel.numpy()]
    model.set_learning_rate_multiplier("backbone", 0.0)
    train(model)
    np.testing.assert_array_equal(kernel.numpy(), before[0])
    assert (model.embedding.kernel.numpy() != before[1]).any()
    model.set_learning_rate_multiplier("backbone", 1.0)
    train(model)
    assert (kernel.numpy() != before[0]).any()
    assert loss.num_traces == num_traces


def test_a_multiplier_that_compile_did_not_name_cannot_change():
    model = new_model()
    model.compile("adam")
    with pytest.raises(ValueError) as raised:
        model.set_learning_rate_multiplier("backbone", 0.0)
    assert str(raised.value) == (
        "Only a group with a factor in compile can get another one. Received: "
        "'backbone'. Compile with learning_rate_multipliers={'backbone': 1.0}."
    )
