"""Finds the images of a gallery that are most like yours.

Example: python -m dnc_keras.search --export_dir=runs/digits/export \\
             --gallery=images --query=one.png --top_k=5 --html=out.html
         python -m dnc_keras.search --export_dir=runs/digits/export \\
             --gallery=images --query=new --calibrate=classes --fmr=0.001
         python -m dnc_keras.search --export_dir=runs/vectors/export \\
             --gallery=gallery.npy --query=queries.npz
         python -m dnc_keras.search --export_dir=runs/digits/export \\
             --gallery=images --query=new --rerank=k_reciprocal
"""

from __future__ import annotations

import dataclasses
import sys

from absl import flags

from dnc_keras import _after_search
from dnc_keras import _cli
from dnc_keras import gallery as search
from dnc_keras._keras import versions
from dnc_keras._outputs import default_cache
from dnc_keras._outputs import say
from dnc_keras.gallery.calibration import check_fmr
from dnc_keras.reranking import RerankedSearch
from dnc_keras.support.checks import check_choice
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_number
from dnc_keras.support.stopwatch import Stopwatch
from dnc_keras.support.whole_files import write_json

_INDEXES = ("exact", "faiss")
_cli.define_path("export_dir", "SavedModel, or the folder of its versions")
_cli.define_path(
    "gallery",
    "folder of images, also in folders in it; or a .npz or .npy of embeddings, "
    "or of vectors, where the model takes them",
)
_cli.define_path(
    "query", "image, folder of images, or a .npz or .npy as for the gallery"
)
_cli.define_flag(
    "top_k", 5, "neighbours; of a smaller gallery all", rule=check_count
)
_cli.define_path("html", "page to write: pictures, distances, learners")
_cli.define_path("json", "file to write the neighbours to")
_cli.define_flag(
    "leave_out_copies", False, "leave out images with the query's content"
)
_cli.define_flag(
    "index", "exact", f"how to search: {' | '.join(_INDEXES)} (approximate)"
)
_cli.define_flag(
    "threshold",
    -1.0,
    "largest distance of a match; below 0: none",
    rule=check_number,
)
_cli.define_path(
    "calibrate",
    "folder of class folders, not trained on, from which to tell the threshold",
)
_cli.define_flag(
    "fmr",
    0.001,
    "calibrate: the highest false match rate, of ISO/IEC 19795-1",
    rule=check_fmr,
)
_cli.define_path(
    "cache_dir",
    "folder to keep embeddings in; default: dnc_keras in your cache folder",
)
_after_search.define(whiten_on="the gallery")


def main():
    values = flags.FLAGS
    _check(values)
    methods = _after_search.read_methods()
    _check_methods(values, methods)
    cache_dir = values.cache_dir or default_cache()
    sources = search.Sources(values.export_dir, cache_dir, values.flip)
    if values.whiten:
        sources.whiten(values.gallery, values.whiten)
    threshold = values.threshold if values.threshold >= 0 else None
    result = {"export_dir": values.export_dir or None, "versions": versions()}
    if values.calibrate:
        calibration = _calibrate(sources, values.calibrate, values.fmr)
        threshold = calibration.threshold
        result["calibration"] = dataclasses.asdict(calibration)
    result["threshold"] = threshold
    settings = _settings(values, methods)
    if settings:
        result["after_search"] = {"methods": settings}
    if values.gallery:
        matches, facts = _search(sources, values, methods, threshold, cache_dir)
        result.update(facts, queries=matches.to_json())
        if values.html:
            note = _note(methods)
            told = f"distances are {note}" if note else ""
            search.write_page(values.html, matches, threshold, told)
    result["feature_dims"] = sources.feature_dims
    result["unreadable"] = sources.unreadable
    for name, reason in sources.unreadable:
        say(f"left out {name}: {reason}", file=sys.stderr)
    if values.json:
        write_json(values.json, result)


def _check(values):
    check_choice("index", values.index, _INDEXES)
    if bool(values.gallery) != bool(values.query):
        missing = "gallery" if values.query else "query"
        raise ValueError(
            "A search needs --gallery and --query. Received: no "
            f"--{missing}. Give both."
        )
    if not values.gallery and not values.calibrate:
        raise ValueError(
            "Give --gallery and --query to search, or --calibrate for a "
            "threshold. Received: none of them. See --help."
        )
    if values.calibrate and values.threshold >= 0:
        raise ValueError(
            "Give one of --threshold and --calibrate, which tells one. "
            f"Received: both, --threshold={values.threshold:g}."
        )
    if values.html and not values.gallery:
        raise ValueError(
            "A page shows what a search found. Received: --html without "
            "--gallery and --query. Give both, or leave it out."
        )
    _cli.check_output_files("html", "json")
    _cli.check_output_folders("cache_dir")


