"""The phases of a training run follow each other."""

import pytest

from dnc_keras.batches.phases import Phases


@pytest.mark.parametrize(
    "phases, whole, together",
    [
        (Phases(), [], []),
        (Phases(whole_embedding_from=2), [2, 3], []),
        (Phases(one_cluster_from=2), [2, 3], [2, 3]),
        (Phases(1, 3), [1, 2, 3], [3]),
        (Phases(3, 1), [1, 2, 3], [1, 2, 3]),
        (Phases(0, 0), [0, 1, 2, 3], [0, 1, 2, 3]),
        (Phases(4, 9), [], []),
    ],
)
def test_epochs_belong_to_a_phase_from_its_first_on(phases, whole, together):
    epochs = range(4)
    assert [e for e in epochs if phases.is_whole_embedding(e)] == whole
    assert [e for e in epochs if phases.is_one_cluster(e)] == together


@pytest.mark.parametrize(
    "phases, spans",
    [
        (Phases(), [("learners", 0, 4)]),
        (
            Phases(1, 3),
            [
                ("learners", 0, 1),
                ("whole embedding", 1, 3),
                ("one cluster", 3, 4),
            ],
        ),
        (Phases(3, 1), [("learners", 0, 1), ("one cluster", 1, 4)]),
        (Phases(0, 9), [("whole embedding", 0, 4)]),
    ],
)
def test_spans_are_the_phases_that_there_are(phases, spans):
    assert phases.spans(4) == spans


def test_no_epochs_have_no_phases():
    assert Phases(1, 2).spans(0) == []
