"""What readers of files raise for files that are damaged, in one line."""

from __future__ import annotations

import contextlib
import lzma
import struct
import tokenize
import zipfile
import zlib

# Of NumPy, zipfile, json, h5py and Keras, for a byte that is another one, half
# a file, or a file of another format.
DAMAGE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


@contextlib.contextmanager
def reading(path, expected: str, remedy: str):
    """A context whose errors name the file that is read, and what to do.

    Only for calls of a library that reads the file: the package's own faults
    are no damage of a file.

    Args:
        path: of the file.
        expected: what it must be, such as "a whole .npz file".
        remedy: what to do, a sentence.

    Raises:
        ValueError: for a file that is damaged, or of another format.
        OSError: where the file cannot be opened; it names the file.
    """
    try:
        yield
    except DAMAGE as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise
        raise ValueError(
            f"{str(path)!r} must be {expected}. Received: {first_line(error)}. "
            f"{remedy}"
        ) from error


def first_line(error) -> str:
    """What an error says first, or its kind where it says nothing."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".")
