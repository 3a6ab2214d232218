"""Embeddings are kept from one search to the next."""

from __future__ import annotations

import concurrent.futures
import contextlib
import sqlite3

import numpy as np
from helpers.points import points

from dnc_keras import gallery


def test_cache_keeps_embeddings_by_model_and_digest(tmp_path):
    rows = {bytes([n]): points(1, seed=n)[0] for n in range(3)}
    gallery.EmbeddingCache(tmp_path).write("one", rows)
    cache = gallery.EmbeddingCache(tmp_path)
    found = cache.read("one", [b"\0", b"\2", b"none"])
    assert set(found) == {b"\0", b"\2"}
    np.testing.assert_array_equal(found[b"\2"], rows[b"\2"])
    assert cache.read("another", [b"\0"]) == {}


def test_a_damaged_embedding_is_not_taken(tmp_path):
    cache = gallery.EmbeddingCache(tmp_path)
    cache.write("one", {bytes([n]): points(1, seed=n)[0] for n in range(5)})
    with contextlib.closing(sqlite3.connect(cache.path)) as database:
        for number, change in enumerate(
            ("X'00000000'", "X''", "'text'", "substr(embedding, 1, 8)")
        ):
            database.execute(
                f"UPDATE embeddings SET embedding = {change} WHERE digest = ?",
                (bytes([number]),),
            )
        database.commit()
    assert set(cache.read("one", [bytes([n]) for n in range(5)])) == {b"\4"}


def test_cache_is_written_by_several_at_once(tmp_path):
    def write(number):
        cache = gallery.EmbeddingCache(tmp_path)
        cache.write("one", {bytes([number]): points(1)[0]})

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    keys = [bytes([number]) for number in range(40)]
    assert len(gallery.EmbeddingCache(tmp_path).read("one", keys)) == 40
