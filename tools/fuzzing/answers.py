"""Sends requests to a served graph, and judges its answers."""

from __future__ import annotations

import io

import numpy as np
import tensorflow as tf
from PIL import Image


def outcome(signatures, request) -> dict:
    """What came of a request: {} if all is well, or {"complaint": ...}."""
    name = request["signature"]
    if name not in signatures:
        return {}
    signature = signatures[name]
    specs = signature.structured_input_signature[1]
    (argument, spec), *_ = specs.items()
    try:
        value = _tensor(request, spec)
        outputs = signature(**{argument: value})
    except (tf.errors.InvalidArgumentError, TypeError, ValueError) as error:
        # Types and ranks that no request can have are told by Python.
        is_right = request.get("batch") in ("good", "empty")
        return {"complaint": f"refused: {error}"[:300]} if is_right else {}
    except Exception as error:
        return {"complaint": f"{type(error).__name__}: {error}"[:300]}
    return _judged(request, value, outputs)


def _tensor(request, spec):
    random = np.random.default_rng(request["seed"])
    if "batch" in request:
        return tf.constant(_batch(request["batch"], random), tf.string)
    shape = [2 if size is None else size for size in spec.shape]
    if request["shape"] != "fits":
        shape = [int(x) for x in request["shape"].strip("[]").split(",") if x]
    if request["type"] == "string":
        return tf.fill(shape, "text")
    array = np.asarray(random.uniform(0, 255, shape))
    one = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf, "huge": 1e38}
    filled = {"tiny": 1e-40, "zero": 0.0}
    if array.size and request["value"] in one:
        array.flat[random.integers(array.size)] = one[request["value"]]
    if request["value"] in filled:
        array[...] = filled[request["value"]]
    with np.errstate(all="ignore"):
        return tf.constant(array.astype(request["type"]))


def _batch(words, random):
    good = [_png(random) for _ in range(3)]
    return {
        "good": good,
        "empty": [],
        "text": [b"text"],
        "one bad": [*good, good[0][:-30]],
        "nul": [b""],
        "long": [good[0] + bytes(2**22)],
    }[words]


def _png(random):
    file = io.BytesIO()
    pixels = random.integers(0, 256, [9, 7, 3], dtype=np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _judged(request, value, outputs):
    floats = [x.numpy() for x in outputs.values() if x.dtype == tf.float32]
    if not all(np.isfinite(x).all() for x in floats):
        return {"complaint": "the result is not finite"}
    if value.dtype.is_floating and not np.isfinite(value.numpy()).all():
        return {"complaint": "pixels that are not finite are taken"}
    if request.get("batch") in ("text", "one bad", "nul"):
        return {"complaint": f"accepted nonsense: {request['batch']}"}
    sizes = {len(x) for x in floats}
    if sizes != {len(value)}:
        return {"complaint": f"{len(value)} rows sent, {sizes} came back"}
    return {}
