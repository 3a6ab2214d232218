"""A re-clustering against the pass over the images, and against training."""

import statistics

import numpy as np
import tensorflow as tf

import dnc_keras as dnc
from benchmarks.measures import median_ratio
from benchmarks.measures import seconds_in_turn
from dnc_keras.backbones import build_backbone
from dnc_keras.batches.extraction import extract

IMAGE_SIZE = 96
NUM_IMAGES = 4_000
NUM_LEARNERS = 4
BATCH_SIZE = 80
STEPS_PER_RUN = 5
# Of the epochs between two clusterings.
NUM_STEPS = 2 * NUM_IMAGES // BATCH_SIZE


def run(arguments):
    model, trained = _model(), _model()
    images = _images()
    features = tf.function(model.features)
    work = {
        "fresh": _recluster(model, images, "fresh"),
        "pass": lambda: extract(features, images),
        "cached": _recluster(model, images, "cached"),
        "steps": _fit(trained, images),
    }
    seconds = seconds_in_turn(work, arguments.runs)
    return [_fresh_row(seconds), _cached_row(seconds)]


def _model():
    model = dnc.DivideAndConquer(
        build_backbone("mobilenet_v2", IMAGE_SIZE), num_learners=NUM_LEARNERS
    )
    model.compile(tf.keras.optimizers.Adam(1e-5))
    return model


def _fresh_row(seconds):
    fresh, one_pass = (
        statistics.median(seconds[name]) for name in ("fresh", "pass")
    )
    return {
        "work": f"re-clustering {NUM_IMAGES:,} images of {IMAGE_SIZE} px, "
        f"MobileNetV2, K={NUM_LEARNERS}",
        "ours": f"{fresh:.1f} s",
        "against": f"{one_pass:.1f} s, the features of all images",
        "ratio": round(median_ratio(seconds["fresh"], seconds["pass"]), 3),
        "goal": "<= 1.05",
    }


def _cached_row(seconds):
    cached, steps = (
        statistics.median(seconds[name]) for name in ("cached", "steps")
    )
    training = steps * NUM_STEPS / STEPS_PER_RUN
    return {
        "work": "the same from cached features",
        "ours": f"{cached:.2f} s",
        "against": f"{training:.1f} s, training for two epochs",
        "ratio": round(cached / training, 3),
        "goal": "<= 0.02",
    }


def _images():
    """Noise with a large form for each class, so that there are clusters."""
    random = np.random.default_rng(0)
    forms = random.integers(0, 200, [100, 6, 6, 3])
    image_forms = forms[np.arange(NUM_IMAGES) % 100]
    images = image_forms.repeat(16, axis=1).repeat(16, axis=2)
    return np.uint8(images + random.integers(0, 55, images.shape))


def _recluster(model, images, source):
    """A function that clusters once."""
    sampler = dnc.ClusterSampler(np.arange(NUM_IMAGES) % 100, NUM_LEARNERS)
    callback = dnc.callbacks.Recluster(images, sampler, every=1, source=source)
    callback.set_model(model)
    callback.set_params({"epochs": 10**6})
    callback.on_train_begin()
    everything = np.arange(NUM_IMAGES)
    rows = extract(tf.function(model.features), images)

    def cluster():
        if source == "cached":
            model.feature_listener(everything, rows)
        callback.on_epoch_end(0)

    return cluster


def _fit(model, images):
    """A function that trains some steps, whose features are kept."""
    target = {
        "label": tf.range(BATCH_SIZE) // 4,
        "learner": tf.zeros([BATCH_SIZE], tf.int32),
        "index": tf.range(BATCH_SIZE),
    }
    batch = tf.data.Dataset.from_tensors((images[:BATCH_SIZE], target))
    batches = batch.repeat(STEPS_PER_RUN)
    return lambda: model.fit(batches, shuffle=False, verbose=0)
