"""The phases of a training run: what its batches train."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Optional

from dnc_keras.support.checks import check_not_negative

LEARNERS = "learners"
WHOLE_EMBEDDING = "whole embedding"
ONE_CLUSTER = "one cluster"


@dataclasses.dataclass(frozen=True)
class Phases:
    """The epochs in which batches train learners, all of them, or one cluster.

    Args:
        whole_embedding_from: the epoch from which every batch trains the whole
            embedding. None, the default: never.
        one_cluster_from: the epoch from which all images are one cluster and
            train the whole embedding. None, the default: never.

    Example:

    >>> Phases(2, 3).spans(4)
    [('learners', 0, 2), ('whole embedding', 2, 3), ('one cluster', 3, 4)]
    """

    whole_embedding_from: Optional[int] = None
    one_cluster_from: Optional[int] = None

    def is_one_cluster(self, epoch: int) -> bool:
        """Whether all images are one cluster."""
        return _is_reached(epoch, self.one_cluster_from)

    def is_whole_embedding(self, epoch: int) -> bool:
        """Whether each batch trains the whole embedding."""
        is_whole = _is_reached(epoch, self.whole_embedding_from)
        return is_whole or self.is_one_cluster(epoch)

    def name_of(self, epoch: int) -> str:
        """The phase of an epoch, for people."""
        if self.is_one_cluster(epoch):
            return ONE_CLUSTER
        return WHOLE_EMBEDDING if self.is_whole_embedding(epoch) else LEARNERS

    def spans(self, num_epochs: int) -> list[tuple[str, int, int]]:
        """(name, first epoch, epoch after the last) of each phase there is."""
        spans = []
        for name, group in itertools.groupby(range(num_epochs), self.name_of):
            epochs = list(group)
            spans.append((name, epochs[0], epochs[-1] + 1))
        return spans


def check_start(name: str, epoch: Optional[float]):
    """Raises ValueError unless a phase can begin with an epoch, or never."""
    if epoch is not None:
        check_not_negative(name, epoch)


def _is_reached(epoch, start):
    return start is not None and epoch >= start
