"""Rankings by plain loops."""

from __future__ import annotations

import numpy as np

LINE = np.array([[0.0], [1.0], [3.0], [7.0]])


def plain_metrics(order, labels, gallery_labels, ks, ignored=None):
    """The definitions, one query and one rank at a time."""
    values = {f"recall_at_{k}": [] for k in ks}
    names = ["r_precision", "map_at_r", "marp_dnc", "mean_average_precision"]
    values.update({name: [] for name in names})
    for query, row in enumerate(order):
        row = [i for i in row if ignored is None or not ignored[query, i]]
        hits = [gallery_labels[i] == labels[query] for i in row]
        num_relevant = sum(hits)
        if not num_relevant:
            continue
        for k in ks:
            values[f"recall_at_{k}"].append(any(hits[:k]))
        precisions = [
            (rank, sum(hits[:rank]) / rank)
            for rank in range(1, len(hits) + 1)
            if hits[rank - 1]
        ]
        first = [p for rank, p in precisions if rank <= num_relevant]
        values["r_precision"].append(len(first) / num_relevant)
        values["map_at_r"].append(sum(first) / num_relevant)
        values["marp_dnc"].append(sum(first) / max(len(first), 1))
        values["mean_average_precision"].append(
            sum(p for _, p in precisions) / num_relevant
        )
    return {name: np.mean(value) for name, value in values.items()}
