"""Hidden folders for what is not whole yet, which no kill leaves for long."""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
import shutil

from dnc_keras.support.locks import NO_LOCKS
from dnc_keras.support.locks import is_at
from dnc_keras.support.locks import open_lock
from dnc_keras.support.locks import try_lock

_LOCK = ".lock"
# So many writers of one path at a time have their leftovers found.
_NUM_SEARCHED = 4
_MAX_WRITERS = 1000
_MAX_NAME = 200  # Bytes, of the 255 that a name may have.


@contextlib.contextmanager
def hidden_folder(path):
    """A context that gives an empty hidden folder next to `path`.

    It is removed in the end. Where a process was killed before its end, the
    next one that writes `path` removes the folder; one whose process lives is
    locked, and left alone.

    Args:
        path: what will be written, in a folder that exists.

    Raises:
        OSError: where nothing can be written there.
    """
    path = pathlib.Path(path)
    folder, lock = _take(path)
    with lock:
        try:
            _remove_leftovers(path)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _take(path):
    """(folder, its lock): the first one that nobody else has."""
    for number in range(1, _MAX_WRITERS + 1):
        folder = _folder(path, number)
        lock = _locked(folder, is_new=_make(folder))
        if lock:
            _empty(folder)
            return folder, lock
    raise FileExistsError(
        errno.EEXIST, "Too many hidden folders are in the way", str(folder)
    )


def _make(folder):
    """Whether the folder was not there, and is now."""
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True


def _remove_leftovers(path):
    for number in range(1, _NUM_SEARCHED + 1):
        folder = _folder(path, number)
        lock = os.path.lexists(folder) and _locked(folder)
        if lock:
            shutil.rmtree(folder, ignore_errors=True)
            lock.close()


def _folder(path, number):
    name = path.name
    if len(os.fsencode(name)) > _MAX_NAME:
        name = os.fsencode(name)[:_MAX_NAME].decode("ascii", "ignore")
    return path.with_name(f".{name}.tmp-{number}")


def _locked(folder, is_new=False):
    """The lock of a folder, or None where another process may have it."""
    if folder.is_symlink() or not folder.is_dir():
        return None
    try:
        lock = open_lock(folder / _LOCK)
    except (FileNotFoundError, PermissionError):
        return None  # Removed just now, or of another user.
    try:
        has_lock = try_lock(lock)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        # Nobody can tell whose a folder is, but for him who made it.
        return contextlib.nullcontext() if is_new else None
    # Whoever had it before may have removed it before he let it go.
    if has_lock and is_at(lock, folder / _LOCK):
        return lock
    lock.close()
    return None


def _empty(folder):
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        elif entry.name != _LOCK:
            os.unlink(entry.path)
