"""Locks that end with their process, in whatever way it ends."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os

# What a file system without locks answers, such as some of networks.
NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)


def open_lock(path):
    """Opens a file to be locked, and makes it where it is not there.

    Raises:
        OSError: where that cannot be done, also for a link, which could lead
            to any file.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
    return os.fdopen(os.open(path, flags, 0o666), "r+b")


def try_lock(file) -> bool:
    """Whether the lock is ours now, until the file is closed.

    Raises:
        OSError: where the file system has no locks.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        file.close()
        raise
    return True


def is_at(file, path) -> bool:
    """Whether an open file still has its name: it may have been removed."""
    with contextlib.suppress(OSError):
        return os.path.samestat(os.fstat(file.fileno()), os.lstat(path))
    return False
