"""Plans: the variants of an experiment, in small text files."""

from __future__ import annotations

import dataclasses
import pathlib
import re
import shlex

from dnc_keras.config import TrainConfig
from dnc_keras.config.recipes import settings_of
from dnc_keras.config.settings import DATA_SETTINGS
from dnc_keras.config.settings import DEFAULTS
from dnc_keras.config.words import read_words
from dnc_keras.models.configured import build_loss
from dnc_keras.support.paths import expanded_path

CONTROL = "control"
COMMON = "all"
# What the program sets for each run.
SET_BY_PROGRAM = ("run_dir", "resume", "seed")
# What is the same for all variants, or their numbers do not compare.
MEASURED_ON = (*DATA_SETTINGS, "select", "validation_fraction", "monitor")
_COMMENT = re.compile(r"(?:^|\s)#")
# Folders are named by them.
_LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,99}):(.*)")


@dataclasses.dataclass(frozen=True)
class Variant:
    """One recipe of a plan.

    Args:
        name: of the variant.
        settings: those that its line sets, by name.
        place: where its line stands, for messages.
    """

    name: str
    settings: dict
    place: str


@dataclasses.dataclass(frozen=True)
class Plan:
    """What an experiment compares.

    Args:
        name: of the file.
        common: the settings of the lines `all`.
        variants: a list of `Variant`, the control first.
    """

    name: str
    common: dict
    variants: list


def find_plan(name: str, folder) -> pathlib.Path:
    """The file of a plan.

    Args:
        name: a path, or the name of a plan of the folder.
        folder: of the plans that come with the package.

    Raises:
        ValueError: where there is none.
    """
    ready = {path.stem: path for path in pathlib.Path(folder).glob("*.plan")}
    path = expanded_path(name) if name else None
    if path and path.is_file():
        return path
    if name in ready:
        return ready[name]
    known = ", ".join(sorted(ready))
    raise ValueError(
        f"--plan must be a file, or one of {known}. Received: {name!r}. "
        "docs/experiments.md says how to write one."
    )


def read_plan(path) -> Plan:
    """Reads a plan: in each line `NAME: --flag=value --flag=value`.

    Lines of the name `all` hold what all variants have in common, that of the
    name `control` is what the others are compared with. Empty lines, and what
    stands behind a `#`, are for people.

    Args:
        path: the file.

    Raises:
        ValueError: for what is no plan, with its line.
    """
    path = pathlib.Path(path)
    common, variants = {}, {}
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"A plan must be text in UTF-8. Received: {path} ({error})."
        ) from error
    for number, line in enumerate(text.splitlines(), 1):
        place = f"{path}, line {number}"
        words = _words_of(line, place)
        if not words:
            continue
        name, settings = words[0], read_words(words[1:], place)
        _refuse(settings, SET_BY_PROGRAM, place, "which the program sets")
        if name == COMMON:
            common.update(settings)
            continue
        _check_variant(name, settings, variants, place)
        variants[name] = Variant(name, settings, place)
    return Plan(path.stem, common, _control_first(variants, path))


def chosen(plan: Plan, names) -> Plan:
    """The plan with some of its variants, the control among them.

    Args:
        plan: a plan.
        names: a list of str; an empty one leaves all variants.

    Raises:
        ValueError: for names that the plan has not.
    """
    known = [variant.name for variant in plan.variants]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(
            f"--variants must be of the plan: {', '.join(known)}. Received: "
            f"{', '.join(unknown)}."
        )
    kept = [
        variant
        for variant in plan.variants
        if not names or variant.name in (CONTROL, *names)
    ]
    return dataclasses.replace(plan, variants=kept)


def configs_of(plan: Plan, given: dict) -> dict:
    """The settings of each variant, of which later ones win: those of the data
    set, `all`, given ones, the variant's own.

    Args:
        plan: a plan.
        given: those of the command line.

    Returns:
        A dict of names and `TrainConfig`, all chosen by validation classes.

    Raises:
        ValueError: for settings that make no sense, with the line.
    """
    _check_effect(plan, given)
    common = {"select": "validation", **plan.common, **given}
    if common["select"] != "validation":
        raise ValueError(
            "An experiment chooses by validation classes, never by test "
            f"classes. Received: select={common['select']}. Leave it out."
        )
    configs = {}
    for variant in plan.variants:
        try:
            config = _config({**common, **variant.settings})
        except ValueError as error:
            raise ValueError(f"{variant.place}: {error}") from error
        same = [name for name, other in configs.items() if other == config]
        if same:
            raise ValueError(
                f"{variant.place}: variants must differ. Received: "
                f"{variant.name} with the settings of {same[0]}. Leave one out."
            )
        configs[variant.name] = config
    return configs


def _config(settings):
    dataset = settings.get("dataset", DEFAULTS["dataset"])
    config = TrainConfig(**{**settings_of(dataset, settings), **settings})
    build_loss(config, num_classes=2)  # A name may be of no loss.
    return config


def _words_of(line, place):
    """A line's name and its flags; none of an empty line."""
    # Not by shlex, for which a `#` inside a word begins a comment, too.
    line = _COMMENT.split(line)[0]
    try:
        text = shlex.split(line)
    except ValueError as error:
        raise ValueError(
            f"{place}: quotes must be closed. Received: {line.strip()!r}."
        ) from error
    if not text:
        return []
    # The name may stand next to its first flag.
    found = _LINE.fullmatch(text[0])
    if not found:
        raise ValueError(
            f"{place}: a line of a plan must be NAME: --flag=value ..., with a "
            "name of at most 100 letters, digits, _ . and -. Received: "
            f"{line.strip()!r}."
        )
    return [found[1], *filter(None, [found[2]]), *text[1:]]


def _check_variant(name, settings, variants, place):
    if name in variants:
        raise ValueError(
            f"{place}: each variant must have a name of its own. Received: "
            f"{name!r} twice. Use another name."
        )
    _refuse(
        settings,
        MEASURED_ON,
        place,
        f"by which numbers would not compare; a line `{COMMON}:` may set it",
    )


def _refuse(settings, names, place, reason):
    refused = [f"--{name}" for name in names if name in settings]
    if refused:
        raise ValueError(
            f"{place}: {refused[0]} must be left out, {reason}. Received: "
            f"{', '.join(refused)}."
        )


def _control_first(variants, path):
    if CONTROL not in variants or len(variants) < 2:
        raise ValueError(
            f"A plan must have a line `{CONTROL}:`, and others to compare with "
            f"it. Received: {', '.join(variants) or 'no line'} in {path}."
        )
    return [variants.pop(CONTROL), *variants.values()]


def _check_effect(plan, given):
    idle = [n for n in given if all(n in v.settings for v in plan.variants)]
    if idle:
        raise ValueError(
            f"--{idle[0]} must be left out, as each variant of {plan.name} "
            f"sets its own. Received: --{idle[0]}={given[idle[0]]}. Change a "
            "copy of the plan."
        )
