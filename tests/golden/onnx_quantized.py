"""Graphs that ONNX Runtime's quantize_dynamic made of graphs of float32."""

import pathlib
import tempfile

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic

from onnx_graphs import B, C, Graph, H, I, T, batches
from onnx_graphs_keras import keras_input


def both(g):
    y = g.lstm(keras_input(g), direction="bidirectional")
    y = g.shaped(g.node("Transpose", y, perm=[2, 0, 1, 3]), 0, 0, 2 * H)
    return g.dense(y, 2 * H, C)


def levels(g):
    """Two of which the second runs backward, without biases."""
    y = g.axes("Squeeze", g.lstm(keras_input(g)), 1)
    y = g.node("LSTM", y, g.weight(1, 4 * H, H), g.weight(1, 4 * H, H),
               outputs="Y", hidden_size=H, direction="reverse")
    return g.dense(g.axes("Squeeze", y, 1), H, C)


def products(g):
    """Products in whole numbers, and a GRU, which stays as it is."""
    y = g.node("Tanh", g.dense(keras_input(g), I, 3))
    y = g.axes("Squeeze", g.gru(y, I=3, linear_before_reset=1), 1)
    return g.dense(y, H, C)


# name: graph, type of the weights, a scale for each column, and the bar:
# ONNX Runtime rounds in each step of an LSTM
GRAPHS = {
    "both": (both, QuantType.QUInt8, False, 1e-2),
    "levels": (levels, QuantType.QInt8, True, 1e-2),
    "products": (products, QuantType.QInt8, True, 1e-5),
}


def quantized_cases(book):
    for name, (make, kind, columns, bar) in GRAPHS.items():
        name = "graph_dynamic_" + name
        if not book.wants(name):
            continue
        g = Graph(name, 13)
        g.output(make(g), "y")
        with tempfile.TemporaryDirectory() as folder:
            path = str(pathlib.Path(folder) / "model.onnx")
            onnx.save(g.model(), path)
            quantize_dynamic(path, path, weight_type=kind,
                             per_channel=columns)
            model = onnx.load(path)
        book.add(name, model, [batches(g, T, B), batches(g, 7, 3)], bar=bar)
