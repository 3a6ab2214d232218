"""Clusters, and where their images moved."""

from __future__ import annotations

import pytest

from dnc_keras.reports.cluster_atlas import cluster_atlas
from dnc_keras.reports.pictures import PictureSheet
from dnc_keras.runs.trained import TrainedRun


def test_the_atlas_counts_images_and_where_they_moved(run):
    record = TrainedRun(run)
    atlas = cluster_atlas(record, PictureSheet(record.indices))
    first, second = atlas["rows"]
    assert (first["epoch"], first["kept"], first["num_unused"]) == (0, None, 1)
    # Eight images were used in both, and six of them stayed.
    assert second["kept"] == pytest.approx(75.0)
    link = atlas["clusterings"][1]["flow"]["data"][0]["link"]
    moved = {
        (source, target): value
        for source, target, value in zip(
            link["source"], link["target"], link["value"]
        )
    }
    # Nodes: learners 0 and 1, unused; the same again after it.
    assert moved == {(0, 3): 3, (0, 4): 2, (1, 4): 3, (1, 5): 1, (2, 4): 1}
    clusters = atlas["clusterings"][0]["clusters"]
    assert [cluster["num_images"] for cluster in clusters] == [5, 4]
