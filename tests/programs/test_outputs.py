"""An output that cannot be written is told before the work."""

from __future__ import annotations

import pytest
from helpers.compared_runs import write_run

WORK = {
    "evaluate": (["--export_dir=gone"], ["json"]),
    "search": (
        ["--export_dir=gone", "--gallery=gone", "--query=gone"],
        ["json", "html"],
    ),
    "datasets": (["--dataset=folder", "--data_dir=gone"], ["json"]),
    "compare": (["gone", "gone-2"], ["json", "csv", "classes_csv", "png"]),
}
OUTPUTS = [
    (program, name) for program, (_, names) in WORK.items() for name in names
]


@pytest.mark.parametrize("path", ["none/out", "folder", "folder/", "file/out"])
@pytest.mark.parametrize("program, name", OUTPUTS)
def test_a_file_that_cannot_be_written(refused, tmp_path, program, name, path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("kept")
    line = refused(program, *WORK[program][0], f"--{name}={path}")
    assert line == (
        f"error: --{name} must be a file in a folder that exists. Received: "
        f"{path!r}. Make the folder, or give a file's name."
    )


@pytest.mark.parametrize(
    "program, names",
    [
        ("search", ("html", "json")),
        ("compare", ("csv", "json")),
        ("compare", ("png", "csv")),
    ],
)
def test_two_outputs_of_one_name(refused, tmp_path, program, names):
    first, second = names
    line = refused(
        program, *WORK[program][0], f"--{first}=out", f"--{second}=./out"
    )
    assert line.startswith("error: Each output must have a file of its own.")
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_is_the_query(refused, tmp_path):
    (tmp_path / "one.png").write_bytes(b"kept")
    line = refused("search", "--gallery=g", "--query=one.png", "--json=one.png")
    assert "Received: --json and --query, both 'one.png'" in line
    assert (tmp_path / "one.png").read_bytes() == b"kept"


@pytest.mark.parametrize(
    "program, name, others",
    [
        ("train", "run_dir", ["--data_dir=gone", "--dataset=folder"]),
        ("export_model", "export_dir", ["--run_dir=gone"]),
        ("search", "cache_dir", ["--gallery=gone", "--query=gone"]),
    ],
)
@pytest.mark.parametrize("path", ["file", "file/deeper"])
def test_a_folder_that_is_a_file(
    refused, tmp_path, program, name, others, path
):
    (tmp_path / "file").write_text("kept")
    line = refused(program, *others, f"--{name}={path}")
    assert line.startswith(f"error: --{name} must be a folder. Received: ")


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"config.json": "{}"},
        {"config.json": '{"model_type": "bert"}', "result.json": "{}"},
        {"config.json": "no JSON"},
        {"result.json": '{"test": 1}', "log.jsonl": '{"epoch": 1, "x": 2}\n'},
    ],
)
def test_report_writes_into_no_other_folder(refused, tmp_path, files):
    folder = tmp_path / "of others"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    line = refused("report", f"--run_dir={folder}", "--noembed")
    assert line.startswith("error: run_dir must be a folder written by")
    assert sorted(p.name for p in folder.iterdir()) == sorted(files)


@pytest.mark.parametrize("left", ["config.json", "result.json"])
def test_report_takes_what_is_left_of_a_run(start, tmp_path, left):
    run = write_run(tmp_path / "run")
    for file in run.iterdir():
        if file.name != left:
            file.unlink()
    ended = start("report", f"--run_dir={run}", "--noembed")
    assert ended.code == 0, ended.stderr
    assert (run / "report.html").is_file()
