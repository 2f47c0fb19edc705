"""One step of a cell, and loops over steps in a script."""

from typing import List

import torch
from torch import nn

from onnx_models import BOTH, TB, steps, want

I, H = 4, 5
OLDER = {"exporters": BOTH[:1]}


class Cell(nn.Module):
    """Memory in, memory out."""

    def __init__(self, kind, **options):
        super().__init__()
        self.cell = kind(I, H, **options)

    def forward(self, x, h):
        return self.cell(x, h)


class Policy(nn.Module):
    """Two LSTM cells with a layer before them and one behind."""

    def __init__(self):
        super().__init__()
        self.front, self.head = nn.Linear(I, 6), nn.Linear(3, 2)
        self.one, self.two = nn.LSTMCell(6, H), nn.LSTMCell(H, 3)

    def forward(self, x, h, c, h_2, c_2):
        h, c = self.one(torch.relu(self.front(x)), (h, c))
        h_2, c_2 = self.two(h, (h_2, c_2))
        return self.head(h_2), h, c, h_2, c_2


class Script(nn.Module):
    """Steps one after the other, by a cell of PyTorch."""

    def __init__(self):
        super().__init__()
        self.cell, self.head = nn.LSTMCell(I, H), nn.Linear(H, 2)

    def forward(self, x):
        h = torch.zeros(x.size(1), 5)
        c = torch.zeros(x.size(1), 5)
        y: List[torch.Tensor] = []
        for t in range(x.size(0)):
            h, c = self.cell(x[t], (h, c))
            y.append(self.head(h))
        return torch.stack(y), h


class Unbound(nn.Module):
    """A cell by hand; its input's part is computed before the loop."""

    def __init__(self):
        super().__init__()
        self.w, self.u = nn.Linear(I, 4 * H), nn.Linear(H, 4 * H)

    def forward(self, x):
        h = torch.zeros(x.size(1), 5)
        c = torch.zeros(x.size(1), 5)
        y: List[torch.Tensor] = []
        for step in self.w(x).unbind(0):
            i, f, g, o = (step + self.u(h)).chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            y.append(h)
        return torch.stack(y)


def step(*states):
    def inputs(T, B):
        return {"x": torch.randn(B, I),
                **{name: torch.randn(B, size) for name, size in states}}
    return inputs


def free(*names):
    return {name: {0: "B"} for name in names}


for name, kind, options in [("rnn", nn.RNNCell, {"nonlinearity": "relu"}),
                            ("gru", nn.GRUCell, {})]:
    want("cell_" + name, lambda k=kind, o=options: Cell(k, **o),
         step(("h", H)), "h_n", free("x", "h", "h_n"))
want("cell_policy", Policy, step(("h", H), ("c", H), ("h_2", 3), ("c_2", 3)),
     "y h_n c_n h_n2 c_n2", free("x", "h", "c", "h_2", "c_2", "y", "h_n",
                                 "c_n", "h_n2", "c_n2"))
want("script_lstm", lambda: torch.jit.script(Script()), steps(I), "y h_n",
     {"x": TB, "y": TB}, **OLDER)
want("script_unbound", lambda: torch.jit.script(Unbound()), steps(I), "y",
     {"x": TB, "y": TB}, **OLDER)
