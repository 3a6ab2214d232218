"""Vectors in .parquet files, which are read into one array."""

from __future__ import annotations

import numpy as np

from dnc_keras.datasets.messages import first_few
from dnc_keras.datasets.text_column import TextColumn
from dnc_keras.datasets.vector_files import VECTORS
from dnc_keras.datasets.vector_files import columns_among
from dnc_keras.support import progress
from dnc_keras.support.damage import reading
from dnc_keras.support.extras import import_extra
from dnc_keras.support.zip_bounds import check_size

# Numbers that are unpacked at a time.
_BLOCK_SIZE = 2**22
# As in a csv file, the training vectors need none.
_MAYBE_EMPTY = ("role", "camera")
_FORMAT = "a whole .parquet file of vectors [num_vectors, dim]"
_REMEDY = "Write it again, with a column of lists of floats of one length."


def read_parquet(file) -> tuple[np.ndarray, dict]:
    """Reads a .parquet file of vectors and columns.

    Beyond the array of all vectors, in the type that they are stored in, some
    of its rows are held, and the file's largest group of rows.

    Args:
        file: path of a file with a column of lists of numbers, named as one of
            `vector_files.VECTORS` or the only one of lists.

    Returns:
        (vectors, columns): as `vector_files.map_npz`.

    Raises:
        ValueError, OSError: for a file that is damaged or of something else,
            and where pyarrow is not installed.
    """
    parquet = import_extra(
        "pyarrow.parquet", "parquet", "A .parquet file needs pyarrow"
    )
    with open(file, "rb") as opened, reading(file, _FORMAT, _REMEDY):
        source = parquet.ParquetFile(opened)
        names = source.schema_arrow.names
        vectors = _read_vectors(source, opened)
        columns = {
            column: _column(source.read([name])[name], column)
            for column, name in columns_among(names, file).items()
        }
    return vectors, columns


def _read_vectors(source, opened):
    """`[num_vectors, dim]` array of the type that is stored."""
    name = _name_of_vectors(source.schema_arrow)
    num_rows = source.metadata.num_rows
    vectors, end = None, 0
    for part in progress.track(_parts(source, name), f"reading {name}"):
        if vectors is None:
            check_size(num_rows * part[0].nbytes, opened)
            vectors = np.empty([num_rows, part.shape[1]], part.dtype)
        if part.shape[1] != vectors.shape[1]:
            raise ValueError(
                f"lists of {vectors.shape[1]} and of {part.shape[1]} numbers"
            )
        vectors[end : end + len(part)] = part
        end += len(part)
    if not end:
        raise ValueError("no rows")
    return vectors


def _name_of_vectors(schema):
    lists = [field.name for field in schema if _is_list(field.type)]
    named = [name for name in VECTORS if name in lists] or lists
    if len(named) != 1:
        raise ValueError(
            f"{first_few(named) or 'no column'} of lists, where one is needed "
            f"or one of them named {' or '.join(VECTORS)}"
        )
    return named[0]


def _is_list(kind):
    return hasattr(kind, "value_type") and not hasattr(kind, "index_type")


def _parts(source, name):
    """Yields `[rows, dim]` arrays of some rows after the other."""
    dim = len(next(source.iter_batches(1, columns=[name]))[0][0])
    size = max(1, _BLOCK_SIZE // max(dim, 1))
    for batch in source.iter_batches(size, columns=[name]):
        yield _as_matrix(batch.column(0))


def _as_matrix(lists):
    values = lists.flatten()
    if lists.null_count or values.null_count:
        raise ValueError("empty cells, or numbers that are missing")
    lengths = np.unique(np.diff(_ends(lists, len(values))))
    if len(lengths) != 1:
        raise ValueError(f"lists of {first_few(lengths)} numbers")
    return values.to_numpy(zero_copy_only=False).reshape(len(lists), -1)


def _ends(lists, num_values):
    """`[num_lists + 1]` where each list begins, and the last one ends."""
    if hasattr(lists, "offsets"):
        return lists.offsets.to_numpy()
    return np.linspace(0, num_values, len(lists) + 1, dtype=np.int64)


def _column(chunks, name):
    """A `TextColumn`, or for `id` an object array of str."""
    if chunks.null_count and name not in _MAYBE_EMPTY:
        raise ValueError(f"{chunks.null_count} empty cells in column {name}")
    array = chunks.combine_chunks()
    if not hasattr(array.type, "index_type"):
        array = array.dictionary_encode()
    values = array.dictionary.to_pylist()
    wrong = {type(value).__name__ for value in values} - {"int", "str"}
    if wrong:
        raise ValueError(f"{first_few(sorted(wrong))} in column {name}")
    codes = array.indices.fill_null(len(values)).to_numpy().astype(np.int32)
    texts = [*map(str, values), ""]
    if name == "id":
        return np.array(texts, dtype=object)[codes]
    return TextColumn(texts, codes)
