"""The table of classes, of which a page shows the worst and the best."""

from __future__ import annotations

from dnc_keras.metrics.names import short_name

# Of more classes than both, those between are in the file alone.
NUM_WORST = 150
NUM_BEST = 50


def class_table(examined, names) -> dict:
    """The worst and the best classes, in percent.

    Args:
        examined: a `PerClass`.
        names: `num_classes` str.
    """
    rows = examined.class_rows(names)
    metrics = [n for n in ("recall_at_1", examined.quality) if n in rows[0]]
    # Those that nothing is known of come last: the best are before them.
    measured = [row for row in rows if row["num_queries"]]
    others = rows[len(measured) :]
    shown = measured
    if len(measured) > NUM_WORST + NUM_BEST:
        shown = measured[:NUM_WORST] + measured[-NUM_BEST:]
    return {
        "metrics": [short_name(name) for name in metrics],
        "rows": [_described(row, metrics) for row in shown],
        "num_classes": len(rows),
        "num_measured": len(measured),
        "num_not_measured": len(others),
        "some_not_measured": [row["class"] for row in others[:5]],
        "num_worst": NUM_WORST,
        "num_best": NUM_BEST,
        "is_cut": len(shown) < len(measured),
    }


def _described(row, metrics):
    return {
        "class": row["class"],
        "images": row["num_images"],
        "queries": row["num_queries"],
        "values": [f"{100 * row[name]:.1f}" for name in metrics],
        "nearest": row["nearest_wrong_class"] or "",
        "share": f"{100 * (row['nearest_share'] or 0):.0f}",
    }
