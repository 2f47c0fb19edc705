"""Graphs as tf2onnx writes Keras models: batches first, Y squeezed, dense
layers as MatMul and Add, often on two axes."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from onnx_graphs import B, C, H, I, T, batches, graph, steps, tokens


def keras_input(g):
    return g.node("Transpose", g.input("x", ["N", "T", I]), perm=[1, 0, 2])


def zeros(g, *shape):
    return g.hold(np.zeros(shape, np.float32))


def keras_cases():
    for opset in [7, 9, 11, 13, 18]:
        @graph(opset, batches, name=f"keras_lstm_opset{opset}")
        def keras_lstm(g):
            y = g.axes("Squeeze", g.lstm(keras_input(g)), 1)
            y = g.node("Transpose", y, perm=[1, 0, 2])
            g.output(g.node("Softmax", g.dense(y, H, C), axis=2), "dense")

    @graph(13, batches, sizes=((T, B),))
    def keras_states(g):
        """Initial states that are constant zeros, for one batch size."""
        start = [zeros(g, 1, B, H), zeros(g, 1, B, H)]
        y, h = g.lstm(keras_input(g), extra=["", *start], outputs="Y,Y_h")
        h = g.axes("Squeeze", h, 0)
        g.output(g.node("Sigmoid", g.dense(h, H, 1)), "dense")

    @graph(13, batches)
    def keras_sequence_off(g):
        """return_sequences=False: the last step, by slice and squeeze."""
        y = g.axes("Squeeze", g.lstm(keras_input(g)), 1)
        y = g.slice(y, [-1], [2**31 - 1], [0])
        y = g.axes("Squeeze", y, 0)
        y = g.node("Relu", g.dense(y, H, 5))
        g.output(g.node("Softmax", g.dense(y, 5, C), axis=-1), "dense")

    @graph(11, batches)
    def keras_dense_flat(g):
        """Dense over time on two axes, and back."""
        x = g.input("x", ["N", "T", I])
        y = g.axes("Squeeze", g.gru(g.node("Transpose", x, perm=[1, 0, 2]),
                                    linear_before_reset=1), 1)
        y = g.node("Transpose", y, perm=[1, 0, 2])
        flat = g.dense(g.shaped(y, -1, H), H, C)
        size = g.slice(g.node("Shape", x), [0], [2], [0])
        size = g.node("Concat", size, g.hold(np.array([C], np.int64)), axis=0)
        g.output(g.node("Reshape", flat, size), "dense")

    @graph(13, batches)
    def keras_bidirectional(g):
        """Both directions cut apart, turned and joined again."""
        y = g.lstm(keras_input(g), direction="bidirectional")
        outputs = []
        for d in range(2):
            one = g.axes("Squeeze", g.slice(y, [d], [d + 1], [1]), 1)
            outputs.append(g.node("Transpose", one, perm=[1, 0, 2]))
        y = g.node("Concat", *outputs, axis=2)
        g.output(g.dense(y, 2 * H, C), "dense")

    @graph(13, batches)
    def keras_bidirectional_last(g):
        y, h = g.gru(keras_input(g), direction="bidirectional",
                     outputs="Y,Y_h", linear_before_reset=1)
        ends = [g.axes("Squeeze", g.slice(h, [d], [d + 1], [0]), 0)
                for d in range(2)]
        g.output(g.dense(g.node("Concat", *ends, axis=-1), 2 * H, C), "dense")

    def two_nodes(g, cell, **more):
        """One node for each direction, batches first."""
        x = keras_input(g)
        return [g.node("Transpose", g.axes("Squeeze", cell(
            x, direction=direction, **more), 1), perm=[1, 0, 2])
            for direction in ("forward", "reverse")]

    @graph(13, batches)
    def keras_two_nodes(g):
        y = g.node("Concat", *two_nodes(g, g.lstm), axis=2)
        g.output(g.dense(y, 2 * H, C), "dense")

    @graph(13, batches)
    def keras_two_nodes_sum(g):
        y = g.node("Add", *two_nodes(g, g.gru, linear_before_reset=1))
        g.output(g.dense(y, H, C), "dense")

    @graph(13, batches)
    def keras_two_nodes_product(g):
        y = g.node("Mul", *two_nodes(g, g.gru, activations=["HardSigmoid",
                                                            "Softsign"]))
        g.output(g.dense(y, H, C), "dense")

    @graph(11, batches)
    def keras_two_nodes_last(g):
        """Two levels, and the final states of the second."""
        x = keras_input(g)
        x = g.node("Concat", *[
            g.axes("Squeeze", g.lstm(x, direction=direction), 1)
            for direction in ("forward", "reverse")], axis=2)
        last = [g.axes("Squeeze", g.node(
            "RNN", x, g.weight(1, H, 2 * H), g.weight(1, H, H),
            outputs=",Y_h", direction=direction, hidden_size=H,
            activations=["Relu"]), 0) for direction in ("forward", "reverse")]
        g.output(g.dense(g.node("Concat", *last, axis=1), 2 * H, C), "dense")

    @graph(13, batches)
    def keras_stacked(g):
        """Three kinds on top of each other, a dropout left in."""
        y = g.axes("Squeeze", g.lstm(keras_input(g)), 1)
        y = g.node("Dropout", y)
        y = g.axes("Squeeze", g.gru(y, I=H, H=5, linear_before_reset=1), 1)
        y = g.node("RNN", y, g.weight(1, 3, 5), g.weight(1, 3, 3),
                   hidden_size=3, outputs=",Y_h", activations=["Relu"])
        g.output(g.dense(g.axes("Squeeze", y, 0), 3, C), "dense")

    @graph(13, tokens)
    def keras_embedding(g):
        ids = g.node("Cast", g.input("x", ["N", "T"], TensorProto.INT32),
                     to=TensorProto.INT64)
        x = g.node("Gather", g.weight(9, I), ids, axis=0)
        y = g.axes("Squeeze", g.lstm(g.node("Transpose", x, perm=[1, 0, 2])),
                   1)
        y = g.node("Transpose", y, perm=[1, 0, 2])
        g.output(g.node("Softmax", g.dense(y, H, 9)), "dense")

    @graph(13, batches)
    def keras_kernels(g):
        """Kernels as Keras has them, put in ONNX's order by the graph: gates
        i f c o, (I,4H), and one bias."""
        def gates(kernel, axis):
            cut = [g.slice(kernel, [k * H], [k * H + H], [axis])
                   for k in (0, 3, 1, 2)]
            return g.node("Concat", *cut, axis=axis)
        W = gates(g.weight(I, 4 * H), 1)
        W = g.axes("Unsqueeze", g.node("Transpose", W, perm=[1, 0]), 0)
        R = gates(g.weight(H, 4 * H), 1)
        R = g.axes("Unsqueeze", g.node("Transpose", R, perm=[1, 0]), 0)
        none = g.node("ConstantOfShape", g.hold(np.array([4 * H], np.int64)))
        b = g.node("Concat", gates(g.weight(4 * H), 0), none, axis=0)
        y = g.node("LSTM", keras_input(g), W, R, g.axes("Unsqueeze", b, 0),
                   outputs="Y", hidden_size=H)
        g.output(g.axes("Squeeze", y, 1), "y")

    @graph(13, batches)
    def keras_split(g):
        """The same with Split, and biases that are added."""
        parts = g.node("Split", g.weight(I, 3 * H), outputs=3, axis=-1)
        z, r, n = parts
        W = g.node("Transpose", g.node("Concat", z, r, n, axis=-1))
        b = g.node("Add", g.weight(6 * H), g.weight(6 * H))
        b = g.node("Mul", b, g.hold(np.float32(0.5)))
        y = g.node("GRU", keras_input(g), g.axes("Unsqueeze", W, 0),
                   g.shaped(g.weight(3 * H, H), 1, -1, H),
                   g.shaped(b, 1, -1), outputs="Y", hidden_size=H,
                   linear_before_reset=1)
        g.output(g.axes("Squeeze", y, 1), "y")

    @graph(13, batches)
    def keras_half_weights(g):
        """Weights stored in half precision, widened by the graph."""
        def wide(*shape):
            half = g.hold(g.draw(*shape).astype(np.float16))
            return g.node("Cast", half, to=TensorProto.FLOAT)
        y = g.node("LSTM", keras_input(g), wide(1, 4 * H, I),
                   wide(1, 4 * H, H), wide(1, 8 * H), outputs="Y",
                   hidden_size=H)
        y = g.axes("Squeeze", y, 1)
        g.output(g.node("MatMul", y, wide(H, C)), "y")

    @graph(13, batches)
    def keras_hard_sigmoid(g):
        """The older Keras: recurrent_activation="hard_sigmoid", and a GRU
        that resets before the product."""
        y = g.lstm(keras_input(g), activations=["HardSigmoid", "Tanh",
                                                "Tanh"],
                   activation_alpha=[0.2], activation_beta=[0.5])
        y = g.gru(g.axes("Squeeze", y, 1), I=H,
                  activations=["HardSigmoid", "Tanh"],
                  activation_alpha=[0.2], activation_beta=[0.5])
        g.output(g.node("Transpose", g.axes("Squeeze", y, 1),
                        perm=[1, 0, 2]), "y")
