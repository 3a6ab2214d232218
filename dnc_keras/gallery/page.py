"""The neighbours of queries on one page, readable without anything else."""

from __future__ import annotations

import html
import pathlib
import string
from typing import Optional

from dnc_keras.gallery.matches import Matches
from dnc_keras.gallery.thumbnails import thumbnail

# A thumbnail takes 5 to 10 kB.
MAX_QUERIES = 100

_PAGE = string.Template(
    """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; --bar: #6b8fb8; --best: #1f8a4c;
        --line: #8885; }
body { font: 16px/1.4 system-ui, sans-serif; margin: 1.5em auto;
       max-width: 76em; padding: 0 1em; }
h1 { font-size: 1.5em; }
h2 { font-size: 1.1em; margin: 0; overflow-wrap: anywhere; }
section { border-top: 1px solid var(--line); padding: 1em 0; display: grid;
          gap: 1em; grid-template-columns: 10em 1fr; }
ol { display: grid; gap: 1em; list-style: none; margin: 0; padding: 0;
     grid-template-columns: repeat(auto-fill, minmax(10em, 1fr)); }
figure { margin: 0; }
figcaption { overflow-wrap: anywhere; }
img, .none { width: 100%; aspect-ratio: 1; display: block;
             border-radius: 4px; }
.none { background: var(--line); }
.name { font-size: .85em; }
.beyond img, .beyond .none { opacity: .4; }
dl { display: grid; grid-template-columns: auto 1fr auto; gap: 0 .4em;
     align-items: center; font-size: .8em; margin: .3em 0 0;
     max-width: 100%; }
dt, dd { margin: 0; white-space: nowrap; }
dd.share { text-align: right; min-width: 2.6em; }
.track { background: var(--line); }
.bar { height: .6em; min-width: 1px; background: var(--bar); }
.best { font-weight: bold; }
.best.bar { background: var(--best); }
@media (max-width: 40em) {
  section { grid-template-columns: 1fr; }
  ol { grid-template-columns: repeat(2, 1fr); }
  section > figure { display: flex; gap: 1em; }
  section > figure img, section > figure .none { width: 6em; height: 6em;
                                                 flex: none; }
}
</style>
</head>
<body>
<h1>$title</h1>
<p>$facts</p>
$explanation
<main>
$queries
</main>
</body>
</html>
"""
)
_QUERY = string.Template(
    """<section>
<figure>$picture<figcaption><h2>$name</h2>$outcome</figcaption></figure>
<ol>
$neighbors
</ol>
</section>"""
)
_NEIGHBOR = string.Template(
    """<li class="$kind"><figure>$picture<figcaption>
<strong>$distance</strong>$outcome
<div class="name">$name</div>$bars</figcaption></figure></li>"""
)
_EXPLANATION = (
    "<p>Bars: the share of each learner in the squared distance. The learner "
    "in bold has the smallest one and carries the match most.</p>"
)


def write_page(path, matches: Matches, threshold: Optional[float] = None):
    """Writes a page with each query, its neighbours, and what made them near.

    Args:
        path: the file, which needs no other one.
        matches: what was found; the first 100 queries are shown.
        threshold: largest distance of a match, or None.
    """
    shown = range(min(len(matches.queries), MAX_QUERIES))
    has_bars = any(
        match.learner_shares
        for query in shown
        for match in matches.found[query]
    )
    text = _PAGE.substitute(
        title="Nearest images",
        facts=_facts(matches, threshold),
        explanation=_EXPLANATION if has_bars else "",
        queries="\n".join(_query(matches, query, threshold) for query in shown),
    )
    pathlib.Path(path).write_text(text, encoding="utf-8")


def _facts(matches, threshold):
    num = len(matches.queries)
    facts = [f"{len(matches.gallery):,} in the gallery"]
    if num > MAX_QUERIES:
        facts.append(f"{num:,} queries, of which the first {MAX_QUERIES}")
    if threshold is not None:
        facts.append(f"a match is at most {threshold:g} away")
    return "; ".join(facts) + "."


def _query(matches, query, threshold):
    found = matches.found[query]
    name = matches.queries.names[query]
    no_match = threshold is not None and not any(m.is_match for m in found)
    return _QUERY.substitute(
        picture=_picture(matches.queries.file(query), f"query {name}"),
        name=html.escape(name),
        outcome=f"no match within {threshold:g}" if no_match else "",
        neighbors="\n".join(_neighbor(matches.gallery, m) for m in found),
    )


def _neighbor(gallery, match):
    name = gallery.names[match.row]
    return _NEIGHBOR.substitute(
        kind="match" if match.is_match else "beyond",
        picture=_picture(gallery.file(match.row), f"neighbour {name}"),
        distance=f"{match.distance:.4f}",
        outcome="" if match.is_match else " no match",
        name=html.escape(name),
        bars=_bars(match.learner_shares),
    )


def _picture(file, description):
    source = thumbnail(file)
    description = html.escape(description)
    if source is None:
        return f'<div class="none" role="img" aria-label="{description}"></div>'
    return f'<img src="{source}" alt="{description}" loading="lazy">'


def _bars(shares):
    if not shares:
        return ""
    best = min(range(len(shares)), key=shares.__getitem__)
    rows = (
        _bar(number, share, "best" if number == best else "")
        for number, share in enumerate(shares)
    )
    return f"<dl>{''.join(rows)}</dl>"


def _bar(number, share, kind):
    return (
        f'<dt class="{kind}">learner {number}</dt>'
        f'<dd class="track" aria-hidden="true"><div class="bar {kind}" '
        f'style="width: {100 * share:.1f}%"></div></dd>'
        f'<dd class="share {kind}">{100 * share:.0f}%</dd>'
    )
