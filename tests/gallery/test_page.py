"""The page of a search."""

from __future__ import annotations

import pytest
from helpers.full_disk import no_file_beyond
from helpers.points import points

from dnc_keras import gallery
from dnc_keras.gallery import page


def test_page_of_many_queries_shows_the_first(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "MAX_QUERIES", 2)
    rows = gallery.Collection(["a", "b", "c"], points(3))
    index = gallery.ExactIndex(rows.embeddings)
    matches = gallery.find_matches(index, rows, rows, 1)
    gallery.write_page(tmp_path / "out.html", matches)
    text = (tmp_path / "out.html").read_text()
    assert text.count("<section>") == 2
    assert "3 queries, of which the first 2" in text


def test_a_full_disk_leaves_the_page_that_was_there(tmp_path):
    rows = gallery.Collection(["a", "b", "c"], points(3))
    matches = gallery.find_matches(
        gallery.ExactIndex(rows.embeddings), rows, rows, 1
    )
    path = tmp_path / "out.html"
    path.write_text("the page of yesterday")
    with pytest.raises(OSError, match="too large"), no_file_beyond(1000):
        gallery.write_page(path, matches)
    assert path.read_text() == "the page of yesterday"
    assert [file.name for file in tmp_path.iterdir()] == ["out.html"]
