"""`DivideAndConquer`: what it computes, trains, saves and refuses."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import rounding

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras._keras import raw_variables
from dnc_keras.losses import MarginLoss

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.normal(size=[8, 8, 8, 3]).astype(np.float32)
LABELS = np.repeat([0, 1], 4)
# Of a dense layer on all pixels.
NUM_TERMS = 8 * 8 * 3


class CountingLoss(MarginLoss):
    """Counts how often it is traced."""

    num_traces = 0

    def call(self, labels, embeddings, seed=None):
        self.num_traces += 1
        return super().call(labels, embeddings, seed=seed)


def start():
    return keras.initializers.GlorotUniform(seed=1)


def dense_backbone():
    """Feature rows, `[batch_size, 6]`."""
    return keras.Sequential(
        [
            keras.Input([8, 8, 3]),
            keras.layers.Flatten(),
            keras.layers.Dense(6, kernel_initializer=start()),
        ]
    )


def conv_backbone():
    """Feature maps, `[batch_size, 4, 4, 6]`, with BatchNormalization."""
    return keras.Sequential(
        [
            keras.Input([8, 8, 3]),
            keras.layers.Conv2D(
                6, 3, strides=2, padding="same", kernel_initializer=start()
            ),
            keras.layers.BatchNormalization(),
        ]
    )


def new_model(backbone=dense_backbone, **kwargs):
    arguments = {"embedding_dim": 8, "num_learners": 4, **kwargs}
    return dnc.DivideAndConquer(backbone(), **arguments)


def target(learner, labels=LABELS):
    return {"label": labels, "learner": np.full(len(labels), learner)}


def train(model, learner=-1, steps=1, labels=LABELS):
    """Full-batch steps; returns the losses."""
    return model.fit(
        IMAGES,
        target(learner, labels),
        batch_size=len(IMAGES),
        epochs=steps,
        shuffle=False,
        verbose=0,
    ).history["loss"]


def values(layer):
    """Its weights, without those of metrics."""
    variables = layer.trainable_variables + [
        v
        for part in getattr(layer, "layers", [])
        for v in part.non_trainable_variables
    ]
    return [v.numpy() for v in raw_variables(variables)]


def assert_equal(first, second, tolerance=0):
    assert len(first) == len(second)
    for a, b in zip(first, second):
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance)


def plain_embedding(model, images, group=None, normalization="whole"):
    """The embedding in NumPy from the model's features and weights."""
    features = model.features(images).numpy()
    kernel, bias = model.embedding.kernel.numpy(), model.embedding.bias.numpy()
    slices = (features @ kernel + bias).reshape(len(images), 4, 2)
    if group is not None:
        slices[:, [g for g in range(4) if g != group]] = 0
    if normalization == "per_learner":
        lengths = np.linalg.norm(slices, axis=2, keepdims=True)
        slices /= np.maximum(lengths, 1e-12)
    rows = slices.reshape(len(images), 8)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("normalization", ["whole", "per_learner"])
@pytest.mark.parametrize("group", [None, 0, 3])
def test_embedding_is_that_of_numpy(normalization, group):
    model = new_model(normalization=normalization)
    model.embedding.bias.assign(np.arange(8.0) / 10)
    embeddings = model(IMAGES, learner=group)
    assert embeddings.dtype == tf.float32
    rounding.assert_gives(
        lambda images: plain_embedding(model, images, group, normalization),
        *(IMAGES, embeddings, NUM_TERMS),
    )
    np.testing.assert_allclose(
        np.linalg.norm(embeddings, axis=1), np.ones(8), rtol=1e-5
    )


def test_per_learner_slices_have_equal_lengths():
    embeddings = new_model(normalization="per_learner")(IMAGES).numpy()
    lengths = np.linalg.norm(embeddings.reshape(8, 4, 2), axis=2)
    np.testing.assert_allclose(lengths, np.full([8, 4], 0.5), rtol=1e-5)


@pytest.mark.parametrize(
    "learner", [2, np.int64(2), tf.constant(2), np.full(8, 2), tf.fill([8], 2)]
)
def test_learner_may_be_a_scalar_or_one_for_each_row(learner):
    model = new_model()
    embeddings = model(IMAGES, learner=learner).numpy()
    np.testing.assert_array_equal(embeddings, model(IMAGES, learner=2))
    assert (embeddings[:, [0, 1, 2, 3, 6, 7]] == 0).all()


def test_learner_may_differ_from_row_to_row():
    model = new_model()
    learners = tf.constant([0, 1, 2, 3, -1, -1, 0, 1])
    embeddings = model(IMAGES, learner=learners)
    for row, learner in enumerate(learners):
        rounding.assert_gives(
            lambda images: model(images, learner=learner)[row],
            *(IMAGES, embeddings[row], NUM_TERMS),
        )


