"""Graphs in the manner of Keras, tf2onnx and others, made node by node."""

import zlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from onnx_sizes import B, C, H, I, SEED, T, others


class Graph:
    """A model in the making. Values are named after the node that makes
    them."""

    def __init__(self, name, opset=13, scale=0.6):
        self.name, self.opset, self.scale = name, opset, scale
        self.random = np.random.default_rng(zlib.crc32(name.encode()) + SEED)
        self.nodes, self.held, self.inputs, self.outputs = [], [], [], []
        self.count = 0

    def draw(self, *shape, scale=None):
        return ((scale or self.scale)
                * self.random.uniform(-1, 1, shape)).astype(np.float32)

    def hold(self, array, name=None):
        """An initializer."""
        name = name or f"const_{len(self.held)}"
        self.held.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def weight(self, *shape):
        return self.hold(self.draw(*shape))

    def node(self, op, *inputs, outputs=1, name=None, **attributes):
        """One name, or a tuple of them; outputs may be names: "" for none."""
        name = name or f"{op}_{self.count}"
        self.count += 1
        if isinstance(outputs, int):
            made = [f"{name}:{k}" for k in range(outputs)]
        else:
            made = [f"{name}:{y}" if y else "" for y in outputs.split(",")]
        self.nodes.append(helper.make_node(op, inputs, made, name=name,
                                           **attributes))
        made = [y for y in made if y]
        return made[0] if len(made) == 1 else tuple(made)

    def constant(self, array, **value):
        """A node Constant."""
        if not value:
            value = {"value": numpy_helper.from_array(np.asarray(array))}
        return self.node("Constant", **value)

    def axes(self, op, x, *axes):
        """Squeeze or Unsqueeze, whose axes became an input."""
        if self.opset < 13:
            return self.node(op, x, axes=list(axes))
        return self.node(op, x, self.hold(np.array(axes, np.int64)))

    def slice(self, x, starts, ends, axes, steps=None):
        if self.opset < 10:
            return self.node("Slice", x, starts=starts, ends=ends, axes=axes)
        given = [starts, ends, axes] + ([steps] if steps else [])
        return self.node("Slice", x, *[self.hold(np.array(a, np.int64))
                                       for a in given])

    def shaped(self, x, *shape):
        return self.node("Reshape", x, self.hold(np.array(shape, np.int64)))

    def input(self, name, shape, type=TensorProto.FLOAT):
        self.inputs.append(helper.make_tensor_value_info(name, type, shape))
        return name

    def output(self, value, name, type=TensorProto.FLOAT):
        self.nodes.append(helper.make_node("Identity", [value], [name],
                                           name="give_" + name))
        self.outputs.append(helper.make_tensor_value_info(name, type, None))

    def model(self, ir=None):
        graph = helper.make_graph(self.nodes, self.name, self.inputs,
                                  self.outputs, self.held)
        model = helper.make_model(
            graph, producer_name="elman's tests",
            opset_imports=[helper.make_opsetid("", self.opset)])
        model.ir_version = ir or (8 if self.opset < 20 else 10)
        return model

    # ---- Parts that many exporters write ------------------------------------

    def lstm(self, x, I=I, H=H, outputs="Y", extra=(), **attributes):
        D = 2 if attributes.get("direction") == "bidirectional" else 1
        return self.node("LSTM", x, self.weight(D, 4 * H, I),
                         self.weight(D, 4 * H, H), self.weight(D, 8 * H),
                         *extra, outputs=outputs, hidden_size=H, **attributes)

    def gru(self, x, I=I, H=H, outputs="Y", extra=(), **attributes):
        D = 2 if attributes.get("direction") == "bidirectional" else 1
        return self.node("GRU", x, self.weight(D, 3 * H, I),
                         self.weight(D, 3 * H, H), self.weight(D, 6 * H),
                         *extra, outputs=outputs, hidden_size=H, **attributes)

    def dense(self, x, I, O):
        return self.node("Add", self.node("MatMul", x, self.weight(I, O)),
                         self.weight(O))


def steps(g, T=T, B=B):
    return {"x": g.draw(T, B, I, scale=1.0)}


def batches(g, T=T, B=B):
    return {"x": g.draw(B, T, I, scale=1.0)}


def tokens(g, T=T, B=B):
    return {"x": g.random.integers(0, 9, (B, T)).astype(np.int32)}


CASES = []


def graph(opset=13, draws=steps, sizes=others((T, B), (7, 3)), name=None, ir=None,
          external=False):
    """Adds what the function below makes of a Graph."""
    def add(make):
        CASES.append((name or make.__name__, opset, draws, sizes, ir,
                      external, make))
        return make
    return add


def graph_cases(book):
    from onnx_graphs_cells import cells_cases
    from onnx_graphs_deployed import deployed_cases
    from onnx_graphs_keras import keras_cases
    from onnx_graphs_others import others_cases
    keras_cases()
    others_cases()
    deployed_cases()
    cells_cases()
    for name, opset, draws, sizes, ir, external, make in CASES:
        name = "graph_" + name
        if not book.wants(name):
            continue
        g = Graph(name, opset)
        make(g)
        sets = [draws(g, *size) for size in sizes]
        book.add(name, g.model(ir), sets, external=external)
