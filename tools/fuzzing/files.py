"""Damages a file in a folder, as a disk, a copy or an attacker might."""

from __future__ import annotations

import io
import json
import os
import shutil
import zipfile

import numpy as np

from fuzzing import damage

_JSON_VALUES = (
    *(None, True, -1, 0, 1.5, 1e308, float("nan"), float("inf"), 2**70),
    *("", "text", "../../x", [], {}, [[]], {"a": {}}),
)
_DEPTH = 5000  # Of nested lists.


def damage_file(rng, path) -> str:
    """Damages a file; says how."""
    names = list(_ANY)
    names += {
        ".json": _JSON,
        ".jsonl": _LINES,
        ".npz": _ZIPS + _NPZ,
        ".npy": _NPY,
        ".keras": _ZIPS,
        ".zip": _ZIPS,
    }.get(path.suffix, ()) * 3
    how = rng.choice(names)
    _CHANGES[how](rng, path)
    return f"{path.name}: {how}"


def _write(change):
    def changed(rng, path):
        path.write_bytes(change(rng, path.read_bytes()))

    return changed


def _folder(rng, path):
    path.unlink()
    path.mkdir()


def _fifo(rng, path):
    path.unlink()
    os.mkfifo(path)


def _link(rng, path):
    path.unlink()
    path.symlink_to(rng.choice(("nowhere", path.name, "/dev/null", "..")))


def _json(rng, path):
    """One value, somewhere, becomes another."""
    value = json.loads(path.read_bytes())
    path.write_text(json.dumps(_with_odd(rng, value)))


def _with_odd(rng, value):
    if isinstance(value, dict) and value and rng.random() < 0.8:
        key = rng.choice(sorted(value))
        if rng.random() < 0.2:
            return {k: v for k, v in value.items() if k != key}
        return {**value, key: _with_odd(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.6:
        place = rng.randrange(len(value))
        return [
            _with_odd(rng, each) if n == place else each
            for n, each in enumerate(value)
        ]
    return rng.choice(_JSON_VALUES)


def _deep(rng, path):
    path.write_text("[" * _DEPTH + "]" * _DEPTH)


def _lines(rng, path):
    """One line of JSON becomes odd."""
    lines = path.read_text().splitlines()
    place = rng.randrange(len(lines))
    odd = _with_odd(rng, json.loads(lines[place]))
    lines[place] = rng.choice((json.dumps(odd), "", lines[place][:-5], "[]"))
    path.write_text("\n".join(lines) + "\n")


def _members(rng, path):
    """A member of a zip is dropped, emptied or damaged."""
    with zipfile.ZipFile(path) as archive:
        members = {n: archive.read(n) for n in archive.namelist()}
    if not members:
        return
    name = rng.choice(sorted(members))
    how = rng.choice(("drop", "empty", "damage", "more"))
    if how == "drop":
        del members[name]
    elif how == "more":
        members["../evil"] = b"more"
    else:
        content = members[name]
        members[name] = b"" if how == "empty" else damage.flip(rng, content)
    _write_zip(path, members)


def _write_zip(path, members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    path.write_bytes(file.getvalue())


def _arrays(rng, path):
    """One array has another shape, type or value."""
    with np.load(path, allow_pickle=False) as loaded:
        arrays = {name: loaded[name] for name in loaded.files}
    if not arrays:
        return
    name = rng.choice(sorted(arrays))
    arrays[name] = _odd_array(rng, arrays[name])
    file = io.BytesIO()
    np.savez(file, **arrays)
    path.write_bytes(file.getvalue())


def _array(rng, path):
    """The array has another shape, type or value."""
    np.save(path, _odd_array(rng, np.load(path, allow_pickle=False)))


def _odd_array(rng, array):
    choices = [
        array[:0] if array.ndim else array.reshape(1),
        array[:-1] if array.ndim else array.reshape(1, 1),
        array[..., None],
        array.ravel(),
        array.astype(str),
        np.zeros_like(array, dtype=np.int64) - 5,
        np.full_like(array, np.nan, dtype=np.float64),
        np.array(["text"]),
        np.array(2**62),
    ]
    return rng.choice(choices)


def _missing(rng, path):
    path.unlink()


def _no_permission(rng, path):
    path.chmod(0)


_CHANGES = {
    "missing": _missing,
    "empty": _write(lambda rng, data: b""),
    "half": _write(lambda rng, data: data[: len(data) // 2]),
    "damaged": _write(damage.damaged),
    "flipped": _write(damage.flip),
    "text": _write(lambda rng, data: b"This is a text.\n"),
    "hdf5": _write(lambda rng, data: b"\x89HDF\r\n\x1a\n" + bytes(600)),
    "pickle": _write(lambda rng, data: b"\x80\x04\x95\x05\0\0\0\0\0\0\0."),
    "a folder": _folder,
    "a FIFO": _fifo,
    "a link": _link,
    "json": _json,
    "deep": _deep,
    "lines": _lines,
    "members": _members,
    "arrays": _arrays,
    "array": _array,
    "no permission": _no_permission,
}
_ANY = (
    *("missing", "empty", "half", "damaged", "damaged", "flipped", "text"),
    *("hdf5", "pickle", "a folder", "a FIFO", "a link", "no permission"),
)
_JSON = ("json", "json", "deep")
_LINES = ("lines", "lines")
_ZIPS = ("members", "members")
_NPZ = ("arrays", "arrays")
_NPY = ("array", "array")


def replace_folder(path):
    """A folder becomes a text."""
    shutil.rmtree(path)
    path.write_text("no folder")
