"""What people call the metrics."""

import pytest

from dnc_keras import metrics
from dnc_keras.metrics.names import long_name
from dnc_keras.metrics.names import short_name


@pytest.mark.parametrize(
    "metric, short, long",
    [
        ("recall_at_10", "R@10", "Recall@10"),
        ("val_recall_at_1", "R@1", "Recall@1"),
        ("r_precision", "R-prec", "R-precision"),
        ("val_nmi", "NMI", "NMI"),
        ("seconds", "seconds", "seconds"),
        ("val_loss", "val_loss", "val_loss"),
    ],
)
def test_metrics_have_the_names_of_the_field(metric, short, long):
    assert (short_name(metric), long_name(metric)) == (short, long)


def test_every_metric_has_a_name():
    found = {
        **metrics.retrieval_metrics(
            [[0.0], [1.0]],
            [5, 5],
            gallery_embeddings=[[0.5]],
            gallery_labels=[5],
        ),
        "nmi": 1.0,
        "ami": 1.0,
    }
    assert "mean_average_precision" in found
    for metric in found:
        assert "_" not in short_name(metric)
        assert "_" not in long_name(metric)
