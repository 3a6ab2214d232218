"""The images of tar files and their labels, found by their common keys."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple
from typing import Optional

from absl import logging

from dnc_keras.datasets.archive_members import file_places
from dnc_keras.datasets.archive_members import is_damage
from dnc_keras.datasets.folder import IMAGE_EXTENSIONS
from dnc_keras.datasets.messages import first_few
from dnc_keras.support.progress import track

_LABEL_EXTENSIONS = ("cls", "json", "txt")
_MAX_LABEL_BYTES = 2**20


class Place(NamedTuple):
    """Where in a tar a member is."""

    name: str
    offset: int
    length: int


class TarImage(NamedTuple):
    """One image: the number of its tar, where in it, and its label."""

    file_id: int
    place: Place
    label: str


class TarSamples:
    """Reads the images and labels of tars, and counts what lacks either.

    The first image with a label decides where all labels are: two kinds of
    them, such as class numbers and captions, never mix.

    Args:
        label_column: "cls" or "txt": the extension of the member with the
            label; else the name in KEY.json. "": KEY.cls, or else "label" in
            KEY.json, or else KEY.txt.
    """

    def __init__(self, label_column: str):
        self._extension, self._name = None, "label"
        if label_column in ("cls", "txt"):
            self._extension = label_column
        elif label_column:
            self._extension, self._name = "json", label_column
        self._without_image, self._without_label = [], []

    def read(self, files: Sequence[pathlib.Path]) -> list[TarImage]:
        """All images with a label.

        Raises:
            ValueError, OSError: for tars that are damaged or hold anything
                but files, and where there is no image with a label.
        """
        tracked = track(files, "Finding the images of tars", len(files))
        images = [
            image
            for number, file in enumerate(tracked)
            for image in self._of_tar(number, file)
        ]
        if not images:
            raise ValueError(
                f"{first_few(files, limit=3)} must hold images with labels. "
                f"Received: {len(self._without_image)} keys without an image, "
                f"{len(self._without_label)} without a label. Write KEY.jpg "
                "and KEY.cls, or name another --label_column."
            )
        _warn("an image", self._without_image)
        _warn("a label", self._without_label)
        return images

    def _of_tar(self, number, file):
        samples = _members_by_key(file)
        with open(file, "rb") as stream:
            for key, members in samples.items():
                place = _image_of(file, key, members)
                if place is None:
                    self._without_image.append(f"{file.name}/{key}")
                    continue
                label = self._label(file, stream, members)
                if label:
                    yield TarImage(number, place, label)
                else:
                    self._without_label.append(f"{file.name}/{key}")

    def _label(self, file, stream, members) -> Optional[str]:
        if self._extension is None:
            found = [name for name in _LABEL_EXTENSIONS if name in members]
            self._extension = next(iter(found), None)
        if self._extension not in members:
            return None
        place = members[self._extension]
        text = _read_text(file, stream, place)
        if self._extension == "json":
            return _json_label(file, place, text, self._name)
        return text.strip()


def _warn(what, keys):
    if keys:
        logging.warning(
            "Left out %d keys of the tars without %s: %s.",
            *(len(keys), what, first_few(keys, limit=3)),
        )


def _members_by_key(file) -> dict:
    """The `Place` of each member by extension, by key."""
    samples = {}
    for place in _places(file):
        folder, slash, base = place.name.rpartition("/")
        if base.startswith("."):
            continue  # Such as ._a.jpg, which macOS adds.
        base, _, extension = base.partition(".")
        members = samples.setdefault(folder + slash + base, {})
        extension = extension.lower()
        if extension in members:
            raise ValueError(
                f"{str(file)!r} must hold each member once. Received: "
                f"{place.name!r} again. Write the tar again."
            )
        members[extension] = place
    return samples


def _places(file) -> Iterator[Place]:
    try:
        for place in file_places(file):
            yield Place(*place)
    except Exception as error:
        if not is_damage(error):
            raise
        raise ValueError(
            f"{str(file)!r} must be a whole .tar without compression. "
            f"Received: {error}. Copy it again, or decompress it."
        ) from error


def _image_of(file, key, members) -> Optional[Place]:
    images = [
        place
        for extension, place in members.items()
        if pathlib.PurePosixPath(f"x.{extension}").suffix in IMAGE_EXTENSIONS
    ]
    if len(images) > 1:
        raise ValueError(
            f"A key of {str(file)!r} must have one image. Received: {key!r} "
            f"with {first_few([image.name for image in images], limit=3)}. "
            "A key ends at the first dot."
        )
    return images[0] if images else None


def _read_text(file, stream, place) -> str:
    if place.length > _MAX_LABEL_BYTES:
        raise _bad_label(file, place, f"{place.length} bytes")
    stream.seek(place.offset)
    try:
        return stream.read(place.length).decode("utf-8")
    except UnicodeDecodeError as error:
        raise _bad_label(file, place, "bytes that are no UTF-8") from error


def _json_label(file, place, text, name) -> Optional[str]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _bad_label(file, place, "no JSON") from error
    label = values.get(name) if isinstance(values, dict) else None
    if label is None:
        return None
    if isinstance(label, bool) or not isinstance(label, (int, str)):
        kind = type(label).__name__
        raise _bad_label(file, place, f"{name!r} of type {kind}")
    try:
        return str(label).encode().decode().strip()
    except UnicodeEncodeError as error:
        raise _bad_label(file, place, "half of a letter") from error


def _bad_label(file, place, received):
    return ValueError(
        f"A label must be a text or an integer in UTF-8, of at most "
        f"{_MAX_LABEL_BYTES} bytes. Received: {received} in member "
        f"{place.name!r} of {str(file)!r}. Write it again, or name another "
        "--label_column."
    )
