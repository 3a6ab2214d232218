"""What programs write: lines of the terminal, and the files of flags."""

from __future__ import annotations

import io
import logging
import os
import pathlib
import sys

from absl import logging as absl_logging

from dnc_keras.runs.directory import RunDirectory
from dnc_keras.runs.reading import is_run
from dnc_keras.support.paths import expanded
from dnc_keras.support.paths import expanded_path
from dnc_keras.support.printable import printable
from dnc_keras.support.whole_files import check_writable
from dnc_keras.support.whole_files import is_special


def say(line, file=None):
    """Prints a line of a program, in which nothing moves the cursor."""
    print(printable(line), file=file)


def prepare_terminal():
    """Has warnings logged, and all that is logged in lines as of `say`."""
    # Warnings only, unless --verbosity says otherwise: TensorFlow fills a
    # screen with notes when it exports a model.
    absl_logging.set_verbosity(absl_logging.WARNING)
    tensorflow = logging.getLogger("tensorflow")
    tensorflow.setLevel(logging.WARNING)
    for handler in (absl_logging.get_absl_handler(), *tensorflow.handlers):
        handler.addFilter(_make_printable)
    for stream in (sys.stdout, sys.stderr):
        # A file may have a name that the terminal has no letters for.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _make_printable(record):
    """Changes a record of a log: a line, and no traceback of TensorFlow."""
    record.msg, record.args = printable(record.getMessage()), None
    record.exc_info = record.exc_text = None
    return True


def check_output_file(name: str, path):
    """Raises ValueError unless a file can be written.

    Args:
        name: of the flag that it stands for.
        path: of the file.
    """
    # Not by pathlib, which raises for names that are too long.
    file = os.path.abspath(expanded(path))
    is_folder = os.path.isdir(file) or str(path).endswith(os.sep)
    if is_folder or not os.path.isdir(os.path.dirname(file)):
        raise ValueError(
            f"--{name} must be a file in a folder that exists. Received: "
            f"{str(path)!r}. Make the folder, or give a file's name."
        )
    if is_special(file):
        return  # /dev/null and the like are written into.
    if _is_of_a_run(file):
        raise ValueError(
            f"--{name} must not be a file that a run needs. Received: "
            f"{str(path)!r}. Use another name."
        )
    try:
        check_writable(file)
    except OSError as error:
        raise ValueError(
            f"--{name} must be a file that can be written. Received: "
            f"{str(path)!r} ({error.strerror}). Use another file or folder."
        ) from error


def _is_of_a_run(file):
    folders = map(RunDirectory, pathlib.Path(file).parents)
    return any(run.owns(file) and is_run(run) for run in folders)


def check_output_folder(name: str, path):
    """Raises ValueError unless a folder is there and writable, or can be made.

    Args:
        name: of the flag that it stands for.
        path: of the folder.
    """
    folder = expanded_path(path).absolute()
    nearest = next(p for p in (folder, *folder.parents) if os.path.lexists(p))
    if not nearest.is_dir():
        raise ValueError(
            f"--{name} must be a folder. Received: {str(path)!r}, but "
            f"{str(nearest)!r} is no folder. Use another --{name}."
        )
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise ValueError(
            f"--{name} must be a folder that can be written. Received: "
            f"{str(path)!r}, but {str(nearest)!r} cannot. Use another "
            f"--{name}."
        )


def check_different_files(outputs: dict, others: dict):
    """Raises ValueError where an output is also what another flag names.

    Args:
        outputs: the files to write, by the names of their flags.
        others: all paths, by the names of their flags, `outputs` among them.
    """
    places = {name: _place(path) for name, path in others.items()}
    for name, path in outputs.items():
        if is_special(path):
            continue
        same = [n for n in places if n != name and places[n] == _place(path)]
        if same:
            raise ValueError(
                "Each output must have a file of its own. Received: "
                f"--{name} and --{same[0]}, both {str(path)!r}. Use another "
                f"name for one of them."
            )


def _place(path):
    return os.path.realpath(expanded(path))


def default_cache():
    """The folder of what programs keep to be faster the next time."""
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return expanded_path(home) / "dnc_keras"
