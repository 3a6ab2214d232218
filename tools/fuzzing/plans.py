"""Plans of experiments: a good one, and odd ones made of it."""

from __future__ import annotations

from fuzzing import damage

NAME = "tiny.plan"
_NAMES = (
    *("", " ", "all", "control", "two", "CONTROL", "a b", ".", "..", "../x"),
    *("a/b", "é", "\udcff", "\x1b[31m", "x" * 300, "#", "-x", "a:b", "0"),
)
_FLAGS = (
    *("", "--", "-", "=", "--=", "--gone", "--seed=1", "--run_dir=x", "--help"),
    *("--margin", "--margin=", "--margin=nan", "--nomargin", "--flip=2"),
    *("--margin=0.3 --margin=0.3", "--loss=gone.module:f", "--loss='", '"'),
    *("--select=test", "--plan=x", "--flagfile=x", "--margin=\x1b[31m", "\\"),
    *("--dataset=digits", "--num_learners=3", "--weights=\udcff", "# --gone"),
)


def write_plan(folder, images, settings):
    """A plan of two variants, in a folder.

    Args:
        folder: of the plan.
        images: class folders to train on.
        settings: flags of all variants.
    """
    common = ["--dataset=folder", f"--data_dir={images}", *settings]
    (folder / NAME).write_text(
        f"all: {' '.join(common)}\n\n"
        "control: --num_learners=1\n"
        "two: --num_learners=2  # Two learners.\n"
    )


def make_odd(rng, path):
    """One to three things of a plan become odd."""
    for _ in range(rng.randint(1, 3)):
        data = path.read_bytes()
        change = rng.choice((damage.damaged, _add_line, _add_flag, _repeat))
        path.write_bytes(change(rng, data))


def _add_line(rng, data):
    # What is trained must be over soon: it may be one tiny run.
    line = f"{rng.choice(_NAMES)}: {rng.choice(_FLAGS)}\n"
    return data + line.encode(errors="surrogateescape")


def _add_flag(rng, data):
    lines = data.splitlines()
    place = rng.randrange(len(lines) or 1)
    lines[place : place + 1] = [
        b"".join(lines[place : place + 1])
        + f" {rng.choice(_FLAGS)}".encode(errors="surrogateescape")
    ]
    return b"\n".join(lines) + b"\n"


def _repeat(rng, data):
    lines = data.splitlines(keepends=True)
    return data + b"\n" + (rng.choice(lines) if lines else b"")
