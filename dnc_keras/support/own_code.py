"""Functions of the user, which settings name as `package.module:function`."""

from __future__ import annotations

import importlib
import inspect
import re
import traceback
from collections.abc import Callable

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
# Presets and data sets of other libraries, which are no modules.
_OTHERS = ("hub:", "hf:", "tfds:")


def names_own_code(value: str) -> bool:
    """Whether a setting names a function of the user's."""
    return bool(_NAME.fullmatch(value)) and not value.startswith(_OTHERS)


def import_function(name: str, setting: str) -> Callable:
    """Imports a function of the user's.

    It runs the user's code: the name must come from a command line or a
    program, never from a file that others may have written.

    Args:
        name: `package.module:function`, found as Python finds modules.
        setting: the setting that names it, for messages.

    Raises:
        ValueError: where there is no such function.
    """
    module, _, path = name.partition(":")
    try:
        found = importlib.import_module(module)
        for attribute in path.split("."):
            found = getattr(found, attribute)
    except (ImportError, AttributeError) as error:
        raise ValueError(
            f"{setting} must name a function that Python finds. Received: "
            f"{name!r} ({error}). Run from the folder that holds "
            f"{module.partition('.')[0]!r}, or install it."
        ) from error
    except (Exception, SystemExit) as error:  # Of any kind: the user's code.
        raise ValueError(
            f"{setting} must name a function of a module that can be imported. "
            f"Received: {name!r}, whose import raises {_told(error)}. Mend it."
        ) from error
    if not callable(found):
        raise ValueError(
            f"{setting} must name a function. Received: {name!r}, a "
            f"{type(found).__name__}. Name a function that makes it."
        )
    return found


def call_with(function: Callable, asked: str, **offered):
    """Calls a function with those arguments that its signature names.

    Args:
        function: the user's function or class.
        asked: what the user asked for, such as "loss=module:function", for
            messages.
        **offered: what it may take, by name.

    Raises:
        ValueError: for whatever it raises.
    """
    try:
        parameters = inspect.signature(function).parameters
        known = {k: v for k, v in offered.items() if k in parameters}
        return function(**known)
    except Exception as error:  # Of any kind: it is the user's code.
        raise ValueError(
            f"{asked} is called with {' and '.join(offered)}, where it takes "
            f"them. Received: {_told(error)}. Mend it, or give what it needs "
            "more a default."
        ) from error


def _told(error):
    """Kind and first line of an error, and where it is from."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}{place}"
