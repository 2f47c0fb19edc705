"""Models and inputs that must be refused.

refused.json beside the cases is a list of {"name", "model": file, "inputs":
{name: file}, "says": parts of the message, "reason": for people}. Without
inputs the model itself is at fault; with them it opens, but does not load or
run them.
"taken" lists what accepts it after all: "graph" runs it as it is, "import"
makes a model of it.
"""

import json
import shutil

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from onnx_book import patterns, strip
from onnx_graphs import C, Graph, H, I

CASES = []


class Refused(Graph):
    def x(self):
        return self.input("x", ["T", "N", I])

    def done(self, value, reason, node="", op="", also=(), **more):
        """Gives value out, whatever it is."""
        if value:
            self.output(value, "y")
        says = ([f'{node}'] if node else []) + ([op] if op else [])
        CASES.append((self.name, self.model(), reason, [*says, *also], more))


def flow(g, **attributes):
    return g.axes("Squeeze", g.lstm(g.x(), **attributes), 1)


# ---- What is not a stack of layers --------------------------------------------

def shapes_of_graphs():
    g = Refused("branch_add")
    x = g.x()
    y = g.axes("Squeeze", g.lstm(x, H=I), 1)
    g.done(g.node("Add", x, y, name="skip"), "two flows are added", "skip",
           "Add")

    g = Refused("branch_concat")
    x = g.x()
    y = g.axes("Squeeze", g.lstm(x), 1)
    g.done(g.node("Concat", x, y, name="join", axis=2),
           "features of two layers side by side", "join", "Concat")

    g = Refused("lengths_of_one_layer")
    x = g.x()
    lens = g.input("lens", ["N"], TensorProto.INT32)
    y = g.axes("Squeeze", g.gru(x, extra=[lens]), 1)
    g.done(g.gru(y, I=H, name="upper"), "the lower layer alone has lengths",
           "upper", "GRU", inputs={"x": g.draw(4, 2, I), "lens": np.array(
               [2, 4], np.int32)})

    for name, cut in [
            ("two_steps", lambda g, y: g.slice(y, [0], [2], [0])),
            ("one_sequence", lambda g, y: g.node(
                "Gather", y, g.hold(np.array(0)), axis=1)),
            ("some_features", lambda g, y: g.slice(y, [0], [2], [2]))]:
        g = Refused("gives_" + name)
        g.done(cut(g, flow(g)), "a model gives all of its last layer",
               also=["no output of the graph is all"], taken=["graph"])

    g = Refused("gives_directions_mixed")
    y = g.lstm(g.x(), direction="bidirectional")
    y = g.node("Transpose", y, perm=[0, 2, 3, 1])
    g.done(g.shaped(y, 0, 0, -1), "a model gives one direction, then the other",
           also=["no output of the graph is all"], taken=["graph"])

    g = Refused("gives_states_joined")
    y, h, c = g.lstm(g.x(), outputs="Y,Y_h,Y_c")
    g.done(g.node("Concat", h, c, axis=2), "a model gives no cell state",
           also=["no output of the graph is all"], taken=["graph"])

    g = Refused("takes_features_first")
    x = g.node("Transpose", g.input("x", ["N", I, "T"]), perm=[2, 0, 1])
    g.done(g.lstm(x), "a model takes features last",
           also=["its features before steps"], taken=["graph"])

    g = Refused("attention")
    y = flow(g)
    scores = g.node("MatMul", y, g.node("Transpose", y, perm=[0, 2, 1]),
                    name="scores")
    g.done(scores, "a product of two flows", "scores", "MatMul")

    g = Refused("gated")
    y = flow(g)
    g.done(g.node("Mul", y, g.node("Sigmoid", y), name="gate"),
           "a product of two flows", "gate", "Mul")

    g = Refused("mean_over_sequences")
    g.done(g.node("ReduceMean", flow(g), name="mean", axes=[1]),
           "no layer is the mean over sequences", "mean", "ReduceMean")

    g = Refused("max_over_features")
    g.done(g.node("ReduceMax", flow(g), name="most", axes=[2]),
           "no layer is the maximum over features", "most", "ReduceMax")

    g = Refused("mean_over_lengths")
    x = g.x()
    lens = g.input("lens", ["N"], TensorProto.INT32)
    y = g.axes("Squeeze", g.gru(x, extra=[lens]), 1)
    g.done(g.node("ReduceMean", y, name="mean", axes=[0]),
           "it counts the zeros of shorter sequences", "mean", "ReduceMean",
           inputs={"x": g.draw(4, 2, I), "lens": np.array([2, 4], np.int32)})

    g = Refused("attention_over_time")
    y = flow(g)
    g.done(g.node("Softmax", g.dense(y, H, 1), name="scores", axis=0),
           "a softmax over the steps", "scores", "Softmax")

    g = Refused("every_step_flat")
    flat = g.shaped(flow(g), 1, -1)
    g.done(g.node("MatMul", flat, g.weight(10 * H, C), name="fc"),
           "time and features in one axis", "fc", "MatMul")

    g = Refused("middle_step")
    third = g.node("Gather", flow(g), g.hold(np.int64(2)), name="third",
                   axis=0)
    g.done(g.dense(third, H, C), "neither the first nor the last step",
           "MatMul_")

    g = Refused("softmax_over_time")
    g.done(g.node("Softmax", flow(g), name="soft", axis=0),
           "over steps, not features", "soft", "Softmax")

    g = Refused("softmax_of_all", opset=11)
    g.done(g.node("Softmax", flow(g), name="soft", axis=1),
           "before opset 13: over all axes from 1 on", "soft", "Softmax")

    g = Refused("norm_of_time", opset=17)
    g.done(g.node("LayerNormalization", flow(g), g.weight(2, H),
                  name="norm", axis=-2), "over more than features", "norm",
           "LayerNormalization")

    g = Refused("convolution")
    x = g.node("Transpose", g.x(), perm=[1, 2, 0])
    y = g.node("Conv", x, g.weight(I, I, 3), name="conv", pads=[1, 1])
    g.done(g.lstm(g.node("Transpose", y, perm=[2, 0, 1])), "no such layer",
           "conv", "Conv")

    g = Refused("two_readers")
    x = g.x()
    there = g.axes("Squeeze", g.lstm(x), 1)
    again = g.axes("Squeeze", g.lstm(x), 1)
    g.done(g.node("Concat", there, again, name="join", axis=2),
           "two layers of the same input", "LSTM")

    for name, differs in [("sizes", {"H": H + 1}), ("clips", {"clip": 0.5}),
                          ("starts", {"extra": None})]:
        g = Refused("two_ways_of_other_" + name)
        if "extra" in differs:
            differs = {"extra": ["", g.input("h", [1, "N", H])]}
        x = g.x()
        there = g.axes("Squeeze", g.lstm(x), 1)
        back = g.axes("Squeeze", g.lstm(x, direction="reverse", **differs), 1)
        g.done(g.node("Concat", there, back, name="join", axis=2),
               "two directions that differ in their " + name, "LSTM")

    g = Refused("two_ways_twice")
    x = g.x()
    there = g.axes("Squeeze", g.lstm(x), 1)
    back = g.axes("Squeeze", g.lstm(x, direction="reverse"), 1)
    y = g.node("Concat", there, there, name="join", axis=2)
    g.done(g.node("Add", y, g.node("Concat", there, back, axis=2)),
           "one direction twice", "join", "Concat")

    g = Refused("sum_over_sequences")
    g.done(g.node("ReduceSum", flow(g), g.hold(np.array([1])), name="all",
                  keepdims=0), "no layer is a sum over sequences", "all",
           "ReduceSum")

    g = Refused("two_heads")
    y = flow(g)
    g.output(g.dense(y, H, C), "actor")
    g.output(g.dense(y, H, 1), "critic")
    g.done(None, "two heads on one stack", "MatMul", "a branch is not")

    g = Refused("features_as_time")
    x = g.node("Transpose", flow(g), name="turn", perm=[2, 1, 0])
    g.done(g.node("LSTM", x, g.weight(1, 4, 5), g.weight(1, 4, 1),
                  outputs="Y", name="upper", hidden_size=1),
           "reads features as steps", "upper", "LSTM")


