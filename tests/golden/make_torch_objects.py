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
import io
import json
import pathlib
import pickle
import sys
import tarfile
import types
import warnings
import zipfile

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


def save_want(path, want):
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

net = recurrent = nn.LSTM(2, 3)
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

# ---- Quantized --------------------------------------------------------------

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.LSTM(3, 4, 2, bidirectional=True)
        self.b = nn.GRU(4, 4, 2)
        self.c = nn.LSTMCell(3, 2)
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(self.a(x)[0][..., :4])


def plain(state):
    """What a quantized state dict stands for, as torch itself unpacks it."""
    found = {}

    def put(name, pair):
        weight, bias = pair[:2]
        found[name.format("weight")] = (
            weight.dequantize() if weight.is_quantized else weight)
        if bias is not None:
            found[name.format("bias")] = bias

    for key, value in state.items():
        if key.endswith("_packed_params._packed_params"):
            put(key.removesuffix("_packed_params._packed_params") + "{}", value)
        elif "_packed_weight_" in key:
            put(key.replace("_packed_weight_", "{}_"), value.__getstate__()[0])
        elif "_all_weight_values" in key:
            prefix, number = key.removesuffix(".param").split(
                "_all_weight_values.")
            # a has two directions, b has one
            level = f"l{number}" if prefix != "a." else (
                f"l{int(number) // 2}" + "_reverse" * (int(number) % 2))
            for part, packed in zip(["ih", "hh"],
                                    value.__getstate__()[0][4]):
                put(f"{prefix}{{}}_{part}_{level}", packed.__getstate__()[0])
        elif key.split(".")[-1] not in ("scale", "zero_point", "dtype"):
            found[key] = value
    return found


torch.backends.quantized.engine = "fbgemm"
net = Net().eval()
kinds = {nn.LSTM, nn.GRU, nn.LSTMCell, nn.Linear}
for name, dtype in {"quantized": torch.qint8,
                    "quantized16": torch.float16}.items():
    made = torch.ao.quantization.quantize_dynamic(net, kinds, dtype=dtype)
    torch.save(made.state_dict(), HERE / f"{name}.pt")
    expect(name, plain(made.state_dict()))

# as wide as its input: what reads it tells that it has one direction
made = torch.ao.quantization.quantize_dynamic(
    nn.ModuleDict({"b": nn.GRU(4, 4, 2), "fc": nn.Linear(4, 2)}), kinds)
torch.save(made.state_dict(), HERE / "quantized_square.pt")
expect("quantized_square", plain(made.state_dict()))
made = torch.ao.quantization.quantize_dynamic(
    nn.ModuleDict({"b": nn.GRU(4, 4, 2)}), kinds)
torch.save(made.state_dict(), HERE / "refused_square.pt")

# tensors by themselves
block = torch.randn(4, 3)
tensors = {
    "weight_ih_l0": torch.quantize_per_tensor(block, 0.03, 7, torch.quint8),
    "turned": torch.quantize_per_tensor(block, 0.03, -2, torch.qint8).t(),
    "wide": torch.quantize_per_tensor(block, 1e-6, 5, torch.qint32),
    "rows": torch.quantize_per_channel(block, torch.rand(4) + 0.1,
                                       torch.arange(4), 0, torch.qint8),
    "columns": torch.quantize_per_channel(block, torch.rand(3) + 0.1,
                                          torch.arange(3), 1, torch.qint8),
    "float": torch.quantize_per_channel(
        block, torch.rand(4) + 0.1, torch.rand(4), 0, torch.quint8)}
torch.save(tensors, HERE / "quantized_tensors.pt")
expect("quantized_tensors", {k: v.dequantize() for k, v in tensors.items()})


# ---- Programs ---------------------------------------------------------------

class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(2, 3)
        self.head = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2))

    def forward(self, x):
        return self.head(self.rnn(x)[0])


