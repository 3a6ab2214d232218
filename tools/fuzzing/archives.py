"""Archives of a tiny CUB200-2011, good, damaged and hostile."""

from __future__ import annotations

import gzip
import io
import tarfile

import numpy as np
from PIL import Image

from fuzzing import damage

NAME = "CUB_200_2011.tgz"
_CLASSES = (1, 2, 101, 102)
_ZEROS, _NUM_ZEROS = 2**24, 2**7  # 2 GB, of which gzip makes 9 MB.


def write_archive(rng, path):
    """Writes an archive, mostly a damaged one."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, content in _files().items():
            _add(archive, name, content)
        if rng.random() < 0.4:
            _add_odd(rng, archive)
    tar = file.getvalue()
    if rng.random() < 0.3:
        tar = damage.damaged(rng, tar)
    data = gzip.compress(tar, 1)
    if rng.random() < 0.1:
        data = _with_bomb(tar)
    elif rng.random() < 0.3:
        data = damage.damaged(rng, data)
    path.write_bytes(data)


def _with_bomb(tar):
    """A gzip in many pieces, most of them zeros of one large file."""
    info = tarfile.TarInfo("CUB_200_2011/bomb")
    info.size = _NUM_ZEROS * _ZEROS
    zeros = gzip.compress(bytes(_ZEROS), 1)
    end = tar.rstrip(b"\0")
    end += bytes(-len(end) % 512)
    return gzip.compress(end + info.tobuf(), 1) + zeros * _NUM_ZEROS


def _files():
    folder, files = "CUB_200_2011", {}
    rows = [(n, f"{n:03}.Bird/{i}.png") for n in _CLASSES for i in range(2)]
    for label, name in rows:
        pixels = np.full([6, 6, 3], label, np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        files[f"{folder}/images/{name}"] = file.getvalue()
    lines = {
        "images.txt": [name for _, name in rows],
        "image_class_labels.txt": [label for label, _ in rows],
    }
    for name, values in lines.items():
        text = "".join(f"{n} {v}\n" for n, v in enumerate(values, 1))
        files[f"{folder}/{name}"] = text.encode()
    return files


def _add(archive, name, content, **fields):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    archive.addfile(info, io.BytesIO(content))


def _add_odd(rng, archive):
    kind = rng.randrange(4)
    if kind == 0:
        names = ("../evil", "/tmp/evil", "a\\..\\b", "C:/x", "x" * 300, "")
        _add(archive, rng.choice(names), b"evil")
    elif kind == 1:
        types = (b"1", b"2", b"3", b"6", b"S", b"L", b"x", b"g", b"?")
        _add(archive, "CUB_200_2011/x", b"", type=rng.choice(types))
    elif kind == 2:
        _add(archive, "CUB_200_2011/images.txt", b"1 x\n1 x\n")
    else:
        for number in range(3000):
            _add(archive, f"CUB_200_2011/{number}", b"")
