"""Says in a line that a disk is full, which libraries tell in many ways."""

from __future__ import annotations

import contextlib
import errno
import os

_SIGNS = tuple(
    os.strerror(number) for number in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
)


@contextlib.contextmanager
def explained(path):
    """A context whose errors of a full disk name a folder and what to do.

    Args:
        path: the file or folder that is written.

    Raises:
        OSError: in place of whatever was raised for want of room.
    """
    try:
        yield
    except Exception as error:
        found = [sign for sign in _SIGNS if sign in str(error)]
        if not found:
            raise
        raise OSError(
            f"{path} must have room to be written. Received: {found[0]}. Make "
            "room, then start the same command again: what was saved before "
            "is whole."
        ) from error
