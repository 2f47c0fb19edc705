#!/usr/bin/env python3
"""random_dicts.py ELMAN [COUNT]: random PyTorch networks, saved in every way
that people save them, become models that give what PyTorch gives.

A network is a few modules under random prefixes: an embedding or a linear layer
or a norm, one or two recurrent modules or a cell of any kind, what a classifier
takes of their output, and a head. Some have weight or spectral norm. The file
is what torch.save writes, new or old, plain or in a checkpoint, safetensors or
npz, in any type of numbers.

With the right options, `elman convert --reference` must take it. With options
left out it must ask, be right, or end with "not proved": then what its advice
proposes is tried as well, and held to the same. Needs torch; ELMAN_SEED changes
the networks, and a failure leaves its file and prints the command.
"""
import collections
import json
import os
import pathlib
import random
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import warnings

import numpy
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations, spectral_norm, weight_norm

warnings.simplefilter("ignore")
SEED = int(os.environ.get("ELMAN_SEED", "1"))
CODES = {torch.float32: "F32", torch.float64: "F64", torch.float16: "F16",
         torch.bfloat16: "BF16", torch.int64: "I64"}

# the word of --layers, and what PyTorch calls it
FUNCTIONS = {
    "tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": F.relu,
    "elu": F.elu, "elu(0.7)": lambda x: F.elu(x, 0.7),
    "leaky_relu": F.leaky_relu, "softplus": F.softplus,
    "leaky_relu(0.2)": lambda x: F.leaky_relu(x, 0.2),
    "softsign": F.softsign, "hard_sigmoid": F.hardsigmoid,
    "softmax": lambda x: F.softmax(x, -1),
    "log_softmax": lambda x: F.log_softmax(x, -1),
    "dropout": lambda x: x,
    "l2_norm": lambda x: F.normalize(x, dim=-1)}
CELLS = [nn.RNNCell, nn.GRUCell, nn.LSTMCell]


class Draws(random.Random):
    def maybe(self, share):
        return self.random() < share

    def size(self):
        return self.randint(1, 7)


# ---- A network ---------------------------------------------------------------

