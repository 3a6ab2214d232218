"""Flags of the training program as words of text, and back."""

from __future__ import annotations

import difflib
import re

from dnc_keras.config.settings import DEFAULTS

_SWITCH = {
    **dict.fromkeys(("true", "t", "1"), True),
    **dict.fromkeys(("false", "f", "0"), False),
}
_EXPECTED = {
    bool: "true or false",
    int: "an integer",
    float: "a number",
}


def read_words(words, place: str) -> dict:
    """Settings of flags such as `--loss=margin`, `--flip` and `--noflip`.

    Args:
        words: a list of str.
        place: where they stand, for messages.

    Returns:
        A dict of names and values, of the types of the settings.

    Raises:
        ValueError: for what is no flag of the training program, a value of
            another type, and a flag that stands twice.
    """
    settings = {}
    for word in words:
        name, value = _read(word, place)
        if name in settings:
            raise ValueError(
                f"{place}: a flag must stand once. Received: --{name} twice."
            )
        settings[name] = value
    return settings


def write_words(settings: dict) -> list[str]:
    """The flags of settings, as `read_words` and the program take them."""
    return [_written(name, value) for name, value in settings.items()]


def _read(word, place):
    found = re.fullmatch(r"--?(\w+)(?:(=)(.*))?", word, re.DOTALL)
    name, has_value, value = found.groups() if found else (word, None, None)
    if found and name in DEFAULTS:
        kind = type(DEFAULTS[name])
        if has_value:
            return name, _typed(kind, name, value, place)
        if kind is bool:
            return name, True
        raise ValueError(
            f"{place}: a flag must be --name=value. Received: {word}."
        )
    switch = name.removeprefix("no")
    if found and not has_value and isinstance(DEFAULTS.get(switch), bool):
        return switch, False
    near = difflib.get_close_matches(name, DEFAULTS, 1)
    advice = f" Did you mean --{near[0]}?" if near else ""
    raise ValueError(
        f"{place}: flags must be those of dnc_keras.train. Received: "
        f"{word}.{advice}"
    )


def _typed(kind, name, text, place):
    try:
        return _SWITCH[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError) as error:
        raise ValueError(
            f"{place}: --{name} must be {_EXPECTED[kind]}. Received: {text!r}."
        ) from error


def _written(name, value):
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no{name}"
    return f"--{name}={value}"
