"""What is no file at a path where one is read, told before it is opened.

Opening a FIFO waits for somebody to write, and a device may never end.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def special_kind(status: os.stat_result) -> str:
    """What a path is that is no file; "" for a file.

    >>> special_kind(os.stat("/dev/null"))
    'a device'
    """
    return _KINDS.get(stat.S_IFMT(status.st_mode), "")


def check_entries(paths: Iterable, owner: str, remedy: str):
    """Raises ValueError for a path that is neither a file nor a folder.

    Args:
        paths: of entries of a folder; those that lead nowhere are left to
            their readers.
        owner: what must hold files and folders alone.
        remedy: what to do, a sentence.
    """
    for path in paths:
        try:
            kind = special_kind(os.stat(path))
        except OSError:
            continue
        if kind and not os.path.isdir(path):
            raise ValueError(
                f"{owner} must hold files and folders alone. Received: "
                f"{str(path)!r}, {kind}. {remedy}"
            )