def control():
    for op, name in [("If", "choose"), ("Loop", "again"), ("Scan", "along")]:
        g = Refused(op.lower())
        x = g.x()
        y = flow_of(g, x)
        inner = helper.make_tensor_value_info("inner", TensorProto.FLOAT,
                                              None)
        if op == "If":
            body = helper.make_graph(
                [helper.make_node("Identity", [y], ["inner"])], "then", [],
                [inner])
            both = {"then_branch": body, "else_branch": body}
            y = g.node("If", g.hold(np.array(True)), name=name, **both)
            g.done(y, "both branches make a value of one name",
                   also=['"inner" is defined twice'])
            continue
        elif op == "Loop":
            ins = [helper.make_tensor_value_info("k", TensorProto.INT64, []),
                   helper.make_tensor_value_info("go", TensorProto.BOOL, []),
                   helper.make_tensor_value_info("v", TensorProto.FLOAT,
                                                 None)]
            outs = [helper.make_tensor_value_info("go_on", TensorProto.BOOL,
                                                  []), inner]
            body = helper.make_graph(
                [helper.make_node("Identity", ["go"], ["go_on"]),
                 helper.make_node("Tanh", ["v"], ["inner"])], "body", ins,
                outs)
            y = g.node("Loop", g.hold(np.int64(3)), "", y, name=name,
                       body=body)
        else:
            ins = [helper.make_tensor_value_info(k, TensorProto.FLOAT, None)
                   for k in ("sum", "v")]
            body = helper.make_graph(
                [helper.make_node("Add", ["sum", "v"], ["inner"])], "body",
                ins, [inner])
            y = g.node("Scan", g.hold(g.draw(2, H)), y, name=name, body=body,
                       num_scan_inputs=1)
        g.done(y, "holds a graph", name, op)


