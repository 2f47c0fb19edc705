"""The models that PyTorch's exporters are given, and what with."""

import dataclasses

import torch
from torch import nn
from torch.nn import functional as F

BOTH = ("torchscript", "dynamo")


@dataclasses.dataclass
class Wanted:
    """One model. inputs(T, B) gives its arguments by name; axes which of
    their axes are free; sizes the (T, B) of each set of inputs."""

    name: str
    make: object
    inputs: object
    outputs: list
    axes: dict
    dynamic: bool = True
    exporters: tuple = BOTH
    type: torch.dtype = torch.float32
    sizes: tuple = ((5, 2), (7, 3))
    by_torch: bool = False
    options: dict = dataclasses.field(default_factory=dict)


MODELS = []


def want(name, make, inputs, outputs, axes, **more):
    if not more.get("dynamic", True):
        more.setdefault("sizes", ((5, 2),))
    outputs = outputs.split()
    MODELS.append(Wanted(name, make, inputs, outputs, axes, **more))


# ---- Inputs ----------------------------------------------------------------

TB, BT = {0: "T", 1: "B"}, {0: "B", 1: "T"}


def steps(I):
    return lambda T, B: {"x": torch.randn(T, B, I)}


def batches(I):
    return lambda T, B: {"x": torch.randn(B, T, I)}


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
        if take == "mean":
            wide = R * (2 if rnn.bidirectional else 1)
        self.fc = nn.Linear(wide, 6 if "relu" in head else C)
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
        assert self.take == "both"
        return torch.cat([h_n[-2], h_n[-1]], dim=1)

    def forward(self, x):
        y = self.fc(self.taken(x))
        if "relu" in self.head:
            y = self.fc2(F.relu(y))
        if "log_softmax" in self.head:
            return F.log_softmax(y, dim=-1)
        if "softmax" in self.head:
            return torch.softmax(y, dim=1)
        if "sigmoid" in self.head:
            return torch.sigmoid(y)
        return y


def classifier(name, rnn, head="linear", take="last", **more):
    first = more.pop("batch_first", True)
    want("classifier_" + name,
         lambda: Classifier(rnn(first), 3, head, take),
         batches(4) if first else steps(4), "logits",
         {"x": BT if first else TB, "logits": {0: "B"}}, **more)


classifier("lstm", lambda first: nn.LSTM(4, 5, batch_first=first))
classifier("gru_softmax", lambda first: nn.GRU(4, 5, batch_first=first),
           head="softmax")


# ---- Taggers ---------------------------------------------------------------

class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(11, 4)
        self.rnn = nn.LSTM(4, 3, 2, batch_first=True, bidirectional=True)
        self.norm = nn.LayerNorm(6)
        self.fc = nn.Linear(6, 4)

    def forward(self, tokens):
        return self.fc(self.norm(self.rnn(self.embed(tokens))[0]))


want("tagger", Tagger, tokens(11), "tags", {"tokens": BT, "tags": BT})


# ---- Language models -------------------------------------------------------

class Language(nn.Module):
    def __init__(self, layers=2, tied=False, bias=True):
        super().__init__()
        self.embed = nn.Embedding(11, 5)
        self.rnn = nn.LSTM(5, 5, layers, batch_first=True)
        self.fc = nn.Linear(5, 11, bias=bias)
        if tied:
            self.fc.weight = self.embed.weight

    def forward(self, tokens, h_0, c_0):
        y, (h_n, c_n) = self.rnn(self.embed(tokens), (h_0, c_0))
        return self.fc(y), h_n, c_n


def language_inputs(layers):
    return lambda T, B: {"tokens": torch.randint(11, (B, T)),
                         "h_0": torch.randn(layers, B, 5),
                         "c_0": torch.randn(layers, B, 5)}


STATES = {key: {1: "B"} for key in ["h_0", "c_0", "h_n", "c_n"]}
want("language", Language, language_inputs(2), "logits h_n c_n",
     {"tokens": BT, "logits": BT, **STATES})


# ---- Forecasters -----------------------------------------------------------

class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(2, 6, batch_first=True)
        self.out = nn.Linear(6, 3)

    def forward(self, x):
        y, _ = self.rnn(x)
        return self.out(y[:, -1, :])


want("forecaster", Forecaster, batches(2), "forecast",
     {"x": BT, "forecast": {0: "B"}})
