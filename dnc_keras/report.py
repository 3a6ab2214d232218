"""One page about a run, readable without anything else."""

from __future__ import annotations

import html
import json
import string

from dnc_keras.runs import RunDirectory
from dnc_keras.whole_files import read_json

_PAGE = string.Template(
    """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2em auto;
       max-width: 60em; padding: 0 1em; }
div { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: .2em .8em; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
tr + tr { border-top: 1px solid #8885; }
</style>
</head>
<body>
<h1>$title</h1>
<p>$protocol.</p>
<h2>Test classes, none of them trained on</h2>
<div>$metrics</div>
<h2>Epochs</h2>
<div>$epochs</div>
<h2>Data, seconds and versions</h2>
<div>$facts</div>
<h2>Settings</h2>
<div>$settings</div>
</body>
</html>
"""
)


def write_report(run: RunDirectory):
    """Writes `report.html` from the run's `result.json` and `log.jsonl`."""
    result = read_json(run.result)
    lines = run.log.read_text(encoding="utf-8").splitlines()
    counts = {k: v for k, v in result.items() if k.startswith("num_")}
    page = _PAGE.substitute(
        title=html.escape(f"{result['dataset']}: {run.path.name}"),
        protocol=html.escape(result["protocol"]),
        metrics=_table(
            ["", "before", "after"],
            [
                [name, result["before"].get(name, ""), value]
                for name, value in result["test"].items()
            ],
        ),
        epochs=_table_of_dicts([json.loads(line) for line in lines]),
        facts=_rows(counts, result["seconds"], result["versions"]),
        settings=_rows(result["config"]),
    )
    run.report.write_text(page, encoding="utf-8")


def _table_of_dicts(entries):
    names = list(dict.fromkeys(name for entry in entries for name in entry))
    return _table(
        names, [[entry.get(name, "") for name in names] for entry in entries]
    )


def _rows(*parts):
    return _table(["", ""], [row for part in parts for row in part.items()])


def _table(header, rows):
    head = "".join(f"<th>{html.escape(name)}</th>" for name in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{_cell(x)}</td>" for x in row) + "</tr>\n"
        for row in rows
    )
    return f"<table>\n<tr>{head}</tr>\n{body}</table>"


def _cell(value):
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return html.escape(text)
