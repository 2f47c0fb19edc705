"""Cells that are written out: in the body of a Loop or Scan, and one step of
them with states in and out."""

import numpy as np
from onnx import TensorProto, helper

from onnx_graphs import Graph, H, I, T, B, batches, graph, steps


class Body(Graph):
    """The graph inside a Loop or Scan of another one."""

    def __init__(self, outer, name):
        super().__init__(name, outer.opset)
        self.random, self.outer = outer.random, outer

    def hold(self, array, name=None):
        """Outside, where exporters leave weights."""
        return self.outer.hold(array, name)

    def node(self, op, *inputs, name=None, **attributes):
        name = name or f"{self.name}_{op}_{self.count}"
        return super().node(op, *inputs, name=name, **attributes)

    def input(self, name, shape=None, type=TensorProto.FLOAT):
        return super().input(f"{self.name}_{name}", shape, type)

    def give(self, *values):
        """The body, whose outputs are these."""
        outputs = [helper.make_tensor_value_info(v, TensorProto.FLOAT, None)
                   for v in values]
        outputs[0].type.tensor_type.elem_type = self.first
        return helper.make_graph(self.nodes, self.name, self.inputs, outputs)

    first = TensorProto.FLOAT  # type of the first output


# ---- Cells -------------------------------------------------------------------

def rnn(g, x, h, act="Tanh"):
    s = g.node("Add", g.node("MatMul", x, g.weight(I, H)),
               g.node("MatMul", h, g.weight(H, H)))
    return g.node(act, g.node("Add", s, g.weight(H)))


def gru(g, x, h, before=False, turned=False):
    def part(k):
        return g.node("Add", g.node("MatMul", x, g.weight(I, H)),
                      g.weight(H))

    def both(k):
        return g.node("Sigmoid", g.node(
            "Add", part(k), g.node("MatMul", h, g.weight(H, H))))
    z, r = both("z"), both("r")
    if before:
        left = g.node("MatMul", g.node("Mul", r, h), g.weight(H, H))
    else:
        left = g.node("Mul", r, g.node(
            "Add", g.node("MatMul", h, g.weight(H, H)), g.weight(H)))
    n = g.node("Tanh", g.node("Add", part("n"), left))
    rest = g.node("Sub", g.hold(np.float32(1)), z)
    a, b = (rest, z) if turned else (z, rest)
    return g.node("Add", g.node("Mul", a, h), g.node("Mul", b, n))


def lstm(g, x, h, c, forget=None):
    """As TensorFlow 1 has it: one weight of both, gates i j f o."""
    xh = g.node("Concat", x, h, axis=1)
    gates = g.node("Add", g.node("MatMul", xh, g.weight(I + H, 4 * H)),
                   g.weight(4 * H))
    split = {} if g.opset < 18 else {"num_outputs": 4}
    i, j, f, o = g.node("Split", gates, outputs=4, axis=1, **split)
    if forget:
        f = g.node("Add", f, g.hold(np.float32(forget)))
    c = g.node("Add", g.node("Mul", g.node("Sigmoid", f), c),
               g.node("Mul", g.node("Sigmoid", i), g.node("Tanh", j)))
    return g.node("Mul", g.node("Sigmoid", o), g.node("Tanh", c)), c


# ---- Around them -------------------------------------------------------------

def start(g, x, axis=1):
    """Zeros for as many sequences as x has."""
    n = g.node("Gather", g.node("Shape", x), g.hold(np.array([axis])))
    shape = g.node("Concat", n, g.hold(np.array([H])), axis=0)
    return g.node("ConstantOfShape", shape)


def count(g, x, axis=0):
    return g.node("Gather", g.node("Shape", x), g.hold(np.int64(axis)))


def scan(g, x, h, cell, axis=1, name="body", **attributes):
    """All steps of a cell's state, and the last one."""
    body = Body(g, name)
    before = body.input("h", [None, H])
    after = cell(body, body.input("x", [None, I]), before)
    inner = body.give(after, body.node("Identity", after))
    return g.node("Scan", h, x, outputs=2, body=inner, num_scan_inputs=1,
                  **attributes)


def loop(g, x, h, cell, take, outputs="h,y", head=None):
    body = Body(g, "body")
    body.first = TensorProto.BOOL
    t = body.input("t", [], TensorProto.INT64)
    go = body.input("go", [], TensorProto.BOOL)
    before = body.input("h", [None, H])
    after = cell(body, take(body, x, t), before)
    out = head(body, after) if head else body.node("Identity", after)
    inner = body.give(body.node("Identity", go), after, out)
    return g.node("Loop", count(g, x), g.hold(np.array(True)), h,
                  outputs=outputs, body=inner)


