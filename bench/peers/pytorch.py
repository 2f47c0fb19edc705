"""Times torch.nn's recurrent layers for `elman bench --peers`: a sequence in
inference mode; forward and backward to all weights; nn.*Cell one step a
call."""
import torch
from torch import nn

import turns

STEPS = 100  # of a stream in a run


def layer(turn):
    shape = {"num_layers": turn.layers, "bidirectional": bool(turn.bidir)}
    if turn.cell == "lstm":
        return nn.LSTM(turn.I, turn.H, **shape)
    if turn.cell == "gru":
        return nn.GRU(turn.I, turn.H, **shape)
    return nn.RNN(turn.I, turn.H, nonlinearity=turn.cell[4:], **shape)


def cell(turn):
    if turn.cell == "lstm":
        return nn.LSTMCell(turn.I, turn.H)
    if turn.cell == "gru":
        return nn.GRUCell(turn.I, turn.H)
    return nn.RNNCell(turn.I, turn.H, nonlinearity=turn.cell[4:])


def stream(turn):
    net = cell(turn).eval()
    x = torch.rand(1, turn.I) - 0.5
    state = [torch.zeros(1, turn.H), torch.zeros(1, turn.H)]

    def run():
        with torch.inference_mode():
            if turn.cell == "lstm":
                h, c = state
                for _ in range(STEPS):
                    h, c = net(x, (h, c))
                state[:] = h, c
            else:
                h = state[0]
                for _ in range(STEPS):
                    h = net(x, h)
                state[0] = h
    return run, STEPS


def train(turn):
    net = layer(turn).train()
    x = (torch.rand(turn.T, turn.B, turn.I) - 0.5).requires_grad_(
        bool(turn.dx))
    dy = torch.rand(turn.T, turn.B, turn.H * (1 + turn.bidir)) - 0.5

    def run():
        net.zero_grad(set_to_none=True)
        x.grad = None
        net(x)[0].backward(dy)
    return run, 1


def infer(turn):
    net = layer(turn).eval()
    x = torch.rand(turn.T, turn.B, turn.I) - 0.5

    def run():
        with torch.inference_mode():
            net(x)
    return run, 1


def prepare(turn):
    torch.set_num_threads(turn.threads)
    torch.manual_seed(1)
    runs = {"inf": infer, "train": train, "stream": stream}
    return runs[turn.mode](turn) if turn.mode in runs else None


turns.serve(prepare)
