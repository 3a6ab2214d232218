"""Commands with odd inputs, one for each case that starts a program."""

from __future__ import annotations

import csv
import dataclasses
import os
import pathlib
import re

from PIL import Image

from fuzzing import archives
from fuzzing import files
from fuzzing import folders
from fuzzing import plans
from fuzzing import tables
from fuzzing import vectors
from fuzzing.prepared import copy_of
from fuzzing.prepared import experiment_flags
from fuzzing.prepared import training_flags

_VALUES = (
    *("", " ", "0", "1", "-1", "2", "0.5", "1.5", "-0.5", "nan", "inf", "-inf"),
    *("1e308", "99999999999999999999", "text", "é", "\udcff", "x" * 5000),
    *("true", "fifo", "folder", "dangling", "loop", "nowhere/x", "empty"),
    *("/dev/null", "/dev/zero", "/dev/full", "~nobody/x", "=1+1", ",", "1,2"),
)
# More of them takes longer by right.
_LONG = ("epochs", "steps_per_epoch", "nmi_runs")
_WRITTEN = ("json", "html", "csv", "classes_csv", "png", "best")
_SPECIAL = ("help", "helpfull", "helpshort", "download", "strategy")


@dataclasses.dataclass
class Command:
    """A program and what is known of its inputs.

    Args:
        program: its name.
        arguments: of its command line.
        may_change: whether it may change files even when it fails.
        num_rows: images that it must count if it accepts; None: any number.
    """

    program: str
    arguments: list
    may_change: bool = False
    num_rows: int | None = None


def build(case, prepared, folder, flags) -> Command:
    """Writes the inputs of a case into a folder.

    Args:
        case: a `Case` of another kind than images and graph.
        prepared: a `Prepared`.
        folder: an empty folder, in which the program will run.
        flags: the names of the flags of each program.
    """
    rng = case.generator()
    _write_earlier_outputs(folder)
    makers = {
        "csv": _csv_command,
        "runs": _run_command,
        "programs": _odd_command,
        "archives": _archive_command,
        "vectors": _vectors_command,
    }
    return makers[case.kind](rng, prepared, folder, flags)


def _write_earlier_outputs(folder):
    (folder / "out.json").write_text('{"earlier": true}\n')
    (folder / "out.html").write_text("<html>earlier</html>\n")
    (folder / "out.csv").write_text("earlier\n1\n")
    Image.new("RGB", (2, 2)).save(folder / "out.png")


def _csv_command(rng, prepared, folder, flags):
    data = tables.any_table(rng, prepared.paths())
    (folder / "table.csv").write_bytes(data)
    source = ["--dataset=csv", "--data_dir=table.csv"]
    if rng.random() < 0.2:
        source.append("--unreadable=skip")
    program = rng.choice(("datasets",) * 6 + ("evaluate",) * 3 + ("train",))
    if program == "datasets":
        command = Command(program, [*source[:2], "--json=out.json"])
        command.num_rows = _num_rows(data)
        return command
    if program == "evaluate":
        export = f"--export_dir={prepared.export}"
        return Command(program, [export, *source, "--json=out.json", "--nonmi"])
    return Command(program, [*source, *training_flags("run")], may_change=True)


def _vectors_command(rng, prepared, folder, flags):
    data = folder / "data"
    data.mkdir()
    vectors.write_odd_vectors(rng, data)
    source = ["--dataset=vectors", "--data_dir=data"]
    program = rng.choice(("datasets",) * 6 + ("search",) * 3 + ("train",))
    if program == "datasets":
        command = Command(program, [*source, "--json=out.json"])
        command.num_rows = vectors.NUM_VECTORS
        return command
    if program == "search":
        found = sorted(data.glob("v*.np[yz]")) or [data / "v.npz"]
        arguments = _search(
            prepared, prepared.vectors_export, rng.choice(found)
        )
        return Command(program, arguments)
    if rng.random() < 0.2:
        source.append("--unreadable=skip")
    return Command(program, [*source, *training_flags("run")], may_change=True)


def _num_rows(data):
    try:
        return tables.num_rows(data)
    except (UnicodeError, csv.Error):
        return None


