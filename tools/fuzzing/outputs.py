"""What a program may leave: whole files that their readers can read."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import stat
import zipfile

import numpy as np
from PIL import Image

# What a page must never hold: it is part of names that the cases give.
MARKUP = "<b id=fuzz>"
_KEPT_HIDDEN = (".lock", ".cache")
# Appended to while a program runs, whatever becomes of it.
_LOGS = ("tfevents", "log.jsonl", ".lock")


def snapshot(folder) -> dict:
    """{path: hash} of all in a folder; of a folder the hash is ""."""
    found = {}
    for parent, folders, files in os.walk(folder):
        found.update((os.path.join(parent, name), "") for name in folders)
        for name in files:
            path = os.path.join(parent, name)
            found[path] = _hash(path)
    return found


def _hash(path):
    if not stat.S_ISREG(os.lstat(path).st_mode):
        return "special"
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def complaints(before, after, has_failed, may_change) -> list[str]:
    """What is wrong with what a program left.

    Args:
        before: the `snapshot` before it ran.
        after: the one after.
        has_failed: whether it ended with an error; then it changed nothing.
        may_change: whether it may even then, as a training run.
    """
    told = []
    for path, content in after.items():
        name = os.path.basename(path)
        if before.get(path) == content:
            continue
        if name.startswith(".") and name not in _KEPT_HIDDEN:
            told.append(f"left behind: {name!r}")
        elif content not in ("", "special"):
            told += _unreadable(path)
    if has_failed and not may_change:
        told += [
            f"destroyed: {os.path.basename(path)!r}"
            for path, content in before.items()
            if after.get(path) != content
            and not any(log in path for log in _LOGS)
        ]
    return told


def _unreadable(path):
    reader = _READERS.get(pathlib.PurePath(path).suffix)
    try:
        if reader:
            reader(path)
    except Exception as error:  # There is no common one.
        name = os.path.basename(path)
        return [f"unreadable: {name!r}, {type(error).__name__}: {error}"]
    return []


def strict_json(text):
    """Reads JSON without NaN and infinity, which are none of it."""

    def refuse(word):
        raise ValueError(f"{word} in JSON")

    return json.loads(text, parse_constant=refuse)


def _read_json(path):
    strict_json(pathlib.Path(path).read_text(encoding="utf-8"))


def _read_html(path):
    text = pathlib.Path(path).read_text(encoding="utf-8")
    if not text.rstrip().endswith("</html>"):
        raise ValueError("the end is missing")
    if MARKUP in text:
        raise ValueError("a name is taken for markup")


def _read_csv(path):
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        if line.startswith(("=", "@")):
            raise ValueError("a formula")


def _read_npz(path):
    with np.load(path, allow_pickle=False) as arrays:
        for name in arrays.files:
            arrays[name]


def _read_keras(path):
    with zipfile.ZipFile(path) as archive:
        if archive.testzip():
            raise ValueError("damaged")


def _read_png(path):
    with Image.open(path) as image:
        image.load()


_READERS = {
    ".json": _read_json,
    ".html": _read_html,
    ".csv": _read_csv,
    ".npz": _read_npz,
    ".keras": _read_keras,
    ".png": _read_png,
}