def turned():
    g = Refused("flipped_with_lengths")
    lens = g.input("lens", ["N"], TensorProto.INT32)
    x = g.slice(g.x(), [-1], [-2**63], [0], [-1])
    g.done(g.lstm(x, extra=[lens], name="back"), "padding comes first",
           "back", "LSTM", inputs={"x": g.draw(4, 2, I), "lens": np.array(
               [2, 4], np.int32)})

    g = Refused("flipped_for_a_layer")
    y = flow_of(g, g.x())
    y = g.node("Tanh", g.slice(y, [-1], [-2**63], [0], [-1]), name="bend")
    g.done(y, "a layer reads steps backwards", "bend", "Tanh")

    g = Refused("flipped_features")
    y = g.slice(flow_of(g, g.x()), [-1], [-2**63], [2], [-1])
    g.done(g.node("MatMul", y, g.weight(H, C), name="fc"),
           "a linear layer reads features backwards", "fc", "MatMul")


def sorted_by_length():
    """What comes out stays in the order of the lengths."""
    g = Refused("sorted_to_the_end")
    x = g.x()
    lens = g.input("lens", ["N"], TensorProto.INT32)
    top = g.node("TopK", lens, g.node("Shape", lens), axis=0, outputs=2)
    x = g.node("Gather", x, top[1], axis=1)
    g.done(g.lstm(x, extra=[top[0]]), "sequences are in another order",
           also=["output"], inputs={"x": g.draw(4, 2, I), "lens": np.array(
               [2, 4], np.int32)})

    g = Refused("sorted_without_lengths")
    x = g.x()
    lens = g.input("lens", ["N"], TensorProto.INT32)
    top = g.node("TopK", lens, g.node("Shape", lens), axis=0, outputs=2)
    x = g.node("Gather", x, top[1], axis=1)
    g.done(g.lstm(x, extra=[lens], name="rnn"), "lengths of other sequences",
           "rnn", "LSTM", ["another order"],
           inputs={"x": g.draw(4, 2, I), "lens": np.array([2, 4], np.int32)})


def branches():
    """The condition is whether there is one sequence."""
    g = Refused("if_that_differs")
    x = g.x()
    y = flow_of(g, x)
    one = g.node("Equal", g.node("Gather", g.node("Shape", x),
                                 g.hold(np.int64(1))), g.hold(np.int64(1)))
    branch = {}
    for which, op in [("then_branch", "Tanh"), ("else_branch", "Identity")]:
        out = helper.make_tensor_value_info(op, TensorProto.FLOAT, None)
        branch[which] = helper.make_graph(
            [helper.make_node(op, [y], [op])], op, [], [out])
    g.done(g.node("If", one, name="choose", **branch),
           "one sequence is computed in another way", "choose", "If",
           ["differ in more than axes"], taken=["graph"])


