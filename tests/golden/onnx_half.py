"""Graphs of float32 made graphs of float16 by ONNX Runtime's converter, the
inputs and outputs as well or left as they are."""

import numpy as np
from onnxruntime.transformers.float16 import convert_float_to_float16

from onnx_graphs import B, C, Graph, H, I, T, batches
from onnx_graphs_keras import keras_input


def made(name):
    g = Graph(name, 13)
    y = g.axes("Squeeze", g.gru(keras_input(g), linear_before_reset=1), 1)
    y = g.node("Tanh", g.dense(y, H, 3))
    y, h = g.lstm(y, I=3, direction="bidirectional", outputs="Y,Y_h")
    h = g.shaped(g.node("Transpose", h, perm=[1, 0, 2]), 0, 2 * H)
    g.output(g.node("Softmax", g.dense(h, 2 * H, C), axis=-1), "y")
    return g


def half_cases(book):
    for keep in (False, True):
        name = "graph_half_" + ("inside" if keep else "all")
        if not book.wants(name):
            continue
        g = made(name)
        model = convert_float_to_float16(g.model(), keep_io_types=keep)
        sets = [batches(g, T, B), batches(g, 7, 3)]
        if not keep:
            sets = [{"x": s["x"].astype(np.float16)} for s in sets]
        # what flows is rounded behind each node there, and not here
        book.add(name, model, sets, **({"bar": 1e-3} if keep else {}))
