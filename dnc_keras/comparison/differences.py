"""In what runs differ, and whether they can be compared at all."""

from __future__ import annotations

import json

from dnc_keras.config.data import may_draw_test_classes

_PACKAGES = ("python", "tensorflow", "keras", "dnc_keras")


def differing_settings(runs) -> list[str]:
    """The names of the settings that are not the same in all runs.

    Args:
        runs: a list of `Run`; those without settings are left out.

    Returns:
        The names in the order of the settings, without `run_dir`.
    """
    settings = [run.settings for run in runs if run.settings]
    names = dict.fromkeys(name for each in settings for name in each)
    return [
        name
        for name in names
        if name != "run_dir" and len({_key(s.get(name)) for s in settings}) > 1
    ]


def find_warnings(runs) -> list[str]:
    """What to know before the metrics are compared, in lines.

    Args:
        runs: a list of `Run`; the unfinished are left out.

    Returns:
        A line where the test data or their protocol are not the same, and one
        for each package whose version is not.
    """
    finished = [run for run in runs if run.is_finished]
    lines = [
        f"not comparable: the {what} differ: {told}"
        for what, told in measured_differences(finished)
    ]
    for package in _PACKAGES:
        told = _told(finished, lambda run: run.versions.get(package, "unknown"))
        if told:
            lines.append(f"the versions of {package} differ: {told}")
    return lines


def measured_on(run) -> tuple:
    """(data set, protocol, number of images and classes) of the test."""
    result = run.result
    images, classes = (
        result.get(f"num_test_{what}", "?") for what in ("images", "classes")
    )
    return (
        str(result.get("dataset", "?")),
        str(result.get("protocol", "?")),
        f"{images} of {classes} classes",
    )


def same_test(runs) -> bool:
    """Whether runs were measured on the same images, as far as they say.

    Args:
        runs: a list of `Run` with results.
    """
    return not measured_differences(runs)


def measured_differences(runs) -> list[tuple]:
    """(what differs, which runs have which) of the tests of runs."""
    found = (
        ("data sets", _told(runs, lambda run: measured_on(run)[0])),
        ("protocols", _told(runs, lambda run: measured_on(run)[1])),
        ("test images", _told(runs, lambda run: measured_on(run)[2])),
        ("queries that count", _told(*_known(runs, _num_counted))),
        ("test sets", _told(*_known(runs, _test_set))),
        ("seeds of the test classes", _told(*_known(runs, _drawn_by(runs)))),
    )
    return [(what, told) for what, told in found if told]


def _known(runs, value_of):
    """(runs, value_of) of the runs that say; earlier versions did not."""
    return [run for run in runs if value_of(run) is not None], value_of


def _test_set(run):
    return run.result.get("test_set")


def _drawn_by(runs):
    """Function from a run to what drew its test classes, or None.

    That counts where a run of an earlier version does not say which they are.
    """
    needed = not all(map(_test_set, runs))

    def drawn_by(run):
        settings = run.settings or {}
        drawn = needed and may_draw_test_classes(settings)
        return settings.get("split_seed") if drawn else None

    return drawn_by


def _num_counted(run):
    names = ("num_queries", "num_queries_left_out")
    num, num_left_out = (run.result.get(name) for name in names)
    if not isinstance(num, int) or not isinstance(num_left_out, int):
        return None
    return num - num_left_out


def _told(runs, value_of):
    """Which runs have which value, or "" where all have one."""
    names = {}
    for run in runs:
        names.setdefault(str(value_of(run)), []).append(run.name)
    if len(names) < 2:
        return ""
    return "; ".join(
        f"{value} ({_first(having)})" for value, having in names.items()
    )


def _first(names):
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return names[0] + more


def _key(value):
    return json.dumps(value, sort_keys=True)
