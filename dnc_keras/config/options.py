"""Fields of settings: each has a default, a help, and a rule that it keeps."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Optional

from dnc_keras.support import checks
from dnc_keras.support.paths import expanded


def option(
    default,
    help: str,
    choices=None,
    rule: Optional[Callable] = None,
    is_path: bool = False,
):
    """A field of a dataclass of settings.

    Args:
        default: its default, which says of which type it is.
        help: one line about it.
        choices: the values that a text may have. None: any.
        rule: function of name and value that raises ValueError for values that
            make no sense, such as those of `support.checks`. A number must
            have one.
        is_path: whether it is, or may be, a path, so that `~` in it is the
            home folder.
    """
    if rule is None:
        rule = _rule_of(default, choices)
    return dataclasses.field(
        default=default,
        metadata={
            "help": help,
            "choices": choices,
            "rule": rule,
            "is_path": is_path,
        },
    )


path = functools.partial(option, is_path=True)
count = functools.partial(option, rule=checks.check_count)
count_or_zero = functools.partial(option, rule=checks.check_count_or_zero)
count_or_all = functools.partial(option, rule=checks.check_count_or_all)
positive = functools.partial(option, rule=checks.check_positive)
not_negative = functools.partial(option, rule=checks.check_not_negative)
fraction = functools.partial(option, rule=checks.check_fraction)
share = functools.partial(option, rule=checks.check_share)
below_one = functools.partial(option, rule=checks.check_below_one)


def _rule_of(default, choices):
    if isinstance(default, bool):
        return checks.check_switch
    if not isinstance(default, str):
        raise TypeError(f"A number needs a rule. Received: none, {default!r}.")
    if choices:
        return functools.partial(checks.check_choice, choices=choices)
    return checks.check_text


def check_options(settings):
    """Raises ValueError for a field whose value breaks its rule.

    Args:
        settings: a dataclass whose fields are `option`s.
    """
    for field in dataclasses.fields(settings):
        field.metadata["rule"](field.name, getattr(settings, field.name))


def expand_paths(config_class, values: dict) -> dict:
    """The values, with the home folder for `~` in those that are paths.

    Args:
        config_class: a dataclass whose fields are `option`s.
        values: settings by name, any of them; what is no text stays as it is.
    """
    paths = {
        field.name
        for field in dataclasses.fields(config_class)
        if field.metadata["is_path"]
    }
    return {
        name: expanded(value) if name in paths and _is_path(value) else value
        for name, value in values.items()
    }


def _is_path(value):
    return isinstance(value, str) or hasattr(value, "__fspath__")
