"""The models that PyTorch's exporters are given, and what with."""

import dataclasses

import torch
from torch import nn
from torch.nn import functional as F

from onnx_sizes import LENGTHS, others
from onnx_sizes import C as C_DRAWN, H as H_DRAWN

# those of a classifier
H, C = (H_DRAWN, C_DRAWN) if LENGTHS else (5, 3)
BOTH = ("torchscript", "dynamo")


@dataclasses.dataclass
class Wanted:
    """One model. inputs(T, B) gives its arguments by name; axes which of
    their axes are free; sizes the (T, B) of each set of inputs; longer those
    that the graph cannot do, but a model made of it can."""

    name: str
    make: object
    inputs: object
    outputs: list
    axes: dict
    dynamic: bool = True
    exporters: tuple = BOTH
    type: torch.dtype = torch.float32
    sizes: tuple = others((5, 2), (7, 3))
    longer: tuple = ()
    by_torch: bool = False
    more: dict = dataclasses.field(default_factory=dict)  # of case.json
    options: dict = dataclasses.field(default_factory=dict)


MODELS = []


def want(name, make, inputs, outputs, axes, **more):
    if not more.get("dynamic", True):
        more.setdefault("sizes", others((5, 2))[:1])
    outputs = outputs.split()
    MODELS.append(Wanted(name, make, inputs, outputs, axes, **more))


# ---- Inputs ----------------------------------------------------------------

TB, BT = {0: "T", 1: "B"}, {0: "B", 1: "T"}


def steps(I):
    return lambda T, B: {"x": torch.randn(T, B, I)}


def batches(I):
    return lambda T, B: {"x": torch.randn(B, T, I)}


def alone(I):
    """One sequence, without a batch."""
    return lambda T, B: {"x": torch.randn(T, I)}


def tokens(V):
    return lambda T, B: {"tokens": torch.randint(V, (B, T))}


# ---- Classifiers -----------------------------------------------------------

class Classifier(nn.Module):
    """The last step's output, or the last level's final states."""

    def __init__(self, rnn, C, head="linear", take="last"):
        super().__init__()
        self.rnn, self.head, self.take = rnn, head, take
        self.first = rnn.batch_first
        R = rnn.proj_size or rnn.hidden_size
        wide = R * (2 if rnn.bidirectional else 1)
        bias = "no_bias" not in head
        self.drop = nn.Dropout(0.3)
        self.fc = nn.Linear(wide, 6 if "relu" in head else C, bias)
        if "relu" in head:
            self.fc2 = nn.Linear(6, C)

    def taken(self, x):
        y, state = self.rnn(x)
        h_n = state[0] if isinstance(state, tuple) else state
        if self.take == "last":
            return y[:, -1] if self.first else y[-1]
        if self.take == "narrow":
            return y[:, -1, :] if self.first else y[-1, :, :]
        if self.take == "state":
            return h_n[-1]
        if self.take == "squeeze":
            return h_n.squeeze(0)
        if self.take == "flat":  # both directions of one level
            return h_n.transpose(0, 1).reshape(x.shape[0], -1)
        assert self.take == "both"
        return torch.cat([h_n[-2], h_n[-1]], dim=1)

    def forward(self, x):
        y = self.fc(self.drop(self.taken(x)))
        if "relu" in self.head:
            y = self.fc2(F.relu(y))
        if "log_softmax" in self.head:
            return F.log_softmax(y, dim=-1)
        if "softmax" in self.head:
            return torch.softmax(y, dim=1)
        if "sigmoid" in self.head:
            return torch.sigmoid(y)
        return y


def classifier(name, kind=nn.LSTM, head="linear", take="last", H=H, C=C,
               layers=1, cell=None, **more):
    cell = {"batch_first": True, **(cell or {})}
    if kind is nn.RNN:  # the newer exporter unrolls it
        more["exporters"] = BOTH[:1]
    first = cell["batch_first"]
    want("classifier_" + name,
         lambda: Classifier(kind(4, H, layers, **cell), C, head, take),
         batches(4) if first else steps(4), "logits",
         {"x": BT if first else TB, "logits": {0: "B"}}, **more)


classifier("lstm")
classifier("gru_softmax", nn.GRU, "softmax")
classifier("lstm_time_major", cell={"batch_first": False})
classifier("rnn_tanh", nn.RNN, take="narrow")
classifier("rnn_relu", nn.RNN, "sigmoid", cell={"nonlinearity": "relu"}, C=1)
classifier("both", head="log_softmax", take="both", layers=2, H=3,
           cell={"bidirectional": True, "dropout": 0.5})
