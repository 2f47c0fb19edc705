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

    @graph(17, steps)
    def deployed_products(g):
        """A weight in three dimensions, one in front, and columns."""
        y = g.axes("Squeeze", g.lstm(g.input("x", ["T", "N", I])), 1)
        y = g.node("MatMul", y, g.weight(1, H, 3))
        y = g.node("Transpose", y, perm=[0, 2, 1])
        y = g.node("Relu", g.node("MatMul", g.weight(4, 3), y))
        y = g.axes("Squeeze", g.slice(y, [-1], [2**31 - 1], [0]), 0)
        g.output(g.node("Gemm", y, g.weight(4, C), g.weight(C), transA=1), "y")

    @graph(17, steps)
    def deployed_backwards(g):
        """All steps turned round, as the Reverse of TensorFlow becomes."""
        x = g.input("x", ["T", "N", I])
        size = g.node("Shape", x)
        lens = g.node("Expand", g.slice(size, [0], [1], [0]),
                      g.slice(size, [1], [2], [0]))
        back = g.node("ReverseSequence", x, lens, batch_axis=1, time_axis=0)
        y = g.axes("Squeeze", g.gru(back, extra=[g.node(
            "Cast", lens, to=TensorProto.INT32)]), 1)
        g.output(g.dense(g.node("ReverseSequence", y, lens), H, C), "y")

    @graph(17, steps, sizes=((5, 3),))
    def deployed_three(g):
        """A zero state that was made for three sequences."""
        x = g.input("x", ["T", "N", I])
        size = g.node("Gather", g.node("Shape", x), g.hold(np.array([1])))
        shape = g.node("Concat", g.hold(np.array([1])), size,
                       g.hold(np.array([H])), axis=0)
        zero = g.hold(np.zeros((1, 3, H), np.float32))
        zero = g.node("Expand", zero, shape)
        three = g.node("Expand", g.node("ConstantOfShape", shape),
                       g.hold(np.array([1, 3, H])))
        y = g.lstm(x, extra=["", zero, three])
        g.output(g.axes("Squeeze", y, 1), "y")

    @graph(17, lengths)
    def deployed_copy(g):
        """Features before steps, and lengths that are passed through."""
        lens = g.input("lens", ["N"], TensorProto.INT32)
        y = g.axes("Squeeze", g.lstm(g.input("x", ["T", "N", I])), 1)
        g.output(g.node("Transpose", y, perm=[1, 2, 0]), "outputs")
        g.output(lens, "lens_out", TensorProto.INT32)

    @graph(17, steps)
    def deployed_cast(g):
        """Half precision between two layers, at the input and at the end."""
        half = lambda x: g.node("Cast", g.node("Cast", x, to=TensorProto.FLOAT16),
                                to=TensorProto.FLOAT)
        y = half(g.axes("Squeeze", g.lstm(half(g.input("x", ["T", "N", I]))), 1))
        g.output(y, "h")
        g.output(half(g.dense(y, H, C)), "y")

    @graph(17, steps)
    def deployed_rounded(g):
        """Numbers in 8 bits on their way, as QDQ has them."""
        step, zero = g.hold(np.float32(.01)), g.hold(np.uint8(128))
        turn = lambda x: g.node("DequantizeLinear", g.node(
            "QuantizeLinear", x, step, zero), step, zero)
        y = g.axes("Squeeze", g.gru(turn(g.input("x", ["T", "N", I]))), 1)
        g.output(g.dense(turn(y), H, C), "y")

    @graph(17, steps)
    def deployed_sum_features(g):
        """A sum of the features, and behind it more layers."""
        y = g.axes("Squeeze", g.lstm(g.input("x", ["T", "N", I])), 1)
        y = g.node("ReduceSum", y, g.hold(np.array([-1])), keepdims=1)
        g.output(g.dense(g.node("Tanh", y), 1, C), "y")

    @graph(17, steps)
    def deployed_mean_features(g):
        """One number for each step, the mean of its features."""
        y = g.axes("Squeeze", g.gru(g.input("x", ["T", "N", I])), 1)
        y = g.node("ReduceMean", y, axes=[2], keepdims=0)
        g.output(g.dense(g.axes("Unsqueeze", y, 2), 1, C), "y")

    for which in range(2):
        @graph(17, steps, name=f"deployed_direction_{which}")
        def deployed_direction(g, which=which):
            """One direction of two, to a head."""
            y = g.lstm(g.input("x", ["T", "N", I]), direction="bidirectional")
            y = g.node("Split", y, outputs=2, axis=1)[which]
            g.output(g.dense(g.axes("Squeeze", y, 1), H, C), "y")

    @graph(17, steps)
    def deployed_where(g):
        """A choice that the number of features makes."""
        x = g.input("x", ["T", "N", I])
        y = g.axes("Squeeze", g.lstm(x), 1)
        size = g.node("Gather", g.node("Shape", y), g.hold(np.int64(2)))
        more = g.node("Greater", size, g.hold(np.int64(1)))
        none = g.node("ConstantOfShape", g.node("Shape", y))
        y = g.node("Where", more, y, none)
        g.output(g.dense(y, H, C), "y")

    @graph(17, steps)
    def deployed_mean_kept(g):
        """The mean of the features, which keeps their axis."""
        y, h = g.lstm(g.input("x", ["T", "N", I]), outputs="Y,Y_h")
        h = g.node("ReduceMean", g.axes("Squeeze", h, 0), axes=[1])
        g.output(g.node("Tanh", h), "y")

    by_length = {
        "length_rsqrt": lambda g, y: g.node("Mul", y, g.node(
            "Reciprocal", g.node("Sqrt", g.node("Max", g.node(
                "ReduceSum", g.node("Mul", y, y), g.hold(np.array([-1]))),
                g.hold(np.float32(1e-3)))))),
        "length_power": lambda g, y: g.node("Mul", g.node(
            "Pow", g.node("ReduceSumSquare", y, axes=[2]),
            g.hold(np.float32(-.5))), y),
        "length_inverse": lambda g, y: g.node("Mul", y, g.node(
            "Min", g.node("Div", g.hold(np.float32(1)), g.node(
                "Sqrt", g.node("ReduceSum", g.node(
                    "Pow", y, g.hold(np.float32(2))),
                    g.hold(np.array([2]))))), g.hold(np.float32(3)))),
    }
    for name, length in by_length.items():
        @graph(17, steps, name="deployed_" + name)
        def deployed_length(g, length=length):
            """Features divided by their length, as it is written out."""
            y = g.axes("Squeeze", g.gru(g.input("x", ["T", "N", I])), 1)
            g.output(length(g, y), "y")

    for which in range(2):
        @graph(17, steps, name=f"deployed_direction_out_{which}")
        def deployed_direction_out(g, which=which):
            """One direction of two as the output."""
            y = g.lstm(g.input("x", ["T", "N", I]), direction="bidirectional",
                       activations=["HardSigmoid", "Tanh", "Tanh",
                                    "Sigmoid", "Softsign", "Tanh"])
            y = g.node("Transpose", y, perm=[0, 2, 1, 3])
            y = g.shaped(y, 0, 0, 2 * H)
            g.output(g.slice(y, [which * H], [(which + 1) * H], [2]), "y")

    @graph(17, steps)
    def deployed_direction_final(g):
        """The final state of the second direction."""
        y, h = g.gru(g.input("x", ["T", "N", I]), direction="bidirectional",
                     outputs="Y,Y_h")
        h = g.node("Gather", h, g.hold(np.int64(1)), axis=0)
        g.output(h, "y")

    for cell in ["lstm", "gru"]:
        @graph(17, steps, name=f"deployed_swapped_{cell}")
        def deployed_swapped(g, cell=cell):
            """The second direction first, read by a product."""
            y = getattr(g, cell)(g.input("x", ["T", "N", I]),
                                 direction="bidirectional")
            there, back = g.node("Split", y, outputs=2, axis=1)
            y = g.node("Concat", g.axes("Squeeze", back, 1),
                       g.axes("Squeeze", there, 1), axis=2)
            g.output(g.dense(y, 2 * H, C), "y")

    @graph(17, steps)
    def deployed_swapped_out(g):
        """Two nodes, the one that runs backward first, and as an output."""
        x = g.input("x", ["T", "N", I])
        size = g.node("Shape", x)
        lens = g.node("Expand", g.slice(size, [0], [1], [0]),
                      g.slice(size, [1], [2], [0]))
        turn = lambda v: g.node("ReverseSequence", v, lens)
        back = turn(g.axes("Squeeze", g.gru(turn(x)), 1))
        there = g.axes("Squeeze", g.gru(x), 1)
        g.output(g.node("Concat", back, there, axis=2), "y")

    def state_sets(*shapes):
        def draw(g, T=T, B=B):
            named = {f"s{k}": g.draw(*[B if size is None else size
                                       for size in shape])
                     for k, shape in enumerate(shapes)}
            return {**steps(g, T, B), **named}
        return draw

    @graph(17, state_sets((2, None, H)))
    def deployed_state_joined(g):
        """h and c in one array, and in one again."""
        s = g.input("s0", [2, "N", H])
        h, c = g.node("Split", s, outputs=2, axis=0)
        y, h, c = g.lstm(g.input("x", ["T", "N", I]), extra=["", h, c],
                         outputs="Y,Y_h,Y_c")
        g.output(g.axes("Squeeze", y, 1), "y")
        g.output(g.node("Concat", h, c, axis=0), "s1")

    @graph(17, state_sets((None, 2 * H)))
    def deployed_state_wide(g):
        """h and c beside each other, (N,2H)."""
        s = g.input("s0", ["N", 2 * H])
        h, c = g.node("Split", s, outputs=2, axis=1)
        y, h, c = g.lstm(g.input("x", ["T", "N", I]), extra=[
            "", g.axes("Unsqueeze", h, 0), g.axes("Unsqueeze", c, 0)],
            outputs="Y,Y_h,Y_c")
        g.output(g.axes("Squeeze", y, 1), "y")
        g.output(g.axes("Squeeze", g.node("Concat", h, c, axis=2), 0), "s1")

    @graph(17, state_sets((2, None, H), (2, None, H)))
    def deployed_state_levels(g):
        """A level each, taken and put back."""
        y = g.input("x", ["T", "N", I])
        given = [g.input(f"s{k}", [2, "N", H]) for k in range(2)]
        last = [[], []]
        for level in range(2):
            at = g.hold(np.int64(level))
            s = [g.axes("Unsqueeze", g.node("Gather", v, at, axis=0), 0)
                 for v in given]
            y, h, c = g.lstm(y, I=H if level else I, extra=["", *s],
                             outputs="Y,Y_h,Y_c")
            y = g.axes("Squeeze", y, 1)
            for k, v in enumerate([h, c]):
                last[k].append(g.axes("Squeeze", v, 0))
        g.output(g.dense(y, H, C), "y")
        for k in range(2):
            parts = [g.axes("Unsqueeze", v, 0) for v in last[k]]
            g.output(g.node("Concat", *parts, axis=0), f"t{k}")

    @graph(17, state_sets((None, H), (None, H)))
    def deployed_state_apart(g):
        """Two levels of a GRU, with an input and an output for each."""
        y = g.input("x", ["T", "N", I])
        for level in range(2):
            s = g.axes("Unsqueeze", g.input(f"s{level}", ["N", H]), 0)
            y, h = g.gru(y, I=H if level else I, extra=["", s],
                         outputs="Y,Y_h")
            y = g.axes("Squeeze", y, 1)
            g.output(g.axes("Squeeze", h, 0), f"t{level}")
        g.output(y, "y")

    @graph(17, state_sets((1, None, H), (1, None, H)))
    def deployed_state_directions(g):
        """A state for each direction, joined on the way in."""
        s = [g.input(f"s{k}", [1, "N", H]) for k in range(2)]
        y, h = g.gru(g.input("x", ["T", "N", I]), direction="bidirectional",
                     extra=["", g.node("Concat", *s, axis=0)],
                     outputs="Y,Y_h")
        y = g.node("Transpose", y, perm=[0, 2, 1, 3])
        g.output(g.shaped(y, 0, 0, 2 * H), "y")
        for k, v in enumerate(g.node("Split", h, outputs=2, axis=0)):
            g.output(v, f"t{k}")

    @graph(13, batches)
    def deployed_sum_steps(g):
        """A sum of the steps, and a head."""
        x = g.node("Transpose", g.input("x", ["N", "T", I]), perm=[1, 0, 2])
        y = g.axes("Squeeze", g.lstm(x), 1)
        y = g.node("Transpose", y, perm=[1, 0, 2])
        y = g.node("ReduceSum", y, g.hold(np.array([1])), keepdims=0)
        g.output(g.dense(y, H, C), "y")

    @graph(17, steps)
    def deployed_functions(g):
        """A learned state through a function, and a sign turned round."""
        x = g.input("x", ["T", "N", I])
        size = g.node("Gather", g.node("Shape", x), g.hold(np.array([1])))
        h = g.node("Tanh", g.weight(1, 1, H))
        h = g.node("Tile", h, g.node("Concat", g.hold(np.array([1])), size,
                                     g.hold(np.array([1])), axis=0))
        y = g.axes("Squeeze", g.gru(x, extra=["", h]), 1)
        g.output(g.node("Neg", g.dense(y, H, C)), "y")
