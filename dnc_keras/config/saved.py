"""Settings as an earlier or a later version saved them."""

from __future__ import annotations

import numbers

from absl import logging

from dnc_keras.version import __version__

# Not a setting: what a run was given as objects, a dict of descriptions.
OWN_PARTS = "own_parts"
_KINDS = {
    bool: (bool, "true or false"),
    int: (numbers.Integral, "an integer"),
    float: (numbers.Real, "a number"),
    str: (str, "a text"),
}


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