classifier("gru_both", nn.GRU, "relu softmax", "both", H=3,
           cell={"bidirectional": True, "batch_first": False})
classifier("rnn_flat", nn.RNN, take="flat", H=3,
           cell={"bidirectional": True})
classifier("state", take="state", layers=2, head="relu")
classifier("gru_state", nn.GRU, take="state", layers=3, H=4)
classifier("squeeze", take="squeeze", head="log_softmax")
classifier("relu", head="relu")
classifier("no_bias", head="no_bias", cell={"bias": False})
classifier("gru_no_bias", nn.GRU, "no_bias", cell={"bias": False})
classifier("three_levels", layers=3, H=4, cell={"dropout": 0.2})
classifier("fixed", dynamic=False)
classifier("gru_fixed_both", nn.GRU, take="both", H=3, layers=2,
           cell={"bidirectional": True}, dynamic=False)
classifier("float64", type=torch.float64, by_torch=True)
classifier("gru_float64", nn.GRU, "relu log_softmax", "both", H=3,
           cell={"bidirectional": True}, type=torch.float64, by_torch=True)
classifier("float16", type=torch.float16, by_torch=True)
for opset in [9, 10, 11, 13, 17, 23]:
    classifier(f"opset{opset}", head="relu softmax", take="both", layers=2,
               H=3, cell={"bidirectional": True}, exporters=BOTH[:1],
               options={"opset_version": opset})
for opset in [9, 11]:
    classifier(f"gru_opset{opset}", nn.GRU, layers=2, H=3,
               exporters=BOTH[:1], options={"opset_version": opset})
classifier("opset18", take="state", exporters=BOTH[1:],
           options={"opset_version": 18})
classifier("folded", options={"do_constant_folding": False},
           exporters=BOTH[:1])
classifier("unfolded_both", head="relu softmax", take="both", layers=2, H=3,
           cell={"bidirectional": True}, exporters=BOTH[:1],
           options={"do_constant_folding": False})
classifier("unoptimized", options={"optimize": False}, exporters=BOTH[1:])


class Alone(nn.Module):
    """A sequence without a batch: (T,I)."""

    def __init__(self):
        super().__init__()
        self.rnn, self.fc = nn.LSTM(4, 5), nn.Linear(5, 2)

    def forward(self, x):
        y, (h_n, _) = self.rnn(x)
        return self.fc(y), h_n


want("alone", Alone, alone(4), "y h_n", {"x": {0: "T"}, "y": {0: "T"}})


# ---- Taggers ---------------------------------------------------------------

class Tagger(nn.Module):
    def __init__(self, levels=2, kind=nn.LSTM, first=True):
        super().__init__()
        self.embed = nn.Embedding(11, 4)
        self.rnn = kind(4, 3, levels, batch_first=first, bidirectional=True)
        self.norm = nn.LayerNorm(6)
        self.fc = nn.Linear(6, 4)

    def forward(self, tokens):
        return self.fc(self.norm(self.rnn(self.embed(tokens))[0]))


class Scores(Tagger):
    def forward(self, tokens):
        return F.log_softmax(super().forward(tokens), dim=2)


TAGS = {"tokens": BT, "tags": BT}
want("tagger", Tagger, tokens(11), "tags", TAGS)
want("tagger_gru_time_major", lambda: Tagger(1, nn.GRU, False),
     lambda T, B: {"tokens": torch.randint(11, (T, B))}, "tags",
     {"tokens": TB, "tags": TB})
want("tagger_three_levels", lambda: Scores(3), tokens(11), "tags", TAGS)
want("tagger_fixed", Tagger, tokens(11), "tags", TAGS, dynamic=False)
for opset in [9, 13, 16]:  # the norm in parts
    want(f"tagger_opset{opset}", Tagger, tokens(11), "tags", TAGS,
         exporters=BOTH[:1], options={"opset_version": opset})
want("tagger_int32", Tagger,
     lambda T, B: {"tokens": torch.randint(11, (B, T), dtype=torch.int32)},
     "tags", TAGS)


# ---- Language models -------------------------------------------------------

