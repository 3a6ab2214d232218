"""Trains what is missing, several runs at a time, each in its process."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

from dnc_keras.config import TrainConfig
from dnc_keras.config.saved import OWN_PARTS
from dnc_keras.config.words import write_words
from dnc_keras.runs.directory import RunDirectory
from dnc_keras.runs.remains import read_result
from dnc_keras.support.interruption import Interruption

_SECONDS_BETWEEN_LOOKS = 0.1


@dataclasses.dataclass(frozen=True)
class Job:
    """One run of an experiment.

    Args:
        variant: its name.
        config: the settings, with `seed` and `run_dir`.
    """

    variant: str
    config: TrainConfig

    @property
    def name(self) -> str:
        """That of its folder."""
        return pathlib.Path(self.config.run_dir).name

    @property
    def log(self) -> pathlib.Path:
        """The file of all that the run prints."""
        return pathlib.Path(f"{self.config.run_dir}.log")

    @property
    def is_finished(self) -> bool:
        """Whether it has its result."""
        return read_result(RunDirectory(self.config.run_dir)) is not None

    def why_ended(self, code: int) -> str:
        """The last line of its log, and the signal that ended it, if any."""
        if code < 0:
            name = signal.Signals(-code).name
            return f"ended by {name}; {self._last_line()}"
        return self._last_line()

    def _last_line(self):
        text = self.log.read_text(encoding="utf-8", errors="replace")
        lines = [line for line in text.splitlines() if line.strip()]
        return lines[-1].strip() if lines else "it printed nothing"

    def check(self):
        """Raises ValueError where its folder holds a run of other settings."""
        settings = {**dataclasses.asdict(self.config), OWN_PARTS: {}}
        try:
            RunDirectory(self.config.run_dir).check(settings, resume=True)
        except ValueError as error:
            raise ValueError(
                "Runs of other settings are never compared: use another "
                f"--work_dir, or the flags as they were. {error}"
            ) from error


def jobs_of(configs: dict, seeds, work_dir) -> list[Job]:
    """The runs of an experiment, seed by seed.

    So what there is when it is stopped can be compared.

    Args:
        configs: a dict of variants and `TrainConfig`.
        seeds: a list of int.
        work_dir: the folder of all runs.
    """
    return [
        Job(
            variant,
            dataclasses.replace(
                config,
                seed=seed,
                run_dir=str(pathlib.Path(work_dir) / f"{variant}-{seed}"),
            ),
        )
        for seed in seeds
        for variant, config in configs.items()
    ]


def train(
    jobs, num_at_a_time: int, environment: dict, look=lambda running: None
) -> Iterator[tuple]:
    """Trains runs, each by the training program in a process of its own.

    Args:
        jobs: a list of `Job`.
        num_at_a_time: how many processes there are.
        environment: their environment variables.
        look: function that is called again and again, with the running jobs.

    Yields:
        (job, exit code) of each process that has ended, well or not.

    Raises:
        Interrupted: by SIGINT or SIGTERM, when all processes have ended. What
            they have done is kept: they go on with it the next time.
    """
    interruption = Interruption(
        "Nothing is lost: the same command, started again, goes on."
    )
    waiting, running = list(jobs), {}
    with (
        interruption.handled(),
        interruption.deferred(),
        _ended_in_the_end(running),
    ):
        while waiting or running:
            if interruption.is_due:
                interruption.stop()
            while waiting and len(running) < num_at_a_time:
                job = waiting.pop(0)
                running[job] = _start(job, environment)
            ended = [job for job in running if running[job].poll() is not None]
            for job in ended:
                yield job, running.pop(job).returncode
            look(running)
            time.sleep(0 if ended else _SECONDS_BETWEEN_LOOKS)


@contextlib.contextmanager
def _ended_in_the_end(running):
    """Asks all processes to save and stop, and waits; an error kills them."""
    try:
        yield
    finally:
        try:
            for process in running.values():
                process.terminate()
            for process in running.values():
                process.wait()
        finally:
            for process in running.values():
                process.kill()


def _start(job, environment):
    command = [sys.executable, "-m", "dnc_keras.train"]
    with open(job.log, "wb") as log:
        return subprocess.Popen(
            [*command, *write_words(dataclasses.asdict(job.config))],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            # Ctrl-C is for the program, which asks each process once.
            start_new_session=True,
        )
