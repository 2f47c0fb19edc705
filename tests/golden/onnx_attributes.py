"""Single recurrent operators: every attribute, every input, every output."""

import zlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from onnx_book import runtime
from onnx_numpy import GATES, recurrent
from onnx_sizes import H, I, SEED, others

NAMES = ["X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P"]
STATE = {"initial_h", "initial_c"}


def draw(name):
    return np.random.default_rng(zlib.crc32(name.encode()) + SEED)


def shapes(op, D, T, N, layout):
    G = GATES[op] * H
    state = (N, D, H) if layout else (D, N, H)
    return {"X": (N, T, I) if layout else (T, N, I), "W": (D, G, I),
            "R": (D, G, H), "B": (D, 2 * G), "sequence_lens": (N,),
            "initial_h": state, "initial_c": state, "P": (D, 3 * H)}


def values(random, name, shape, T, kind):
    if name == "sequence_lens":
        return np.array([max(1, T - 2 * k) for k in range(shape[0])],
                        np.int32)[::-1].copy()
    scale = 1.0 if name == "X" else 0.6
    return (scale * random.uniform(-1, 1, shape)).astype(kind)


def free_shape(name, shape, layout):
    """Names instead of sizes where any will do."""
    known = {"X": ("N", "T", None) if layout else ("T", "N", None),
             "sequence_lens": ("N",)}
    state = ("N", None, None) if layout else (None, "N", None)
    names = known.get(name, state if name in STATE else (None,) * len(shape))
    return [n or size for n, size in zip(names, shape)]


def operator(book, name, op, given="X", fixed="W R B", outputs="Y Y_h Y_c",
             opset=14, by_numpy=False, kind=np.float32,
             sizes=others((6, 3), (4, 2)), **attributes):
    """given are inputs of the graph, fixed are initializers."""
    name = f"attribute_{op.lower()}_{name}"
    if not book.wants(name):
        return
    given, fixed = given.split(), fixed.split()
    outputs = [y for y in outputs.split() if op == "LSTM" or y != "Y_c"]
    layout = attributes.get("layout", 0)
    D = 2 if attributes.get("direction") == "bidirectional" else 1
    if set(fixed) & (STATE | {"sequence_lens"}):
        sizes = sizes[:1]
    random = draw(name)
    first = shapes(op, D, *sizes[0], layout)
    held = {n: values(random, n, first[n], sizes[0][0], kind) for n in fixed}
    sets = []
    for T, N in sizes:
        shape = shapes(op, D, T, N, layout)
        sets.append({n: values(random, n, shape[n], T, kind) for n in given})
    model = build(op, given, held, outputs, first, opset, layout, attributes,
                  kind)
    expected = []
    for inputs in sets:
        y = recurrent(op, attributes, **inputs, **held)
        want = {n: a for n, a in zip(["Y", "Y_h", "Y_c"], y) if n in outputs}
        if not by_numpy:
            got = runtime(model, inputs)
            for n, a in want.items():
                far = np.abs(got[n] - a).max()
                assert far < 5e-6, f"{name}: {n} is {far} from the formulas"
            want = {n: got[n] for n in outputs}
        expected.append(want)
    book.add(name, model, sets, expected,
             "the operator's formulas in double" if by_numpy else None)


