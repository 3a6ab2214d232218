"""The Arrow files of a Hugging Face data set, by split."""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
from collections.abc import Sequence
from typing import NamedTuple
from typing import Optional

from dnc_keras.datasets.downloading import reason
from dnc_keras.datasets.messages import first_few
from dnc_keras.datasets.own_splits import check_complete
from dnc_keras.datasets.own_splits import split_of
from dnc_keras.datasets.own_splits import split_of_name
from dnc_keras.support.damage import reading
from dnc_keras.support.extras import import_extra

_STATE, _DICT, _INFO = "state.json", "dataset_dict.json", "dataset_info.json"
_REMEDY = "Save or copy the data set again."
_SHARD = re.compile(r"(?:.*-)?([\w.]+?)(?:-\d{5}-of-\d{5})?\.arrow")
_CONFIG = re.compile(r"(.+?)(?::([\w.+-]+))?")


class SplitFile(NamedTuple):
    """An Arrow file, and the split that it is of, "" where nothing says."""

    split: str
    file: pathlib.Path


def find_in_folder(folder: pathlib.Path) -> tuple[str, list[SplitFile]]:
    """What a folder is, for people, and its Arrow files.

    Args:
        folder: written by `save_to_disk`, or with parquet files, which
            `datasets` then writes as Arrow into its cache, once.

    Raises:
        ValueError, OSError: for other folders, and damaged ones.
    """
    if (folder / _STATE).is_file():
        return "Hugging Face save_to_disk", _saved(folder, "")
    if (folder / _DICT).is_file():
        splits = _json(folder / _DICT, "splits")
        return "Hugging Face save_to_disk", [
            file for split in splits for file in _saved(folder / split, split)
        ]
    files = [
        file for file in sorted(folder.rglob("*.parquet")) if file.is_file()
    ]
    if files:
        return "Hugging Face parquet", _of_parquet(folder, files)
    raise FileNotFoundError(
        f"{str(folder)!r} must be a folder of a Hugging Face data set. "
        f"Received: a folder without {_STATE}, {_DICT} and .parquet files. "
        "Write it with save_to_disk, or download the parquet files."
    )


def _saved(folder, split):
    names = _json(folder / _STATE, "_data_files")
    with reading(folder / _STATE, "of a Hugging Face data set", _REMEDY):
        files = [folder / entry["filename"] for entry in names]
    missing = [file for file in files if not file.is_file()]
    if missing or not files:
        raise FileNotFoundError(
            f"All files that {_STATE} names must be there. Missing of "
            f"{len(files)}: {first_few(missing, limit=3) or 'none'}. {_REMEDY}"
        )
    return [SplitFile(split, file) for file in files]


def _json(file, key) -> list:
    with reading(file, "JSON of a Hugging Face data set", _REMEDY):
        value = json.loads(file.read_text(encoding="utf-8"))[key]
        if not isinstance(value, list):
            raise TypeError(f"{key} of type {type(value).__name__}")
        return value


def _of_parquet(folder, files):
    check_complete(files)
    configs = sorted({_config_of(file, folder) for file in files})
    if len(configs) > 1:
        raise ValueError(
            f"The parquet files of {str(folder)!r} must be of one "
            f"configuration. Received: those of {first_few(configs)}. Name the "
            "folder of one."
        )
    by_split = {}
    for file in files:
        by_split.setdefault(split_of(file, folder), []).append(file)
    return [
        SplitFile(split, pathlib.Path(made["filename"]))
        for split, files in by_split.items()
        for made in _as_arrow(split, files)
    ]


def _config_of(file, folder):
    """Its folders, without those that name a split."""
    parts = file.relative_to(folder).parts[:-1]
    return "/".join(part for part in parts if not split_of_name(part))


def _as_arrow(split, files):
    """Writes parquet files as Arrow, whose images can be read in place."""
    hub = _import_datasets("parquet files")
    names = list(map(str, files))
    with (
        _quiet(hub),
        reading(names[0], "a whole parquet file", "Copy it again."),
    ):
        try:
            made = hub.Dataset.from_parquet(names, split=split or "train")
        except hub.exceptions.DatasetGenerationError as error:
            raise ValueError(reason(error.__cause__ or error)) from error
        return made.cache_files


