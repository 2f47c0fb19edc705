#!/usr/bin/env python3
"""Records models as PyTorch 1.x exports them: tests/golden/onnx/torch1_*.

    python3 -m venv venv
    venv/bin/pip install torch==1.13.1 onnx "onnxruntime==1.17.3" "numpy<2"
    venv/bin/python tests/golden/make_onnx_torch1.py [PATTERN]

PyTorch 1.13 made the committed files. A packed sequence makes its zero state
for as many sequences as the model was exported with, which ONNX Runtime
refuses for others; so PyTorch's own answers are recorded. PATTERN is as for
make_onnx.py.
"""
import io
import sys
import warnings
import zlib

import numpy as np
import onnx
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from onnx_book import Book

I, H, C = 3, 4, 2
FREE = {"x": {0: "N", 1: "T"}, "lens": {0: "N"}, "y": {0: "N"}}


class Packed(nn.Module):
    def __init__(self, cell, last=False, sort=False, **more):
        super().__init__()
        self.rnn = cell(I, H, batch_first=True, **more)
        self.fc = nn.Linear(H * (1 + self.rnn.bidirectional), C)
        self.last, self.sort = last, sort

    def forward(self, x, lens):
        packed = pack_padded_sequence(x, lens, batch_first=True,
                                      enforce_sorted=not self.sort)
        y, h = self.rnn(packed)
        h = h[0] if isinstance(h, tuple) else h
        if self.last:
            if self.rnn.bidirectional:
                return self.fc(torch.cat([h[-2], h[-1]], 1))
            return self.fc(h[-1])
        return self.fc(pad_packed_sequence(y, batch_first=True)[0])


class Plain(nn.Module):
    def __init__(self, cell, **more):
        super().__init__()
        self.rnn = cell(I, H, batch_first=True, **more)
        self.fc = nn.Linear(H * (1 + self.rnn.bidirectional), C)
        self.sort = False

    def forward(self, x):
        return self.fc(self.rnn(x)[0][:, -1])


# name: opset, module
MODELS = {
    "packed_lstm": (11, lambda: Packed(nn.LSTM)),
    "packed_gru_both": (11, lambda: Packed(nn.GRU, bidirectional=True)),
    "packed_rnn_last": (9, lambda: Packed(nn.RNN, last=True)),
    "packed_levels": (13, lambda: Packed(nn.LSTM, last=True, num_layers=2,
                                         bidirectional=True)),
    "packed_sorted": (16, lambda: Packed(nn.LSTM, sort=True)),
    "packed_sorted_last": (11, lambda: Packed(nn.GRU, last=True, sort=True,
                                              bidirectional=True)),
    "plain": (11, lambda: Plain(nn.GRU, num_layers=2)),
}


def draw_inputs(module, draw, B, T):
    x = draw.uniform(-1, 1, (B, T, I)).astype("float32")
    lens = [T - 2, T, 2] if module.sort else [T, T - 2, 2]
    lens = {"lens": np.array(lens[:B], np.int64)}
    return {"x": x, **(lens if isinstance(module, Packed) else {})}


def record(book, name, opset, module):
    torch.manual_seed(zlib.crc32(name.encode()))
    draw = np.random.default_rng(zlib.crc32(name.encode()))
    module.eval()
    sets = [draw_inputs(module, draw, *sizes) for sizes in [(3, 5), (2, 7)]]
    tensors = [[torch.from_numpy(a) for a in inputs.values()]
               for inputs in sets]
    file = io.BytesIO()
    torch.onnx.export(module, tuple(tensors[0]), file, opset_version=opset,
                      input_names=list(sets[0]), output_names=["y"],
                      dynamic_axes={k: FREE[k] for k in [*sets[0], "y"]})
    with torch.no_grad():
        expected = [{"y": module(*given).numpy()} for given in tensors]
    # a zero state for three sequences is one for two only in a model
    packed = isinstance(module, Packed)
    more = {"longer": [(sets[1], expected[1])]} if packed else {}
    book.add(name, onnx.load_from_string(file.getvalue()),
             sets[:1] if packed else sets, expected[:1] if packed else expected,
             source="PyTorch 1.13.1", **more)


warnings.filterwarnings("ignore")
book = Book(sys.argv[1] if len(sys.argv) > 1 else None)
for name, (opset, module) in MODELS.items():
    if book.wants("torch1_" + name):
        record(book, "torch1_" + name, opset, module())
print(f"{len(book.seen)} cases, {book.bytes} bytes")