def flow_of(g, x):
    return g.axes("Squeeze", g.lstm(x), 1)


def operators():
    g = Refused("unknown_operator")
    g.done(g.node("Frobnicate", flow(g), name="odd"), "no such operator",
           "odd", "Frobnicate")
    g = Refused("unknown_domain")
    g.done(g.node("LSTM", g.x(), g.weight(1, 4 * H, I), g.weight(1, 4 * H, H),
                  name="theirs", domain="com.example", hidden_size=H),
           "an operator of another domain", "theirs", "com.example")
    g = Refused("quantized_by_blocks")
    W = g.node("DequantizeLinear", g.hold(np.ones((1, 4 * H, I), np.int8)),
               g.hold(np.full((1, 4 * H, 1), 0.1, np.float32)), name="widen",
               axis=2, block_size=I)
    g.done(g.node("LSTM", g.x(), W, g.weight(1, 4 * H, H), name="lstm",
                  hidden_size=H), "a scale for each block", "widen",
           "DequantizeLinear")
    g = Refused("gelu_written_out")
    y, half = flow(g), g.hold(np.float32(0.5))
    inner = g.node("Div", y, g.hold(np.float32(1.4142135)), name="inside")
    bent = g.node("Add", g.node("Erf", inner, name="bend"),
                  g.hold(np.float32(1)))
    g.done(g.node("Mul", g.node("Mul", y, bent), half), "no such layer",
           "bend", "Erf")
    g = Refused("squares")
    g.done(g.node("Pow", flow(g), g.hold(np.float32(2)), name="bend"),
           "no such layer", "bend", also=["a part of a norm"])
    g = Refused("softsign_of_two")
    y = flow(g)
    g.done(g.node("Div", y, g.node("Add", g.node("Abs", y),
                                   g.hold(np.float32(2)), name="two")),
           "2 in place of 1", "two", "it adds 2")
    g = Refused("cell_by_cell")
    x = g.input("x", ["N", 3, I])
    W, R, b = g.weight(H, I), g.weight(H, H), g.weight(H)
    h = g.hold(np.zeros((1, H), np.float32))
    for s in range(3):
        one = g.node("Gather", x, g.hold(np.int64(s)), axis=1)
        h = g.node("Tanh", g.node(
            "Add", g.node("Gemm", one, W, b, transB=1, name=f"read_{s}"),
            g.node("Gemm", h, R, b, transB=1)))
    g.done(h, "a cell for each step", "read_1", "a further part of the input")
    g = Refused("gelu", opset=20)
    g.done(g.node("Gelu", flow(g), name="bend"), "no such layer", "bend",
           "Gelu")


# ---- Attributes and weights of the recurrent operators ----------------------

def bad(name, reason, also=(), outputs="Y", op="LSTM", change=None,
        twice=None, opset=14, **attributes):
    """An LSTM that is right but for what is given."""
    g = Refused(name, opset)
    x = g.x()
    shapes = {"W": (1, 4 * H, I), "R": (1, 4 * H, H), "B": (1, 8 * H)}
    shapes.update(change or {})
    inputs = []
    for key in ["W", "R", "B", "lens", "initial_h", "initial_c", "P"]:
        value = shapes.get(key, "")
        if isinstance(value, tuple):
            value = g.weight(*value)
        elif isinstance(value, np.ndarray):
            value = g.hold(value)
        inputs.append(value)
    while not inputs[-1]:
        inputs.pop()
    attributes = {"hidden_size": H, **attributes}
    y = g.node(op, x, *inputs, outputs=outputs, name="lstm", **attributes)
    if twice:
        g.nodes[-1].attribute.append(helper.make_attribute(*twice))
    g.done(y if isinstance(y, str) else y[0], reason, "lstm", op, also)


