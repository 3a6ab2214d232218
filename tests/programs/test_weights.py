"""Weights that cannot be had are told before anything else is done."""

from __future__ import annotations

import os
import subprocess
import sys

NAME = "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"


def test_a_machine_without_internet_says_where_the_weights_go(tmp_path):
    kept = tmp_path / ".keras" / "models" / NAME
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"half a file")
    # Nobody listens there.
    proxy = "http://127.0.0.1:1"
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "KERAS_HOME": str(tmp_path / ".keras"),
        **{"http_proxy": proxy, "https_proxy": proxy, "no_proxy": ""},
    }
    command = [sys.executable, "-m", "dnc_keras.train", "--dataset=cars196"]
    ended = subprocess.run(
        [*command, "--data_dir=gone", f"--run_dir={tmp_path / 'run'}"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    line = ended.stderr.splitlines()[-1]
    assert line.startswith(
        "error: weights=imagenet needs the file of resnet50 in Keras' folder, "
        f"or a connection to download it. Received: {kept} was damaged, and "
    )
    assert f"/{NAME} into ~/.keras/models, or" in line
    assert line.endswith(
        "or use --weights=FILE, or --weights= for a random start."
    )
    assert not (tmp_path / "run").exists()
