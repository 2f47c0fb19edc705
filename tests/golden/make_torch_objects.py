#!/usr/bin/env python3
"""Records files of PyTorch that hold more than plain tensors: tests/golden/torch.

    venv/bin/python tests/golden/make_torch_objects.py

PyTorch 2.15 and NumPy 2 made the committed files. What a reader must find in
NAME is in want_objects.safetensors as NAME/tensor.
"""
import argparse
import collections
import dataclasses
import datetime
import enum
import functools
import json
import pathlib
import sys
import types
import warnings

import numpy
import torch
from torch import nn

warnings.simplefilter("ignore")
HERE = pathlib.Path(__file__).parent / "torch"
torch.manual_seed(14)
numpy.random.seed(14)
want = {}


def expect(name, tensors):
    for key, value in tensors.items():
        want[f"{name}/{key}"] = value.detach().clone().contiguous()


def save_want(path):
    codes = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64"}
    header, data = {}, b""
    for name, tensor in want.items():
        raw = bytes(tensor.reshape(-1).view(torch.uint8).tolist())
        header[name] = {"dtype": codes[tensor.dtype],
                        "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def stranger(module, name):
    """A class of a library that is not here, under its own name."""
    parts = module.split(".")
    for k in range(1, len(parts) + 1):
        full = ".".join(parts[:k])
        sys.modules.setdefault(full, types.ModuleType(full))
    made = type(name, (), {"__module__": module})
    made.__qualname__ = name
    setattr(sys.modules[module], name, made)
    return made


# ---- Checkpoints with objects of classes in them ----------------------------

class Stage(enum.Enum):
    BEST = 1


@dataclasses.dataclass
class Settings:
    rate: float = 0.1
    where: pathlib.PurePath = pathlib.PurePosixPath("data/x.csv")


Stage.__module__ = Settings.__module__ = "training"
sys.modules["training"] = types.ModuleType("training")
sys.modules["training"].Stage = Stage
sys.modules["training"].Settings = Settings
config = stranger("omegaconf.dictconfig", "DictConfig")()
config.__dict__ = {"_content": {"lr": 1e-3}, "_metadata":
                   stranger("omegaconf.base", "ContainerMetadata")()}

net = nn.LSTM(2, 3)
state = net.state_dict()
everything = {
    "epoch": 3, "arguments": argparse.Namespace(rate=0.1, seen={"a": [1]}),
    "config": config, "settings": Settings(), "stage": Stage.BEST,
    "best": numpy.float64(0.25), "mean": numpy.arange(3.0),
    "when": datetime.datetime(2024, 5, 1, tzinfo=datetime.timezone.utc),
    "took": datetime.timedelta(seconds=3), "seen": {1, 2},
    "counted": collections.Counter(a=3),
    "history": collections.defaultdict(list, loss=[0.5]),
    "criterion": nn.CrossEntropyLoss(torch.ones(2)),
    "optimizer": functools.partial(torch.optim.Adam, lr=0.1),
    "type": torch.float16,
    "device": torch.device("cpu"), "range": range(3), "slice": slice(1, 2),
    "frozen": frozenset({1}), "complex": 1 + 2j, "state_dict": state,
}
stream = {"_use_new_zipfile_serialization": False}
for name, options in {"objects": {}, "objects_stream": stream,
                      "objects1": {"pickle_protocol": 1},
                      "objects5": {"pickle_protocol": 5}}.items():
    # the stream would hold a copy of the module's source text
    saved = {k: v for k, v in everything.items()
             if k != "criterion" or options is not stream}
    torch.save(saved, HERE / f"{name}.pt", **options)
    expect(name, state)

# a weight inside an object of a class
holder = stranger("library.tensors", "Packed")()
holder.data = torch.ones(3)
torch.save({**state, "fc.weight": holder}, HERE / "refused_inside.pt")
torch.save({"epoch": 1, "model": net}, HERE / "refused_within.pt")

save_want(HERE / "want_objects.safetensors")
