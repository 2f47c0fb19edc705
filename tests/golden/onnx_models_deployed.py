"""Models as people deploy them: norms with statistics, directions made by
hand, sorted sequences, vectors of length 1."""

import torch
from torch import nn

from onnx_models import BOTH, BT, LEFT, TB, Packed, batches, steps, want

OLDER = {"exporters": BOTH[:1]}
VECTOR = {"x": BT, "y": {0: "B"}}


# ---- Squeezes that became an If ----------------------------------------------

class Squeezed(nn.Module):
    """The older exporter asks whether there is one sequence, or one step."""

    def __init__(self, axis):
        super().__init__()
        self.rnn, self.fc, self.axis = nn.LSTM(4, 5), nn.Linear(5, 2), axis

    def forward(self, x):
        return self.fc(self.rnn(x)[0]).squeeze(self.axis)


for axis in (0, 1):
    want(f"squeeze_{axis}", lambda axis=axis: Squeezed(axis), steps(4), "y",
         {"x": TB, "y": {0: "any"}}, sizes=((5, 2), (4, 1), (1, 3)), **OLDER)


# ---- Directions made by hand -------------------------------------------------

class Flipped(nn.Module):
    """The second reads the steps turned round, and gives them back."""

    def __init__(self, kind=nn.LSTM, join="concat", first=True):
        super().__init__()
        self.there = kind(4, 3, batch_first=first)
        self.back = kind(4, 3, batch_first=first)
        self.fc = nn.Linear(6 if join == "concat" else 3, 2)
        self.axis, self.join = int(first), join

    def forward(self, x):
        there, _ = self.there(x)
        back, state = self.back(x.flip(self.axis))
        if self.join == "last":
            return self.fc(back[:, -1])
        back = back.flip(self.axis)
        if self.join == "sum":
            return self.fc(there + back)
        return self.fc(torch.cat([there, back], -1))


EVERY = {"x": BT, "y": BT}
AHEAD = {"streams": False}
want("flipped_lstm", Flipped, batches(4), "y", EVERY, more=AHEAD)
want("flipped_lstm_fixed", Flipped, batches(4), "y", EVERY, dynamic=False,
     more=AHEAD)
want("flipped_gru", lambda: Flipped(nn.GRU, "sum", False), steps(4), "y",
     {"x": TB, "y": TB}, more=AHEAD)
want("flipped_last", lambda: Flipped(nn.GRU, "last"), batches(4), "y", VECTOR,
     more=AHEAD)


# ---- Sorted by length --------------------------------------------------------

def mixed(first=True):
    """Lengths in no order."""
    def inputs(T, B):
        shape = (B, T, 4) if first else (T, B, 4)
        return {"x": torch.randn(shape),
                "lengths": torch.tensor([T - 2, T, 1][:B])}
    return inputs


class Sorted(nn.Module):
    """By hand: sorted, packed, put back."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(4, 3, 2, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(6, 2)

    def forward(self, x, lengths):
        lengths, order = torch.sort(lengths, dim=0, descending=True)
        _, back = torch.sort(order, dim=0)
        packed = nn.utils.rnn.pack_padded_sequence(
            x.index_select(0, order), lengths, batch_first=True)
        y, h = self.rnn(packed)
        y, _ = nn.utils.rnn.pad_packed_sequence(
            y, batch_first=True, total_length=x.shape[1])
        return (self.fc(y.index_select(0, back)), h.index_select(1, back))


class UnsortedStates(Packed):
    """States come in and go out in the order of the sequences."""

    def __init__(self):
        super().__init__(nn.LSTM, False, 2, False)

    def forward(self, x, lengths, h_0, c_0):
        packed = nn.utils.rnn.pack_padded_sequence(
            x, lengths, False, enforce_sorted=False)
        y, (h_n, c_n) = self.rnn(packed, (h_0, c_0))
        return nn.utils.rnn.pad_packed_sequence(y, False)[0], h_n, c_n


want("sorted_by_hand", Sorted, mixed(), "y h", {"x": BT, "y": BT, "lengths":
     {0: "B"}, "h": {1: "B"}}, sizes=((5, 2), (7, 3)), **OLDER)
want("sorted_not", lambda: Packed(nn.LSTM, sorted=False), mixed(), "y h_n c_n",
     {"x": BT, "y": BT, **LEFT}, sizes=((5, 2), (7, 3)), **OLDER)
want("sorted_not_states", UnsortedStates,
     lambda T, B: {**mixed(False)(T, B), "h_0": torch.randn(4, B, 3),
                   "c_0": torch.randn(4, B, 3)}, "y h_n c_n",
     {"x": TB, "y": TB, **LEFT}, **OLDER)


# ---- Vectors of length 1 -----------------------------------------------------

class Speaker(nn.Module):
    """The last state, linear, relu, and divided by its length."""

    def __init__(self, how):
        super().__init__()
        self.rnn = nn.LSTM(4, 5, 2, batch_first=True)
        self.fc, self.how = nn.Linear(5, 3), how

    def forward(self, x):
        y = torch.relu(self.fc(self.rnn(x)[1][0][-1])) + 0.1
        if self.how == "divide":
            return y / y.norm(dim=1, keepdim=True)
        if self.how == "flat":
            return y / y.norm(dim=1).unsqueeze(1)
        return nn.functional.normalize(y, dim=1)


for how in ("divide", "normalize", "flat"):
    want("length_" + how, lambda how=how: Speaker(how), batches(4), "y", VECTOR)


class Clipped(nn.Module):
    """Functions between bounds."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(4, 5, batch_first=True)
        self.fc = nn.Sequential(nn.Linear(5, 6), nn.ReLU6(), nn.Linear(6, 4),
                                nn.Hardtanh(-0.3, 0.5), nn.Linear(4, 2))

    def forward(self, x):
        return self.fc(self.rnn(x)[0])


