"""A step of divide and conquer against backbone + Dense + optimizer."""

import statistics

import numpy as np
import tensorflow as tf

import dnc_keras as dnc
from benchmarks.measures import median_ratio
from benchmarks.measures import seconds_in_turn
from dnc_keras.backbones import build_backbone

IMAGE_SIZE = 96
BATCH_SIZE = 80
EMBEDDING_DIM = 128
NUM_LEARNERS = 4
STEPS_PER_RUN = 5


def run(arguments):
    batches = _one_batch_repeated()
    models = {"ours": _divide_and_conquer(), "bare": _bare_model()}

    def fit(model):
        return lambda: model.fit(batches, shuffle=False, verbose=0)

    seconds = seconds_in_turn(
        {name: fit(model) for name, model in models.items()}, arguments.runs
    )
    ours, bare = (
        statistics.median(seconds[name]) / STEPS_PER_RUN for name in models
    )
    return [
        {
            "work": f"train step, MobileNetV2 at {IMAGE_SIZE} px, batch "
            f"{BATCH_SIZE}, {NUM_LEARNERS} learners",
            "ours": f"{ours:.3f} s",
            "against": f"{bare:.3f} s, without divide and conquer",
            "ratio": round(median_ratio(seconds["ours"], seconds["bare"]), 3),
            "goal": "<= 1.05",
        }
    ]


def _one_batch_repeated():
    random = np.random.default_rng(0)
    shape = (BATCH_SIZE, IMAGE_SIZE, IMAGE_SIZE, 3)
    images = tf.constant(random.uniform(0, 255, shape), tf.float32)
    target = {
        "label": tf.range(BATCH_SIZE) // 4,
        "learner": tf.zeros([BATCH_SIZE], tf.int32),
    }
    batch = tf.data.Dataset.from_tensors((images, target))
    return batch.repeat(STEPS_PER_RUN)


def _divide_and_conquer():
    model = dnc.DivideAndConquer(
        build_backbone("mobilenet_v2", IMAGE_SIZE),
        embedding_dim=EMBEDDING_DIM,
        num_learners=NUM_LEARNERS,
    )
    model.compile(tf.keras.optimizers.Adam(1e-5), weight_decay=1e-4)
    return model


class BareModel(tf.keras.Model):
    """The least that trains: features, a dense layer, a sum as loss."""

    def __init__(self):
        super().__init__()
        self.backbone = build_backbone("mobilenet_v2", IMAGE_SIZE)
        self.dense = tf.keras.layers.Dense(EMBEDDING_DIM)

    def call(self, images):
        return self.dense(self.backbone(images, training=False))

    def train_step(self, data):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self(data[0]) ** 2)
        variables = self.trainable_variables
        gradients = tape.gradient(loss, dnc._keras.raw_variables(variables))
        self.optimizer.apply_gradients(zip(gradients, variables))
        return {"loss": loss}


def _bare_model():
    model = BareModel()
    model.compile(tf.keras.optimizers.Adam(1e-5), jit_compile=False)
    model(tf.zeros([1, IMAGE_SIZE, IMAGE_SIZE, 3]))
    return model