class Language(nn.Module):
    def __init__(self, layers=2, tied=False, bias=True, kind=nn.LSTM):
        super().__init__()
        self.embed = nn.Embedding(11, 5)
        self.rnn = kind(5, 5, layers, batch_first=True)
        self.fc = nn.Linear(5, 11, bias=bias)
        if tied:
            self.fc.weight = self.embed.weight

    def forward(self, tokens, h_0, c_0):
        y, (h_n, c_n) = self.rnn(self.embed(tokens), (h_0, c_0))
        return self.fc(y), h_n, c_n


class LanguageGru(Language):
    def __init__(self):
        super().__init__(3, kind=nn.GRU)

    def forward(self, tokens, h_0):
        y, h_n = self.rnn(self.embed(tokens), h_0)
        return F.log_softmax(self.fc(y), dim=-1), h_n


class Stateless(Language):
    def forward(self, tokens):
        return self.fc(self.rnn(self.embed(tokens))[0])


def language_inputs(layers):
    return lambda T, B: {"tokens": torch.randint(11, (B, T)),
                         "h_0": torch.randn(layers, B, 5),
                         "c_0": torch.randn(layers, B, 5)}


STATES = {key: {1: "B"} for key in ["h_0", "c_0", "h_n", "c_n"]}
SAID = {"tokens": BT, "logits": BT, **STATES}
want("language", Language, language_inputs(2), "logits h_n c_n", SAID)
want("language_one", lambda: Language(1), language_inputs(1),
     "logits h_n c_n", SAID)
want("language_tied", lambda: Language(1, True, False), language_inputs(1),
     "logits h_n c_n", SAID)
want("language_tied_bias", lambda: Stateless(2, True), tokens(11), "logits",
     {"tokens": BT, "logits": BT})
want("language_gru", LanguageGru,
     lambda T, B: {"tokens": torch.randint(11, (B, T)),
                   "h_0": torch.randn(3, B, 5)}, "logits h_n",
     {"tokens": BT, "logits": BT, "h_0": {1: "B"}, "h_n": {1: "B"}})
want("language_step", Language, language_inputs(2), "logits h_n c_n", SAID,
     dynamic=False, sizes=((1, 1),))


# ---- Forecasters -----------------------------------------------------------

class Forecaster(nn.Module):
    def __init__(self, body=None):
        super().__init__()
        self.rnn = nn.GRU(2, 6, batch_first=True)
        self.out = body or nn.Linear(6, 3)

    def forward(self, x):
        y, _ = self.rnn(x)
        return self.out(y[:, -1, :])


class Shaped(Forecaster):
    """Horizon 3 of 2 values."""

    def forward(self, x):
        return super().forward(x).view(-1, 3, 1)


class Every(nn.Module):
    """A forecast after each step, states in and out, the first level apart
    from the second."""

    def __init__(self):
        super().__init__()
        self.first = nn.LSTM(2, 4)
        self.second = nn.GRU(4, 3)
        self.out = nn.Linear(3, 1)

    def forward(self, x, h_0, c_0, g_0):
        y, (h_n, c_n) = self.first(x, (h_0, c_0))
        y, g_n = self.second(y, g_0)
        return self.out(y).squeeze(-1), h_n, c_n, g_n


def head(*between):
    layers, wide = [], 6
    for activation in between:
        layers += [nn.Linear(wide, 5), activation]
        wide = 5
    return lambda: Forecaster(nn.Sequential(*layers, nn.Linear(wide, 3)))


FORECAST = {"x": BT, "forecast": {0: "B"}}
want("forecaster", Forecaster, batches(2), "forecast", FORECAST)
want("forecaster_shaped", Shaped, batches(2), "forecast", FORECAST)
want("forecaster_tanh_elu", head(nn.Tanh(), nn.ELU(0.7)), batches(2),
     "forecast", FORECAST)
want("forecaster_leaky", head(nn.LeakyReLU(0.2), nn.Hardsigmoid()),
     batches(2), "forecast", FORECAST)
want("forecaster_softplus", head(nn.Softplus()), batches(2), "forecast",
     FORECAST, exporters=BOTH[:1])
want("forecaster_norm", head(nn.LayerNorm(5), nn.Sigmoid()), batches(2),
     "forecast", FORECAST)
want("forecaster_every", Every,
     lambda T, B: {"x": torch.randn(T, B, 2), "h_0": torch.randn(1, B, 4),
                   "c_0": torch.randn(1, B, 4), "g_0": torch.randn(1, B, 3)},
     "forecast h_n c_n g_n",
     {"x": TB, "forecast": TB, "g_0": {1: "B"}, "g_n": {1: "B"}, **STATES})