def rezip(path, drop, keep=lambda name: True):
    """Without texts that name places of the machine that made it."""
    with zipfile.ZipFile(path) as old:
        entries = [(i.filename, old.read(i)) for i in old.infolist()
                   if keep(i.filename)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in entries:
            data = b"" if drop(name) else data
            made.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


small = Small().eval()
x = torch.zeros(4, 1, 2)
traced = torch.jit.trace(small, x)
path = HERE / "program.pt"
traced.save(str(path))
rezip(path, lambda n: "/code/" in n, lambda n: "traced_inputs" not in n and
      not n.endswith("debug_pkl"))
expect("program", small.state_dict())
path = HERE / "program_scripted.pt"
torch.jit.script(small).save(str(path))
rezip(path, lambda n: "/code/" in n, lambda n: not n.endswith("debug_pkl"))
expect("program_scripted", small.state_dict())
path = HERE / "program_quantized.pt"
torch.jit.trace(made := torch.ao.quantization.quantize_dynamic(
    small, kinds), x).save(str(path))
rezip(path, lambda n: "/code/" in n, lambda n: "traced_inputs" not in n and
      not n.endswith("debug_pkl"))
expect("program_quantized", plain(made.state_dict()))
path = HERE / "program_frozen.pt"
torch.jit.freeze(torch.jit.script(nn.Linear(2, 3).eval())).save(str(path))
rezip(path, lambda n: "/code/" in n, lambda n: not n.endswith("debug_pkl"))
path = HERE / "exported.pt2"
torch.export.save(torch.export.export(small, (x,)), path)
rezip(path, lambda n: n.endswith("model.json"),
      lambda n: "sample_inputs" not in n)
expect("exported", small.state_dict())


# its weights in two files, and an index of them
parts = list(small.state_dict().items())
names = [f"model-0000{k}-of-00002.safetensors" for k in (1, 2)]
SHARDS = HERE / "shards"
SHARDS.mkdir(exist_ok=True)
save_want(SHARDS / names[0], dict(parts[:3]))
save_want(SHARDS / names[1], dict(parts[3:]))
(SHARDS / "model.safetensors.index.json").write_text(json.dumps({
    "metadata": {"total_size": 4 * sum(v.numel() for _, v in parts)},
    "weight_map": {k: names[n >= 3] for n, (k, _) in enumerate(parts)}}))

# inputs, and what the nets give
x = torch.randn(5, 2, 2)
with torch.no_grad():
    numpy.save(HERE / "objects_x.npy", x.numpy())
    numpy.save(HERE / "objects_y.npy", recurrent(x)[0].numpy())
    numpy.save(HERE / "program_y.npy", small(x).numpy())


# ---- Files in files, pickles ------------------------------------------------

policy = io.BytesIO()
torch.save({"policy": state}, policy)
optimizer = io.BytesIO()
torch.save({"state": {}}, optimizer)
with zipfile.ZipFile(HERE / "inside.zip", "w") as file:
    for name, data in {"data": b"{}", "policy.optimizer.pth":
                       optimizer.getvalue(), "policy.pth":
                       policy.getvalue()}.items():
        file.writestr(zipfile.ZipInfo(name), data)
with tarfile.open(HERE / "inside.tar", "w", format=tarfile.GNU_FORMAT) as file:
    for name, data in {"./model_config.yaml": b"a: 1\n", "./weights.ckpt":
                       policy.getvalue()}.items():
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        file.addfile(entry, io.BytesIO(data))
expect("inside", state)

arrays = {"weight_ih_l0": numpy.arange(6, dtype="f4").reshape(3, 2),
          "turned": numpy.arange(6, dtype="f8").reshape(3, 2).T,
          "columns": numpy.asfortranarray(numpy.arange(6.).reshape(2, 3)),
          "big": numpy.arange(-3, 3, dtype=">i8"),
          "one": numpy.array(200.5), "none": numpy.zeros((0, 2))}
for protocol in 2, 4, 5:
    (HERE / f"arrays{protocol}.pkl").write_bytes(
        pickle.dumps({**arrays, "name": "a"}, protocol))
    expect(f"arrays{protocol}", {
        k: torch.from_numpy(numpy.ascontiguousarray(v.astype(
            v.dtype.newbyteorder("="))).reshape(v.shape))
        for k, v in arrays.items()})
torch.save(arrays, HERE / "arrays.pt")
expect("arrays", {k.split("/")[1]: v for k, v in want.items()
                  if k.startswith("arrays2/")})
for protocol in 2, 4:
    (HERE / f"tensors{protocol}.pkl").write_bytes(
        pickle.dumps({**state, "tied": state["weight_ih_l0"]}, protocol))
    expect(f"tensors{protocol}", {**state, "tied": state["weight_ih_l0"]})

save_want(HERE / "want_objects.safetensors", want)
