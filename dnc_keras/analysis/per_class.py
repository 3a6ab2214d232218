"""The classes of a search: how well each is found, and what it is taken for."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from dnc_keras import metrics
from dnc_keras.metrics.names import short_name
from dnc_keras.support.formats import stamped

# Rates that thresholds are listed for, as far as they can be measured.
RATES = (0.1, 0.01, 0.001, 0.0001, 0.00001)
# Above this many, sizes are put together into bins that double.
MAX_SIZES = 12


@dataclasses.dataclass(frozen=True, eq=False)
class PerClass:
    """What a search says of classes, and of pairs of images.

    Args:
        results: the `ClassResults`.
        confusions: all pairs of classes that are mistaken for each other, a
            list of `Confusion`, the most frequent first.
        distances: the `PairDistances`.
    """

    results: metrics.ClassResults
    confusions: list
    distances: metrics.PairDistances

    @property
    def quality(self) -> str:
        """The metric by which classes are ordered: MAP@R, or mAP."""
        names = ("map_at_r", "mean_average_precision")
        return next(name for name in names if name in self.results.values)

    def class_rows(self, class_names) -> list[dict]:
        """A dict for each class, the worst first; those not measured last.

        Args:
            class_names: `num_classes` str.

        Returns:
            A list of dicts, None where there is no number.
        """
        values = self.results.values
        keys = [values[n] for n in ("recall_at_1", self.quality) if n in values]
        order = np.lexsort(keys)
        return [self._class_row(row, class_names) for row in order]

    def _class_row(self, row, class_names):
        results = self.results
        nearest = results.nearest[row]
        return {
            "class": str(class_names[row]),
            "num_images": int(results.num_images[row]),
            "num_queries": int(results.num_queries[row]),
            "num_left_out": int(results.num_left_out[row]),
            **{n: _number(v[row]) for n, v in results.values.items()},
            "nearest_wrong_class": str(class_names[nearest])
            if nearest >= 0
            else None,
            "nearest_share": _number(results.nearest_share[row]),
        }

    def confusion_rows(self, class_names) -> list[dict]:
        """A dict for each pair of classes that are mistaken."""
        num = self.results.num_queries
        return [
            {
                "class": str(class_names[pair.first]),
                "taken_for": str(class_names[pair.second]),
                "num_mistaken": pair.num_first,
                "num_queries": int(num[pair.first]),
                "num_mistaken_back": pair.num_second,
                "num_queries_back": int(num[pair.second]),
                "nearest_distance": round(pair.distance, 4),
            }
            for pair in self.confusions
        ]

    def threshold_rows(self) -> list[dict]:
        """The thresholds at `RATES`, a dict for each that can be measured."""
        rows = []
        for rate in RATES:
            try:
                found = self.distances.at_false_match_rate(rate)
            except ValueError:
                # Too few pairs, or copies in two classes.
                continue
            rows.append({"rate": rate, **dataclasses.asdict(found)})
        return rows

    def curve_rows(self, step: int = 100) -> list[dict]:
        """Counts and rates over the threshold, a dict for each `step / 10**4`.

        Args:
            step: every how many ten-thousandths of a distance.
        """
        curves = self.distances.curves()
        num = len(curves["threshold"])
        # The last one is where all pairs match.
        places = [*range(0, num - 1, step), num - 1]
        matched = np.cumsum(self.distances.matching)
        false = np.cumsum(self.distances.others)
        return [
            {
                "threshold": float(curves["threshold"][place]),
                "num_matching": int(matched[place]),
                "num_others": int(false[place]),
                **{
                    name: _number(curves[name][place])
                    for name in ("false_match_rate", "precision", "recall")
                },
            }
            for place in places
        ]

    def size_rows(self) -> list[dict]:
        """How well classes are found, by their number of images.

        Returns:
            A list of dicts: `fewest` and `most` images, `num_classes`, and the
            mean of each metric over these classes. A bin for each number of
            images, or, if there are more than 12, bins that double.
        """
        results = self.results
        rows = np.flatnonzero(results.is_measured)
        sizes = results.num_images[rows]
        is_many = len(np.unique(sizes)) > MAX_SIZES
        bins = 2 ** np.floor(np.log2(sizes)).astype(int) if is_many else sizes
        return [
            {
                "fewest": int(sizes[bins == each].min()),
                "most": int(sizes[bins == each].max()),
                "num_classes": int(np.sum(bins == each)),
                **{
                    name: float(values[rows[bins == each]].mean())
                    for name, values in results.values.items()
                },
            }
            for each in np.unique(bins)
        ]

    def size_correlations(self) -> dict:
        """The `RankCorrelation` of each metric with the number of images."""
        return {
            name: metrics.rank_correlation(self.results.num_images, values)
            for name, values in self.results.values.items()
            if name in ("recall_at_1", self.quality)
        }

    def told_sizes(self) -> str:
        """In words, whether larger classes are found better."""
        sizes = self.results.num_images[self.results.is_measured]
        if np.ptp(sizes) == 0:
            return f"All classes have {sizes[0]:,} images."
        told = [
            f"{short_name(name)} {_told(each)}"
            for name, each in self.size_correlations().items()
        ]
        return (
            "Rank correlation (Spearman) of a class's number of images with "
            f"{'; with '.join(told)}."
        )

    def describe(self, class_names) -> dict:
        """All of it, as a JSON file holds it."""
        pairs = self.distances
        return stamped(
            {
                "classes": self.class_rows(class_names),
                "confusions": self.confusion_rows(class_names),
                "num_matching_pairs": pairs.num_matching,
                "num_other_pairs": pairs.num_others,
                "smallest_false_match_rate": pairs.smallest_false_match_rate,
                "thresholds": self.threshold_rows(),
                "distances": self.curve_rows(),
                "sizes": self.size_rows(),
                "size_correlations": {
                    name: dataclasses.asdict(each)
                    for name, each in self.size_correlations().items()
                },
            }
        )


def examine_classes(values, value_labels, **arguments) -> PerClass:
    """Examines the classes of a search.

    Args:
        values: a dict of `[num_values]` arrays, as `metrics.retrieval_values`
            returns; with MAP@R, or mAP.
        value_labels: `[num_values]` integers, the class of each value.
        **arguments: `embeddings`, `labels` and others, as
            `metrics.retrieval_values` takes them; labels are integers from 0
            on. With drawn galleries, whose values are of other queries, pairs
            of images and confusions are those of all images, each among all
            others.

    Returns:
        A `PerClass`.
    """
    labels = arguments["labels"]
    gallery_labels = arguments.get("gallery_labels", labels)
    found = metrics.nearest_others(
        **{n: v for n, v in arguments.items() if "cameras" not in n}
    )
    is_right = values.get("recall_at_1")
    # Drawn galleries have no MAP@R, and values of other queries than `labels`.
    if is_right is None or "map_at_r" not in values:
        searched = metrics.retrieval_values(**arguments, ks=(1,))
        is_right = searched["recall_at_1"]
    return PerClass(
        results=metrics.class_results(
            values, value_labels, labels, gallery_labels, *found
        ),
        confusions=metrics.confusions(is_right, labels, gallery_labels, *found),
        distances=metrics.pair_distances(**arguments),
    )


def _number(value):
    """As a float that files hold, or None."""
    return None if math.isnan(value) else float(value)


def _told(correlation):
    if math.isnan(correlation.value):
        return "cannot be computed: it is the same for all, or of few classes"
    return (
        f"{correlation.value:+.2f} [{correlation.low:+.2f}, "
        f"{correlation.high:+.2f}] over {correlation.num_classes:,} classes"
    )
