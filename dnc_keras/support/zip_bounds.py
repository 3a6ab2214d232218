"""A bound on what a compressed file may unpack to."""

from __future__ import annotations

import os
import zipfile

# Bytes that any file may unpack to, and how many times its size a large one.
_LEAST = 2**30
_TIMES = 4


def check_unpacked(archive: zipfile.ZipFile, file):
    """Raises ValueError where an archive unpacks to far more than it takes.

    Models and arrays of numbers hardly shrink, and a few kilobytes of zeros
    can fill any memory.

    Args:
        archive: of which nothing was read.
        file: the open file that it is read from.
    """
    check_size(sum(info.file_size for info in archive.infolist()), file)


def check_size(size: int, file):
    """As `check_unpacked`, for bytes that a file of any format unpacks to."""
    bound = max(_LEAST, _TIMES * os.fstat(file.fileno()).st_size)
    if size > bound:
        raise ValueError(f"{size:,} bytes, unpacked, more than {bound:,}")
