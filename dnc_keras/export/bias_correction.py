"""Takes out of an int8 model the shift that rounded weights cause.

A channel's weights, once rounded, are all a little too large or too small
together with the mean of what they multiply: behind a ReLU, which has a mean
far from 0, outputs move all by the same amount, more than by what images
differ. That amount is known, and belongs into the bias. Source: M. Nagel et
al., Data-Free Quantization Through Weight Equalization and Bias Correction,
ICCV 2019, section 4.2; the means are measured on images, as in its appendix D.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable

import numpy as np
from absl import logging
from tensorflow.lite.tools import flatbuffer_utils

_KINDS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def correct_biases(quantized: bytes, original: bytes, means: Callable) -> bytes:
    """Corrects the biases of all convolutions and dense layers.

    Args:
        quantized: the contents of a `.tflite` file with int8 weights.
        original: the same model in float32.
        means: function from indices of tensors in `original` to the mean of
            each channel of each of them, a list of `[num_channels]` arrays.

    Returns:
        The contents of the corrected file; `quantized` itself where its layers
        are not those of `original`.
    """
    parsed = _parsed(quantized)
    rounded, exact = _Layer.all_of(parsed), _Layer.all_of(_parsed(original))
    if [layer.form for layer in rounded] != [layer.form for layer in exact]:
        logging.warning(
            "The int8 model has other layers than that in float32: its biases "
            "are not corrected, and it may embed badly."
        )
        return quantized
    for layer, other, mean in zip(
        rounded, exact, means([layer.input_index for layer in exact])
    ):
        if layer.has_rounded_weights and other.has_weights:
            error = layer.weights() - other.weights()
            layer.shift_bias(-_output_mean(layer.kind, error, mean))
    return bytes(flatbuffer_utils.convert_object_to_bytearray(parsed))


@dataclasses.dataclass(frozen=True)
class _Layer:
    """An operator with weights in the object of a `.tflite` file."""

    kind: str
    operator: object
    model: object

    @classmethod
    def all_of(cls, model):
        codes = [
            flatbuffer_utils.opcode_to_name(model, code)
            for code in range(len(model.operatorCodes))
        ]
        return [
            cls(codes[operator.opcodeIndex], operator, model)
            for operator in model.subgraphs[0].operators
            if codes[operator.opcodeIndex] in _KINDS
        ]

    @property
    def input_index(self):
        return int(self.operator.inputs[0])

    @property
    def form(self):
        return self.kind, tuple(self._tensor(1).shape)

    @property
    def has_weights(self):
        """Whether they are constant: those of attention are not."""
        return self.model.buffers[self._tensor(1).buffer].data is not None

    @property
    def has_rounded_weights(self):
        """Whether they are, and there is a bias to correct."""
        inputs = self.operator.inputs
        return (
            self.has_weights
            and len(inputs) > 2
            and inputs[2] >= 0
            and _scales(self._tensor(1)) is not None
            and _scales(self._tensor(2)) is not None
        )

    def weights(self):
        """The weights as float64, whatever they are stored as."""
        tensor = self._tensor(1)
        data = np.asarray(self.model.buffers[tensor.buffer].data, np.uint8)
        scales = _scales(tensor)
        if scales is None:
            return data.view("<f4").reshape(tensor.shape).astype(np.float64)
        shape = np.ones(len(tensor.shape), int)
        shape[tensor.quantization.quantizedDimension] = -1
        return data.view(np.int8).reshape(tensor.shape) * scales.reshape(shape)

    def shift_bias(self, shift):
        """Adds `[num_outputs]` numbers to the bias."""
        tensor = self._own_bias()
        buffer = self.model.buffers[tensor.buffer]
        bias = np.asarray(buffer.data, np.uint8).view("<i4")
        shifted = np.round(bias + shift / _scales(tensor)).astype("<i4")
        buffer.data = shifted.view(np.uint8)

    def _own_bias(self):
        """The tensor of a bias that no other layer has: zeros are shared."""
        graph, tensor = self.model.subgraphs[0], self._tensor(2)
        uses = [
            index
            for operator in graph.operators
            for index in operator.inputs
            if graph.tensors[index].buffer == tensor.buffer
        ]
        if len(uses) == 1:
            return tensor
        own = copy.copy(tensor)
        own.buffer = len(self.model.buffers)
        self.model.buffers.append(copy.copy(self.model.buffers[tensor.buffer]))
        self.operator.inputs[2] = len(graph.tensors)
        graph.tensors.append(own)
        return own

    def _tensor(self, place):
        return self.model.subgraphs[0].tensors[self.operator.inputs[place]]


def _output_mean(kind, weights, mean):
    """The mean of each output, of that of each input; borders are left out."""
    if kind == "FULLY_CONNECTED":
        return weights @ mean
    if kind == "DEPTHWISE_CONV_2D":
        taps = weights.sum(axis=(0, 1, 2))
        return taps * np.repeat(mean, len(taps) // len(mean))
    taps = weights.sum(axis=(1, 2))
    num_groups = len(mean) // taps.shape[1]
    rows = np.repeat(mean.reshape(num_groups, -1), len(taps) // num_groups, 0)
    return np.sum(taps * rows, axis=1)


def _scales(tensor):
    quantization = tensor.quantization
    scales = None if quantization is None else quantization.scale
    return None if scales is None or not len(scales) else np.asarray(scales)


def _parsed(contents):
    return flatbuffer_utils.convert_bytearray_to_object(bytearray(contents))
