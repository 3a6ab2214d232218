"""Converted weights give torch's features; other files are refused."""

from __future__ import annotations

import numpy as np
import pytest

from dnc_keras.backbones import build_backbone

torch = pytest.importorskip("torch")

TOOL = "tools/convert_torchvision_resnet50.py"
MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


class Bottleneck(torch.nn.Module):
    """A block of torchvision's ResNet-50, with its names."""

    def __init__(self, in_filters, filters, stride):
        super().__init__()
        nn, out_filters = torch.nn, 4 * filters
        self.conv1 = nn.Conv2d(in_filters, filters, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.conv3 = nn.Conv2d(filters, out_filters, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_filters)
        self.downsample = nn.Identity()
        if in_filters != out_filters:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_filters, out_filters, 1, stride, bias=False),
                nn.BatchNorm2d(out_filters),
            )

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        return torch.relu(self.bn3(self.conv3(y)) + self.downsample(x))


class ResNet50(torch.nn.Module):
    """ResNet-50 v1.5 with the names of torchvision, up to the features."""

    def __init__(self):
        super().__init__()
        nn = torch.nn
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = self._stage(64, 64, 3, 1)
        self.layer2 = self._stage(256, 128, 4, 2)
        self.layer3 = self._stage(512, 256, 6, 2)
        self.layer4 = self._stage(1024, 512, 3, 2)
        self.fc = nn.Linear(2048, 1000)

    def _stage(self, in_filters, filters, num_blocks, stride):
        blocks = [Bottleneck(in_filters, filters, stride)]
        for _ in range(num_blocks - 1):
            blocks.append(Bottleneck(4 * filters, filters, 1))
        return torch.nn.Sequential(*blocks)

    def forward(self, x):
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return x.mean(dim=(2, 3))


@pytest.fixture(scope="module")
def network():
    """A network whose every parameter and statistic is drawn."""
    torch.manual_seed(0)
    network = ResNet50().eval()
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight)
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, std=0.1)
            torch.nn.init.normal_(module.running_mean, std=0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    return network


@pytest.fixture
def convert(start, tmp_path):
    """Saves an object with torch and runs the tool on it."""

    def convert(state):
        torch.save(state, tmp_path / "resnet50.pth")
        return start(
            TOOL, "--state_dict=resnet50.pth", "--output=resnet50.weights.h5"
        )

    return convert


def converted(folder, image_size):
    path = str(folder / "resnet50.weights.h5")
    return build_backbone("resnet50_torchvision", image_size, path)


def test_features_are_those_of_torch(network, convert, tmp_path):
    ended = convert(network.state_dict())
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout == "resnet50.weights.h5: 23,561,152 values\n"
    # Wrong paddings show in one of them only: strides meet odd and even sizes.
    for image_size in (64, 97):
        images = draw_images(image_size)
        expected = torch_features(network, images)
        # They tell the images apart: they are not those of the biases.
        assert expected.std(axis=0).mean() > 0.03 * expected.mean()
        np.testing.assert_allclose(
            converted(tmp_path, image_size)(images, training=False),
            expected,
            rtol=1e-4,
            atol=1e-4 * expected.max(),
        )


def draw_images(image_size):
    """Noise, each image in a colour of its own."""
    rng = np.random.default_rng(0)
    noise = rng.uniform(0, 255, [3, image_size, image_size, 3])
    return (noise * rng.random([3, 1, 1, 3])).astype(np.float32)


def torch_features(network, images):
    scaled = (images / 255 - MEAN) / DEVIATION
    scaled = scaled.transpose(0, 3, 1, 2).astype(np.float32)
    with torch.no_grad():
        return network(torch.from_numpy(scaled)).numpy()


def test_a_checkpoint_is_unwrapped(network, convert, tmp_path):
    state = {f"module.{k}": v.half() for k, v in network.state_dict().items()}
    assert convert({"state_dict": state, "epoch": 3}).code == 0
    layer = converted(tmp_path, 32).get_layer("layer2_0_downsample_0")
    expected = state["module.layer2.0.downsample.0.weight"].float().numpy()
    np.testing.assert_array_equal(
        layer.get_weights()[0], expected.transpose(2, 3, 1, 0)
    )


def test_missing_and_unexpected_keys_are_named(network, convert, tmp_path):
    state = dict.fromkeys(network.state_dict(), torch.zeros([1]))
    state["layer1.3.conv1.weight"] = state.pop("layer1.2.conv1.weight")
    ended = convert(state)
    assert ended.code == 2
    assert ended.stderr == (
        "error: --state_dict must hold the 265 keys of ResNet-50. Missing: "
        "layer1.2.conv1.weight. Unexpected: layer1.3.conv1.weight.\n"
    )
    assert not (tmp_path / "resnet50.weights.h5").exists()


def test_of_many_keys_a_few_are_named(convert):
    ended = convert({"conv1.weight": torch.zeros([1]), "epoch": 3})
    assert ended.stderr == (
        "error: --state_dict must hold the 265 keys of ResNet-50. Missing: "
        "bn1.weight, bn1.bias, bn1.running_mean, bn1.running_var, "
        "layer1.0.conv1.weight and 259 more. Unexpected: epoch.\n"
    )


def test_a_shape_of_another_network_is_named(network, convert):
    ended = convert(dict.fromkeys(network.state_dict(), torch.zeros([1])))
    assert ended.code == 2
    assert ended.stderr == (
        "error: conv1.weight must be (7, 7, 3, 64) in Keras' order of "
        "dimensions. Received: (1,). Use a ResNet-50.\n"
    )


@pytest.mark.parametrize("state", [[1, 2], {}, {"state_dict": 3}])
def test_what_is_no_state_dict_is_refused(convert, state):
    ended = convert(state)
    assert ended.code == 2
    assert ended.stderr.startswith(
        "error: --state_dict must hold a dict of tensors. Received: a "
    )


def test_a_whole_model_is_refused(convert):
    ended = convert(torch.nn.Linear(1, 1))
    assert ended.code == 2
    assert ended.stderr == (
        "error: --state_dict must be a file of torch.save(model.state_dict(), "
        "FILE), not of the whole model. Received: 'resnet50.pth', which "
        "torch.load refuses.\n"
    )


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            ["--state_dict=gone.pth", "--output=resnet50.weights.h5"],
            "--state_dict must be a file. Received: 'gone.pth', which is none. "
            "Use for example --state_dict=resnet50.pth.",
        ),
        (
            ["--output=resnet50.h5"],
            "--output must end in .weights.h5. Received: 'resnet50.h5'. "
            "Use for example --output=resnet50.weights.h5.",
        ),
        (
            ["resnet50.pth"],
            "Arguments must be flags, --name=value. Received: 'resnet50.pth'. "
            "See --help.",
        ),
    ],
)
def test_bad_arguments_are_one_line(start, arguments, message):
    ended = start(TOOL, *arguments)
    assert (ended.code, ended.stderr) == (2, f"error: {message}\n")


def test_a_file_that_torch_cannot_read_is_refused(start, tmp_path):
    (tmp_path / "resnet50.pth").write_text("no weights")
    ended = start(
        TOOL, "--state_dict=resnet50.pth", "--output=resnet50.weights.h5"
    )
    assert ended.code == 2
    assert ended.stderr.startswith("error: --state_dict must be a file of ")


def test_help_tells_the_flags(start):
    ended = start(TOOL, "--help")
    assert ended.code == 0
    assert "--state_dict" in ended.stdout
    assert "Example: python tools/convert_torchvision" in ended.stdout