def build(op, given, held, outputs, shape, opset, layout, attributes, kind):
    slots = NAMES if op == "LSTM" else NAMES[:6]
    used = [n if n in given or n in held else "" for n in slots]
    while not used[-1]:
        used.pop()
    names = ["Y", "Y_h", "Y_c"][:3 if op == "LSTM" else 2]
    made = [n if n in outputs else "" for n in names]
    while not made[-1]:
        made.pop()
    node = helper.make_node(op, used, made, name="node_" + op,
                            hidden_size=H, **attributes)
    real = helper.np_dtype_to_tensor_dtype(np.dtype(kind))
    inputs = [helper.make_tensor_value_info(
        n, TensorProto.INT32 if n == "sequence_lens" else real,
        free_shape(n, shape[n], layout)) for n in given]
    results = [helper.make_tensor_value_info(n, real, None) for n in outputs]
    graph = helper.make_graph(
        [node], "one", inputs, results,
        [numpy_helper.from_array(a, n) for n, a in held.items()])
    model = helper.make_model(graph, producer_name="elman's tests",
                              opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8 if opset < 20 else 10
    return model


def attribute_cases(book):
    def case(*arguments, **options):
        operator(book, *arguments, **options)

    for op in ["RNN", "GRU", "LSTM"]:
        states = "initial_h initial_c" if op == "LSTM" else "initial_h"
        for opset in [7, 11, 22]:
            case(f"opset{opset}", op, opset=opset)
        for direction in ["reverse", "bidirectional"]:
            case(direction, op, direction=direction)
            case(direction + "_lens", op, "X sequence_lens " + states,
                 direction=direction)
        case("lens", op, "X sequence_lens")
        case("lens_fixed", op, fixed="W R B sequence_lens " + states,
             direction="bidirectional")
        case("states", op, "X " + states)
        case("states_fixed", op, fixed="W R B " + states)
        case("no_bias", op, fixed="W R")
        case("inputs", op, "X W R B sequence_lens " + states, fixed="",
             direction="bidirectional")
        case("clip", op, clip=0.4)
        case("clip_bidirectional", op, clip=0.3, direction="bidirectional")
        case("one_step", op, "X " + states, sizes=((1, 1), (1, 4)))
        for number, outputs in enumerate(["Y", "Y_h", "Y_c", "Y Y_c",
                                          "Y_h Y_c"]):
            if op == "LSTM" or number < 2:
                case("gives_" + outputs.lower().replace(" ", "_"), op,
                     outputs=outputs)
        case("layout", op, layout=1, by_numpy=True)
        case("layout_bidirectional", op, "X sequence_lens " + states,
             layout=1, by_numpy=True, direction="bidirectional")
        case("layout_reverse", op, "X " + states, layout=1, by_numpy=True,
             direction="reverse", outputs="Y")
        case("float64", op, "X " + states, by_numpy=True, kind=np.float64,
             direction="bidirectional")
        case("float16", op, "X " + states, by_numpy=True, kind=np.float16)

    lists = {"activation_alpha": "alpha", "activation_beta": "beta"}

    def functions(name, op, names, alphas=(), betas=(), **more):
        for key, given in zip(lists, (alphas, betas)):
            if given:
                more[key] = list(given)
        D = "forward bidirectional".split()[len(names) > len(
            {"RNN": "f", "GRU": "fg", "LSTM": "fgh"}[op])]
        case(name, op, activations=names, direction=D, **more)

    functions("relu_tanh", "RNN", ["Relu", "Tanh"])
    functions("sigmoid_affine", "RNN", ["Sigmoid", "Affine"], [0.4], [0.1])
    functions("leaky_thresholded", "RNN", ["LeakyRelu", "ThresholdedRelu"],
              [0.3, 0.2])
    functions("scaled_hard", "RNN", ["ScaledTanh", "HardSigmoid"],
              [1.2, 0.3], [0.7, 0.4])
    functions("elu_softsign", "RNN", ["Elu", "Softsign"], [0.6])
    functions("softplus", "RNN", ["Softplus"], clip=2.0)
    functions("defaults_of_leaky", "RNN", ["LeakyRelu", "HardSigmoid"])
    functions("hard_elu", "GRU", ["HardSigmoid", "Elu", "Sigmoid",
                                  "ScaledTanh"], [0.3, 0.7, 1.1],
              [0.5, 0.8])
    functions("relu", "GRU", ["Sigmoid", "Relu"])
    functions("relu_before", "GRU", ["HardSigmoid", "LeakyRelu"],
              [0.2, 0.1], [0.5], linear_before_reset=1)
    functions("softsign", "GRU", ["Sigmoid", "Softsign"], clip=0.5)
    functions("hard", "LSTM", ["HardSigmoid", "Tanh", "Tanh"], [0.2], [0.5])
    functions("many", "LSTM",
              ["Sigmoid", "Softsign", "Relu", "HardSigmoid", "ScaledTanh",
               "Elu"], [0.3, 1.1, 0.7], [0.5, 0.8])
    functions("affine", "LSTM", ["HardSigmoid", "Affine", "LeakyRelu"],
              [0.25, 0.9, 0.2], [0.5, 0.1])
    functions("thresholded", "LSTM", ["Sigmoid", "ThresholdedRelu",
                                      "Softplus"], [0.1])
    for before in [0, 1]:
        case(f"linear_before_reset{before}", "GRU", "X initial_h",
             linear_before_reset=before, direction="bidirectional")
        case(f"linear_before_reset{before}_no_bias", "GRU", fixed="W R",
             linear_before_reset=before, clip=0.5)
    case("input_forget", "LSTM", input_forget=1)
    case("input_forget_peephole", "LSTM", "X initial_c", fixed="W R B P",
         input_forget=1, direction="bidirectional")
    case("peephole", "LSTM", fixed="W R B P")
    case("peephole_bidirectional", "LSTM", "X sequence_lens initial_h "
         "initial_c", fixed="W R B P", direction="bidirectional")
    case("peephole_all", "LSTM", "X initial_h", fixed="W R P", clip=0.5,
         direction="reverse", activations=["HardSigmoid", "Tanh", "Relu"])
    case("peephole_layout", "LSTM", "X initial_h initial_c",
         fixed="W R B P", layout=1, by_numpy=True)
    case("only_h", "LSTM", "X initial_h")
    case("only_c", "LSTM", "X initial_c")
