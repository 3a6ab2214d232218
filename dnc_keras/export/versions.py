"""Folders of a model's versions, as TensorFlow Serving reads them."""

from __future__ import annotations

import contextlib
import shutil

from dnc_keras.support.paths import expanded_path
from dnc_keras.support.whole_files import whole_folder


def latest_version(path):
    """The newest SavedModel below `path`, or `path` if it is one itself.

    Raises:
        ValueError: where there is none.
    """
    path = expanded_path(path)
    numbers = _versions(path)
    newest = path / str(max(numbers)) if numbers else path
    if not (newest / "saved_model.pb").exists():
        raise ValueError(
            "export_dir must be a SavedModel or the folder of its versions. "
            f"Received: {str(path)!r}. Export one: python -m "
            "dnc_keras.export_model --run_dir=RUN_DIR."
        )
    return newest


@contextlib.contextmanager
def new_version(path):
    """Makes the next version's folder appear at once, whole or not at all.

    A context that gives two paths: that of the version, `path/1` or one more
    than the largest number there, and the folder to write, which gets that
    name in the end. So a server never sees half of it.
    """
    path = expanded_path(path)
    path.mkdir(parents=True, exist_ok=True)
    version = path / str(max(_versions(path), default=0) + 1)
    with whole_folder(version) as unfinished:
        yield version, unfinished


def keep_only(version):
    """Removes all other versions of a model, and calls this one 1.

    Args:
        version: its folder, the newest. At each moment it is there, whole.

    Returns:
        Its new path.
    """
    root = version.parent
    for number in _versions(root):
        if str(number) != version.name:
            shutil.rmtree(root / str(number))
    return version.rename(root / "1")


def _versions(path):
    if not path.is_dir():
        return []
    return [int(entry.name) for entry in path.iterdir() if entry.name.isdigit()]
