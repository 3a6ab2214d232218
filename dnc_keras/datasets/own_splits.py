"""Which split of a data set a file belongs to, by its name."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterable

from dnc_keras.datasets.messages import first_few

_SPLIT = re.compile(
    r"(train|test|validation|valid|val|dev)(?:ing)?(?![a-z])", re.IGNORECASE
)
_SHARD = re.compile(r"(.*)-(\d{5})-of-(\d{5})(\.\w+)")


def split_of(file: pathlib.Path, root: pathlib.Path) -> str:
    """The split of a file: how its name, or that of a folder of it, begins.

    Args:
        file: such as `root / "data" / "train-00000-of-00002.parquet"`.
        root: the folder of the data set, whose own name does not count.

    Returns:
        train, test, validation, ...; "" where no name tells.
    """
    names = map(split_of_name, reversed(file.relative_to(root).parts))
    return next(filter(None, names), "")


def split_of_name(name: str) -> str:
    """The split that one name begins with, or "".

    >>> split_of_name("test-00000-of-00001.parquet"), split_of_name("trains")
    ('test', '')
    """
    found = _SPLIT.match(name)
    return found.group(1).lower() if found else ""


def check_complete(files: Iterable[pathlib.Path]):
    """Checks that no shard is missing of those that are numbered "of" so many.

    Raises:
        FileNotFoundError: where "train-00001-of-00002.parquet" is missing.
    """
    names = {str(file) for file in files}
    found = [match for name in names if (match := _SHARD.fullmatch(name))]
    wanted = {
        f"{stem}-{number:05d}-of-{count}{suffix}"
        for stem, _, count, suffix in {
            (match[1], "", match[3], match[4]) for match in found
        }
        for number in range(int(count))
    }
    missing = sorted(wanted - names)
    if missing:
        raise FileNotFoundError(
            f"All files of a data set must be there. Missing: "
            f"{first_few(missing, limit=3)}. Copy them, too."
        )
