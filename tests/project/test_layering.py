"""Tests that every module imports only from layers below its own.

The table is that of docs/design.md, with the lowest layer first. A row names
folders and modules; the longest name that a module begins with is its place, so
`runs.trained` may stand above the rest of `runs`. Modules of one place
import each other freely, as long as there is no cycle.
"""

import ast
import collections
import graphlib
import pathlib

import pytest

_PACKAGE = pathlib.Path(__file__).parents[2] / "dnc_keras"
_PROGRAMS = (
    "train",
    "evaluate",
    "export_model",
    "report",
    "search",
    "compare",
    "experiment",
    "datasets.__main__",
)
_LAYERS = (
    ("version", "support"),
    ("_keras", "arrays", "images", "config", "batches.sampler"),
    (
        "backbones",
        "batches",
        "clustering",
        "datasets",
        "layers",
        "losses",
        "neighbors",
        "runs",
    ),
    (
        "metrics",
        "models",
        "reranking",
        "datasets.configured",
        "datasets.inspection",
    ),
    ("analysis", "comparison", "evaluation", "export"),
    ("evaluation.after_search", "experiments", "gallery", "runs.trained"),
    ("reports", "export.export_run", "embedding"),
    ("callbacks",),
    ("training", "projector"),
    ("__init__",),
    ("_outputs", "console"),
    ("_cli",),
    ("_after_search",),
    _PROGRAMS,
)
_KERAS = ("_keras", "layers", "losses", "backbones", "models")
_FILES = ("datasets", "runs", "config")
_TRAINING = ("callbacks", "training")
# What a place must not know, even through others. The longest name counts here,
# too: where settings meet what they build, there is no wall.
_WALLS = {
    "arrays": _KERAS + _FILES,
    "clustering": _KERAS + _FILES + ("images",),
    "neighbors": _KERAS + _FILES + ("images",),
    "metrics": _KERAS + _FILES + ("images",),
    "reranking": _KERAS + _FILES + ("images", "metrics"),
    "analysis": _KERAS + _FILES + ("images",),
    "batches.sampler": _KERAS + _FILES + ("images", "arrays"),
    "batches": _KERAS + _FILES,
    "datasets": _KERAS + ("config",),
    "datasets.configured": _KERAS,
    "datasets.__main__": (),
    "losses": ("batches", "clustering") + _FILES,
    "models": ("batches.clustered", "callbacks", "clustering") + _FILES,
    "models.configured": (),
    "models.saved": (),
    "callbacks": _FILES + ("images", "export", "reports"),
    "callbacks.fit_run": (),
    "callbacks.resume": (),
    "callbacks.run_recorder": (),
    "export": _TRAINING + ("runs", "config"),
    "export.export_run": (),
    "gallery": _TRAINING + ("runs", "config"),
    "embedding": _TRAINING + ("reports",),
}
_LEVELS = {name: level for level, row in enumerate(_LAYERS) for name in row}


def _name(path):
    """`dnc_keras/clustering/rows.py` -> `clustering.rows`."""
    parts = path.relative_to(_PACKAGE).with_suffix("").parts
    if len(parts) > 1 and parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts)


_MODULES = {_name(path): path for path in sorted(_PACKAGE.rglob("*.py"))}
_OF_PROGRAMS = (*_PROGRAMS, "_after_search", "_cli", "_outputs")
_LIBRARY = [
    name
    for name in _MODULES
    if name not in _OF_PROGRAMS and not name.startswith("console")
]


def _tree(name):
    return ast.parse(_MODULES[name].read_text(encoding="utf-8"))


def _entry(name, table=_LEVELS):
    """Returns the entry of a table where module `name` belongs."""
    entry = name
    while entry and entry not in table:
        entry = entry.rpartition(".")[0]
    return entry or name


