"""Reads the picture of a case in all ways, and tells what is wrong."""

from __future__ import annotations

import pathlib

import numpy as np

from fuzzing import broken_pictures
from fuzzing import judge
from fuzzing import requests
from fuzzing.processes import Ended
from fuzzing.processes import Process

_SECONDS = 5.0  # For a picture, in the slowest way.
_HANG = 20.0
_MEGABYTES = 1200.0  # By which memory may grow: 2**26 pixels, a few times.
_NUM_LOOKED_AT = 200  # Pictures that the data doctor is given together.


class Pictures:
    """Reads pictures in a process that may die.

    Args:
        folder: for what it needs and leaves.
        export_dir: a SavedModel with all signatures.
    """

    def __init__(self, folder, export_dir):
        self._folder = pathlib.Path(folder).resolve()
        (self._folder / "doctor").mkdir(parents=True, exist_ok=True)
        self._worker = Process(
            "graph_worker", [export_dir], self._folder / "graph_worker.txt"
        )
        self._looked_at = {}

    @property
    def files(self) -> list:
        """What tells of the last case."""
        return [self._folder / "picture.bin", self._folder / "picture.txt"]

    def try_case(self, case) -> list[str]:
        """Reads the picture of a case; tells what is wrong."""
        picture, contents = broken_pictures.any_picture(case.generator())
        image, told = self.files
        image.write_bytes(contents)
        told.write_text(f"{picture.kind} {picture.form}\n")
        pixels = self._folder / "pixels.npy"
        request = {"ask": "look", "path": str(image), "pixels": str(pixels)}
        try:
            seen = self._worker.ask(request, _HANG)
        except Ended as error:
            return [f"{picture.kind}: {error}"]
        seen["pixels"] = np.load(pixels) if seen["has_pixels"] else None
        found = _costs(seen)
        found += judge.complaints(contents, picture, seen)
        found += self._ask_doctor(case, contents, bool(seen["refused"]))
        return [f"{picture.kind}: {each}" for each in found]

    def _ask_doctor(self, case, contents, is_refused):
        """Whether the doctor refuses what the others refuse, many at once."""
        path = self._folder / "doctor" / str(case.number)
        path.write_bytes(contents)
        self._looked_at[str(path)] = is_refused
        if len(self._looked_at) < _NUM_LOOKED_AT:
            return []
        return self.ask_doctor()

    def ask_doctor(self) -> list[str]:
        """Shows the pictures that it has not seen yet to the data doctor."""
        refused, self._looked_at = self._looked_at, {}
        request = {"ask": "unreadable", "paths": list(refused)}
        try:
            unreadable = self._worker.ask(request, 10 * _HANG)
        except Ended as error:
            return [f"doctor: {error}"]
        found = [
            f"disagree: case {pathlib.Path(path).name}, doctor "
            f"{unreadable.get(path, 'takes it')}, decode "
            f"{'refuses' if is_refused else 'takes'} it"
            for path, is_refused in refused.items()
            if is_refused != (path in unreadable)
        ]
        for path in refused:
            pathlib.Path(path).unlink()
        return found

    def try_request(self, case) -> list[str]:
        """Sends the odd request of a case to the graph; tells what is wrong."""
        request = requests.any_request(case.generator())
        self.files[0].write_text(str(request))
        try:
            answer = self._worker.ask(
                {"ask": "send", "request": request}, _HANG
            )
        except Ended as error:
            return [f"{request['signature']}: {error}"]
        return [f"{request}: {each}" for each in answer.values()]

    def end(self):
        self._worker.end()


def _costs(seen):
    found = [f"failed in {way}: {m}" for way, m in seen["failed"].items()]
    if seen["seconds"] > _SECONDS:
        found.append(f"slow: {seen['seconds']:.1f} s")
    if seen["megabytes"] > _MEGABYTES:
        found.append(f"memory: {seen['megabytes']:.0f} MB")
    return found
