"""Reads tar and zip archives in one pass, and tells what is wrong in them."""

from __future__ import annotations

import bz2
import contextlib
import dataclasses
import functools
import gzip
import lzma
import pathlib
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from collections.abc import Iterator

# What `tarfile` reads whole, such as long names; a path has 4,096 bytes.
_HEADERS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
_MAX_HEADER = 2**20
_OPENERS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
ENCRYPTED = "encrypted"
_DAMAGE = (
    EOFError,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    # What `zipfile` says of a compression that it does not know.
    NotImplementedError,
    # `tarfile` calls itself for each header that follows another.
    RecursionError,
)


@dataclasses.dataclass(frozen=True)
class Member:
    """A member of an archive.

    Args:
        name: its path in the archive.
        is_folder: whether it is a folder.
        flaw: why it must not be extracted, such as "a link or a device", or
            `ENCRYPTED`; "" where nothing is wrong.
        open: function without arguments that opens it for reading; to be
            called before the next member is asked for.
    """

    name: str
    is_folder: bool
    flaw: str
    open: Callable


def read_members(file: pathlib.Path, take: Callable) -> Iterator[Member]:
    """The members of a zip archive, or of a tar of any compression.

    Args:
        file: the archive.
        take: function that is told of each piece of a tar how many bytes it
            unpacked to, headers and what nobody asked for included; it may
            raise to end the reading. What a zip unpacks to is what is read.

    Returns:
        A generator of `Member`.

    Raises:
        Exception: one for which `is_damage` holds, where the archive is
            damaged or ends too early; also when its members are read.
    """
    with open(file, "rb") as stream:
        start = stream.read(8)
    if start.startswith(b"PK"):
        return _zip_members(file)
    openers = [_OPENERS[key] for key in _OPENERS if start.startswith(key)]
    return _tar_members(file, *openers or [open], take)


def is_damage(error: Exception) -> bool:
    """Tells whether an error of reading means a damaged archive."""
    # gzip and bz2 say it by an OSError that the system knows nothing of.
    is_no_error_of_the_system = isinstance(error, OSError) and not error.errno
    return isinstance(error, _DAMAGE) or is_no_error_of_the_system


class _StrictTarInfo(tarfile.TarInfo):
    """`tarfile` takes a damaged or missing header for the end: not here."""

    @classmethod
    def frombuf(cls, buf, encoding, errors):
        try:
            info = super().frombuf(buf, encoding, errors)
        except tarfile.EOFHeaderError:
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(str(error)) from error
        if info.size < 0 or (info.type in _HEADERS and info.size > _MAX_HEADER):
            raise tarfile.ReadError(f"a header has {info.size} bytes")
        return info

    def _refuse_sparse(self, *_):
        raise tarfile.ReadError("a file has holes")

    # Their maps of holes fill the memory, their holes the disk.
    _proc_sparse = _proc_gnusparse_00 = _refuse_sparse
    _proc_gnusparse_01 = _proc_gnusparse_10 = _refuse_sparse


def file_places(file: pathlib.Path) -> Iterator[tuple[str, int, int]]:
    """Where the files in a tar without compression are; reads headers alone.

    Args:
        file: the tar.

    Returns:
        A generator of (name, position of the first byte, length).

    Raises:
        ValueError: for a member that must not be read, such as a link.
        Exception: one for which `is_damage` holds, where the tar is damaged,
            ends too early or is compressed.
    """
    with tarfile.open(file, "r:", tarinfo=_StrictTarInfo) as archive:
        end = 0
        while (info := archive.next()) is not None:
            archive.members.clear()  # It would keep them all.
            if info.size < 0 or info.offset < end:
                raise tarfile.ReadError("members overlap")
            end = info.offset_data
            _check_readable(file, info)
            if info.isreg():
                yield info.name, info.offset_data, info.size


def _check_readable(file, info):
    flaw = _flaw(info.name, info.isreg() or info.isdir(), is_encrypted=False)
    if not flaw and not _is_utf8(info.name):
        flaw = "named by bytes that are no UTF-8"
    if flaw:
        raise ValueError(
            f"{str(file)!r} must hold files alone. Received: its member "
            f"{info.name!a} is {flaw}. Write the tar again without it."
        )


def _is_utf8(name):
    # What is no UTF-8 has become a surrogate.
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


class _CountedStream:
    """A stream to read from that tells how much was read."""

    def __init__(self, stream, take):
        self._stream = stream
        self._take = take

    def read(self, size):
        piece = self._stream.read(size)
        self._take(len(piece))
        return piece


def _tar_members(file, open_stream, take):
    with contextlib.ExitStack() as stack:
        stream = stack.enter_context(open_stream(file, "rb"))
        stream = _CountedStream(stream, take)
        archive = stack.enter_context(
            # "|": without going back, which would unpack all again.
            tarfile.open(fileobj=stream, mode="r|", tarinfo=_StrictTarInfo)
        )
        for info in archive:
            is_plain = info.isreg() or info.isdir()
            flaw = _flaw(info.name, is_plain, is_encrypted=False)
            opener = functools.partial(archive.extractfile, info)
            yield Member(info.name, info.isdir(), flaw, opener)
        while stream.read(2**20):
            pass  # The checksum of gzip comes last.


def _zip_members(file):
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)
            is_plain = kind in (0, stat.S_IFREG, stat.S_IFDIR)
            flaw = _flaw(info.filename, is_plain, info.flag_bits & 1)
            opener = functools.partial(archive.open, info)
            yield Member(info.filename, info.is_dir(), flaw, opener)


def _flaw(name, is_plain, is_encrypted):
    path = pathlib.PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or _is_of_windows(name):
        return "not a path inside a folder"
    if not is_plain:
        return "a link or a device"
    return ENCRYPTED if is_encrypted else ""


def _is_of_windows(name):
    return "\\" in name or re.match("[A-Za-z]:", name)