def _check_methods(values, methods):
    if values.whiten and not values.gallery:
        raise ValueError(
            "Whitening is fitted on the gallery. Received: --whiten without "
            "--gallery. Give the gallery and the queries, too."
        )
    if methods.any and (values.calibrate or values.threshold >= 0):
        raise ValueError(
            "A threshold is of distances between two images, which augmentation"
            ", expansion and re-ranking change by what else is in the gallery. "
            f"Received: a threshold and {_told(methods.describe())}. Leave one "
            "of them out; --flip and --whiten go with a threshold."
        )
    needs_exact = methods.query_expansion != "none" or methods.rerank != "none"
    if needs_exact and values.index != "exact":
        raise ValueError(
            "Expansion and re-ranking need exact neighbours. Received: "
            f"--index={values.index} and {_told(methods.describe())}. Use "
            "--index=exact; --database_augmentation goes with faiss."
        )


def _told(settings):
    return ", ".join(f"--{name}={value}" for name, value in settings.items())


def _note(methods):
    """What distances are, where they are not Euclidean ones of embeddings."""
    if methods.rerank == "none":
        return ""
    return "of k-reciprocal re-ranking, 0 to 1"


def _calibrate(sources, path, fmr):
    images = sources.read(path)
    calibration = search.calibrate(
        images.embeddings, search.class_names(images), fmr
    )
    say(f"Threshold   {calibration.threshold:.4f}")
    say(
        f"FMR         {calibration.fmr:.6f} of "
        f"{calibration.num_non_mated:,} comparisons of different classes"
    )
    say(
        f"FNMR        {calibration.fnmr:.6f} of "
        f"{calibration.num_mated:,} comparisons of one class"
    )
    return calibration


def _search(sources, values, methods, threshold, cache_dir):
    """(matches, what to say of the search)."""
    gallery, queries = sources.read(values.gallery), sources.read(values.query)
    facts = {
        "gallery": values.gallery,
        "num_gallery": len(gallery),
        "index": values.index,
        "recall": None,
    }
    if methods.any:
        exact = RerankedSearch(gallery.embeddings, methods)
    else:
        exact = search.ExactIndex(gallery.embeddings)
    index = exact
    if values.index == "faiss":
        rows = exact.gallery if methods.any else gallery.embeddings
        index = search.FaissIndex(rows, cache_dir)
        facts["recall"] = search.recall(index, exact, rows, values.top_k)
    stopwatch = Stopwatch()
    with stopwatch.running():
        matches = search.find_matches(
            index,
            queries,
            gallery,
            values.top_k,
            threshold=threshold,
            num_learners=None if methods.any else sources.num_learners,
            leave_out_copies=values.leave_out_copies,
        )
    facts["seconds"] = stopwatch.total
    _print_matches(matches, threshold)
    _print_rows(sources, values.whiten)
    _print_facts(matches, facts)
    settings = _settings(values, methods)
    if settings:
        facts["after_search"] = _after(settings, methods, exact)
    return matches, facts


def _settings(values, methods):
    """What is done beyond a plain search."""
    settings = {"flip": True} if values.flip else {}
    if values.whiten:
        settings.update(whiten=values.whiten, whiten_on="gallery")
    return {**settings, **methods.describe()}


def _after(settings, methods, exact):
    """What was done beyond a plain search, which is printed."""
    seconds = exact.seconds if methods.any else {}
    _after_search.print_steps(settings, seconds)
    if _note(methods):
        say(f"Distances   {_note(methods)}")
    is_other = methods.rerank != "none"
    return {
        "methods": settings,
        "seconds": seconds,
        "distances": "k_reciprocal" if is_other else "euclidean",
    }


def _print_matches(matches, threshold):
    for name, found in zip(matches.queries.names, matches.found):
        no_match = threshold is not None and not any(m.is_match for m in found)
        say(name + (f"  no match within {threshold:g}" if no_match else ""))
        for rank, match in enumerate(found, 1):
            mark = "" if match.is_match else "  no match"
            say(
                f"{rank:6d}  {match.distance:.4f}  "
                f"{matches.gallery.names[match.row]}{mark}"
            )


def _print_rows(sources, whiten):
    """What was done with the rows of each file."""
    for path, dim in sources.feature_dims.items():
        rows = sources.read(path).embeddings
        width = "" if whiten else f" of width {rows.shape[1]}"
        told = (
            f"vectors of width {dim}, embedded by the model"
            if dim
            else f"embeddings{width}, as they are"
        )
        told += f", whitened to width {whiten}" if whiten else ""
        say(f"Rows        {path}: {told}")


def _print_facts(matches, facts):
    say(f"Gallery     {facts['num_gallery']:,}")
    say(f"Search      {len(matches.queries):,} in {facts['seconds']:.3f} s")
    if facts["recall"] is not None:
        say(
            f"Recall      {facts['recall']:.4f} of the exact neighbours of "
            "rows of the gallery"
        )


if __name__ == "__main__":
    _cli.run(main, prints_answer=True)