def test_learner_minus_1_is_the_whole_embedding():
    model = new_model()
    np.testing.assert_array_equal(model(IMAGES), model(IMAGES, learner=-1))


def test_integer_images_are_accepted():
    images = np.arange(8 * 192).reshape(8, 8, 8, 3).astype(np.uint8)
    model = new_model()
    np.testing.assert_array_equal(
        model(images), model(images.astype(np.float32))
    )


def test_features_of_maps_are_their_mean():
    model = new_model(conv_backbone)
    rounding.assert_gives(
        lambda images: model.backbone(images).numpy().mean(axis=(1, 2)),
        *(IMAGES, model.features(IMAGES), NUM_TERMS),
    )


def test_features_of_rows_are_the_rows():
    model = new_model(dense_backbone)
    np.testing.assert_array_equal(
        model.features(IMAGES), model.backbone(IMAGES)
    )


def test_learner_masks_are_those_of_the_embedding_layer():
    masks = new_model(num_learners=2).learner_masks.numpy()
    assert masks.tolist() == [[1] * 4 + [0] * 4, [0] * 4 + [1] * 4]
    assert (new_model(masks="learned").learner_masks.numpy() == 1).all()


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
    model = new_model(conv_backbone, masks="learned")
    model.compile(keras.optimizers.Adam(0.01), MarginLoss(negatives="all"))
    losses = train(model, learner=0, steps=30)
    assert losses[-1] < losses[0] / 2


def test_compile_has_defaults():
    model = new_model()
    model.compile()
    assert np.isfinite(train(model, learner=0)).all()


def test_evaluate_gives_the_loss_of_the_batch():
    model = new_model()
    model.compile("sgd", MarginLoss(negatives="all"))
    rows = plain_embedding(model, IMAGES, group=2)
    distances = np.linalg.norm(rows[:, None] - rows, axis=2)
    same = LABELS[:, None] == LABELS
    costs = np.where(same, distances - 1.0, 1.4 - distances)
    costs = np.maximum(costs, 0) * (1 - np.eye(8))
    loss = model.evaluate(IMAGES, target(2), batch_size=8, verbose=0)
    expected = costs.sum() / (costs > 0).sum()
    np.testing.assert_allclose(loss, expected, rtol=1e-4)


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


def test_a_loaded_model_embeds_and_trains_on_as_the_saved_one(tmp_path):
    model = new_model(
        conv_backbone,
        masks="learned",
        normalization="per_learner",
        dropout=0.3,
        train_batch_norm=True,
        seed=5,
    )
    model.compile(
        keras.optimizers.Adam(0.01),
        MarginLoss(num_classes=2),
        learning_rate_multipliers={"masks": 10.0},
        weight_decay=0.01,
    )
    train(model, learner=1, steps=3)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert_equal(values(loaded), values(model))
    np.testing.assert_array_equal(loaded(IMAGES), model(IMAGES))
    for part in (model, loaded):
        train(part, learner=2, steps=3)
    assert_equal(values(loaded), values(model), tolerance=1e-6)


def test_a_model_can_be_loaded_without_compiling(tmp_path):
    model = new_model()
    model.compile("adam", MarginLoss(num_classes=2))
    train(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_array_equal(loaded(IMAGES), model(IMAGES))


def test_a_model_that_was_never_compiled_is_saved_and_loaded(tmp_path):
    model = new_model()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(IMAGES), model(IMAGES))


def test_weights_are_saved_and_loaded_alone(tmp_path):
    model, other = new_model(), new_model(seed=9)
    model.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(other(IMAGES), model(IMAGES))


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


def test_a_backbone_of_another_kind_is_refused():
    with pytest.raises(TypeError, match="backbone must be a layer or model of"):
        dnc.DivideAndConquer(tf.Module())


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            {"embedding_dim": 130, "num_learners": 4},
            "num_learners must divide embedding_dim. Received: "
            "embedding_dim=130, num_learners=4. "
            "Use embedding_dim=128 or 132.",
        ),
        (
            {"embedding_dim": 3, "num_learners": 4},
            "num_learners must divide embedding_dim. Received: "
            "embedding_dim=3, num_learners=4. Use embedding_dim=4.",
        ),
        (
            {"masks": "soft"},
            "masks must be one of fixed, learned. Received: 'soft'.",
        ),
        (
            {"normalization": "none"},
            "normalization must be one of whole, per_learner. "
            "Received: 'none'.",
        ),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError) as raised:
        new_model(**arguments)
    assert str(raised.value) == message


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


