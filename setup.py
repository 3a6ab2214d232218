"""Installs dnc_keras. TensorFlow comes with an extra, never by itself."""

import pathlib
import re

import setuptools

_ROOT = pathlib.Path(__file__).parent


def _read(name):
    return (_ROOT / name).read_text(encoding="utf-8")


# What a TensorFlow of each lane needs; CONTRIBUTING.md lists the lanes.
_ADDONS = [
    "tensorflow==2.15.1",
    "tensorflow-addons==0.23.0",
    "numpy<2",
    # tensorflow-datasets would bring one that needs a newer protobuf.
    "tensorflow-metadata<1.17",
]
_NEWEST = [
    "tensorflow>=2.18",
    # Newer TensorFlows leave TensorBoard out, and `tf.summary` needs it.
    "tensorboard>=2.18",
]
_KERAS3 = _NEWEST + ["keras>=3.6"]
_PARQUET = [
    # Older ones run code that a file holds. Newer ones need a newer NumPy than
    # TensorFlow 2.15, but do not say so.
    "pyarrow>=14.0.1,<24; python_version < '3.12'",
    "pyarrow>=14.0.1; python_version >= '3.12'",
]
# The first that runs no code of a data set.
_HUGGING_FACE = ["datasets>=4", *_PARQUET]


def _on(requirements, marker):
    return [f"{requirement}; {marker}" for requirement in requirements]


setuptools.setup(
    name="dnc-keras",
    version=re.search('__version__ = "(.+)"', _read("dnc_keras/version.py"))[1],
    description="Metric learning for Keras by divide and conquer",
    long_description=_read("README.md"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    classifiers=[
        "Programming Language :: Python :: 3",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
    python_requires=">=3.9",
    # `flags/` holds data, not code: it is installed as `dnc_keras.recipes`.
    packages=[
        *setuptools.find_packages(include=["dnc_keras", "dnc_keras.*"]),
        "dnc_keras.recipes",
    ],
    package_dir={"dnc_keras.recipes": "flags"},
    package_data={
        "dnc_keras.recipes": ["*.cfg", "plans/*.plan"],
        "dnc_keras.gallery": ["templates/*"],
        "dnc_keras.reports": [
            "templates/*",
            "templates/sections/*",
            "templates/classes/*",
        ],
    },
    install_requires=[
        "absl-py",
        "jinja2",
        "numpy",
        "plotly",
        # The first whose PCA has svd_solver="covariance_eigh".
        "scikit-learn>=1.5",
        "scipy",
        "tqdm",
    ],
    extras_require={
        "tensorflow": _on(_ADDONS, "python_version < '3.12'")
        + _on(_KERAS3, "python_version >= '3.12'"),
        "keras3": _KERAS3,
        "legacy": _NEWEST + ["tf_keras>=2.18"],
        # Approximate search in very large galleries.
        "faiss": ["faiss-cpu"],
        "datasets": [
            "tensorflow-datasets",
            # It needs this one on every Python, but does not say so.
            "importlib_resources",
        ],
        "hf": _HUGGING_FACE,
        # Vectors in .parquet files.
        "parquet": _PARQUET,
        # Each needs the extra of a TensorFlow beside it, or pip may move that:
        # 2.15.1 is the TensorFlow of the oldest lane.
        "serving": ["tensorflow-serving-api>=2.15.1"],
        # Newer onnx needs a newer ml_dtypes than TensorFlow 2.15 allows.
        "onnx": ["onnx<1.19", "onnxruntime", "tf2onnx>=1.17"],
        # Programs that run an export without TensorFlow.
        "runtimes": ["ai-edge-litert", "onnxruntime", "openvino"],
        # What tools/benchmark.py compares with.
        "bench": [
            "faiss-cpu",
            "fastkmeans",
            "pillow",
            "pytorch-metric-learning",
            "torch",
        ],
        # Foundation models as backbones; for Keras 3, so with extra keras3.
        "hub": ["keras-hub>=0.20"],
        # The site; `mkdocs build` needs no TensorFlow. Ruff breaks the lines of
        # signatures. The theme is made for MkDocs 1.
        "docs": ["mkdocs<2", "mkdocs-material", "mkdocstrings[python]", "ruff"],
        # Figures as PNG files.
        "report": ["matplotlib"],
        # What tools/convert_torchvision_resnet50.py reads with.
        "convert": ["torch"],
        # tf_keras is the foreign Keras that a test hands to tf.keras; Pillow
        # writes images as others do; labels come in columns of pandas; and
        # KerasTuner copies callbacks.
        "tests": [
            *_HUGGING_FACE,
            "keras-tuner",
            "pandas",
            "pillow",
            "pytest",
            "ruff",
            # Opens reports in Chromium, where that and its driver are.
            "selenium",
            # On older Pythons pip tries hundreds of versions of its parts.
            "tensorflow-datasets; python_version >= '3.11'",
            "tensorflow-serving-api>=2.15.1",
            "tf_keras>=2.15",
        ],
    },
)
