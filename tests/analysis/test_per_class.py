"""The tables of classes, pairs and sizes, by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from dnc_keras import analysis
from dnc_keras import metrics
from dnc_keras.support.json_text import json_text

NAMES = ("ant", "bee", "=cow()", "dog")
# On a line: ants and bees lie among each other, one cow, dogs far away.
ROWS = np.array([[0.0], [1.0], [1.25], [5.0], [0.5], [30.0], [31.0], [32.0]])
LABELS = np.array([0, 0, 1, 1, 2, 3, 3, 3])


def _examine(ks=(1,), **arguments):
    arguments = arguments or {"embeddings": ROWS, "labels": LABELS}
    values = metrics.retrieval_values(**arguments, ks=ks)
    return analysis.examine_classes(values, arguments["labels"], **arguments)


def test_the_worst_classes_come_first_and_those_not_measured_last():
    rows = _examine().class_rows(NAMES)
    assert [row["class"] for row in rows] == ["ant", "bee", "dog", "=cow()"]
    assert [row["recall_at_1"] for row in rows] == [0.0, 0.5, 1.0, None]
    assert [row["num_queries"] for row in rows] == [2, 2, 3, 0]
    assert [row["num_left_out"] for row in rows] == [0, 0, 0, 1]
    nearest = [row["nearest_wrong_class"] for row in rows]
    assert nearest == ["bee", "ant", "bee", "ant"]


def test_confusions_name_both_classes_and_how_many_were_asked():
    first = _examine().confusion_rows(NAMES)[0]
    assert first == {
        "class": "ant",
        "taken_for": "bee",
        "num_mistaken": 1,
        "num_queries": 2,
        "num_mistaken_back": 1,
        "num_queries_back": 2,
        "nearest_distance": 0.25,
    }


def test_confusions_do_not_need_recall_at_1_among_the_values():
    told = _examine().confusion_rows(NAMES)
    assert _examine(ks=(2,)).confusion_rows(NAMES) == told


def test_only_rates_that_can_be_measured_have_a_threshold():
    # 28 pairs, 5 of them of one class: 23 others, one is more than 1%.
    rates = [row["rate"] for row in _examine().threshold_rows()]
    assert rates == [0.1]


def test_a_query_is_compared_with_the_gallery_and_not_with_its_own_camera():
    told = _examine(
        embeddings=np.array([[0.0], [9.0]]),
        labels=np.array([0, 1]),
        gallery_embeddings=np.array([[0.0], [3.0], [8.0], [2.0]]),
        gallery_labels=np.array([0, 0, 1, 1]),
        query_cameras=np.array([0, 0]),
        gallery_cameras=np.array([0, 1, 1, 1]),
    )
    rows = {row["class"]: row for row in told.class_rows(NAMES)}
    # The copy at 0.0 is of the query's camera: 2.0, a bee, is nearest.
    assert rows["ant"]["recall_at_1"] == 0.0
    assert rows["bee"]["recall_at_1"] == 1.0
    assert rows["ant"]["num_images"] == 2
    assert told.distances.num_matching == 3
    assert told.distances.num_others == 4
    assert [(c.query, c.other) for c in told.confusions] == [(0, 3)]


def test_the_last_row_of_the_curve_has_all_pairs():
    rows = _examine().curve_rows()
    assert rows[0]["threshold"] == 0.0
    assert rows[1]["threshold"] == 0.01
    assert rows[-1]["threshold"] == 32.0
    assert (rows[-1]["num_matching"], rows[-1]["num_others"]) == (5, 23)
    assert rows[-1]["recall"] == rows[-1]["false_match_rate"] == 1.0


def test_sizes_have_the_mean_over_their_classes():
    rows = _examine().size_rows()
    assert [(r["fewest"], r["most"], r["num_classes"]) for r in rows] == [
        (2, 2, 2),
        (3, 3, 1),
    ]
    assert [row["recall_at_1"] for row in rows] == [0.25, 1.0]


def test_many_sizes_share_bins_that_double():
    labels = np.repeat(np.arange(20), np.arange(2, 22))
    rows = np.random.default_rng(0).normal(size=[len(labels), 4])
    told = _examine(embeddings=rows, labels=labels).size_rows()
    assert [(r["fewest"], r["most"], r["num_classes"]) for r in told] == [
        (2, 3, 2),
        (4, 7, 4),
        (8, 15, 8),
        (16, 21, 6),
    ]


def test_equal_sizes_are_told_in_words():
    told = _examine(embeddings=ROWS[:4], labels=LABELS[:4])
    assert told.told_sizes() == "All classes have 2 images."


def test_the_correlation_with_the_size_is_told_with_its_interval():
    labels = np.repeat(np.arange(6), [2, 3, 4, 5, 6, 7])
    rows = np.random.default_rng(0).normal(size=[len(labels), 4])
    told = _examine(embeddings=rows, labels=labels)
    correlation = told.size_correlations()["map_at_r"]
    text = (
        f"MAP@R {correlation.value:+.2f} [{correlation.low:+.2f}, "
        f"{correlation.high:+.2f}] over 6 classes"
    )
    assert text in told.told_sizes()


def test_the_description_is_json_with_its_version():
    told = json.loads(json_text(_examine().describe(NAMES)))
    assert told["format_version"] == 1
    assert told["smallest_false_match_rate"] == pytest.approx(1 / 23)
    assert told["classes"][-1]["map_at_r"] is None
    assert told["num_matching_pairs"] == 5


def test_drawn_galleries_give_values_and_all_images_the_confusions():
    # Two draws, of one query for each of two classes.
    told = analysis.examine_classes(
        {
            "recall_at_1": np.array([1.0, 0.0, 1.0, 1.0]),
            "mean_average_precision": np.array([1.0, 0.5, 1.0, 1.0]),
        },
        np.array([0, 1, 0, 1]),
        embeddings=ROWS[:4],
        labels=LABELS[:4],
    )
    assert told.quality == "mean_average_precision"
    rows = {row["class"]: row for row in told.class_rows(NAMES)}
    assert rows["ant"]["recall_at_1"] == 1.0
    assert rows["bee"]["mean_average_precision"] == 0.75
    # Among all images 1.0 and 1.25 are nearest to each other.
    (pair,) = told.confusion_rows(NAMES)
    assert (pair["num_mistaken"], pair["num_mistaken_back"]) == (1, 1)