want("clipped", Clipped, batches(4), "y", EVERY)


# ---- Batch norms -----------------------------------------------------------

def norm(features):
    """A batch norm that has seen data."""
    made = nn.BatchNorm1d(features)
    made.running_mean.uniform_(-1, 1)
    made.running_var.uniform_(0.2, 2)
    return made


class Bent(nn.Module):
    """Functions that exporters write out, or that are two layers."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(4, 5, batch_first=True)
        self.fc = nn.Sequential(nn.Linear(5, 6), nn.Softsign(), nn.Linear(6, 6),
                                nn.SELU(), nn.Linear(6, 6), nn.CELU(0.3),
                                nn.Linear(6, 3), nn.Softplus(),
                                nn.Softplus(2, 20))

    def forward(self, x):
        return self.fc(self.rnn(x)[0] * 4)


want("bent", Bent, batches(4), "y", {"x": BT, "y": BT})


class FrontNorm(nn.Module):
    """The norm takes features before steps."""

    def __init__(self, kind=nn.GRU):
        super().__init__()
        self.bn, self.rnn = norm(4), kind(4, 5, batch_first=True)
        self.fc = nn.Linear(5, 3)

    def forward(self, x):
        return self.fc(self.rnn(self.bn(x.transpose(1, 2)).transpose(1, 2))[0])


class BehindNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(4, 5, batch_first=True)
        self.head = nn.Sequential(norm(5), nn.Linear(5, 6), norm(6), nn.ReLU(),
                                  nn.Linear(6, 2))

    def forward(self, x):
        return self.head(self.rnn(x)[1][0][-1])


want("norm_front", FrontNorm, batches(4), "y", {"x": BT, "y": BT})
want("norm_front_opset9", lambda: FrontNorm(nn.LSTM), batches(4), "y",
     {"x": BT, "y": BT}, options={"opset_version": 9}, **OLDER)
want("norm_behind", BehindNorm, batches(4), "y", VECTOR)


# ---- A vector at many steps --------------------------------------------------

class Decoder(nn.Module):
    """An encoder's vector, which a decoder reads at each of some steps."""

    def __init__(self, kind=nn.LSTM, by="repeat", take="state", both=False,
                 levels=1, first=True, end=False):
        super().__init__()
        wide = 6 if both else 3
        more = {"batch_first": first, "bidirectional": both}
        self.encoder = kind(4, 3, levels, **more)
        self.decoder = kind(wide, 3, levels, **more)
        self.fc, self.by, self.take = nn.Linear(wide, 2), by, take
        self.axis, self.end = int(first), end

    def vector(self, x):
        y, state = self.encoder(x)
        if self.take == "last":
            return y.select(self.axis, -1)
        if self.take == "mean":
            return y.mean(self.axis)
        h = state[0] if isinstance(state, tuple) else state
        return torch.cat([h[-2], h[-1]], -1) if self.encoder.bidirectional \
            else h[-1]

    def forward(self, x):
        v, axis = self.vector(x), self.axis
        if self.by == "stack":
            steps = torch.stack([v] * 4, axis)
        elif self.by == "expand":
            shape = [-1, -1, -1]
            shape[axis] = 5
            steps = v.unsqueeze(axis).expand(*shape)
        else:
            steps = v.unsqueeze(axis).repeat(*([1, 6, 1] if axis else
                                               [6, 1, 1]))
        y, _ = self.decoder(steps)
        return self.fc(y.select(axis, -1) if self.end else y)


DECODED = {"x": BT, "y": {0: "B"}}
want("repeat_lstm", Decoder, batches(4), "y", DECODED, more=AHEAD)
want("repeat_gru", lambda: Decoder(nn.GRU, "expand", first=False), steps(4),
     "y", {"x": TB, "y": {1: "B"}}, more=AHEAD)
want("repeat_both", lambda: Decoder(nn.GRU, both=True), batches(4), "y",
     DECODED, more=AHEAD, **OLDER)
want("repeat_levels", lambda: Decoder(levels=2, by="expand"), batches(4), "y",
     DECODED, more=AHEAD, exporters=BOTH[1:])
want("repeat_last", lambda: Decoder(nn.RNN, "stack", "last"), batches(4), "y",
     DECODED, more=AHEAD, **OLDER)
want("repeat_mean", lambda: Decoder(nn.GRU, take="mean", end=True), batches(4),
     "y", VECTOR, more=AHEAD, **OLDER)
want("repeat_fixed", Decoder, batches(4), "y", DECODED, dynamic=False,
     more=AHEAD, **OLDER)