class Network:
    """Modules by prefix, the words of --layers, and what they compute."""

    def __init__(self, draw):
        self.draw, self.modules = draw, collections.OrderedDict()
        self.words, self.calls = [], []
        self.first = draw.maybe(0.4)
        self.relu = draw.maybe(0.4)  # the option is one for all nn.RNN
        self.tokens = None
        self.bare = False  # one recurrent module, no norm, nothing to ask
        self.pooled = False
        self.build()

    def prefix(self, *names):
        """A new one, often in a container, and no part of another."""
        name = self.draw.choice(names)
        while name in self.modules:
            name += str(self.draw.randint(0, 9))
        return name

    def add(self, name, module, word, call):
        self.modules[name] = module
        self.words.append(word)
        self.calls.append(call)

    def build(self):
        draw = self.draw
        self.inputs = width = draw.size()
        kind = draw.choice(["embedding", "linear", "norm", "", "", ""])
        if kind == "embedding":
            self.tokens = self.inputs = draw.randint(2, 9)
            width = draw.size()
            name = self.prefix("embed", "encoder", "tok.emb")
            module = nn.Embedding(self.tokens, width)
            self.add(name, module, "embedding:" + name, module)
        elif kind == "linear":
            width = self.linear(width)
        elif kind == "norm":
            self.norm(width)
        count = 1 + draw.maybe(0.3)
        for k in range(count):
            width = self.recurrent(width, k + 1 == count)
        if self.pooled and draw.maybe(0.4):
            self.repeat()
            width = self.recurrent(width, True)
        for _ in range(draw.randint(0, 3)):
            width = self.behind(width)

    def linear(self, width):
        out = self.draw.size()
        module = nn.Linear(width, out, self.draw.maybe(0.8))
        name = self.prefix("fc", "head.out", "proj", "decoder")
        self.add(name, module, "linear:" + name, module)
        if self.draw.maybe(0.2):
            weight_norm(module, "weight", self.draw.choice([0, 1, None]))
        elif self.draw.maybe(0.2):
            parametrizations.weight_norm(module)
        elif self.draw.maybe(0.15):
            self.draw.choice([spectral_norm, parametrizations.spectral_norm])(
                module)
        return out

    def norm(self, width):
        eps = self.draw.choice([1e-5, 1e-3])
        name = self.prefix("norm", "bn", "blocks.ln")
        text = "" if eps == 1e-5 else f"({eps:g})"
        if self.draw.maybe(0.5):
            module = nn.LayerNorm(width, eps)
            self.add(name, module, f"layer_norm{text}:{name}", module)
            return
        module = nn.BatchNorm1d(width, eps, affine=self.draw.maybe(0.7))
        module.running_mean.uniform_(-0.5, 0.5)
        module.running_var.uniform_(0.3, 1.5)
        self.add(name, module, f"batch_norm{text}:{name}",
                 lambda x: module(x.reshape(-1, width)).reshape(x.shape))

    def recurrent(self, width, last):
        draw, hidden = self.draw, self.draw.size()
        if draw.maybe(0.15):
            kind = draw.choice(CELLS)
            name = self.prefix("cell", "rnn.cell")
            more = ({"nonlinearity": "relu"}
                    if kind is nn.RNNCell and self.relu else {})
            module = kind(width, hidden, draw.maybe(0.8), **more)
            self.add(name, module, name, self.unroll(module))
            return hidden
        kind = draw.choice([nn.RNN, nn.GRU, nn.LSTM])
        options = {"num_layers": draw.randint(1, 3), "bias": draw.maybe(0.8),
                   "bidirectional": draw.maybe(0.4),
                   "batch_first": self.first}
        if kind is nn.LSTM and hidden > 1 and draw.maybe(0.2):
            options["proj_size"] = draw.randint(1, hidden - 1)
        if kind is nn.RNN and self.relu:
            options["nonlinearity"] = "relu"
        module = kind(width, hidden, **options)
        name = self.prefix("rnn", "lstm", "model.rnn", "enc")
        if draw.maybe(0.15):
            weight_norm(module, "weight_hh_l0")
        elif draw.maybe(0.15):
            parametrizations.weight_norm(module, "weight_ih_l0")
        self.take(name, module, last)
        wide = options.get("proj_size") or hidden
        return wide * (1 + options["bidirectional"])

    def take(self, name, module, last):
        """The module, and what is taken of its output."""
        how = self.draw.choice(["", "last", "final", "mean", "max"])
        how = how if last else ""
        self.pooled |= bool(how)
        steps = 1 if self.first else 0

        def call(x):
            y, state = module(x)
            if how == "last":
                return y.select(steps, -1)
            if how == "final":
                h = state[0] if isinstance(state, tuple) else state
                both = [h[-2], h[-1]] if module.bidirectional else [h[-1]]
                return torch.cat(both, -1)
            if how == "mean":
                return y.mean(steps)
            return y.max(steps).values if how == "max" else y
        self.add(name, module, name, call)
        if how:
            self.words.append(how)

    def repeat(self):
        """The vector at some steps, for a decoder."""
        count, steps = self.draw.randint(1, 6), 1 if self.first else 0
        every = self.draw.maybe(0.3)  # as many as there are
        self.words.append("repeat" if every else f"repeat({count})")
        self.calls.append(lambda x: x.unsqueeze(steps).repeat_interleave(
            self.steps if every else count, steps))

    def unroll(self, cell):
        def call(x):
            state, outputs = None, []
            for step in x.unbind(1 if self.first else 0):
                state = cell(step, state)
                outputs.append(state[0] if isinstance(state, tuple) else state)
            return torch.stack(outputs, 1 if self.first else 0)
        return call

    def behind(self, width):
        kind = self.draw.choice(["linear", "linear", "norm", "function"])
        if kind == "linear":
            return self.linear(width)
        if kind == "norm":
            self.norm(width)
        else:
            word = self.draw.choice(list(FUNCTIONS))
            self.words.append(word)
            self.calls.append(FUNCTIONS[word])
        return width

    def forward(self, x):
        self.steps = x.shape[1 if self.first else 0]
        for call in self.calls:
            x = call(x)
        return x

    def options(self):
        words = ["--layers", ",".join(self.words)]
        if self.relu and any(isinstance(m, (nn.RNN, nn.RNNCell))
                             for m in self.modules.values()):
            words += ["--nonlinearity", "relu"]
        return words + (["--batch-first"] if self.first else [])


# ---- A file of it ------------------------------------------------------------

