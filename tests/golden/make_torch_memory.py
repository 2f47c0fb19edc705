#!/usr/bin/env python3
"""Records models that take and give their memory as PyTorch computes them:
tests/golden/memory, each as NAME.safetensors, its input and output, and the
memory before (h_0, c_0) and after (h_n, c_n).

    venv/bin/python tests/golden/make_torch_memory.py

PyTorch 2.15 made the committed files.
"""
import pathlib

import numpy
import torch
from safetensors.torch import save_file
from torch import nn

FOLDER = pathlib.Path(__file__).resolve().parent / "memory"


class Stepper(nn.Module):
    """What people write: forward takes a hidden state and returns the next."""

    def __init__(self, reads, rnn, gives):
        super().__init__()
        self.encoder = reads
        self.rnn = rnn
        self.decoder = gives

    def forward(self, x, hidden):
        y, hidden = self.rnn(self.encoder(x), hidden)
        return self.decoder(y), hidden


def record(name, model, x, *hidden):
    hidden = [torch.tanh(torch.randn(*shape)) for shape in hidden]
    with torch.no_grad():
        y, after = model.eval()(x, hidden[0] if len(hidden) == 1 else
                                tuple(hidden))
    after = after if isinstance(after, tuple) else (after,)
    save_file({key: value.clone().contiguous() for key, value
               in model.state_dict().items()}, FOLDER / f"{name}.safetensors")
    arrays = {"x": x, "y": y}
    for letter, begin, end in zip("hc", hidden, after):
        arrays.update({f"{letter}_0": begin, f"{letter}_n": end})
    for key, value in arrays.items():
        numpy.save(FOLDER / f"{name}_{key}.npy", value.numpy())


class Tagger(nn.Module):
    """A class for each token, or one for all of them, as probabilities."""

    def __init__(self, last):
        super().__init__()
        self.embed = nn.Embedding(9, 4)
        self.lstm = nn.LSTM(4, 5, bidirectional=not last)
        self.head = nn.Linear(5 if last else 10, 3)
        self.last = last

    def forward(self, x, _):
        y = self.lstm(self.embed(x))[0]
        return self.head(y[-1] if self.last else y).softmax(-1), ()


def main():
    torch.manual_seed(14)
    FOLDER.mkdir(exist_ok=True)
    record("lstm", nn.LSTM(3, 4, num_layers=2), torch.randn(5, 2, 3),
           (2, 2, 4), (2, 2, 4))
    record("gru", nn.GRU(3, 4, bidirectional=True, batch_first=True),
           torch.randn(2, 5, 3), (2, 2, 4))
    record("projected", nn.LSTM(3, 6, proj_size=2), torch.randn(5, 2, 3),
           (1, 2, 2), (1, 2, 6))
    record("words", Stepper(nn.Embedding(9, 4), nn.LSTM(4, 5),
                            nn.Linear(5, 9)),
           torch.randint(9, (6, 2)), (1, 2, 5), (1, 2, 5))
    record("tagger", Tagger(False), torch.randint(9, (6, 2)))
    record("classifier", Tagger(True), torch.randint(9, (6, 2)))
    tied = Stepper(nn.Embedding(9, 4), nn.LSTM(4, 4), nn.Linear(4, 9))
    tied.decoder.weight = tied.encoder.weight
    record("tied", tied, torch.randint(9, (6, 2)), (1, 2, 4), (1, 2, 4))


main()
