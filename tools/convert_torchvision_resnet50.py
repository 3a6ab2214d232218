"""Converts weights of torchvision's ResNet-50 for the backbone of that name.

The file has the state dict of a ResNet-50 of torchvision or of a model of that
layout, also inside of a checkpoint's "state_dict", also with "module." before
each name. Its last layer, `fc`, is left out.

Example: python tools/convert_torchvision_resnet50.py \\
             --state_dict=resnet50.pth --output=resnet50.weights.h5
         python -m dnc_keras.train \\
             --backbone=resnet50_torchvision --weights=resnet50.weights.h5
"""

from __future__ import annotations

import pathlib
import pickle
import re

from absl import flags

from dnc_keras import _cli
from dnc_keras.backbones import build_backbone
from dnc_keras.support.extras import import_extra

_cli.define_path("state_dict", "file of torch.save(model.state_dict())")
_cli.define_path("output", "file to write, .weights.h5")

_TORCH_NAMES = {
    "kernel": "weight",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
_UNUSED = re.compile(r"fc\.(weight|bias)|.+\.num_batches_tracked")


def main():
    path, output = flags.FLAGS.state_dict, flags.FLAGS.output
    if not output.endswith(".weights.h5"):
        raise ValueError(
            f"--output must end in .weights.h5. Received: {output!r}. "
            "Use for example --output=resnet50.weights.h5."
        )
    _cli.check_output_files("output")
    if not pathlib.Path(path).is_file():
        raise FileNotFoundError(
            f"--state_dict must be a file. Received: {path!r}, which is none. "
            "Use for example --state_dict=resnet50.pth."
        )
    state = _read_state_dict(path)
    network = build_backbone("resnet50_torchvision", image_size=32)
    assign(network, state)
    network.save_weights(output)
    print(f"{output}: {network.count_params():,} values")


def assign(network, state):
    """Gives each variable of the network its tensor of the state dict."""
    variables = {
        _key(layer, v): v for layer in network.layers for v in layer.variables
    }
    state = {k: v for k, v in state.items() if not _UNUSED.fullmatch(k)}
    _check_keys(variables, state)
    for key, variable in variables.items():
        array = _array(state[key])
        if array.shape != tuple(variable.shape):
            raise ValueError(
                f"{key} must be {tuple(variable.shape)} in Keras' order of "
                f"dimensions. Received: {array.shape}. Use a ResNet-50."
            )
        variable.assign(array)


def _key(layer, variable):
    """Torch's name: `layer1.0.bn1.weight` for gamma of `layer1_0_bn1`."""
    # The variable is `gamma` on Keras 3, `layer1_0_bn1/gamma:0` on Keras 2.
    name = variable.name.rpartition("/")[2].partition(":")[0]
    return f"{layer.name.replace('_', '.')}.{_TORCH_NAMES[name]}"


def _check_keys(expected, received):
    missing = [key for key in expected if key not in received]
    unexpected = [key for key in received if key not in expected]
    if missing or unexpected:
        raise ValueError(
            f"--state_dict must hold the {len(expected)} keys of ResNet-50. "
            f"Missing: {_some(missing)}. Unexpected: {_some(unexpected)}."
        )


def _some(names, num_shown=5):
    shown = ", ".join(names[:num_shown]) or "none"
    rest = len(names) - num_shown
    return f"{shown} and {rest} more" if rest > 0 else shown


def _array(tensor):
    array = tensor.float().numpy()
    # Kernels are [out, in, height, width] in torch.
    return array.transpose(2, 3, 1, 0) if array.ndim == 4 else array


def _read_state_dict(path):
    """The tensors of a file, by their names in torchvision."""
    state = _load(path)
    if isinstance(state, dict):
        state = state.get("state_dict", state)
    if not isinstance(state, dict) or not state:
        raise ValueError(
            "--state_dict must hold a dict of tensors. "
            f"Received: a {type(state).__name__} in {path}. "
            "Write it by torch.save(model.state_dict(), FILE)."
        )
    prefix = "module." if all(k.startswith("module.") for k in state) else ""
    return {key.removeprefix(prefix): state[key] for key in state}


def _load(path):
    reason = "Reading --state_dict needs torch"
    torch = import_extra("torch", "convert", reason)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (EOFError, RuntimeError, pickle.UnpicklingError) as error:
        raise ValueError(
            "--state_dict must be a file of torch.save(model.state_dict(), "
            f"FILE), not of the whole model. Received: {path!r}, which "
            "torch.load refuses."
        ) from error


if __name__ == "__main__":
    _cli.run(main)