want("forecaster_every_fixed", Every,
     lambda T, B: {"x": torch.randn(T, B, 2), "h_0": torch.randn(1, B, 4),
                   "c_0": torch.randn(1, B, 4), "g_0": torch.randn(1, B, 3)},
     "forecast h_n c_n g_n", {}, dynamic=False)


# ---- Recurrent modules alone -----------------------------------------------

class Whole(nn.Module):
    """Everything that nn.LSTM gives; states come in or are left out."""

    def __init__(self, kind, *sizes, **options):
        super().__init__()
        self.rnn = kind(*sizes, **options)

    def forward(self, x, h_0=None, c_0=None):
        start = (h_0, c_0) if c_0 is not None else h_0
        y, state = self.rnn(x, start)
        return (y, *state) if isinstance(state, tuple) else (y, state)


def whole(name, kind, layers, given, axes=TB, **options):
    D = layers * (2 if options.get("bidirectional") else 1)
    P = options.get("proj_size", 3)

    def inputs(T, B):
        shape = (T, B, 4) if axes is TB else (B, T, 4)
        arrays = {"x": torch.randn(shape)}
        if given:
            arrays["h_0"] = torch.randn(D, B, P)
        if given and kind is nn.LSTM:
            arrays["c_0"] = torch.randn(D, B, 3)
        return arrays

    if kind is nn.RNN:
        options["exporters"] = BOTH[:1]
    outputs = "y h_n c_n" if kind is nn.LSTM else "y h_n"
    more = {k: options.pop(k) for k in ["exporters", "by_torch", "dynamic"]
            if k in options}
    want(name, lambda: Whole(kind, 4, 3, layers, **options), inputs, outputs,
         {"x": axes, "y": axes, **STATES}, **more)


whole("lstm", nn.LSTM, 1, False)
whole("gru", nn.GRU, 1, False)
whole("rnn", nn.RNN, 1, False)
whole("lstm_states", nn.LSTM, 2, True, bidirectional=True)
whole("lstm_states_batch_first", nn.LSTM, 2, True, BT, batch_first=True,
      bidirectional=True)
whole("gru_states", nn.GRU, 2, True, bidirectional=True)
whole("rnn_states", nn.RNN, 3, True, nonlinearity="relu")
whole("lstm_no_bias", nn.LSTM, 2, True, bias=False)
whole("gru_states_fixed", nn.GRU, 2, True, BT, batch_first=True,
      bidirectional=True, dynamic=False)


# ---- Steps that the newer exporter unrolls ---------------------------------

class Learned(nn.Module):
    """The initial state is a parameter."""

    def __init__(self, directions):
        super().__init__()
        self.rnn = nn.RNN(4, 3, bidirectional=directions == 2)
        self.h_0 = nn.Parameter(torch.zeros(directions, 1, 3))

    def forward(self, x):
        return self.rnn(x, self.h_0.expand(-1, x.shape[1], -1))[0]


class AloneRnn(Alone):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(4, 5)

    def forward(self, x):
        return self.fc(self.rnn(x)[0])


def unrolled(name, make, inputs, outputs, axes, sizes=((5, 2), (5, 3)),
             **more):
    """T is fixed by the export: only B is free."""
    free = {key: {axis: size for axis, size in given.items() if size == "B"}
            for key, given in axes.items()}
    if not more.get("dynamic", True):
        sizes = sizes[:1]
    want("rnn_" + name, make, inputs, outputs, free, sizes=sizes,
         exporters=BOTH[1:], **more)


def unrolled_classifier(name, take="last", head="linear", layers=1, H=4,
                        dynamic=True, type=torch.float32, **cell):
    first = cell.get("batch_first", False)
    unrolled(name, lambda: Classifier(nn.RNN(4, H, layers, **cell), 3, head,
                                      take),
             batches(4) if first else steps(4), "logits",
             {"x": BT if first else TB, "logits": {0: "B"}},
             dynamic=dynamic, type=type, by_torch=type == torch.float64,
             longer=((9, 2), (2, 3)))


def unrolled_whole(name, layers, axes=TB, given=True, **options):
    D = layers * (2 if options.get("bidirectional") else 1)

    def inputs(T, B):
        shape = (T, B, 4) if axes is TB else (B, T, 4)
        h_0 = {"h_0": torch.randn(D, B, 3)} if given else {}
        return {"x": torch.randn(shape), **h_0}

    dynamic = options.pop("dynamic", True)
    unrolled(name, lambda: Whole(nn.RNN, 4, 3, layers, **options), inputs,
             "y h_n", {"x": axes, **({"h_0": {1: "B"}} if given else {})},
             dynamic=dynamic)