@pytest.mark.parametrize(
    "data, received",
    [
        ((IMAGES, LABELS, np.ones(8)), "sample weights"),
        ((IMAGES,), "no labels"),
    ],
)
def test_sample_weights_and_missing_labels_are_refused(data, received):
    model = new_model()
    model.compile(run_eagerly=True)
    dataset = tf.data.Dataset.from_tensors(data)
    with pytest.raises(ValueError) as raised:
        model.fit(dataset, shuffle=False, verbose=0)
    assert str(raised.value) == (
        "Data must be (images, labels) or (images, {'label', 'learner'}), "
        f"without sample weights. Received: {received}."
    )


def test_learners_double_and_inherit_their_masks():
    model = new_model(masks="learned")
    model.compile(keras.optimizers.Adam(0.01), MarginLoss(negatives="all"))
    model.activate_learners(1)
    assert model.num_active_learners == 1
    train(model, learner=0, steps=2)
    mask = model.learner_masks.numpy()[0]
    assert (mask != 1).any()
    model.double_learners()
    assert model.num_active_learners == 2
    np.testing.assert_array_equal(model.learner_masks[:2], [mask, mask])
    np.testing.assert_array_equal(model.learner_masks[2:], 0)


def test_the_optimizer_forgets_masks_that_were_copied():
    model = new_model(masks="learned")
    model.compile(keras.optimizers.Adam(0.01), MarginLoss(negatives="all"))
    model.activate_learners(1)
    train(model, learner=0)
    slots = [
        v
        for v in raw_variables(model.optimizer)
        if v.shape == model.embedding.mask_weights.shape
    ]
    # Those of the kernel have another shape: 6 features, 4 learners.
    assert len(slots) == 2 and all(v.numpy().any() for v in slots)
    model.double_learners()
    assert not any(v.numpy().any() for v in slots)


def test_groups_that_are_not_active_yet_stay_as_they_are():
    model = new_model(masks="learned")
    model.compile("adam", MarginLoss(negatives="all"), weight_decay=0.1)
    model.activate_learners(2)
    train(model, learner=1, steps=3)
    np.testing.assert_array_equal(model.embedding.mask_weights[2:], 0)


def test_only_active_masks_count_for_the_penalty():
    # No pair costs anything: two masks of ones overlap fully.
    model = new_model(masks="learned", mask_penalty=0.3)
    model.compile("sgd")
    model.activate_learners(2)
    losses = train(model, learner=0, labels=np.arange(8))
    np.testing.assert_allclose(losses, [0.3], rtol=1e-6)


def test_the_stage_of_the_division_is_saved(tmp_path):
    model = new_model()
    model.activate_learners(2)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.num_active_learners == 2
    np.testing.assert_array_equal(loaded.learner_masks, model.learner_masks)


def test_the_whole_embedding_leaves_learned_masks_alone():
    # Not even momentum or weight decay moves them.
    model = new_model(masks="learned")
    model.compile("adam", MarginLoss(negatives="all"), weight_decay=0.1)
    train(model, learner=1)
    before = model.embedding.mask_weights.numpy()
    train(model, learner=-1, steps=2)
    np.testing.assert_array_equal(model.embedding.mask_weights, before)


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


def test_a_listener_gets_the_features_of_each_image():
    model = new_model()
    model.compile(keras.optimizers.SGD(0.0))
    seen = {}

    def listen(indices, features):
        seen.update(zip(indices.tolist(), features))

    model.feature_listener = listen
    expected = model.features(IMAGES).numpy()
    model.fit(
        IMAGES,
        {**target(-1), "index": np.arange(10, 18)},
        batch_size=4,
        verbose=0,
    )
    np.testing.assert_allclose(
        [seen[index] for index in range(10, 18)], expected, rtol=1e-5
    )


def test_a_listener_gets_the_features_of_all_replicas(two_replicas):
    with two_replicas.scope():
        model = new_model()
        model.compile(keras.optimizers.SGD(0.0))
    seen = []
    model.feature_listener = lambda indices, _: seen.append(indices.tolist())
    model.fit(
        IMAGES,
        {**target(-1), "index": np.arange(8)},
        batch_size=8,
        shuffle=False,
        verbose=0,
    )
    assert seen == [list(range(8))] * 2


def test_without_a_listener_indices_change_nothing():
    model = new_model()
    model.compile("sgd")
    data = {**target(-1), "index": np.arange(8)}
    assert model.fit(IMAGES, data, verbose=0).history["loss"]


def test_features_are_embedded_as_in_a_call():
    model = new_model()
    embeddings = model.embed_features(model.features(IMAGES), learner=2)
    np.testing.assert_array_equal(embeddings, model(IMAGES, learner=2))
