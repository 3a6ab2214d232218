"""Extracts the archives of a data set, once and safely."""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
import shutil
from collections.abc import Mapping

from dnc_keras.datasets.archive_members import ENCRYPTED
from dnc_keras.datasets.archive_members import is_damage
from dnc_keras.datasets.archive_members import read_members
from dnc_keras.datasets.files import locate
from dnc_keras.support.hidden_folders import hidden_folder
from dnc_keras.support.progress import track

# Pictures are compressed already, so archives of them unpack to hardly more
# than their size. Small ones may hold text.
_USUAL_RATIO = 4
_USUAL_BYTES = 10**9
# Five times the images of the largest data set, VehicleID.
_MAX_MEMBERS = 10**6
_PIECE = 2**20


def extract_missing(
    root: pathlib.Path,
    products: Mapping[str, str],
    max_unpacked_gb: float = 0.0,
) -> bool:
    """Extracts those archives whose content is not yet there, all or none.

    An archive, tar of any compression or zip, is looked for in `root` and in
    `root/downloads/manual`, the manual_dir of tensorflow-datasets. What it
    holds appears in `root` only when it is complete; entries that `root` has
    already stay as they are. What macOS adds, `__MACOSX` and `._*`, is left
    out.

    Args:
        root: folder to extract into.
        products: the entry, as for `locate`, that each archive brings, such
            as {"car_ims.tgz": "car_ims"}.
        max_unpacked_gb: how much an archive may unpack to, in 10**9 bytes. 0,
            the default: 4 times its size, or 1 if that is more.

    Returns:
        Whether all products are there now. If an archive is missing, nothing
        is extracted.

    Raises:
        ValueError: for an archive that is damaged, or lacks its product, or
            would write outside of `root`, or has links, devices or encrypted
            members, or unpacks to more than it may.
        OSError: where it cannot be written to `root`.
    """
    missing = {
        archive: product
        for archive, product in products.items()
        if locate(root, product) is None
    }
    files = [_find_archive(root, archive) for archive in missing]
    if None in files:
        return False
    for file, product in zip(files, missing.values()):
        _extract(file, root, product, _max_bytes(file, max_unpacked_gb))
    return True


def _max_bytes(file, max_unpacked_gb):
    if max_unpacked_gb:
        return int(max_unpacked_gb * 10**9)
    return max(_USUAL_RATIO * file.stat().st_size, _USUAL_BYTES)


def _find_archive(root, name):
    for folder in (root, root / "downloads" / "manual"):
        if (folder / name).is_file():
            return folder / name
    return None


def _extract(file, root, product, max_bytes):
    try:
        # Hidden, so that an interrupted extraction is never taken for one
        # that is whole; in root, so that moving from there copies nothing.
        with hidden_folder(root / file.name) as folder:
            # Now that the leftovers of a killed one are gone.
            _check_room(file, root)
            unfinished = folder / "entries"
            unfinished.mkdir()
            _write_members(file, unfinished, max_bytes)
            # One call for what may be a hundred thousand files.
            os.sync()
            _move_entries(file, unfinished, root, product)
    except Exception as error:
        if is_damage(error):
            raise ValueError(
                f"{str(file)!r} is no complete archive: {error}. Download it "
                "again."
            ) from error
        if not isinstance(error, OSError):
            raise
        raise type(error)(
            f"{str(file)!r} cannot be extracted into {str(root)!r}: "
            f"{error.strerror}. Extract it there by hand, or copy it to a "
            "data_dir that can be written and has room."
        ) from error


def _check_room(file, root):
    # What is compressed already, as pictures are, needs about its size.
    if shutil.disk_usage(root).free < file.stat().st_size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class _Allowance:
    """How much an archive may still unpack to."""

    def __init__(self, file, max_bytes):
        self._file = file
        self._max_bytes = max_bytes
        self._num_bytes = 0

    def take(self, num_bytes):
        self._num_bytes += num_bytes
        if self._num_bytes > self._max_bytes:
            raise ValueError(
                f"{str(self._file)!r} of {self._file.stat().st_size} bytes "
                f"must unpack to at most {self._max_bytes} bytes. Received: "
                "more. Nothing was extracted. If you trust it, allow more: "
                f"--max_unpacked_gb={self._max_bytes / 5e8:g}."
            )


def _write_members(file, folder, max_bytes):
    # What is read and what is written are counted each: what is read counts
    # what nobody wants, and the sizes that an archive tells count for nothing.
    read, written = (_Allowance(file, max_bytes) for _ in range(2))
    with contextlib.closing(read_members(file, read.take)) as members:
        tracked = track(members, f"Extracting {file.name}")
        for number, member in enumerate(tracked, 1):
            _check_number(file, number)
            _check(file, member)
            path = pathlib.PurePosixPath(member.name)
            if not _is_of_macos(path):
                _write(member, folder / path, written.take)


def _check_number(file, number):
    if number > _MAX_MEMBERS:
        raise ValueError(
            f"{str(file)!r} must have at most {_MAX_MEMBERS} members. "
            "Received: more. Nothing was extracted. If you trust it, extract "
            "it by hand."
        )


def _check(file, member):
    if member.flaw == ENCRYPTED:
        raise ValueError(
            f"{str(file)!r} has a password: its member {member.name!r} is "
            "encrypted. Nothing was extracted. Extract it by hand with the "
            "password, and move the archive elsewhere."
        )
    if member.flaw:
        raise ValueError(
            f"{str(file)!r} is not safe to extract: its member "
            f"{member.name!r} is {member.flaw}. Nothing was extracted. "
            "Download the archive from its official source."
        )


def _is_of_macos(path):
    return "__MACOSX" in path.parts or path.name.startswith("._")


def _write(member, path, take):
    # New files have the permissions that the user gives to new files.
    if member.is_folder:
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with member.open() as source, open(path, "wb") as target:
        while piece := source.read(_PIECE):
            take(len(piece))
            target.write(piece)


def _move_entries(file, folder, root, product):
    found = locate(folder, product)
    if found is None:
        raise ValueError(
            f"{str(file)!r} must hold {product!r}. Received: an archive "
            "without. Download it again."
        )
    if locate(root, product):
        return  # Another process was faster.
    main = found.relative_to(folder).parts[0]
    if (root / main).exists():
        raise ValueError(
            f"{str(root / main)!r} is in the way of {str(file)!r}, and it has "
            f"no {product!r}. Remove it or give it another name."
        )
    # The product last: where it is, all is.
    for entry in sorted(folder.iterdir(), key=lambda path: path.name == main):
        if not (root / entry.name).exists():
            os.replace(entry, root / entry.name)
