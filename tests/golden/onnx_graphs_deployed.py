"""Graphs as they are found in applications, made node by node."""

import numpy as np
from onnx import TensorProto, helper

from onnx_graphs import B, C, H, I, T, batches, graph, steps


def lengths(g, T=T, B=B):
    return {**steps(g, T, B), "lens": np.array([T, T - 2, 1][:B], np.int32)}


def deployed_cases():
    for cell in ["lstm", "gru"]:
        @graph(17, lengths, name=f"deployed_reversed_{cell}")
        def deployed_reversed(g, cell=cell):
            """The other direction by ReverseSequence, within lengths."""
            x = g.input("x", ["T", "N", I])
            lens = g.input("lens", ["N"], TensorProto.INT32)
            turns = g.node("Cast", lens, to=TensorProto.INT64)
            there = getattr(g, cell)(x, extra=[lens])
            back = g.node("ReverseSequence", x, turns)
            back = g.axes("Squeeze", getattr(g, cell)(back, extra=[lens]), 1)
            back = g.node("ReverseSequence", back, turns)
            y = g.node("Concat", g.axes("Squeeze", there, 1), back, axis=2)
            g.output(y, "y")

    @graph(17, lengths)
    def deployed_copy(g):
        """Features before steps, and lengths that are passed through."""
        lens = g.input("lens", ["N"], TensorProto.INT32)
        y = g.axes("Squeeze", g.lstm(g.input("x", ["T", "N", I])), 1)
        g.output(g.node("Transpose", y, perm=[1, 2, 0]), "outputs")
        g.output(lens, "lens_out", TensorProto.INT32)
