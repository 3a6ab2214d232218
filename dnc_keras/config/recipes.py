"""Flagfiles: those of data sets, which come with the package, and others."""

from __future__ import annotations

import pathlib

from dnc_keras.config.settings import TrainConfig
from dnc_keras.config.words import read_words
from dnc_keras.support.paths import expanded_path

# Of data sets without one of their own: they are the user's.
_OWN = "folder.cfg"
# It does without clusters: who asks for some begins with the papers' settings.
_OF_CLUSTERS = (
    "divide",
    "division",
    "cluster_on",
    "turns",
    "recluster_every",
    "recluster_features",
    "recluster_drift",
)


def recipes() -> pathlib.Path:
    """The folder of flagfiles: inside an installed package, else `flags/`."""
    package = pathlib.Path(__file__).parents[1]
    installed = package / "recipes"
    return installed if installed.is_dir() else package.parent / "flags"


def settings_of(dataset: str, given) -> dict:
    """The settings that a data set begins with, by name.

    Args:
        dataset: its name.
        given: the names of the settings that the user has set.
    """
    names = (f"{dataset}_cvpr2019.cfg", f"{dataset}.cfg", _OWN)
    paths = (recipes() / name for name in names)
    found = next(path for path in paths if path.is_file())
    asks_for_clusters = not set(given).isdisjoint(_OF_CLUSTERS)
    return {} if found.name == _OWN and asks_for_clusters else _read(found)


def with_path(argument: str) -> str:
    """An argument of a program; the name of a flagfile becomes its path.

    Raises:
        ValueError: where there is none, and for a line that is no flag.
    """
    name, _, value = argument.lstrip("-").partition("=")
    if name != "flagfile" or not argument.startswith("-") or not value:
        return argument  # `--flagfile FILE`, in two words, is for absl.
    path = _find("--flagfile", value)
    _flags_of(path)
    return f"--flagfile={path}"


def read_recipe(name: str, **settings) -> TrainConfig:
    """The settings of a recipe of `flags/`, for `train`.

    Args:
        name: of the file without `.cfg`, such as "folder", that of your own
            images, or "cars196_tpami2021"; or the path of a flagfile, as
            `dnc_keras.experiment --best` writes one.
        **settings: those of `TrainConfig` that win over the file's.

    Raises:
        ValueError: where there is no such file, or not of the flags of
            `dnc_keras.train`.

    Example:

    >>> read_recipe("folder", num_learners=8, embedding_dim=256).divide
    'none'
    """
    return TrainConfig(**{**_read(_find("name", name)), **settings})


def _read(path):
    return read_words(_flags_of(path), str(path))


def _flags_of(path):
    """The lines of a flagfile without those that are for people."""
    found = []
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith(("#", "//")):
            continue
        if not line.startswith("-"):
            raise ValueError(
                "Each line of a flagfile must be --name=value. Received: "
                f"{line!r} in {path}, line {number}. Write --{line}."
            )
        found.append(line)
    return found


def _find(told, value):
    path = expanded_path(value)
    if not path.is_file():
        path = recipes() / path.name
    if not path.is_file():
        path = path.with_name(f"{path.name}.cfg")
    if not path.is_file():
        known = sorted(path.name for path in recipes().glob("*.cfg"))
        raise ValueError(
            f"{told} must be a file or a recipe. Received: {str(value)!r}. "
            f"Recipes: {', '.join(known)}."
        )
    return path
