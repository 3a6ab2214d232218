"""The neighbours of queries on one page, readable without anything else."""

from __future__ import annotations

from typing import Optional

from dnc_keras.gallery.matches import Matches
from dnc_keras.gallery.thumbnails import thumbnail
from dnc_keras.support.templates import render
from dnc_keras.support.whole_files import write_text

# A thumbnail takes 5 to 10 kB.
MAX_QUERIES = 100


def write_page(
    path, matches: Matches, threshold: Optional[float] = None, note: str = ""
):
    """Writes a page with each query, its neighbours, and what made them near.

    Args:
        path: the file, which needs no other one.
        matches: what was found; the first 100 queries are shown.
        threshold: largest distance of a match, or None.
        note: what else to say of the distances, for people.
    """
    shown = matches.found[:MAX_QUERIES]
    text = render(
        "dnc_keras.gallery",
        "matches.html",
        facts=_facts(matches, threshold, note),
        has_bars=any(
            match.learner_shares for found in shown for match in found
        ),
        shown=shown,
        queries=matches.queries,
        gallery=matches.gallery,
        threshold=threshold,
        thumbnail=thumbnail,
    )
    write_text(path, text)


def _facts(matches, threshold, note):
    num = len(matches.queries)
    facts = [f"{len(matches.gallery):,} in the gallery"]
    if num > MAX_QUERIES:
        facts.append(f"{num:,} queries, of which the first {MAX_QUERIES}")
    if threshold is not None:
        facts.append(f"a match is at most {threshold:g} away")
    if note:
        facts.append(note)
    return "; ".join(facts) + "."