RELU, BOTH_DIRECTIONS = {"nonlinearity": "relu"}, {"bidirectional": True}
unrolled_classifier("tanh", batch_first=True)
unrolled_classifier("relu", "state", "softmax", **RELU)
unrolled_classifier("no_bias", "narrow", bias=False, batch_first=True)
unrolled_classifier("fixed", batch_first=True, dynamic=False)
unrolled_classifier("fixed_relu", "state", layers=2, dynamic=False, **RELU)
unrolled_classifier("fixed_no_bias", dynamic=False, bias=False)
unrolled_classifier("both", "both", "log_softmax", 2, 3, batch_first=True,
                    **BOTH_DIRECTIONS)
unrolled_classifier("flat", "flat", H=1, batch_first=True, **BOTH_DIRECTIONS)
unrolled_classifier("fixed_both", "both", "sigmoid", 2, 3, dynamic=False,
                    **RELU, **BOTH_DIRECTIONS)
unrolled_classifier("three_levels", "state", "relu", 3, batch_first=True)
unrolled_classifier("float64", layers=2, type=torch.float64)
unrolled("tagger", lambda: Tagger(2, nn.RNN), tokens(11), "tags",
         {"tokens": BT}, longer=((9, 2),))
unrolled("tagger_fixed", lambda: Tagger(1, nn.RNN, False),
         lambda T, B: {"tokens": torch.randint(11, (T, B))}, "tags",
         {"tokens": TB}, dynamic=False, longer=((9, 2),))
unrolled("alone", AloneRnn, alone(4), "y", {}, sizes=((5, 1),),
         dynamic=False)
unrolled("learned", lambda: Learned(1), steps(4), "y", {"x": TB},
         longer=((8, 2),))
unrolled("learned_both", lambda: Learned(2), steps(4), "y", {"x": TB},
         longer=((8, 2),))
unrolled_whole("states", 3, **RELU)
unrolled_whole("states_one_level", 1, BT, batch_first=True)
unrolled_whole("states_both", 2, BT, batch_first=True, **BOTH_DIRECTIONS)
unrolled_whole("states_fixed", 2, dynamic=False, bias=False)
unrolled_whole("finals", 2, given=False, **BOTH_DIRECTIONS)
unrolled_whole("finals_fixed", 2, given=False, dynamic=False)


# ---- Packed sequences ------------------------------------------------------

class Packed(nn.Module):
    def __init__(self, kind, first=True, layers=1, sorted=True, heads=2):
        super().__init__()
        self.rnn = kind(4, 3, layers, batch_first=first, bidirectional=True)
        self.first, self.sorted = first, sorted

    def forward(self, x, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(
            x, lengths, self.first, enforce_sorted=self.sorted)
        y, state = self.rnn(packed)
        y, _ = nn.utils.rnn.pad_packed_sequence(y, self.first)
        return (y, *state) if isinstance(state, tuple) else (y, state)


class PackedLast(Packed):
    def __init__(self):
        super().__init__(nn.GRU)
        self.fc = nn.Linear(6, 2)

    def forward(self, x, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, True)
        _, h_n = self.rnn(packed, torch.zeros(2, x.shape[0], 3))
        return self.fc(torch.cat([h_n[-2], h_n[-1]], 1))


def lengths(first):
    def inputs(T, B):
        left = torch.tensor([T, T - 2, 1][:B])
        return {"x": torch.randn((B, T, 4) if first else (T, B, 4)),
                "lengths": left}
    return inputs


ONLY = {"exporters": BOTH[:1]}
LEFT = {"lengths": {0: "B"}, **STATES}
want("packed_lstm", lambda: Packed(nn.LSTM), lengths(True), "y h_n c_n",
     {"x": BT, "y": BT, **LEFT}, **ONLY)
want("packed_gru", lambda: Packed(nn.GRU, False, 2), lengths(False), "y h_n",
     {"x": TB, "y": TB, **LEFT}, **ONLY)
want("packed_rnn", lambda: Packed(nn.RNN), lengths(True), "y h_n",
     {"x": BT, "y": BT, **LEFT}, **ONLY)
want("packed_last", PackedLast, lengths(True), "logits",
     {"x": BT, "logits": {0: "B"}, "lengths": {0: "B"}}, **ONLY)
