"""Images whose embedding is known, and their neighbours by a plain loop."""

from __future__ import annotations

import numpy as np
from helpers.image_files import write_image

CELL = 4


def write(path, *cells):
    """Writes an 8 x 8 image of four gray cells; returns its embedding."""
    pixels = np.kron(np.reshape(cells, [2, 2]), np.ones([CELL, CELL]))
    write_image(path, np.repeat(pixels[..., None], 3, axis=2))
    return np.repeat(np.float32(cells), 3)


def expected(query, embeddings):
    """(distance, name) by a plain loop, nearest first."""
    return sorted(
        (float(np.linalg.norm(query - embedding)), name)
        for name, embedding in embeddings.items()
    )


def ids(result, query=0):
    """The names of the neighbours of a query, nearest first."""
    return [found["id"] for found in result["queries"][query]["neighbors"]]
