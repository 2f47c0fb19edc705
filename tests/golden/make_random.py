#!/usr/bin/env python3
"""Records random networks: state dicts of PyTorch modules and what they give,
and ONNX graphs of one recurrent operator and what ONNX Runtime gives.

    venv/bin/python tests/golden/make_random.py

random_torch.safetensors has 200 networks in one file. Each is a tensor
NAME/data: its weights one after the other, then x, then y; the metadata "cases"
says of each

    layers       what elman convert --layers is given
    weights      names and shapes, as in the state dict
    x, y         shapes; of tokens x is (T,B) or (B,T)
    nonlinearity, batch_first, tokens

random_onnx.safetensors has 100 graphs: NAME/model (bytes), NAME/x and NAME/y.
Weights and inputs are float32; PyTorch computes y in double.
"""


import numpy
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from book import Book

NETWORKS, GRAPHS = 200, 100

torch.set_num_threads(1)


class Draw:
    """Random choices of one case."""

    def __init__(self, seed):
        self.random = numpy.random.default_rng(seed)

    def whole(self, low, high):
        return int(self.random.integers(low, high + 1))

    def chance(self, p):
        return bool(self.random.random() < p)

    def one(self, values):
        return values[self.whole(0, len(values) - 1)]

    def array(self, *shape, scale=1):
        return (scale * self.random.standard_normal(shape)).astype("float32")


# ---- PyTorch ----------------------------------------------------------------

FUNCTIONS = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": torch.relu,
             "softmax": lambda y: y.softmax(-1),
             "log_softmax": lambda y: y.log_softmax(-1)}


def last_of(y, hidden, module, first):
    """The last step."""
    return y[:, -1] if first else y[-1]


def final_of(y, hidden, module, first):
    """The final h of the last level, directions side by side."""
    h = hidden[0] if isinstance(hidden, tuple) else hidden
    D = 2 if module.bidirectional else 1
    return torch.cat(list(h[-D:]), -1)


ENDS = {"last": last_of, "final": final_of,
        "mean": lambda y, h, m, first: y.mean(1 if first else 0),
        "max": lambda y, h, m, first: y.max(1 if first else 0).values}


def draw_recurrent(draw, I, first, nonlinearity):
    options = dict(num_layers=draw.one([1, 1, 2, 3]), bias=draw.chance(0.8),
                   batch_first=first, bidirectional=draw.chance(0.35))
    H = draw.whole(1, 6)
    kind = draw.one([nn.LSTM, nn.GRU, nn.RNN])
    if kind is nn.RNN:
        options["nonlinearity"] = nonlinearity
    if kind is nn.LSTM and H > 1 and draw.chance(0.3):
        options["proj_size"] = draw.whole(1, H - 1)
    module = kind(I, H, **options)
    R = options.get("proj_size", 0) or H
    return module, R * (2 if options["bidirectional"] else 1)


class Network:
    """Modules by name, and the words that say what is between them."""

    def __init__(self, draw):
        self.first, self.tokens = draw.chance(0.4), draw.chance(0.2)
        self.nonlinearity = draw.one(["tanh", "relu"])
        self.modules, self.words = nn.ModuleDict(), []
        self.I = I = draw.whole(1, 5)
        self.V = draw.whole(2, 7)
        if self.tokens:
            self.add("embed", nn.Embedding(self.V, I))
        elif draw.chance(0.15):
            I = self.between(draw, "front", I)

        for name in ["rnn"] if draw.chance(0.75) else ["rnn", "upper"]:
            if name == "upper" and draw.chance(0.6):
                I = self.between(draw, "middle", I)
            module, I = draw_recurrent(draw, I, self.first, self.nonlinearity)
            self.add(name, module)
        if draw.chance(0.2):
            I = self.between(draw, "norm", I, draw.one([True, False]))
        self.head(draw, I)

    def head(self, draw, I):
        ends = list(ENDS) if self.words[-1] in ("rnn", "upper") else \
            ["last", "mean", "max"]
        if draw.chance(0.5):
            self.words.append(draw.one(ends))
        if draw.chance(0.7):
            self.add("fc", nn.Linear(I, draw.whole(1, 4), draw.chance(0.8)))
        if draw.chance(0.4):
            self.words.append(draw.one(list(FUNCTIONS)))

    def add(self, name, module):
        self.modules[name] = module
        self.words.append(name)

    def between(self, draw, name, I, norm=None):
        if norm or (norm is None and draw.chance(0.3)):
            self.modules[name] = nn.LayerNorm(I)
            self.words.append("layer_norm:" + name)
            return I
        O = draw.whole(1, 5)
        self.add(name, nn.Linear(I, O))
        if draw.chance(0.6):
            self.words.append(draw.one(["tanh", "relu", "sigmoid"]))
        return O

    def run(self, x):
        y, hidden, recurrent = x, None, None
        for word in self.words:
            name = word.split(":")[-1]
            if name in self.modules:
                module = self.modules[name]
                y = module(y)
                if isinstance(module, nn.RNNBase):
                    (y, hidden), recurrent = y, module
            elif word in ENDS:
                y = ENDS[word](y, hidden, recurrent, self.first)
            else:
                y = FUNCTIONS[word](y)
        return y


def fill(draw, modules):
    """Weights that make gates neither open nor shut."""
    for p in modules.parameters():
        p.data = torch.from_numpy(draw.array(*p.shape, scale=0.6))