def attributes():
    for name, size in [("0", 0), ("negative", -1), ("2_31", 2**31),
                       ("2_63", 2**63 - 1), ("text", "four"), ("other", 5)]:
        bad("hidden_size_" + name, "hidden_size is wrong", ["hidden_size"],
            hidden_size=size)
    bad("hidden_size_float", "hidden_size is no whole number",
        ["hidden_size"], hidden_size=4.0)
    bad("hidden_size_twice", "hidden_size is there twice", ["hidden_size"],
        twice=("hidden_size", H))
    bad("direction", "no such direction", ["sideways"], direction="sideways")
    bad("activation", "no such activation", ["Swish"],
        activations=["Sigmoid", "Swish", "Tanh"])
    bad("activations_too_few", "one per gate", ["activations"],
        activations=["Sigmoid", "Tanh"])
    bad("activations_of_one_direction", "two directions need six",
        ["activations"], direction="bidirectional",
        activations=["Sigmoid", "Tanh", "Tanh"],
        change={"W": (2, 4 * H, I), "R": (2, 4 * H, H), "B": (2, 8 * H)})
    bad("layout", "layout is 0 or 1", ["layout"], layout=2)
    bad("clip_negative", "clip is positive", ["clip"], clip=-1.0)
    bad("clip_nan", "clip is a number", ["clip"], clip=float("nan"))
    bad("unknown_attribute", "no such attribute", ["colour"], colour=3)
    D = "direction"
    bad("bidirectional_weights_of_one", "two directions",
        direction="bidirectional")
    bad("weights_of_two", "one direction",
        change={"W": (2, 4 * H, I), "R": (2, 4 * H, H), "B": (2, 8 * H)})
    for name, change in [
            ("W_short", {"W": (1, 4 * H - 1, I)}), ("W_flat", {"W": (4 * H, I)}),
            ("W_of_other_input", {"W": (1, 4 * H, I + 1)}),
            ("R_not_square", {"R": (1, 4 * H, H + 1)}),
            ("B_half", {"B": (1, 4 * H)}), ("P_long", {"P": (1, 4 * H)}),
            ("initial_h_wide", {"initial_h": (1, 2, H + 1)}),
            ("W_missing", {"W": ""}), ("R_missing", {"R": ""}),
            ("W_whole", {"W": np.ones((1, 4 * H, I), np.int64)}),
            ("W_empty", {"W": np.ones((1, 4 * H, 0), np.float32)}),
            ("gru_gates", {"W": (1, 3 * H, I)}),
            ("lens_negative", {"lens": np.array([3, -1], np.int32)})]:
        bad("weights_" + name, "shape or type is wrong", change=change)
    g = Refused("too_many_inputs")
    more = [g.weight(1) for _ in range(5)]
    g.done(g.node("RNN", g.x(), g.weight(1, H, I), g.weight(1, H, H),
                  g.weight(1, 2 * H), "", "", *more, name="rnn",
                  hidden_size=H), "RNN has six inputs", "rnn", "RNN")


def layers():
    y = None
    g = Refused("linear_of_other_size")
    g.done(g.node("MatMul", flow(g), g.weight(H + 1, C), name="fc"),
           "inner sizes differ", "fc", "MatMul")
    g = Refused("gemm_of_other_size")
    y, h = g.lstm(g.x(), outputs="Y,Y_h")
    g.done(g.node("Gemm", g.axes("Squeeze", h, 0), g.weight(H, C), name="fc",
                  transB=1), "transB turns the sizes", "fc", "Gemm")
    g = Refused("bias_of_other_size")
    y = g.node("MatMul", flow(g), g.weight(H, C))
    g.done(g.node("Add", y, g.weight(C + 1), name="bias"),
           "as many numbers as features", "bias", "Add")
    g = Refused("norm_of_other_size", opset=17)
    g.done(g.node("LayerNormalization", flow(g), g.weight(H + 1),
                  name="norm"), "as many numbers as features", "norm",
           "LayerNormalization")
    g = Refused("reshape_of_other_size")
    y = g.node("Transpose", g.lstm(g.x()), perm=[0, 2, 1, 3])
    g.done(g.node("Reshape", y, g.hold(np.array([0, 0, H + 1], np.int64)),
                  name="shape"), "numbers get lost", "shape", "Reshape")
    g = Refused("transpose_twice_the_same")
    g.done(g.node("Transpose", g.lstm(g.x()), name="turn", perm=[0, 0, 1, 2]),
           "no order of axes", "turn", "Transpose")
    g = Refused("squeeze_of_a_size")
    g.done(g.axes("Squeeze", g.lstm(g.x()), 3), "axis 3 has size 4",
           "Squeeze")
    g = Refused("slice_without_step")
    g.done(g.slice(flow(g), [0], [2], [0], [0]), "the step is 0", "Slice")
    g = Refused("concat_axis")
    y = flow(g)
    g.done(g.node("Concat", y, y, name="join", axis=7), "no such axis",
           "join", "Concat")


