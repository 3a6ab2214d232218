"""Queries that nothing can match are counted, with the reason."""

from __future__ import annotations

import numpy as np
import pytest

from dnc_keras.metrics import query_matches
from dnc_keras.metrics.query_matches import told_left_out

CAMERA = "all images of its class are of its own camera"


def test_an_image_alone_of_its_class_has_no_match():
    matches = query_matches(["a", "b", "a", "c", "a"])
    np.testing.assert_array_equal(matches.num_matches, [2, 0, 2, 0, 2])
    assert matches.num_queries == 5
    assert matches.num_queries_without_match == 2
    assert matches.reasons == {"single image of its class": 2}
    matches.check()


def test_each_reason_is_counted_by_itself():
    # a: found by camera 2; b: by its own camera alone; c: not there.
    matches = query_matches(
        *(["a", "b", "c", "b"], ["a", "a", "b"]),
        *([1, 1, 1, 2], [1, 2, 1]),
    )
    np.testing.assert_array_equal(matches.num_matches, [1, 0, 0, 1])
    np.testing.assert_array_equal(matches.has_match, [1, 0, 0, 1])
    assert matches.reasons == {"class not in the gallery": 1, CAMERA: 1}
    assert matches.describe() == {
        "num_queries": 4,
        "num_queries_left_out": 2,
        "left_out_because": f"class not in the gallery (1), {CAMERA} (1)",
    }
    assert told_left_out(matches.describe()) == (
        f"2 of 4 queries: class not in the gallery (1), {CAMERA} (1)"
    )


def test_a_gallery_without_cameras_is_searched_whole():
    assert not query_matches([1, 2, 3], [3, 2, 1]).reasons


@pytest.mark.parametrize("result", [{}, {"num_queries_left_out": "2"}])
def test_what_says_nothing_of_queries_tells_nothing(result):
    assert told_left_out(result) == ""
    assert told_left_out(query_matches([1, 1]).describe()) == ""


@pytest.mark.parametrize(
    "arguments, message",
    [
        (([1, 2, 3],), r"3 queries, none of which .* \(3\). Give each class"),
        (([1, 2], [3, 3]), "class not in the gallery .2.. Give the gallery im"),
        (([1, 1], [1], [0, 0], [0]), "own camera .2.. Correct the cameras"),
    ],
)
def test_no_query_that_counts_is_refused_with_advice(arguments, message):
    with pytest.raises(ValueError, match=message):
        query_matches(*arguments).check()


@pytest.mark.parametrize(
    "arguments, message",
    [
        (([],), "labels must have one entry .* at least one"),
        ((1,), "labels must have one entry"),
        (([1], []), "gallery_labels must have .* at least one"),
        (([1], None, [1]), "query_cameras needs a gallery"),
        (([1], [1], None, [1]), "gallery_cameras needs query_cameras"),
        (([1], [1], [1]), "gallery_cameras must have"),
        (([1], [1], [1], [1, 2]), "gallery_cameras must have"),
        (([1], [1], [float("nan")], [1]), "query_cameras must name"),
    ],
)
def test_arrays_that_do_not_match_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        query_matches(*arguments)
