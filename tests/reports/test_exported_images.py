"""All images with their findings, as other programs read them."""

from __future__ import annotations

import base64
import io
import json
import zlib

import numpy as np
import pytest

from dnc_keras.reports.exported_images import write_fiftyone
from dnc_keras.reports.exported_images import write_wandb
from dnc_keras.runs.trained import TrainedRun


def test_fiftyone_gets_files_classes_parts_and_embeddings(run, tmp_path):
    write_fiftyone(TrainedRun(run), tmp_path / "fo")
    samples = json.loads((tmp_path / "fo" / "samples.json").read_text())
    by_name = {
        "/".join(sample["filepath"].split("/")[-3:]): sample
        for sample in samples["samples"]
    }
    assert len(by_name) == 16
    sample = by_name["test/x/1.png"]
    assert sample["ground_truth"] == {"_cls": "Classification", "label": "x"}
    assert sample["tags"][0] == "test"
    assert "learner" not in sample
    packed = base64.b64decode(sample["embedding"]["$binary"]["base64"])
    vector = np.load(io.BytesIO(zlib.decompress(packed)))
    # At 10 degrees on the circle.
    np.testing.assert_allclose(vector, [0.9848078, 0.1736482], rtol=1e-6)
    # The last clustering; "<script>..." comes before "ant".
    assert by_name["train/ant/0.png"]["learner"] == 1
    metadata = json.loads((tmp_path / "fo" / "metadata.json").read_text())
    assert metadata["media_type"] == "image"


def test_a_table_has_a_row_for_each_image(run, tmp_path):
    file = tmp_path / "found.table.json"
    write_wandb(TrainedRun(run), file)
    table = json.loads(file.read_text())
    assert (table["ncols"], table["nrows"]) == (7, 16)
    rows = [dict(zip(table["columns"], row)) for row in table["data"]]
    row = next(row for row in rows if row["file"] == "test/y/2.png")
    assert (row["class"], row["part"], row["learner"]) == ("y", "test", None)
    # At 200 degrees.
    expected = [-0.9396926, -0.3420201]
    np.testing.assert_allclose(row["embedding"], expected, rtol=1e-6)


def test_a_table_of_another_name_is_refused(run, tmp_path):
    with pytest.raises(ValueError, match="must end in .table.json"):
        write_wandb(TrainedRun(run), tmp_path / "found.json")
    assert not (tmp_path / "found.json").exists()