# ---- Graphs that are none ---------------------------------------------------

def broken():
    g = Refused("cycle")
    a = helper.make_node("Tanh", ["b"], ["a"], name="one")
    b = helper.make_node("Relu", ["a"], ["b"], name="two")
    g.x()
    g.nodes += [a, b]
    g.done("a", "each waits for the other", also=["cycle"])
    g = Refused("self")
    g.x()
    g.nodes.append(helper.make_node("Tanh", ["a"], ["a"], name="one"))
    g.done("a", "waits for itself", also=["one"])
    g = Refused("dangling")
    g.x()
    g.done(g.node("Tanh", "nowhere", name="one"), "nobody makes its input",
           "one", also=["nowhere"])
    g = Refused("output_of_nobody")
    flow(g)
    g.outputs.append(helper.make_tensor_value_info(
        "nothing", TensorProto.FLOAT, None))
    g.done(None, "nobody makes the output", also=["nothing"])
    g = Refused("no_nodes")
    g.x()
    g.outputs.append(helper.make_tensor_value_info("x", TensorProto.FLOAT,
                                                   None))
    g.done(None, "nothing to do", also=["no RNN, GRU or LSTM"],
           taken=["graph"])
    g = Refused("no_outputs")
    flow(g)
    g.done(None, "nothing is wanted", also=["no outputs"])
    g = Refused("same_output_twice")
    x = g.x()
    for name in ["one", "two"]:
        g.nodes.append(helper.make_node("Tanh", [x], ["a"], name=name))
    g.done("a", "two nodes make it", also=['a'])
    g = Refused("wrong_order")
    y = flow(g)
    g.nodes.reverse()
    g.done(y, "nodes stand in the order of their inputs",
           taken=["graph", "import"])
    g = Refused("opset_6", opset=6)
    g.done(flow(g), "before opset 7", also=["6"])
    g = Refused("opset_none")
    g.opset = 0
    g.done(flow(g), "no opset", also=["opset 0"])
    g = Refused("constant_output")
    g.x()
    g.done(g.weight(2, 2), "no layer between input and output",
           taken=["graph"])


# ---- Inputs -----------------------------------------------------------------

def inputs():
    x = np.zeros((5, 2, I), np.float32)
    good = {"x": x, "lens": np.array([5, 3], np.int32)}
    for name, also, given in [
            ("lens_negative", ["lens"], {"lens": np.array([5, -1], np.int32)}),
            ("lens_beyond", ["lens"], {"lens": np.array([5, 6], np.int32)}),
            ("lens_too_many", ["lens"], {"lens": np.array([5] * 3, np.int32)}),
            ("lens_float", ["lens"], {"lens": np.array([5, 5], np.float32)}),
            ("lens_two_axes", ["lens"], {"lens": np.ones((2, 1), np.int32)}),
            ("x_missing", ['x'], {"x": None}),
            ("x_wide", ["x"], {"x": np.zeros((5, 2, I + 1), np.float32)}),
            ("x_two_axes", ["x"], {"x": np.zeros((5, I), np.float32)}),
            ("x_double", ["x"], {"x": x.astype(np.float64)}),
            ("x_no_steps", ["x"], {"x": np.zeros((0, 2, I), np.float32)}),
            ("x_no_batch", ["x"], {"x": np.zeros((5, 0, I), np.float32)}),
            ("unknown_name", ["other"], {"other": x})]:
        g = Refused("input_" + name)
        y = g.lstm(g.x(), extra=[g.input("lens", ["N"], TensorProto.INT32)])
        arrays = {key: a for key, a in {**good, **given}.items()
                  if a is not None}
        g.done(y, "a wrong input", also=also, inputs=arrays,
               taken=["graph"] if name == "x_double" else [])
    g = Refused("input_weight_missing")
    W = g.input("W", [1, 4 * H, I])
    g.done(g.node("LSTM", g.x(), W, g.weight(1, 4 * H, H), name="lstm",
                  hidden_size=H), "W has no default", also=['W'],
           inputs={"x": x})
    g = Refused("input_state_of_other_batch")
    h = g.input("h", [1, "N", H])
    g.done(g.lstm(g.x(), extra=["", h]), "h_0 of another batch", also=["h"],
           inputs={"x": x, "h": np.zeros((1, 3, H), np.float32)})
    g = Refused("input_token_beyond")
    ids = g.input("x", ["T", "N"], TensorProto.INT64)
    y = g.lstm(g.node("Gather", g.weight(9, I), ids, name="embed"))
    g.done(y, "token 9 of 9", also=["9"],
           inputs={"x": np.array([[0, 9]] * 5, np.int64)})


