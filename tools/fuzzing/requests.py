"""Odd requests to the signatures of a served graph."""

from __future__ import annotations

_SHAPES = ("[]", "[0]", "[1]", "[2, 1]", "[1, 8, 8, 3]", "[0, 8, 8, 3]")
_TYPES = ("float32", "float64", "int32", "uint8", "string", "bool")
_VALUES = ("noise", "nan", "inf", "-inf", "huge", "tiny", "zero")
_BATCHES = ("good", "empty", "text", "one bad", "nul", "long")


def any_request(rng) -> dict:
    """A request as JSON: the signature and words for what is sent."""
    name = rng.choice(("serving_default", "serving_bytes", "search"))
    request = {"signature": name, "seed": rng.getrandbits(32)}
    if name != "serving_default" and rng.random() < 0.7:
        return {**request, "batch": rng.choice(_BATCHES)}
    shape = rng.choice(("fits", "fits", "fits", *_SHAPES))
    kind = rng.choice(("float32",) * 4 + _TYPES)
    value = rng.choice(_VALUES)
    return {**request, "shape": shape, "type": kind, "value": value}