def save_safetensors(tensors, path):
    header, data = {}, b""
    for name, tensor in tensors.items():
        tensor = tensor.detach().contiguous()
        raw = tensor.reshape(-1).view(torch.uint8).numpy().tobytes()
        header[name] = {"dtype": CODES[tensor.dtype],
                        "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def wrapped(draw, tensors):
    """What torch.save is given, and the --key of the weights in it."""
    how = draw.choice(["plain", "plain", "checkpoint", "averaged", "deep",
                       "parts"])
    if how == "plain" or not all("." in name for name in tensors):
        return tensors, None
    if how == "parts":
        parts = {}
        for name, tensor in tensors.items():
            module, _, last = name.rpartition(".")
            parts.setdefault(module, {})[last] = tensor
        beside = {"epoch": 3} if draw.maybe(0.5) else {}
        return {"net": {**parts, **beside}}, "net"
    if how == "checkpoint":
        return {"epoch": 3, "state_dict": tensors, "best": 0.5,
                "history": [1.5, 0.75], "done": None}, None
    if how == "averaged":
        ema = {key: value * 0.5 if value.is_floating_point() else value
               for key, value in tensors.items()}
        return {"model": tensors, "ema": ema}, "model"
    return {"run": {"net": {"weights": dict(tensors)}}, "args": {"lr": 0.1}
            }, None


def save(draw, network, folder):
    """The file, and the options that it needs."""
    kind = draw.choice([torch.float32] * 3 + [torch.float64, torch.float16,
                                              torch.bfloat16])
    tensors, front = collections.OrderedDict(), draw.choice(
        ["", "", "module.", "model.net."])
    for name, module in network.modules.items():
        module.to(kind)
        for key, value in module.state_dict().items():
            tensors[f"{front}{name}.{key}"] = value
    how = draw.choice(["zip", "older", "safetensors", "npz"])
    options = []
    if how == "npz" and kind is not torch.bfloat16:
        numpy.savez(folder / "net.npz",
                    **{key: value.detach().numpy()
                       for key, value in tensors.items()})
        file = "net.npz"
    elif how == "safetensors":
        save_safetensors(tensors, folder / "net.safetensors")
        file = "net.safetensors"
    else:
        content, key = wrapped(draw, tensors)
        torch.save(content, folder / "net.pt",
                   _use_new_zipfile_serialization=how != "older")
        options += ["--key", key] if key else []
        file = "net.pt"
    return file, options, front


def prefixed(network, front):
    """The words of --layers with the prefix that all modules got."""
    made = []
    for word in network.words:
        kind, colon, name = word.rpartition(":")
        made.append(kind + colon + front + name
                    if name in network.modules else word)
    return made


def record_answers(draw, network, folder):
    """x.npy and y.npy, in double from the weights as they were rounded."""
    T, B = draw.randint(2, 6), draw.randint(1, 3)
    shape = (B, T) if network.first else (T, B)
    for module in network.modules.values():
        module.double()
    if network.tokens:
        x = torch.randint(network.tokens, shape)
        numpy.save(folder / "x.npy", x.numpy())
    else:
        x = torch.randn(*shape, network.inputs)
        numpy.save(folder / "x.npy", x.numpy())
        x = x.double()
    with torch.no_grad():
        y = network.forward(x)
    numpy.save(folder / "y.npy", y.float().numpy())
    return bool(torch.isfinite(y).all())


# ---- The program -------------------------------------------------------------

class Program:
    def __init__(self, elman, folder):
        self.elman, self.folder = elman, folder

    def call(self, *words):
        got = subprocess.run([self.elman, *words], cwd=self.folder, text=True,
                             capture_output=True, timeout=120)
        return got.returncode, got.stdout + got.stderr

    def outcome(self, file, options):
        """"refused", "right", "not proved" or what is wrong; and the text."""
        model = self.folder / "model.safetensors"
        model.unlink(missing_ok=True)
        rc, said = self.call("convert", file, model.name, *options)
        if rc not in (0, 1):
            return f"exit status {rc}", said
        if rc == 1:
            return ("it wrote a model and failed" if model.exists()
                    else "refused" if said.strip() else "it says nothing"), said
        rc, _ = self.call("verify", model.name, "--reference", "x.npy",
                          "y.npy")
        if rc == 0:
            return "right", said
        last = said.strip().splitlines()[-1]
        return ("not proved" if last.startswith("not proved: ")
                else "a wrong model, and no word of it"), said


def commands(said):
    """The options of each command that a refusal proposes."""
    for line in said.splitlines():
        if line.startswith("  elman convert "):
            yield shlex.split(line)[4:]


def explore(program, file, options, depth, bad):
    """An import with fewer options than it needs, and what it advises: a
    command is taken as it stands, or asked about further."""
    how, said = program.outcome(file, options)
    if how not in ("refused", "right", "not proved"):
        bad.append((shlex.join(options), how, said))
    if how != "refused" or depth == 3:
        return
    for more in commands(said):
        if more == options:
            bad.append((shlex.join(options), "proposes what was given", said))
            continue
        explore(program, file, more, depth + 1, bad)


def one(elman, number, totals):
    draw = Draws(SEED * 100003 + number)
    torch.manual_seed(SEED * 100003 + number)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="elman-dict-"))
    network = Network(draw)
    for module in network.modules.values():
        module.eval()
        for parameter in module.parameters():
            nn.init.uniform_(parameter, -0.6, 0.6)
    file, key, front = save(draw, network, folder)
    network.words = prefixed(network, front)
    if not record_answers(draw, network, folder):
        shutil.rmtree(folder)
        return
    program, bad = Program(elman, folder), []
    options = key + network.options()
    rc, said = program.call("convert", file, "full.safetensors", *options,
                            "--reference", "x.npy", "y.npy")
    if rc:
        bad.append((shlex.join(options), "not taken", said))
    else:
        totals["taken"] += 1
    for left in ([], options[-1:] if network.first else [], key):
        if draw.maybe(0.7):
            explore(program, file, list(left), 0, bad)
    for words, how, said in bad:
        text = said.strip().splitlines()[-1] if said.strip() else ""
        print(f"ELMAN_SEED={SEED} network {number}: {how}: cd {folder}; "
              f"elman convert {file} OUT {words}\n    {text[:300]}",
              flush=True)
    totals["bad"] += len(bad)
    if not bad:
        shutil.rmtree(folder)


def main():
    elman = str(pathlib.Path(sys.argv[1]).resolve())
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    totals = collections.Counter()
    for number in range(count):
        one(elman, number, totals)
    print(f"{count} networks, {totals['taken']} taken, "
          f"{totals['bad']} failures")
    return 1 if totals["bad"] or not totals["taken"] else 0


sys.exit(main())