def forward(b, x, t):
    return b.node("Gather", x, t, axis=0)


def with_state(g, T=T, B=B):
    return {"x": g.draw(B, I, scale=1.0), "h": g.draw(B, H)}


def with_states(g, T=T, B=B):
    return {**with_state(g, T, B), "c": g.draw(B, H)}


def scans():
    back = {"scan_input_directions": [1], "scan_output_directions": [1]}

    @graph(13, steps)
    def scan_rnn(g):
        x = g.input("x", ["T", "N", I])
        h, y = scan(g, x, start(g, x), rnn)
        g.output(y, "y")
        g.output(h, "h")

    @graph(11, steps)
    def scan_gru_back(g):
        x = g.input("x", ["T", "N", I])
        g.output(scan(g, x, start(g, x), gru, **back)[1], "y")

    @graph(17, batches)
    def scan_gru_axes(g):
        x = g.input("x", ["N", "T", I])
        h, y = scan(g, x, start(g, x, 0), lambda b, x, h: gru(
            b, x, h, turned=True), scan_input_axes=[1], scan_output_axes=[1])
        g.output(y, "y")

    @graph(13, steps)
    def scan_both(g):
        """Two bodies with the same names, one of each direction."""
        x = g.input("x", ["T", "N", I])
        h = start(g, x)
        one, two = (scan(g, x, h, gru, name="body" + k, **way)[1]
                    for k, way in (("", {}), ("_2", back)))
        g.output(g.node("Concat", one, two, axis=2), "y")

    @graph(13, steps)
    def scan_lstm(g):
        x = g.input("x", ["T", "N", I])
        h = start(g, x)
        body = Body(g, "body")
        c0, h0 = body.input("c", [None, H]), body.input("h", [None, H])
        h1, c1 = lstm(body, body.input("x", [None, I]), h0, c0, forget=1)
        y = body.node("Softmax", body.dense(h1, H, 2), axis=-1)
        c, h, y = g.node("Scan", h, h, x, outputs=3, num_scan_inputs=1,
                         body=body.give(c1, h1, y))
        g.output(y, "y")

    @graph(13, steps)
    def scan_encoder(g):
        """A layer of each step before the cell."""
        x = g.input("x", ["T", "N", I])
        h, y = scan(g, x, start(g, x), lambda b, x, h: rnn(
            b, b.node("Relu", b.dense(x, I, I)), h, "Relu"))
        g.output(y, "y")


def loops():
    @graph(13, steps)
    def loop_rnn(g):
        x = g.input("x", ["T", "N", I])
        h, y = loop(g, x, start(g, x), rnn, forward)
        g.output(y, "y")
        g.output(h, "h")

    @graph(13, steps)
    def loop_back(g):
        """x[T - 1 - t]"""
        def last(b, x, t):
            t = b.node("Sub", b.node("Sub", count(g, x), b.hold(np.int64(1))),
                       t)
            return b.node("Gather", x, t, axis=0)
        x = g.input("x", ["T", "N", I])
        h, y = loop(g, x, start(g, x), rnn, last)
        g.output(g.dense(h, H, 2), "y")

    @graph(13, steps)
    def loop_range(g):
        """x[t:t + 1], and a head of each step."""
        def take(b, x, t):
            ends = [b.axes("Unsqueeze", k, 0)
                    for k in (t, b.node("Add", t, b.hold(np.int64(1))))]
            x = b.node("Slice", x, *ends, b.hold(np.array([0])))
            return b.axes("Squeeze", x, 0)
        x = g.input("x", ["T", "N", I])
        h, y = loop(g, x, start(g, x), lambda b, x, h: gru(
            b, x, h, before=True), take, head=lambda b, h: b.node(
                "Sigmoid", b.dense(h, H, 2)))
        g.output(y, "y")


def single():
    @graph(13, with_state)
    def cell_rnn(g):
        x, h = g.input("x", ["N", I]), g.input("h", ["N", H])
        h = rnn(g, x, h)
        g.output(g.dense(h, H, 2), "y")
        g.output(h, "h_n")

    @graph(13, with_state)
    def cell_gru_before(g):
        x, h = g.input("x", ["N", I]), g.input("h", ["N", H])
        g.output(gru(g, x, h, before=True, turned=True), "h_n")

    @graph(13, with_states)
    def cell_lstm(g):
        x, h, c = (g.input(k, ["N", s]) for k, s in (("x", I), ("h", H),
                                                     ("c", H)))
        h, c = lstm(g, x, h, c, forget=1)
        g.output(h, "h_n")
        g.output(c, "c_n")


def cells_cases():
    scans()
    loops()
    single()
