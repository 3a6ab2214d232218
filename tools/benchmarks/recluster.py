"""A re-clustering against the pass over the images that it needs."""

import statistics

import numpy as np
import tensorflow as tf

import dnc_keras as dnc
from benchmarks.measures import median_ratio
from benchmarks.measures import seconds_in_turn
from dnc_keras.backbones import build_backbone
from dnc_keras.extraction import extract

IMAGE_SIZE = 96
NUM_IMAGES = 4_000
NUM_LEARNERS = 4


def run(arguments):
    model = dnc.DivideAndConquer(
        build_backbone("mobilenet_v2", IMAGE_SIZE), num_learners=NUM_LEARNERS
    )
    images = _images()
    features = tf.function(model.features)
    work = {
        "ours": _recluster(model, images),
        "pass": lambda: extract(features, images),
    }
    seconds = seconds_in_turn(work, arguments.runs)
    ours, one_pass = (statistics.median(seconds[name]) for name in work)
    return [
        {
            "work": f"re-clustering {NUM_IMAGES:,} images of {IMAGE_SIZE} px, "
            f"MobileNetV2, K={NUM_LEARNERS}",
            "ours": f"{ours:.1f} s",
            "against": f"{one_pass:.1f} s, the features of all images",
            "ratio": round(median_ratio(seconds["ours"], seconds["pass"]), 3),
            "goal": "<= 1.05",
        }
    ]


def _images():
    """Noise with a large form for each class, so that there are clusters."""
    random = np.random.default_rng(0)
    forms = random.integers(0, 200, [100, 6, 6, 3])
    image_forms = forms[np.arange(NUM_IMAGES) % 100]
    images = image_forms.repeat(16, axis=1).repeat(16, axis=2)
    return np.uint8(images + random.integers(0, 55, images.shape))


def _recluster(model, images):
    sampler = dnc.ClusterSampler(np.arange(NUM_IMAGES) % 100, NUM_LEARNERS)
    callback = dnc.callbacks.Recluster(images, sampler)
    callback.set_model(model)
    return callback.on_train_begin
