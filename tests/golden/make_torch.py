#!/usr/bin/env python3
"""Records files of torch.save and numpy.savez: tests/golden/torch.

    python3 -m venv venv && venv/bin/pip install torch numpy
    venv/bin/python tests/golden/make_torch.py

PyTorch 2.15 made the committed files. What a reader must find in NAME is in
want.safetensors as NAME/tensor, or NAME:KEY/tensor; refused_* must be refused.
"""
import json
import pathlib
import pickle
import warnings
import zipfile

import numpy
import torch
from torch import nn

warnings.simplefilter("ignore")
HERE = pathlib.Path(__file__).parent / "torch"
HERE.mkdir(exist_ok=True)
torch.manual_seed(1)
want = {}


def expect(name, tensors):
    for key, value in tensors.items():
        if isinstance(value, torch.Tensor):
            want[f"{name}/{key}"] = value.detach().clone().contiguous()


def save(name, what, tensors=None, **options):
    torch.save(what, HERE / f"{name}.pt", **options)
    if tensors is not None:
        expect(name, tensors)


def rezip(name, new, method=zipfile.ZIP_STORED, change=lambda n, b: b):
    with zipfile.ZipFile(HERE / f"{name}.pt") as old, \
            zipfile.ZipFile(HERE / f"{new}.pt", "w", method) as made:
        for entry in old.infolist():
            made.writestr(zipfile.ZipInfo(entry.filename),
                          change(entry.filename, old.read(entry)),
                          compress_type=method)


stream = {"_use_new_zipfile_serialization": False}


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4, bidirectional=True)
        self.fc = nn.Linear(8, 2)

    def forward(self, x):
        return self.fc(self.lstm(x)[0])


# a state dict, in every format and protocol
network = Network()
state = network.state_dict()
save("state", state, state)
save("state_stream", state, state, **stream)
save("state_stream1", state, state, pickle_protocol=1, **stream)
for protocol in 3, 4, 5:
    save(f"state{protocol}", state, state, pickle_protocol=protocol)

# the other byte order
rezip("state", "state_big", change=lambda n, b:
      b"big" if n.endswith("byteorder") else
      numpy.frombuffer(b, "<f4").astype(">f4").tobytes()
      if "/data/" in n else b)
expect("state_big", state)

# a checkpoint: the state dict somewhere inside
optimizer = torch.optim.Adam(network.parameters())
schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [3, 5])
network(torch.randn(5, 2, 3)).square().sum().backward()
optimizer.step()
state = network.state_dict()
checkpoint = {"epoch": 3, "loss": 0.25, "note": "the best",
              "model": {"state_dict": state}, "optimizer":
              optimizer.state_dict(), "schedule": schedule.state_dict()}
save("checkpoint", checkpoint, state)
save("checkpoint_stream", checkpoint, state, **stream)
rezip("checkpoint", "checkpoint_deflated", zipfile.ZIP_DEFLATED)
expect("checkpoint_deflated", state)

# two of them: found by their keys alone
one, two = nn.GRU(2, 3).state_dict(), nn.RNNCell(2, 3).state_dict()
save("several", {"one": one, "deep": {"two.best": two}})
expect("several:one", one)
expect("several:deep.two.best", two)

# views: transposed, cut, stepped, one storage for all, tied, empty, scalar
block = torch.randn(60)
views = {"weight_ih_l0": block[:24].view(8, 3),
         "turned": block[24:36].view(3, 4).t(),
         "cut": block.view(10, 6)[2:5, 1:4],
         "stepped": block[1:60:7],
         "permuted": block[:24].view(2, 3, 4).permute(2, 0, 1),
         "same": block[:24].view(8, 3),
         "spread": torch.tensor([1.5, 2.5]).view(2, 1).expand(2, 3),
         "one": torch.tensor(3.25),
         "row": torch.randn(3, 1, 4)[:, :, :1],
         "empty": torch.zeros(0, 3),
         "none": torch.zeros(2, 0)}
save("views", views, views)
save("views_stream", views, views, **stream)

# every type
types = {"weight_ih_l0": torch.randn(4, 3)}
for name in ("float64 float16 bfloat16 int64 int32 int16 int8 uint64 uint32 "
             "uint16 uint8").split():
    types[name] = torch.tensor([1, 2, 100]).to(getattr(torch, name))
types["low"] = torch.tensor([-1, -128, 127], dtype=torch.int8)
types["bool"] = torch.tensor([True, False, True])
save("types", types, types)
save("types_stream", types, types, **stream)

# parameters, tied, with attributes, and entries that are not tensors
weight = nn.Parameter(torch.randn(4, 3))
weight.note = "an attribute"
tied = nn.Parameter(torch.randn(2, 2), requires_grad=False)
mixed = {"weight_ih": weight, "a": tied, "b": tied, "_extra_state": {"x": 1},
         "steps": 7, "size": torch.Size([2, 3]), "type": torch.float16,
         "where": torch.device("cpu"), 5: torch.zeros(2), "none": None}
save("mixed", mixed, {k: v for k, v in mixed.items() if isinstance(k, str)})

# no recurrent weight anywhere: a dict of tensors alone
plain = nn.Linear(2, 3).state_dict()
save("plain", {"lr": 0.1, "weights": plain}, plain)

# arrays
arrays = {"x": numpy.arange(6, dtype="f4").reshape(2, 3), "deep/y":
          numpy.asfortranarray(numpy.arange(6, dtype="i8").reshape(3, 2)),
          "z": numpy.array(2.5, "f8")}
numpy.savez(HERE / "arrays.npz", **arrays)
numpy.savez_compressed(HERE / "arrays_deflated.npz", **arrays)
for key, value in arrays.items():
    value = torch.from_numpy(numpy.ascontiguousarray(value).reshape(
        value.shape))
    want[f"arrays/{key}"] = want[f"arrays_deflated/{key}"] = value.clone()

# what must be refused
small = nn.LSTM(1, 1)
save("refused_module", small)
save("refused_module_stream", small, **stream)
save("refused_sparse", {"weight_ih_l0": torch.eye(3).to_sparse()})
save("refused_csr", {"weight_ih_l0": torch.eye(3).to_sparse_csr()})
save("refused_complex", {"weight_ih_l0": torch.zeros(3, dtype=torch.cfloat)})
save("refused_meta", {"weight_ih_l0": torch.zeros(3, device="meta")})
save("refused_negative", {"weight_ih_l0": torch.zeros(
    3, dtype=torch.cfloat).conj().imag})
save("refused_tensor", torch.zeros(3))
save("refused_empty", {})
(HERE / "refused_pickle.pt").write_bytes(pickle.dumps({"a": 1}))
save("refused_spread", {"weight_ih_l0": torch.zeros(1).expand(1 << 40)})

CODES = {"float": "F", "bfloat": "BF", "int": "I", "uint": "U"}
header, data = {}, b""
for name, value in want.items():
    kind = str(value.dtype).removeprefix("torch.")
    letters = kind.rstrip("0123456789")
    code = "BOOL" if kind == "bool" else CODES[letters] + kind[len(letters):]
    bytes_ = value.reshape(-1).view(torch.uint8).numpy().tobytes()
    header[name] = {"dtype": code, "shape": list(value.shape),
                    "data_offsets": [len(data), len(data) + len(bytes_)]}
    data += bytes_
text = json.dumps(header, separators=(",", ":")).encode()
(HERE / "want.safetensors").write_bytes(
    len(text).to_bytes(8, "little") + text + data)
