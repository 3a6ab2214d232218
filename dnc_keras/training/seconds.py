"""What the processes of a training run spend in each part of it."""

from __future__ import annotations

from dnc_keras.batches.wait_clock import WaitClock
from dnc_keras.support.stopwatch import Stopwatch


class Seconds:
    """Adds up the seconds of each part, those of earlier processes too.

    Attributes:
        fit: the `Stopwatch` of `fit`, with all that callbacks do in it.
        evaluate: that of measuring the test images.
        report: that of embedding images for the report.
        wait: the `WaitClock` of the batches.
        earlier: what earlier processes of the run spent, a dict.
    """

    def __init__(self):
        self.fit = Stopwatch()
        self.evaluate = Stopwatch()
        self.report = Stopwatch()
        self.wait = WaitClock()
        self.earlier = {}

    def by_part(self, recluster, evaluations) -> dict:
        """The seconds of all processes so far, by part.

        Args:
            recluster: the `Recluster` callback, which works within `fit`.
            evaluations: a list of `RetrievalEvaluation`, which do too.
        """
        evaluated = sum(evaluation.seconds for evaluation in evaluations)
        now = {
            "train": self.fit.total - evaluated - recluster.seconds,
            "recluster": recluster.seconds,
            "evaluate": evaluated + self.evaluate.total,
            "report": self.report.total,
            "input_wait": self.wait.seconds,
        }
        return {
            part: self.earlier.get(part, 0.0) + seconds
            for part, seconds in now.items()
        }
