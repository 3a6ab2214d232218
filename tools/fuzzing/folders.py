"""Folders of images with odd entries among the good ones."""

from __future__ import annotations

import os
import socket

from fuzzing.broken_pictures import any_picture
from fuzzing.outputs import MARKUP

_NAMES = (
    *("a b.png", "ü.png", "u\u0308.png", "-x.png", "a\nb.png", "\x1b[31m.png"),
    *("%s.png", "{0}.png", "'\".png", "\udcff.png", ".png", ".hidden.png"),
    *("UPPER.PNG", "x.jpeg", "x.webp", "x.gif", "x.bmp", "x.txt", "noname"),
    f"{MARKUP}.png",
    "=1+1.png",
    "x" * 200 + ".png",
)


def add_odd_entries(rng, root):
    """Adds one to four odd entries to a folder or to its class folders."""
    folders = [root, *sorted(path for path in root.iterdir() if path.is_dir())]
    for _ in range(rng.randint(1, 4)):
        path = rng.choice(folders) / rng.choice(_NAMES)
        if not os.path.lexists(path):
            rng.choice(_ENTRIES)(rng, path)


def _picture(rng, path):
    path.write_bytes(any_picture(rng)[1])


def _empty(rng, path):
    path.touch()


def _text(rng, path):
    path.write_text("no picture\n")


def _fifo(rng, path):
    os.mkfifo(path)


def _folder(rng, path):
    path.mkdir()


def _socket(rng, path):
    with socket.socket(socket.AF_UNIX) as server:
        # The paths of sockets are short.
        here = os.open(path.parent, os.O_RDONLY)
        server.bind(f"/proc/self/fd/{here}/{path.name[:40]}")
        os.close(here)


def _link(rng, path):
    targets = ("nowhere", path.name, "/dev/zero", "/dev/null", "..")
    path.symlink_to(rng.choice(targets))


def _large(rng, path):
    """A file of 3 GB, of which the disk holds nothing."""
    with open(path, "wb") as file:
        file.truncate(3 * 2**30)


_ENTRIES = (
    *(_picture,) * 8,
    *(_empty, _text, _fifo, _folder, _socket, _link, _link, _large),
)
