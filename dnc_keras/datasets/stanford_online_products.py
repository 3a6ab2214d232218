"""Stanford Online Products: items sold on eBay (Song et al. 2016)."""

from __future__ import annotations

from dnc_keras.datasets.benchmark import Benchmark
from dnc_keras.datasets.benchmark import Form
from dnc_keras.datasets.benchmark import Listing
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.downloading import Builder
from dnc_keras.datasets.files import locate
from dnc_keras.datasets.prepared import prepared_form
from dnc_keras.datasets.text_table import read_columns

_LISTS = {"train": "Ebay_train.txt", "test": "Ebay_test.txt"}
_FOLDER = "Stanford_Online_Products"
_BUILDER = Builder(
    "stanford_online_products",
    note="--download lets tensorflow-datasets fetch and prepare it.",
)
_SHA256 = "b04fa78210e69fab050ce73939550e1cd0f96890bdd98ec9fee732c3b756ef48"


def load(
    data_dir, download: bool = False, max_unpacked_gb: float = 0.0
) -> Dataset:
    """Loads the official split: the first half of the products train.

    Args:
        data_dir: folder in one of the forms of `FORMS`.
        download: whether tensorflow-datasets may fetch and prepare what
            `data_dir` does not hold.
        max_unpacked_gb: how much an archive may unpack to, in 10**9 bytes. 0,
            the default: 4 times its size, or 1 if that is more.

    Returns:
        A `Dataset`; 11,318 products train, 11,316 test, about five images of
        each.
    """
    return _BENCHMARK.load(
        data_dir, download, max_unpacked_gb, ks=(1, 10, 100, 1000)
    )


def _find_official(root):
    train = locate(root, _LISTS["train"])
    return train and _read(lists=train.parent, images=train.parent)


def _find_info_files(root):
    train = locate(root, f"Info_Files/{_LISTS['train']}")
    if train is None:
        return None
    return _read(lists=train.parent, images=train.parent.parent / "images")


def _find_archive(root, extract):
    products = {f"{_FOLDER}.zip": f"{_FOLDER}/{_LISTS['train']}"}
    return _find_official(root) if extract(root, products) else None


def _read(lists, images):
    """The `Listing`, or None where a list or all folders of images miss."""
    has_lists = all((lists / name).is_file() for name in _LISTS.values())
    if not has_lists or not any(images.glob("*_final")):
        return None
    paths, class_ids, splits = [], [], []
    for split, name in _LISTS.items():
        _, ids, _, files = read_columns(lists / name, [int, int, int, str], 1)
        paths += [f"{images}/{file}" for file in files]
        class_ids += ids
        splits += [split] * len(ids)
    return Listing(paths, class_ids, splits)


FORMS = (
    Form(
        "official folder: Ebay_train.txt and Ebay_test.txt beside "
        "bicycle_final/ and the other folders of images",
        _find_official,
    ),
    Form(
        "re-packed folder: Info_Files/Ebay_train.txt and "
        "Info_Files/Ebay_test.txt beside images/bicycle_final/",
        _find_info_files,
    ),
    Form(f"official archive {_FOLDER}.zip", _find_archive, has_archives=True),
    prepared_form(_BUILDER.name, label="class_id"),
)
_BENCHMARK = Benchmark(
    name="stanford_online_products",
    forms=FORMS,
    counts={"train": (59551, 11318), "test": (60502, 11316)},
    origin=(
        "Described at https://cvgl.stanford.edu/projects/lifted_struct/, "
        f"archive at ftp://cs.stanford.edu/cs/cvgl/{_FOLDER}.zip "
        f"(3,083,860,082 bytes, sha256 {_SHA256}). The numbers of images and "
        "products are checked after loading."
    ),
    builder=_BUILDER,
)
