"""Writes values.json from plain NumPy loops: `python tests/goldens/record.py`.

Imports nothing of the package, so that the values are no echo of it.
"""

import json
import pathlib

import numpy as np

LABELS = [0, 0, 1, 1, 2, 2, 0, 1]


def waves(*shape):
    return np.sin(1 + 2.3 * np.arange(np.prod(shape))).reshape(shape)


ROWS = waves(8, 6)


def dense(rows, kernel, bias):
    outputs = np.zeros([len(rows), kernel.shape[1]])
    for i, row in enumerate(rows):
        for unit in range(kernel.shape[1]):
            products = [x * w for x, w in zip(row, kernel[:, unit])]
            outputs[i, unit] = sum(products) + bias[unit]
    return outputs


def unit_rows(rows):
    return np.array([row / np.sqrt(sum(row**2)) for row in rows])


def masked_dense(learned=False):
    outputs = dense(ROWS, waves(6, 6), waves(6) + 0.25)
    if learned:
        return outputs * np.maximum(waves(3, 6) + 0.5, 0)[1]
    return outputs * [0, 0, 1, 1, 0, 0]


def embeddings(learner=None, per_learner=False):
    """Backbone kernel and bias, then embedding kernel and bias."""
    features = dense(ROWS, waves(6, 4), waves(4) + 0.25)
    outputs = dense(features, waves(4, 6) + 0.5, waves(6) + 0.75)
    if learner is not None:
        outputs *= np.repeat(np.arange(3) == learner, 2)
    if per_learner:
        slices = [unit_rows(outputs[:, i : i + 2]) for i in (0, 2, 4)]
        outputs = np.concatenate(slices, axis=1)
    return unit_rows(outputs)


def margin_loss(margin=0.2, beta=(1.2, 1.2, 1.2), nu=0.0, nearest=False):
    rows = unit_rows(ROWS)
    total, num_pairs = nu * sum(abs(b) for b in beta), 0
    for i, label in enumerate(LABELS):
        distances = [np.sqrt(sum((rows[i] - row) ** 2) + 1e-8) for row in rows]
        positives = [
            j for j, other in enumerate(LABELS) if other == label and j != i
        ]
        negatives = [j for j, other in enumerate(LABELS) if other != label]
        if nearest:
            far = [j for j in negatives if distances[j] >= 0.5]
            far.sort(key=lambda j: distances[j])
            negatives = far[: len(positives)]
        costs = [distances[j] - beta[label] + margin for j in positives]
        costs += [beta[label] - distances[j] + margin for j in negatives]
        total += sum(max(cost, 0) for cost in costs)
        num_pairs += sum(cost > 0 for cost in costs)
    return np.array(total / num_pairs)


GOLDENS = {
    "masked_dense": masked_dense(),
    "masked_dense_learned": masked_dense(learned=True),
    "divide_and_conquer": embeddings(),
    "divide_and_conquer_learner": embeddings(learner=1),
    "divide_and_conquer_per_learner": embeddings(per_learner=True),
    "margin_loss_all": margin_loss(),
    "margin_loss_nearest": margin_loss(margin=0.3, nearest=True),
    "margin_loss_boundaries": margin_loss(nu=0.1),
}

if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("values.json")
    lines = [
        f'"{name}": {json.dumps(np.round(value, 6).tolist())}'
        for name, value in GOLDENS.items()
    ]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
