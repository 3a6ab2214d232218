"""Archives of a few small files."""

from __future__ import annotations

import io
import tarfile
import zipfile

FILES = {"birds/images/Größe 1.JPG": b"1" * 70000, "birds/list.txt": b"2"}
PRODUCTS = {"birds.tgz": "birds"}


def write_tar(path, files=None, mode="w:gz", extra=()):
    """Writes files, then headers as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as archive:
        for name, content in (files or FILES).items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in extra:
            archive.addfile(info)
    return path


def write_zip(path, files=None):
    """Writes a folder of its own, then the files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("birds/images/", "")
        for name, content in (files or FILES).items():
            archive.writestr(name, content)
    return path


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def special_member(name, kind, target=""):
    """The header of a member that is not a plain file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info
