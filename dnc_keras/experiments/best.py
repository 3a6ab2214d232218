"""The flags of the best variant as a file, to train with on all classes."""

from __future__ import annotations

import dataclasses
import statistics

from dnc_keras.config.words import write_words
from dnc_keras.experiments.verdict import winner_told
from dnc_keras.support.paths import expanded_path
from dnc_keras.support.whole_files import write_text
from dnc_keras.version import __version__

_FIRST_LINE = "# Written by dnc_keras.experiment"
# What a run of its own decides, and not the recipe.
_LEFT_OUT = (
    "run_dir",
    "resume",
    "seed",
    "report",
    "export",
    "evaluate_before",
    "evaluate_last",
    "checkpoint_every",
    "validation_fraction",
    "monitor",
)


def check_best_file(path):
    """Raises ValueError where a file stands that is not one of `write_best`.

    Args:
        path: of the file.
    """
    path = expanded_path(path)
    if path.is_file():
        with open(path, encoding="utf-8", errors="replace") as file:
            is_own = file.readline().startswith(_FIRST_LINE)
        if not is_own and path.stat().st_size:
            raise ValueError(
                "--best must be a new file, or one of dnc_keras.experiment, "
                f"which is written again. Received: {str(path)!r}, with other "
                "content. Use another name."
            )


def write_best(path, plan: str, winner, control, config):
    """Writes a flagfile: the variant that won, without validation classes.

    Every setting stands in it, so that neither the recipe of the data set nor
    defaults of another version have a say.

    Args:
        path: of the file.
        plan: its name.
        winner: a `verdict.Winner`.
        control: the `comparison.Group` of the control.
        config: the `TrainConfig` of the winner in the experiment.
    """
    epochs, reason = _epochs(winner.group, config)
    config = dataclasses.replace(config, select="last", epochs=epochs)
    settings = {
        name: value
        for name, value in dataclasses.asdict(config).items()
        if name not in _LEFT_OUT
    }
    comments = [
        f"{_FIRST_LINE} {__version__}: plan {plan}.",
        f"# Command: python -m dnc_keras.train --flagfile={path}",
        f"# {winner_told(winner, control)}",
        f"# Seeds: {', '.join(winner.seeds)}. Held out for the choice: "
        f"{_share(winner)} of the training classes,",
        "# which are trained on now (--select=last); so no epoch is chosen.",
        f"# {reason}",
    ]
    lines = [*comments, *write_words(settings)]
    write_text(path, "\n".join(lines) + "\n")


def _share(winner):
    return winner.group.finished[0].settings["validation_fraction"]


def _epochs(group, config):
    """(epochs to train, why)."""
    best = [run.result["selected_epoch"] + 1 for run in group.finished]
    told = f"best after {', '.join(map(str, best))} of {config.epochs}"
    if _has_phases(config):
        return config.epochs, (
            f"Epochs: as in the experiment, {told}: schedule and phases are "
            "shares of all epochs, and fewer would be another recipe."
        )
    epochs = round(statistics.median(best))
    return epochs, f"Epochs: the median, {told}."


def _has_phases(config):
    """Whether what an epoch does depends on how many there are."""
    return config.schedule != "constant" or config.num_learners > 1
