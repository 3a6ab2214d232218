"""The process that reads pictures; another one goes on when it dies."""

from __future__ import annotations

import pathlib
import sys

import numpy as np

from fuzzing import answers
from fuzzing import processes
from fuzzing.decoders import Decoders


def _answer(decoders, request):
    if request["ask"] == "look":
        seen = decoders.look(pathlib.Path(request["path"]).read_bytes())
        pixels = seen.pop("pixels")
        if pixels is not None:
            np.save(request["pixels"], pixels)
        return {**seen, "has_pixels": pixels is not None}
    if request["ask"] == "unreadable":
        return decoders.unreadable(request["paths"])
    return answers.outcome(decoders.signatures, request["request"])


def main():
    decoders = Decoders(*sys.argv[1:])
    processes.serve(lambda request: _answer(decoders, request))


if __name__ == "__main__":
    main()
