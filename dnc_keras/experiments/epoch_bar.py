"""The progress of all runs of an experiment, as their logs grow."""

from __future__ import annotations

import time

from dnc_keras.runs.directory import RunDirectory
from dnc_keras.support.durations import duration
from dnc_keras.support.progress import bar
from dnc_keras.support.progress import tell

_SECONDS_BETWEEN_LOOKS = 1.0


class EpochBar:
    """Counts the epochs of all runs, by the lines of their logs, and shows it.

    An epoch that a run does again, after a stop, is not counted again. A
    context, at whose end the bar is gone. Where there is none, in a file or a
    pipe, there is a line when a run begins and when it is finished.

    Args:
        jobs: all runs of an experiment, a list of `Job`.
        missing: those without a result; the others have all their epochs.
        clock: function that returns seconds.

    Attributes:
        total: the epochs that all runs will have in the end.
    """

    def __init__(self, jobs, missing, clock=time.monotonic):
        self.total = sum(job.config.epochs for job in jobs)
        self._clock = clock
        self._looked = clock()
        self._begun = {}
        self._num = {job: job.config.epochs for job in jobs}
        self._num.update({job: _num_logged(job) for job in missing})
        self._bar = bar("epoch", self.total, self.num)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._bar.close()

    @property
    def num(self) -> int:
        """The epochs that there were at the last look."""
        return sum(self._num.values())

    def look(self, running):
        """Reads the logs of some runs, if a second has passed since it did."""
        for job in running:
            if job not in self._begun:
                self._begun[job] = self._clock()
                tell(f"{job.name}: begins, log: {job.log}")
        if self._clock() - self._looked < _SECONDS_BETWEEN_LOOKS:
            return
        for job in running:
            self._num[job] = max(self._num[job], _num_logged(job))
        self._bar.update(self.num - self._bar.n)
        self._looked = self._clock()

    def end(self, job):
        """Takes in that a run has ended, and will have no more epochs."""
        num = job.config.epochs if job.is_finished else _num_logged(job)
        self.total -= job.config.epochs - num
        self._num[job] = num
        self._bar.total = self.total
        if job.is_finished:
            begun = self._begun.get(job, self._looked)
            seconds = duration(self._clock() - begun)
            tell(f"{job.name}: {seconds}, {self.num} of {self.total} epochs")
        # Until the next look: a line may be printed now.
        self._bar.clear()


def _num_logged(job):
    try:
        lines = RunDirectory(job.config.run_dir).log.read_bytes()
    except OSError:
        return 0
    return min(lines.count(b"\n"), job.config.epochs)
