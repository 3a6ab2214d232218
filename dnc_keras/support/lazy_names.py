"""Names of a package that are imported when they are first asked for."""

from __future__ import annotations

import importlib
import sys


def lazy_name(package: str, name: str, homes: dict):
    """What a package's `__getattr__` returns.

    So a program of the package may begin before TensorFlow is imported.

    Args:
        package: its full name.
        name: what is asked for: a key of `homes`, or a module of the package.
        homes: a dict of names and the modules of the package that have them.

    Raises:
        AttributeError: for other names.
    """
    home = f"{package}.{homes.get(name, name)}"
    if not name.startswith("__"):
        try:
            value = importlib.import_module(home)
        except ModuleNotFoundError as error:
            if error.name != home:
                raise
        else:
            value = getattr(value, name) if name in homes else value
            # The next time it is found without this function.
            setattr(sys.modules[package], name, value)
            return value
    raise AttributeError(f"module {package!r} has no attribute {name!r}")