def record_network(book, number):
    draw = Draw([14, number])
    network = Network(draw)
    fill(draw, network.modules)
    state = {name: value.numpy().copy()
             for name, value in network.modules.state_dict().items()}

    T, B = draw.whole(1, 7), draw.whole(1, 3)
    shape = (B, T) if network.first else (T, B)
    if network.tokens:
        x = draw.random.integers(0, network.V, shape).astype("float32")
        given = torch.from_numpy(x).long()
    else:
        x = draw.array(*shape, network.I)
        given = torch.from_numpy(x).double()
    network.modules.double()
    with torch.no_grad():
        y = network.run(given).numpy().astype("float32")
    assert numpy.isfinite(y).all()

    case = {"name": f"network{number}", "layers": ",".join(network.words),
            "weights": [[n, list(w.shape)] for n, w in state.items()],
            "x": list(x.shape), "y": list(y.shape)}
    for key in ("tokens", "first"):
        if getattr(network, key):
            case[{"first": "batch_first"}.get(key, key)] = True
    if network.nonlinearity == "relu" and any(
            isinstance(m, nn.RNN) for m in network.modules.values()):
        case["nonlinearity"] = "relu"
    parts = [*state.values(), x, y]
    book.add(case, {"data": numpy.concatenate([p.ravel() for p in parts])})


# ---- ONNX -------------------------------------------------------------------

# how many of alpha and beta a function takes
ACTIVATIONS = {"Tanh": 0, "Sigmoid": 0, "Relu": 0, "LeakyRelu": 1, "Elu": 1,
               "ThresholdedRelu": 1, "Affine": 2, "ScaledTanh": 2,
               "HardSigmoid": 2, "Softsign": 0, "Softplus": 0}


def draw_activations(draw, count):
    names = [draw.one(list(ACTIVATIONS)) for _ in range(count)]
    alpha = [round(draw.random.uniform(0.2, 0.8), 2) for n in names
             if ACTIVATIONS[n] > 0]
    beta = [round(draw.random.uniform(0.2, 0.8), 2) for n in names
            if ACTIVATIONS[n] > 1]
    options = {"activations": names}
    if alpha:
        options["activation_alpha"] = alpha
    if beta:
        options["activation_beta"] = beta
    return options


def draw_attributes(draw, op, D):
    options = {}
    if draw.chance(0.4):
        options = draw_activations(draw, D * {"RNN": 1, "GRU": 2, "LSTM": 3}[op])
    if draw.chance(0.25):
        options["clip"] = round(draw.random.uniform(0.4, 2), 2)
    if op == "GRU" and draw.chance(0.5):
        options["linear_before_reset"] = 1
    if op == "LSTM" and draw.chance(0.3):
        options["input_forget"] = 1
    return options


def draw_graph(draw):
    """x (T,B,I), the operator, its directions side by side, maybe a head."""
    op, D = draw.one(["RNN", "GRU", "LSTM"]), draw.one([1, 1, 2])
    I, H, G = draw.whole(1, 4), draw.whole(1, 5), \
        {"RNN": 1, "GRU": 3, "LSTM": 4}[op]
    weights = {"W": (D, G * H, I), "R": (D, G * H, H)}
    inputs = ["x", "W", "R", "", "", "", "", ""]
    if draw.chance(0.8):
        weights["B"], inputs[3] = (D, 2 * G * H), "B"
    if op == "LSTM" and draw.chance(0.4):
        weights["P"], inputs[7] = (D, 3 * H), "P"
    while not inputs[-1]:
        inputs.pop()

    way = "bidirectional" if D == 2 else draw.one(["forward", "reverse"])
    nodes = [helper.make_node(op, inputs, ["Y"], hidden_size=H, direction=way,
                              **draw_attributes(draw, op, D)),
             helper.make_node("Transpose", ["Y"], ["side"], perm=[0, 2, 1, 3]),
             helper.make_node("Reshape", ["side", "shape"], ["flat"])]
    constants = [numpy_helper.from_array(
        numpy.array([0, 0, D * H], "int64"), "shape")]
    end, O = "flat", D * H
    if draw.chance(0.5):
        O = draw.whole(1, 3)
        weights["head.weight"] = (D * H, O)
        nodes.append(helper.make_node("MatMul", [end, "head.weight"], ["head"]))
        end = "head"
    if draw.chance(0.3):
        nodes.append(helper.make_node(draw.one(["Tanh", "Relu", "Sigmoid"]),
                                      [end], ["bent"]))
        end = "bent"
    nodes[-1].output[0] = "y"

    for name, shape in weights.items():
        constants.append(numpy_helper.from_array(
            draw.array(*shape, scale=0.6), name))
    graph = helper.make_graph(
        nodes, "random",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["T", "B", I])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["T", "B", O])],
        constants)
    return helper.make_model(
        graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]), I


def record_graph(book, number):
    draw = Draw([15, number])
    model, I = draw_graph(draw)
    onnx.checker.check_model(model, full_check=True)
    x = draw.array(draw.whole(1, 6), draw.whole(1, 3), I)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"])
    y = session.run(["y"], {"x": x})[0]
    assert numpy.isfinite(y).all()
    data = numpy.frombuffer(model.SerializeToString(), "uint8")
    book.add({"name": f"graph{number}"}, {"model": data, "x": x, "y": y})


def main():
    Book.TYPES["uint8"] = "U8"
    for name, count, one in (("random_torch", NETWORKS, record_network),
                             ("random_onnx", GRAPHS, record_graph)):
        book = Book()
        for number in range(count):
            one(book, number)
        book.save(name)


if __name__ == "__main__":
    main()
