"""The flags of what comes after a search, which two programs share."""

from __future__ import annotations

from absl import flags

from dnc_keras import _cli
from dnc_keras._outputs import say
from dnc_keras.reranking import Methods
from dnc_keras.reranking.k_reciprocal import DISTANCE_WEIGHT
from dnc_keras.reranking.k_reciprocal import K1
from dnc_keras.reranking.k_reciprocal import K2
from dnc_keras.reranking.methods import QUERY_EXPANSIONS
from dnc_keras.reranking.methods import RERANKINGS
from dnc_keras.reranking.query_expansion import ALPHA
from dnc_keras.reranking.query_expansion import NUM_NEIGHBORS
from dnc_keras.support.checks import check_choice
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_count_or_zero
from dnc_keras.support.checks import check_not_negative
from dnc_keras.support.checks import check_number

_NAMES = {
    "flip": "mirror images",
    "whiten": "whitening",
    "database_augmentation": "augmentation",
    "query_expansion": "expansion",
    "k_reciprocal": "k-reciprocal",
}
# What belongs to another flag, and would be ignored without it.
_PARTS = {
    "whiten_on": "whiten",
    "expand": "query_expansion",
    "alpha": "query_expansion",
    "k1": "rerank",
    "k2": "rerank",
    "distance_weight": "rerank",
}


def define(whiten_on: str):
    """Defines the flags.

    Args:
        whiten_on: what whitening is fitted on, for the help.
    """
    _cli.define_flag(
        "flip", False, "average each image's embedding with its mirror image's"
    )
    _cli.define_flag(
        "whiten",
        0,
        f"components that whitening keeps, fitted on {whiten_on}; 0: none",
        rule=check_count_or_zero,
    )
    _cli.define_flag(
        "database_augmentation",
        0,
        "nearest rows that join each row of the gallery; 0: none",
        rule=check_count_or_zero,
    )
    _define_expansion()
    _define_reranking()


def _define_expansion():
    _cli.define_flag(
        "query_expansion",
        "none",
        f"joins a query and its nearest: {' | '.join(QUERY_EXPANSIONS)}",
        rule=_choice_of(QUERY_EXPANSIONS),
    )
    _cli.define_flag(
        "expand", NUM_NEIGHBORS, "nearest that join a query", rule=check_count
    )
    _cli.define_flag(
        "alpha",
        ALPHA,
        "query_expansion=alpha: the power of the cosine",
        rule=check_not_negative,
    )


def _define_reranking():
    _cli.define_flag(
        "rerank",
        "none",
        f"re-ranks by shared neighbours: {' | '.join(RERANKINGS)}",
        rule=_choice_of(RERANKINGS),
    )
    _cli.define_flag(
        "k1",
        K1,
        "rerank: neighbours of a set; few, for small classes",
        rule=check_count,
    )
    _cli.define_flag(
        "k2", K2, "rerank: sets that are averaged", rule=check_count
    )
    _cli.define_flag(
        "distance_weight",
        DISTANCE_WEIGHT,
        "rerank: share of the plain distance, 0 to 1",
        rule=check_number,
    )


def _choice_of(choices):
    return lambda name, value: check_choice(name, value, choices)


def read_methods() -> Methods:
    """The `Methods` that the flags hold.

    Raises:
        ValueError: for a flag that would be ignored.
    """
    values = flags.FLAGS
    for name, needed in _PARTS.items():
        if name not in values or values[needed].value not in (0, "none"):
            continue
        _cli.refuse_flags(
            [name],
            f"--{name} belongs to --{needed}. Received: {{}} alone. Give both.",
        )
    if values.query_expansion == "average":
        _cli.refuse_flags(
            ["alpha"],
            "The average has no alpha. Received: {}. Use "
            "--query_expansion=alpha.",
        )
    return _cli.read_flags(Methods)


def print_steps(settings: dict, seconds: dict):
    """Prints what was done after a search, and what each step took."""
    told = ", ".join(f"{name}={value}" for name, value in settings.items())
    say(f"After       {told}")
    told = [f"{_NAMES[name]} {each:.2f} s" for name, each in seconds.items()]
    if told:
        say(f"Extra       {', '.join(told)}")