def _imported_names(tree):
    """Yields every dotted name that `tree` imports, at any depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _imported_modules(tree):
    """Returns the modules of the package that `tree` imports."""
    return {
        _module_of(name.partition(".")[2])
        for name in _imported_names(tree)
        if name.partition(".")[0] == "dnc_keras"
    }


def _module_of(name):
    """`layers.MaskedDense` -> `layers`; `DivideAndConquer` -> `__init__`."""
    while name and name not in _MODULES:
        name = name.rpartition(".")[0]
    return name or "__init__"


def _graph():
    return {name: _imported_modules(_tree(name)) for name in _MODULES}


def _reached(name, graph):
    """Returns the modules that `name` imports, and all that those import."""
    reached, waiting = set(), [name]
    while waiting:
        new = graph[waiting.pop()] - reached
        reached |= new
        waiting.extend(new)
    return reached


def _is_within(module, place):
    return f"{module}.".startswith(f"{place}.")


def _upward_imports(name, tree):
    entry = _entry(name)
    return {
        module
        for module in _imported_modules(tree)
        if _entry(module) != entry and _LEVELS[_entry(module)] >= _LEVELS[entry]
    }


def _banned(tree):
    """Yields what only a program may do, as far as `tree` does it."""
    for name in _imported_names(tree):
        if f"{name}.".startswith(("absl.flags.", "absl.app.", "argparse.")):
            yield name
    for node in ast.walk(tree):
        text = ast.unparse(node) if isinstance(node, ast.expr) else ""
        if text.startswith("print("):
            yield "print"
        elif text in ("os.environ", "os.getenv", "os.putenv", "sys.exit"):
            yield text


@pytest.mark.parametrize("name", _MODULES)
def test_module_has_a_place_in_the_table(name):
    assert _entry(name) in _LEVELS, (
        f"{_MODULES[name].name} has no layer. Add {_entry(name)!r} to _LAYERS "
        "in this file, just above all that it imports."
    )


@pytest.mark.parametrize("name", _MODULES)
def test_module_imports_only_from_lower_layers(name):
    upward = _upward_imports(name, _tree(name))
    assert not upward, (
        f"{name} must import only from the layers below its own. Received: "
        f"{sorted(upward)}. Move what both need to a lower module."
    )


@pytest.mark.parametrize("name", _MODULES)
def test_module_imports_by_absolute_name(name):
    relative = [n for n in _imported_names(_tree(name)) if n.startswith(".")]
    assert not relative, f"Write `from dnc_keras ...` for {relative}."


def test_imports_have_no_cycle():
    order = tuple(graphlib.TopologicalSorter(_graph()).static_order())
    assert set(order) == set(_MODULES)


@pytest.mark.parametrize("place", _WALLS)
def test_nothing_behind_a_wall_is_known(place):
    graph = _graph()
    inside = [
        name
        for name, path in _MODULES.items()
        # A folder's list of names knows all that it lists.
        if _entry(name, _WALLS) == place and path.stem != "__init__"
    ]
    assert inside
    known = {
        (name, reached)
        for name in inside
        for reached in _reached(name, graph)
        if any(_is_within(reached, wall) for wall in _WALLS[place])
    }
    assert not known, f"{place} must not know: {sorted(known)}."


def test_the_root_holds_programs_and_what_everybody_imports():
    root = [name for name in _MODULES if "." not in name]
    folders = [name for name in root if _MODULES[name].stem == "__init__"]
    modules = sorted(set(root) - set(folders)) + ["__init__"]
    assert len(modules) <= 15, modules


def test_what_supports_serves_several_folders():
    importers = collections.defaultdict(set)
    for name, modules in _graph().items():
        for module in modules:
            folder = _MODULES[name].parent
            importers[module].add(folder)
    lonely = [
        name
        for name in _MODULES
        if name.startswith("support.") and len(importers[name]) < 2
    ]
    assert not lonely, f"Move {lonely} to the folder that imports it."


@pytest.mark.parametrize("name", _LIBRARY)
def test_library_leaves_the_process_to_the_programs(name):
    banned = sorted(set(_banned(_tree(name))))
    assert not banned, (
        f"{name} must not use {banned}: only programs have flags, print, exit "
        "or read the environment. Raise, warn or use absl.logging."
    )


@pytest.mark.parametrize(
    "source",
    [
        "import dnc_keras.training",
        "from dnc_keras import training",
        "from dnc_keras.training import train",
        "def late():\n    from dnc_keras import train",
        "from dnc_keras import DivideAndConquer",
    ],
)
def test_an_upward_import_is_found(source):
    assert _upward_imports("layers", ast.parse(source))


def test_downward_and_outside_imports_are_allowed():
    tree = ast.parse("import numpy\nfrom dnc_keras.support import checks")
    assert not _upward_imports("layers", tree)


@pytest.mark.parametrize(
    "source",
    [
        "from absl import flags",
        "import absl.flags",
        "print('done')",
        "value = os.environ['HOME']",
        "sys.exit(2)",
    ],
)
def test_a_banned_use_is_found(source):
    assert list(_banned(ast.parse(source)))