def find_in_cache(
    name: str, cache_dir: Optional[pathlib.Path], download: bool
) -> tuple[str, list[SplitFile]]:
    """The same for a data set that `datasets` has in its cache.

    Args:
        name: OWNER/NAME or NAME, with ":CONFIG" where there are several.
        cache_dir: the cache. None: that of `datasets`.
        download: whether `datasets` may fetch it from the Hub.

    Raises:
        ValueError, OSError: where it is not there, or several configurations
            are.
    """
    hub = _import_datasets(f"dataset=hf:{name}")
    repository, config = _CONFIG.fullmatch(name).groups()
    cache = pathlib.Path(cache_dir or hub.config.HF_DATASETS_CACHE)
    folders = _cached(hub, cache, repository, config)
    if not folders and download:
        _download(hub, cache, repository, config)
        folders = _cached(hub, cache, repository, config)
    if not folders:
        raise FileNotFoundError(
            "hf: must name a folder, or a data set in the cache of Hugging "
            f"Face's datasets. Received: {name!r}, which is neither here nor "
            f"in {str(cache)!r}. Give its path, or let --download fetch it."
        )
    configs = sorted({folder.parts[-3] for folder in folders})
    if len(configs) > 1:
        raise ValueError(
            f"hf:{name} has several configurations in {str(cache)!r}: "
            f"{first_few(configs)}. Name one: hf:{repository}:CONFIG."
        )
    newest = max(folders, key=lambda folder: folder.stat().st_mtime)
    return "Hugging Face cache", _of_cache(newest)


def _cached(hub, cache, repository, config) -> Sequence[pathlib.Path]:
    """The folders CONFIG/VERSION/HASH of a data set."""
    *owner, name = repository.split("/")
    name = hub.naming.camelcase_to_snakecase(name)
    root = cache / "___".join([*owner, name])
    found = [file.parent for file in root.glob(f"*/*/*/{_INFO}")]
    return [f for f in found if config in (None, f.parts[-3])]


def _of_cache(folder):
    # What `map` has written begins with cache-.
    files = [
        file
        for file in sorted(folder.glob("*.arrow"))
        if file.is_file() and not file.name.startswith("cache-")
    ]
    if not files:
        raise FileNotFoundError(
            f"{str(folder)!r} must hold Arrow files. Received: none. Load the "
            "data set with Hugging Face's datasets again."
        )
    check_complete(files)
    return [
        SplitFile(_SHARD.fullmatch(file.name).group(1), file) for file in files
    ]


def _download(hub, cache, repository, config):
    try:
        with _quiet(hub):
            hub.load_dataset(repository, config, cache_dir=str(cache))
    except Exception as error:  # Of any kind: of network, disk, package.
        raise ValueError(
            f"datasets of Hugging Face cannot download {repository}: "
            f"{reason(error)}. Download it elsewhere, and give its folder."
        ) from error


def _import_datasets(purpose):
    needed = f"{purpose} needs datasets of Hugging Face"
    # First a module of it: a folder of the user may also be called datasets.
    import_extra("datasets.naming", "hf", needed)
    hub = import_extra("datasets", "hf", needed)
    # Versions before ran the script of a data set.
    if int(hub.__version__.partition(".")[0]) < 4:
        raise ValueError(
            "datasets of Hugging Face must be of version 4 or newer, which "
            f"run no code of a data set. Received: {hub.__version__}. Run "
            "`pip install -U datasets`."
        )
    return hub


@contextlib.contextmanager
def _quiet(hub):
    """Without its bars and lines: what is wrong is raised, and said once."""
    shows = not hub.are_progress_bars_disabled()
    log = hub.utils.logging
    verbosity = log.get_verbosity()
    hub.disable_progress_bars()
    log.set_verbosity(log.CRITICAL)
    try:
        yield
    finally:
        log.set_verbosity(verbosity)
        if shows:
            hub.enable_progress_bars()