def unrolled(name, reason, op, order=range(4), used=range(4), other=None,
             read=None, activation="Tanh"):
    """Four steps as PyTorch's newer exporter unrolls them: in that order of the
    input, of which used are given; step other has a weight of its own, step
    read the state before last."""
    g = Refused(name)
    x = g.input("x", [4, "N", I])
    p = g.node("Add", g.node("MatMul", x, g.weight(I, H)), g.weight(H))
    W, b = g.weight(H, H), g.weight(H)
    states = [g.hold(np.zeros((1, H), np.float32))]
    for s, index in enumerate(order):
        weight = g.weight(H, H) if s == other else W
        h = g.node("MatMul", states[-2 if s == read else -1], weight)
        total = g.node("Add", g.node("Add", h, b, name=f"product_{s}"),
                       g.axes("Squeeze",
                              g.slice(p, [index], [index + 1], [0]), 0),
                       name=f"sum_{s}")
        states.append(g.node(activation if s else "Tanh", total,
                             name=f"step_{s}"))
    y = g.node("Concat", *[g.axes("Unsqueeze", states[1 + s], 0)
                           for s in used], axis=0, name="join")
    g.done(y, reason, "", op)


def unrolled_steps():
    unrolled("unrolled_other_order", "steps in another order", "step_2",
             order=[0, 1, 3, 2])
    unrolled("unrolled_other_weight", "one step has another weight", "step_2",
             other=2)
    unrolled("unrolled_other_state", "a step reads the state before last",
             "step_3", read=3)
    unrolled("unrolled_other_end", "steps end with another operator", "step_1",
             activation="Relu")
    unrolled("unrolled_sigmoid", "steps end with another operator", "step_1",
             activation="Sigmoid")
    unrolled("unrolled_missing", "a step is left out", "join",
             used=[0, 1, 3])
    unrolled("unrolled_mixed", "steps are put together in another order",
             "join", used=[0, 2, 1, 3])
    unrolled("unrolled_short", "fewer steps than the input has", "MatMul_0",
             order=range(3), used=range(3))
    unrolled("unrolled_from_the_middle", "the first step is none of the ends",
             "step_0", order=[1, 2, 3, 0])


def unrolled_parts(book):
    """What is computed before the steps of the second direction."""
    model = onnx.load(book.root / "dynamo_rnn_finals/model.onnx")
    part = [node.output[0] for node in model.graph.node
            if "rnn.bias_ih_l1_reverse" in node.input][0]
    model.graph.output.append(helper.make_tensor_value_info(
        part, TensorProto.FLOAT, None))
    CASES.append(("unrolled_part_given", model, "a part of a layer is given",
                  [part], {}))


def refused_cases(book):
    if not book.wants("refused_cases"):
        return
    for make in [shapes_of_graphs, control, branches, turned,
                 sorted_by_length, operators, attributes, layers, broken,
                 inputs, unrolled_steps]:
        make()
    unrolled_parts(book)
    folder = book.root / "refused"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    entries = []
    for name, model, reason, says, more in CASES:
        strip(model)
        (folder / f"{name}.onnx").write_bytes(model.SerializeToString())
        entry = {"name": name, "model": f"refused/{name}.onnx", "says": says,
                 "reason": reason, **more}
        if "inputs" in more:
            entry["inputs"] = {}
            for key, array in more["inputs"].items():
                file = f"refused/{name}_{key}.npy"
                np.save(book.root / file, array)
                entry["inputs"][key] = file
        entries.append(entry)
        print(f"refused {name}: {' '.join(patterns(model))}")
    lines = ",\n ".join(json.dumps(entry) for entry in entries)
    (book.root / "refused.json").write_text(f"[\n {lines}\n]\n")
