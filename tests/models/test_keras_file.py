"""A `.keras` file of a stranger runs no code of its own."""

from __future__ import annotations

import json
import sys
import zipfile

import numpy as np
import pytest

from dnc_keras._keras import keras
from dnc_keras._keras import keras_version
from dnc_keras.models.keras_file import open_keras_file


def leave_a_trace(x):
    """What a file must not be able to call."""
    raise AssertionError("code of the file ran")


def model(*layers):
    inputs = keras.Input([4])
    outputs = inputs
    for layer in layers:
        outputs = layer(outputs)
    return keras.Model(inputs, outputs)


@pytest.fixture
def path(tmp_path):
    """A harmless file."""
    file = tmp_path / "best.keras"
    model(keras.layers.Dense(3)).save(file)
    return file


def edit(path, change):
    """Rewrites the configuration in a file."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    change(config)
    parts["config.json"] = json.dumps(config)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_a_model_of_keras_is_opened(path):
    assert open_keras_file(path)(np.ones([2, 4], np.float32)).shape == (2, 3)


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5")
def test_hdf5_by_the_name_of_a_keras_file_is_refused(tmp_path):
    file = tmp_path / "model.h5"
    model(keras.layers.Lambda(lambda x: x + 1)).save(file)
    renamed = file.rename(tmp_path / "best.keras")
    with pytest.raises(ValueError, match="zip format of .keras"):
        open_keras_file(renamed)


def test_a_folder_is_refused(tmp_path):
    folder = tmp_path / "best.keras"
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"")
    with pytest.raises(OSError):
        open_keras_file(folder)


def test_a_lambda_layer_is_refused(tmp_path):
    file = tmp_path / "best.keras"
    model(keras.layers.Lambda(lambda x: x + 1)).save(file)
    with pytest.raises(ValueError, match="(?i)lambda"):
        open_keras_file(file)


@pytest.mark.parametrize("module", ["os", "subprocess", __name__, "keras_evil"])
def test_a_module_of_others_is_refused(path, module):
    def change(config):
        layer = config["config"]["layers"][-1]
        layer.update(module=module, class_name="system", registered_name="x")

    edit(path, change)
    with pytest.raises(ValueError, match="whose code would run"):
        open_keras_file(path)


def test_a_function_of_others_deep_within_is_refused(path):
    function = {"module": "os", "class_name": "function", "config": "system"}

    def change(config):
        config["config"]["layers"][-1]["config"]["activation"] = function

    edit(path, change)
    with pytest.raises(ValueError, match="whose code would run"):
        open_keras_file(path)


@pytest.mark.parametrize("name", ["io.write_file", "raw_ops.WriteFile"])
def test_a_function_that_reaches_beyond_tensors_is_refused(path, name):
    def change(config):
        config["config"]["layers"][-1].update(
            class_name="TFOpLambda", config={"function": name}
        )

    edit(path, change)
    with pytest.raises(ValueError, match="layers that compute"):
        open_keras_file(path)


def test_a_registered_layer_is_opened(tmp_path):
    @keras.utils.register_keras_serializable("test_keras_file")
    class Twice(keras.layers.Layer):
        def call(self, inputs):
            return 2 * inputs

    file = tmp_path / "best.keras"
    model(Twice()).save(file)
    assert open_keras_file(file)(np.ones([1, 4])).numpy().tolist() == [[2] * 4]


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"\x89HDF\r\n\x1a\n"])
def test_what_is_no_zip_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match="whole file in the zip format"):
        open_keras_file(path)


def test_a_configuration_that_is_no_json_is_refused(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{")
    with pytest.raises(ValueError, match="with a config.json. Received"):
        open_keras_file(path)


def test_a_configuration_that_is_missing_is_named(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", "{}")
    with pytest.raises(ValueError, match="with a config.json. Received"):
        open_keras_file(path)


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_any_byte_that_is_another_one_is_noticed(path, name):
    with zipfile.ZipFile(path) as archive:
        member = archive.read(name)
    content = path.read_bytes()
    begin = content.index(member)
    for place in np.linspace(begin, begin + len(member) - 1, 40, dtype=int):
        changed = bytearray(content)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(ValueError, match="is damaged|Bad CRC"):
            open_keras_file(path)


def test_a_file_that_unpacks_to_gigabytes_is_refused_unread(path):
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("more", "w", force_zip64=True) as member:
            for _ in range(1025):
                member.write(bytes(2**20))
    with pytest.raises(ValueError, match=r"unpacked, more than 1,073,741,824"):
        open_keras_file(path)


def test_a_network_of_kerashub_needs_it(path, monkeypatch):
    def change(config):
        layer = config["config"]["layers"][-1]
        layer.update(
            module="keras_hub.src.models.vit.vit_backbone",
            class_name="ViTBackbone",
            registered_name="keras_hub>ViTBackbone",
        )

    monkeypatch.setitem(sys.modules, "keras_hub", None)
    edit(path, change)
    with pytest.raises(ValueError) as raised:
        open_keras_file(path)
    told = f"{path}, which has layers of keras_hub, needs "
    is_keras_3 = keras_version().startswith("keras 3")
    told += "keras-hub." if is_keras_3 else "KerasHub, and that Keras 3."
    assert str(raised.value).startswith(told)
