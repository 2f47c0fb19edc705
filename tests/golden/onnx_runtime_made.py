"""Models that ONNX Runtime rewrote: quantized to 8 bits, and optimized. The
quantized ones round activations as well, which a model of floats does not, so
those cases have a bar of their own."""

import pathlib
import tempfile
import zlib

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import (CalibrationDataReader, QuantFormat,
                                      QuantType, quantize_dynamic,
                                      quantize_static)
from torch import nn
from torch.nn import functional as F

from onnx_models import BT, Language, Classifier, Wanted, batches
from onnx_torch import older


class Deep(Classifier):
    """A head of several layers behind the last step."""

    def __init__(self, activation):
        super().__init__(nn.LSTM(4, 5, batch_first=True), 3)
        self.fc = nn.Sequential(nn.Linear(5, 6), activation, nn.Linear(6, 3),
                                nn.LogSoftmax(-1))


class Silent(Language):
    """A language model from zero states."""

    def forward(self, tokens):
        return self.fc(self.rnn(self.embed(tokens))[0])


class Feed(CalibrationDataReader):
    def __init__(self, sets):
        self.left = list(sets)

    def get_next(self):
        return self.left.pop(0) if self.left else None


def tokens(T, B):
    return {"tokens": torch.randint(11, (B, T))}


def export(name, module, draw, **options):
    torch.manual_seed(zlib.crc32(name.encode()))
    module = module().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.uniform_(-0.6, 0.6)
    given = [draw(5, 2), draw(7, 3)]
    key = list(given[0])[0]
    wanted = Wanted(name, None, draw, ["y"], {key: BT, "y": {0: "B"}},
                    options=options)
    sets = [{key: value.numpy() for key, value in inputs.items()}
            for inputs in given]
    return older(module, given[0], wanted), sets


def files(change):
    """change(before, after) of two paths; gives what it wrote."""
    def made(model):
        with tempfile.TemporaryDirectory() as folder:
            before, after = (pathlib.Path(folder) / name
                             for name in ("before.onnx", "after.onnx"))
            onnx.save(model, before)
            change(before, after)
            return onnx.load(after)
    return made


def dynamic(**options):
    return lambda sets: files(lambda before, after: quantize_dynamic(
        before, after, **options))


def static(sets):
    return files(lambda before, after: quantize_static(
        before, after, Feed(sets), quant_format=QuantFormat.QDQ,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8))


def optimized(level):
    def change(before, after):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.graph_optimization_level = level
        options.optimized_model_filepath = str(after)
        onnxruntime.InferenceSession(str(before), options,
                                     providers=["CPUExecutionProvider"])
    return lambda sets: files(change)


LEVELS = onnxruntime.GraphOptimizationLevel
RELU = lambda: Deep(nn.ReLU())
MADE = [
    ("quantized_dynamic", Silent, tokens, dynamic(), 0.02),
    ("quantized_channels", RELU, batches(4),
     dynamic(per_channel=True, weight_type=QuantType.QInt8), 0.02),
    ("quantized_qdq", RELU, batches(4), static, 0.02),
    ("optimized_relu", RELU, batches(4), optimized(LEVELS.ORT_ENABLE_EXTENDED),
     None),
    ("optimized_elu", lambda: Deep(nn.LeakyReLU(0.2)), batches(4),
     optimized(LEVELS.ORT_ENABLE_ALL), None),
    ("optimized_language", Silent, tokens,
     optimized(LEVELS.ORT_ENABLE_ALL), None),
    ("optimized_quantized", RELU, batches(4), lambda sets: lambda model:
     optimized(LEVELS.ORT_ENABLE_ALL)(sets)(dynamic()(sets)(model)), 0.02),
]


def made_cases(book):
    for name, module, draw, change, bar in MADE:
        name = "graph_" + name
        if not book.wants(name):
            continue
        model, sets = export(name, module, draw, opset_version=17)
        more = {"bar": bar} if bar else {}
        book.add(name, change(sets)(model), sets, **more)
