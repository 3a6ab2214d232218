"""Writes addons.json, values and gradients of tensorflow-addons.

Run `python tests/goldens/record_addons.py` with tensorflow-addons 0.23; the
tests do without it.
"""

import json
import pathlib

import numpy as np
import tensorflow as tf
from tensorflow_addons import losses

METRICS = ("L2", "squared-L2", "angular")
SOFT = {"soft": True}
CASES = [
    *[("TripletSemiHardLoss", {"distance_metric": m}) for m in METRICS],
    ("TripletSemiHardLoss", {"margin": 0.2}),
    *[("TripletHardLoss", {"distance_metric": m}) for m in METRICS],
    *[("TripletHardLoss", {**SOFT, "distance_metric": m}) for m in METRICS],
    ("TripletHardLoss", {"margin": 0.2}),
    ("LiftedStructLoss", {}),
    ("LiftedStructLoss", {"margin": 0.2}),
    ("NpairsLoss", {}),
    ("ContrastiveLoss", {}),
    ("ContrastiveLoss", {"margin": 0.5}),
]
LABELS = [0, 0, 1, 1, 2, 2, 0, 1]
ONE_CLASS = [3] * 8


def waves(*shape):
    return np.sin(1 + 2.3 * np.arange(np.prod(shape))).reshape(shape)


def batches(name):
    """(labels, inputs): what a loss takes in tensorflow-addons."""
    rows = waves(8, 6)
    if name == "NpairsLoss":
        return [(LABELS, rows @ rows.T), (ONE_CLASS, rows @ rows.T)]
    if name == "ContrastiveLoss":
        return [([0, 1, 1, 0, 1, 0, 0, 1], np.abs(waves(8)))]
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    found = [(LABELS, rows), (LABELS, unit), ([0, 0, 1, 2, 3, 4, 5, 6], unit)]
    # Of one class this one is not a number.
    return found if name == "LiftedStructLoss" else [*found, (ONE_CLASS, unit)]


def record(name, arguments, labels, inputs):
    inputs = tf.constant(np.round(inputs, 4), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value = getattr(losses, name)(**arguments).call(
            tf.constant(labels), inputs
        )
    return {
        "loss": name,
        "arguments": arguments,
        "labels": labels,
        "inputs": rounded(inputs, 4),
        "value": rounded(value, 7),
        "gradient": rounded(tape.gradient(value, inputs), 7),
    }


def rounded(tensor, digits):
    return np.round(tensor.numpy().astype(float), digits).tolist()


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("addons.json")
    lines = [
        json.dumps(record(name, arguments, labels, inputs))
        for name, arguments in CASES
        for labels, inputs in batches(name)
    ]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
