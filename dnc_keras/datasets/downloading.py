"""Lets tensorflow-datasets fetch and prepare a data set."""

from __future__ import annotations

import dataclasses
import importlib.util
import pathlib
from collections.abc import Mapping

from dnc_keras.support.extras import import_extra

# tensorflow-datasets 4.9.10 uses it on every Python, but declares it for
# Python < 3.9 only.
_ALWAYS_NEEDED = {"importlib_resources": "importlib_resources"}


@dataclasses.dataclass(frozen=True)
class Builder:
    """What tensorflow-datasets has for a data set.

    Args:
        name: the data set's name there.
        needs: the packages, by the module they bring, that it asks for only
            after the download.
        note: what to tell of the download where nothing is found, a sentence.
            "", the default: it cannot help.
    """

    name: str
    needs: Mapping = dataclasses.field(default_factory=dict)
    note: str = ""

    def download_and_prepare(self, data_dir: pathlib.Path, origin: str):
        """Writes `data_dir/name/version/`.

        Archives in `data_dir/downloads/manual` are not downloaded again.

        Args:
            data_dir: folder to write into.
            origin: where else the data set can be had, to be told with errors.

        Raises:
            ValueError: for whatever goes wrong.
        """
        tfds = import_tensorflow_datasets(f"--download of {self.name}")
        self._check_needs()
        try:
            builder = tfds.builder(self.name, data_dir=str(data_dir))
            builder.download_and_prepare(file_format="tfrecord")
        except Exception as error:  # Of any kind: of network, disk, package.
            raise ValueError(
                f"tensorflow-datasets cannot download and prepare {self.name}: "
                f"{reason(error)}. Get it by hand. {origin}"
            ) from error

    def _check_needs(self):
        missing = [
            package
            for module, package in {**_ALWAYS_NEEDED, **self.needs}.items()
            if importlib.util.find_spec(module) is None
        ]
        if missing:
            raise ValueError(
                f"To prepare {self.name}, tensorflow-datasets needs more "
                f"packages: pip install {' '.join(missing)}."
            )


def import_tensorflow_datasets(purpose: str):
    """The public functions of tensorflow-datasets, which is an extra.

    Args:
        purpose: what needs it, for people.

    Returns:
        The module.

    Raises:
        ValueError: where it is not installed, or does not work.
    """
    # Not the package itself: where an import fails in there, it logs that, and
    # is then without functions.
    module = "tensorflow_datasets.public_api"
    needed = f"{purpose} needs tensorflow-datasets"
    return import_extra(module, "datasets", needed)


def reason(error: Exception) -> str:
    """The kind of an error and the first line of its message."""
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}".rstrip(".: ")