def _run_command(rng, prepared, folder, flags):
    run = copy_of(prepared.run, folder / "run")
    command = _on_run(rng, prepared, run)
    wanted = run / "export" if "search" == command.program else run
    if command.program == "experiment":
        wanted = copy_of(prepared.experiment, folder / "experiment")
    found = sorted(p for p in wanted.rglob("*") if p.is_file())
    likely = [p for p in found if "tensorboard" not in p.parts]
    for path in rng.sample(likely, rng.choice((1, 1, 2))):
        files.damage_file(rng, path)
    if rng.random() < 0.05:
        files.replace_folder(
            rng.choice(sorted(p for p in run.iterdir() if p.is_dir()))
        )
    return command


def _on_run(rng, prepared, run):
    program = rng.choice(
        (
            *("evaluate", "export_model", "report", "compare", "train"),
            *("search", "experiment"),
        )
    )
    if program == "train" and rng.random() < 0.7:
        (run / "result.json").unlink()
    data = ["--dataset=folder", f"--data_dir={prepared.images}"]
    arguments = {
        "evaluate": ["--run_dir=run", "--json=out.json", "--nonmi"],
        "export_model": ["--run_dir=run", "--export_dir=run/export"],
        "report": ["--run_dir=run"],
        "compare": ["run", str(prepared.run), *_compare_outputs(rng)],
        "train": [*data, *training_flags("run")],
        "search": _search(prepared, "run/export"),
        "experiment": _experiment(),
    }[program]
    may_change = program in ("train", "experiment")
    return Command(program, arguments, may_change)


def _experiment():
    return [*experiment_flags(pathlib.Path("experiment")), "--best=best.cfg"]


def _compare_outputs(rng):
    return ["--json=out.json", "--csv=out.csv"] + ["--png=out.png"] * (
        rng.random() < 0.3
    )


def _search(prepared, export, images=None):
    images = images or prepared.images
    return [
        *(f"--export_dir={export}", f"--gallery={images}"),
        *(f"--query={images}", "--html=out.html", "--json=out.json"),
    ]


def _odd_command(rng, prepared, folder, flags):
    images = copy_of(prepared.images, folder / "images")
    program = rng.choice(sorted(flags))
    arguments = _good_arguments(program, prepared, rng)
    if program == "experiment":
        copy_of(prepared.experiment, folder / "experiment")
    if "images" in " ".join(arguments) and rng.random() < 0.5:
        folders.add_odd_entries(rng, images)
    elif program == "experiment" and rng.random() < 0.5:
        plans.make_odd(rng, folder / "experiment" / plans.NAME)
    else:
        _write_special(folder)
        arguments = _with_odd_flag(rng, arguments, flags[program])
    return Command(program, arguments, may_change=program == "train")


def _good_arguments(program, prepared, rng):
    data = ["--dataset=folder", "--data_dir=images"]
    if rng.random() < 0.3:
        data.append("--unreadable=skip")
    return {
        "train": [*data, *training_flags("run")],
        "evaluate": [
            *(f"--export_dir={prepared.export}", *data),
            *("--json=out.json", "--nonmi"),
        ],
        "export_model": [
            *(f"--run_dir={prepared.run}", "--export_dir=exported"),
            "--gallery=images",
        ],
        "search": _search(prepared, prepared.export, "images"),
        "report": [f"--run_dir={prepared.run}"],
        "compare": [
            *(str(prepared.run), str(prepared.run.parent / "run")),
            "--json=out.json",
        ],
        "datasets": [*data[:2], "--json=out.json"],
        "experiment": _experiment(),
    }[program]


def _with_odd_flag(rng, arguments, names):
    name = rng.choice(sorted(set(names) - set(_SPECIAL)))
    values = [v for v in _VALUES if name not in _LONG or v in ("", "0", "text")]
    if name in _WRITTEN:
        values.remove("fifo")  # Whoever writes into one waits for a reader.
    kept = [a for a in arguments if not re.match(rf"--{name}(=|$)", a)]
    form = f"--{name}={rng.choice(values)}"
    return [*kept, form if rng.random() < 0.95 else f"--{name}"]


def _write_special(folder):
    os.mkfifo(folder / "fifo")
    (folder / "folder").mkdir()
    (folder / "empty").touch()
    (folder / "dangling").symlink_to("nowhere")
    (folder / "loop").symlink_to("loop")


def _archive_command(rng, prepared, folder, flags):
    root = pathlib.Path(folder, "data")
    root.mkdir()
    archives.write_archive(rng, root / archives.NAME)
    arguments = ["--dataset=cub200_2011", "--data_dir=data", "--json=out.json"]
    return Command("datasets", arguments)
