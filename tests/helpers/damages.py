"""Ways in which a file is damaged, by their names."""

from __future__ import annotations

import io
import json
import os
import pathlib

import numpy as np


def damages_of(path) -> dict:
    """What a file may hold instead, by the kind of damage.

    A function makes what is no file at a path.
    """
    path = pathlib.Path(path)
    content = path.read_bytes()
    middle = len(content) // 2
    flipped = bytes([content[middle] ^ 0x41])
    return {
        "empty": b"",
        "half": content[:middle],
        "another format": b"hello, I am no such file\n",
        "flipped": content[:middle] + flipped + content[middle + 1 :],
        "folder": os.mkdir,
        "FIFO": os.mkfifo,
        **_wrong_structures(path, content),
    }


def damage(path, content):
    """Puts what `damages_of` gave in place of a file."""
    pathlib.Path(path).unlink()
    if callable(content):
        content(path)
    else:
        pathlib.Path(path).write_bytes(content)


def _wrong_structures(path, content):
    if path.suffix in (".json", ".jsonl"):
        is_lines = path.suffix == ".jsonl"
        text = content.splitlines()[0] if is_lines else content
        return _wrong_json(json.loads(text))
    if path.suffix == ".npz":
        with np.load(path) as file:
            return _wrong_arrays(file.files)
    return {}


def _wrong_json(value):
    values = {
        "list": [1, 2],
        "null": None,
        "texts": dict.fromkeys(value, "x"),
        "nested": dict.fromkeys(value, {"a": [None]}),
    }
    found = {name: json.dumps(v).encode() for name, v in values.items()}
    return {**found, "deep": b"[" * 100_000, "no UTF-8": b'{"a": "\xff"}'}


def _wrong_arrays(names):
    return {
        "other arrays": _npz({"other": np.arange(3)}),
        "texts": _npz(dict.fromkeys(names, np.array(["text"]))),
        "scalars": _npz(dict.fromkeys(names, np.array(1.0))),
    }


def _npz(arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()
