"""A disk without room: no file of this process may grow beyond some bytes."""

from __future__ import annotations

import contextlib
import resource


@contextlib.contextmanager
def room_again():
    """A context that gives a function which limits files until its end.

    Keep it short: what pytest prints may go to a file, too.
    """
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(num_bytes):
        resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, limits[1]))

    try:
        yield limit
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@contextlib.contextmanager
def no_file_beyond(num_bytes):
    """A context in which no file may grow beyond some bytes."""
    with room_again() as limit:
        limit(num_bytes)
        yield
