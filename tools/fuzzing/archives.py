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
_BOMB = 2**31  # Bytes of zeros, of which gzip makes 2 MB.


def write_archive(rng, path):
    """Writes an archive, mostly a damaged one."""
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for name, content in _files().items():
            _add(archive, name, content)
        if rng.random() < 0.5:
            _add_odd(rng, archive)
    if rng.random() < 0.6:
        data = path.read_bytes()
        if rng.random() < 0.5:
            # Within, so that gzip does not find it first.
            tar = gzip.decompress(data)
            data = gzip.compress(damage.damaged(rng, tar), 1)
        else:
            data = damage.damaged(rng, data)
        path.write_bytes(data)


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
    kind = rng.randrange(5)
    if kind == 0:
        names = ("../evil", "/tmp/evil", "a\\..\\b", "C:/x", "x" * 300, "")
        _add(archive, rng.choice(names), b"evil")
    elif kind == 1:
        types = (b"1", b"2", b"3", b"6", b"S", b"L", b"x", b"g", b"?")
        _add(archive, "CUB_200_2011/x", b"", type=rng.choice(types))
    elif kind == 2:
        info = tarfile.TarInfo("CUB_200_2011/bomb")
        info.size = _BOMB
        with open("/dev/zero", "rb") as zeros:
            archive.addfile(info, zeros)
    elif kind == 3:
        _add(archive, "CUB_200_2011/images.txt", b"1 x\n1 x\n")
    else:
        for number in range(3000):
            _add(archive, f"CUB_200_2011/{number}", b"")
