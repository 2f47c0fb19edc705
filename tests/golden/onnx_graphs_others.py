"""Graphs that hold what else exporters and people write."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from onnx_graphs import B, C, H, I, T, batches, graph, steps, tokens


def plain(g):
    return g.input("x", ["T", "N", I])


def with_states(g, T=T, B=B):
    return {**steps(g, T, B), "h": g.draw(1, B, H), "c": g.draw(1, B, H)}


def with_lengths(g, T=T, B=B):
    lens = np.resize([T, 2, T - 1], B).astype(np.int64)
    return {**steps(g, T, B), "lens": lens}


def with_no_steps(g, T=T, B=B):
    lens = np.resize([0, T, 2], B).astype(np.int64)
    return {**steps(g, T, B), "lens": lens}


def from_the_end(g, T=T, B=B):
    return {"x": g.random.integers(-9, 9, (T, B))}


def others_cases():
    @graph(13, steps)
    def constants(g):
        """Every way to write a Constant."""
        W = g.constant(g.draw(1, 4 * H, I))
        R = g.constant(g.draw(1, 4 * H, H))
        y = g.node("LSTM", plain(g), W, R, outputs="Y", hidden_size=H)
        y = g.node("Squeeze", y, g.constant(None, value_ints=[1]))
        y = g.node("Mul", y, g.constant(None, value_float=0.5))
        b = g.constant(None, value_floats=np.resize(
            [0.1, -0.2, 0.3, 0.4], H).tolist())
        g.output(g.node("Add", b, y), "y")

    @graph(13, steps)
    def nothing_done(g):
        """Identity, Dropout with its mask, Cast to the same type."""
        x = g.node("Cast", g.node("Identity", plain(g)),
                   to=TensorProto.FLOAT)
        y = g.axes("Squeeze", g.node("Identity", g.lstm(x)), 1)
        y, mask = g.node("Dropout", y, g.hold(np.float32(0.4)), outputs=2)
        g.output(g.node("Identity", g.dense(y, H, C)), "y")

    @graph(9, steps)
    def dropout_opset9(g):
        y = g.axes("Squeeze", g.lstm(plain(g)), 1)
        g.output(g.dense(g.node("Dropout", y, ratio=0.3), H, C), "y")

    @graph(13, steps)
    def pool_mean(g):
        y = g.node("ReduceMean", g.axes("Squeeze", g.lstm(plain(g)), 1),
                   axes=[0], keepdims=0)
        g.output(g.dense(y, H, C), "y")

    @graph(18, steps)
    def pool_mean_opset18(g):
        """The axis is an input."""
        y = g.node("ReduceMean", g.axes("Squeeze", g.gru(plain(g)), 1),
                   g.hold(np.array([0], np.int64)), keepdims=0)
        g.output(g.node("Relu", y), "y")

    @graph(13, batches)
    def pool_max(g):
        """Both directions side by side, batches first, the axis kept."""
        x = g.node("Transpose", g.input("x", ["N", "T", I]), perm=[1, 0, 2])
        y = g.lstm(x, direction="bidirectional")
        y = g.shaped(g.node("Transpose", y, perm=[2, 0, 1, 3]), 0, 0, -1)
        y = g.node("ReduceMax", y, axes=[1])
        y = g.dense(g.axes("Squeeze", y, 1), 2 * H, C)
        g.output(y, "y")

    @graph(11, steps)
    def gemm(g):
        """Gemm with its factors, transposed or not, with and without C."""
        y, h = g.lstm(plain(g), outputs="Y,Y_h")
        y = g.node("Gemm", g.axes("Squeeze", h, 0), g.weight(H, 5),
                   g.weight(1, 5), alpha=0.5, beta=2.0)
        y = g.node("Gemm", g.node("Tanh", y), g.weight(6, 5), transB=1)
        y = g.node("Gemm", g.node("Relu", y), g.weight(C, 6), g.weight(C),
                   transB=1, alpha=1.5)
        g.output(y, "y")

    @graph(11, steps)
    def elementwise(g):
        """Every function that a layer can be, over steps."""
        y = g.dense(g.axes("Squeeze", g.lstm(plain(g)), 1), H, H)
        for op, attributes in [
                ("Tanh", {}), ("Elu", {"alpha": 0.7}), ("Softsign", {}),
                ("LeakyRelu", {"alpha": 0.2}), ("Softplus", {}),
                ("HardSigmoid", {"alpha": 0.3, "beta": 0.4}),
                ("ThresholdedRelu", {"alpha": -0.2}), ("Sigmoid", {}),
                ("Elu", {}), ("HardSigmoid", {}), ("LeakyRelu", {}),
                ("ThresholdedRelu", {"alpha": 0.1}), ("Relu", {})]:
            y = g.dense(g.node(op, y, **attributes), H, H)
        g.output(y, "y")

    @graph(13, steps)
    def scaled(g):
        """Numbers that all features are multiplied by or added to."""
        x = g.node("Div", g.node("Sub", plain(g), g.hold(np.float32(0.25))),
                   g.hold(np.array([1.5], np.float32)))
        y = g.axes("Squeeze", g.lstm(x), 1)
        y = g.node("Mul", g.hold(np.float32(2)), g.dense(y, H, C))
        g.output(g.node("Add", y, g.hold(np.float32(-1))), "y")

    @graph(17, steps)
    def norms(g):
        y = g.axes("Squeeze", g.lstm(plain(g)), 1)
        y = g.node("LayerNormalization", y, g.weight(H), g.weight(H),
                   axis=-1, epsilon=1e-3)
        y = g.node("LayerNormalization", g.dense(y, H, 5), g.weight(5),
                   axis=2)
        g.output(g.node("LogSoftmax", y, axis=-1), "y")

    @graph(13, with_states)
    def states(g):
        """States in and out, by step: what a stream needs."""
        x = plain(g)
        start = ["", g.input("h", [1, "N", H]), g.input("c", [1, "N", H])]
        y, h, c = g.lstm(x, extra=start, outputs="Y,Y_h,Y_c")
        g.output(g.dense(g.axes("Squeeze", y, 1), H, C), "y")
        g.output(h, "h_n")
        g.output(c, "c_n")

    @graph(13, with_lengths)
    def lengths(g):
        """One list of lengths for two nodes."""
        x = plain(g)
        lens = g.node("Cast", g.input("lens", ["N"], TensorProto.INT64),
                      to=TensorProto.INT32)
        y = g.lstm(x, extra=[lens], direction="bidirectional")
        y = g.node("Transpose", y, perm=[0, 2, 1, 3])
        y = g.shaped(y, 0, 0, -1)
        y, h = g.gru(y, I=2 * H, extra=[lens], outputs="Y,Y_h")
        g.output(g.axes("Squeeze", y, 1), "y")
        g.output(g.dense(g.axes("Squeeze", h, 0), H, C), "last")

    @graph(13, with_lengths)
    def lengths_between(g):
        """Dense layers before, between and behind, and all of them outputs:
        past the end they are not zero."""
        x = plain(g)
        lens = g.node("Cast", g.input("lens", ["N"], TensorProto.INT64),
                      to=TensorProto.INT32)
        before = g.dense(x, I, 3)
        y = g.axes("Squeeze", g.gru(before, I=3, extra=[lens]), 1)
        middle = g.node("Tanh", g.dense(y, H, 5))
        y, h = g.lstm(middle, I=5, extra=[lens], outputs="Y,Y_h")
        g.output(before, "before")
        g.output(middle, "middle")
        g.output(g.dense(g.axes("Squeeze", y, 1), H, C), "y")
        g.output(h, "h_n")

    @graph(13, with_no_steps)
    def lengths_zero(g):
        """A sequence of no steps ends at zero, and what follows it does not."""
        x = plain(g)
        lens = g.node("Cast", g.input("lens", ["N"], TensorProto.INT64),
                      to=TensorProto.INT32)
        y, h = g.gru(x, extra=[lens], outputs="Y,Y_h")
        g.output(g.dense(g.axes("Squeeze", h, 0), H, C), "y")

    @graph(13, steps)
    def gemm_without_product(g):
        y, h = g.lstm(plain(g), outputs="Y,Y_h")
        g.output(g.node("Gemm", g.axes("Squeeze", h, 0), g.weight(H, C),
                        g.weight(C), alpha=0.0), "y")

    @graph(13, from_the_end)
    def tokens_from_the_end(g):
        x = g.input("x", ["T", "N"], TensorProto.INT64)
        y = g.axes("Squeeze", g.lstm(g.node("Gather", g.weight(9, I), x)), 1)
        g.output(g.dense(y, H, C), "y")
        g.output(g.node("Cast", x, to=TensorProto.INT32), "same",
                 TensorProto.INT32)

    @graph(13, steps)
    def tiled_states(g):
        """One learned state, repeated for each sequence."""
        x = plain(g)
        size = g.node("Gather", g.node("Shape", x), g.hold(np.array([1])))
        times = g.node("Concat", g.hold(np.array([1])), size,
                       g.hold(np.array([1])), axis=0)
        start = g.node("Tile", g.weight(1, 1, H), times)
        y = g.axes("Squeeze", g.gru(x, extra=["", start]), 1)
        g.output(g.dense(y, H, C), "y")

    @graph(13, steps, sizes=((T, B),))
    def lengths_fixed(g):
        lens = g.hold(np.resize([2, T], B).astype(np.int32))
        y, h, c = g.lstm(plain(g), extra=[lens], direction="reverse",
                         outputs="Y,Y_h,Y_c")
        for name, value in [("y", y), ("h_n", h), ("c_n", c)]:
            g.output(value, name)

    @graph(13, steps)
    def reverse(g):
        """A layer that reads backwards, and what it ends with: step 0."""
        y = g.axes("Squeeze", g.lstm(plain(g), direction="reverse"), 1)
        y = g.axes("Squeeze", g.slice(y, [0], [1], [0]), 0)
        g.output(g.dense(y, H, C), "y")

    @graph(13, steps)
    def reverse_final(g):
        y, h = g.gru(plain(g), direction="reverse", outputs="Y,Y_h")
        g.output(g.dense(g.axes("Squeeze", h, 0), H, C), "y")

    for method, opset in [("gather", 13), ("slice", 9), ("reshape", 13),
                          ("flatten", 13), ("negative", 18)]:
        @graph(opset, steps, name="last_by_" + method)
        def last(g, method=method):
            y, h = g.lstm(plain(g), outputs="Y,Y_h")
            if method == "gather":
                y = g.node("Gather", g.axes("Squeeze", y, 1),
                           g.hold(np.int64(-1)), axis=0)
            elif method == "slice":
                y = g.axes("Squeeze", g.slice(y, [-1], [2**63 - 1], [0]),
                           0, 1)
            elif method == "reshape":
                y = g.shaped(h, -1, H)
            elif method == "flatten":
                y = g.node("Flatten", g.node("Transpose", h, perm=[1, 0, 2]),
                           axis=1)
            else:
                y = g.axes("Squeeze", y, -3)
                y = g.node("Gather", y, g.hold(np.array([-1], np.int64)),
                           axis=-3)
                y = g.axes("Squeeze", y, -3)
            g.output(g.dense(y, H, C), "y")

    @graph(13, tokens)
    def embedding_time_major(g):
        """Gather on the axis 0 that is not given; the bias comes first."""
        ids = g.node("Transpose", g.input("x", ["N", "T"], TensorProto.INT32))
        y = g.lstm(g.node("Gather", g.weight(9, I), ids))
        y = g.node("MatMul", g.axes("Squeeze", y, 1), g.weight(H, 9))
        g.output(g.node("Add", g.weight(9), y), "y")

    @graph(9, steps, ir=3)
    def initializers_are_inputs(g):
        """IR version 3: all initializers are listed as inputs."""
        y = g.lstm(plain(g))
        for held in g.held:
            g.input(held.name, list(held.dims))
        g.output(y, "y")

    @graph(13, with_states)
    def defaults_given(g):
        """Initial states that have a default, and are given."""
        start = [g.input(g.hold(np.ones((1, B, H), np.float32), n),
                         [1, "N", H]) for n in "hc"]
        y, h = g.lstm(plain(g), extra=["", *start], outputs="Y,Y_h")
        g.output(y, "y")
        g.output(h, "h_n")

    @graph(13, steps, sizes=((T, B),))
    def defaults_left_out(g):
        start = g.input(g.hold(g.draw(1, B, H), "h"), [1, B, H])
        y, h = g.gru(plain(g), extra=["", start], outputs="Y,Y_h")
        g.output(y, "y")
        g.output(h, "h_n")

    @graph(13, steps)
    def learned_states(g):
        """One learned state for every sequence, widened to the batch."""
        x = plain(g)
        size = g.slice(g.node("Shape", x), [1], [2], [0])
        one = g.hold(np.array([1], np.int64))
        shape = g.node("Concat", one, size,
                       g.hold(np.array([H], np.int64)), axis=0)
        start = [g.node("Expand", g.weight(1, 1, H), shape) for _ in "hc"]
        g.output(g.lstm(x, extra=["", *start]), "y")

    @graph(13, steps)
    def left_over(g):
        """An initializer and nodes that nothing reads."""
        y = g.lstm(plain(g))
        g.weight(3, 3)
        g.node("Relu", g.node("Transpose", y))
        g.output(y, "y")

    @graph(13, steps)
    def linear_alone(g):
        g.output(g.node("Tanh", g.dense(plain(g), I, C)), "y")

    @graph(13, steps)
    def linear_first(g):
        """A layer below the recurrent one."""
        x = g.node("Relu", g.dense(plain(g), I, 5))
        g.output(g.axes("Squeeze", g.lstm(x, I=5), 1), "y")

    @graph(13, steps, external=True)
    def external(g):
        """Weights in a file beside the model."""
        y = g.axes("Squeeze", g.lstm(plain(g)), 1)
        g.output(g.dense(y, H, C), "y")

    @graph(13, steps)
    def names(g):
        """Names that are not file names: a / and a : and a space."""
        y = g.axes("Squeeze", g.lstm(plain(g)), 1)
        g.output(g.dense(y, H, C), "out/put: 0")
