"""Tests of what an installation brings, and of the project's files."""

import json
import pathlib
import re
import subprocess
import sys

import pytest

_ROOT = pathlib.Path(__file__).parents[2]
_FOLDERS = (".ci", "dnc_keras", "docs", "flags", "tests", "tools")
_PRINT_ARGUMENTS = """
import json
import runpy
import setuptools

setuptools.setup = lambda **arguments: print(json.dumps(arguments))
runpy.run_path("setup.py")
"""
# A folder of one machine, or where packages come from on it.
_MACHINE = re.compile(r"/(work|root)/|(pypi|pythonhosted)\.|index[-]url")


@pytest.fixture(scope="module")
def setup_arguments():
    output = subprocess.run(
        [sys.executable, "-c", _PRINT_ARGUMENTS],
        cwd=_ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return json.loads(output)


def _project_files():
    yield from (path for path in _ROOT.iterdir() if path.is_file())
    for folder in _FOLDERS:
        yield from (
            path
            for path in (_ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        )


def test_version_is_that_of_the_package(setup_arguments):
    from dnc_keras import version

    assert setup_arguments["version"] == version.__version__


def test_plain_install_brings_no_tensorflow(setup_arguments):
    assert setup_arguments["install_requires"] == [
        "absl-py",
        "jinja2",
        "numpy",
        "plotly",
        "scikit-learn>=1.5",
        "scipy",
        "tqdm",
    ]


def test_extras_are_the_lanes(setup_arguments):
    assert setup_arguments["extras_require"] == {
        "tensorflow": [
            "tensorflow==2.15.1; python_version < '3.12'",
            "tensorflow-addons==0.23.0; python_version < '3.12'",
            "numpy<2; python_version < '3.12'",
            "tensorflow-metadata<1.17; python_version < '3.12'",
            "tensorflow>=2.18; python_version >= '3.12'",
            "tensorboard>=2.18; python_version >= '3.12'",
            "keras>=3.6; python_version >= '3.12'",
        ],
        "keras3": ["tensorflow>=2.18", "tensorboard>=2.18", "keras>=3.6"],
        "legacy": ["tensorflow>=2.18", "tensorboard>=2.18", "tf_keras>=2.18"],
        "faiss": ["faiss-cpu"],
        "datasets": ["tensorflow-datasets", "importlib_resources"],
        "hf": [
            "datasets>=4",
            "pyarrow>=14.0.1,<24; python_version < '3.12'",
            "pyarrow>=14.0.1; python_version >= '3.12'",
        ],
        "parquet": [
            "pyarrow>=14.0.1,<24; python_version < '3.12'",
            "pyarrow>=14.0.1; python_version >= '3.12'",
        ],
        "serving": ["tensorflow-serving-api>=2.15.1"],
        "onnx": ["onnx<1.19", "onnxruntime", "tf2onnx>=1.17"],
        "runtimes": ["ai-edge-litert", "onnxruntime", "openvino"],
        "bench": [
            "faiss-cpu",
            "fastkmeans",
            "pillow",
            "pytorch-metric-learning",
            "torch",
        ],
        "hub": ["keras-hub>=0.20"],
        "docs": ["mkdocs<2", "mkdocs-material", "mkdocstrings[python]", "ruff"],
        "report": ["matplotlib"],
        "convert": ["torch"],
        "tests": [
            "datasets>=4",
            "pyarrow>=14.0.1,<24; python_version < '3.12'",
            "pyarrow>=14.0.1; python_version >= '3.12'",
            "keras-tuner",
            "pandas",
            "pillow",
            "pytest",
            "ruff",
            "selenium",
            "tensorflow-datasets; python_version >= '3.11'",
            "tensorflow-serving-api>=2.15.1",
            "tf_keras>=2.15",
        ],
    }


def test_every_package_is_installed(setup_arguments):
    folders = {path.parent for path in _ROOT.glob("dnc_keras/**/*.py")}
    packages = {".".join(folder.relative_to(_ROOT).parts) for folder in folders}
    assert set(setup_arguments["packages"]) == {*packages, "dnc_keras.recipes"}


def test_recipes_and_templates_are_installed_as_data(setup_arguments):
    assert setup_arguments["package_dir"] == {"dnc_keras.recipes": "flags"}
    data = setup_arguments["package_data"]
    assert data["dnc_keras.recipes"] == ["*.cfg", "plans/*.plan"]
    for name in ("gallery", "reports"):
        folder = _ROOT / "dnc_keras" / name
        installed = {
            path
            for pattern in data[f"dnc_keras.{name}"]
            for path in folder.glob(pattern)
        }
        templates = set((folder / "templates").rglob("*.*"))
        assert templates
        assert templates <= installed
    assert set(_ROOT.glob("dnc_keras/*/templates")) == {
        _ROOT / "dnc_keras" / name / "templates"
        for name in ("gallery", "reports")
    }
    for pattern in data["dnc_keras.recipes"]:
        assert list((_ROOT / "flags").glob(pattern))


@pytest.mark.parametrize(
    "command",
    [
        'pip install -e ".[tensorflow]" && python -m dnc_keras.train',
        'pip install -e ".[tensorflow,tests]" && python -m pytest',
    ],
)
def test_readme_has_the_command(command):
    assert command in (_ROOT / "README.md").read_text(encoding="utf-8")


def test_project_files_name_no_machine():
    named = [
        f"{path.relative_to(_ROOT)}: {found[0]}"
        for path in _project_files()
        for found in _MACHINE.finditer(
            path.read_text(encoding="utf-8", errors="ignore")
        )
    ]
    assert not named
