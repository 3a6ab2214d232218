"""Settings as an earlier or a later version saved them."""

from __future__ import annotations

import numbers

from absl import logging

from dnc_keras.config.data import may_draw_test_classes
from dnc_keras.version import __version__

# Not a setting: what a run was given as objects, a dict of descriptions.
OWN_PARTS = "own_parts"
_KINDS = {
    bool: (bool, "true or false"),
    int: (numbers.Integral, "an integer"),
    float: (numbers.Real, "a number"),
    str: (str, "a text"),
}


def with_split_seed(settings: dict) -> dict:
    """Saved settings with the seed that drew their test classes.

    Runs of earlier versions drew them with `seed`.

    Args:
        settings: the saved settings by name.
    """
    is_earlier = "split_seed" not in settings and "seed" in settings
    if not is_earlier or not may_draw_test_classes(settings):
        return settings
    return {**settings, "split_seed": settings["seed"]}


def as_begun(settings: dict, saved: dict) -> dict:
    """The settings of a command with the test classes of the run it resumes.

    The command of an earlier version knows no `split_seed`.

    Args:
        settings: those of the command by name.
        saved: those of the run.
    """
    begun = with_split_seed(saved)
    if begun is saved or settings.get("split_seed"):
        return settings
    return {**settings, "split_seed": begun["split_seed"]}


def known_settings(settings: dict, fields, file: str) -> dict:
    """Returns the saved settings that this version knows.

    Args:
        settings: the saved settings by name.
        fields: the fields of a dataclass of settings. A setting that was not
            saved keeps its default.
        file: the file that holds the settings, for messages.

    Raises:
        ValueError: if a value is not of the type of its setting.
    """
    settings = with_split_seed(settings)
    defaults = {field.name: field.default for field in fields}
    known_names = {*defaults, OWN_PARTS}
    unknown = [name for name in settings if name not in known_names]
    if unknown:
        logging.warning(
            "%s has settings that dnc_keras %s does not know, which are left "
            "out: %s.",
            *(file, __version__, ", ".join(unknown)),
        )
    known = {k: value for k, value in settings.items() if k in defaults}
    for name, value in known.items():
        _check_type(name, value, defaults[name], file)
    return known


def _check_type(name, value, default, file):
    kind, expected = _KINDS[type(default)]
    # In Python, though not in JSON, a bool is an integer.
    if isinstance(value, kind) and isinstance(value, bool) == (kind is bool):
        return
    raise ValueError(
        f"{name} in {file} must be {expected}. Received: {value!r}. Correct "
        "the file, or train again."
    )
