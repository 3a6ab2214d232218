"""Writes values.json from plain NumPy loops: `python tests/goldens/record.py`.

Imports nothing of the package, so that the values are no echo of it.
"""

import json
import pathlib

import numpy as np

LABELS = [0, 0, 1, 1, 2, 2, 0, 1]
# The same of three classes, of which a row may have several.
SHARED = np.array(
    [
        [1, 0, 0],
        [1, 1, 0],
        [0, 1, 0],
        [0, 1, 1],
        [0, 0, 1],
        [1, 0, 1],
        [1, 1, 1],
        [0, 1, 0],
    ]
)


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


def distance_tables(squared=False):
    """The rows' distances, and the places of their positives and negatives."""
    rows = unit_rows(ROWS)
    power = 1 if squared else 0.5
    distances = [[sum((a - b) ** 2) ** power for b in rows] for a in rows]
    positives, negatives = [], []
    for i, label in enumerate(LABELS):
        same = [j for j, other in enumerate(LABELS) if other == label]
        positives.append([j for j in same if j != i])
        negatives.append([j for j in range(len(LABELS)) if j not in same])
    return np.array(distances), positives, negatives


def triplet_semi_hard_loss(margin=1.0, squared=False):
    distances, positives, negatives = distance_tables(squared)
    costs = []
    for row, near, far in zip(distances, positives, negatives):
        for j in near:
            beyond = [row[k] for k in far if row[k] > row[j]]
            chosen = min(beyond) if beyond else max(row[far])
            costs.append(max(row[j] - chosen + margin, 0))
    return np.mean(costs)


def triplet_hard_loss(margin=1.0):
    costs = [
        max(max(row[near]) - min(row[far]) + margin, 0)
        for row, near, far in zip(*distance_tables())
    ]
    return np.mean(costs)


def triplet_hard_loss_soft():
    distances, positives, negatives = distance_tables(squared=True)
    costs = [
        np.log(1 + np.exp(max(row[near]) - min(row[far])))
        # 1 - cosine is half the squared distance of unit rows.
        for row, near, far in zip(distances / 2, positives, negatives)
    ]
    return np.mean(costs)


def lifted_struct_loss(margin=1.0):
    distances, positives, negatives = distance_tables()
    costs = []
    for i, near in enumerate(positives):
        for j in near:
            lifts = [margin - distances[i][k] for k in negatives[i]]
            lifts += [margin - distances[j][k] for k in negatives[j]]
            lifted = np.log(sum(np.exp(lifts))) + distances[i][j]
            costs.append(max(lifted, 0) ** 2 / 2)
    return np.mean(costs)


def npairs_loss():
    rows, costs = unit_rows(ROWS), []
    for label, row in zip(LABELS, rows):
        logits = [sum(row * other) for other in rows]
        chances = np.exp(logits) / sum(np.exp(logits))
        own = [p for p, other in zip(chances, LABELS) if other == label]
        costs.append(-np.mean(np.log(own)))
    return np.mean(costs)


def npairs_multilabel_loss():
    rows, costs = unit_rows(ROWS), []
    for own, row in zip(SHARED, rows):
        logits = [sum(row * other) for other in rows]
        chances = np.exp(logits) / sum(np.exp(logits))
        weights = [sum(own * others) for others in SHARED]
        costs.append(-sum(weights * np.log(chances)) / sum(weights))
    return np.mean(costs)


def contrastive_loss(margin=1.0):
    distances, costs = distance_tables()[0], []
    for i, label in enumerate(LABELS):
        for j in range(i):
            far = max(margin - distances[i][j], 0)
            cost = distances[i][j] if label == LABELS[j] else far
            costs.append(cost**2)
    return np.mean(costs)


def proxy_anchor_loss(margin=0.1, alpha=32):
    rows, proxies = unit_rows(ROWS), unit_rows(waves(3, 6))
    costs = []
    for own, proxy in enumerate(proxies):
        pull = push = 1
        for label, row in zip(LABELS, rows):
            cosine = sum(row * proxy)
            if label == own:
                pull += np.exp(-alpha * (cosine - margin))
            else:
                push += np.exp(alpha * (cosine + margin))
        costs.append(np.log(pull) + np.log(push))
    return np.mean(costs)


def multi_similarity_loss(alpha=2, beta=50, base=0.5, epsilon=0.1):
    rows = unit_rows(ROWS)
    _, positives, negatives = distance_tables()
    costs = []
    for row, near, far in zip(rows, positives, negatives):
        cosines = np.array([sum(row * other) for other in rows])
        least, most = min(cosines[near]), max(cosines[far])
        hard = [s for s in cosines[near] if s < most + epsilon]
        pull = sum(np.exp(-alpha * (s - base)) for s in hard)
        hard = [s for s in cosines[far] if s > least - epsilon]
        push = sum(np.exp(beta * (s - base)) for s in hard)
        costs.append(np.log(1 + pull) / alpha + np.log(1 + push) / beta)
    return np.mean(costs)


GOLDENS = {
    "masked_dense": masked_dense(),
    "masked_dense_learned": masked_dense(learned=True),
    "divide_and_conquer": embeddings(),
    "divide_and_conquer_learner": embeddings(learner=1),
    "divide_and_conquer_per_learner": embeddings(per_learner=True),
    "margin_loss_all": margin_loss(),
    "margin_loss_nearest": margin_loss(margin=0.3, nearest=True),
    "margin_loss_boundaries": margin_loss(nu=0.1),
    "triplet_semi_hard_loss": triplet_semi_hard_loss(),
    "triplet_semi_hard_loss_squared": triplet_semi_hard_loss(0.2, True),
    "triplet_hard_loss": triplet_hard_loss(),
    "triplet_hard_loss_soft": triplet_hard_loss_soft(),
    "lifted_struct_loss": lifted_struct_loss(),
    "npairs_loss": npairs_loss(),
    "npairs_multilabel_loss": npairs_multilabel_loss(),
    "contrastive_loss": contrastive_loss(),
    "proxy_anchor_loss": proxy_anchor_loss(),
    "multi_similarity_loss": multi_similarity_loss(),
}

if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("values.json")
    lines = [
        f'"{name}": {json.dumps(np.round(value, 6).tolist())}'
        for name, value in GOLDENS.items()
    ]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
