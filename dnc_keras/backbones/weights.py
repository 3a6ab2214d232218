"""Reads the weights of a network from a file of the user's."""

from __future__ import annotations

import warnings

from dnc_keras.support.damage import reading


def load_weights(network, path, name: str, remedy: str):
    """Reads the weights of a network, all of them.

    Args:
        network: a Keras model.
        path: of the file.
        name: what people call the network.
        remedy: what to do about a file that does not hold them, a sentence.

    Raises:
        ValueError: for a file that does not hold them.
    """
    with reading(path, f"a file of weights of {name}", remedy):
        with warnings.catch_warnings():
            # Keras 3.15 only warns of some layers that a file leaves out.
            warnings.simplefilter("error", UserWarning)
            try:
                network.load_weights(path)
            except UserWarning as warning:
                raise ValueError(str(warning)) from warning
