"""Imports packages that only an extra of this package installs."""

from __future__ import annotations

import importlib
from types import ModuleType


def import_extra(
    module: str, extra: str, reason: str, instead: str = ""
) -> ModuleType:
    """Imports a module, or says how to install it.

    Args:
        module: its dotted name.
        extra: what installs it: "faiss" for `dnc-keras[faiss]`.
        reason: what needs which package: "index=faiss needs faiss-cpu".
        instead: end of the advice: ", or use index=exact".

    Raises:
        ValueError: where it is not installed, or does not work.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        received = str(error).strip().partition("\n")[0].rstrip(".")
        raise ValueError(
            f"{reason}. Received: {received}. "
            f'Run `pip install "dnc-keras[{extra}]"`{instead}.'
        ) from error
