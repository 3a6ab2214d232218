"""Arrays of vectors in .npy and .npz files, read where they are."""

from __future__ import annotations

import zipfile

import numpy as np

from dnc_keras.datasets.messages import first_few
from dnc_keras.datasets.text_column import TextColumn
from dnc_keras.support.damage import reading
from dnc_keras.support.zip_bounds import check_unpacked

VECTORS = ("embeddings", "features", "vectors")
COLUMNS = ("label", "split", "role", "camera", "id")
_NPY = "a whole .npy file"
_NPZ = "a whole .npz file"
_SAVE_NPY = "Write it with numpy.save(path, array)."
_SAVE_NPZ = "Write it with numpy.savez(path, embeddings=..., labels=...)."
# Bytes of the header of a member of a zip file without its names.
_LOCAL_HEADER = 30


def map_npy(file) -> np.ndarray:
    """Memory-maps the array of a .npy file.

    Raises:
        ValueError: for a file that is damaged, too short, of objects, or
            whose rows are not in one piece each.
    """
    with reading(file, _NPY, _SAVE_NPY):
        array = np.load(file, mmap_mode="r", allow_pickle=False)
    return _checked(file, array, _NPY, _SAVE_NPY)


def read_npy_column(file) -> TextColumn:
    """Reads a .npy file of a column, such as labels."""
    with open(file, "rb") as opened, reading(file, _NPY, _SAVE_NPY):
        array = np.load(opened, allow_pickle=False)
    return column_of(array, file, "labels")


def map_npz(file) -> tuple[np.ndarray, dict]:
    """Reads a .npz file of vectors and columns.

    Args:
        file: path of a file with one of the arrays `VECTORS`, memory-mapped
            unless it is compressed, and with some of the columns `COLUMNS`,
            also in the plural.

    Returns:
        (vectors, columns): `[num_vectors, dim]` array, and a dict of
        `TextColumn`; `id` is an object array of str.
    """
    with open(file, "rb") as opened, reading(file, _NPZ, _SAVE_NPZ):
        # NumPy leaves a file open that is not an archive.
        archive = np.load(opened, allow_pickle=False)
        check_unpacked(archive.zip, opened)
        names = archive.files
        found = columns_among(names, file)
        arrays = {
            column: _array(archive[name]) for column, name in found.items()
        }
    name = _name_of_vectors(file, names)
    with open(file, "rb") as opened, reading(file, _NPZ, _SAVE_NPZ):
        vectors = _member(file, opened, f"{name}.npy")
    columns = {
        column: column_of(array, file, column)
        for column, array in arrays.items()
    }
    return _checked(file, vectors, _NPZ, _SAVE_NPZ), columns


def columns_among(names, file) -> dict:
    """The name of each of `COLUMNS` among names, maybe in the plural."""
    found = {}
    for column in COLUMNS:
        forms = [name for name in (column, f"{column}s") if name in names]
        if len(forms) > 1:
            raise ValueError(
                f"{str(file)!r} must hold one {column} for each vector. "
                f"Received: both {' and '.join(forms)}. Keep one of them."
            )
        if forms:
            found[column] = forms[0]
    return found


def _array(member):
    if not isinstance(member, np.ndarray):
        raise ValueError("a member that is no array")
    return member


def _name_of_vectors(file, names):
    found = [name for name in VECTORS if name in names]
    if len(found) != 1:
        raise ValueError(
            f"{str(file)!r} must hold one array of vectors, named "
            f"{' or '.join(VECTORS)}. Received: {first_few(sorted(names))}. "
            f"{_SAVE_NPZ}"
        )
    return found[0]


def _member(file, opened, name):
    """An array of an archive: memory-mapped if it is not compressed."""
    with zipfile.ZipFile(opened) as archive:
        info = archive.getinfo(name)
        with archive.open(info) as member:
            if info.compress_type != zipfile.ZIP_STORED:
                return np.lib.format.read_array(member, allow_pickle=False)
            shape, is_fortran, dtype = _read_header(member)
            header = member.tell()
    if dtype.hasobject:
        raise ValueError("an array of objects")
    opened.seek(info.header_offset)
    lengths = opened.read(_LOCAL_HEADER)[26:]
    start = info.header_offset + _LOCAL_HEADER + header
    start += sum(np.frombuffer(lengths, "<u2").tolist())
    order = "F" if is_fortran else "C"
    size = dtype.itemsize * int(np.prod(shape, dtype=object))
    if header + size != info.file_size:
        raise ValueError(f"{info.file_size - header:,} of {size:,} bytes")
    return np.memmap(file, dtype, "r", start, shape, order)


def _read_header(member):
    """(shape, is_fortran, dtype) of an array in the format of NumPy."""
    if np.lib.format.read_magic(member) == (1, 0):
        return np.lib.format.read_array_header_1_0(member)
    return np.lib.format.read_array_header_2_0(member)


def _checked(file, array, expected, remedy):
    if not isinstance(array, np.ndarray):
        raise ValueError(
            f"{str(file)!r} must be {expected}. Received: another format. "
            f"{remedy}"
        )
    if array.ndim == 2 and not array.flags.c_contiguous:
        raise ValueError(
            f"{str(file)!r} must hold one vector after the other. Received: "
            "an array in Fortran order, whose vectors lie apart. Write "
            "numpy.ascontiguousarray(array)."
        )
    return array


def column_of(array, file, name):
    """A column of text or integers: a `TextColumn`, or for `id` its text."""
    if array.ndim != 1 or array.dtype.kind not in "iuUS":
        raise ValueError(
            f"{name} of {str(file)!r} must be one text or integer for each "
            f"vector. Received: {array.dtype} of shape {list(array.shape)}. "
            "Give each vector one, and none that is missing."
        )
    values, codes = np.unique(array, return_inverse=True)
    texts = _texts(values, file, name)
    column = TextColumn(texts, codes.astype(np.int32))
    if name != "id":
        return column
    return np.array(texts, dtype=object)[codes]


def _texts(values, file, name):
    try:
        return [
            value.decode() if isinstance(value, bytes) else str(value)
            for value in values.tolist()
        ]
    except (UnicodeError, SystemError) as error:
        raise ValueError(
            f"{name} of {str(file)!r} must be text in UTF-8, or str. Received: "
            f"{error}. Write it again."
        ) from error
